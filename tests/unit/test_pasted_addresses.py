"""R5.7: what people paste where an address goes is read, or refused naming the part; nothing is left out in silence."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from store.errors import BadField
from store.rules import addresses
from store.rules.addresses import (
    address_in,
    address_key,
    addresses_in,
    keys_named,
    looks_like_address,
    sender_in,
    split_profile,
)
from store.rules.providers import provider_of

ONE = "c@x.example"
TWO = (ONE, "d@y.example")


@pytest.mark.parametrize(
    "text",
    [
        "<c@x.example>",
        "<<c@x.example>>",
        "mailto:c@x.example",
        "MailTo:%63%40x.example?subject=Hello%20there",
        "<mailto:c@x.example>",
        "mailto:mailto:c@x.example",
        "Anna <c@x.example>",
        '"Smith, Anna; Sales" <c@x.example>',
        "Smith, Anna <c@x.example>",
        "'c@x.example' <c@x.example>",
        "c@x.example <mailto:c@x.example>",
        "Anna Smith [mailto:c@x.example]",
        "[c@x.example](mailto:c@x.example)",
        "**c@x.example**",
        "Anna (c@x.example)",
        "c@x.example (Anna, Sales)",
        '"Anna @ Work" <c@x.example>',
        "=?utf-8?q?=C3=84nne?= <c@x.example>",
        "c@x.example;",
        ", ;c@x.example,,",
        "c@x.example.",
        "c@x.example…",
        "“c@x.example”",
        "`c@x.example`",
        "• c@x.example",
        "- c@x.example",
        "c@x.example>",
        "\u00a0\u2003c@x.example\u3000\t\r\n",
        "\ufeffc@x.example\u200b",
        "c\u200b@\u2060x.exam\u00adple",
        "\u202ac@x.example\u202c",
        "ｃ＠ｘ．ｅｘａｍｐｌｅ",
        "＜ｃ＠ｘ．ｅｘａｍｐｌｅ＞；",
        "c@ｘ。example",
        "c﹫x.example",
        "c@x.example, C@X.EXAMPLE",
        "c@x.example\ufffc",
    ],
)
def test_R5_7_one_address_is_read_from_what_is_pasted(text: str) -> None:
    assert address_in(text) == ONE
    assert split_profile(text) == (ONE,)  # so it is where it was stored before


@pytest.mark.parametrize(
    "text",
    [
        "c@x.example,d@y.example",
        "c@x.example; d@y.example",
        "c@x.example d@y.example",
        "c@x.example\nd@y.example\n",
        "c@x.example\u2028d@y.example",
        "c@x.example，d@y.example、",
        "c@x.example / d@y.example",
        "• c@x.example\n• d@y.example",
        "Anna <c@x.example>, Ben <d@y.example>",
        "Anna <c@x.example>\nDoe, Ben <d@y.example>",
        "<c@x.example><d@y.example>",
        "c@x.example, Ben <d@y.example>",
        "mailto:c@x.example,d@y.example",
        "mailto:c%40x.example%2Cd%40y.example",
        "<c@x.example, d@y.example>",
    ],
)
def test_R5_7_several_are_read_where_several_may_stand(text: str) -> None:
    assert addresses_in(text) == TWO
    with pytest.raises(BadField, match="One e-mail address goes here, not 2: c@x"):
        address_in(text)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("anna", "anna"),
        ("anna smith@x.example", "anna"),  # not smith's
        ("Anna c@x.example", "Anna"),
        ("c@x.example Anna", "Anna"),
        ("c @x.example", "c"),
        ("c@ x.example", "c@"),
        ("c@x .example", ".example"),
        ("c@x.exam\nple", "ple"),
        ("c@x.example, anna", "anna"),
        ("c@x,example", "example"),
        ("foo; <c@x.example>", "foo"),
        ("@x.example", "@x.example"),
        ("c@", "c@"),
        ("c@@x.example", "c@@x.example"),
        ("c@x.example@y.example", "c@x.example@y.example"),
        ("c@x..example", "c@x..example"),
        ("c@-x.example", "c@-x.example"),
        ("c@x%2Eexample", "c@x%2Eexample"),
        ("c@x.example/d", "c@x.example/d"),
        (".c@x.example", ".c@x.example"),
        ("c%40x.example", "c%40x.example"),
        ("c [at] x.example", "c at x.example"),
        ("Anna <>", "Anna"),
        ("Anna <nobody>", "Anna nobody"),
        ("<>", "<>"),
        ("mailto:", "mailto:"),
        ("mailto:?to=c@x.example", "mailto:?to=c@x.example"),
        ("mailto:c@x.example?cc=d@y.example", "mailto:c@x.example?cc=d@y.example"),
        ("https://x.example/c@x.example", "https://x.example/c@x.example"),
        ("Sales: c@x.example;", "Sales:"),
        ("e@z.example <c@x.example>", "c@x.example"),  # a name that is another address
        ('"e@z.example" <c@x.example>', "c@x.example"),
        ("c\u202e@x.example", "c\ufffd@x.example"),
        ("c@x.example\x00", "c@x.example␀"),
        ("ｃ@x.example", "ｃ@x.example"),
        ("𝐜@x.example", "𝐜@x.example"),
        ("c" * 320 + "@x.example", "cccc"),
    ],
)
def test_R5_7_what_cannot_be_read_is_refused_and_the_part_named(text: str, part: str) -> None:
    with pytest.raises(BadField) as refusal:
        addresses_in(text, "billing_email")
    assert refusal.value.field == "billing_email"
    assert f"“{part}" in str(refusal.value)
    assert "no e-mail address" in str(refusal.value)


@pytest.mark.parametrize(
    "text", ["c@x.example", "o'neil+a.b@x.example", '"a,b"@x.example', "root@localhost", "c@[10.0.0.1]"]
)
def test_R5_7_what_is_an_address_stays_as_it_is_written(text: str) -> None:
    assert addresses_in(f" {text} ") == (text,)


def test_R5_7_nothing_is_nothing_and_a_flood_is_refused() -> None:
    assert addresses_in(" \u200b\n\u00a0; , ") == ()
    with pytest.raises(BadField, match="needs its e-mail address"):
        address_in("  ")
    with pytest.raises(BadField, match="too long"):
        addresses_in("mailto:" * 20_000)
    assert addresses_in("mailto:" * 1_000 + ONE) == (ONE,)


def test_R5_7_reading_makes_no_two_addresses_one() -> None:
    """Identity stays what it was: of look-alikes each is itself or refused, none is taken for the other."""
    assert address_key(address_in("kıng@x.example")) != address_key("king@x.example")
    assert addresses_in("king@x.example kıng@x.example") == ("king@x.example", "kıng@x.example")
    assert sender_in("ｋing@x.example") == "ｋing@x.example"  # to ban it, not king
    assert keys_named("'c@x.example'") == ("'c@x.example'", ONE)  # first the one that is written so


_LOCAL = st.from_regex(r"[a-zäß0-9][a-zA-Zäß0-9.+_'-]{0,10}[a-z0-9]", fullmatch=True)
_ADDRESS = st.builds(
    "{}@{}.example".format, _LOCAL, st.from_regex(r"[a-zü0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
)
_AROUND = st.sampled_from(
    ["{}", "<{}>", "mailto:{}", "Anna <{}>", '"A, B" <{}>', "({})", "“{}”", "\u200b{}\ufeff", "[{}]"]
)
_BETWEEN = st.sampled_from([",", "; ", "\n", ",\n", " , "])


@given(st.lists(st.tuples(_ADDRESS, _AROUND), min_size=1, max_size=4), _BETWEEN)
def test_R5_7_whatever_stands_around_them_all_are_read(given_: list[tuple[str, str]], between: str) -> None:
    read = addresses_in(between.join(around.format(address) for address, around in given_))
    assert list(map(address_key, read)) == list(dict.fromkeys(address_key(address) for address, _ in given_))


@given(st.text(alphabet="ab@.,; <>()[]\"'\\:?%40mailto\u200b＠ı", max_size=40))
def test_R5_7_all_that_has_an_at_sign_is_read_or_refused(text: str) -> None:
    try:
        found = addresses_in(text)
    except BadField:
        return
    assert all(map(looks_like_address, found))
    assume(found)
    assert addresses_in(", ".join(found)) == found  # as it is stored it is read again
    words = re.sub(r'"(?:[^"\\]|\\.)*"', "", text.replace("\u200b", ""))
    for word in re.findall(r"[ab]+@[ab]+(?:\.[ab]+)*", words):
        assert any(word.casefold() in key for key in map(address_key, found)) or "%" in text


@given(st.from_regex(addresses._PLAIN, fullmatch=True))
def test_R5_7_what_is_read_at_a_glance_is_read_the_same(text: str) -> None:
    assert addresses_in(text) == (text,)
    assert addresses_in(f" {text};") == (text,)


def test_R5_7_a_provider_is_known_from_what_is_pasted() -> None:
    found = provider_of("Anna <anna@gmail.com>;")
    assert found is not None
    assert found.name == "Gmail"
