"""*Edit template*: subject and text of one event, and what they say of a real ticket while one types (R7.3)."""

import asyncio
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from store.actor import Actor
from store.cleantext import field_text
from store.errors import Problem
from store.queries import notifications
from store.queries.notifications import EventLine, Wrong
from store.rules.events import BY_KEY
from store.services import settings
from store.templates import Rendered, default_body
from tui.desk import Desk
from tui.dialogs.frame import Dialog, field
from tui.events import StoreChanged
from tui.widgets.words import lines, words

_TYPING_SECONDS = 0.15
_BESIDE = 120  # cells, from which on the preview stands beside the text and not below
_FRAME = 4
_LEAST = 3
_MOST_LINES = 500


class Look(NamedTuple):
    """What the templates say of a ticket (None: of a made-up one), and what is wrong with them."""

    number: int | None
    rendered: Rendered
    wrong: Wrong


def look(actor: Actor, event_key: str, subject: str, body: str) -> Look:
    """From the store, of the newest ticket.  Raises Problem."""
    number = notifications.newest_ticket(actor)
    rendered = notifications.preview(actor, event_key, subject, body, number)
    return Look(number, rendered, notifications.wrong_with(event_key, subject, body))


class Preview(VerticalScroll, can_focus=True):
    """Tab goes there, and the arrow keys scroll it."""


class TemplateDialog(Dialog[str]):
    """What was typed stays until it is kept, or until it is dropped knowingly."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+r", "defaults", show=False)]
    CSS = """
    TemplateDialog .box { width: 100%; }
    TemplateDialog .wrong { height: auto; color: $text-error; }
    TemplateDialog .columns { height: auto; }
    TemplateDialog .columns.beside { layout: horizontal; }
    TemplateDialog .columns.beside > * { width: 1fr; }
    TemplateDialog TextArea, TemplateDialog TextArea:focus { border: none; padding: 0; background: $panel; }
    TemplateDialog Preview { padding: 0 1; scrollbar-size-vertical: 1; }
    TemplateDialog Preview:focus { background: $panel; }
    TemplateDialog Preview Static { height: auto; }
    """
    hint = "Ctrl+S save · Ctrl+R default · Tab next"

    def __init__(self, desk: Desk, line: EventLine) -> None:
        super().__init__(desk)
        self.heading = line.title
        self._line = line
        self._subject = Input(field_text(line.subject), id="subject", compact=True)
        self._text = TextArea(line.body.rstrip("\n"), compact=True, show_line_numbers=True)
        self._wrong_subject, self._wrong_text = Static(classes="wrong"), Static(classes="wrong")
        self._told = Static("…")
        self._preview = Preview(self._told)
        self._columns = Vertical(self._text, self._preview, classes="columns")

    def fields(self) -> Iterator[Widget]:
        yield field("Subject", self._subject)
        yield self._wrong_subject
        yield self._columns
        yield self._wrong_text

    def on_mount(self) -> None:
        self._wrong_subject.display = self._wrong_text.display = False
        self._fit()
        self._look()

    def on_store_changed(self, event: StoreChanged) -> None:
        """The ticket that is looked at may have changed."""
        self._look()

    @property
    def typed(self) -> dict[str, str]:
        """The settings as they would be kept: '' for the default."""
        subject, body = self._subject.value.strip(), self._text.text
        key = f"notify.{self._line.key}"
        return {
            f"{key}.subject": "" if subject == BY_KEY[self._line.key].subject else subject,
            f"{key}.body": "" if body.strip() == default_body(self._line.key).strip() else body,
        }

    @property
    def unsaved(self) -> bool:
        """Whether what stands here is not what is kept."""
        return [text.strip() for text in self.typed.values()] != [text.strip() for text in self._kept.values()]

    @property
    def wrong(self) -> tuple[str, str]:
        """What is said beside the subject, and beside the text."""
        return str(self._wrong_subject.content), str(self._wrong_text.content)

    @property
    def preview(self) -> str:
        """What it says of the ticket."""
        return str(self._told.content)

    async def carry_out(self) -> str:
        if not self.unsaved:
            return f"{self._line.title}: nothing was changed."
        await self.desk.lanes.write(settings.change_all, self.desk.actor, self.typed, seen=self._kept)
        return f"{self._line.title}: the template is kept."

    async def look_again(self) -> None:
        now = await self.desk.lanes.read(notifications.notifications, self.desk.actor)
        self._line = next(line for line in now.events if line.key == self._line.key)

    def action_defaults(self) -> None:
        """Back to the default texts; kept only when saved."""
        self._subject.value = BY_KEY[self._line.key].subject
        self._text.text = default_body(self._line.key).rstrip("\n")

    @property
    def _kept(self) -> dict[str, str]:
        line, key = self._line, f"notify.{self._line.key}"
        subject, body = line.subject if line.own_subject else "", line.body if line.own_body else ""
        return {f"{key}.subject": subject, f"{key}.body": body}

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _edited(self) -> None:
        self.edited()
        self._look()

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        await asyncio.sleep(_TYPING_SECONDS)
        try:
            seen = await self.desk.lanes.read(look, self.desk.actor, self._line.key, *self.typed.values())
        except Problem as problem:
            self.say(str(problem))
            return
        self._told.update(_told(seen))
        for place, wrong in zip((self._wrong_subject, self._wrong_text), seen.wrong, strict=True):
            place.update(words(wrong))
            place.display = bool(wrong)
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """All the height there is goes to the text and to its preview."""
        super()._fit()
        beside = self.size.width >= _BESIDE
        self._columns.set_class(beside, "beside")
        said = (self._wrong_subject, self._wrong_text, self._said)
        taken = _FRAME + 1 + sum(one.size.height + (one is self._said) for one in said if one.display)
        room = self.size.height - taken
        half = max(_LEAST, room if beside else room // 2)
        self._text.styles.height = half
        self._preview.styles.height = half if beside else max(_LEAST, room - half)


def _told(seen: Look) -> Content:
    which = "a made-up ticket, as there is none yet" if seen.number is None else f"ticket #{seen.number}"
    note = f"As it would be for {which}." + (" What is wrong is left as the default." if any(seen.wrong) else "")
    head = (words(note, "dim"), words(seen.rendered.subject, "bold"), Content(""))
    return Content("\n").join((*head, lines(seen.rendered.body.split("\n")[:_MOST_LINES])))
