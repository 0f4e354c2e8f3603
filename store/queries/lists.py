"""Reading the shorter lists: inboxes, administrators, partners, history."""

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from peewee import JOIN, Expression, fn

from store.actor import Actor
from store.models import (
    Administrator,
    Customer,
    GroupMember,
    History,
    Inbox,
    InboxState,
    Outbox,
    Partner,
    Recipient,
    Ticket,
    TicketGroup,
    WithheldMessage,
)
from store.queries.scope import rights, scoped
from store.rules.inboxes import usable


class InboxLine(NamedTuple):
    """One inbox and how it fares; the secret is a reference, never a password.

    `withheld` is how many messages lie on its server and are not let in (R5.11), `not_given` those of them that the
    server does not give.
    """

    id: int
    name: str
    email: str
    host: str
    port: int
    security: str
    username: str
    secret: str
    folder: str
    process: str
    enabled: bool
    last_success: datetime | None
    last_error: str
    last_error_at: datetime | None
    next_try: datetime | None
    check_certificate: bool
    ca_file: str
    process_from: datetime | None
    mark_read: bool
    address_header: str
    accept_unregistered: bool
    priority: str
    group: str
    type: str
    auth: str
    token_expires: datetime | None
    behind_group: bool
    withheld: int
    not_given: int
    version: int


class AdministratorLine(NamedTuple):
    """One administrator; `partner` None means Any."""

    id: int
    login: str
    name: str
    email: str
    role: str
    partner: str | None
    active: bool
    version: int


class PartnerLine(NamedTuple):
    """One partner, how many customers belong to it, and the logins of its administrators."""

    id: int
    name: str
    customers: int
    administrators: tuple[str, ...]


class GroupLine(NamedTuple):
    """One ticket group; `members` are logins."""

    id: int
    name: str
    members: tuple[str, ...]


class OutboxLine(NamedTuple):
    """One message to be sent, or sent (R7.5)."""

    id: int
    event: str
    ticket: int | None
    to: str
    subject: str
    state: str
    tries: int
    last_error: str


class HistoryLine(NamedTuple):
    """One change; `before` and `after` are the fields that changed."""

    at: datetime
    who: str
    what: str
    of: str
    before: Any
    after: Any


def inboxes() -> list[InboxLine]:
    """Every inbox with its state, by name."""
    withheld = WithheldMessage.select(fn.COUNT(WithheldMessage.id)).where(WithheldMessage.inbox == Inbox.id)
    columns = (
        Inbox.id,
        Inbox.name,
        Inbox.email,
        Inbox.host,
        Inbox.port,
        Inbox.security,
        Inbox.username,
        Inbox.secret,
        Inbox.folder,
        Inbox.process,
        Inbox.enabled,
        InboxState.last_success,
        InboxState.last_error,
        InboxState.last_error_at,
        InboxState.next_try,
        Inbox.check_certificate,
        Inbox.ca_file,
        Inbox.process_from,
        Inbox.mark_read,
        Inbox.address_header,
        Inbox.accept_unregistered,
        Inbox.priority,
        Inbox.ticket_group,
        Inbox.ticket_type,
        fn.COALESCE(Inbox.auth, "password"),
        InboxState.token_expires,
        Inbox.behind_group,
        withheld,
        withheld.where(WithheldMessage.kind.in_(("failed", "rest"))),
        Inbox.version,
    )
    query = Inbox.select(*columns).join(InboxState, JOIN.LEFT_OUTER).order_by(Inbox.name)
    lines = [InboxLine(*row) for row in query.tuples()]
    return [line._replace(**usable(line._asdict())[0]) for line in lines]


def administrators() -> list[AdministratorLine]:
    """Every administrator, by login."""
    columns = (
        Administrator.id,
        Administrator.login,
        Administrator.name,
        Administrator.email,
        Administrator.role,
        Partner.name,
        Administrator.active,
        Administrator.version,
    )
    query = Administrator.select(*columns).join(Partner, JOIN.LEFT_OUTER).order_by(Administrator.login)
    return [AdministratorLine(*row) for row in query.tuples()]


def partner_names(actor: Actor) -> dict[int, str]:
    """The names of those partners by id, without counting what belongs to them."""
    now = rights(actor)
    mine: Expression | bool = True if now.sees_all else Partner.id == now.partner
    return dict(Partner.select(Partner.id, Partner.name).where(mine).tuples())


