"""The ways from the recipients to everything else: each screen or form is imported when it is first asked for."""

from collections.abc import Awaitable, Callable
from typing import Any

from textual.screen import Screen

from tui.desk import Desk


async def setup(desk: Desk) -> Screen[str]:
    """The menu of all settings, which gives the way that was chosen.  Raises Problem."""
    from tui.dialogs.setup import SetupDialog
    from tui.screens.standing import standing

    return SetupDialog(desk, await desk.lanes.read(standing, desk.actor))


async def _customers(desk: Desk) -> Screen[Any]:
    from tui.screens.customers import CustomersScreen
    from tui.screens.source import CUSTOMERS, begin

    return CustomersScreen(desk, await desk.lanes.read(begin, desk.actor, CUSTOMERS))


async def _history(desk: Desk) -> Screen[Any]:
    from tui.screens.history import HistoryScreen
    from tui.screens.source import HISTORY, begin

    return HistoryScreen(desk, await desk.lanes.read(begin, desk.actor, HISTORY))


async def _tickets(desk: Desk) -> Screen[Any]:
    from tui.screens.ticket_list import TicketListScreen, begin

    return TicketListScreen(desk, await desk.lanes.read(begin, desk.actor))


async def _notifications(desk: Desk) -> Screen[Any]:
    from tui.screens.notifications import NotificationsScreen

    return NotificationsScreen(desk)


async def _outbox(desk: Desk) -> Screen[Any]:
    from tui.screens.outbox import OutboxScreen

    return OutboxScreen(desk)


async def _refused(desk: Desk) -> Screen[Any]:
    from tui.screens.refused import RefusedScreen

    return RefusedScreen(desk)


async def _ignored(desk: Desk) -> Screen[Any]:
    from tui.screens.refused import IgnoredScreen

    return IgnoredScreen(desk)


async def _deny(desk: Desk) -> Screen[Any]:
    from tui.screens.deny import DenyScreen

    return DenyScreen(desk)


async def _inboxes(desk: Desk) -> Screen[Any]:
    from tui.screens.inboxes import InboxesScreen

    return InboxesScreen(desk)


async def _administrators(desk: Desk) -> Screen[Any]:
    from tui.screens.people import AdministratorsScreen

    return AdministratorsScreen(desk)


async def _partners(desk: Desk) -> Screen[Any]:
    from tui.screens.people import PartnersScreen

    return PartnersScreen(desk)


async def _groups(desk: Desk) -> Screen[Any]:
    from tui.screens.people import GroupsScreen

    return GroupsScreen(desk)


async def _smtp(desk: Desk) -> Screen[Any]:
    from tui.dialogs.smtp import SmtpDialog, read

    return SmtpDialog(desk, await desk.lanes.read(read, desk.actor))


async def _mail_settings(desk: Desk) -> Screen[Any]:
    from tui.dialogs.settings import MailSettings, read

    return MailSettings(desk, await desk.lanes.read(read))


async def _ticket_settings(desk: Desk) -> Screen[Any]:
    from tui.dialogs.settings import TicketSettings, read

    return TicketSettings(desk, await desk.lanes.read(read))


async def import_(desk: Desk) -> Screen[str]:
    """The import of customers.  Raises Problem."""
    from tui.dialogs.import_customers import import_dialog

    return await import_dialog(desk)


async def _undo(desk: Desk) -> Screen[Any]:
    """The last thing that this administrator did."""
    from tui.dialogs.undo import UndoDialog, look

    return UndoDialog(desk, await desk.lanes.read(look, desk.actor, "", None))


WAYS: dict[str, Callable[[Desk], Awaitable[Screen[Any]]]] = {
    "list": _tickets,
    "customers": _customers,
    "refused": _refused,
    "ignored": _ignored,
    "deny": _deny,
    "outbox": _outbox,
    "history": _history,
    "inboxes": _inboxes,
    "smtp": _smtp,
    "notifications": _notifications,
    "mail-settings": _mail_settings,
    "ticket-settings": _ticket_settings,
    "administrators": _administrators,
    "partners": _partners,
    "groups": _groups,
    "import": import_,
    "undo": _undo,
}
