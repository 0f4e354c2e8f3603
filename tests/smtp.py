"""An SMTP server that answers each address as it is told: a real one over a socket, also with TLS."""

import base64
import socket
import ssl
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

TOKEN = "a-token-that-holds"


class Server(Controller):
    """`answers` maps an address to what RCPT says to it, `after_data` to what the end of DATA says: a reply line, or
    `drop`, which closes the connection without an answer.  `taken` are the envelopes that were taken."""

    def __init__(self, *, security: str = "none", context: ssl.SSLContext | None = None, **options: Any) -> None:
        self.answers: dict[str, str] = {}
        self.after_data: dict[str, str] = {}
        self.taken: list[Envelope] = []
        self.connections = 0
        self.signed_in: list[str] = []
        self.on_data: Callable[[], None] = lambda: None
        self._tls = context if security == "starttls" else None
        self._options = options
        super().__init__(
            self, hostname="127.0.0.1", port=0, ssl_context=context if security == "tls" else None, ready_timeout=10
        )

    def factory(self) -> SMTP:
        self.connections += 1
        return SMTP(
            self,
            hostname="localhost",
            tls_context=self._tls,
            authenticator=_authenticate,
            auth_require_tls=False,
            **self._options,
        )

    def _trigger_server(self) -> None:
        """aiosmtpd asks its own port whether it is up; the port is only known once the server is."""
        assert self.server is not None
        listener = self.server.sockets[0]
        self.port = listener.getsockname()[1]
        # asyncio sees no TCP in it and would leave each answer waiting 40 ms for the acknowledgement of the one before
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super()._trigger_server()

    def texts(self) -> list[str]:
        """Their plain texts."""
        return [one.get_body(("plain",)).get_content().replace("\r\n", "\n") for one in self.read()]

    def read(self) -> list[EmailMessage]:
        """The messages that were taken, as a mail program reads them.  (aiosmtpd calls properties by itself.)"""
        return [message_from_bytes(one.original_content or b"", policy=policy.default) for one in self.taken]

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """As Google does: who is refused hears why in a challenge, and answers it with nothing."""
        said = base64.b64decode(args[1]).decode()
        if said.endswith(f"\x01auth=Bearer {TOKEN}\x01\x01"):
            self.signed_in.append(said.partition("\x01")[0].removeprefix("user="))
            return AuthResult(success=True)
        if await server.challenge_auth('{"status":"400"}') != b"":
            return AuthResult(success=False, handled=True, message="501 answer the challenge with nothing")
        return AuthResult(success=False, handled=False)

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer == "drop":
            server.transport.abort()
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        self.on_data()
        answer = next((self.after_data[to] for to in envelope.rcpt_tos if to in self.after_data), "250 taken")
        if answer in ("drop", "take and drop"):
            if answer == "take and drop":
                self.taken.append(envelope)
            server.transport.abort()
        elif answer.startswith("250"):
            self.taken.append(envelope)
        return answer


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    known = isinstance(data, LoginPassword) and data.password == b"pw-of-the-test"
    return AuthResult(success=known, handled=False)


def hang(seconds: float) -> Callable[[], None]:
    """What a server does that does not answer for so long."""
    return lambda: time.sleep(seconds)
