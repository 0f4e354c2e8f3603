"""Secrets are references, never values in the store or in a file of ours (R12)."""

import errno
import os
import select
import shlex
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp

from mail.errors import MailProblem
from store.cleantext import clean
from store.errors import BadField, BadInput

# as long as for an answer of a mail server: a command may ask a server, too
_COMMAND_SECONDS = 30
_LOOK_SECONDS = 0.05
_LONGEST = 65_536
_OF_LINES = ("file:", "command:")


def resolve(reference: str) -> str:
    """The secret behind `env:NAME`, `file:PATH`, `command:…` or `keyring:SERVICE/USER`; '' for ''.

    Of a file or a command it is the first line.  Raises as `whole`.
    """
    text = whole(reference)
    return text.partition("\n")[0].rstrip("\r") if reference.startswith(_OF_LINES) else text


def whole(reference: str) -> str:
    """All of it, where more than a line counts.

    Raises MailProblem (step secret) when it cannot be read, BadInput when it is no reference.  Never repeats a secret.
    """
    if not reference:
        return ""
    kind, _, rest = reference.partition(":")
    if kind not in _KINDS:
        raise BadInput(
            "A secret is a reference (env:NAME, file:PATH, command:… or keyring:SERVICE/USER), not a password."
        )
    secret = _KINDS[kind](rest)
    if not secret.strip("\r\n"):
        raise MailProblem("secret", f"The secret {_shown(kind, rest)} is empty.")
    return secret


def is_laid(reference: str) -> bool:
    """Whether `file:PATH` names something that is there."""
    kind, _, path = reference.partition(":")
    return kind == "file" and os.path.exists(os.path.expanduser(path))


class NewSecret:
    """A secret that lies beside the file that `file:PATH` names, on the disk and for the user alone (mode 600).

    `put` makes it that file's content, whole or not at all; before that the old one works, and `drop` forgets the new.
    Raises BadField (password) when the reference names no file, or the file cannot be written.
    """

    def __init__(self, reference: str, secret: str) -> None:
        kind, _, path = reference.partition(":")
        if kind != "file" or not path.strip():
            raise BadField("password", "Say under Secret into which file it goes, such as file:~/.imap-secret.")
        self._path = path
        with self._explained():
            self._place = Path(os.path.realpath(Path(path).expanduser()))  # a link stays one
            if self._place.exists() and not self._place.is_file():
                raise OSError(errno.EINVAL, "it is no ordinary file")
            descriptor, self._beside = mkstemp(dir=self._place.parent, prefix=".secret.")
            try:
                with open(descriptor, "w", encoding="utf-8") as file:
                    file.write(f"{secret}\n")
                    file.flush()
                    os.fsync(file.fileno())
            except BaseException:
                self.drop()
                raise

    def put(self) -> None:
        """Takes the place of what is there.  Raises BadField (password)."""
        with self._explained():
            os.replace(self._beside, self._place)
            folder = os.open(self._place.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)  # else a power loss may bring the old one back
            finally:
                os.close(folder)

    def drop(self) -> None:
        """Leaves nothing beside the file."""
        with suppress(FileNotFoundError):
            os.unlink(self._beside)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, RuntimeError) as error:
            words = error.strerror if isinstance(error, OSError) else "its name cannot be used"
            raise BadField("password", f"The file {clean(self._path)} cannot be written: {words}.") from None


def _from_environment(name: str) -> str:
    if name not in os.environ:
        raise MailProblem("secret", f"The environment has no variable {clean(name)} that should hold the secret.")
    return os.environ[name]


def _from_file(path: str) -> str:
    try:
        place = Path(path).expanduser()
        # not blocking: a pipe that nobody writes to must not hold the poller
        with open(os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), encoding="utf-8-sig") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise MailProblem("secret", f"{clean(path)} is no ordinary file, so no secret is read from it.")
            if status.st_uid not in (os.getuid(), 0):
                raise MailProblem("secret", f"{clean(path)} belongs to another user, so it is not trusted.")
            if stat.S_IMODE(status.st_mode) & 0o077:
                raise MailProblem(
                    "secret", f"Others can read {clean(path)}; make it yours alone: chmod 600 {clean(path)}"
                )
            return file.read(_LONGEST)
    except UnicodeDecodeError:
        raise MailProblem("secret", f"The secret file {clean(path)} is not in UTF-8; save it so.") from None
    except (OSError, ValueError, RuntimeError) as error:
        words = error.strerror if isinstance(error, OSError) else "its name cannot be used"
        raise MailProblem("secret", f"The secret file {clean(path)} cannot be read: {words}.") from None


def _from_command(line: str) -> str:
    try:
        process = subprocess.Popen(
            shlex.split(line), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            given = _output(process, time.monotonic() + _COMMAND_SECONDS)
            # as in the environment: what is no UTF-8 goes to the server as it is
            said = given.decode("utf-8", "surrogateescape")
        finally:
            process.kill()
            process.wait()
    except subprocess.TimeoutExpired:
        raise MailProblem("secret", f"The secret's command did not end within {_COMMAND_SECONDS} s.") from None
    except (OSError, ValueError, IndexError) as error:
        # the exception may hold the command's output: it is named, not quoted
        raise MailProblem("secret", f"The secret's command could not be run ({type(error).__name__}).") from None
    if process.returncode != 0:
        raise MailProblem(
            "secret", f"The secret's command ended with status {process.returncode}; run it by hand to see why."
        )
    return said


def _output(process: "subprocess.Popen[bytes]", end: float) -> bytes:
    """What it prints until it ends, though something that it started goes on and holds the pipe.

    Raises TimeoutExpired at `end`, MailProblem when it prints more than any secret has.
    """
    assert process.stdout is not None
    said = b""
    with process.stdout as pipe:
        while len(said) <= _LONGEST:
            has_ended = process.poll() is not None
            if select.select([pipe], [], [], 0 if has_ended else _LOOK_SECONDS)[0]:
                if not (piece := os.read(pipe.fileno(), _LONGEST)):
                    process.wait(max(0.0, end - time.monotonic()))
                    return said
                said += piece
            elif has_ended:
                return said
            if time.monotonic() >= end:
                raise subprocess.TimeoutExpired(process.args, _COMMAND_SECONDS)
    raise MailProblem("secret", f"The secret's command printed more than {_LONGEST:,} bytes; that is no secret.")


def _from_keyring(place: str) -> str:
    service, _, user = place.partition("/")
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise MailProblem(
            "secret", "keyring: needs the package keyring; install it, or use file: or command:"
        ) from error
    asked = Future[str | None]()

    def ask() -> None:
        try:
            asked.set_result(keyring.get_password(service, user))
        except BaseException as fault:  # noqa: BLE001 - raised where the result is used
            asked.set_exception(fault)

    # a daemon: a keyring that is locked asks somebody for its password, who may not be there
    threading.Thread(target=ask, name="keyring", daemon=True).start()
    try:
        return asked.result(_COMMAND_SECONDS) or ""
    except TimeoutError:
        raise MailProblem("secret", f"The keyring did not answer within {_COMMAND_SECONDS} s; unlock it.") from None
    except keyring.errors.KeyringError as error:
        raise MailProblem("secret", f"The keyring did not open: {clean(error)}") from error


def _shown(kind: str, rest: str) -> str:
    return "of the command" if kind == "command" else clean(f"{kind}:{rest}", limit=120)


_KINDS: dict[str, Callable[[str], str]] = {
    "env": _from_environment,
    "file": _from_file,
    "command": _from_command,
    "keyring": _from_keyring,
}
