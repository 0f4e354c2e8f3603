"""The outbox's pure rules: clocks that jump, expiry, whom a refusal blames, what is released (R7.5, R7.7, D10)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.rules.clock import is_due, is_recent
from store.rules.outbox import FEW, LONGEST_DELAY, delay_after, most_in_hour, released, tries_within
from store.rules.smtp_replies import verdict

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SPANS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30))
JUMPS = st.timedeltas(min_value=timedelta(days=-4_000), max_value=timedelta(days=4_000))


@given(wait=SPANS, jump=JUMPS)
def test_D10_however_the_clock_jumps_nothing_waits_longer_than_the_longest_delay(
    wait: timedelta, jump: timedelta
) -> None:
    """Set `wait` ahead by a clock that then jumps: after the longest delay it is due in any case."""
    wait = min(wait, LONGEST_DELAY)
    set_at = NOW + wait
    assert is_due(set_at, NOW + jump, LONGEST_DELAY) or is_due(set_at, NOW + jump + LONGEST_DELAY, LONGEST_DELAY)
    assert is_due(set_at, NOW, LONGEST_DELAY) == (wait == timedelta(0))


@given(ago=SPANS, span=SPANS)
def test_D10_what_was_just_now_is_recent_and_what_lies_far_ahead_is_not(ago: timedelta, span: timedelta) -> None:
    assert is_recent(NOW - ago, NOW, span) == (ago < span)
    assert is_recent(NOW + ago, NOW, span) == (ago <= span and span > timedelta(0))


@given(days=st.integers(1, 60))
def test_R7_5_as_many_tries_as_the_back_off_makes_in_the_days(days: int) -> None:
    tries = tries_within(days)
    spent = sum(delay_after(number) for number in range(1, tries))
    assert spent <= days * 86_400 < spent + delay_after(tries)


@given(
    held=st.lists(st.booleans(), max_size=30).map(lambda kinds: list(enumerate(kinds))),
    room=st.integers(-3, 40),
)
def test_R7_7_what_a_person_wrote_is_in_no_digest_and_the_hour_is_kept(held: list[tuple[int, bool]], room: int) -> None:
    whole, digest = released(held, room)
    assert len(whole) + digest <= max(room, 0)
    automatic = [number for number, is_automatic in held if is_automatic]
    assert digest == (len(automatic) > FEW and room > 0)
    assert not (digest and set(whole) & set(automatic))
    assert whole == sorted(whole)


def test_R7_7_a_lower_number_for_all_holds_for_administrators_too() -> None:
    assert most_in_hour("customer", 30, 600, default=30) == 30
    assert most_in_hour("admin", 30, 600, default=30) == 600
    assert most_in_hour("admin", 3, 600, default=30) == 3
    assert most_in_hour("admin", 900, 600, default=30) == 900


REPLIES = [
    ("rcpt", 550, "5.1.1 <a@b>: Recipient address rejected: User unknown in virtual mailbox table", "address"),
    ("rcpt", 550, "Unrouteable address", "address"),
    ("rcpt", 550, "5.4.1 Recipient address rejected: Access denied", "address"),
    ("rcpt", 450, "4.2.0 <x>: Recipient address rejected: Greylisted, see a page", "address"),
    ("rcpt", 452, "4.2.2 The email account that you tried to reach is over quota.", "address"),
    ("rcpt", 450, "4.2.1 The user you are trying to contact is receiving mail too quickly", "address"),
    ("rcpt", 552, "5.2.2 user over quota", "address"),
    ("rcpt", 556, "5.1.10 the domain has a null MX", "address"),
    ("text", 552, "Requested mail action aborted: exceeded storage allocation", "address"),
    ("rcpt", 554, "5.7.1 <a@b>: Recipient address rejected: You have exceeded your Outmail quota", "us"),
    ("rcpt", 550, "5.4.5 Daily SMTP relay limit exceeded for user", "us"),
    ("rcpt", 550, "5.1.90 Your message can't be sent because you've reached your daily limit", "us"),
    ("text", 554, "5.2.0 Submission.Exception:SubmissionQuotaExceededException", "us"),
    ("rcpt", 550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain", "us"),
    ("rcpt", 553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "us"),
    ("text", 550, "5.7.60 SMTP; Client does not have permissions to send as this sender", "us"),
    ("text", 554, "5.7.1 Email address is not verified: the identity is not verified", "us"),
    ("rcpt", 550, "5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus", "us"),
    ("text", 451, "4.7.650 The mail server [192.0.2.1] has been temporarily rate limited", "us"),
    ("text", 550, "Maximum number of messages per hour reached", "us"),
    ("rcpt", 535, "", "us"),
    ("mail", 550, "no such user", "us"),
    ("mail", 550, "", "us"),
    ("mail", 501, "5.5.4 bad parameter", "us"),
    ("mail", 552, "5.3.4 Message size exceeds fixed limit", "letter"),
    ("mail", 552, "5.7.1 sending quota", "us"),
    ("text", 552, "5.3.4 Your message exceeded the maximum size", "letter"),
    ("text", 554, "5.6.0 message content rejected", "letter"),
    ("text", 550, "This message contains a virus", "letter"),
    ("rcpt", 452, "4.5.3 Too many recipients", "connection"),
    ("rcpt", 452, "too many recipients", "connection"),
    ("rcpt", 503, "5.5.1 MAIL first", "connection"),
    ("data", 421, "4.7.0 closing", "connection"),
    ("rcpt", -1, "<html>", "connection"),
]


@pytest.mark.parametrize(("stage", "code", "words", "blame"), REPLIES)
def test_R7_5_whom_a_refusal_blames(stage: str, code: int, words: str, blame: str) -> None:
    found = verdict(stage, code, words)  # type: ignore[arg-type]
    assert (found.blame, found.certain) == (blame, True)


@pytest.mark.parametrize(
    ("stage", "code", "words"),
    [
        ("rcpt", 550, ""),
        ("rcpt", 550, "5.7.1 Access denied"),
        ("rcpt", 451, "4.7.1 try again later"),
        ("rcpt", 451, "Temporary local problem - please try later"),
        ("text", 554, "Transaction failed"),
        ("text", 550, "5.7.0 message rejected by policy"),
        ("data", 451, ""),
    ],
)
def test_R7_5_what_says_nothing_clear_is_not_certain(stage: str, code: int, words: str) -> None:
    assert not verdict(stage, code, words).certain  # type: ignore[arg-type]


@given(
    stage=st.sampled_from(("mail", "rcpt", "data", "text")),
    code=st.integers(-1, 999).filter(lambda code: not 200 <= code < 300),
    words=st.text(max_size=80),
)
def test_R7_5_every_reply_blames_somebody_and_what_comes_before_an_address_no_address(
    stage: str, code: int, words: str
) -> None:
    found = verdict(stage, code, words)  # type: ignore[arg-type]
    assert found.blame in ("connection", "us", "address", "letter")
    assert not (stage == "mail" and found.blame == "address")
