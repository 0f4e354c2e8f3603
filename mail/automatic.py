"""Did a person write it?  Servers, lists and autoresponders say not (RFC 3834, 2076, 2369, 3462; THREATS O3)."""

import re

from mail import headers
from mail.headers import Fields
from mail.report import is_postmaster

_ANSWERING_FIELD = re.compile(
    r"x-(?:[a-z0-9]+-)?auto-?(?:reply|respond|responder|response|generated|submitted)(?:-from)?"
    r"|x-vacation|x-away-message|x-fc-machinegenerated|x-failed-recipients|x-loop"
)
_NOT_SO = ("", "no", "false", "0", "none")
# autoresponders whose mail has no field that says so put one of these before the subject: older Exchange, Notes, phones
_ANSWERING_WORDS = "|".join(
    (
        *(r"auto(?:matic)?[ -]?(?:reply|response)", r"out of (?:the )?office(?: autoreply)?"),
        *("abwesenheits(?:notiz|nachricht)", "automatische antwort", "automatisch antwoord", "afwezigheidsbericht"),
        *("réponse automatique", "respuesta automática", "risposta automatica", "resposta automática"),
        *("automatiskt? svar", "autosvar", "automaattinen vastaus", "odpowiedź automatyczna", "automatická odpověď"),
        *("автоответ", "автоматический ответ", "自动(?:回复|答复)", "自動(?:返信|応答|回覆)"),
    )
)
_ANSWERING_SUBJECT = re.compile(
    rf"\[(?:{_ANSWERING_WORDS})\]|(?:{_ANSWERING_WORDS})\s*[:：]|auto: .{{1,200}} is out of the office", re.IGNORECASE
)
_PRECEDENCES = ("precedence", "x-precedence", "preference")
_BULK = ("bulk", "junk", "list", "auto_reply", "auto-reply")
_LIST_FIELDS = (
    *("list-id", "list-unsubscribe", "list-post", "list-help", "list-subscribe", "list-owner", "list-archive"),
    *("mailing-list", "x-mailing-list", "x-beenthere"),
)
_SUPPRESSED = ("all", "oof", "autoreply")
_NO_REPLY = re.compile(
    r'(?:^|[-_.+"])(?:(?:no|do[-_.]?not)[-_.]?reply|auto[-_.]?(?:reply|responder))(?![a-z])[^@]*@', re.IGNORECASE
)


def why_automatic(fields: Fields, sender: str, subject: str) -> str:
    """Why this is automatic mail, '' for a person's."""
    suppressed = re.split(r"[\s,]+", fields.first("x-auto-response-suppress").lower())
    reasons = {
        "auto-submitted": _word(fields, "auto-submitted") not in ("", "no"),
        "report": headers.parameters(fields.first("content-type"))[0] == "multipart/report",
        "precedence": any(_word(fields, name) in _BULK for name in _PRECEDENCES),
        "list": any(map(fields.first, _LIST_FIELDS)),
        "empty-return-path": fields.first("return-path").replace(" ", "") == "<>",
        "autoreply": _says_it_answers(fields) or bool(_ANSWERING_SUBJECT.match(subject)),
        "suppress": any(word in _SUPPRESSED for word in suppressed),
        "mailer-daemon": is_postmaster(sender),
        "no-reply": bool(_NO_REPLY.search(sender)),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _says_it_answers(fields: Fields) -> bool:
    told = (name for name in fields.names() if name.startswith("x-") and _ANSWERING_FIELD.fullmatch(name))
    return any(_word(fields, name) not in _NOT_SO for name in told)


def _word(fields: Fields, name: str) -> str:
    """The first word of a field in lower case, without parameters and comments."""
    return re.split(r"[\s;(,]", fields.first(name).lower(), maxsplit=1)[0]
