"""Ban and unban, asked before (R2.1, R2.2)."""

from collections.abc import Iterator

from textual import work
from textual.widget import Widget
from textual.widgets import Input, Static

from store.errors import Problem
from store.queries import refused
from store.services import recipients
from tui import sentences
from tui.desk import Desk
from tui.dialogs.frame import SenderDialog, field
from tui.seen import Seen
from tui.widgets.toggle import Toggle
from tui.widgets.words import lines


class BanDialog(SenderDialog):
    """Why, and whether the address goes on the deny list too, where this administrator may say that."""

    heading = "Ban requester"
    save_label = "Ban"
    hint = "Enter ban · Esc close"

    def __init__(self, desk: Desk, seen: Seen) -> None:
        super().__init__(desk, seen)
        self._reason = Input(placeholder="optional", id="reason", max_length=500, compact=True)
        self._deny = Toggle("Add email to Deny list", id="deny")
        self._deny_field = field("", self._deny)
        self._deny_field.display = False

    def fields(self) -> Iterator[Widget]:
        told = ["From now on no message from this address gets in.", "Its old tickets stay as they are."]
        yield self.about()
        yield Static(lines(told), classes="told")
        yield field("Reason", self._reason)
        yield self._deny_field

    def on_mount(self) -> None:
        self._offer_deny_list()

    @work
    async def _offer_deny_list(self) -> None:
        try:
            may = await self.desk.lanes.read(recipients.may_edit_deny_list, self.desk.actor)
        except Problem as problem:
            self.say(str(problem))
        else:
            self._deny_field.display = may

    async def carry_out(self) -> str:
        line, deny_too = self.seen.line, self._deny.value
        done = await self.desk.lanes.write(
            recipients.ban,
            self.desk.actor,
            line.id,
            reason=self._reason.value,
            deny_too=deny_too,
            seen=line.version,
        )
        return sentences.banned(done, deny_too=deny_too)


class UnbanDialog(SenderDialog):
    """Says who banned the address and why, and offers what was refused meanwhile (R2.3)."""

    heading = "Unban"
    save_label = "Unban"
    AUTO_FOCUS = "#save"
    hint = "Enter unban · Esc close"

    def __init__(self, desk: Desk, seen: Seen) -> None:
        super().__init__(desk, seen)
        self._kept: list[int] = []
        self._let_in = Toggle("", id="release")
        self._let_in.display = False

    def on_mount(self) -> None:
        self._offer_refused()

    @work
    async def _offer_refused(self) -> None:
        try:
            self._kept = await self.desk.lanes.read(refused.by_ban, self.desk.actor, self.seen.line.id)
        except Problem as problem:
            self.say(str(problem))
        else:
            count = sentences.many(len(self._kept), "message that was", "messages that were")
            self._let_in.label = f"Let in the {count} refused meanwhile"
            self._let_in.display = bool(self._kept)

    def fields(self) -> Iterator[Widget]:
        line = self.seen.line
        because = f": {line.ban_reason}" if line.ban_reason else ", without a reason given."
        told = [
            f"{line.banned_by or 'Somebody'} banned it{because}",
            "The next message from this address gets in again.",
        ]
        if line.denied:
            told.append("It stays on the deny list, which refuses its mail as well.")
        yield self.about()
        yield Static(lines(told), classes="told")
        yield self._let_in

    async def carry_out(self) -> str:
        from mail.release import release_all

        line, wanted = self.seen.line, self._kept if self._let_in.value else []
        done = await self.desk.lanes.write(recipients.unban, self.desk.actor, line.id, seen=line.version)
        let_in = await self.desk.lanes.write(release_all, self.desk.actor, wanted)
        return f"{sentences.unbanned(done)} {sentences.let_in(let_in, self._kept)}".rstrip()
