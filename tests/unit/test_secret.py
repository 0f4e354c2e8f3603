"""Secrets are references, and no error ever repeats one (R12)."""

import errno
import os
import stat
import sys
import time
import types
from pathlib import Path

import pytest

from mail import secret
from mail.errors import MailProblem
from mail.secret import NewSecret, resolve
from store.errors import BadField, BadInput

HIDDEN = "hunter2-of-the-test"


def problem(reference: str) -> str:
    with pytest.raises(MailProblem) as caught:
        resolve(reference)
    assert (caught.value.step, caught.value.exit_status) == ("secret", 3)
    assert HIDDEN not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{HIDDEN}\nsecond line\n")
    path.chmod(0o600)
    return path


def test_R12_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_TEST", HIDDEN)
    assert resolve("env:SECRET_OF_TEST") == HIDDEN
    monkeypatch.setenv("SECRET_OF_TEST", "")
    assert "is empty" in problem("env:SECRET_OF_TEST")
    assert "no variable NOT_THERE" in problem("env:NOT_THERE")


def test_R12_a_file_that_only_its_owner_reads(file: Path) -> None:
    assert resolve(f"file:{file}") == HIDDEN
    for mode in (0o640, 0o604, 0o620):
        file.chmod(mode)
        assert "chmod 600" in problem(f"file:{file}")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_R12_a_file_of_another_user_is_not_trusted(file: Path) -> None:
    os.chown(file, 12345, 12345)
    assert "belongs to another user" in problem(f"file:{file}")


def test_R12_what_is_no_readable_file_is_said_and_holds_nobody(file: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\n")
    (tmp_path / "bytes").chmod(0o600)
    assert "no ordinary file" in problem(f"file:{tmp_path / 'pipe'}")
    assert "No such file" in problem(f"file:{tmp_path / 'none'}")
    for place in (tmp_path / "bytes", tmp_path, "\0", "~no-such-user-here/x"):
        problem(f"file:{place}")


def test_R12_the_first_line_of_a_command_without_a_shell(tmp_path: Path) -> None:
    assert resolve(f"command:{sys.executable} -c 'print(\"{HIDDEN}\"); print(2)'") == HIDDEN
    assert resolve("command:echo $HOME; x") == "$HOME; x"
    assert "status 3" in problem(f"command:{sys.executable} -c 'print(\"{HIDDEN}\"); raise SystemExit(3)'")
    for line in ("", "no-such-program-here", "echo 'unclosed", str(tmp_path)):
        assert "could not be run" in problem(f"command:{line}")
    assert "is empty" in problem("command:true")


def test_R12_a_command_that_does_not_end_or_asks_for_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret, "_COMMAND_SECONDS", 0.2)
    assert "did not end" in problem(f"command:sh -c 'echo {HIDDEN}; exec sleep 20'")
    reading, writing = os.pipe()
    kept = os.dup(0)
    os.dup2(reading, 0)  # a command must not take the keys that are meant for the window
    try:
        assert "is empty" in problem("command:cat")
    finally:
        os.dup2(kept, 0)
        for descriptor in (kept, reading, writing):
            os.close(descriptor)


def test_R12_the_keyring_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "needs the package keyring" in problem("keyring:mail/anna")
    ring, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]
    ring.errors = errors  # type: ignore[attr-defined]
    ring.get_password = lambda service, user: HIDDEN if (service, user) == ("mail", "anna") else None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    assert resolve("keyring:mail/anna") == HIDDEN
    assert "is empty" in problem("keyring:mail/eve")


@pytest.mark.parametrize("value", [HIDDEN, f"plain:{HIDDEN}", f"ENV :{HIDDEN}", f":{HIDDEN}"])
def test_R12_a_password_is_no_reference_and_is_not_repeated(value: str) -> None:
    with pytest.raises(BadInput) as caught:
        resolve(value)
    assert HIDDEN not in str(caught.value)
    assert caught.value.exit_status == 2


def test_R5_1_an_inbox_may_have_no_secret() -> None:
    assert resolve("") == ""


def test_R12_a_new_secret_takes_the_place_of_the_old_one_whole_or_not_at_all(file: Path, tmp_path: Path) -> None:
    before, beside = file.read_bytes(), sorted(os.listdir(tmp_path))
    dropped = NewSecret(f"file:{file}", "another")
    assert file.read_bytes() == before
    dropped.drop()
    assert (file.read_bytes(), sorted(os.listdir(tmp_path))) == (before, beside)
    link = tmp_path / "link"
    link.symlink_to(file)
    laid = NewSecret(f"file:{link}", ' pä"ss\\wörd€ % ')
    laid.put()
    laid.drop()
    assert resolve(f"file:{file}") == ' pä"ss\\wörd€ % '
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert link.is_symlink()  # where the file is kept elsewhere, it stays there
    assert sorted(os.listdir(tmp_path)) == sorted([*beside, "link"])


def test_R12_a_new_secret_that_cannot_be_laid_down_leaves_nothing(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for reference in (
        "",
        "env:NAME",
        "file: ",
        f"file:{tmp_path}",
        f"file:{tmp_path / 'pipe'}",
        "file:\0",
        "file:/no/x",
    ):
        with pytest.raises(BadField) as refusal:
            NewSecret(reference, HIDDEN)
        assert refusal.value.field == "password"
        assert HIDDEN not in str(refusal.value)
    beside = sorted(os.listdir(tmp_path))

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(secret.os, "fsync", full)
    with pytest.raises(BadField, match="No space left on device"):
        NewSecret(f"file:{file}", "another")
    assert resolve(f"file:{file}") == HIDDEN
    assert sorted(os.listdir(tmp_path)) == beside


def test_N1_a_command_whose_child_keeps_the_pipe_open_is_not_waited_for() -> None:
    began = time.monotonic()
    assert resolve(f"command:sh -c 'sleep 20 & echo {HIDDEN}'") == HIDDEN
    assert time.monotonic() - began < 2


def test_N1_a_command_that_prints_without_an_end_fills_no_memory() -> None:
    began = time.monotonic()
    assert "printed more than" in problem("command:yes")
    assert time.monotonic() - began < 2


def test_N1_a_keyring_that_nobody_unlocks_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = types.ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]
    keyring = types.ModuleType("keyring")
    keyring.errors = errors  # type: ignore[attr-defined]
    keyring.get_password = lambda service, user: time.sleep(5)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    monkeypatch.setattr(secret, "_COMMAND_SECONDS", 0.2)
    assert "did not answer" in problem("keyring:imap/anna")