def partners(actor: Actor) -> list[PartnerLine]:
    """Every partner, by name; for one who works for a partner, that one alone (R10.1)."""
    now = rights(actor)
    theirs: dict[int, list[str]] = {}
    logins = Administrator.select(Administrator.partner, Administrator.login).order_by(Administrator.login)
    for partner, login in logins.where(Administrator.partner.is_null(False) & Administrator.active).tuples():
        theirs.setdefault(partner, []).append(login)
    count = Customer.select(fn.COUNT(Customer.id)).where((Customer.partner == Partner.id) & Customer.deleted.is_null())
    mine: Expression | bool = True if now.sees_all else Partner.id == now.partner
    rows = Partner.select(Partner.id, Partner.name, count).where(mine).order_by(Partner.name).tuples()
    return [
        PartnerLine(identity, name, customers, tuple(theirs.get(identity, ()))) for identity, name, customers in rows
    ]


def groups() -> list[GroupLine]:
    """Every ticket group with its members, by name."""
    members: dict[int, list[str]] = {}
    query = GroupMember.select(GroupMember.group, Administrator.login).join(Administrator).order_by(Administrator.login)
    for group, login in query.tuples():
        members.setdefault(group, []).append(login)
    rows = TicketGroup.select(TicketGroup.id, TicketGroup.name).order_by(TicketGroup.name).tuples()
    return [GroupLine(identity, name, tuple(members.get(identity, ()))) for identity, name in rows]


def outbox(actor: Actor, *, limit: int | None = None) -> Iterator[OutboxLine]:
    """Outgoing mail, newest first, of the tickets that the actor may see (R10.1)."""
    columns = [getattr(Outbox, name) for name in OutboxLine._fields]
    query = Outbox.select(*columns).join(Ticket, JOIN.LEFT_OUTER).where(scoped(actor, Ticket))
    for row in query.order_by(Outbox.id.desc()).limit(limit).tuples().iterator():
        yield OutboxLine(*row)


def history(actor: Actor, *, limit: int | None = None) -> Iterator[HistoryLine]:
    """What was changed, newest first; with a partner only of recipients and tickets that the actor may see."""
    columns = (History.at, History.who, History.what, History.of, History.before, History.after)
    query = History.select(*columns).where(history_scope(actor))
    hidden = hidden_fields(actor)
    for at, who, what, of, before, after in query.order_by(History.id.desc()).limit(limit).tuples().iterator():
        yield HistoryLine(at, who, what, of, fields_of(before, hidden), fields_of(after, hidden))


def history_scope(actor: Actor) -> Expression | bool:
    """What of the history an actor may see: with a partner that of recipients and tickets that he may see (R10.1)."""
    if rights(actor).sees_all:
        return True
    recipients = Recipient.select(Recipient.id).where(scoped(actor, Recipient))
    tickets = Ticket.select(Ticket.id).where(scoped(actor, Ticket))
    return ((History.subject == "recipient") & History.subject_id.in_(recipients)) | (
        (History.subject == "ticket") & History.subject_id.in_(tickets)
    )


def with_names(actor: Actor, lines: list[Any]) -> Iterator[Any]:
    """Names instead of the ids of customers and assignees; of a customer that may not be seen the id alone (R10.1)."""
    fields = [side for line in lines for side in (line.before, line.after) if side]
    ids = {name: [side[name] for side in fields if side.get(name)] for name in ("customer_id", "assignee_id")}
    customers = Customer.select(Customer.id, Customer.name).where(
        Customer.id.in_(ids["customer_id"]) & scoped(actor, Customer)
    )
    logins = Administrator.select(Administrator.id, Administrator.login).where(Administrator.id.in_(ids["assignee_id"]))
    known = {
        "customer_id": dict(customers.tuples()),
        "assignee_id": dict(logins.tuples()),
        "partner_id": partner_names(actor),
    }
    for line in lines:
        yield line._replace(before=_named(line.before, known), after=_named(line.after, known))


def _named(fields: Any, known: dict[str, dict[int, str]]) -> Any:
    if fields is None:
        return None
    return {name: known[name].get(value, value) if name in known else value for name, value in fields.items()}


def hidden_fields(actor: Actor) -> frozenset[str]:
    """What of a change is not said: the name by which a recipient sorts under its customer is the program's own, and
    may be a foreign one's; the rule that refused a message may be one of the deny list (R10.1)."""
    return frozenset({"customer_key"} if rights(actor).sees_all else {"customer_key", "rule"})


def fields_of(text: str | None, hidden: Collection[str]) -> Any:
    """The fields of one side of a change but for those that are hidden, None where there was nothing."""
    if text is None:
        return None
    try:
        fields = json.loads(text)
    except ValueError:  # changed behind the program's back, which the seals tell (THREATS S6)
        fields = {"unreadable": text}
    return {name: value for name, value in fields.items() if name not in hidden}
