"""What text from outside may look like, and what it must never become (THREATS I3, I4, T1, T6)."""

import json
import unicodedata
from itertools import groupby, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wcwidth import wcwidth

from store import patterns
from store.cleantext import as_json, clean, field_text, for_file, for_mail_line, for_mail_text, storable
from store.denylist import DenyList, Entry
from store.errors import BadInput
from store.filters import parse
from store.joiners import is_in_place
from store.rules.addresses import address_key, looks_like_address
from store.rules.deny import fold
from store.rules.subjects import numbers_in, subject_key

_NUMBER = patterns.compiled(r"#(?P<number>\d{1,})")
_AWKWARD = st.text(
    st.sampled_from('aA.b"@+-_ \t\0İıIißſSKÅåǰΐẞﬁ日한ก\u0e31\u1100\u1161\u0301\u0308\u0345\u200b\u202e\x1b\ud800'),
    max_size=9,
)


def _flood(text: str) -> int:
    """The longest run of characters that take no cell of their own."""
    return max((len(list(run)) for none, run in groupby(text, lambda c: wcwidth(c) <= 0) if none), default=0)


def test_T6_T1_no_character_floods_a_cell_however_often_it_comes() -> None:
    planes = (range(0x20, 0x20000), range(0xE0000, 0xE1000))
    narrow = [char for plane in planes for char in map(chr, plane) if wcwidth(char) <= 0]
    assert len(narrow) > 1_000
    assert [hex(ord(char)) for char in narrow if _flood(clean("a" + char * 9)) > 4] == []


@given(st.one_of(st.text(), _AWKWARD))
@example("ก" + "\u0e31" * 50)
@example("한" + "\u1161" * 50)
@example("a" + "\ufe0f" * 50)
def test_T1_I4_cleaning_is_done_once_and_for_all(text: str) -> None:
    for one_line in (True, False):
        cleaned = clean(text, one_line=one_line, limit=None)
        assert clean(cleaned, one_line=one_line, limit=None) == cleaned
        assert {unicodedata.category(char) for char in cleaned.replace("\n", "")}.isdisjoint({"Cc", "Cs"})
        assert _flood(cleaned.replace("\n", " ")) <= 4


_JOINED = st.text(
    st.sampled_from("a م\u06cc\u200c\u200d\u00ad👩🔧\U0001f3fd\ufe0f\u0301\u0d28\u0d4d\u200b"), max_size=12
)


@given(_JOINED)
@example("a\u0301\u0301\u0301\u0301\u200d\u0d28")
@example("\u0d28\u0d4d\u0d4d\u0d4d\u200c\u0d4d a")
@example("👩\ufe0f\ufe0f\ufe0f\u200d🔧")
def test_I4_T6_whatever_joins_is_cleaned_once_and_for_all(text: str) -> None:
    for sequences in (False, True):
        cleaned = clean(text, sequences=sequences)
        assert clean(cleaned, sequences=sequences) == cleaned
        assert _flood(cleaned) <= 5  # wcwidth has skin tones as wide, and as nothing behind an emoji
        assert "\u200b" not in cleaned
        joiners = [at for at, char in enumerate(cleaned) if char in "\u200c\u200d"]
        assert all(is_in_place(cleaned, at) for at in joiners)
    assert not set("👩🔧") & {before for before, joiner in pairwise(clean(text)) if joiner == "\u200d"}


_WRITTEN = "می\u200cخواهم 👩\u200d🔧 Donau\u00addampf tab\there \u200emark ไทย\u200bไทย"


def test_R7_6_each_sink_gets_what_was_written_less_what_it_must_not_hold() -> None:
    assert for_mail_text(_WRITTEN) == storable(_WRITTEN) == _WRITTEN
    assert (
        for_mail_line(_WRITTEN, limit=200) == for_file(_WRITTEN) == field_text(_WRITTEN) == _WRITTEN.replace("\t", " ")
    )
    assert json.loads(as_json(_WRITTEN)) == _WRITTEN
    assert clean(_WRITTEN) == "می\u200cخواهم 👩 Donaudampf tab here \ufffdmark ไทย\ufffdไทย"


