"""Reading is total and bounded: in time, depth, number and size, whatever the bytes (D11, D13)."""

import time
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mail.addresses import mailboxes
from mail.charsets import decode
from mail.headers import decode_words, parameters
from mail.html import to_text
from mail.parse import attachment_content, parse
from store.cleantext import storable
from store.rules.message import Parsed

HEAD = b"From: a@b.test\nSubject: x\nMessage-ID: <1@b.test>\n"
HTML = HEAD + b"Content-Type: text/html\n\n"
SECONDS = 5.0  # most take milliseconds; without the bounds these take from half a minute to days


def nested(levels: int) -> bytes:
    inner = b"Content-Type: text/plain\n\ndeep"
    for level in range(levels):
        mark = b"b%d" % level
        inner = b"Content-Type: multipart/mixed; boundary=%b\n\n--%b\n%b\n--%b--\n" % (mark, mark, inner, mark)
    return HEAD + inner


HOSTILE = {
    "a semicolon 60,000 times": HEAD + b"Content-Type: " + b";" * 60_000 + b"\n\nhi",
    "an open quote 15,000 times": HEAD + b"Content-Type: text/plain" + b';a="' * 15_000 + b"\n\nhi",
    "a line of 200,000 returns in broken base64": HEAD
    + b"Content-Transfer-Encoding: base64\n\n"
    + b"\r" * 200_000
    + b"!\n",
    "a line of 200,000 tabs in broken base64": HEAD
    + b"Content-Transfer-Encoding: base64\n\n"
    + b"\t" * 200_000
    + b" !\n",
    "an open comment 60,000 times": b"From: " + b"(" * 60_000 + b"\n\nhi",
    "a sender of one endless word": b"From: " + b"a" * 60_000 + b"\n\nhi",
    "a sender of at signs": b"From: " + b"a@" * 30_000 + b"\n\nhi",
    "a thousand senders": b"".join(b"From: " + b"a@b," * 240 + b"\n" for _ in range(900)) + b"\nhi",
    "encoded words without end": b"Subject: " + b"=?x?q? " * 9_000 + b"\n\nhi",
    "encoded words in invented charsets": b"Subject: " + b"".join(b"=?c%d?q?a?= " % n for n in range(4_500)) + b"\n\n",
    "twenty million newlines": b"\n" * 20_000_000,
    "a thousand levels": nested(1_000),
    "fifty thousand parts": HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nhi\n" * 50_000,
    "almost a boundary": HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\n" + b"--xy\n" * 500_000,
    "html: deep": HTML + b"<div>" * 190_000,
    "html: attributes": HTML + b"<a " + b"".join(b"a%d=1 " % n for n in range(100_000)) + b">x</a>",
    "html: attributes behind a quote": HTML + b'<a x="<" ' + b"".join(b"a%d " % n for n in range(100_000)) + b">x</a>",
    "html: formatting that is opened again": HTML + b"".join(b"<b id=%d>" % n for n in range(140)) + b"<p>x" * 60_000,
    "html: a link that is opened again": HTML + b'<a href="http://' + b"x" * 5_000 + b'">' + b"<p>x" * 100_000,
    "html: less-than": HTML + b"<" * 900_000,
    "html: titles that never end": HTML + b"<title>x" * 110_000,
    "html: comments that never end": HTML + b"<!--" * 220_000,
    "uuencode that never ends": HEAD + b"\n" + b"begin 644 x\n" * 400_000,
    "wrapped quotes": HEAD + b"Content-Type: text/plain; format=flowed\n\n" + b">> a \n" * 800_000,
    "stand-ins": HEAD
    + b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nhi\n"
    + (b"--b\nContent-Type: text/html\n\n" + b"<style>" * 500) * 900,
    "html: open quotes": HTML + b'<a "' * 240_000,
    "base64 with noise": HEAD + b"Content-Transfer-Encoding: base64\n\n" + (b"QUJD" * 19 + b"!\n") * 60_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_D13_no_message_takes_long_to_read(raw: bytes) -> None:
    began = time.process_time()
    parse(raw)
    assert time.process_time() - began < SECONDS


def test_D13_memory_stays_near_the_messages_size() -> None:
    raw = HEAD + b"Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n"
    raw += (b"QUJD" * 19 + b"\n") * 100_000
    tracemalloc.start()
    try:
        parsed = parse(raw)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(raw)
    finally:
        tracemalloc.stop()
    assert parsed.attachments[0].size == 57 * 100_000


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (nested(60), "deeper than 50"),
        (HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nhi\n" * 1_001, "1000 parts"),
        (HEAD + b"X-A: b\n" * 1_000 + b"\nhi", "1000 header fields"),
        (HEAD + b"X-A: " + b"b" * 65_537 + b"\n\nhi", "larger than 65536 bytes"),
        (HEAD + (b"X-A: " + b"b" * 60_000 + b"\n") * 17 + b"\nhi", "larger than 1000000 bytes"),
    ],
)
def test_D13_what_is_beyond_the_bounds_is_said_and_the_rest_is_read(raw: bytes, words: str) -> None:
    parsed = parse(raw)
    assert words in parsed.unreadable
    assert (parsed.sender, parsed.subject, parsed.message_id) == ("a@b.test", "x", "<1@b.test>")
    assert parsed.fingerprint == ""  # what differs behind the bound would pass for a duplicate


