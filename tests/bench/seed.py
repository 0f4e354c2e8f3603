"""Makes a large store fast: recipients, customers and tickets by the hundred thousand.

python -m tests.bench.seed FILE --recipients 1000000
"""

import argparse
import random
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from store.db import open_store, session
from store.services import people

_FIRST = ("Anna Bob Chen Dora Emil Fatou Goran Hana Igor Jana Kofi Lena Milan Nadia Omar Petra Rosa Sven Tara").split()
_LAST = ("Ahmed Berg Costa Diaz Evans Fischer Gupta Horvat Ivanov Jansen Lopez Moreau Novak Okafor Petrov").split()
_COLUMNS = (
    "id, email, email_key, domain, name, name_key, name_edited, customer_id, customer_key, pair_source, shared, "
    "banned, banned_by, ban_reason, denied, tickets, unassigned_tickets, blocked, first_seen, last_message, search, "
    "version"
)


def seed(path: Path, *, recipients: int, customers: int, tickets: int) -> None:
    """Fills a new store at `path`, the same for the same numbers."""
    open_store(str(path))
    with session():
        people.start("anna", "anna@helpdesk.test")
    chance = random.Random(1)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=off")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO partner(id, name, version) VALUES (1, 'Main', 1)")
    names = [f"{chance.choice(_FIRST)} {chance.choice(_LAST)} {n}" for n in range(1, customers + 1)]
    connection.executemany(
        "INSERT INTO customer(id, kind, name, name_key, login, email, billing_email, phone, partner_id, search, "
        "created, version) VALUES (?, ?, ?, ?, ?, ?, '', '', 1, ?, 0, 1)",
        (_customer(n, name) for n, name in enumerate(names, 1)),
    )
    marks = ", ".join("?" * len(_COLUMNS.split(",")))
    rows = _recipients(chance, recipients, names)
    connection.executemany(f"INSERT INTO recipient({_COLUMNS}) VALUES ({marks})", rows)
    connection.executemany(
        "INSERT INTO ticket(id, subject, status, customer_id, requester_id, priority, ticket_group, ticket_type, "
        "note, search, created, updated, version) VALUES (?, ?, 'New', NULL, ?, '', '', '', '', ?, ?, ?, 1)",
        ((n, f"Question {n}", chance.randint(1, recipients), f"question {n}", n, n) for n in range(1, tickets + 1)),
    )
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.close()


def _customer(n: int, name: str) -> tuple[object, ...]:
    kind = "lead" if n % 7 == 0 else "customer"
    email = f"{name.split()[0].lower()}.{n}@customers.test"
    return n, kind, name, name.casefold(), f"login{n}", email, f"{n}\n{name.casefold()}\nlogin{n}\n{email}"


def _recipients(chance: random.Random, count: int, customers: list[str]) -> Iterator[tuple[object, ...]]:
    for n in range(1, count + 1):
        first, last = chance.choice(_FIRST), chance.choice(_LAST)
        email = f"{first.lower()}.{last.lower()}{n}@mail{n % 997}.test"
        name = f"{first} {last}"
        paired = chance.randrange(len(customers)) if customers and n % 3 == 0 else None
        key = "" if paired is None else customers[paired].casefold()
        search = "\n".join(filter(None, (email, name.casefold(), key)))
        domain = email.rpartition("@")[2]
        identity = None if paired is None else paired + 1
        flags = (int(n % 50 == 0), int(n % 31 == 0))
        yield (n, email, email, domain, name, name.casefold(), 0, identity, key, "agent" if paired else "", flags[0],
               flags[1], "", "", int(n % 97 == 0), 0, 0, 0, n * 1_000_000, n * 1_000_000, search, 1)  # fmt: skip


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--recipients", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--tickets", type=int, default=100_000)
    wanted = parser.parse_args()
    start = time.perf_counter()
    seed(wanted.file, recipients=wanted.recipients, customers=wanted.customers, tickets=wanted.tickets)
    print(f"{wanted.file}: {wanted.recipients} recipients in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
