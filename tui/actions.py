"""Every action of the window, once: from here come bindings, footer, `?` help, command palette and the README's keys.

Each letter has a second key, for keyboards that have no Latin ones.  `why_not` is the rule that the store enforces.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from store.cleantext import clean
from store.reasons import sentence
from store.rules import pairing as rule
from tui.seen import Seen

Place = Literal[
    "recipients",
    "list",
    "tickets",
    "ticket",
    "customers",
    "history",
    "refused",
    "ignored",
    "deny",
    "outbox",
    "inboxes",
    "notifications",
    "administrators",
    "partners",
    "groups",
    "everywhere",
]


@dataclass(frozen=True, slots=True)
class Action:
    """One action.  `footer` is its rank among the keys at the bottom of the window, 0 for none.

    `refuses` answers with a reason code when the row under the cursor does not allow it; None: it needs no row.
    """

    id: str
    key: str
    other: str
    title: str
    help: str
    footer: int = 0
    place: Place = "recipients"
    refuses: Callable[[Seen], str] | None = None

    @property
    def keys(self) -> str:
        """Both keys as Textual's bindings write them."""
        return ",".join(filter(None, (self.key, self.other)))


ACTIONS: tuple[Action, ...] = (
    Action(
        "tickets",
        "enter",
        "",
        "Tickets",
        "read the tickets that this address opened",
        6,
        refuses=lambda seen: "" if seen.line.tickets else "tickets-none",
    ),
    Action(
        "pair",
        "p",
        "f6",
        "Pair",
        "say which customer or lead this address belongs to",
        1,
        refuses=lambda seen: rule.why_not_pair(seen.state),
    ),
    Action(
        "unpair",
        "P",
        "f9",
        "Unpair",
        "take the pair away again",
        2,
        refuses=lambda seen: rule.why_not_unpair(seen.state),
    ),
    Action(
        "ban",
        "b",
        "f7",
        "Ban",
        "let no message from this address in",
        3,
        refuses=lambda seen: rule.why_not_ban(seen.state),
    ),
    Action(
        "unban",
        "B",
        "f8",
        "Unban",
        "let its messages in again",
        4,
        refuses=lambda seen: rule.why_not_unban(seen.state),
    ),
    Action("edit", "e", "f2", "Edit", "change the sender's name, mark the address as shared", 5, refuses=lambda _: ""),
    Action("undo", "u", "ctrl+z", "Undo", "take back the last thing that you did; you see first what that is"),
    Action(
        "activities", "v", "ctrl+t", "Activities", "who changed what at this address, and when", refuses=lambda _: ""
    ),
    Action("search", "/", "f3", "Search", "search and filter as you type", 7),
    Action("filter", "f", "ctrl+f", "Filter", "ready filters, and what a filter line can say", 9),
    Action("sort", "s", "ctrl+o", "Sort", "choose the column to sort by, or click its title", 10),
    Action("reverse", "S", "ctrl+r", "Reverse", "sort the other way round"),
    Action("columns", "c", "f4", "Columns", "show, hide and move columns", 11),
    Action("export", "x", "ctrl+e", "Export", "print, copy or save what is filtered and sorted", 12),
    Action("refresh", "r", "f5", "Refresh", "read everything again now"),
    Action("clear", "escape", "", "Clear", "drop search and filter"),
    Action("setup", "!", "ctrl+n", "Setup", "what pairing still needs, and the way to every setting", 13),
    Action("notifications", "N", "ctrl+b", "Notifications", "which events send mail, and what it says", 16),
    Action("inboxes", "I", "ctrl+x", "Inboxes", "where mail comes from: add, change, test", 19),
    Action("smtp", "M", "ctrl+g", "Outgoing mail", "the server that sends, with a test", 20),
    Action("deny", "D", "ctrl+d", "Deny list", "what keeps mail out: addresses, subjects, texts", 18),
    Action("list", "t", "f10", "Tickets", "all tickets: open, closed, unassigned, mine", 8),
    Action("outbox", "O", "ctrl+y", "Outbox", "mail that waits, failed or is held back", 15),
    Action("refused", "R", "ctrl+l", "Refused", "mail that was kept out: read it, let it in", 17),
    Action("ignored", "", "ctrl+k", "Ignored", "our own and automatic mail that opened no ticket: read it, let it in"),
    Action("first-steps", "", "", "First steps", "an inbox, outgoing mail, notifications: each tried at once"),
    Action("customers", "C", "f11", "Customers", "customers and leads: add, edit, merge, import", 21),
    Action("history", "H", "f12", "History", "all that was changed, by whom; take any of it back", 22),
    Action("administrators", "A", "ctrl+a", "Administrators", "who works here, and sees what"),
    Action("partners", "", "", "Partners", "the providers that customers belong to"),
    Action("groups", "", "", "Groups", "administrators who look after tickets together"),
    Action("mail-settings", "", "", "All inboxes", "ticket number, sender check, trusted server"),
    Action("ticket-settings", "", "", "Statuses and types", "statuses after events; types, priorities, the time zone"),
    Action("import", "", "", "Import customers", "from a CSV or Excel file, tried first"),
    Action("open", "enter", "", "Open", "read this ticket", 1, place="list"),
    Action("new", "n", "f2", "New", "open a ticket for a customer", 2, place="list"),
    Action("view-open", "1", "", "Open tickets", "those that are not closed", place="list"),
    Action("view-closed", "2", "", "Closed tickets", "those that are closed", place="list"),
    Action("view-unassigned", "3", "", "Unassigned tickets", "those without a customer", place="list"),
    Action("view-mine", "4", "", "My tickets", "those that are assigned to you", place="list"),
    Action("view-all", "5", "", "All tickets", "open and closed", place="list"),
    Action("search", "/", "f3", "Search", "search and filter as you type", 3, place="list"),
    Action("filter", "f", "ctrl+f", "Filter", "ready filters, and what a filter line can say", 5, place="list"),
    Action("sort", "s", "ctrl+o", "Sort", "choose the column to sort by, or click its title", 6, place="list"),
    Action("reverse", "S", "ctrl+r", "Reverse", "sort the other way round", place="list"),
    Action("columns", "c", "f4", "Columns", "show, hide and move columns", 7, place="list"),
    Action("export", "x", "ctrl+e", "Export", "print, copy or save what is filtered and sorted", 9, place="list"),
    Action("refresh", "r", "f5", "Refresh", "read everything again now", place="list"),
    Action("back", "escape", "", "Back", "drop the search, then to where you came from", 4, place="list"),
    Action("turn", "space", "enter", "On/off", "send mail of this event, or do not", 1, place="notifications"),
    Action("template", "e", "f2", "Edit", "its subject and its text", 2, place="notifications"),
    Action("master", "m", "f6", "All", "switch all ticket notifications on or off", 3, place="notifications"),
    Action("back", "escape", "", "Back", "to where you came from", 4, place="notifications"),
    Action("reply", "r", "f2", "Reply", "write to the customer; you see who gets it", 1, place="ticket"),
    Action("note", "o", "f3", "Note", "an internal note, for administrators only", 2, place="ticket"),
    Action("customer", "c", "f4", "Customer", "give the ticket to another customer or lead", 3, place="ticket"),
    Action("status", "s", "f5", "Status", "set the status", 4, place="ticket"),
    Action("assign", "a", "f8", "Assign", "say which administrator looks after it", 5, place="ticket"),
    Action("menu", "m", "f9", "Actions", "all that can be done with the ticket", 6, place="ticket"),
    Action("close", "x", "ctrl+x", "Close", "the matter is settled", 7, place="ticket"),
    Action("reopen", "X", "ctrl+r", "Reopen", "open a closed ticket again", place="ticket"),
    Action("pair", "P", "ctrl+a", "Pair requester", "say which customer the requester belongs to", place="ticket"),
    Action("ban", "b", "ctrl+b", "Ban incoming email", "let no message of the requester in", place="ticket"),
    Action("merge", "M", "ctrl+g", "Merge", "move its messages into another ticket", place="ticket"),
    Action("edit", "e", "ctrl+e", "Edit", "subject, priority, group, type, note", place="ticket"),
    Action("followers", "w", "ctrl+w", "Cc and watchers", "who else gets replies, or hears of all", place="ticket"),
    Action("activities", "v", "ctrl+l", "Activities", "who changed what, and when", place="ticket"),
    Action("undo", "u", "ctrl+z", "Undo", "take back its last change; you see first what that is", place="ticket"),
    Action("files", "f", "ctrl+f", "Files", "save what is attached", place="ticket"),
    Action("outbox", "O", "ctrl+y", "Outbox", "what became of this ticket's mail", place="ticket"),
    Action("why", "y", "ctrl+k", "Why", "what was decided about this message, and why", place="ticket"),
    Action("fold", "h", "ctrl+t", "History", "fold or unfold quoted history", 9, place="ticket"),
    Action("next", "n", "f6", "Next", "the next message", 11, place="ticket"),
    Action("previous", "p", "f7", "Previous", "the message before", 12, place="ticket"),
    Action("back", "escape", "", "Back", "to where you came from", 10, place="ticket"),
    Action("retry", "r", "f5", "Retry", "send it at the next opportunity", 1, place="outbox"),
    Action("retry-all", "R", "f4", "Retry all", "send all that failed, or that is in the state shown", place="outbox"),
    Action("drop", "d", "f8", "Drop", "never send it", 2, place="outbox"),
    Action("lift", "u", "f6", "Lift", "write to an address again, and send what was held for it", 3, place="outbox"),
    Action(
        "acknowledge",
        "o",
        "f9",
        "Acknowledge",
        "that our mail is refused is known; say it when it happens again",
        place="outbox",
    ),
    Action("open", "enter", "", "Ticket", "the ticket that it is about", 4, place="outbox"),
    Action("filter", "f", "f3", "Filter", "show only mail of one state", 6, place="outbox"),
    Action("back", "escape", "", "Back", "to where you came from", 5, place="outbox"),
    Action("open", "enter", "", "Read", "read it: its text alone, nothing of it is opened", 1, place="refused"),
    Action("release", "r", "f5", "Release", "let it in, as if it had arrived now", 2, place="refused"),
    Action("why", "y", "f6", "Why", "what was decided about it, and why", 3, place="refused"),
    Action("filter", "f", "f3", "Filter", "show only what was refused for one reason", 5, place="refused"),
    Action("back", "escape", "", "Back", "to where you came from", 4, place="refused"),
    Action("open", "enter", "", "Read", "read it: its text alone, nothing of it is opened", 1, place="ignored"),
    Action("release", "l", "f5", "Release", "let it in, as if it had arrived now", 2, place="ignored"),
    Action("why", "y", "f6", "Why", "what was decided about it, and why", 3, place="ignored"),
    Action("filter", "f", "f3", "Filter", "show only what was ignored for one reason", 5, place="ignored"),
    Action("back", "escape", "", "Back", "to where you came from", 4, place="ignored"),
    Action("new", "n", "f2", "New", "add an entry; you see first what it would have caught", 1, place="deny"),
    Action("open", "enter", "", "Catches", "what it catches of what there is", 2, place="deny"),
    Action("remove", "d", "f8", "Remove", "take it off the list", 3, place="deny"),
    Action("back", "escape", "", "Back", "to where you came from", 4, place="deny"),
    Action("new", "n", "f2", "New", "add an inbox", 1, place="inboxes"),
    Action("open", "enter", "", "Edit", "change its settings", 2, place="inboxes"),
    Action("test", "t", "f5", "Test", "connect now; says which step fails", 3, place="inboxes"),
    Action("turn", "o", "f6", "On/off", "fetch its mail, or do not", 4, place="inboxes"),
    Action(
        "retry", "l", "f7", "Retry", "look at withheld mail again: not given, \\Deleted, \\Draft", 7, place="inboxes"
    ),
    Action("remove", "d", "f8", "Remove", "fetch its mail no more; its tickets stay", 5, place="inboxes"),
    Action("back", "escape", "", "Back", "to where you came from", 6, place="inboxes"),
    Action("open", "enter", "", "Edit", "change it; its id stays", 1, place="customers"),
    Action("new", "n", "f2", "New", "add a customer or lead", 2, place="customers"),
    Action("merge", "M", "ctrl+g", "Merge", "into another one that is the same", 8, place="customers"),
    Action("remove", "d", "f8", "Remove", "one without addresses and tickets", 10, place="customers"),
    Action("import", "i", "f6", "Import", "from a CSV or Excel file, tried first", 11, place="customers"),
    Action("search", "/", "f3", "Search", "search and filter as you type", 3, place="customers"),
    Action("filter", "f", "ctrl+f", "Filter", "ready filters, and what a filter line can say", 5, place="customers"),
    Action("sort", "s", "ctrl+o", "Sort", "choose the column to sort by, or click its title", 6, place="customers"),
    Action("reverse", "S", "ctrl+r", "Reverse", "sort the other way round", place="customers"),
    Action("columns", "c", "f4", "Columns", "show, hide and move columns", 7, place="customers"),
    Action("export", "x", "ctrl+e", "Export", "print, copy or save what is filtered and sorted", 9, place="customers"),
    Action("refresh", "r", "f5", "Refresh", "read everything again now", place="customers"),
    Action("back", "escape", "", "Back", "drop the search, then to where you came from", 4, place="customers"),
    Action("open", "enter", "", "Read", "all that this entry says", 1, place="history"),
    Action("undo", "u", "ctrl+z", "Undo", "take it back; you see first what that does", 2, place="history"),
    Action("search", "/", "f3", "Search", "search and filter as you type", 3, place="history"),
    Action("filter", "f", "ctrl+f", "Filter", "ready filters, and what a filter line can say", 5, place="history"),
    Action("sort", "s", "ctrl+o", "Sort", "choose the column to sort by, or click its title", 6, place="history"),
    Action("reverse", "S", "ctrl+r", "Reverse", "sort the other way round", place="history"),
    Action("columns", "c", "f4", "Columns", "show, hide and move columns", 7, place="history"),
    Action("export", "x", "ctrl+e", "Export", "print, copy or save what is filtered and sorted", 9, place="history"),
    Action("refresh", "r", "f5", "Refresh", "read everything again now", place="history"),
    Action("back", "escape", "", "Back", "drop the search, then to where you came from", 4, place="history"),
    Action("new", "n", "f2", "New", "add an administrator", 1, place="administrators"),
    Action("open", "enter", "", "Edit", "change it", 2, place="administrators"),
    Action("turn", "o", "f6", "On/off", "may use the program, or may not", 3, place="administrators"),
    Action("back", "escape", "", "Back", "to where you came from", 6, place="administrators"),
    Action("new", "n", "f2", "New", "add a partner", 1, place="partners"),
    Action("open", "enter", "", "Edit", "change it", 2, place="partners"),
    Action("remove", "d", "f8", "Remove", "one that nobody belongs to", 3, place="partners"),
    Action("back", "escape", "", "Back", "to where you came from", 6, place="partners"),
    Action("new", "n", "f2", "New", "add a group", 1, place="groups"),
    Action("open", "enter", "", "Edit", "change it", 2, place="groups"),
    Action("remove", "d", "f8", "Remove", "its tickets still name it", 3, place="groups"),
    Action("back", "escape", "", "Back", "to where you came from", 6, place="groups"),
    Action("open", "enter", "", "Open", "read this ticket", 1, place="tickets"),
    Action("new", "n", "f4", "New", "open a ticket for a customer", 3, place="tickets"),
    Action("outbox", "O", "ctrl+y", "Outbox", "mail that waits, failed or is held back", 4, place="tickets"),
    Action("back", "escape", "", "Back", "to the recipients", 2, place="tickets"),
    Action("help", "?", "f1", "Help", "these keys, and the filter line", 8, place="everywhere"),
    Action("palette", "ctrl+p", "", "Palette", "find an action by its name", place="everywhere"),
    Action("quit", "q", "ctrl+q", "Quit", "close the window", 14, place="everywhere"),
)
MOVES: tuple[tuple[str, str], ...] = (
    ("↑ ↓ j k", "a row up or down"),
    ("PgUp PgDn", "a screen up or down"),
    ("g G", "first or last row; Home and End too"),
    ("← →", "columns that do not fit"),
    ("Tab", "between table and search line"),
)
_SETUP = "!"
_NAMES = {
    "enter": "Enter",
    "escape": "Esc",
    "ctrl": "Ctrl",
    "pageup": "Page Up",
}


