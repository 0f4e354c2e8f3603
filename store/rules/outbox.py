"""When mail is tried again, and what may be done with it (R7.5, THREATS O1)."""

_FIRST_SECONDS, _LONGEST_SECONDS = 60.0, 4 * 3600.0


def delay_after(tries: int) -> float:
    """Seconds until the next try after so many: 1 minute, doubling, at most 4 hours."""
    return min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** min(max(tries - 1, 0), 20))


def why_not_retry(state: str) -> str:
    """What waits, failed, bounced, was held or dropped may be sent; what is under way or arrived may not."""
    return "outbox-gone" if state in ("sent", "sending") else ""


def why_not_drop(state: str) -> str:
    """What has not gone yet."""
    return "outbox-gone" if state in ("sent", "sending", "bounced") else "outbox-dropped" if state == "dropped" else ""


def repeats_the_mail(name: str, kind: str) -> bool:
    """Whether this attachment is Outlook's own form of the whole mail (TNEF), with all that it quotes (THREATS O7)."""
    return kind in ("application/ms-tnef", "application/vnd.ms-tnef") or name.lower() == "winmail.dat"
