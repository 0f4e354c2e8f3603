"""What of a mail is a file that its writer attached, and what is a part of the mail itself (R5.8, THREATS O7)."""

import pytest

from mail.parse import parse

TEXT = "Content-Type: text/plain\n\nWe come at noon.\n"
PDF = "Content-Type: application/pdf; name=plan.pdf\nContent-Disposition: attachment\n\nPDF\n"
KEY = "Content-Type: application/pgp-keys; name=OpenPGP_0x1.asc\nContent-Disposition: attachment\n\nKEY\n"


def leaf(kind: str, name: str = "") -> str:
    return f"Content-Type: {kind}{f'; name={name}' if name else ''}\n\nX\n"


def of(kind: str, *parts: str, mark: str = "b") -> str:
    """A part with these parts."""
    inside = "".join(f"--{mark}\n{part}" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{mark}"\n\n{inside}--{mark}--\n'


def files(mail: str) -> list[str]:
    """The names, or types, of what its writer attached."""
    parsed = parse(f"From: anna@us.test\nSubject: Re\n{mail}".encode())
    return [file.name or file.type for file in parsed.attachments if not file.technical]


MIXED = of("mixed", TEXT, PDF, mark="m")
TECHNICAL = {
    "S/MIME": of("signed", MIXED, leaf("application/pkcs7-signature", "smime.p7s")),
    "S/MIME of old programs": of("signed", MIXED, leaf("application/x-pkcs7-signature", "smime.p7s")),
    "S/MIME without a type": of("signed", MIXED, leaf("application/octet-stream", "smime.p7s")),
    "PGP": of("signed", MIXED, leaf("application/pgp-signature", "signature.asc")),
    "PGP of Thunderbird": of(
        "signed", of("mixed", MIXED, KEY, mark="k"), leaf("application/pgp-signature", "OpenPGP_signature.asc")
    ),
    "PGP without a name": of("signed", MIXED, leaf("application/pgp-signature")),
    "a list's footer below": of(
        "mixed", of("signed", MIXED, leaf("application/pkcs7-signature", "smime.p7s")), TEXT, mark="l"
    ),
    "taken apart by a list": of("mixed", TEXT, PDF, leaf("application/pkcs7-signature", "smime.p7s")),
    "PGP taken apart": of("mixed", TEXT, PDF, leaf("application/pgp-signature", "signature.asc")),
    "another form": of("mixed", of("alternative", TEXT, leaf("application/rtf"), mark="a"), PDF),
    "another form in pieces": of("mixed", of("alternative", TEXT, leaf("text/x-web-markdown"), mark="a"), PDF),
    "a report": of("report", TEXT, leaf("message/delivery-status"), PDF),
}


@pytest.mark.parametrize("mail", TECHNICAL)
def test_R5_8_what_belongs_to_the_mail_is_no_file_of_its_writer(mail: str) -> None:
    assert files(TECHNICAL[mail]) == ["plan.pdf"]


@pytest.mark.parametrize(
    "mail",
    [
        leaf("application/pkcs7-mime; smime-type=enveloped-data", "smime.p7m"),
        leaf("application/x-pkcs7-mime", "smime.p7m"),
        of("encrypted", leaf("application/pgp-encrypted"), leaf("application/octet-stream", "encrypted.asc")),
        of("mixed", leaf("text/plain"), leaf("application/pkcs7-mime", "smime.p7m")),
    ],
)
def test_O7_a_mail_that_is_signed_or_encrypted_as_a_whole_is_no_file(mail: str) -> None:
    assert files(mail) == []


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (leaf("application/pgp-signature", "setup.exe.sig"), "setup.exe.sig"),
        (leaf("application/pkcs7-signature", "contract.pdf.p7s"), "contract.pdf.p7s"),
        (leaf("application/pkcs7-mime", "contract.pdf.p7m"), "contract.pdf.p7m"),
        (KEY, "OpenPGP_0x1.asc"),
        (leaf("text/calendar", "visit.ics"), "visit.ics"),
        (leaf("text/vcard", "anna.vcf"), "anna.vcf"),
        (leaf("message/rfc822", "offer.eml").replace("X\n", "From: a@x.test\n\nHi\n"), "offer.eml"),
    ],
)
def test_R5_8_what_looks_like_a_part_of_the_mail_and_was_attached_is_a_file(part: str, name: str) -> None:
    assert files(of("mixed", TEXT, part)) == [name]
    if "OpenPGP" not in name:
        assert files(of("signed", of("mixed", TEXT, part, mark="m"), leaf("application/pgp-signature"))) == [name]


def test_R5_8_an_invitation_beside_the_text_is_a_file() -> None:
    assert files(of("alternative", TEXT, leaf("text/calendar; method=REQUEST"))) == ["text/calendar"]


def test_R5_8_a_picture_in_the_text_is_told_apart_from_one_beside_it() -> None:
    html = 'Content-Type: text/html\n\n<img src="cid:1">\n'
    mail = of("mixed", of("related", html, leaf("image/png", "in.png"), mark="r"), leaf("image/png", "by.png"))
    parsed = parse(f"From: anna@us.test\nSubject: Re\n{mail}".encode())
    assert [(file.name, file.inline, file.technical) for file in parsed.attachments] == [
        ("in.png", True, False),
        ("by.png", False, False),
    ]
