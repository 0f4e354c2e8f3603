"""What was done to recipients, and what pairing would do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.cleantext import clean
from tui.sentences.words import many, ticket_numbers

if TYPE_CHECKING:
    from mail.release import LetIn
    from store.queries.customers import CustomerLine
    from store.queries.tickets import TicketLine
    from store.services.pairing import Paired, Preview, Unpaired
    from store.services.people import Edited
    from store.services.recipients import Done
    from store.services.refused import Released


def paired(done: "Paired") -> str:
    """`Paired bob@x.test to Kelly Sanders; 2 tickets assigned (#12, #11).`"""
    return f"Paired {done.email} to {done.customer_name}; {_changed(done.tickets, 'assigned')}."


def unpaired(done: "Unpaired", customer: str = "") -> str:
    """`Unpaired bob@x.test from Kelly Sanders; no ticket changed.`"""
    whom = f" from {clean(customer)}" if customer else ""
    lost = f" {unseen_by_assignee(done.unassigned)}" if done.unassigned else ""
    return f"Unpaired {done.email}{whom}; {_changed(done.tickets, 'unassigned')}.{lost}"


def unseen_by_assignee(numbers: Sequence[int]) -> str:
    """R10.1: an assignee who loses sight of a ticket is taken off."""
    return f"The assignee of {ticket_numbers(numbers)} may not see it then, and is taken off."


def banned(done: "Done", *, deny_too: bool = False) -> str:
    """`Banned bob@x.test.` and what became of the deny list (R2.2)."""
    if not deny_too:
        return f"Banned {done.email}."
    entry = "its deny entry was there already" if done.deny_entry is None else f"deny entry {done.deny_entry} added"
    return f"Banned {done.email}; {entry}."


def unbanned(done: "Done") -> str:
    """`Unbanned bob@x.test: the next message gets in.`"""
    return f"Unbanned {done.email}: the next message gets in."


def let_in(done: "LetIn", kept: Sequence[int]) -> str:
    """What became of what a ban kept out: `3 refused messages let in (#12, #13).`; '' if it kept nothing out."""
    if not kept:
        return ""
    told = f"{many(done.messages, 'refused message')} let in ({ticket_numbers(done.tickets)})." if done.messages else ""
    left = len(kept) - done.messages
    stay = f"{many(left, 'message')} {'stays' if left == 1 else 'stay'} among the refused mail."
    return " ".join(filter(None, (told, stay if left else "", done.problem)))


def released(refused_id: int, done: "Released") -> str:
    """`Released 17 into the new ticket #12; bob@x.test is banned no more.`"""
    where = (
        f"as a note into #{done.ticket}"
        if done.note
        else f"into {'the new ticket ' if done.opened else ''}#{done.ticket}"
    )
    also = [", its sender is unbanned"] * done.unbanned
    also += [f", deny entry {done.entry_removed} is removed"] * (done.entry_removed is not None)
    return f"Released {refused_id} {where if done.ticket else 'as a report about mail of ours'}{''.join(also)}."


def sender_edited(done: "Done", *, name: str | None, shared: bool | None, customer: str) -> str:
    """What *Edit sender* changed; None: left as it was.  `customer` is whom the address was paired to."""
    parts = []
    if name is not None:
        parts.append(f"is called {clean(name)} now")
    if shared:
        parts.append(f"is shared now and unpaired from {clean(customer)}" if done.unpaired_from else "is shared now")
    elif shared is not None:
        parts.append("is shared no more")
    return f"{done.email} {' and '.join(parts)}." if parts else f"Nothing was changed in {done.email}."


def pairing_preview(preview: "Preview", *, assign_all: bool) -> list[str]:
    """Which tickets get the customer, which do not, and why, a sentence each (R4.3)."""
    lines = [*_getting(preview, assign_all=assign_all), *_waiting(preview, assign_all=assign_all)]
    if preview.kept:
        lines.append(f"{_of(preview.kept)} a customer already and {'keeps' if preview.kept == 1 else 'keep'} it.")
    return lines


def unpairing_preview(foreseen: "Unpaired", *, unassign: bool) -> str:
    """What becomes of the tickets that this address opened and that have its customer (R4.4)."""
    numbers = foreseen.tickets
    if not numbers:
        return "No ticket of this address has that customer."
    which = ticket_numbers(numbers)
    if unassign:
        lost = f" {unseen_by_assignee(foreseen.unassigned)}" if foreseen.unassigned else ""
        return f"{many(len(numbers), 'ticket')} will lose the customer: {which}.{lost}"
    return f"{many(len(numbers), 'ticket')} will keep the customer: {which}."


def out_of_sight(what: str, tickets: Sequence[int] = ()) -> str:
    """Said before, to one who sees a partner's customers only (R10.1); `tickets` are numbers of more that go."""
    gone = f"{clean(what)} and {ticket_numbers(tickets)}" if tickets else clean(what)
    return f"You will not see {gone} any more: no customer of your partner has it then. Others must bring it back."


def sight_lost(done: "Edited", verb: str) -> str:
    """What an administrator with other rights sees no more, and `was` or `would be` taken off; '' for nothing."""
    lost = f"He may not see {ticket_numbers(done.unassigned)} any more, and {verb} taken off."
    own = "That is you: you will see only what belongs to customers of that partner, and set nothing up any more."
    return " ".join([lost] * bool(done.unassigned) + [own] * done.narrowed)


def customer_details(customer: "CustomerLine") -> str:
    """What tells a customer from another of the same name: `kelly@x.test · kelly · 0171 · Main`."""
    return " · ".join(filter(None, (customer.email, customer.login, customer.phone, customer.partner)))


def _changed(numbers: Sequence[int], did: str) -> str:
    return f"{many(len(numbers), 'ticket')} {did} ({ticket_numbers(numbers)})" if numbers else "no ticket changed"


def _of(count: int) -> str:
    return f"{many(count, 'ticket')} {'has' if count == 1 else 'have'}"


def _getting(preview: "Preview", *, assign_all: bool) -> list[str]:
    if preview.newest is None:
        return ["No ticket waits for a customer; new tickets will get this one."]
    if assign_all:
        which = _named(preview.newest) if preview.unassigned_count == 1 else _numbers(preview.unassigned, preview)
        return [f"{many(preview.unassigned_count, 'ticket')} will get the customer: {which}."]
    return [f"1 ticket will get the customer: {_named(preview.newest)}."]


def _waiting(preview: "Preview", *, assign_all: bool) -> list[str]:
    others = preview.unassigned_count - 1
    if assign_all or others < 1:
        return []
    which = ticket_numbers([ticket.number for ticket in preview.unassigned[1:]], others)
    return [f"{many(others, 'older ticket')} without a customer will not: {which}."]


def _numbers(tickets: "Sequence[TicketLine]", preview: "Preview") -> str:
    return ticket_numbers([ticket.number for ticket in tickets], preview.unassigned_count)


def _named(ticket: "TicketLine") -> str:
    return f"#{ticket.number} {clean(ticket.subject, limit=60)}"
