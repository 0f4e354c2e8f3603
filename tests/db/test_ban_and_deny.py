"""R2 ban, R3 deny list, R8 refused mail."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.denylist import DenyList, Entry
from store.errors import BadInput, Conflict, Refused
from store.models import Arrival, DenyEntry, History, RawMessage, Recipient, RefusedMessage
from store.queries import deny as deny_list
from store.queries import refused
from store.queries.settings import timezone
from store.services import deny, recipients
from tests.driver import Desk


def test_R2_1_banned_mail_opens_and_joins_nothing_and_unbanned_mail_gets_in(desk: Desk) -> None:
    first = desk.arrive("bob@x.test")
    recipients.ban(desk.anna, desk.row("bob@x.test").id, reason="spam")
    assert desk.arrive("bob@x.test").outcome == "refused"
    assert desk.arrive("BOB@x.test", f"Re: #{first.ticket} Hello").outcome == "refused"
    assert desk.row("bob@x.test").tickets == 1
    recipients.unban(desk.anna, desk.row("bob@x.test").id)
    assert desk.arrive("bob@x.test", f"Re: #{first.ticket} Hello").outcome == "joined"


def test_R2_1_a_second_ban_and_a_needless_unban_are_refused(desk: Desk) -> None:
    desk.arrive("bob@x.test")
    row = desk.row("bob@x.test")
    with pytest.raises(Refused, match="not banned"):
        recipients.unban(desk.anna, row.id)
    recipients.ban(desk.anna, row.id)
    with pytest.raises(Refused, match="banned already"):
        recipients.ban(desk.anna, row.id)


def test_R2_1_a_ban_within_a_batch_counts_for_the_next_batch_but_old_tickets_stay(desk: Desk) -> None:
    number = desk.arrive("bob@x.test").ticket
    recipients.ban(desk.anna, desk.row("bob@x.test").id)
    assert desk.ticket(number).status == "New"
    assert desk.ticket(number).closed is None


def test_R2_2_a_ban_says_who_when_and_why_and_can_add_a_deny_entry(desk: Desk) -> None:
    desk.arrive("bob@x.test")
    done = recipients.ban(desk.anna, desk.row("bob@x.test").id, reason="sends junk", deny_too=True)
    row = desk.model("bob@x.test")
    assert (row.banned_by, row.ban_reason, row.banned_at is not None) == ("anna", "sends junk", True)
    entry = DenyEntry.get_by_id(done.deny_entry)
    assert (entry.location, entry.filter_type, entry.filter) == ("email", "exact", "bob@x.test")
    assert row.denied
    assert len({h.change for h in History.select().where(History.what.in_(("ban", "deny-add")))}) == 1


def test_R2_2_banned_can_be_renamed(desk: Desk) -> None:
    desk.arrive("bob@x.test")
    row = desk.row("bob@x.test")
    recipients.ban(desk.anna, row.id)
    recipients.rename(desk.anna, row.id, "Robert")
    assert desk.row("bob@x.test").name == "Robert"


def test_R2_3_R8_1_refused_mail_is_kept_whole_with_reason_and_counted(desk: Desk) -> None:
    desk.arrive("bob@x.test")
    recipients.ban(desk.anna, desk.row("bob@x.test").id, reason="junk")
    desk.arrive("bob@x.test", "More", raw=b"the bytes")
    (line,) = refused.every(desk.anna)
    assert (line.reason, line.sender, line.subject) == ("banned", "bob@x.test", "More")
    assert "anna" in line.rule
    assert "junk" in line.rule
    arrival = RefusedMessage.get_by_id(line.id).arrival_id
    assert bytes(RawMessage.get_by_id(Arrival.get_by_id(arrival).raw_id).data) == b"the bytes"
    assert desk.row("bob@x.test").blocked == 1


def test_R8_1_refused_mail_makes_no_recipient(desk: Desk) -> None:
    deny.add(desk.anna, "email", "end", "@spam.test")
    assert desk.arrive("x@spam.test").reason == "denied"
    assert Recipient.select().count() == 0


@pytest.mark.parametrize(
    ("location", "kind", "text", "caught", "free"),
    [
        ("email", "exact", "Bob@X.test", "bob@x.TEST", "bob@x.test.org"),
        ("email", "contain", "spam", "a@SPAM.test", "a@ham.test"),
        ("email", "start", "noreply@", "NoReply@x.test", "x-noreply@x.test"),
        ("email", "end", "@x.test", "a@X.TEST", "a@x.test.org"),
        ("email", "regex", r"^\d+@", "123@x.test", "a123@x.test"),
        ("email", "end", "@münchen.test", "a@MÜNCHEN.test", "a@munchen.test"),
    ],
)
def test_R3_1_types_ignore_case(desk: Desk, location: str, kind: str, text: str, caught: str, free: str) -> None:
    desk.arrive(caught)
    desk.arrive(free)
    deny.add(desk.anna, location, kind, text)
    assert (desk.row(caught).denied, desk.row(free).denied) == (True, False)
    assert desk.arrive(caught, "again").outcome == "refused"
    assert desk.arrive(free, "again").outcome == "opened"


@pytest.mark.parametrize("location", ["subject", "message"])
def test_R3_1_R3_2_subject_and_message(desk: Desk, location: str) -> None:
    deny.add(desk.anna, location, "contain", "LOTTERY")
    done = desk.arrive("a@x.test", "You won the Lottery", text="the lottery")
    assert (done.outcome, done.reason) == ("refused", "denied")
    assert desk.arrive("a@x.test", "Bill", text="my bill").outcome == "opened"
    assert desk.row("a@x.test").denied is False


def test_R3_1_counts_today_and_total_for_every_entry_that_matches(desk: Desk) -> None:
    one = deny.add(desk.anna, "email", "end", "@spam.test")
    two = deny.add(desk.anna, "subject", "contain", "win")
    desk.arrive("a@spam.test", "win")
    desk.arrive("b@spam.test", "other")
    counts = {line.id: (line.filtered_today, line.filtered_total) for line in deny_list.every(desk.anna, timezone())}
    assert counts == {one.id: (2, 2), two.id: (1, 1)}
    DenyEntry.update(today_date="2001-01-01").execute()
    counts = {line.id: (line.filtered_today, line.filtered_total) for line in deny_list.every(desk.anna, timezone())}
    assert counts == {one.id: (0, 2), two.id: (0, 1)}


def test_R3_2_a_denied_reply_joins_nothing(desk: Desk) -> None:
    number = desk.arrive("bob@x.test", "Help").ticket
    deny.add(desk.anna, "message", "contain", "viagra")
    assert desk.arrive("bob@x.test", f"Re: #{number} Help", text="buy Viagra").outcome == "refused"


def test_R3_3_in_deny_list_is_searched_and_sorted(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        desk.arrive(f"{name}@x.test")
    deny.add(desk.anna, "email", "exact", "b@x.test")
    assert desk.emails("denied:yes") == ["b@x.test"]
    assert desk.emails("", sort="denied", descending=True)[0] == "b@x.test"


def test_R3_4_preview_counts_recipients_and_messages_before_saving(desk: Desk) -> None:
    for number in range(12):
        desk.arrive(f"a{number}@spam.test", "Offer")
    desk.arrive("b@x.test", "Hello")
    found = deny_list.would_catch(desk.anna, deny.checked("email", "end", "@spam.test"))
    assert (found.recipients, found.messages, len(found.recipient_sample)) == (12, 12, 10)
    assert DenyEntry.select().count() == 0


def test_R3_4_a_regex_that_does_not_compile_is_a_clear_error(desk: Desk) -> None:
    for bad in ("a(b", "(?=x)", r"(a)\1", "["):
        with pytest.raises(BadInput, match="regex"):
            deny.add(desk.anna, "email", "regex", bad)
    with pytest.raises(BadInput, match="filter text"):
        deny.add(desk.anna, "email", "contain", "  ")


@pytest.mark.timeout(5)
def test_R3_4_P3_a_runaway_regex_takes_linear_time(desk: Desk) -> None:
    listed = DenyList(1, (Entry(1, "message", "regex", "(a+)+$"), Entry(2, "message", "regex", "(x+x+)+y")))
    assert listed.hits(email="", email_key="", subject="", text="a" * 50_000 + "!" + "x" * 50_000) == ()


def test_R3_2_stale_facts_are_not_settled(desk: Desk) -> None:
    from store.queries.deny import StaleFacts
    from store.services.intake import settle

    arrived = desk.arrived("a@spam.test")
    version = deny_list.version()
    deny.add(desk.anna, "email", "end", "@spam.test")
    with pytest.raises(StaleFacts):
        settle(desk.fence, desk.inbox.id, 7, [arrived], cursor=1, deny_version=version)
    assert Arrival.select().count() == 0


def test_R10_4_a_ban_on_a_row_that_somebody_changed_is_a_conflict(desk: Desk) -> None:
    desk.arrive("bob@x.test")
    seen = desk.row("bob@x.test")
    other = desk.administrator("ben")
    recipients.rename(other, seen.id, "Robert")
    with pytest.raises(Conflict, match="by ben"):
        recipients.ban(desk.anna, seen.id, seen=seen.version)
    assert not desk.row("bob@x.test").banned


_ADDRESSES = ["a@x.test", "b@x.test", "a@spam.test", "Ä@x.test", "123@spam.test"]
_ENTRIES = [("exact", "a@x.test"), ("contain", "spam"), ("start", "ä"), ("end", "x.test"), ("regex", r"^\d")]


@settings(max_examples=30)
@given(st.lists(st.one_of(st.sampled_from(_ADDRESSES), st.sampled_from(_ENTRIES), st.integers(0, 4)), max_size=14))
def test_R3_3_the_flag_equals_the_predicate_after_any_changes(desk: Desk, steps: list[object]) -> None:
    for table in (DenyEntry, RefusedMessage, Arrival):
        table.delete().execute()
    Recipient.update(denied=False).execute()
    for step in steps:
        if isinstance(step, str):
            desk.arrive(step, raw=repr((step, desk.uid)).encode())
        elif isinstance(step, tuple):
            if not DenyEntry.select().where(DenyEntry.filter == step[1]).exists():
                deny.add(desk.anna, "email", *step)
        else:
            entry = DenyEntry.select().offset(step).first()
            if entry is not None:
                deny.remove(desk.anna, entry.id)
    for row in Recipient.select():
        assert row.denied == deny.is_denied(row.email, row.email_key), row.email
