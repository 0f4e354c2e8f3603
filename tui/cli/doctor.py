"""`doctor`: what is set up, what is missing, what is unhealthy; each with the command that mends it."""

import stat
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

import click

from store.actor import Actor
from store.cleantext import clean
from tui.cli.state import Globals, opened, show

if TYPE_CHECKING:
    from store.queries.lists import InboxLine

_MOST_CUSTOMERS = 20  # named one by one


class Finding(NamedTuple):
    """One thing looked at.  `state` is ok, missing (R7.1: pairing works, but not fully) or bad; `remedy` mends it."""

    state: str
    what: str
    remedy: str = ""


@click.command("doctor")
@click.pass_obj
def doctor_command(state: Globals) -> None:
    """Say what is set up, what pairing still needs, and what is unhealthy.  Exit status 1 when something is bad."""
    with opened(state) as actor:
        found = list(_findings(state, actor))
    words = [f"{one.state:8}{one.what}" + (f"\n        → {one.remedy}" if one.remedy else "") for one in found]
    show(state, [one._asdict() for one in found], [line for text in words for line in text.split("\n")])
    click.get_current_context().exit(1 if any(one.state == "bad" for one in found) else 0)


def _findings(state: Globals, actor: Actor) -> Iterator[Finding]:
    from store.db import sqlite_path
    from store.files import is_read_only, shortage
    from store.queries.health import counts, is_whole, missing
    from store.queries.unusable import unusable
    from store.services.lease import is_held
    from tui.sentences import disk_trouble, read_only_trouble

    path = sqlite_path(state.url)
    now = counts(actor)
    yield Finding("ok", f"store {path}: {now.recipients:,} recipients, {now.unassigned_tickets:,} unassigned tickets")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding("bad", f"{path} can be read by others", f"chmod 600 {quote(str(path))}")
    yield (
        Finding("ok", "the store file is whole")
        if is_whole()
        else Finding("bad", "the store file is damaged", f"stop window and worker, then: {_put_back(path)}")
    )
    if told := read_only_trouble(is_read_only()):
        yield Finding("bad", told.rstrip("."), f"see who may write {quote(str(path))}, its folder and its disk")
    if left := disk_trouble(shortage()):
        yield Finding("bad", left)
    for wrong in unusable(actor):
        yield Finding("bad", wrong.told.rstrip("."), wrong.remedy)
    yield _copy()
    yield from _history(actor)
    for one in missing():
        yield Finding("missing", one.what, one.remedy)
    yield from _customers(actor)
    yield from _inboxes()
    yield from _outgoing(actor)
    yield from _returned(actor)
    yield (
        Finding("ok", "mail is being fetched")
        if is_held()
        else Finding("missing", "nobody fetches mail now", "open the window, or run: recipients worker")
    )


def _put_back(path: Path) -> str:
    file = quote(str(path))
    return f"rm -f {file}-wal {file}-shm && cp -p {file}.backup {file}"


def _copy() -> Finding:
    """The copy to fall back on (THREATS D7)."""
    from store import shapes
    from store.files import kept_copy
    from store.queries.settings import one
    from store.rules.clock import is_recent

    hours = int(one("store.backup_hours"))
    try:
        made = datetime.fromtimestamp(kept_copy().stat().st_mtime, UTC)
    except FileNotFoundError:
        return Finding("missing", "there is no copy of the store yet", "recipients backup")
    told = f"the store was copied {shapes.moment(made)} to {kept_copy()}"
    if hours and not is_recent(made, datetime.now(UTC), timedelta(hours=2 * hours)):
        return Finding("bad", f"{told}, and not since", "recipients backup; see the worker's log for why")
    return Finding("ok", told)


def _history(actor: Actor) -> Iterator[Finding]:
    from store.queries.health import chain, unguarded
    from store.queries.scope import rights

    if gone := unguarded():
        told = f"the history can be changed: its triggers {', '.join(gone)} were taken away"
        yield Finding("bad", told, "ask who took them away; put the store back from a copy of before")
    now = chain()
    if now.broken is None:
        entries = f"{now.entries:,} entries, " if rights(actor).sees_all else ""
        yield Finding("ok", f"the history is whole: {entries}the last sealed {now.last or 'never'}")
    else:
        told = f"the history was changed behind the program's back: from entry {now.broken} on its seals do not fit"
        yield Finding("bad", told, "compare it with a backup: recipients list history")


