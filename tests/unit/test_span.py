"""Messages are walked without copies, also in a file; contents come in pieces (THREATS D12)."""

import base64
import mmap
import quopri
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import span, transfer
from mail.parse import parse
from mail.span import Span, mapped
from mail.transfer import decoded_body, decoded_pieces


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "_AT_ONCE", 10)
    monkeypatch.setattr(transfer, "_PIECE", 7)


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "7bit", "x-unknown"])
def test_D12_pieces_make_up_what_the_whole_is(encoding: str) -> None:
    for size in range(60):
        content = bytes(range(size)) * 3
        body = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(encoding, bytes)(content)
        for around in (b"", b"xx"):
            part = Span(around + body + around, len(around), len(around) + len(body))
            assert b"".join(decoded_pieces(part, encoding)) == decoded_body(body, encoding)


@pytest.mark.usefixtures("in_pieces")
def test_R5_3_broken_base64_in_pieces_is_read_as_if_whole() -> None:
    broken = base64.encodebytes(b"Hello dear world, how are you?") + b"\n-- written under it\n"
    assert b"".join(decoded_pieces(Span.of(broken), "base64")) == decoded_body(broken, "base64")


@given(
    st.lists(st.sampled_from([b"--b", b"--b--", b"\r\n", b"\n", b"A: b", b"text", b" ", b"Content-Type: text/html"]))
)
def test_R5_3_a_message_within_a_larger_one_is_parsed_as_by_itself(pieces: list[bytes]) -> None:
    raw = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + b"".join(pieces)
    outer = b"Subject: y\r\nContent-Type: multipart/mixed; boundary=OUTER\r\n\r\n--OUTER\r\n\r\nfirst\r\n--OUTER\r\n"
    inner = raw.split(b"\r\n", 1)[1]
    nested = parse(outer + inner + b"\r\n--OUTER--\r\n")
    alone = parse(b"X: y\r\n" + inner)
    assert nested.text.split() == ["first", *alone.text.split()]


def test_R5_3_parts_are_found_by_the_first_mark_when_the_boundary_is_not_told() -> None:
    plain, html = b"--in\r\n\r\nplain\r\n", b"--in\r\nContent-Type: text/html\r\n\r\n<p>html\r\n"
    inner = b"Content-Type: multipart/alternative\r\n\r\n" + plain + html + b"--in--\r\n"
    raw = b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n" + inner + b"--o--\r\n"
    assert parse(raw).text == "plain"


def test_D12_a_message_in_a_file_is_walked_there(tmp_path: Path) -> None:
    file = tmp_path / "m.eml"
    file.write_bytes(b"Subject: x\r\n\r\nGood morning.")
    with file.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content:
        whole = Span.of(content)
        assert (whole.head(7), bytes(whole.cut(14)), whole.is_blank()) == (b"Subject", b"Good morning.", False)
        assert Span(content, 10, 14).is_blank()


def test_D12_a_file_is_looked_through_window_by_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span, "_WINDOW", 4_096)
    content = b"x" * 4_090 + b"--mark--" + b"y" * 9_000 + b"--mark--"
    file = tmp_path / "m.eml"
    file.write_bytes(content)
    with mapped(file) as whole:
        assert [whole.find(b"--mark--", start) for start in (0, 4_091, 13_099)] == [4_090, 13_098, -1]
        assert whole.cut(0, 13_100).find(b"--mark--", 4_091) == -1
        assert b"".join(whole.pieces(5_000)) == content
