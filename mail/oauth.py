"""Signing in with a token instead of a password: XOAUTH2, as Google and Microsoft take it (R5.1).

https://developers.google.com/gmail/imap/xoauth2-protocol.  The token comes from the command, variable or file that the
secret names, alone on the first line or in the JSON that the providers' own tools print.
"""

import base64
import binascii
import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from mail.errors import MailProblem
from mail.secret import resolve, whole

_VALUES = ("access_token", "accessToken", "token")
_MOMENTS = ("expires_on", "expires_at", "expiry", "expiresOn", "token_expiry", "exp")


class Token(NamedTuple):
    """A token, and until when it holds if that can be told."""

    value: str
    expires: datetime | None


def credentials(reference: str, auth: str, typed: str = "") -> Token:
    """What signs in: the password, or with `auth` xoauth2 an access token fetched now; `typed` instead, if given.

    Raises MailProblem (step secret), BadInput.
    """
    if auth != "xoauth2":
        return Token(typed or resolve(reference), None)
    return token(typed or whole(reference), datetime.now(UTC))


def token(text: str, now: datetime) -> Token:
    """What a token command printed.  `now` is the moment from which `expires_in` counts.

    Raises MailProblem (step secret) when there is no token in it; never repeats it.
    """
    given = _json(text)
    if given is None:
        value = text.strip().partition("\n")[0].strip()
        found: dict[str, Any] = {}
    else:
        value = next((str(given[name]) for name in _VALUES if given.get(name)), "")
        found = given
    if not value or any(not "!" <= char <= "~" for char in value):
        raise MailProblem("secret", "The secret gave no access token; run its command by hand to see what it prints.")
    return Token(value, _expiry(found, now) or _expiry(_claims(value), now))


def initial_response(user: str, value: str) -> str:
    """The client's words of XOAUTH2, not yet in base64."""
    return f"user={user}\x01auth=Bearer {value}\x01\x01"


def _json(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise MailProblem("secret", "The secret's command printed JSON that cannot be read.") from error
    return found if isinstance(found, dict) else None


def _claims(value: str) -> dict[str, Any]:
    """What a JWT (RFC 7519) says of itself, not verified: only its end is looked at, to be shown."""
    parts = value.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return {"exp": claims.get("exp")} if isinstance(claims, dict) else {}


def _expiry(given: dict[str, Any], now: datetime) -> datetime | None:
    seconds = given.get("expires_in")
    if isinstance(seconds, int | str) and str(seconds).isdigit() and int(seconds) < 10**9:
        return now + timedelta(seconds=int(seconds))
    return next((moment for name in _MOMENTS if (moment := _moment(given.get(name))) is not None), None)


def _moment(value: object) -> datetime | None:
    """Seconds since 1970, or ISO 8601; without a zone it is this machine's, as Azure's tool prints it."""
    try:
        if isinstance(value, int | float) or (isinstance(value, str) and value.isdigit()):
            return datetime.fromtimestamp(float(value), UTC)
        return datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