@pytest.mark.parametrize(
    "raw",
    [
        nested(49),
        HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nhi\n" * 1_000 + b"--x--\n",
        HEAD + b"X-A: b\n" * 997 + b"\nhi",
        HEAD + b"X-A: " + b"b" * 65_000 + b"\n\nhi",
    ],
)
def test_D13_what_is_within_the_bounds_is_readable(raw: bytes) -> None:
    assert parse(raw).unreadable == ""


def test_D11_a_fault_of_the_reader_still_gives_all_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mail.bodies.to_text", lambda markup: 1 / 0)
    parsed = parse(HTML + b"<p>words")
    assert (parsed.sender, parsed.subject) == ("a@b.test", "x")
    assert "ZeroDivisionError" in parsed.unreadable
    assert "<p>words" in parsed.text


PIECES = st.sampled_from(
    [
        b"From: ",
        b"Subject: =?utf-8?q?=00=ED=A0=80?=",
        b"Message-ID: ",
        b"Date: ",
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Type: text/html\n",
        b"Content-Type: text/plain; charset=utf-7\n",
        b"Content-Type: message/rfc822\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: quoted-printable\n",
        *(b"\n--b\n", b"\n--b--\n", b"\n\n", b"\r", b"<p>", b'"', b"\0", b"\xff", b"+2AA-", b"&#xD800;"),
        *(b"<a@b.test>", b"filename*0*=", b"=?utf-7?q?+2AA-?="),
    ]
)


def texts(parsed: Parsed) -> list[str]:
    lists = (parsed.to, parsed.cc, parsed.references, parsed.in_reply_to, [a.name for a in parsed.attachments])
    single = (parsed.sender, parsed.sender_name, parsed.subject, parsed.message_id, parsed.text, parsed.unreadable)
    return [*single, *(text for many in lists for text in many)]


@given(
    st.one_of(st.binary(max_size=600), st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=25).map(b"".join))
)
@example(b"From: a@b.test\nContent-Type: text/plain; charset=utf-7\n\n+2AA-")
@example(b"From: a@b.test\nContent-Type: text/html\n\n&#xD800;&#0;")
@example(b"From: a@b.test\nSubject: \xed\xa0\x80\0=?utf-8?q?=00?=\n\nx")
def test_R5_3_reading_never_fails_and_what_is_read_can_be_stored(raw: bytes) -> None:
    parsed = parse(raw)
    assert "parser met" not in parsed.unreadable
    for text in texts(parsed):
        assert storable(text) == text
    for attached in parsed.attachments:
        assert len(attachment_content(raw, attached.part)) == attached.size


@given(st.text(max_size=300))
@example("=?utf-8?q?")
@example('"')
def test_R5_3_the_readers_of_one_field_never_fail(text: str) -> None:
    decode_words(text)
    parameters(text)
    to_text(text)
    assert all(mailbox.address and len(mailbox.name) <= 500 for mailbox in mailboxes(text))


@given(st.text(), st.sampled_from(["utf-8", "utf-16", "utf-7", "cp1252", "cp932", "koi8-r", "gb18030", "big5"]))
def test_R5_3_text_in_the_charset_that_it_names_is_read_exactly(text: str, charset: str) -> None:
    try:
        data = text.encode(charset)
    except UnicodeError:
        return
    if data.decode(charset) == text:
        assert decode(data, charset) == storable(text).removeprefix("\ufeff")
