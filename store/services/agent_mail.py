"""An administrator's answer by e-mail: into the ticket as the agent's public reply, and on to the customer (R5.8)."""

from dataclasses import replace
from datetime import UTC, datetime

from store.actor import MAIL
from store.cleantext import clean
from store.models import Attachment, Message
from store.queries.quotable import quotable
from store.queries.search import among
from store.rules.message import Arrived, Parsed, still_fetched
from store.rules.outbox import repeats_the_mail
from store.rules.own_words import Own, own_words
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
_LARGE = (
    "The mail of the reply above has {:.1f} MB, so its files, and words far down in it, were not sent on. They are in "
    "the ticket as soon as all of it is fetched. Send files of that size another way."
)


def into_ticket(place: Ground, batch: Batch, arrived: Arrived, sender: Sender, ticket: int, raw: int) -> Written:
    """Writes the reply without the notification that it quotes (THREATS O7); it is told once the batch is written.

    One in which nothing is the agent's own, nor attached, is kept as a note and told to nobody.
    """
    now = datetime.now(UTC)
    state = batch.tickets[ticket]
    author = author_of(sender)
    own, parsed = read_answer(arrived.parsed, ticket, arrived.whole_size)
    arrived = replace(arrived, parsed=parsed)
    inside = [repeats_the_mail(file.name, file.type) for file in parsed.attachments if not file.technical]
    empty = not own.text.strip() and all(inside)
    said = {
        "direction": "note" if empty else "out",
        "author": author and author.id,
        "text": parsed.text if empty else own.text,
        "whole": parsed.text if own.cut and not empty else "",
    }
    message = stage(place, batch, arrived, state, said, raw, now)
    if arrived.whole_size:
        add_note(batch, state, _LARGE.format(arrived.whole_size / 1e6), now)
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


def read_answer(parsed: Parsed, ticket: int, whole_size: int = 0) -> tuple[Own, Parsed]:
    """What the agent wrote himself, without what he quotes of the notifications and of the ticket (THREATS O7), and
    what is known of his mail: a picture in its text that the ticket has already is quoted, or a logo, and no file.

    `whole_size` is given of one that is still to be fetched, which its text says.
    """
    pictures = {file.sha256 for file in parsed.attachments if file.inline and file.type.startswith("image/")}
    of_ticket = Attachment.message.in_(Message.select(Message.id).where(Message.ticket == ticket))
    query = Attachment.select(Attachment.sha256).where(of_ticket & among(Attachment.sha256, pictures))
    there = {sha256 for (sha256,) in query.tuples()} if pictures else set()
    files = (
        replace(one, technical=one.technical or (one.inline and one.sha256 in there)) for one in parsed.attachments
    )
    known = quotable(ticket, references_of(parsed))
    ours = (still_fetched(whole_size),) if whole_size else ()
    own = own_words(parsed.text, known._replace(notes=[*known.notes, *ours]), REPLY_MARKER)
    return own, replace(parsed, attachments=tuple(files))


def as_note(place: Ground, batch: Batch, arrived: Arrived, sender: Sender, ticket: int, raw: int) -> Written:
    """Released mail from an administrator's address that proves nothing: a note, told to nobody (R8)."""
    now = datetime.now(UTC)
    state = batch.tickets[ticket]
    sort = "Automatic" if arrived.parsed.written_by_nobody else "Unverified"
    text = f"{sort} mail from {clean(arrived.parsed.sender)}, released:\n\n{arrived.parsed.text}"
    message = stage(place, batch, arrived, state, {"direction": "note", "text": text}, raw, now)
    batch.change_ticket(state, now)
    return Written(state.id, message)
