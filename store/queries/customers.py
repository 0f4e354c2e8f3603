"""Finding customers and leads (R4.2)."""

from collections.abc import Iterator
from typing import NamedTuple

from peewee import JOIN, Case, ModelSelect, Value

from store.actor import Actor
from store.errors import BadInput
from store.models import Customer, Partner
from store.queries.scope import scoped, visible
from store.queries.search import contains, is_like
from store.rules.addresses import addresses_in

_MOST_WORDS = 30


class CustomerLine(NamedTuple):
    """One customer or lead."""

    id: int
    name: str
    kind: str
    login: str
    email: str
    billing_email: str
    phone: str
    partner: str | None
    external_id: str | None

    @property
    def label(self) -> str:
        """`Kelly Sanders (4)`, as the *Pairing* dialog shows it; a lead is marked as one."""
        return f"{self.name} ({self.id})" + (" (Lead)" if self.kind == "lead" else "")


def find(actor: Actor, text: str = "", *, limit: int | None = 50) -> list[CustomerLine]:
    """Living customers whose name, login, id, e-mail or phone has every word of `text` in it.

    The one with exactly this id or name comes first, the others by name.
    """
    query = _lines(actor).where(Customer.deleted.is_null())
    for word in text.split()[:_MOST_WORDS]:
        query = query.where(contains(Customer, word))
    wanted = text.strip()
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 16 else -1
    first = Case(None, ((Customer.id == number, 0), (is_like(Customer.name, wanted), 1)), 2) if wanted else Value(0)
    return [CustomerLine(*row) for row in query.order_by(first, Customer.name_key, Customer.id).limit(limit).tuples()]


def one(actor: Actor, customer_id: int) -> CustomerLine:
    """The customer of this id.  Raises NotFound."""
    visible(actor, Customer, customer_id, f"customer {customer_id}")
    return CustomerLine(*_lines(actor).where(Customer.id == customer_id).tuples().get())


def with_unreadable_email(actor: Actor) -> Iterator[CustomerLine]:
    """Living customers whose profile e-mail was kept before it was read (R5.7), and cannot be: it pairs nothing."""
    odd = (Customer.email % "*[^-a-zA-Z0-9@._+, ]*") | ((Customer.email != "") & ~Customer.email.contains("@"))
    for row in _lines(actor).where(Customer.deleted.is_null() & odd).order_by(Customer.id).tuples():
        line = CustomerLine(*row)
        try:
            addresses_in(line.email)
        except BadInput:
            yield line


def _lines(actor: Actor) -> ModelSelect:
    columns = (
        Customer.id,
        Customer.name,
        Customer.kind,
        Customer.login,
        Customer.email,
        Customer.billing_email,
        Customer.phone,
        Partner.name,
        Customer.external_id,
    )
    return Customer.select(*columns).join(Partner, JOIN.LEFT_OUTER).where(scoped(actor, Customer))
