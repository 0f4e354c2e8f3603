"""What becomes of a large message once it is fetched, or is gone: its ticket is there already (THREATS D12)."""

from store import bulk
from store.db import transaction
from store.models import Arrival, Attachment, LargeMessage, Message
from store.rules.message import Parsed
from store.rules.own_words import Own
from store.services import withheld
from store.services.agent_mail import read_answer
from store.services.entry import described
from store.services.lease import Fence, hold


def complete(fence: Fence, large_id: int, file: str, parsed: Parsed) -> None:
    """It lies in `file` of the store's folder: its message gets its whole text and attachments.  Raises LostLease."""
    with transaction():
        hold(fence)
        row = LargeMessage.get_by_id(large_id)
        row.state, row.file = "done", file
        row.save()
        withheld.end_rest(row, "let in", "all of it is here")
        message = Arrival.get_by_id(row.arrival_id).written_id
        if message is not None:  # None: it was refused
            # of an agent's answer his own words are told apart, as when it was told (O7)
            Attachment.delete().where(Attachment.message == message).execute()
            known, own = Message.get_by_id(message), Own(parsed.text, cut=False)
            if known.direction == "out":
                own, parsed = read_answer(parsed, known.ticket_id)
            text = {"text": own.text, "whole": parsed.text if own.cut else ""}
            Message.update(**text).where(Message.id == message).execute()
            rows = [{**described(one), "message": message} for one in parsed.attachments]
            bulk.insert(Attachment, rows)


def gone(fence: Fence, large_id: int) -> None:
    """The server has it no more: what there is stays, and says so.  Raises LostLease."""
    with transaction():
        hold(fence)
        row = LargeMessage.get_by_id(large_id)
        row.state = "gone"
        row.save()
        withheld.end_rest(row, "leave", "it is gone from the server")
        message = Message.get_or_none(Message.id == Arrival.get_by_id(row.arrival_id).written_id)
        if message is not None:
            told = "[The rest of this message is gone from the server; only its beginning is kept.]"
            Message.update(text=f"{message.text}\n\n{told}").where(Message.id == message.id).execute()
