"""The worker's copy of the store, and the store that is put back from it (THREATS D7)."""

import shutil
from pathlib import Path

from mail.demo.server import MailServer
from store.services import backup
from tests.helpdesk import ANNA, USER, add_inbox, count, helpdesk, program, wait_until
from tests.servers import PASSWORD, message


def test_D7_the_worker_makes_the_copy(tmp_path: Path) -> None:
    with helpdesk(tmp_path) as url, program(url, "worker"):
        wait_until((tmp_path / "helpdesk.db.backup").exists, 20)


def test_D7_a_store_that_is_put_back_fetches_what_has_come_since_and_nothing_twice(tmp_path: Path) -> None:
    with MailServer({USER: PASSWORD}) as server:
        with helpdesk(tmp_path) as url:
            add_inbox(server.imap_port)
            _deliver(server, "early1", "early2")
            _poll(url)
            copy = backup.copy_to(ANNA)
        _deliver(server, "late1", "late2", "late3")
        _poll(url)
        assert count(tmp_path, "ticket") == 5
        store = tmp_path / "helpdesk.db"
        for file in (store, Path(f"{store}-wal"), Path(f"{store}-shm")):
            file.unlink(missing_ok=True)
        shutil.copy(copy, store)
        assert count(tmp_path, "ticket") == 2
        _poll(url)
    assert count(tmp_path, "ticket") == 5
    assert count(tmp_path, "recipient", "email LIKE 'late%'") == 3


def _deliver(server: MailServer, *names: str) -> None:
    for name in names:
        server.deliver(USER, message(f"{name}@x.test", f"Hello from {name}"))


def _poll(url: str) -> None:
    with program(url, "poll", "--once") as running:
        assert running.wait(30) == 0
