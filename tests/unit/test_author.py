"""Who wrote, where an inbox, a form, a list or a group stands in the address fields (R5.9, R4.12)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.parse import Reading, parse
from store.rules.addresses import OwnAddresses, address_key
from store.rules.message import Parsed

OWN = OwnAddresses(
    inboxes=frozenset({"support@us.test", "sales@us.test"}),
    administrators=frozenset({"anna@us.test", "admin@us.test"}),
    sender="robot@us.test",
)
KELLY = "kelly@x.test"


def read(fields: str, header: str = "From", own: OwnAddresses = OWN, trusted: tuple[str, ...] = ()) -> Parsed:
    return parse(f"{fields}\nSubject: Help\n\nText.\n".encode(), Reading(header, trusted, own=own))


@pytest.mark.parametrize(
    ("reply_to", "sender", "used"),
    [
        ("support@us.test", KELLY, "From"),
        ("Support@US.TEST", KELLY, "From"),
        ("Sales <sales@us.test>", KELLY, "From"),
        ("support+ticket12@us.test", KELLY, "From"),
        ("admin@us.test", KELLY, "From"),
        ("robot@us.test", KELLY, "From"),
        ("undisclosed:;", KELLY, "From"),
        ("", KELLY, "From"),
        ("not an address", KELLY, "From"),
        ("bob@y.test, ann@z.test", KELLY, "From"),
        ("bob@y.test, support@us.test", "bob@y.test", "Reply-To"),
        ("bob@y.test", "bob@y.test", "Reply-To"),
    ],
)
def test_R5_9_a_reply_to_that_is_ours_or_unusable_falls_back_to_from(reply_to: str, sender: str, used: str) -> None:
    parsed = read(f"From: Kelly <{KELLY}>\nReply-To: {reply_to}", "Reply-To")
    assert (parsed.sender, parsed.sender_header) == (sender, used)


@pytest.mark.parametrize("ours", ["support@us.test", "Sales Team <SALES@us.test>", "robot@us.test"])
def test_R5_9_a_forms_mail_from_an_address_of_ours_is_the_visitors(ours: str) -> None:
    parsed = read(f"From: {ours}\nReply-To: Kelly <{KELLY}>")
    assert (parsed.sender, parsed.sender_name, parsed.sender_header) == (KELLY, "Kelly", "Reply-To")
    assert parsed.authentication == "none"
    for reply_to in ("", "Reply-To: sales@us.test", "Reply-To: anna@us.test", "Reply-To: a@x.test, b@x.test"):
        parsed = read(f"From: {ours}\n{reply_to or 'X-Mailer: x'}")
        assert (parsed.sender_header, OWN.has(address_key(parsed.sender))) == ("From", True)


@pytest.mark.parametrize("to", ["To: Info <info@us.test>", "X-Original-To: info@us.test", "Delivered-To: info@us.test"])
def test_R5_9_an_alias_of_an_inbox_is_ours_in_the_mail_that_came_to_it(to: str) -> None:
    form = read(f"From: info@us.test\n{to}\nReply-To: Kelly <{KELLY}>")
    assert (form.sender, form.sender_header, form.authentication) == (KELLY, "Reply-To", "none")
    assert read(f"From: {KELLY}\n{to}\nReply-To: info@us.test", "Reply-To").sender == KELLY
    # else it is somebody's: alone, addressed to others, of another domain, an administrator's
    assert read(f"From: info@us.test\n{to}").sender == "info@us.test"
    assert read(f"From: info@us.test\nTo: support@us.test\nReply-To: {KELLY}").sender == "info@us.test"
    assert read(f"From: info@us.test\nTo: info@us.test, bob@y.test\nReply-To: {KELLY}").sender == "info@us.test"
    assert read(f"From: bob@y.test\nTo: bob@y.test\nReply-To: {KELLY}").sender == "bob@y.test"
    assert read(f"From: anna@us.test\nTo: anna@us.test\nReply-To: {KELLY}").sender == "anna@us.test"


def test_R5_9_an_administrator_is_known_by_from_alone() -> None:
    assert read(f"From: anna@us.test\nReply-To: {KELLY}").sender == "anna@us.test"
    own = OWN._replace(sender="admin@us.test")  # one who is also the SMTP sender
    assert read(f"From: admin@us.test\nReply-To: {KELLY}", own=own).sender == "admin@us.test"
    assert read(f"From: {KELLY}\nReply-To: anna@us.test", "Reply-To").sender == KELLY


def test_I1_nobody_is_proved_by_a_field_that_anybody_may_write() -> None:
    passed = "Authentication-Results: mx.test; dmarc=pass header.from=x.test; dkim=pass header.d=x.test"
    for fields, header, said in (
        (f"From: {KELLY}\nReply-To: bob@x.test", "From", "pass"),
        (f"From: {KELLY}\nReply-To: {KELLY}", "Reply-To", "pass"),
        (f"From: {KELLY}\nReply-To: bob@x.test", "Reply-To", "none"),
        ("From: support@us.test\nReply-To: bob@x.test", "From", "none"),
    ):
        assert read(f"{passed}\n{fields}", header, trusted=("mx.test",)).authentication == said
    failed = "Authentication-Results: mx.test; dmarc=fail header.from=us.test"
    forged = read(f"{failed}\nFrom: support@us.test\nReply-To: {KELLY}", trusted=("mx.test",))
    assert forged.authentication == "fail"


GROUP = "List-ID: <help.us.test>\nPrecedence: list\nFrom: "
VIA = "\"'Kelly Sanders' via Help\" <help@us.test>\n"
CONTACT = "Mailing-list: list help@us.test; contact help+owners@us.test\nFrom: help@us.test\n"


@pytest.mark.parametrize("header", ["From", "Reply-To"])
@pytest.mark.parametrize(
    ("fields", "sender", "name"),
    [
        (f"{GROUP}Kelly <{KELLY}>", KELLY, "Kelly"),
        (f"{GROUP}Kelly <{KELLY}>\nReply-To: help@us.test", KELLY, "Kelly"),
        (f"{GROUP}{VIA}X-Original-From: Kelly S <{KELLY}>\nX-Original-Sender: {KELLY}", KELLY, "Kelly S"),
        (f"{GROUP}{VIA}Reply-To: {KELLY}", KELLY, "Kelly Sanders"),
        (f"List-Post: <mailto:help@us.test>\nFrom: {VIA}Reply-To: {KELLY}, help@us.test", KELLY, "Kelly Sanders"),
        (f"{CONTACT}X-Original-Sender: {KELLY}", KELLY, ""),
        (f"X-BeenThere: help@us.test\nFrom: help@us.test\nReply-To: {KELLY}", KELLY, ""),
        # the group has the inbox's own address
        (f"List-ID: <support.us.test>\nFrom: support@us.test\nX-Original-From: <{KELLY}>", KELLY, ""),
        # nothing more is known
        (f"{GROUP}Kelly via Help <help@us.test>", "help@us.test", "Kelly via Help"),
    ],
)
def test_R5_9_who_writes_through_a_group_is_the_author(fields: str, sender: str, name: str, header: str) -> None:
    parsed = read(fields, header)
    assert (parsed.sender, parsed.sender_name) == (sender, name)


def test_R5_9_a_list_whose_fields_name_another_address_changes_nothing() -> None:
    assert read(f"List-ID: <news.shop.test>\nFrom: shop@shop.test\nReply-To: {KELLY}").sender == "shop@shop.test"


ADDRESSES = [KELLY, "bob@y.test", "support@us.test", "anna@us.test", "robot@us.test", "support+1@us.test"]


@given(
    st.sampled_from([*ADDRESSES, "nobody", ""]),
    st.lists(st.sampled_from([*ADDRESSES, "x <", "a@b@c"]), max_size=3),
    st.sampled_from(["From", "Reply-To", "Sender"]),
)
def test_R5_9_whatever_stands_there_nobody_writes_as_one_of_ours_by_reply_to(
    origin: str, reply_to: list[str], header: str
) -> None:
    parsed = read(f"From: {origin}\nReply-To: {', '.join(reply_to)}\nSender: support@us.test", header)
    if OWN.has(address_key(parsed.sender)):
        assert (parsed.sender, parsed.sender_header) == (origin, "From")
    elif parsed.sender and parsed.sender != origin:
        assert parsed.sender in reply_to
        assert parsed.authentication == "none"
