"""Throw-away mail servers for the demo and the tests: IMAP (pymap, in memory) and SMTP (aiosmtpd) in one daemon thread.

Both listen on 127.0.0.1, on ports that the kernel chooses; what is sent to a user by SMTP lies in his INBOX.
"""

import asyncio
import contextlib
import socket
import threading
from argparse import Namespace
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import DictBackend, Identity
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import Passwords, UserMetadata
from pysasl.hashing import Cleartext

_LARGEST = 40_000_000
_START_SECONDS = 10


class MailServer:
    """`with MailServer({"support@demo.test": "pw"}) as server:`; `imap_port` and `smtp_port` are known inside.

    `sent` holds the envelopes that came in by SMTP.  `deliver` may be called from any thread.
    """

    def __init__(self, users: dict[str, str]) -> None:
        self.users = users
        self.sent: list[Envelope] = []
        self.imap_port = 0
        self.smtp_port = 0
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="demo mail", daemon=True)

    def __enter__(self) -> "MailServer":
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise TimeoutError("the demo's mail server did not start")
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(5)

    def deliver(self, user: str, raw: bytes, folder: str = "INBOX") -> None:
        """Puts a message into a mailbox, without SMTP."""
        asyncio.run_coroutine_threadsafe(self._append(user, folder, raw), self._loop).result(10)

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        """A message came in by SMTP."""
        self.sent.append(envelope)
        for recipient in envelope.rcpt_tos:
            if recipient in self.users:
                await self._append(recipient, "INBOX", bytes(envelope.original_content or b""))
        return "250 queued"

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:  # noqa: BLE001 - handed to the thread that waits in __enter__
            self._failure = failure
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            imap = await self._imap(stack)
            smtp = await self._smtp()
            self._ready.set()
            await self._stop.wait()
            imap.close()
            smtp.close()
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.wait(others, timeout=1) if others else None

    async def _imap(self, stack: AsyncExitStack) -> asyncio.Server:
        first, password = next(iter(self.users.items()))
        self._backend, config = await DictBackend.init(_pymap_options(first, password), hash_context=Cleartext())
        hashed = Passwords(config)
        for name, secret in list(self.users.items())[1:]:
            who = Identity(name, self._backend.login, None, frozenset())
            await who.set(UserMetadata(config, name, password=await hashed.hash_password(secret)))
        config.apply_context()
        await self._backend.start(stack)
        talk = IMAPServer(self._backend.login, config)

        # not pymap's ProxyProtocolReader: it drops its task, which newer Pythons then collect in mid-session
        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await talk(reader, writer, SocketInfo.get(writer, None))

        listener = _listener()
        self.imap_port = listener.getsockname()[1]
        return await asyncio.start_server(client, sock=listener, limit=2**20)

    async def _smtp(self) -> asyncio.Server:
        listener = _listener()
        self.smtp_port = listener.getsockname()[1]
        return await self._loop.create_server(self._smtp_session, sock=listener)

    def _smtp_session(self) -> SMTP:
        return SMTP(
            self,
            authenticator=self._authenticate,
            auth_require_tls=False,
            data_size_limit=_LARGEST,
            enable_SMTPUTF8=True,
            loop=self._loop,
            hostname="localhost",
        )

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = self.users.get(data.login.decode())
        return AuthResult(success=known is not None and known == data.password.decode())

    async def _append(self, user: str, folder: str, raw: bytes) -> None:
        async with Identity(user, self._backend.login, None, frozenset()).new_session() as session:
            if folder != "INBOX" and folder not in {entry.name for entry in await _folders(session)}:
                await session.mailbox_set.add_mailbox(folder)
            mailbox = await session.mailbox_set.get_mailbox(folder)
            await mailbox.append(AppendMessage(raw, datetime.now(UTC), frozenset()), recent=True)


async def _folders(session: Any) -> list[Any]:
    return list((await session.mailbox_set.list_mailboxes()).list())


def _listener() -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0))
    # asyncio sees no TCP in it and would leave each answer waiting 40 ms for the acknowledgement of the one before
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setblocking(False)
    return listener


def _pymap_options(user: str, password: str) -> Namespace:
    """What pymap's own command line would have parsed; without its demo data."""
    return Namespace(
        debug=False,
        host=["127.0.0.1"],
        port="0",
        cert=None,
        key=None,
        tls=False,
        proxy_protocol=None,
        inherited_sockets=None,
        passlib_cfg=None,
        skip_services=[],
        demo_data=False,
        demo_user=user,
        demo_password=password,
    )
