"""Importing customers and leads: a line each, all or nothing (R12).

What is new is written at once at the end: by itself each customer takes a millisecond, in which nobody else writes.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from store import bulk
from store.actor import Actor
from store.cleantext import clean, field_text
from store.db import transaction
from store.errors import BadInput, Refused
from store.models import Customer, Partner, ProfileAddress
from store.queries.scope import rights
from store.reasons import refuse
from store.rules.visibility import may_see
from store.services import history
from store.services.customers import change, checked, findable, partner_for, texts
from store.services.history import Thing

Line = tuple[int, Mapping[str, str]]
_LOOKED_UP_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one line of an import: added, updated or unchanged, and the customer's id and name."""

    line: int
    did: str
    id: int
    name: str


def import_all(actor: Actor, lines: Sequence[Line], *, partner: str = "", rehearse: bool = False) -> list[Imported]:
    """Adds or, by external id, updates a customer a line, all or nothing; what a line does not name stays as it is.

    One change of the history, to be taken back whole (R10.3).  `lines` carry their number in the file; `partner` is
    that of new customers whose line names none.  Raises BadInput naming line and column when one cannot be used; then
    nothing was changed.
    """
    done: list[Imported] = []
    with transaction(rehearse=rehearse):
        work = _Import(actor, lines, partner)
        for number, values in lines:
            try:
                done.append(work.one(number, values))
            except (BadInput, Refused) as error:
                column = f", column {error.field}" if error.field else ""
                raise BadInput(f"Line {number}{column}: {error} Nothing was imported.") from error
        work.write()
    return done


class _Import:
    """What is known of the lines' customers, and which are to be added."""

    def __init__(self, actor: Actor, lines: Sequence[Line], partner: str) -> None:
        self._actor = actor
        self._rights = rights(actor)
        self._partner = partner
        self._mark = history.new_change()
        self._partner_of: Callable[[str], int] = functools.cache(functools.partial(partner_for, actor))
        self._partner_names = dict(Partner.select(Partner.id, Partner.name).tuples())
        self._known = {row.external_id: row for row in _known(lines)}
        self._next = bulk.next_id(Customer)
        self._added: list[dict[str, Any]] = []
        self._addresses: list[dict[str, object]] = []
        self._things: list[tuple[Thing, None, dict[str, object]]] = []
        self._taken: set[str] = set()

    def one(self, number: int, values: Mapping[str, str]) -> Imported:
        """Takes one line.  Raises BadInput, Refused."""
        external_id = _external_id(values)
        if external_id and external_id in self._taken:
            raise refuse("external-exists", external_id=external_id)
        self._taken.add(external_id)
        row = self._known.get(external_id)
        if row is not None:
            return self._update(number, row, values)
        fields = checked({**values, "partner": values.get("partner") or self._partner}, self._partner_of)
        return Imported(number, "added", self._add(fields), clean(fields["name"]))

    def _update(self, number: int, row: Customer, values: Mapping[str, str]) -> Imported:
        if not may_see(self._rights, row.partner_id):
            raise refuse("external-exists", external_id=row.external_id)
        before = row.version
        now = {**texts(row, self._partner_names[row.partner_id]), **values}
        change(self._actor, row, checked(now, self._partner_of), self._mark)
        return Imported(number, "updated" if row.version != before else "unchanged", row.id, clean(row.name))

    def _add(self, fields: dict[str, object]) -> int:
        identity = self._next + len(self._added)
        search, keys = findable(identity, fields)
        columns = {"partner" if name == "partner_id" else name: value for name, value in fields.items()}
        self._added.append({"id": identity, **columns, "search": search, "created": datetime.now(UTC)})
        self._addresses += [{"customer": identity, "email_key": key} for key in keys]
        self._things.append((Thing(str(fields["kind"]), identity, str(fields["name"])), None, fields))
        return identity

    def write(self) -> None:
        """Writes those that are new."""
        bulk.insert(Customer, self._added)
        bulk.insert(ProfileAddress, self._addresses)
        history.record_many(self._actor, "add", self._things, change=self._mark)


def _known(lines: Sequence[Line]) -> Iterator[Customer]:
    wanted = iter(dict.fromkeys(filter(None, (_external_id(values) for _, values in lines))))
    while some := list(islice(wanted, _LOOKED_UP_AT_ONCE)):
        yield from Customer.select().where(Customer.external_id.in_(some))


def _external_id(values: Mapping[str, str]) -> str:
    return field_text(values.get("external_id", ""))
