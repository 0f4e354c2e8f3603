"""Signing in with a token, to a real Dovecot and a real SMTP server; no secret stands anywhere (R5.1, R7.2, S4)."""

import base64
import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.smtp import Envelope

from mail.errors import MailProblem
from mail.poller import poll_once
from mail.sender import send_test
from store.models import InboxState, OutgoingState
from store.services import settings
from tests.commandline import Shell
from tests.helpdesk import ANNA, add_inbox, helpdesk
from tests.servers import Dovecot, jwt, message
from tests.smtp import TOKEN, Server

USER = "token@demo.test"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[str]:
    with helpdesk(tmp_path) as url:
        yield url


@pytest.fixture
def smtp() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.stop()


def command(tmp_path: Path, printed: str) -> str:
    """A secret whose command prints this; what it prints stands in a file, not in the reference."""
    file = tmp_path / "printed"
    file.write_text(printed, encoding="utf-8")
    return f"command:{shlex.join([sys.executable, '-c', 'import sys; print(open(sys.argv[1]).read())', str(file)])}"


def test_R5_1_mail_is_fetched_with_a_token_that_a_command_prints(
    tls_server: Dovecot, desk: str, tmp_path: Path
) -> None:
    tls_server.deliver(USER, message("a@x.test", "Question"))
    secret = command(tmp_path, json.dumps({"access_token": jwt(USER), "expires_in": 3600}))
    secure = {"host": "localhost", "security": "tls", "ca_file": str(tls_server.ca_file)}
    add_inbox(tls_server.tls_port, email=USER, auth="xoauth2", secret=secret, **secure)
    (done,) = poll_once()
    assert (done.opened, done.error) == (1, "")
    assert InboxState.get().token_expires is not None
    Path(tmp_path / "printed").write_text(jwt(USER, seconds=-60), encoding="utf-8")
    (done,) = poll_once()
    assert "check the token, which may have expired" in done.error
    assert jwt(USER, seconds=-60) not in done.error
    Path(tmp_path / "printed").write_text("", encoding="utf-8")
    (done,) = poll_once()
    assert "gave no access token" in done.error or "is empty" in done.error


def test_R7_2_mail_is_handed_in_with_a_token(smtp: Server, desk: str, tmp_path: Path) -> None:
    given = {"host": "127.0.0.1", "port": str(smtp.port), "security": "none", "auth": "xoauth2", "username": "h@x.test"}
    secret = command(tmp_path, f'{{"accessToken": "{TOKEN}", "expires_on": 4102444800}}')
    texts = {f"smtp.{key}": value for key, value in {**given, "secret": secret, "sender_email": "h@x.test"}.items()}
    settings.change_all(ANNA, texts)
    send_test("you@x.test")
    assert smtp.signed_in == ["h@x.test"]
    assert OutgoingState.get().token_expires.year == 2100
    Path(tmp_path / "printed").write_text("an-old-token", encoding="utf-8")
    with pytest.raises(MailProblem) as raised:
        send_test("you@x.test")
    assert raised.value.step == "login"
    assert "check the token" in str(raised.value)
    assert "an-old-token" not in str(raised.value)


CANARY = "canary7Zq0secret"


@pytest.mark.parametrize("kind", ["env", "file", "command"])
@pytest.mark.parametrize("auth", ["password", "xoauth2"])
def test_S4_a_secret_stands_nowhere(
    kind: str, auth: str, tls_server: Dovecot, smtp: Server, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command that signs in with it, refused as it is; then all that was printed and written is searched."""
    here = shell.folder
    file = here.parent / "secret-elsewhere"
    file.write_text(CANARY + "\n", encoding="utf-8")
    file.chmod(0o600)
    secret = {"env": "env:CANARY", "file": f"file:{file}", "command": f"command:cat {shlex.quote(str(file))}"}[kind]
    monkeypatch.setenv("CANARY", CANARY)
    monkeypatch.setenv("RECIPIENTS_LOG_DIR", str(here))
    place = ("--email", USER, "--host", "localhost", "--port", str(tls_server.tls_port), "--ca-file")
    account = ("--username", "h", "--secret", secret, "--auth", auth, "--security", "none")
    runs = [
        shell.run("inbox", "add", "support", *place, str(tls_server.ca_file), "--secret", secret, "--auth", auth),
        shell.run(
            "smtp", "set", "--host", "127.0.0.1", "--port", str(smtp.port), *account, "--sender-email", "h@x.test"
        ),
        shell.run("inbox", "test", "support"),
        shell.run("inbox", "test", "support", "--json"),
        shell.run("smtp", "test", "you@x.test"),
        shell.run("poll", "--once"),
        shell.run("smtp", "set", "--enabled", "on"),
        shell.run("send", "--once"),
        shell.run("doctor"),
        shell.run("settings", "show"),
        shell.run("settings", "export", str(here / "settings.toml")),
        shell.run("list", "inboxes", "--json"),
        shell.run("list", "history", "--json"),
    ]
    assert [run.status for run in runs[2:6]] == [3, 3, 3, 3]
    written = b"".join(path.read_bytes() for path in here.rglob("*") if path.is_file())
    told = "".join(run.out + run.err for run in runs).encode()
    encoded = [CANARY.encode(), *(base64.b64encode(CANARY.encode())[n:-4] for n in range(3))]
    assert secret.partition(":")[2].encode() in written
    for form in encoded:
        assert form not in told
        assert form not in written


def test_R7_2_a_test_mail_is_waited_for_in_the_inbox(
    tls_server: Dovecot, smtp: Server, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = "arrives@demo.test"
    smtp.on_data = lambda: None
    secure = ("--host", "localhost", "--port", str(tls_server.tls_port), "--ca-file", str(tls_server.ca_file))
    shell.said("inbox", "add", "support", "--email", user, *secure, "--secret", "env:TEST_MAIL_SECRET")
    given = ("--host", "127.0.0.1", "--port", str(smtp.port), "--security", "none", "--sender-email", "h@x.test")
    shell.said("smtp", "set", *given)
    lost = shell.run("smtp", "test", user, "--wait", "1")
    assert lost.status == 3
    assert "after 1 s it is not in INBOX of the inbox support" in lost.err
    assert "took the test mail to you@x.test" in shell.said("smtp", "test", "you@x.test")
    deliver(tls_server, smtp, user)
    assert f"The test mail to {user} arrived in the inbox support" in shell.said("smtp", "test", user)


def deliver(dovecot: Dovecot, smtp: Server, user: str) -> None:
    """From now on what the SMTP server takes lies in the mailbox a moment later."""
    handle = smtp.handle_DATA

    async def handle_and_deliver(server: object, session: object, envelope: Envelope) -> str:
        dovecot.deliver(user, envelope.original_content or b"")
        return await handle(server, session, envelope)  # type: ignore[arg-type]

    smtp.handle_DATA = handle_and_deliver  # type: ignore[method-assign]
