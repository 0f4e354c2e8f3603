"""Letting in mail that was kept out: its bytes are looked at again, as if they had just arrived (R8)."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from mail.intake import beginning
from mail.parse import Reading
from mail.reader import shared
from mail.settling import with_hits
from store.actor import Actor
from store.errors import NotFound, Problem, Refused
from store.files import folder
from store.queries import deny
from store.queries.deny import StaleFacts
from store.queries.own import own_addresses
from store.queries.refused import Kind, Original, original
from store.queries.settings import authserv_ids, every
from store.rules.message import Arrived, Parsed
from store.services import refused
from store.services.refused import Released


class LetIn(NamedTuple):
    """What became of several refused messages: how many were let in, the tickets they are in, and why the others, if
    any, stay where they are."""

    messages: int
    tickets: list[int]
    problem: str


def look_again(kept: Original) -> Parsed:
    """What is known of a message that was kept out.  Raises Problem when the file of a large one is gone."""
    now = every()
    how = Reading(kept.header, authserv_ids(), int(now["inboxes.authserv_hops"]), kept.behind_group, own_addresses(now))
    file = folder() / kept.file if kept.file else None
    if file is not None and not file.is_file():
        raise Problem(f"{file}, which holds this message, is gone. Restore it from a backup of the store.")
    (parsed,) = shared.read([file or kept.raw], how)
    return beginning(parsed, kept.size) if kept.size and file is None else parsed


def release(
    actor: Actor,
    refused_id: int,
    *,
    unban: bool = False,
    remove_rule: bool = False,
    rehearse: bool = False,
    kind: Kind = "refused",
) -> Released:
    """Lets in a message that was kept out.  Raises NotFound, Refused: another check keeps it out."""
    kept = original(actor, refused_id, kind=kind)
    arrived = Arrived(kept.uid, kept.raw, hashlib.sha256(kept.raw).hexdigest(), datetime.now(UTC), look_again(kept))
    while True:
        denied = deny.current()
        judged = with_hits(arrived, denied)
        facts = {"unban": unban, "remove_rule": remove_rule, "rehearse": rehearse}
        try:
            return refused.release(actor, refused_id, judged, deny_version=denied.version, kind=kind, **facts)
        except StaleFacts:
            continue


def release_all(actor: Actor, ids: Sequence[int], *, rehearse: bool = False) -> LetIn:
    """Lets several in, the first first, each for itself; one that must stay out does not hold up the others."""
    tickets: list[int] = []
    messages, problem = 0, ""
    for refused_id in ids:
        try:
            done = release(actor, refused_id, rehearse=rehearse)
        except (NotFound, Refused) as refusal:
            problem = problem or str(refusal)
            continue
        messages += 1
        tickets += [done.ticket] if done.ticket is not None else []
    return LetIn(messages, list(dict.fromkeys(tickets)), problem)
