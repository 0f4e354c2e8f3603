"""Mail that is held back has a time, a list, a key, and ends as few letters or one digest (R7.7, R7.2, D10)."""

from datetime import UTC, datetime, timedelta

import pytest

from store.errors import NotFound
from store.models import AddressHold, Outbox
from store.queries import outbox as reading
from store.services import lease, outbox, settings, tickets
from store.services.outbox import Letter
from tests.driver import Desk

HOUR = timedelta(hours=1)


@pytest.fixture
def telling(desk: Desk) -> Desk:
    desk.send_mail()
    settings.change(desk.anna, "notifications.per_address_hour", "3")
    return desk


def claim() -> list[Letter]:
    """All that a sender would send now, as if it had sent it."""
    fence = lease.acquire(lease.OUTBOX_LEASE, owner="test")
    assert fence is not None
    letters = outbox.claim(fence, limit=500)
    for letter in letters:
        outbox.mark_sent(fence, letter.id)
    return letters


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for row in Outbox.select():
        found[row.state] = found.get(row.state, 0) + 1
    return found


def pass_time(span: timedelta) -> None:
    """As if so much time had passed."""
    for row in Outbox.select():
        for name in ("created", "sent", "next_try", "expires"):
            if getattr(row, name) is not None:
                setattr(row, name, getattr(row, name) - span)
        row.save()


def test_R7_7_what_is_held_says_when_it_is_due_and_a_few_go_as_they_are(telling: Desk) -> None:
    for number in range(6):
        telling.arrive(f"s{number}@x.test", f"Matter {number}")
    assert states() == {"queued": 3, "held": 3}
    held = Outbox.get(Outbox.state == "held")
    assert HOUR - timedelta(minutes=1) < held.next_try - datetime.now(UTC) <= HOUR
    assert "It is due at" in held.last_error
    now = reading.held(telling.anna)
    assert (now.number, now.first is not None) == (3, True)
    assert len(claim()) == 3
    assert not reading.has_due()
    pass_time(HOUR)
    assert reading.has_due()
    assert len(claim()) == 3
    assert states() == {"sent": 6}


def test_R7_7_beyond_a_few_one_digest_lists_tickets_and_subjects(telling: Desk) -> None:
    for number in range(1, 11):
        telling.arrive(f"s{number}@x.test", f"Matter {number}")
    telling.arrive("s10@x.test", "Re: #10 Matter 10")
    claim()
    pass_time(HOUR)
    (digest,) = claim()
    assert (digest.event, digest.to, digest.audience, digest.automatic) == ("digest", "admin@us.test", "admin", True)
    assert "#" not in digest.subject
    assert digest.subject == "8 notifications that were held back"
    assert all(f"#{number} Matter {number}: New ticket" in digest.body for number in range(4, 11))
    assert "#10 Matter 10: New message" in digest.body
    assert "#3 " not in digest.body
    assert states() == {"sent": 4, "digested": 8}
    assert f"Mail {digest.id}, a digest" in Outbox.get(Outbox.state == "digested").last_error
    assert not reading.has_due()


def test_R7_7_what_an_agent_wrote_goes_whole_as_the_hour_has_room(telling: Desk) -> None:
    telling.customer(email="kelly@x.test")
    telling.arrive("kelly@x.test", "Help")
    claim()
    pass_time(2 * HOUR)
    above = telling.last_letter()
    for number in range(8):
        tickets.reply(telling.anna, 1, f"Answer {number}.")
    assert states()["held"] == 5
    got: list[str] = []
    for _ in range(4):
        letters = [one for one in claim() if one.to == "kelly@x.test" and one.id > above]
        assert len(letters) <= 3
        got += [one.body for one in letters]
        pass_time(HOUR)
    assert [next(n for n in range(8) if f"Answer {n}." in body) for body in got] == list(range(8))
    assert "digested" not in states()