def _customers(actor: Actor) -> Iterator[Finding]:
    """Profile e-mails that pair nothing (R4.6)."""
    from store.queries.customers import with_unreadable_email

    unreadable = with_unreadable_email(actor)
    for line in islice(unreadable, _MOST_CUSTOMERS):
        told = f"the e-mail of {clean(line.label)}, “{clean(line.email, limit=80)}”, is no address, so it pairs nothing"
        yield Finding("bad", told, f"recipients customer edit {line.id} --email ADDRESS")
    if more := sum(1 for _ in unreadable):
        yield Finding("bad", f"so do those of {more:,} more customers")


def _inboxes() -> Iterator[Finding]:
    from store import shapes
    from store.queries.lists import inboxes

    for inbox in inboxes():
        if not inbox.enabled:
            yield Finding("ok", f"inbox {inbox.name} is off")
        elif inbox.last_error:
            again = f"; next try {shapes.moment(inbox.next_try)}" if inbox.next_try else ""
            yield Finding(
                "bad",
                f"inbox {inbox.name}: {inbox.last_error.rstrip('.')}{again}",
                f"recipients inbox test {quote(inbox.name)}",
            )
        else:
            heard = shapes.moment(inbox.last_success) or "never yet"
            yield Finding("ok", f"inbox {inbox.name}: last polled {heard}")
        yield from _withheld(inbox)
        yield from _token(f"inbox {inbox.name}", inbox.token_expires if inbox.enabled else None)


def _withheld(inbox: "InboxLine") -> Iterator[Finding]:
    """What lies on its server and is not let in (R5.11)."""
    from tui.sentences import withheld

    if inbox.withheld:
        again = f"recipients list withheld; then: recipients inbox retry {quote(inbox.name)}"
        yield Finding("bad" if inbox.not_given else "ok", f"inbox {inbox.name}: {withheld(inbox)}", again)


def _token(of: str, expires: datetime | None) -> Iterator[Finding]:
    from store import shapes
    from tui.sentences import token_trouble

    if expires is not None:
        ends = token_trouble(expires, UTC)
        remedy = "see that the command of its secret renews the token"
        yield (
            Finding("bad", f"{of}: {ends.rstrip('.')}", remedy)
            if ends
            else Finding("ok", f"{of}: the sign-in token holds until {shapes.moment(expires)}")
        )


def _outgoing(actor: Actor) -> Iterator[Finding]:
    from store import shapes
    from store.queries.notifications import broken
    from store.queries.outbox import counts, held, outgoing
    from tui.sentences import many

    now, mine = outgoing(), Counter(counts(actor))
    if now.last_error:
        again = f"; next try {shapes.moment(now.next_try)}" if now.next_try else ""
        waiting = f"; {many(mine['queued'], 'mail')} waiting" if mine["queued"] else ""
        yield Finding("bad", f"sending: {now.last_error.rstrip('.')}{again}{waiting}", "recipients smtp test ADDRESS")
    elif now.last_success:
        yield Finding(
            "ok", f"sending: last well {shapes.moment(now.last_success)}; {many(mine['queued'], 'mail')} waiting"
        )
    yield from _token("sending", now.token_expires)
    if mine["failed"]:
        yield Finding(
            "bad",
            f"{many(mine['failed'], 'mail')} failed for good: recipients list outbox --filter state:failed",
            "to send them once more: recipients outbox retry --all",
        )
    if (kept := held(actor)).number:
        until = f", due from {shapes.moment(kept.first)} to {shapes.moment(kept.last)}" if kept.first else ""
        told = f"{many(kept.number, 'mail')} held back{until}: recipients list outbox --filter state:held"
        yield Finding("ok", told, "to send them now: recipients outbox retry --filter state:held")
    for event, problem in broken():
        yield Finding(
            "bad", f"event {event}: {problem}", f"recipients notify set {event} on --subject T --template FILE"
        )


def _returned(actor: Actor) -> Iterator[Finding]:
    """What came back (R5.4): about us, for administrators, and the rest by its cause."""
    from store import shapes
    from store.cleantext import clean
    from store.queries.returned import about_us, causes, held_administrators
    from tui.sentences import many, refused_trouble

    if (refused := about_us(actor)) is not None:
        last = f"the last, mail {refused.id}, on {shapes.moment(refused.at)}: {clean(refused.words)}"
        told = f"{refused_trouble(refused)}, {last}"
        yield Finding("bad", told.rstrip("."), "see to what the server says, then: recipients outbox acknowledge")
    for email in held_administrators():
        told = f"{clean(email)} is an administrator's and came back: no notice goes there"
        yield Finding("bad", told, f"recipients outbox lift {quote(email)}")
    if found := causes(actor):
        kinds = ", ".join(f"{count:,} {cause}" for cause, count in sorted(found.items()))
        told = f"{many(sum(found.values()), 'mail')} came back in the last week ({kinds})"
        yield Finding("ok", f"{told}: recipients list outbox --filter state:bounced")
