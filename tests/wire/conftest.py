"""One Dovecot for all tests that ask for it; each takes a mailbox (a user name) of its own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import HAS_DOVECOT, Dovecot, dovecot


@pytest.fixture(scope="session")
def tls_server() -> Iterator[Dovecot]:
    if not HAS_DOVECOT:
        pytest.skip("dovecot is not installed")
    with tempfile.TemporaryDirectory() as folder, dovecot(Path(folder)) as running:
        yield running
