"""Reading mail that was kept out, and letting it in (R8)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from textual import work
from textual.widget import Widget
from textual.widgets import Static

from store.actor import Actor
from store.errors import Problem
from store.queries.refused import Kind, Original, RefusedLine, original
from store.queries.scope import rights
from store.rules.message import Parsed
from store.rules.remarks import remark
from tui import sentences
from tui.desk import Desk
from tui.dialogs.frame import Dialog
from tui.sentences import named, size
from tui.widgets.reader import Line, Reader
from tui.widgets.toggle import Toggle
from tui.widgets.words import lines, words

_LONGEST = 200_000
_AS_IF_NEW = "It goes through as if it had arrived now: into its ticket, or as a new one."
_WHERE = {
    "unverified": "If it names a ticket it becomes an internal note there, never a reply.",
    "automatic": "If it answers a notification it goes on to the CUSTOMER as that administrator's reply, without what "
    "it quotes; else it becomes a note in the ticket that it names, or a new ticket.",
}


class Whole(NamedTuple):
    """A message that was kept out, and what can be read of it."""

    kept: Original
    parsed: Parsed
    kind: Kind


def look(actor: Actor, refused_id: int, kind: Kind) -> Whole:
    """From the store.  Raises NotFound."""
    from mail.release import look_again

    kept = original(actor, refused_id, kind=kind)
    return Whole(kept, look_again(kept), kind)


class RefusedDialog(Dialog[bool]):
    """The text alone; nothing of it is opened or fetched.  Gives True when it is to be let in."""

    save_label = "Release"
    hint = "↑ ↓ scroll · Enter release · Esc close"
    wide = True
    AUTO_FOCUS = "Reader"
    CSS = """
    RefusedDialog .box { width: 100%; }
    RefusedDialog Reader { height: 1fr; padding: 0; }
    RefusedDialog .body { height: 1fr; }
    """

    def __init__(self, desk: Desk, found: Whole) -> None:
        self.heading = f"{found.kind.capitalize()} message"
        super().__init__(desk)
        self._found = found
        self._reader = Reader()

    def fields(self) -> Iterator[Widget]:
        yield self._reader

    def on_mount(self) -> None:
        self._reader.show(list(_text(self._found)))

    async def carry_out(self) -> bool:
        return True


class ReleaseDialog(Dialog[str]):
    """Says what will happen, and offers to take the ban or the entry away in the same step."""

    heading = "Release"
    save_label = "Release"
    hint = "Enter release · Esc close"
    AUTO_FOCUS = "#save"

    def __init__(self, desk: Desk, line: RefusedLine, kind: Kind) -> None:
        super().__init__(desk)
        self._line, self._kind = line, kind
        self._toggle = Toggle("", id="also")
        self._toggle.display = False

    def fields(self) -> Iterator[Widget]:
        told = [f"It was {self._kind}: {self._line.rule}.", _WHERE.get(self._line.reason, _AS_IF_NEW)]
        yield Static(words(self._line.sender or "no sender", "bold"), classes="about")
        yield Static(lines([self._line.subject or "(no subject)", *told]), classes="told")
        yield self._toggle

    def on_mount(self) -> None:
        self._offer()

    @work
    async def _offer(self) -> None:
        """The ban or the entry that refused it, where that is still there and this administrator may take it away."""
        try:
            self._toggle.label = await self.desk.lanes.read(_also, self.desk.actor, self._line.id, self._kind)
        except Problem as problem:
            self.say(str(problem))
        else:
            self._toggle.display = bool(self._toggle.label)

    async def carry_out(self) -> str:
        from mail.release import release

        also, banned = self._toggle.value, self._line.reason == "banned"
        how: dict[str, Any] = {"unban": also and banned, "remove_rule": also and not banned, "kind": self._kind}
        done = await self.desk.lanes.write(release, self.desk.actor, self._line.id, **how)
        return sentences.released(self._line.id, done)


def _also(actor: Actor, refused_id: int, kind: Kind) -> str:
    kept = original(actor, refused_id, kind=kind)
    if kept.line.reason == "banned" and kept.banned_id is not None:
        return f"Unban {kept.line.sender}"
    if kept.deny_entry is not None and rights(actor).sees_all:
        return f"Take entry {kept.deny_entry} off the deny list"
    return ""


def _text(found: Whole) -> Iterator[Line]:
    kept, parsed, kind = found
    yield Line(named(parsed.sender_name, parsed.sender) or "no sender", "head")
    yield Line(parsed.subject or "(no subject)", "head")
    where = f" in inbox {kept.inbox}" if kept.inbox else ""
    yield Line(f"{kind.capitalize()}{where}: {kept.line.rule}.", "bad")
    for file in parsed.attachments:
        yield Line(f"Attached: {file.name or 'without a name'} · {file.type} · {size(file.size)}", "dim")
    yield Line(remark(parsed.text, [(file.name, file.type) for file in parsed.attachments]), "note")
    text = parsed.text[:_LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    yield from (Line(line.expandtabs(4)) for line in text.split("\n"))
