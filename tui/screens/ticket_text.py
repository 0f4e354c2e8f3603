"""A ticket as lines to read (R11.1): its messages oldest first, notes marked, quoted history folded."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from functools import lru_cache
from typing import NamedTuple

from store.queries.outbox import OutboxRow
from store.queries.tickets import MessageLine, ParticipantLine, TicketLine
from store.rules.quotes import parts
from store.rules.remarks import ENCRYPTED, remark
from tui.sentences import customer_of, delivery, left_out, many, named, size, stamp
from tui.widgets.reader import Line, LineStyle

_LONGEST = 200_000
_KEPT = 20_000
_VOUCHED = {"pass": "✓ verified", "fail": "✗ not verified"}
_DIRECTIONS = {"in": "", "out": "our reply", "note": "internal note"}


class Fact(NamedTuple):
    """A label and its value; `seldom`: left out where there is little room and it is empty."""

    label: str
    value: str
    seldom: bool = False


def head(ticket: TicketLine, followers: Sequence[ParticipantLine], zone: tzinfo) -> list[Fact]:
    """What stands over the messages, or beside them."""
    watchers = (one.name or one.login or one.email for one in followers if one.kind == "watcher")
    return [
        Fact("Requester", named(ticket.requester.name, ticket.requester.detail) if ticket.requester else "nobody"),
        Fact("Status", ticket.status),
        Fact("Customer", customer_of(ticket)),
        Fact("Assignee", ticket.assignee.name if ticket.assignee else "nobody"),
        Fact("Created", stamp(ticket.created, zone)),
        Fact("Closed", stamp(ticket.closed, zone) or "no"),
        Fact("Priority", ticket.priority, seldom=True),
        Fact("Group", ticket.group, seldom=True),
        Fact("Type", ticket.type, seldom=True),
        Fact("Note", ticket.note, seldom=True),
        Fact("Cc", ", ".join(one.email for one in followers if one.kind == "cc"), seldom=True),
        Fact("Watchers", ", ".join(watchers), seldom=True),
        *([Fact("Merged into", f"#{ticket.merged_into}")] if ticket.merged_into else ()),
    ]


def message_lines(
    messages: Sequence[MessageLine],
    zone: tzinfo,
    *,
    folded: bool,
    mail: Sequence[OutboxRow] = (),
    trouble: str = "",
) -> list[Line]:
    """All messages; each begins with a marked line, and ours say what became of their mail.

    `trouble` is why nothing can be sent at the moment.
    """
    sent: dict[int | None, list[OutboxRow]] = {}
    for row in mail:
        if row.audience == "customer":
            sent.setdefault(row.caused_by, []).insert(0, row)
    told = {message: delivery(rows, trouble) for message, rows in sent.items()}
    return [line for message in messages for line in _message(message, told.get(message.id, ()), zone, folded=folded)]


def _message(message: MessageLine, became: Sequence[tuple[str, bool]], zone: tzinfo, *, folded: bool) -> Iterator[Line]:
    kind = _DIRECTIONS.get(message.direction, message.direction)
    who = named(message.name, message.sender) or "the program"
    sort = "automatic" if message.written_by_nobody else ""
    vouched = _VOUCHED.get(message.authentication or "", "")
    yield Line(" · ".join(filter(None, (stamp(message.created, zone), who, kind, sort, vouched))), "head", mark=True)
    if message.authentication == "fail":
        yield Line("The mail server says that this is not from the address it names.", "bad")
    for attachment in message.attachments:
        name = attachment.name or "without a name"
        inside = attachment.technical and message.direction == "out"
        title = "Part of the mail itself, not sent on" if inside else "Attached"
        yield Line(f"{title}: {name} · {attachment.type} · {size(attachment.size)}", "dim")
    if said := remark(message.text or message.whole, [(file.name, file.type) for file in message.attachments]):
        yield Line(said, "bad" if said == ENCRYPTED else "note")
    yield from (Line(f"✉ {told}", "bad" if bad else "dim") for told, bad in became)
    yield from _text(message, folded=folded)
    yield Line("")


def _text(message: MessageLine, *, folded: bool) -> Iterator[Line]:
    if message.direction == "out":  # what an agent wrote is his own, marked or not
        yield from (Line(line.expandtabs(4)) for line in _split(message.text[:_LONGEST]))
    else:
        lines_of = _lines if len(message.text) < _KEPT else _lines.__wrapped__
        yield from lines_of(message.text[:_LONGEST], "note" if message.direction == "note" else "", folded=folded)
    if (cut := len(message.text) - _LONGEST) > 0:
        yield Line(f"⋯ {many(cut, 'more character')}: recipients ticket show {message.ticket}", "dim")
    if message.whole and folded:
        yield Line(f"⋯ {left_out(message)}; h shows all of the answer", "dim")
    elif message.whole:
        yield Line(f"⋯ {left_out(message)}. All of it, as it came:", "dim")
        yield from (Line(line.expandtabs(4), "quote") for line in _split(message.whole[:_LONGEST]))


def _split(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


@lru_cache(maxsize=1_000)
def _lines(text: str, style: LineStyle, *, folded: bool) -> tuple[Line, ...]:
    """Kept, since a ticket is shown anew whenever something in it changes."""
    found: list[Line] = []
    for part in parts("\n".join(_split(text))):
        if part.quoted and folded:
            found.append(Line(f"⋯ {many(len(part.lines), 'line')} of quoted history, h unfolds", "dim"))
        else:
            found += [Line(line.expandtabs(4), "quote" if part.quoted else style) for line in part.lines]
    return tuple(found)
