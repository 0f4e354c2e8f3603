"""Mail for the intake's benchmarks, put straight into a Maildir.

70% text of 2 to 5 KB, 20% HTML of 10 to 40 KB, 8% with attachments of 100 to 500 KB, 2% odd; of 3,000 senders; 30% are
replies of the sender of an earlier message to it, so that they join its ticket.
"""

import os
import random
from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from itertools import chain

from tests.servers import Dovecot

_WORDS = "printer invoice router password order delivery contract refund meeting server update question please".split()
_REPLIES = (3, 6, 9)
_BIG = 1_000_000_001
_ODD = (
    b"From: =?utf-9?q?b=F6?= <odd%d@x.test>\nSubject: =?no\nContent-Type: text/plain; charset=x-none\n\n\xff caf\xe9",
    b"From odd\nFrom: <odd%d@x.test>\nno field here\nSubject: late\nContent-Type: multipart/mixed; boundary=none\n\nx",
    b"from:odd%d@x.test\nDate: yesterday\nContent-Transfer-Encoding: base64\n\nbm90IGJhc2U2NCE=!! at all",
)


def fill(server: Dovecot, user: str, count: int, *, big: int = 0, plain: bool = False) -> int:
    """Puts so many messages into the user's INBOX, always the same, and one of `big` bytes; their bytes together.

    `plain`: only short text, for very many.
    """
    first = [_attached(random.Random(0), _BIG, big)] if big else []
    return put(server, user, chain(first, messages(count, plain=plain)))


def put(server: Dovecot, user: str, raws: Iterable[bytes], *, number: int = 0) -> int:
    """Puts these messages into the user's INBOX, counted from `number`; their bytes together."""
    owner = (server.folder / "mail").stat()
    box = server.folder / "mail" / user
    for name in ("cur", "new", "tmp"):
        (box / name).mkdir(parents=True, exist_ok=True)
        for folder in (box, box / name):
            os.chown(folder, owner.st_uid, owner.st_gid)
    total = 0
    for place, raw in enumerate(raws, number):
        file = box / "tmp" / f"{1_700_000_000 + place}.{place}.bench"
        file.write_bytes(raw)
        os.chown(file, owner.st_uid, owner.st_gid)
        file.rename(box / "new" / file.name)
        total += len(raw)
    return total


def messages(count: int, *, plain: bool = False) -> Iterator[bytes]:
    """So many messages, always the same."""
    chance = random.Random(1)
    for number in range(count):
        kind = chance.random()
        if not plain and kind < 0.033 and number % 10 not in (0, *_REPLIES):
            yield chance.choice(_ODD) % number
        elif not plain and kind > 0.92:
            yield _attached(chance, number, chance.randint(100_000, 500_000))
        elif not plain and kind > 0.72:
            yield _html(chance, number)
        else:
            mail = _plain(chance, number)
            mail.set_content(_text(chance, chance.randint(2_000, 5_000)))
            yield mail.as_bytes()


def is_reply(number: int) -> bool:
    """Whether the message of this number is a reply; it is one to a message whose number ends in 0."""
    return number % 10 in _REPLIES


def _sender(number: int) -> int:
    return (number // 10 * 7_919 + number % 10 * 331) % 3_000


def _plain(chance: random.Random, number: int) -> EmailMessage:
    mail = EmailMessage()
    about = 10 * chance.randrange((number + 9) // 10) if is_reply(number) else number
    sender = _sender(about)
    mail["From"] = f"Person {sender} <person{sender}@customers{sender % 97}.test>"
    mail["To"] = "support@us.test"
    mail["Date"] = "Mon, 02 Mar 2026 10:00:00 +0000"
    mail["Message-ID"] = f"<{number}@customers.test>"
    if about != number:
        mail["Subject"] = f"Re: Question {about}"
        mail["References"] = f"<lost.{number}@customers.test> <{about}@customers.test>"
    else:
        mail["Subject"] = f"Question {number}"
    for hop in range(5):
        mail["Received"] = (
            f"from relay{hop}.test by mx{hop}.test with ESMTPS id {chance.randrange(10**9)}; Mon, 2 Mar 2026"
        )
    return mail


def _text(chance: random.Random, size: int) -> str:
    words = chance.choices(_WORDS, k=size // 7)
    return "\n".join(" ".join(words[start : start + 12]) for start in range(0, len(words), 12)) + "\n"


def _html(chance: random.Random, number: int) -> bytes:
    mail = _plain(chance, number)
    rows = "".join(
        f"<tr><td class=x style='color:#333'>{_text(chance, 200)}</td></tr>" for _ in range(chance.randint(40, 150))
    )
    mail.set_content(
        f"<html><head><style>p{{color:red}}</style></head><body><table>{rows}</table></body></html>", "html"
    )
    return mail.as_bytes()


def _attached(chance: random.Random, number: int, size: int) -> bytes:
    mail = _plain(chance, number)
    mail.set_content(_text(chance, 1_000))
    mail.add_attachment(chance.randbytes(size), maintype="application", subtype="pdf", filename=f"file {number}.pdf")
    return mail.as_bytes()
