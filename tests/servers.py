"""Real mail servers for the tests: the embedded one, and a private Dovecot with TLS where it is installed."""

import base64
import hashlib
import hmac
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

HAS_DOVECOT = shutil.which("dovecot") is not None
PASSWORD = "pw-of-the-test"
_TOKEN_KEY = b"the-key-of-the-tests-tokens-is-32-bytes"
_NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
ODD_PASSWORDS = {
    "pässwörd€@demo.test": "pässwörd€",
    "jürgen@demo.test": "Ünïcode",
    "quotes@demo.test": 'a"b\\c\\"',
    "blanks@demo.test": "  lead and trail  ",
    "braces@demo.test": "100% {7} ~/*",
    "composed@demo.test": "\u00e9",
    "decomposed@demo.test": "e\u0301",
    "oneil+ж@demo.test": "ж is a letter",
    "crowd@demo.test": "👩\u200d🔧" * 20,
}
"""By user name."""
EXPIRED, MISNAMED, SELF_SIGNED = "127.0.0.2", "127.0.0.3", "127.0.0.4"


def message(sender: str, subject: str, text: str = "Hello.", **headers: str) -> bytes:
    """A plain message as bytes; further headers by name, `_` for `-`."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["Subject"] = subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


@dataclass(frozen=True)
class Dovecot:
    """A running Dovecot: `port` speaks IMAP and STARTTLS, `tls_port` TLS; `ca_file` has signed its certificates.

    The one of `localhost` is good; those of the addresses EXPIRED, MISNAMED and SELF_SIGNED are bad in that way.
    Any user name has a mailbox, with PASSWORD; those of ODD_PASSWORDS have another.
    """

    folder: Path
    port: int
    tls_port: int
    ca_file: Path

    def deliver(self, user: str, raw: bytes, mailbox: str = "INBOX") -> None:
        """Puts a message into a mailbox."""
        self._doveadm("save", "-u", user, "-m", mailbox, given=raw)

    def renumber(self, user: str) -> None:
        """Gives the INBOX another UIDVALIDITY, as a rebuilt mailbox has (D4)."""
        for index in (self.folder / "mail" / user).glob("dovecot*"):
            index.unlink()

    def count(self, user: str) -> int:
        """How many messages lie in the INBOX."""
        return int(self._doveadm("mailbox", "status", "-u", user, "messages", "INBOX").split(b"=")[1])

    def _doveadm(self, *words: str, given: bytes = b"") -> bytes:
        done = subprocess.run(
            ["doveadm", "-c", str(self.folder / "dovecot.conf"), *words], input=given, capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return done.stdout


@contextmanager
def dovecot(folder: Path) -> Iterator[Dovecot]:
    """A private Dovecot on free ports of 127.0.0.1, touching nothing of the system's.  Works as root and not."""
    folder.chmod(0o755)
    for name in ("run", "mail", "tls"):
        (folder / name).mkdir()
    ca_file = _certificates(folder / "tls")
    ports = [_free_port() for _ in range(2)]
    _token_key(folder)
    _odd_passwords(folder)
    (folder / "dovecot.conf").write_text(_config(folder, ports), encoding="utf-8")
    # not captured: the daemon would keep the pipes open
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["dovecot", "-c", str(folder / "dovecot.conf")], check=True, **quiet)
    try:
        for port in ports:
            _wait_for(port, folder / "log")
        while not (folder / "run" / "master.pid").exists():
            time.sleep(0.02)
        yield Dovecot(folder, *ports, ca_file)
    finally:
        pid = int((folder / "run" / "master.pid").read_text())
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            if not (folder / "run" / "master.pid").exists():
                break
            time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(port: int, log: Path) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"dovecot did not open port {port}: {log.read_text() if log.exists() else 'no log'}")


def _certificates(folder: Path) -> Path:
    """A certificate authority, and certificates signed by it, but for the one that is bad in that way."""
    _openssl(folder, f"req -x509 {_NEW_KEY} -days 30 -subj /CN=test-ca -keyout ca.key -out ca.pem")
    wanted = (
        ("good", 30, "DNS:localhost,IP:127.0.0.1"),
        ("expired", -1, f"IP:{EXPIRED}"),
        ("misnamed", 30, "DNS:elsewhere.test"),
    )
    for name, days, names in wanted:
        (folder / "names").write_text(f"subjectAltName={names}\n")
        _openssl(folder, f"req {_NEW_KEY} -subj /CN=localhost -keyout {name}.key -out {name}.csr")
        sign = f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -out {name}.pem"
        _openssl(folder, f"{sign} -days {days}")
    own = f"-subj /CN=localhost -addext subjectAltName=IP:{SELF_SIGNED} -keyout own.key -out own.pem"
    _openssl(folder, f"req -x509 {_NEW_KEY} -days 30 {own}")
    return folder / "ca.pem"


def _openssl(folder: Path, words: str) -> None:
    subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)


def jwt(user: str, *, seconds: int = 3_600) -> str:
    """An access token that the private Dovecot takes for this user, until it ends (RFC 7519, HS256)."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    now = int(time.time())
    claims = {"sub": user, "iat": now - 10, "nbf": now - 10, "exp": now + seconds}
    signed = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    mark = hmac.new(_TOKEN_KEY, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def _token_key(folder: Path) -> None:
    """Where Dovecot looks for the key of tokens that name neither issuer nor key."""
    place = folder / "keys" / "default" / "HS256"
    place.mkdir(parents=True)
    (place / "default").write_text(base64.b64encode(_TOKEN_KEY).decode())
    (folder / "oauth2.conf").write_text(
        "introspection_mode = local\nusername_attribute = sub\n"
        f"local_validation_key_dict = fs:posix:prefix={folder}/keys/\n"
    )


def _odd_passwords(folder: Path) -> None:
    lines = (f"{user}:{{PLAIN.b64}}{base64.b64encode(word.encode()).decode()}" for user, word in ODD_PASSWORDS.items())
    (folder / "users").write_text("\n".join(lines), encoding="utf-8")


def _config(folder: Path, ports: list[int]) -> str:
    root = os.getuid() == 0
    owner = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.getuid())
    if root:
        os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    mine = pwd.getpwuid(os.getuid()).pw_name
    users = "" if root else f"default_internal_user = {mine}\ndefault_login_user = {mine}\n"
    plain, tls = ports
    bad = "".join(
        f"local {address} {{\n  ssl_cert = <{folder}/tls/{name}.pem\n  ssl_key = <{folder}/tls/{name}.key\n}}\n"
        for address, name in ((EXPIRED, "expired"), (MISNAMED, "misnamed"), (SELF_SIGNED, "own"))
    )
    return f"""base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
{users}first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%u
mail_uid = {owner.pw_uid}
mail_gid = {owner.pw_gid}
ssl = yes
ssl_cert = <{folder}/tls/good.pem
ssl_key = <{folder}/tls/good.key
{bad}disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 xoauth2
auth_failure_delay = 0
auth_username_chars =
mail_max_userip_connections = 100
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={folder}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  {"" if root else "chroot ="}
  inet_listener imap {{
    address = 127.0.0.1
    port = {plain}
  }}
  inet_listener imaps {{
    address = 127.0.0.1 {EXPIRED} {MISNAMED} {SELF_SIGNED}
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  {"" if root else "chroot ="}
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  {"" if root else "chroot ="}
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""
