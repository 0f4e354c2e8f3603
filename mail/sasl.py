"""Signing in with a user name and a secret, whatever the protocol (SASL, RFC 4422): who says what, as bytes.

Names and secrets go as UTF-8 (RFC 4616) in every mechanism, just as they were typed.  They are not prepared by SASLprep
(RFC 4013), NFC included: that is the server's part, since it knows how it keeps them; one that compares bytes would
refuse a password that was set in another form.
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Callable, Sequence

from mail.oauth import initial_response
from store.cleantext import clean

WITH_PASSWORD = ("PLAIN", "LOGIN", "CRAM-MD5")
"""In the order of trying: PLAIN alone is a standard that says which letters it takes."""
_AT_ONCE = ("PLAIN", "XOAUTH2")
_Step = Callable[[str, str, bytes], str]
_STEPS: dict[str, tuple[_Step, ...]] = {
    "PLAIN": (lambda user, secret, _: f"\0{user}\0{secret}",),
    "LOGIN": (lambda user, secret, _: user, lambda user, secret, _: secret),
    "CRAM-MD5": (lambda user, secret, said: f"{user} {hmac.new(encoded(secret), said, 'md5').hexdigest()}",),
    # who is refused hears why in a challenge, and answers it with nothing
    "XOAUTH2": (lambda user, token, _: initial_response(user, token), lambda *_: ""),
}


class Exchange:
    """One mechanism's answers, as the base64 that both protocols carry.  `begins`: the first one needs no challenge."""

    def __init__(self, mechanism: str, user: str, secret: str) -> None:
        self.begins = mechanism in _AT_ONCE
        self._user, self._secret = user, secret
        self._steps = iter(_STEPS[mechanism])
        self._said: list[str] = []

    def answer(self, challenge: bytes) -> bytes:
        """What to say to a challenge; `*`, which ends the exchange, when there is nothing left to say."""
        step = next(self._steps, None)
        if step is None:
            return b"*"
        said = b64encode(encoded(step(self._user, self._secret, _decoded(challenge))))
        self._said.append(said.decode())
        return said

    def hidden(self, words: str) -> str:
        """What a server said, without what it may repeat of this."""
        for said in filter(None, (self._secret, *self._said)):
            words = words.replace(said, "…")
        return words


def encoded(text: str) -> bytes:
    """As it goes over the wire; bytes of the environment that are no UTF-8 stay as they are."""
    return text.encode("utf-8", "surrogateescape")


def _decoded(challenge: bytes) -> bytes:
    """Some servers greet with words instead of base64; only CRAM-MD5 looks at what they say."""
    try:
        return b64decode(challenge)
    except NoBase64:
        return b""


def remedy(auth: str, user: str, secret: str, *, for_now: bool = False) -> str:
    """What to do when a server refuses, at the end of the sentence that says so."""
    if for_now:
        return "it says that it is for now, so it is tried again."
    if auth == "xoauth2":
        return "check the token, which may have expired."
    if (user + secret).isascii():
        return "check user name and secret."
    return (
        "check user name and secret. They have letters beyond ASCII, which not every server takes: "
        "if they are right, set a password without such letters there."
    )


def none_fits(place: str, offered: Sequence[str]) -> str:
    """That a server offers no login that is known here, and what to do; `offered` are its mechanisms."""
    told = f"{place} takes no password over this connection; "
    if "XOAUTH2" in offered:
        return told + "it wants a token: sign in with xoauth2."
    others = f" It offers: {clean(', '.join(offered), limit=120)}." if offered else ""
    return f"{told}try security tls or starttls.{others}"
