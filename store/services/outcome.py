"""Carrying out what was decided about a message: when it arrives, and when it is released later (R5.2, R8.1)."""

import json
from dataclasses import asdict

from store.rules.intake import Circumstances, Decision, Outcome
from store.rules.message import Arrived, Report
from store.services import agent_mail, entry
from store.services.batch import Batch
from store.services.circumstances import Ground, Sender
from store.services.entry import Written
from store.services.notices import announce
from store.services.returned import come_back


def carry_out(place: Ground, batch: Batch, arrived: Arrived, sender: Sender, decision: Decision, raw: int) -> Written:
    """Stages what the decision leads to; nothing for a message that is refused or ignored."""
    if decision.outcome is Outcome.REPORT:
        return _note_report(batch, arrived)
    if decision.outcome not in (Outcome.OPENED, Outcome.JOINED):
        return Written()
    if decision.ticket is not None and decision.reason == "agent-reply":
        return agent_mail.into_ticket(place, batch, arrived, sender, decision.ticket, raw)
    if decision.ticket is not None and decision.reason == "released-note":
        return agent_mail.as_note(place, batch, arrived, sender, decision.ticket, raw)
    return entry.into_ticket(place, batch, arrived, sender, decision, raw)


def tell(batch: Batch) -> None:
    """What the batch has to tell and to note, when all its rows are there (R5.4, R7.5)."""
    announce(batch.news)
    for outbox_id, report in batch.reports:
        if report.action == "failed":
            come_back(outbox_id, report)


def why_of(
    place: Ground, batch: Batch, arrived: Arrived, case: Circumstances, decision: Decision, **more: object
) -> str:
    """The decision as it is kept, not recomputed: the field used, each check with its answer, the ticket it looked like
    a message for, and why its sender may write there ('' when he may not)."""
    parsed, candidate = arrived.parsed, case.candidate
    why = {
        "inbox": place.inbox.name,
        "header": parsed.sender_header,
        "sender": parsed.sender,
        "checks": decision.checks,
        "deny_entries": arrived.deny_hits,
        "looked_like": decision.looked_like,
        "candidate": candidate and asdict(candidate),
        "changed": case.changed if candidate is None else None,
        "automatic": parsed.automatic,
        "written_by_nobody": parsed.written_by_nobody,
        "authentication": parsed.authentication,
        "unreadable": parsed.unreadable,
        "proof": case.proof,
        "duplicate_of": case.duplicate_of,
        "report": _about_ours(batch, parsed.report),
        **more,
    }
    return json.dumps(why, ensure_ascii=False)


def _about_ours(batch: Batch, report: Report | None) -> dict[str, object] | None:
    """What is reported of which mail of ours."""
    sent = batch.reported(report)
    return None if report is None or sent is None else {"mail": sent.id, **asdict(report), "cause": report.cause}


def _note_report(batch: Batch, arrived: Arrived) -> Written:
    """R5.4: a delivery report opens no ticket; it is noted on the mail that it is about once the batch is written."""
    report = arrived.parsed.report
    sent = batch.reported(report)
    if report is None or sent is None:
        return Written()
    denied = arrived.parsed.authentication == "fail"
    batch.reports.append((sent.id, report.with_(evidence="") if denied else report))
    return Written(sent.ticket)
