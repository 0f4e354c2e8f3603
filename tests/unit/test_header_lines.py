"""Every address header and subject of ours reads back as what was meant, in every reader (R7.6, O6, RFC 2047)."""

import email
import re
from email import policy
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from imap_tools import MailMessage

from mail import headers
from mail.addresses import mailboxes
from mail.compose import Sender, compose
from mail.span import Span
from store.cleantext import for_mail_line
from tests.unit.test_compose import letter

_SIGNS = [
    *"ab \"'(),:;<>@[]\\=?_.-%&#é漢",
    "=?utf-8?q?a=2Cb?=",
    "=?",
    "?=",
    "\u200c",
    "\u200d",
    "\u00ad",
    "👩‍🔧",
    "שלום",
    "می‌خواهم",
]
_MORE = [
    "\u202e",
    "\u2067",
    "\r\n",
    "\t",
    "\0",
    "\x1b",
    "\ud800",
    "\u00a0",
    "\u3000",
    "  ",
    "Bcc: e@x.test",
    "<e@x.test>",
]
ODD = st.lists(st.sampled_from(_SIGNS + _MORE), max_size=30).map("".join)
NAMES = st.one_of(ODD, st.text(max_size=60))
_USED = ("To", "From", "Reply-To")


def meant(name: str) -> str:
    return headers.unspaced(for_mail_line(name, limit=250))


def names_read(data: bytes, field: str) -> set[tuple[str, str]]:
    """What four readers take for the one name and address of a field, each with its own idea of white space."""
    modern = email.message_from_bytes(data, policy=policy.default)
    old = email.message_from_bytes(data)
    fields, _ = headers.split(Span.of(data))
    found = [[(one.display_name, one.addr_spec) for one in modern[field].addresses]]
    found.append([(str(make_header(decode_header(name))), spec) for name, spec in getaddresses(old.get_all(field, []))])
    found.append([(one.name, one.address) for one in mailboxes(fields.first(field.lower()))])
    if field != "Reply-To":
        read = MailMessage.from_bytes(data)
        found.append([(one.name, one.email) for one in (read.to_values if field == "To" else [read.from_values])])
    assert {len(each) for each in found} == {1}
    return {(" ".join(name.split()), spec) for ((name, spec),) in found}


@given(NAMES)
@example("=?utf-8?q?a=2Cb?=")
@example('"boss@us.test" <evil@y.test>, kelly')
@example("Doe, John (Sales): a;b\\")
@example("漢" * 60)
@example(" \u00a0 ")
@example("=?utf-8?b?" + "4" * 40 + "?= =?x?=")
def test_R7_6_O6_a_name_reads_back_as_it_was_meant_beside_its_one_address(name: str) -> None:
    data = compose(letter(to_name=name, reply_to="support@us.test"), Sender(name, "help@us.test"))
    assert names_read(data, "To") == {(" ".join(meant(name).split()), "kelly@x.test")}
    assert names_read(data, "From") == {(" ".join(meant(name).split()), "help@us.test")}
    assert names_read(data, "Reply-To") == {("", "support@us.test")}


@given(st.one_of(ODD, st.text(max_size=300), st.text("ab é漢", min_size=80, max_size=250)))
@example("x" * 249)
@example("漢字" * 60)
@example("=?utf-8?q?a=2Cb?= =?utf-8?q?c?=")
@example("word " * 45)
def test_R7_6_a_subject_reads_back_as_it_was_meant(subject: str) -> None:
    data = compose(letter(subject=subject), Sender("", "help@us.test"))
    modern = email.message_from_bytes(data, policy=policy.default)
    fields, _ = headers.split(Span.of(data))
    found = {str(modern["Subject"]), MailMessage.from_bytes(data).subject, fields.text("subject")}
    assert {headers.unspaced(text) for text in found} == {meant(subject)}
    head = data.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(map(len, head)) <= 998
    assert all(line.strip() for line in head)
    (written,) = re.findall(rb"(?m)^Subject: .*(?:\r\n .*)*", data.partition(b"\r\n\r\n")[0])
    assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?[bq]\?[^?]*\?=", written))


@pytest.mark.parametrize(
    ("name", "written"),
    [("Kelly O'Brien", "Kelly O'Brien"), ("Sanders, Kelly", '"Sanders, Kelly"'), ('K "x" \\', r'"K \"x\" \\"')],
)
def test_R7_6_a_plain_name_is_written_plainly(name: str, written: str) -> None:
    assert f"To: {written} <kelly@x.test>\r\n".encode() in compose(letter(to_name=name), Sender("", "help@us.test"))


@given(NAMES)
def test_R7_6_a_name_beside_an_address_with_other_letters_reads_back_too(name: str) -> None:
    data = compose(letter(to="jörg@x.test", to_name=name), Sender("", "help@us.test"))
    fields, _ = headers.split(Span.of(data))
    assert [(headers.unspaced(one.name), one.address) for one in mailboxes(fields.first("to"))] == [
        (meant(name), "jörg@x.test")
    ]


@pytest.mark.parametrize("address", ["anna@[IPv6:2001:db8::1]", "anna@[192.0.2.1]"])
def test_R7_6_an_address_at_a_number_is_read_by_our_reader_as_we_write_it(address: str) -> None:
    fields, _ = headers.split(Span.of(compose(letter(to=address), Sender("", "help@us.test"))))
    assert [one.address for one in mailboxes(fields.first("to"))] == [address.lower()]


@pytest.mark.parametrize("written", ["anna@.", "anna@..", "anna@", "@x.test"])
def test_I2_R7_6_what_has_no_domain_is_no_address(written: str) -> None:
    assert mailboxes(f"Anna <{written}>") == []


def test_R7_6_a_long_local_part_is_not_cut() -> None:
    address = f"{'a' * 250}@x.test"
    data = compose(letter(to=address), Sender("", "help@us.test"))
    assert names_read(data, "To") == {("Kelly", address)}


def test_R7_6_what_an_agent_wrote_goes_out_as_written() -> None:
    text = "می‌خواهم 👩‍🔧 Donau\u00addampf\tZug\u200e\u202b\n"
    mail = email.message_from_bytes(compose(letter(body=text), Sender("", "help@us.test")), policy=policy.default)
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        assert text.strip() in part.get_content()
