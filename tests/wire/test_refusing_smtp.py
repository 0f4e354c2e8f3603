"""Each fault of an SMTP server is booked where it belongs: connection, us, address, letter (R7.5, O1)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from mail import smtp
from mail.sender import send_once
from store.models import Outbox, OutgoingState
from store.queries.outbox import outgoing
from store.services import customers, settings, tickets
from tests.helpdesk import ANNA, add_inbox, helpdesk
from tests.scripted_smtp import DROP, SILENT, Script, Turn, scripted_smtp


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Script]:
    """The server, and a helpdesk that sends to it."""
    with scripted_smtp(Script()) as script, helpdesk(tmp_path_factory.mktemp("desk")):
        add_inbox(1)
        given = {"enabled": "on", "host": "127.0.0.1", "port": str(script.port), "sender_email": "help@us.test"}
        settings.change_all(ANNA, {f"smtp.{key}": value for key, value in given.items()})
        settings.change(ANNA, "notifications.enabled", "on")
        yield script


@pytest.fixture
def script(running: Script) -> Script:
    """The same, as if nothing had been sent or set up otherwise yet."""
    Outbox.delete().execute()
    OutgoingState.delete().execute()
    settings.change_all(ANNA, {"smtp.security": "none", "smtp.copy": "", "smtp.username": ""})
    running.answer, running.connections = lambda turn: None, 0
    for kept in (running.taken, running.texts, running.turns):
        kept.clear()
    return running


def write_to(*addresses: str) -> list[int]:
    """One letter to each of these; their numbers."""
    customer = customers.add(ANNA, {"name": "Kelly", "email": ", ".join(addresses)})
    number = tickets.open_for_customer(ANNA, "Your line", customer.id, "Good morning.").number
    rows = Outbox.select().where((Outbox.ticket == number) & (Outbox.audience == "customer")).order_by(Outbox.id)
    return [row.id for row in rows]


def many(count: int) -> list[int]:
    return write_to(*(f"a{n}@x.test" for n in range(count)))


def states() -> list[str]:
    return [row.state for row in Outbox.select().order_by(Outbox.id)]


def tries() -> set[int]:
    return {row.tries for row in Outbox.select()}


def at(stage: str, reply: str, when: Callable[[Turn], object] = lambda turn: True) -> Callable[[Turn], str | None]:
    return lambda turn: reply if turn.stage == stage and when(turn) else None


US = [
    ("greeting", "554 no SMTP service here"),
    ("greeting", "421 too many connections"),
    ("ehlo", "502 no"),
    ("mail", "553 sender not allowed"),
    ("mail", "530 5.7.0 Authentication required"),
    ("mail", "550 5.4.5 Daily sending quota exceeded"),
    ("mail", "550"),
    ("mail", "451 4.7.0 Too many messages"),
    ("mail", "503 5.5.1 say hello first"),
    ("mail", DROP),
    ("rcpt", "550-5.4.5 Daily user sending limit exceeded.\r\n550 5.4.5 Come back tomorrow"),
    ("rcpt", "550 5.7.1 <help@us.test>: Sender address rejected: not owned by user help"),
    ("rcpt", "554 5.7.1 Relay access denied"),
    ("rcpt", "454 4.7.1 Relay access denied"),
    ("rcpt", "450 4.7.1 rate limit exceeded"),
    ("rcpt", "451"),
    ("rcpt", "550"),
    ("rcpt", "452 4.3.1 Insufficient system storage"),
    ("data", "554 5.7.1 Client host blocked using a list"),
    ("data", "451"),
    ("text", "550 5.7.26 unauthenticated mail is not accepted due to the domain's DMARC policy"),
    ("text", "554 5.7.1 You have exceeded your quota"),
    ("text", "451 4.3.0 queue file write error"),
    ("text", "554"),
    ("rcpt", DROP),
    ("data", DROP),
]


@pytest.mark.parametrize(("stage", "reply"), US)
def test_R7_5_what_is_about_us_fails_no_letter_is_said_and_goes_on_by_itself(
    script: Script, stage: str, reply: str
) -> None:
    script.answer = at("helo" if stage == "ehlo" else stage, reply)
    if stage == "ehlo":
        script.answer = lambda turn: reply if turn.stage in ("ehlo", "helo") else None
    many(4)
    tally = send_once()
    assert (tally.sent, tally.failed, tally.deferred) == (0, 0, 0)
    assert tally.error
    assert outgoing().last_error == tally.error
    assert set(states()) == {"queued"}
    assert tries() == {0}
    assert script.connections <= 3
    script.answer = lambda turn: None
    assert (send_once().sent, outgoing().last_error) == (4, "")


@pytest.mark.parametrize(
    "reply", ["421 4.7.0 that is enough", "451 4.7.0 too many letters", "452 4.5.3 too many", DROP]
)
@pytest.mark.parametrize("stage", ["mail", "rcpt", "text"])
def test_R7_5_a_limit_of_letters_a_connection_costs_a_new_connection_alone(
    script: Script, stage: str, reply: str
) -> None:
    if (stage, reply) == ("text", DROP):
        pytest.skip("that is O2")
    script.answer = at(stage, reply, lambda turn: turn.letters >= (2 if reply == DROP else 1))
    many(5)
    tally = send_once()
    assert (tally.sent, tally.error) == (5, "")
    assert sorted(script.taken) == sorted(f"a{n}@x.test" for n in range(5))
    assert tries() == {1}


OWN = [
    ("rcpt", "550 5.1.1 no such user", "failed"),
    ("rcpt", "553 5.1.3 bad address syntax", "failed"),
    ("rcpt", "550-no such user here\r\n550-ask\r\n550 the postmaster", "failed"),
    ("rcpt", "550", "failed"),
    ("rcpt", "450 4.2.1 The user you are trying to contact is receiving mail too quickly", "queued"),
    ("rcpt", "452 4.2.2 mailbox full", "queued"),
    ("rcpt", "451 4.7.1 Greylisting in action", "queued"),
    ("rcpt", "451", "queued"),
    ("mail", "552 5.3.4 Message size exceeds fixed limit", "failed"),
    ("text", "552 5.3.4 too big", "failed"),
    ("text", "554 5.7.1 rejected due to content", "failed"),
    ("text", "554", "failed"),
    ("text", "452 4.2.2 mailbox full", "queued"),
    ("data", "554 5.1.1 no such user", "failed"),
]


@pytest.mark.parametrize(("stage", "reply", "state"), OWN)
def test_O1_what_is_about_an_address_or_a_letter_stops_no_other(
    script: Script, stage: str, reply: str, state: str
) -> None:
    asked: list[str] = []

    def answer(turn: Turn) -> str | None:
        if turn.stage == "rcpt":
            asked.append(turn.said)
        nth = sum(stage == "mail" for stage in script.stages()) if stage == "mail" else 0
        its = nth == 2 if stage == "mail" else bool(asked) and "a1@" in asked[-1]
        return reply if turn.stage == stage and its else None

    script.answer = answer
    many(4)
    tally = send_once()
    assert states() == ["sent", state, "sent", "sent"]
    assert tally.error == ""


@pytest.mark.parametrize("reply", ["550 not for that domain", "451", "550 5.7.1 Relay access denied"])
def test_R7_5_a_relay_that_refuses_one_domain_lets_the_others_go_and_waits_with_that(
    script: Script, reply: str
) -> None:
    script.answer = at("rcpt", reply, lambda turn: "@odd.test" in turn.said)
    write_to("a@odd.test", "b@odd.test", "c@odd.test", "d@odd.test", "e@x.test", "f@x.test")
    for _ in range(4):
        send_once()
    assert sorted(script.taken) == ["e@x.test", "f@x.test"]
    odd = [row.state for row in Outbox.select().where(Outbox.to.endswith("@odd.test"))]
    # the last one stood between letters that were taken: what does not speak of us is its own matter then
    assert odd == ["queued"] * 3 + ["failed" if "not for" in reply else "queued"]
    write_to("g@x.test")
    send_once()
    assert "g@x.test" in script.taken


def test_R7_5_a_silent_addressee_goes_last_and_the_others_do_not_wait(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mail.smtp._PATIENCE_SECONDS", 0.2)
    script.answer = at("rcpt", SILENT, lambda turn: "@slow.test" in turn.said)
    write_to("a@slow.test", "b@slow.test", "c@x.test", "d@x.test")
    monkeypatch.setattr("mail.sender.Account", lambda **given: smtp.Account(**given, timeout=0.4))
    began = datetime.now(UTC)
    tally = send_once()
    assert tally.sent == 2
    assert states() == ["queued", "queued", "sent", "sent"]
    assert [turn.said for turn in script.turns if turn.stage == "rcpt"].index("rcpt TO:<c@x.test>") == 1
    assert (datetime.now(UTC) - began).total_seconds() < 4
    write_to("e@x.test")
    before = len(script.turns)
    assert send_once().sent == 1
    assert "e@x.test" in next(turn.said for turn in script.turns[before:] if turn.stage == "rcpt")


@pytest.mark.parametrize("reply", ["421 no more of that", DROP, SILENT, "550 no", "452 too many recipients"])
def test_R7_2_a_copy_that_cannot_be_handed_in_keeps_no_letter(
    script: Script, monkeypatch: pytest.MonkeyPatch, reply: str
) -> None:
    monkeypatch.setattr("mail.sender.Account", lambda **given: smtp.Account(**given, timeout=0.4))
    settings.change(ANNA, "smtp.copy", "copy@us.test")
    script.answer = at("rcpt", reply, lambda turn: "copy@" in turn.said)
    many(3)
    assert (send_once().error, states()) == ("", ["sent"] * 3)


def test_R7_5_a_server_without_ehlo_is_greeted_as_of_old(script: Script) -> None:
    script.answer = at("ehlo", "502 what?")
    many(1)
    assert send_once().sent == 1


def test_R7_2_starttls_and_login_that_are_refused_keep_the_letters(script: Script) -> None:
    many(1)
    settings.change(ANNA, "smtp.security", "starttls")
    script.answer = lambda turn: {"ehlo": "250-t\r\n250 STARTTLS", "starttls": "454 4.7.0 not now"}.get(turn.stage)
    assert "refused to serve us: 454" in send_once().error
    settings.change_all(ANNA, {"smtp.security": "none", "smtp.username": "help", "smtp.secret": "env:TEST_MAIL_SECRET"})
    script.answer = lambda turn: {"ehlo": "250-t\r\n250 AUTH PLAIN", "auth": "535 5.7.8 no"}.get(turn.stage)
    assert "refused the login" in send_once().error
    assert (states(), tries()) == (["queued"], {0})
    script.answer = lambda turn: {"ehlo": "250-t\r\n250 AUTH PLAIN", "auth": "235 ok"}.get(turn.stage)
    assert (send_once().sent, outgoing().last_error) == (1, "")


def test_R7_5_a_reset_that_is_refused_costs_a_connection_alone(script: Script) -> None:
    script.answer = lambda turn: {"rset": "502 no", "rcpt": "550 no such user" if "a1@" in turn.said else None}.get(
        turn.stage
    )
    many(4)
    assert (send_once().error, states()) == ("", ["sent", "failed", "sent", "sent"])


def test_R7_5_what_is_too_large_for_the_server_is_not_sent(script: Script) -> None:
    script.answer = at("ehlo", "250-test\r\n250 SIZE 500")
    many(1)
    tally = send_once()
    assert (tally.failed, script.stages().count("data")) == (1, 0)
    assert "takes" in Outbox.get().last_error
    script.answer = at("ehlo", "250-test\r\n250 SIZE 0")
    write_to("b@x.test")
    assert send_once().sent == 1
    assert any("SIZE=" in turn.said for turn in script.turns)


def test_R7_5_addresses_beyond_ascii_need_smtputf8_alone(script: Script) -> None:
    write_to("jürgen@x.test", "b@x.test")
    send_once()
    assert states() == ["failed", "sent"]
    script.answer = at("ehlo", "250-test\r\n250 SMTPUTF8")
    write_to("jörg@x.test")
    assert send_once().sent == 1
    mail = next(turn.said for turn in script.turns if "SMTPUTF8" in turn.said)
    assert "8BITMIME" not in mail


def test_O2_a_server_that_drops_after_each_text_makes_no_more_than_one_letter_uncertain(script: Script) -> None:
    script.answer = at("text", DROP)
    many(4)
    tally = send_once()
    assert (tally.uncertain, tally.failed, bool(tally.error)) == (1, 0, True)
    assert [row.uncertain for row in Outbox.select().order_by(Outbox.id)] == [True, False, False, False]
    script.answer = lambda turn: None
    assert send_once().sent == 4
