"""What cannot be read here is said, and what a signed message holds is read (R5.6; THREATS D11, D13)."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.cms import signed_content
from mail.parse import attachment_content, parse
from store.rules.remarks import ENCRYPTED, remark

CORPUS = Path(__file__).parent.parent / "corpus"
# EnvelopedData, whatever it holds
ENVELOPED = "MCsGCSqGSIb3DQEHA6AeMBwCAQAxADAVBgkqhkiG9w0BBwEwCAYGKoUDAgIV"
OUTLOOK = "in a winmail.dat, which only Outlook reads; ask its sender for a message in HTML or plain text."
PGP = "-----BEGIN PGP MESSAGE-----\n\nhQEMAyMs\n-----END PGP MESSAGE-----\n"


def mail(kind: str, body: str = "", **more: str) -> bytes:
    fields = {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in more.items()}}
    head = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return f"From: a@b.test\nSubject: s\n{head}\n{body}".encode()


def mixed(*parts: str) -> bytes:
    body = "".join(f"--b\n{part}\n" for part in parts)
    return mail('multipart/mixed; boundary="b"', f"{body}--b--\n")


PICTURE = 'Content-Type: image/png; name="a.png"\nContent-Transfer-Encoding: base64\n\nUE5H'
TNEF = "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\neJ8+Ig=="
CASES = [
    (mail("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", ENVELOPED), ENCRYPTED),
    (mail("application/x-pkcs7-mime; name=smime.p7m", ENVELOPED, Content_Transfer_Encoding="base64"), ENCRYPTED),
    (mail("application/octet-stream; name=smime.p7m", ENVELOPED, Content_Transfer_Encoding="base64"), ENCRYPTED),
    (
        mail(
            'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"',
            "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n"
            f"--b\nContent-Type: application/octet-stream\n\n{PGP}\n--b--\n",
        ),
        ENCRYPTED,
    ),
    (mail("text/plain", PGP), ENCRYPTED),
    (mail("text/plain", f"Hello\n\n> {PGP}"), ENCRYPTED),
    (mail("text/plain", "-----BEGIN PGP SIGNED MESSAGE-----\n\nHello\n"), ""),
    (
        mixed(TNEF),
        f"This message is packed {OUTLOOK}",
    ),
    (
        mixed("\nHello", TNEF),
        f"Its files are packed {OUTLOOK}",
    ),
    (mixed(PICTURE), "This message has no text, only pictures: a.png."),
    (mixed(PICTURE, PICTURE.replace("a.png", "b.png")), "This message has no text, only pictures: a.png, b.png."),
    (
        mail("image/jpeg", "JPEG", Content_Disposition='inline; filename="b.jpg"'),
        "This message has no text, only pictures: b.jpg.",
    ),
    (
        mixed('Content-Type: text/html\n\n<img src="data:image/gif;base64,R0lGODdh">'),
        "This message has no text, only pictures: picture-1.gif.",
    ),
    (
        mixed("Content-Type: text/calendar\n\nBEGIN:VCALENDAR"),
        "This message has no text, only an invitation: one without a name (text/calendar).",
    ),
    (
        mixed(*[f'Content-Type: application/pdf; name="{n}.pdf"\n\n%PDF' for n in range(7)]),
        "This message has no text, only files: 0.pdf, 1.pdf, 2.pdf, 3.pdf, 4.pdf and 2 more.",
    ),
    (
        mixed(PICTURE, 'Content-Type: application/pdf; name="c.pdf"\n\n%PDF'),
        "This message has no text, only files: a.png, c.pdf.",
    ),
    (mail("text/plain", " \n\n"), "This message is empty: it has no text and no files."),
    (mail("text/html", "<p>&nbsp;</p>"), "This message is empty: it has no text and no files."),
    (mixed("\nHello", PICTURE), ""),
]


@pytest.mark.parametrize(("raw", "said"), CASES)
def test_R5_6_a_message_without_text_says_why(raw: bytes, said: str) -> None:
    read = parse(raw)
    assert remark(read.text, [(file.name, file.type) for file in read.attachments]) == said


def test_R5_6_the_numbers_of_what_is_kept_already_stay_though_a_signed_part_is_opened() -> None:
    whole = (CORPUS / "smime-signed-whole.eml").read_bytes()
    head, _, body = whole.partition(b"\n\n")
    signed = head[head.index(b"Content-Type") if b"Content-Type" in head else 0 :] + b"\n\n" + body
    raw = mail('multipart/mixed; boundary="b"') + b"--b\n" + signed + b"\n--b\n" + PICTURE.encode() + b"\n--b--\n"
    found = {file.name: file.part for file in parse(raw).attachments}
    assert found == {"a.png": 1, "plan.pdf": 3}
    assert attachment_content(raw, 1) == b"PNG"
    assert attachment_content(raw, 3) == b"%PDF"
    assert attachment_content(raw, 0)[:1] == b"0"


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content).to_bytes(4, "big")
    return bytes([tag, 0x84]) + size + content


def signed(content: bytes) -> bytes:
    oid = bytes.fromhex("06092a864886f70d0107")
    inside = tlv(0x30, oid + b"\1" + tlv(0xA0, content))
    return tlv(0x30, oid + b"\2" + tlv(0xA0, tlv(0x30, tlv(2, b"\1") + tlv(0x31, b"") + inside + tlv(0x31, b""))))


@given(st.lists(st.binary(max_size=20), max_size=5), st.integers(0, 4))
def test_R5_6_an_octet_string_in_parts_is_put_together(parts: list[bytes], deep: int) -> None:
    content = b"".join(tlv(4, part) for part in parts)
    for _ in range(deep + 1):
        content = b"\x24\x80" + content + b"\0\0"
    assert signed_content(signed(content)) == b"".join(parts)
    assert signed_content(signed(tlv(0x24, tlv(4, b"a") + tlv(0x24, tlv(4, b"b"))))) == b"ab"


@given(
    st.one_of(
        st.binary(max_size=200), st.builds(bytes.__add__, st.just(b"0\x80\6\x09*\x86H\x86\xf7\r\1\7\2"), st.binary())
    )
)
def test_D11_bytes_that_are_no_signed_data_hold_none(data: bytes) -> None:
    assert signed_content(data) is None


@pytest.mark.parametrize(
    "data",
    [signed(b"\x24\x80" * 200_000), b"\x30\x80" * 400_000, signed(tlv(4, b"a"))[:-9], signed(b"\x24\x82\xff\xff\4\1a")],
)
def test_D13_signed_data_is_never_too_deep_nor_too_long(data: bytes) -> None:
    assert signed_content(data) is None


def test_D13_the_pictures_of_a_page_are_bounded() -> None:
    page = '<img src="data:image/png;base64,UE5H">' * 3_000
    assert len(parse(mail("text/html", page)).attachments) == 100
