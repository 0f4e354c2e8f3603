"""An administrator's answer by e-mail: into the ticket as the agent's public reply, and on to the customer (R5.8)."""

from datetime import UTC, datetime

from store.actor import MAIL
from store.cleantext import clean
from store.models import Outbox
from store.rules.message import Arrived, Parsed
from store.rules.outbox import repeats_the_mail
from store.rules.quotes import own_text
from store.services import history
from store.services.batch import Batch
from store.services.circumstances import Ground, Sender, author_of, references_of
from store.services.entry import Written, add_note, stage, ticket_thing
from store.services.tickets.writing import news_of_reply
from store.templates import REPLY_MARKER

_WHOLE_MAIL = (
    "winmail.dat of the reply above was not sent on: it holds the whole mail with what that quotes, and perhaps files. "
    "To send files, write from a program set to HTML or plain text."
)


def into_ticket(place: Ground, batch: Batch, arrived: Arrived, sender: Sender, ticket: int, raw: int) -> Written:
    """Writes the reply without the notification that it quotes (THREATS O7); it is told once the batch is written.

    One in which nothing is the agent's own, nor attached, is kept as a note and told to nobody.
    """
    now = datetime.now(UTC)
    state = batch.tickets[ticket]
    author = author_of(sender)
    text = own_words(arrived.parsed)
    inside = [repeats_the_mail(file.name, file.type) for file in arrived.parsed.attachments]
    empty = not text.strip() and all(inside)
    said = {
        "direction": "note" if empty else "out",
        "author": author and author.id,
        "text": arrived.parsed.text if empty else text,
    }
    message = stage(place, batch, arrived, state, said, raw, now)
    if empty:
        add_note(
            batch, state, "The reply above holds no words of its own above what it quotes, so it was not sent.", now
        )
        batch.change_ticket(state, now)
        return Written(state.id, message)
    if any(inside):
        add_note(batch, state, _WHOLE_MAIL, now)
    before = {"status": state.status, "closed": state.closed}
    state.status, state.closed = str(place.settings["status.agent_reply"]), None
    batch.change_ticket(state, now)
    after = {"status": state.status, "closed": None}
    batch.add_history(history.rows_of(MAIL, "reply", [(ticket_thing(state), before, after)]))
    batch.news += news_of_reply(state.id, message, author, [sender.key])
    return Written(state.id, message)


def own_words(parsed: Parsed) -> str:
    """What the agent wrote himself, without the notifications that he answers (THREATS O7); '' for nothing."""
    ours = Outbox.message_id.in_(references_of(parsed)) & (Outbox.audience == "admin")
    sent = Outbox.select(Outbox.subject, Outbox.body).where(ours).tuples()
    return own_text(parsed.text, REPLY_MARKER, "\n".join(line for letter in sent for line in letter))


def as_note(place: Ground, batch: Batch, arrived: Arrived, sender: Sender, ticket: int, raw: int) -> Written:
    """Released mail from an administrator's address that proves nothing: a note, told to nobody (R8)."""
    now = datetime.now(UTC)
    state = batch.tickets[ticket]
    sort = "Automatic" if arrived.parsed.written_by_nobody else "Unverified"
    text = f"{sort} mail from {clean(arrived.parsed.sender)}, released:\n\n{arrived.parsed.text}"
    message = stage(place, batch, arrived, state, {"direction": "note", "text": text}, raw, now)
    batch.change_ticket(state, now)
    return Written(state.id, message)
