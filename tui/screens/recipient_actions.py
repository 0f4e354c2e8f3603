"""What the keys of the Recipients screen do (R1.3, R2, R4).

A dialog does the work itself and gives back the sentence for the status line; the row is then read again at once.
"""

from collections.abc import Callable, Mapping
from datetime import tzinfo

from textual import work
from textual.screen import ModalScreen

from store.actor import Actor
from store.errors import Problem, Refused
from store.queries import history_list, settings
from tui.screens.table_screen import TableScreen
from tui.screens.ways import WAYS
from tui.seen import Seen


class RecipientActions(TableScreen[Seen]):
    """The actions on the row under the cursor, and the ways to other screens."""

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "tickets": self._tickets,
            "pair": self._pair,
            "unpair": self._unpair,
            "ban": self._ban,
            "unban": self._unban,
            "edit": self._edit,
            "setup": self._setup,
            **{name: self._way(name) for name in WAYS},
            "first-steps": self._first_steps,
            "activities": self._activities,
            **super().handlers(),
        }

    def _pair(self) -> None:
        from tui.dialogs.pair import PairDialog

        self._ask(PairDialog)

    def _unpair(self) -> None:
        from tui.dialogs.unpair import UnpairDialog

        self._ask(UnpairDialog)

    def _ban(self) -> None:
        from tui.dialogs.ban import BanDialog

        self._ask(BanDialog)

    def _unban(self) -> None:
        from tui.dialogs.ban import UnbanDialog

        self._ask(UnbanDialog)

    def _edit(self) -> None:
        from tui.dialogs.edit_sender import EditSenderDialog

        self._ask(EditSenderDialog)

    def _ask(self, dialog: Callable[..., ModalScreen[str]]) -> None:
        seen = self.current()
        if seen is not None:
            self.app.push_screen(dialog(self.desk, seen), lambda told: self._done(seen.line.id, told))

    def _done(self, row_id: int, told: str | None) -> None:
        if told is not None:
            self.done_to = row_id
            self.say(told, "success")
            self.refresh_now()

    @work(exclusive=True, group="open")
    async def _tickets(self) -> None:
        """The ticket itself if there is only one."""
        from tui.screens.ticket import TicketScreen
        from tui.screens.tickets import TicketsScreen, numbers

        seen = self.current()
        if seen is None:
            return
        try:
            found, _ = await self.desk.lanes.read(numbers, self.desk.actor, seen.line.id)
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            several = len(found) != 1
            self.app.push_screen(TicketsScreen(self.desk, seen) if several else TicketScreen(self.desk, found[0]))

    @work(exclusive=True, group="open")
    async def _setup(self) -> None:
        """The way that is chosen there is taken next."""
        from tui.screens.ways import setup

        try:
            screen = await setup(self.desk)
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            self.app.push_screen(screen, self._chosen)

    def _chosen(self, way: str | None) -> None:
        if way is not None:
            self.action_act(way)

    @work(exclusive=True, group="open")
    async def _first_steps(self) -> None:
        from tui.dialogs.first_steps import first_steps

        try:
            self._did(await first_steps(self.app, self.desk))
        except Problem as problem:
            self.say(str(problem), "error")

    def _way(self, name: str) -> Callable[[], None]:
        def go() -> None:
            self._go(name)

        return go

    @work(exclusive=True, group="open")
    async def _go(self, name: str) -> None:
        """To another screen, or to a form that gives the sentence of what it did."""
        try:
            screen = await WAYS[name](self.desk)
        except Refused as refused:
            self.say(str(refused), "warning")
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            self.app.push_screen(screen, self._did)

    def _did(self, told: str | None) -> None:
        if told is not None:
            self.say(told, "success")
            self.refresh_now()

    @work(exclusive=True, group="open")
    async def _activities(self) -> None:
        from tui.dialogs.activities import ActivitiesDialog

        seen = self.current()
        if seen is None:
            return
        try:
            found = await self.desk.lanes.read(_history, self.desk.actor, seen.line.id)
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            self.app.push_screen(ActivitiesDialog(self.desk, seen.line.email, *found))


def _history(actor: Actor, recipient_id: int) -> tuple[list[history_list.Entry], tzinfo]:
    return history_list.of_recipient(actor, recipient_id), settings.timezone()
