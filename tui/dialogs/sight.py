"""What takes a recipient or a ticket out of one's own sight is said before it is saved (R10.1)."""

from collections.abc import Sequence

from store.queries.scope import rights
from tui.desk import Desk
from tui.sentences import out_of_sight


async def loses_sight(desk: Desk, what: str, tickets: Sequence[int] = ()) -> str:
    """The sentence for one who sees a partner's customers only: without a customer it is gone for him; '' for others.

    Raises Problem.
    """
    return "" if (await desk.lanes.read(rights, desk.actor)).sees_all else out_of_sight(what, tickets)
