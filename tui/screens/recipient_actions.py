"""What the keys of the Recipients screen do (R1.3, R2, R4).

A dialog does the work itself and gives back the sentence for the status line; the row is then read again at once.
"""

from collections.abc import Callable, Mapping
from datetime import tzinfo

from textual import work
from textual.screen import ModalScreen

from store.actor import Actor
from store.errors import Problem
from store.queries import lists, settings
from store.queries.lists import HistoryLine
from tui.screens.table_screen import TableScreen
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
            "list": self._ticket_list,
            "notifications": self._notifications,
            "outbox": self._outbox,
            "refused": self._refused,
            "deny": self._deny,
            "inboxes": self._inboxes,
            "smtp": self._smtp,
            "undo": self._undo,
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

    def _setup(self) -> None:
        from tui.dialogs.setup import SetupDialog

        self.app.push_screen(SetupDialog(self.desk))

    @work(exclusive=True, group="open")
    async def _ticket_list(self) -> None:
        from tui.screens.ticket_list import TicketListScreen, begin

        try:
            begun = await self.desk.lanes.read(begin, self.desk.actor)
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            self.app.push_screen(TicketListScreen(self.desk, begun))

    def _notifications(self) -> None:
        from tui.screens.notifications import NotificationsScreen

        self.app.push_screen(NotificationsScreen(self.desk))

    def _outbox(self) -> None:
        from tui.screens.outbox import OutboxScreen

        self.app.push_screen(OutboxScreen(self.desk))

    def _refused(self) -> None:
        from tui.screens.refused import RefusedScreen

        self.app.push_screen(RefusedScreen(self.desk))

    def _deny(self) -> None:
        from tui.screens.deny import DenyScreen

        self.app.push_screen(DenyScreen(self.desk))

    def _inboxes(self) -> None:
        from tui.screens.inboxes import InboxesScreen

        self.app.push_screen(InboxesScreen(self.desk))

    @work(exclusive=True, group="open")
    async def _smtp(self) -> None:
        from tui.dialogs.smtp import SmtpDialog, read

        try:
            now = await self.desk.lanes.read(read, self.desk.actor)
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            self.app.push_screen(SmtpDialog(self.desk, now), self._did)

    @work(exclusive=True, group="open")
    async def _undo(self) -> None:
        """The last thing that this administrator did."""
        from tui.dialogs.undo import UndoDialog, look

        try:
            found = await self.desk.lanes.read(look, self.desk.actor, "", None)
        except Problem as problem:
            self.say(str(problem), "warning")
        else:
            self.app.push_screen(UndoDialog(self.desk, found), self._did)

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


def _history(actor: Actor, recipient_id: int) -> tuple[list[HistoryLine], tzinfo]:
    return lists.history_of_recipient(actor, recipient_id), settings.timezone()
