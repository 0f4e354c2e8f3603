"""A ticket as lines to read (R11.1): its messages oldest first, notes marked, quoted history folded."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from store.queries.tickets import MessageLine, TicketLine
from store.rules.quotes import parts
from tui.sentences import many, size, stamp
from tui.widgets.reader import Line

_LONGEST = 200_000
_DIRECTIONS = {"in": "", "out": "our reply", "note": "internal note"}


def head(ticket: TicketLine, zone: tzinfo) -> list[tuple[str, str]]:
    """Labels and values of what stands over the messages."""
    requester = f"{ticket.requester.name} <{ticket.requester.detail}>" if ticket.requester else "nobody"
    customer = "none"
    if ticket.customer:
        customer = ticket.customer.name + (" (Lead)" if ticket.customer.detail == "lead" else "")
    return [
        ("Requester", requester),
        ("Status", ticket.status),
        ("Customer", customer),
        ("Assignee", ticket.assignee.name if ticket.assignee else "nobody"),
        ("Created", stamp(ticket.created, zone)),
        ("Closed", stamp(ticket.closed, zone) or "no"),
    ]


def message_lines(messages: Sequence[MessageLine], zone: tzinfo, *, folded: bool) -> list[Line]:
    """All messages; each begins with a marked line."""
    return [line for message in messages for line in _message(message, zone, folded=folded)]


def _message(message: MessageLine, zone: tzinfo, *, folded: bool) -> Iterator[Line]:
    kind = _DIRECTIONS.get(message.direction, message.direction)
    who = f"{message.name} <{message.sender}>" if message.sender else message.name or "the program"
    yield Line(" · ".join(filter(None, (stamp(message.created, zone), who, kind))), "head", mark=True)
    for attachment in message.attachments:
        name = attachment.name or "without a name"
        yield Line(f"Attached: {name} · {attachment.type} · {size(attachment.size)}", "dim")
    yield from _text(message, folded=folded)
    yield Line("")


def _text(message: MessageLine, *, folded: bool) -> Iterator[Line]:
    style = "note" if message.direction == "note" else ""
    for part in parts(message.text[:_LONGEST].replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")):
        if part.quoted and folded:
            yield Line(f"⋯ {many(len(part.lines), 'line')} of quoted history, h unfolds", "dim")
        else:
            for line in part.lines:
                yield Line(line.expandtabs(4), "quote" if part.quoted else style)  # type: ignore[arg-type]
    if (cut := len(message.text) - _LONGEST) > 0:
        yield Line(f"⋯ {many(cut, 'more character')}: recipients ticket show {message.ticket}", "dim")
