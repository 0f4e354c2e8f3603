"""`ticket show` and `why`: reading a ticket, and what was decided about a message."""

from collections.abc import Iterator
from datetime import tzinfo

import click

from store.cleantext import clean
from store.queries.tickets import MessageLine, TicketLine
from store.rules.remarks import remark
from tui.cli import ticket_actions
from tui.cli.state import NUMBER, Globals, opened, show
from tui.sentences import left_out, named, why


@click.group("ticket")
def ticket_command() -> None:
    """Tickets. List them with: recipients list tickets"""


@ticket_command.command("show")
@click.argument("number", type=NUMBER)
@click.option("--whole", is_flag=True, help="answers by e-mail with what they quote")
@click.pass_obj
def ticket_show(state: Globals, number: int, whole: bool) -> None:
    """Show a ticket with its messages, oldest first.

    Of an answer by e-mail only the agent's own words went on; JSON has all of it as `whole` where something was left
    out.
    """
    from store import shapes
    from store.queries import tickets
    from store.queries.settings import timezone

    with opened(state) as actor:
        ticket = tickets.one(actor, number)
        messages = list(tickets.messages(actor, number))
        zone = timezone()
    if state.as_json:
        shape = {**shapes.ticket(ticket), "messages": [shapes.message(line) for line in messages]}
        show(state, shape, "")
        return
    for line in (*_head(ticket), *(text for message in messages for text in _said(message, zone, whole=whole))):
        print(line)


@click.command("why")
@click.argument("message_id")
@click.pass_obj
def why_command(state: Globals, message_id: str) -> None:
    """Say what was decided about a message, and why.  MESSAGE_ID is its Message-ID header."""
    from store.queries.why import decisions

    with opened(state) as actor:
        found = decisions(actor, message_id)
    show(state, found, [line for decision in found for line in why(decision)])


ticket_actions.add_to(ticket_command)


def _head(ticket: TicketLine) -> Iterator[str]:
    yield f"#{ticket.number} {clean(ticket.subject)}"
    people = (("Requester", ticket.requester), ("Customer", ticket.customer), ("Assignee", ticket.assignee))
    kept = (("Status", ticket.status), ("Priority", ticket.priority), ("Group", ticket.group), ("Type", ticket.type))
    yield from (f"{title}: {clean(value)}" for title, value in kept if value)
    for title, person in people:
        detail = clean(person.detail) if person and title == "Requester" else ""
        yield f"{title}: {named(clean(person.name), detail) if person else 'none'}"


def _said(message: MessageLine, zone: tzinfo, *, whole: bool) -> Iterator[str]:
    when = message.created.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    who = "internal note" if message.direction == "note" else named(clean(message.name), clean(message.sender))
    yield ""
    yield f"--- {when} {who}"
    if told := remark(message.text or message.whole, [(file.name, file.type) for file in message.attachments]):
        yield f"[{clean(told)}]"
    yield clean((whole and message.whole) or message.text, one_line=False, limit=None)
    if message.whole and not whole:
        yield f"[{left_out(message)}; all of the answer: recipients ticket show {message.ticket} --whole]"
    for attached in message.attachments:
        yield f"[{clean(attached.name) or 'attachment'}, {clean(attached.type)}, {attached.size:,} bytes]"
