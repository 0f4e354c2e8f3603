"""An inbox behind a group: what the group passes on fails DMARC, and is not taken for forged by that (R5.1, I1)."""

from pathlib import Path

import pytest

from mail import release
from mail.demo.server import MailServer
from mail.poller import poll_once
from store.models import Message, Outbox, RefusedMessage
from store.services import customers, deny, inboxes, settings
from tests.helpdesk import ANNA, USER, add_inbox, helpdesk
from tests.servers import PASSWORD, message

FAILED = "mx.us.test; dkim=fail header.d=x.test; dmarc=fail (p=REJECT) header.from=x.test"


@pytest.mark.parametrize(("behind_group", "told"), [(False, "fail"), (True, "none")])
def test_I1_a_fail_counts_for_nothing_in_an_inbox_behind_a_group(tmp_path: Path, behind_group: bool, told: str) -> None:
    with MailServer({USER: PASSWORD}) as server, helpdesk(tmp_path):
        add_inbox(server.imap_port)
        inboxes.edit(ANNA, "support", {"behind_group": behind_group})
        settings.change_all(ANNA, {"inboxes.authserv_id": "mx.us.test", "notifications.enabled": "on"})
        customers.add(ANNA, {"name": "Kelly", "email": "kelly@x.test"})
        deny.add(ANNA, "subject", "exact", "Refused at first")
        for subject in ("Help", "Refused at first"):
            server.deliver(USER, message("kelly@x.test", subject, Authentication_Results=FAILED))
        assert [done.error for done in poll_once()] == [""]
        release.release(ANNA, RefusedMessage.get().id, remove_rule=True)
        assert [row.authentication for row in Message.select()] == [told, told]
        # a sender that is known for forged gets no confirmation (O5)
        confirmed = Outbox.select().where(Outbox.event == "ticket_received_customer").count()
        assert confirmed == (2 if behind_group else 0)
