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
from store.errors import BadField, BadInput, BadLines, Fault, Refused
from store.models import Customer, Partner, ProfileAddress
from store.queries.scope import rights
from store.reasons import refuse
from store.rules.addresses import address_key, split_profile
from store.rules.visibility import may_see
from store.services import history
from store.services.customers import change, examined, findable, partner_for, texts
from store.services.history import Thing

Line = tuple[int, Mapping[str, str]]
_LOOKED_UP_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one line of an import: added, updated or unchanged, and the customer's id and name; `note` is what
    a person should look at, '' for nothing."""

    line: int
    did: str
    id: int
    name: str
    note: str = ""


def import_all(
    actor: Actor,
    lines: Sequence[Line],
    *,
    partner: str = "",
    rehearse: bool = False,
    faults: Sequence[Fault] = (),
) -> list[Imported]:
    """Adds or, by external id, updates a customer a line, all or nothing; what a line does not name stays as it is.

    One change of the history, to be taken back whole (R10.3).  `lines` carry their number in the file; `partner` is
    that of new customers whose line names none; `faults` were found in the file before.  Raises BadLines naming all
    lines and columns that cannot be used, if any; then nothing was changed.
    """
    with transaction(rehearse=rehearse):
        work = _Import(actor, lines, partner)
        done = [one for number, values in lines if (one := work.one(number, values)) is not None]
        if faults or work.faults:
            raise BadLines((*faults, *work.faults))
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
        self._lines: dict[tuple[str, str], int] = {}
        self.faults: list[Fault] = []

    def one(self, number: int, values: Mapping[str, str]) -> Imported | None:
        """Takes one line; None for one that has a fault, which is noted."""
        external_id = _external_id(values)
        row = self._known.get(external_id)
        given = {**values, "partner": values.get("partner") or self._partner}
        if row is not None:
            given = {**texts(row, self._partner_names[row.partner_id]), **values}
        fields, wrong = examined(given, self._partner_of)
        if external_id and (why := self._why_not(number, external_id, row)):
            wrong.append(why)
        if wrong:
            self.faults += (Fault(number, problem.field, str(problem)) for problem in wrong)
            return None
        note = self._note(number, fields)
        if row is None:
            return Imported(number, "added", self._add(fields), clean(fields["name"]), note)
        before = row.version
        change(self._actor, row, fields, self._mark)
        return Imported(number, "updated" if row.version != before else "unchanged", row.id, clean(row.name), note)

    def _why_not(self, number: int, external_id: str, row: Customer | None) -> BadInput | Refused | None:
        """Of two lines with one external id the second would take the place of the first."""
        line = self._lines.setdefault(("external_id", external_id), number)
        if line != number:
            return BadField("external_id", f"“{clean(external_id, limit=40)}” is in line {line} already.")
        if row is not None and not may_see(self._rights, row.partner_id):
            refusal = refuse("external-exists", external_id=external_id)
            refusal.field = "external_id"
            return refusal
        return None

    def _note(self, number: int, fields: Mapping[str, object]) -> str:
        """What two lines share though customers seldom do; mail from a shared e-mail is paired to neither (R4.6)."""
        told = []
        shared = [("login", str(fields["login"]))] + [("e-mail", one) for one in split_profile(str(fields["email"]))]
        for name, text in shared:
            line = self._lines.setdefault((name, address_key(text)), number) if text else number
            told += [f"its {name} {clean(text, limit=80)} is that of line {line}, too"] * (line != number)
        return "; ".join(told)

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