def of(place: Place) -> Iterator[Action]:
    """The actions of one screen, those of every screen last."""
    yield from (action for action in ACTIONS if action.place == place)
    yield from (action for action in ACTIONS if action.place == "everywhere")


def why_not(action: Action, seen: Seen | None) -> str:
    """The sentence that says why this row does not allow it, '' if it does.  None: there is no row."""
    if action.refuses is None:
        return ""
    if seen is None:
        return sentence("no-row")
    code = action.refuses(seen)
    return sentence(code, email=clean(seen.line.email), customer=clean(seen.line.paired_to)) if code else ""


def key_name(key: str) -> str:
    """A key as people write it: `Esc`, `Ctrl+E`, `F6`, `p`; those without one are reached by Setup."""
    if not key:
        return f"{_SETUP} …"
    if len(key) == 1:
        return key
    return "+".join(_NAMES.get(part, part.upper() if len(part) <= 3 else part.title()) for part in key.split("+"))


def key_table() -> str:
    """The README's table of keys, in Markdown."""
    lines = ["| Key | Or | Where | Does |", "| --- | --- | --- | --- |"]
    for action in ACTIONS:
        other = f"`{key_name(action.other)}`" if action.other else ""
        lines.append(f"| `{key_name(action.key)}` | {other} | {action.place} | {action.title}: {action.help} |")
    return "\n".join(lines) + "\n"
