"""Mutated mail through the reader, the cleaners and the composer; prints JSON, exits 1 if anything went wrong.

    python -m tests.bench.fuzz                              (200,000 mails, some 20 minutes on one core)
    python -m tests.bench.fuzz --mails 2000 --seed 7
    python -m tests.bench.fuzz --seed 7 --only 1234         (the mail of that number once more; --show prints it)

Each mail is one of `tests/corpus`, or two of them spliced, mutated one to eight times: bytes turned, cut, doubled,
moved, other charsets, encodings and boundaries, pieces of syntax put in.  Wrong is: an exception, caught or not, a mail
that takes the processor longer than `--most-seconds`, an attachment that is not found again, a text that no database
can keep or that a terminal must not see, and a reply to its sender that does not read back as one to one address.
"""

import argparse
import json
import logging
import random
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mail import headers
from mail.addresses import mailboxes
from mail.compose import Sender, compose
from mail.parse import attachment_content, parse
from mail.span import Span
from store.cleantext import as_json, clean, for_file, storable
from store.rules.addresses import looks_like_address
from store.rules.message import Parsed
from store.rules.remarks import remark
from store.services.outbox import Letter

_CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.eml"))
_LARGEST = 300_000  # bytes: mutations may double a mail, and larger ones say nothing new
_PIECES = (
    *(
        b"\r\n\r\n",
        b"\n\n",
        b"\r",
        b"\0",
        b"\x1b$B",
        b"\x1b(B",
        b"\x1b$)C",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x80",
        b"\xc3",
    ),
    *(b"=?utf-8?q?=C3=B6?=", b"=?iso-2022-jp?b?GyRC?=", b"=?utf-8?b?", b"?=", b"=?", b"=3D=\n", b"=\n", b"=C3=\r\n"),
    *(b"\n--b\n", b"\n--b--\n", b"Content-Type: multipart/mixed; boundary=b\n", b"boundary=", b"; ", b'"', b"(", b")"),
    *(b"<", b">", b"@", b",", b";", b":", b"\\", b"((((((((", b"<a@b.test>", b"begin 644 x\n", b"\nend\n", b"From "),
    *(b"Content-Type: application/pkcs7-mime\n", b"0\x80\x06\x09*\x86H\x86\xf7\r\x01\x07\x02\xa0\x80", b"$\x80$\x80"),
    *(b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n", b"charset=utf-16\n"),
    *(b"<img src='data:image/png;base64,UE5H'>", b"<table><tr><td>", b"</", b"<!--", b"&#x202e;", b"&#0;", b"<style>"),
    *(
        "\u202e\u200d\u0301".encode(),
        "👩\u200d🔧".encode(),
        b"\xed\xa0\x80",
        "漢字".encode("cp932"),
        "漢字".encode("gb18030"),
    ),
)
_CHARSETS = (
    b"utf-8 us-ascii iso-8859-1 iso-2022-jp shift_jis euc-jp gb2312 big5 ks_c_5601-1987 koi8-r windows-1251 utf-7 "
    b"utf-16 iso-2022-kr hz-gb-2312 unknown-8bit x-nonsense idna unicode_escape"
).split()
_KINDS = (
    b"text/plain text/html multipart/mixed multipart/alternative multipart/signed multipart/encrypted multipart/report "
    b"application/pkcs7-mime application/ms-tnef message/rfc822 message/delivery-status text/calendar image/png x"
).split()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, metavar="N", help="begin with the mail of this number")
    parser.add_argument("--only", type=int, metavar="N", help="the mail of this number alone")
    parser.add_argument("--show", action="store_true", help="print the mail of --only")
    parser.add_argument("--most-seconds", type=float, default=5.0, help="what one mail may take (THREATS D11: 30)")
    wanted = parser.parse_args()
    logging.disable()  # the reader logs what it catches; it is counted here
    seeds = [path.read_bytes() for path in _CORPUS]
    numbers = range(wanted.first, wanted.first + wanted.mails) if wanted.only is None else [wanted.only]
    if wanted.show and wanted.only is not None:
        sys.stdout.buffer.write(mutated(seeds, f"{wanted.seed}:{wanted.only}"))
    told = _run(seeds, wanted.seed, numbers, wanted.most_seconds)
    print(json.dumps({"mails": len(numbers), "seed": wanted.seed, **told}))
    sys.exit(1 if told["wrong"] else 0)


def _run(seeds: list[bytes], seed: int, numbers: Any, most_seconds: float) -> dict[str, Any]:
    wrong: list[str] = []
    kinds: Counter[str] = Counter()
    slowest, slowest_number = 0.0, -1
    began = time.perf_counter()
    for number in numbers:
        raw = mutated(seeds, f"{seed}:{number}")
        start = time.process_time()
        try:
            kinds[_judged(raw)] += 1
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is told, and the others go on
            wrong.append(f"{number}: {type(fault).__name__}: {clean(fault, limit=200)}")
        took = time.process_time() - start
        if took > slowest:
            slowest, slowest_number = took, number
        if took > most_seconds:
            wrong.append(f"{number}: it took {took:.1f} s")
    seconds = time.perf_counter() - began
    return {
        "seconds": round(seconds),
        "mails_a_second": round(len(numbers) / seconds),
        "slowest_ms": round(slowest * 1_000),
        "slowest": slowest_number,
        **kinds,
        "wrong": len(wrong),
        "first_wrong": wrong[:20],
    }


