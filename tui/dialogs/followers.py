"""Cc and watchers: who else gets a ticket's replies, and which administrators hear of all (R6.2, R11.1)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from textual.widget import Widget
from textual.widgets import Label, Static

from store.actor import Actor
from store.db import transaction
from store.queries import tickets as reading
from store.queries.tickets import Assignee, TicketLine
from store.rules.addresses import addresses_in
from store.services import tickets
from tui import sentences
from tui.desk import Desk
from tui.dialogs.frame import field
from tui.dialogs.ticket_dialog import TicketDialog
from tui.widgets.line import Line
from tui.widgets.toggle import Toggle
from tui.widgets.words import words


class Following(NamedTuple):
    """The addresses in Cc, the logins of watchers, and who could watch."""

    cc: tuple[str, ...]
    watchers: tuple[str, ...]
    administrators: tuple[Assignee, ...]


class Changes(NamedTuple):
    """What to add and what to take off."""

    add_cc: Sequence[str]
    remove_cc: Sequence[str]
    add_watchers: Sequence[str]
    remove_watchers: Sequence[str]


class FollowersDialog(TicketDialog):
    """Addresses to add are typed, all else is ticked and unticked; saved together."""

    heading = "Cc and watchers"
    hint = "Space tick · Ctrl+S save"

    def __init__(self, desk: Desk, line: TicketLine, now: Following) -> None:
        super().__init__(desk, line)
        self._now = now
        self._new = Line(placeholder="someone@example.com, another@example.com", id="cc", compact=True)
        self._cc = {email: Toggle(email, True) for email in now.cc}
        self._watching = {
            one.login: Toggle(f"{one.name} ({one.login})", one.login in now.watchers)
            for one in now.administrators
            if one.may_see or one.login in now.watchers
        }

    def fields(self) -> Iterator[Widget]:
        yield self.about()
        yield field("Add to Cc", self._new)
        for tick in self._cc.values():
            yield field("Cc" if tick is next(iter(self._cc.values())) else "", tick)
        yield Static(words("Cc gets each reply, and may write in the ticket.", "dim"), classes="told")
        yield Label("Watchers", classes="label")
        yield from self._watching.values()
        for one in self._now.administrators:
            if one.login not in self._watching:
                yield Static(words(f"    {one.name} ({one.login}): may not see this ticket", "dim"))

    async def carry_out(self) -> str:
        changes = self.changes
        await self.desk.lanes.write(follow, self.desk.actor, self.line.number, changes)
        return sentences.followed(self.line.number, changes)

    @property
    def changes(self) -> Changes:
        """What differs from how it was.  Raises BadField."""
        watched = {login for login, tick in self._watching.items() if tick.value}
        return Changes(
            add_cc=addresses_in(self._new.value, "cc"),
            remove_cc=[email for email, tick in self._cc.items() if not tick.value],
            add_watchers=sorted(watched - set(self._now.watchers)),
            remove_watchers=[login for login in self._now.watchers if login not in watched],
        )


def following(actor: Actor, number: int) -> Following:
    """Who follows a ticket now, and who could.  Raises NotFound."""
    now = reading.participants(actor, number)
    cc = tuple(one.email for one in now if one.kind == "cc")
    watchers = tuple(one.login for one in now if one.kind == "watcher" and one.login)
    return Following(cc, watchers, tuple(reading.assignees(actor, number)))


def follow(actor: Actor, number: int, changes: Changes) -> None:
    """All of it or nothing.  Raises BadInput, Refused, NotFound."""
    with transaction():
        for use_case, names in (
            (tickets.add_cc, changes.add_cc),
            (tickets.remove_cc, changes.remove_cc),
            (tickets.add_watcher, changes.add_watchers),
            (tickets.remove_watcher, changes.remove_watchers),
        ):
            for name in names:
                use_case(actor, number, name)
