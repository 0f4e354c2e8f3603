"""One folding for all that is searched (R1.2), apart from that by which people are known (R5.7, R3.1)."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store.rules.addresses import address_key
from store.rules.deny import fold, plain_match
from store.rules.text import search_key, search_text

Change = Callable[[str], str]
CASES: tuple[Change, ...] = (
    str.upper,
    str.lower,
    str.title,
    str.swapcase,
    str.casefold,
    lambda text: text.replace("i", "İ").replace("I", "ı"),
    lambda text: text.replace("ss", "ß").replace("σ", "ς"),
)
FORMS: tuple[Change, ...] = tuple(
    lambda text, form=form: unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")
)
WIDE: Change = lambda text: "".join(chr(ord(char) + 0xFEE0) if "!" < char <= "~" else char for char in text)  # noqa: E731
SPECIAL = st.text(
    st.sampled_from("aIiıİßẞſSsKåÅÅ\u0301\u0308\u0307\u0327\u0345\u3099ǰΐᾴϒΣςσﬁﬃŉ日本がか한글กำ😀ＡａⅧ℻ǅøŁđ’-"),
    max_size=6,
)
TEXT = st.one_of(st.text(max_size=6), SPECIAL)


@given(TEXT, TEXT, TEXT, st.sampled_from(CASES), st.sampled_from((*FORMS, WIDE)))
@example("", "İpek", "", str.lower, FORMS[0])
@example("か", "\u3099", "", str.upper, FORMS[0])
@example("x", "\u0345", "\u3099", str.upper, FORMS[1])
def test_R1_2_what_has_a_text_in_it_is_found_however_that_is_cased_composed_or_wide(
    before: str, text: str, after: str, case: Change, form: Change
) -> None:
    whole = search_text(before + text + after)
    for variant in (text, case(text), form(text), form(case(text)), case(form(text))):
        assert search_key(variant) in whole
        assert search_key(text) in search_text(before + variant + after)
    assert search_key(search_key(text)) == search_key(text)


def test_R1_2_of_each_single_character() -> None:
    changed = [
        char
        for char in map(chr, (*range(0xD800), *range(0xE000, 0x20000)))
        if {char.upper(), char.lower(), char.title(), unicodedata.normalize("NFKD", char)} != {char}
    ]
    assert len(changed) > 15_000
    ways = (*CASES[:5], *FORMS)
    assert [char for char in changed for way in ways if search_key(way(char)) != search_key(char)] == []


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("ipek", "İpek"),
        ("IŞIK", "Işık"),
        ("isik", "IŞIK"),
        ("muller", "Müller"),
        ("MÜLLER", "Mu\u0308ller"),
        ("strasse", "Straße"),
        ("STRAẞE", "strasse"),
        ("ΟΔΥΣΣΕΎΣ", "οδυσσεύς"),
        ("οδυσσευσ", "Ὀδυσσεύς"),
        ("еж", "Ёж"),
        ("soren", "Søren"),
        ("lodz", "Łódź"),
        ("ﬁnanz", "Finanz"),
        ("１２３", "123"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("か", "が"),
        ("o'brien", "O’Brien"),
        ("rechnung", "Rech\u00adnung"),
        ("می\u200cخواهم", "میخواهم"),
        ("müller.example", "x@xn--mller-kva.example"),
        ("xn--mller", "x@Müller.example"),
        ("x@xn--mller-kva.EXAMPLE", "x@müller.example"),
        ("muller.example", "xn--mller-kva.example is down"),
        ("two words", "two\u00a0words"),
    ],
)
def test_R1_2_what_people_expect_to_find(typed: str, written: str) -> None:
    assert search_key(typed) in search_text(written)


@pytest.mark.parametrize(("typed", "written"), [("が", "か"), ("king", "ring"), ("xn--", "xn-"), ("日", "目")])
def test_R1_2_what_nobody_expects(typed: str, written: str) -> None:
    assert search_key(typed) not in search_text(written)


# address_key and fold as they were released: who somebody is, and what is denied, does not follow what is found
_IDENTITIES = (
    "kıng@x.test",
    "king@x.test",
    "kıng@X.TEST",
    "kïng@x.test",
    "KING@x.test",
    "straße@x.test",
    "STRASSE@x.test",
)


def test_R5_7_R3_1_what_is_found_alike_is_not_the_same_person() -> None:
    assert len({address_key(one) for one in _IDENTITIES}) == 4
    assert len({search_key(one) for one in _IDENTITIES}) == 2
    assert not plain_match("exact", fold("kıng@x.test"), fold("king@x.test"))
    assert not plain_match("contain", fold("muller"), fold("Müller"))


@given(TEXT, st.sampled_from(CASES))
def test_R5_7_R3_1_the_keys_of_people_and_denials_are_finer_than_what_is_searched(text: str, case: Change) -> None:
    """So what the search index narrows down to holds all that is the same (R3.3), and never makes two people one."""
    other = case(text)
    if fold(text) == fold(other):
        assert search_key(text) == search_key(other)
    one, two = f"{text}@x.test", f"{other}@x.test"
    if address_key(one) == address_key(two):
        assert search_key(one.strip()) == search_key(two.strip())
