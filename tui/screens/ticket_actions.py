"""What the keys of a ticket do (R4.9, R4.10, R11.1); a dialog does the work and gives back what is then said."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import NamedTuple, TypeVar

from textual import work
from textual.screen import ModalScreen

from store.actor import Actor
from store.cleantext import clean
from store.errors import Problem
from store.queries import attachments, history_list, settings
from store.queries import tickets as reading
from store.queries.tickets import TicketLine
from store.reasons import sentence
from store.rules import ticket as rule
from store.rules.ticket import TicketState
from store.services import tickets
from tui import sentences
from tui.actions import Action
from tui.screens.workplace import Workplace
from tui.seen import Seen, see

T = TypeVar("T")
_REFUSES: dict[str, Callable[[TicketState], str]] = {
    "reply": rule.why_not_write,
    "note": rule.why_not_write,
    "customer": rule.why_not_write,
    "status": rule.why_not_write,
    "assign": rule.why_not_write,
    "edit": rule.why_not_write,
    "followers": rule.why_not_write,
    "merge": rule.why_not_write,
    "close": rule.why_not_close,
    "reopen": rule.why_not_reopen,
    "pair": rule.why_not_pair_requester,
    "ban": rule.why_not_ban_requester,
}


class Standing(NamedTuple):
    """What the keys depend on: the ticket, what the rules need of it, and its requester as the table sees him."""

    line: TicketLine
    state: TicketState
    requester: Seen | None


def stand(actor: Actor, number: int) -> Standing:
    """From the store.  Raises NotFound."""
    line = reading.one(actor, number)
    requester: Seen | None = None
    if line.requester is not None:
        try:
            requester = see(actor, int(line.requester.id))
        except Problem:  # a requester of another partner: his ticket may be seen, he may not
            requester = None
    return Standing(line, reading.state(actor, number), requester)


class TicketActions(Workplace):
    """The screen gives `standing` and does `refresh_now`."""

    standing: Standing | None = None
    absent = "The ticket is still being read."
    """Why there is no `standing`."""
    has_files = False

    def refresh_now(self) -> None:
        raise NotImplementedError

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "reply": self._reply,
            "note": self._note,
            "customer": self._customer,
            "status": self._status,
            "assign": self._assign,
            "edit": self._edit,
            "close": self._close_ticket,
            "reopen": self._reopen,
            "merge": self._merge,
            "pair": self._pair,
            "ban": self._ban,
            "followers": self._followers,
            "activities": self._activities,
            "undo": self._undo,
            "files": self._files,
            "menu": self._menu,
            "outbox": self._outbox,
            **super().handlers(),
        }

    def why_not(self, action: Action) -> str:
        if action.id == "files" and self.standing is not None and not self.has_files:
            return sentence("files-none", number=self.standing.line.number)
        if action.id not in _REFUSES:
            return super().why_not(action)
        if self.standing is None:
            return self.absent
        line, state, requester = self.standing
        if action.id in ("pair", "ban") and line.requester and requester is None:
            return "You may not see the requester's address, so you cannot do that to it."
        code = _REFUSES[action.id](state)
        if code:
            who = clean(line.requester.detail) if line.requester else ""
            paired = clean(requester.line.paired_to) if requester else "somebody"
            return sentence(code, number=line.number, into=line.merged_into, email=who, customer=paired)
        return ""

    def _reply(self) -> None:
        from tui.dialogs.writing import ReplyDialog

        self._ask(lambda now: ReplyDialog(self.desk, now.line))

    def _note(self) -> None:
        from tui.dialogs.writing import NoteDialog

        self._ask(lambda now: NoteDialog(self.desk, now.line))

    def _customer(self) -> None:
        from tui.dialogs.change_customer import CustomerDialog

        self._ask(lambda now: CustomerDialog(self.desk, now.line))

    def _merge(self) -> None:
        from tui.dialogs.merge import MergeDialog

        self._ask(lambda now: MergeDialog(self.desk, now.line))

    def _pair(self) -> None:
        from tui.dialogs.pair import PairDialog

        self._ask(lambda now: PairDialog(self.desk, now.requester) if now.requester else None)

    def _ban(self) -> None:
        from tui.dialogs.ban import BanDialog

        self._ask(lambda now: BanDialog(self.desk, now.requester) if now.requester else None)

    def _ask(self, dialog: Callable[[Standing], ModalScreen[str] | None]) -> None:
        if self.standing is not None and (screen := dialog(self.standing)) is not None:
            self.app.push_screen(screen, self._done)

    def _done(self, told: str | None) -> None:
        if told is not None:
            self.say(told, "success")
            self.refresh_now()

    @work(group="read")
    async def _followers(self) -> None:
        from tui.dialogs.followers import FollowersDialog, following

        if self.standing is not None:
            line = self.standing.line
            found = await self._ask_store(following, line.number)
            if found is not None:
                self.app.push_screen(FollowersDialog(self.desk, line, found), self._done)

    @work(group="read")
    async def _activities(self) -> None:
        from tui.dialogs.activities import ActivitiesDialog

        if self.standing is not None:
            number = self.standing.line.number
            found = await self._ask_store(_history, number)
            if found is not None:
                self.app.push_screen(ActivitiesDialog(self.desk, f"#{number}", *found))

    @work(group="read")
    async def _undo(self) -> None:
        """The last change of this ticket, whoever made it."""
        from tui.dialogs.undo import UndoDialog, look

        if self.standing is not None:
            found = await self._ask_store(look, "ticket", self.standing.line.number)
            if found is not None:
                self.app.push_screen(UndoDialog(self.desk, found), self._done)

    @work(group="read")
    async def _edit(self) -> None:
        from tui.dialogs.ticket_fields import EditTicketDialog, known_values

        if self.standing is not None:
            line = self.standing.line
            found = await self._ask_store(known_values)
            if found is not None:
                self.app.push_screen(EditTicketDialog(self.desk, line, found), self._done)

    @work(group="read")
    async def _files(self) -> None:
        from tui.dialogs.files import FilesDialog

        if self.standing is not None:
            number = self.standing.line.number
            found = await self._ask_store(attachments.files, number)
            if found is not None:
                self.app.push_screen(FilesDialog(self.desk, number, found), self._done)

    @work(group="read")
    async def _status(self) -> None:
        from tui.dialogs.picker import Choice, Picker

        if self.standing is None:
            return
        line = self.standing.line
        names = await self._ask_store(_statuses, line.status)
        if names is not None:
            choices = [Choice(clean(name), name, "✓" if name == line.status else "") for name in names]
            picker = Picker(self.desk, "Status", choices, start=names.index(line.status))
            self.app.push_screen(picker, lambda name: self._set(line, "status", name))

    @work(group="read")
    async def _assign(self) -> None:
        from tui.dialogs.picker import Choice, Picker

        if self.standing is None:
            return
        line = self.standing.line
        found = await self._ask_store(reading.assignees, line.number)
        if found is not None:
            mine = line.assignee.id if line.assignee else ""
            choices = [Choice("nobody", "", "" if mine else "✓")]
            for one in found:
                why_not = "" if one.may_see else sentence("assign-unseen", login=clean(one.login))
                note = one.login if one.may_see else f"{one.login}: may not see this ticket"
                choices.append(Choice(clean(one.name), one.login, "✓" if one.login == mine else "", note, why_not))
            start = next((place for place, choice in enumerate(choices) if choice.mark), 0)
            picker = Picker(self.desk, "Assigned to", choices, start=start)
            self.app.push_screen(picker, lambda who: self._set(line, "assignee", who))

    def _set(self, line: TicketLine, name: str, value: str | None) -> None:
        """What a list gave; None: it was closed."""
        if value is not None:
            self._change(tickets.update, line, {name: value or None})

    def _close_ticket(self) -> None:
        if self.standing is not None:
            self._change(tickets.close, self.standing.line)

    def _reopen(self) -> None:
        if self.standing is not None:
            self._change(tickets.reopen, self.standing.line)

    @work(group="change")
    async def _change(self, use_case: Callable[..., tickets.Updated], line: TicketLine, *args: object) -> None:
        """Changes the ticket, if it is as it was when it was looked at (R10.4)."""
        try:
            done = await self.desk.lanes.write(use_case, self.desk.actor, line.number, *args, seen=line.version)
        except Problem as problem:
            self.say(str(problem), "error")
            self.refresh_now()
        else:
            self._done(sentences.ticket_updated(done))

    async def _ask_store(self, query: Callable[..., T], *args: object) -> T | None:
        """What a query finds; None when it failed, which is then said."""
        try:
            return await self.desk.lanes.read(query, self.desk.actor, *args)
        except Problem as problem:
            self.say(str(problem), "error")
            return None

    def _outbox(self) -> None:
        from tui.screens.outbox import OutboxScreen

        self.app.push_screen(OutboxScreen(self.desk, ticket=self.standing.line.number if self.standing else None))

    def _menu(self) -> None:
        from tui.dialogs.menu import ActionsMenu

        self.app.push_screen(ActionsMenu(self.desk, self.why_not), self._chosen)

    def _chosen(self, name: str | None) -> None:
        if name is not None:
            self.action_act(name)


def _history(actor: Actor, number: int) -> tuple[list[history_list.Entry], tzinfo]:
    return history_list.of_ticket(actor, number), settings.timezone()


def _statuses(actor: Actor, now: str) -> list[str]:
    """Those of events, the further ones that are offered, and the ticket's own."""
    known = (str(value) for key, value in settings.every().items() if key.startswith("status."))
    return list(dict.fromkeys((*known, *settings.offered("tickets.statuses"), now)))