def test_R7_7_the_usual_numbers_let_a_busy_desk_hear_of_all_and_keep_a_loop_bounded(desk: Desk) -> None:
    desk.send_mail()
    desk.customer(email="loop@x.test")
    for number in range(60):
        desk.arrive("loop@x.test", f"Case {number} opened")
    admin = Outbox.audience == "admin"
    assert Outbox.select().where(admin).count() == 60
    assert Outbox.select().where(admin & (Outbox.state == "held")).count() == 0
    looped = [row.state for row in Outbox.select().where(Outbox.to == "loop@x.test")]
    assert (looped.count("queued"), looped.count("held")) == (30, 30)
    claim()
    pass_time(HOUR)
    assert [letter.event for letter in claim()] == ["digest"]


def test_R7_7_a_key_releases_what_is_held(telling: Desk) -> None:
    for number in range(6):
        telling.arrive(f"s{number}@x.test")
    held = [row.id for row in Outbox.select().where(Outbox.state == "held")]
    outbox.retry(telling.anna, held[0])
    assert states() == {"queued": 4, "held": 2}
    assert outbox.lift(telling.anna, "admin@us.test") == 2
    assert states() == {"queued": 6}
    with pytest.raises(NotFound):
        outbox.lift(telling.anna, "nobody@x.test")


def test_R7_5_retry_all_takes_what_may_be_sent_as_one_change(telling: Desk) -> None:
    from store.models import History

    for number in range(4):
        telling.arrive(f"s{number}@x.test")
    ids = [row.id for row in Outbox.select().order_by(Outbox.id)]
    Outbox.update(state="sent").where(Outbox.id == ids[0]).execute()
    Outbox.update(state="failed", slow=True, uncertain=True).where(Outbox.id.in_(ids[1:3])).execute()
    assert outbox.retry_all(telling.anna, ids) == 3
    assert states() == {"sent": 1, "queued": 3}
    assert len({row.change for row in History.select().where(History.what == "retry")}) == 1
    assert not Outbox.select().where(Outbox.slow | Outbox.uncertain).exists()


def test_R5_4_what_a_bounce_holds_back_is_due_when_that_is_over(telling: Desk) -> None:
    now = datetime.now(UTC)
    AddressHold.create(
        email_key="admin@us.test", email="admin@us.test", reason="550", at=now, until=now + timedelta(days=30)
    )
    telling.arrive("s@x.test")
    held = Outbox.get()
    assert (held.state, held.next_try) == ("held", now + timedelta(days=30))
    assert not reading.has_due()
    AddressHold.update(until=now).execute()
    Outbox.update(next_try=now).execute()
    assert [letter.id for letter in claim()] == [held.id]


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-400), timedelta(hours=5), timedelta(hours=-5)])
@pytest.mark.parametrize("state", ["queued", "held"])
def test_D10_a_clock_that_was_wrong_keeps_and_fails_no_mail(telling: Desk, jump: timedelta, state: str) -> None:
    """Written while the clock was off by so much, looked at when it is right again."""
    for number in range(5):
        telling.arrive(f"s{number}@x.test")
    if state == "queued":
        Outbox.update(state="queued", tries=1, next_try=datetime.now(UTC) + timedelta(minutes=1)).execute()
    else:
        Outbox.delete().where(Outbox.state != "held").execute()
    pass_time(-jump)
    assert reading.has_due()
    assert claim()
    assert "failed" not in states()
    assert "held" not in states()


def test_D10_letters_that_a_fast_clock_sent_do_not_fill_the_hour(telling: Desk) -> None:
    settings.change(telling.anna, "smtp.per_hour", "2")
    Outbox.create(
        event="x", to="a@x.test", to_key="a@x.test", subject="", body="", message_id="<1@x>", dedupe="1", state="sent",
        sent=datetime.now(UTC) + timedelta(days=3), created=datetime.now(UTC),
    )  # fmt: skip
    telling.arrive("s1@x.test")
    telling.arrive("s2@x.test")
    assert len(claim()) == 2


def test_D10_a_hold_that_a_fast_clock_began_holds_nothing(telling: Desk) -> None:
    ahead = datetime.now(UTC) + timedelta(days=365)
    AddressHold.create(
        email_key="admin@us.test", email="admin@us.test", reason="550", at=ahead, until=ahead + timedelta(days=30)
    )
    telling.arrive("s@x.test")
    assert states() == {"queued": 1}