def mutated(seeds: list[bytes], seed: str) -> bytes:
    """The mail of this seed, always the same."""
    chance = random.Random(seed)
    raw = chance.choice(seeds)
    if chance.random() < 0.2:
        other = chance.choice(seeds)
        raw = raw[: chance.randrange(len(raw) + 1)] + other[chance.randrange(len(other) + 1) :]
    for _ in range(chance.randint(1, 8)):
        raw = chance.choice(_MUTATIONS)(raw, chance)[:_LARGEST]
    return raw


def _turned(raw: bytes, chance: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(chance.randint(1, 12) if data else 0):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def _stretch(raw: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(raw) + 1)
    return start, min(len(raw), start + chance.choice((1, 3, 20, 200, 5_000)))


def _without(raw: bytes, chance: random.Random) -> bytes:
    start, end = _stretch(raw, chance)
    return raw[:start] + raw[end:]


def _repeated(raw: bytes, chance: random.Random) -> bytes:
    start, end = _stretch(raw, chance)
    return raw[:end] + raw[start:end] * chance.choice((1, 2, 50, 1_000)) + raw[end:]


def _moved(raw: bytes, chance: random.Random) -> bytes:
    start, end = _stretch(raw, chance)
    rest = raw[:start] + raw[end:]
    place = chance.randrange(len(rest) + 1)
    return rest[:place] + raw[start:end] + rest[place:]


def _with_piece(raw: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(raw) + 1)
    return raw[:place] + chance.choice(_PIECES) * chance.choice((1, 1, 1, 2, 40, 3_000)) + raw[place:]


def _cut(raw: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randrange(len(raw) + 1)]


def _swapped(raw: bytes, chance: random.Random) -> bytes:
    lines = raw.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _said_otherwise(raw: bytes, chance: random.Random) -> bytes:
    """Another charset or type than the mail says."""
    words, others = chance.choice(((_CHARSETS, _CHARSETS), (_KINDS, _KINDS)))
    found = [word for word in words if word in raw]
    return raw.replace(chance.choice(found), chance.choice(others), chance.choice((1, -1))) if found else raw


def _in_another(raw: bytes, chance: random.Random) -> bytes:
    """As a part of another mail, one of whose parts are pictures, or signed."""
    kind = chance.choice(_KINDS)
    return b"From: a@b.test\nSubject: x\nContent-Type: " + kind + b"; boundary=b\n\n--b\n" + raw + b"\n--b--\n"


_MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_turned, _turned, _without, _repeated, _moved, _with_piece, _with_piece, _with_piece),
    *(_cut, _swapped, _said_otherwise, _said_otherwise, _in_another),
)


def _judged(raw: bytes) -> str:
    """Reads a mail, and does with it what is done with mail; `read` or `unreadable`.  Raises whatever is wrong."""
    read = parse(raw)
    if read.unreadable.startswith("the parser met"):
        raise AssertionError(read.unreadable)
    for file in (*read.attachments[:2], *read.attachments[-1:]):  # each is looked for through the whole mail
        assert len(attachment_content(raw, file.part)) == file.size, "an attachment is not found again"
    for text in (read.sender, read.sender_name, read.subject, read.text):
        assert storable(text) == text, "a text cannot be kept"
        shown = clean(text, one_line=False, limit=None)
        assert clean(shown, one_line=False, limit=None) == shown, "a text is not clean"
        assert all(unicodedata.category(char) not in ("Cc", "Cs") for char in {*shown} - {"\n"}), (
            "a terminal is commanded"
        )
        assert for_file(for_file(text)) == for_file(text), "a file's text is not fit"
        assert json.loads(as_json(text)) == text, "JSON lost something"
    remark(read.text, [(file.name, file.type) for file in read.attachments])
    if looks_like_address(read.sender):
        _answered(read)
    return "unreadable" if read.unreadable else "read"


def _answered(read: Parsed) -> None:
    data = compose(_letter(read), Sender(read.sender_name, "help@us.test"))
    fields, _ = headers.split(Span.of(data))
    found = [mailbox for value in fields.all("to") for mailbox in mailboxes(value)]
    assert len(found) == 1, "a reply has more than one address, or none"


def _letter(read: Parsed) -> Letter:
    return Letter(
        id=1,
        event="new_message_customer",
        ticket=1,
        to=read.sender,
        to_name=read.sender_name,
        subject=read.subject,
        body=read.text[:20_000],
        message_id="<1@us.test>",
        in_reply_to=read.message_id,
        references=" ".join(read.references),
        reply_to="help@us.test",
        automatic=False,
        audience="customer",
        tries=1,
        expires=None,
        uncertain=False,
        attachments_of=None,
    )


if __name__ == "__main__":
    main()