@given(st.one_of(st.text(), _AWKWARD))
@example("a" + "\u0301" * 9)
@example("\U000e0041\x85\u2028\r\n\x7f")
def test_T1_O6_no_sink_gets_what_it_must_not_hold(text: str) -> None:
    def kinds(said: str, but: str = "") -> set[str]:
        return {unicodedata.category(char) for char in said if char not in but}

    assert kinds(for_mail_text(text), "\n\t").isdisjoint({"Cc", "Cs"})
    for line in (for_mail_line(text, limit=90), field_text(text), for_file(text)):
        assert kinds(line).isdisjoint({"Cc", "Cs"})
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & {*for_mail_line(text, limit=90)}
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029") & {*for_file(text)}
    assert _flood(for_file(text)) <= 9
    said = as_json({"text": text})
    assert json.loads(said) == {"text": text}
    assert clean(said, limit=None) == said


@given(st.one_of(st.text(), _AWKWARD), st.one_of(st.text(), _AWKWARD))
@example("ß\u0301", "x.test")
@example("bob", "münchen.test。")
def test_R5_7_I3_whatever_way_it_is_composed_an_address_has_one_key(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    if not looks_like_address(address):
        return
    key = address_key(address)
    assert address_key(key) == key
    assert {address_key(unicodedata.normalize(form, address)) for form in ("NFC", "NFD")} == {key}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ß\u0301@x.test", "SŚ@x.test"),
        ("a@x.test。", "a@x.test"),
        ("a@ｘ.test", "a@x.test"),
        ("ǰ@x.test", "J\u030c@X.test"),
    ],
)
def test_I3_a_ban_is_not_evaded_by_spelling(one: str, other: str) -> None:
    assert address_key(one) == address_key(other)


@given(
    st.lists(st.sampled_from(["Re: ", "AW: ", "[EXT] ", "Fwd: ", "#7 ", "FW： ", "Sv[2]: ", " "])), st.text(max_size=40)
)
def test_R6_1_no_pile_of_prefixes_changes_a_subject(pile: list[str], subject: str) -> None:
    # a subject may itself begin or end where a prefix or a number joins it
    rest = f"x {subject} x"
    assert subject_key("".join(pile) + rest, _NUMBER) == subject_key(rest, _NUMBER)


@given(st.text(), st.integers(0, 10**12 - 1))
def test_R6_1_the_number_is_found_wherever_it_stands(text: str, number: int) -> None:
    assert number in numbers_in(f"{text[:20].replace('#', '')} #{number} {text[20:40]}", _NUMBER)


def test_R6_1_only_so_many_numbers_are_looked_up() -> None:
    assert numbers_in("".join(f"#{n}" for n in range(1, 400)), _NUMBER) == tuple(range(1, 21))


_ENTRIES = st.builds(
    Entry,
    st.integers(1, 9),
    st.sampled_from(["email", "subject", "message"]),
    st.sampled_from(["exact", "contain", "start", "end"]),
    _AWKWARD.filter(str.strip),
)


@given(st.lists(_ENTRIES, max_size=6), _AWKWARD, _AWKWARD, _AWKWARD)
def test_R3_1_all_entries_at_once_catch_what_each_alone_does(
    entries: list[Entry], email: str, subject: str, text: str
) -> None:
    def alone(entry: Entry) -> bool:
        texts = {"email": (email, address_key(email)), "subject": (subject,), "message": (text,)}[entry.location]
        wanted = fold(entry.filter)
        compare = {
            "exact": lambda t: t.strip() == wanted.strip(),
            "contain": lambda t: wanted in t,
            "start": lambda t: t.startswith(wanted),
            "end": lambda t: t.endswith(wanted),
        }[entry.filter_type]
        return any(compare(fold(t)) for t in texts if t)

    hits = DenyList(1, tuple(entries)).hits(email=email, email_key=address_key(email), subject=subject, text=text)
    assert hits == tuple(entry.id for entry in entries if alone(entry))


def test_R3_1_a_regex_meets_text_that_no_utf_8_can_hold() -> None:
    listed = DenyList(1, (Entry(1, "subject", "regex", "w.n"),))
    assert listed.hits(email="", email_key="", subject="\ud800 WIN", text="") == (1,)


_PIECES = (*"banned: -tickets: last: customer: name: yes no >3 <7d smith".split(), *'":- ²٣\0\ud800', "9" * 30)


@given(st.lists(st.sampled_from(_PIECES), max_size=12))
def test_P3_R1_2_any_heap_of_the_grammars_own_pieces_is_read_or_refused(pieces: list[str]) -> None:
    try:
        parse("".join(pieces))
    except BadInput as problem:
        assert clean(problem, limit=None) == str(problem)


@pytest.mark.parametrize("line", ["word " * 61, "x" * 4_001])
def test_P3_a_filter_line_has_bounds(line: str) -> None:
    with pytest.raises(BadInput, match="at most"):
        parse(line)
