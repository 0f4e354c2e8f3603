"""S6: from where somebody works, as sshd says it."""

import os
from pathlib import Path

import pytest

from tui.origin import origin

KEY = "publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2Nb3r7Z5sVw1rC1Y4yB6ZQm6b3hY0dWf9h0sZ0c1Xk"


@pytest.mark.parametrize(
    ("connection", "told"),
    [
        ("", ""),
        ("192.0.2.7 50022 192.0.2.1 22", " from 192.0.2.7"),
        ("2001:db8::7 50022 2001:db8::1 22", " from 2001:db8::7"),
        ("fe80::1%eth0 50022 fe80::2%eth0 22", " from fe80::1"),
        ("\x1b[31mevil 1 2 3", ""),
        ("anna", ""),
    ],
)
def test_S6_the_address_of_the_connection(monkeypatch: pytest.MonkeyPatch, connection: str, told: str) -> None:
    monkeypatch.setenv("SSH_CONNECTION", connection)
    monkeypatch.delenv("SSH_USER_AUTH", raising=False)
    assert origin() == f"uid {os.getuid()}{told}"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (f"{KEY}\n", " with SHA256:"),
        (f"keyboard-interactive/pam\n{KEY} x\n", " with SHA256:"),
        ("password\n", ""),
        ("publickey\n", ""),
        ("publickey ssh-ed25519 \x1b[2J\n", ""),
    ],
)
def test_S6_the_key_that_was_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lines: str, told: str) -> None:
    (tmp_path / "auth").write_text(lines)
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setenv("SSH_USER_AUTH", str(tmp_path / "auth"))
    said = origin()
    assert said.startswith(f"uid {os.getuid()}{told}")
    assert len(said) == len(f"uid {os.getuid()}{told}") + (43 if told else 0)
    monkeypatch.setenv("SSH_USER_AUTH", str(tmp_path / "gone"))
    assert origin() == f"uid {os.getuid()}"
