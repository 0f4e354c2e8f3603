"""The pure rules, as tables and properties."""

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import patterns
from store.cleantext import clean, storable
from store.errors import BadInput
from store.filters import parse
from store.rules import pairing as rule
from store.rules.addresses import address_key, looks_like_address, name_from, split_profile
from store.rules.intake import Candidate, Circumstances, Outcome, decide
from store.rules.pairing import SenderState
from store.rules.settings import SETTINGS
from store.rules.subjects import numbers_in, subject_key

_NUMBER = patterns.compiled(r"#(?P<number>\d{1,})")


@given(st.text(max_size=40), st.text(max_size=40))
def test_R5_7_a_key_is_stable_and_ignores_case_and_composition(local: str, domain: str) -> None:
    if not looks_like_address(f"{local}@{domain}"):
        return
    key = address_key(f"{local}@{domain}")
    assert address_key(key) == key
    assert address_key(unicodedata.normalize("NFD", f"{local}@{domain}")) == key


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Bob@X.TEST", "bob@x.test", True),
        ("bob+tag@x.test", "bob@x.test", False),
        ("b.ob@x.test", "bob@x.test", False),
        ("a@münchen.test", "a@xn--mnchen-3ya.test", True),
        ("STRASSE@x.test", "straße@x.test", True),
        ("a@x.test.", "a@x.test", True),
    ],
)
def test_R5_7_I3_which_addresses_are_one(one: str, other: str, same: bool) -> None:
    assert (address_key(one) == address_key(other)) is same


def test_R5_7_names_and_R4_12_profile_lists() -> None:
    assert name_from("  ", "b.c@x.test") == "b.c"
    assert split_profile(" a@x.test, ,b@x.test,") == ("a@x.test", "b@x.test")


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        (SenderState(), {"pair", "ban", "share"}),
        (SenderState(paired=True), {"unpair", "ban", "share"}),
        (SenderState(banned=True), {"pair", "unban", "share"}),
        (SenderState(shared=True), {"ban", "unshare"}),
        (SenderState(shared=True, banned=True), {"unban", "unshare"}),
        (SenderState(ours=True), {"ban", "share"}),
    ],
)
def test_R1_3_what_a_row_allows(state: SenderState, allowed: set[str]) -> None:
    questions = {
        "pair": rule.why_not_pair,
        "unpair": rule.why_not_unpair,
        "ban": rule.why_not_ban,
        "unban": rule.why_not_unban,
        "share": rule.why_not_share,
        "unshare": rule.why_not_unshare,
    }
    assert {name for name, why_not in questions.items() if not why_not(state)} == allowed


_REPLY = Candidate(1, "number", "requester")
_STRANGER = Candidate(1, "number", "")


@pytest.mark.parametrize(
    ("case", "outcome", "reason"),
    [
        (Circumstances(), Outcome.OPENED, "new"),
        (Circumstances(own_mail=True, deny_hits=(1,), banned=True), Outcome.IGNORED, "own-mail"),
        (Circumstances(duplicate_of=3, deny_hits=(1,)), Outcome.IGNORED, "duplicate"),
        (Circumstances(deny_hits=(1,), banned=True), Outcome.REFUSED, "denied"),
        (Circumstances(banned=True, administrator=True, candidate=_REPLY), Outcome.REFUSED, "banned"),
        (Circumstances(administrator=True, candidate=_REPLY), Outcome.REFUSED, "unverified"),
        (Circumstances(administrator=True, process_administrators=True), Outcome.OPENED, "new"),
        (Circumstances(candidate=_REPLY, accept_unregistered=False), Outcome.JOINED, "requester"),
        (Circumstances(candidate=_STRANGER), Outcome.OPENED, "new"),
        (Circumstances(candidate=_STRANGER, by_subject_only=True), Outcome.JOINED, "subject-only"),
        (Circumstances(candidate=_REPLY, unreadable=True), Outcome.OPENED, "new"),
        (Circumstances(accept_unregistered=False), Outcome.REFUSED, "unregistered"),
        (Circumstances(accept_unregistered=False, registered=True), Outcome.OPENED, "new"),
        (Circumstances(administrator=True, answered=1, written_by_nobody=True), Outcome.IGNORED, "automatic"),
        (Circumstances(written_by_nobody=True, candidate=_REPLY), Outcome.JOINED, "requester"),
    ],
)
def test_R5_5_the_first_check_that_has_an_answer_decides(case: Circumstances, outcome: Outcome, reason: str) -> None:
    decision = decide(case)
    assert (decision.outcome, decision.reason) == (outcome, reason)
    assert [answer for _, answer in decision.checks[:-1]] == ["no"] * (len(decision.checks) - 1)


_ADMIN = {"administrator": True, "accept_unregistered": False}


@pytest.mark.parametrize(
    ("case", "decided"),
    [
        (Circumstances(own_mail=True, accept_unregistered=False, waived="own-mail"), ("opened", "new", None)),
        (Circumstances(own_mail=True, candidate=_REPLY, waived="own-mail"), ("joined", "requester", 1)),
        (Circumstances(own_mail=True, answered=1, **_ADMIN, waived="own-mail"), ("joined", "released-note", 1)),
        (Circumstances(own_mail=True, duplicate_of=3, waived="own-mail"), ("ignored", "duplicate", None)),
        (Circumstances(own_mail=True, banned=True, waived="own-mail"), ("refused", "banned", None)),
        (Circumstances(written_by_nobody=True, answered=1, **_ADMIN, waived="automatic"), ("joined", "agent-reply", 1)),
        (
            Circumstances(written_by_nobody=True, candidate=_STRANGER, **_ADMIN, waived="automatic"),
            ("joined", "released-note", 1),
        ),
        (Circumstances(written_by_nobody=True, **_ADMIN, waived="automatic"), ("opened", "new", None)),
        (Circumstances(answered=1, **_ADMIN, waived="unverified"), ("joined", "released-note", 1)),
    ],
)
def test_R8_what_is_released_passes_the_check_that_kept_it_out_and_no_other(
    case: Circumstances, decided: tuple[str, str, int | None]
) -> None:
    decision = decide(case)
    assert (decision.outcome.value, decision.reason, decision.ticket) == decided


def test_R6_2_a_strangers_decision_names_the_ticket_it_looked_like() -> None:
    assert decide(Circumstances(candidate=_STRANGER)).looked_like == 1
    assert decide(Circumstances(candidate=_REPLY)).looked_like is None


@pytest.mark.parametrize(
    "prefix",
    ["Re:", "RE: ", "Re[2]:", "AW:", "Antw:", "SV:", "VS:", "Odp:", "Rif:", "R:", "RES:", "TR:", "Fwd:", "FW:", "WG:",
     "回复：", "答复:", "转发:", "Ynt:", "Отв:", "[EXTERNAL] ", "[EXT] Re: ", "Re: Re: AW: ", "Re: #12 ", "re :",
     "*****SPAM***** ", "{Spam?} Re: ", "[SPAM?]", "EXTERNAL: Re: ", "[CAUTION: EXTERNAL] ", "Réf : ", "Antw.: ",
     "[Externe]", "Re: \u202a", "Trả lời: ", "[#12]", "Re: (#12) -", "#12: ", "Re*2: ", "{Spam} {Disarmed} Re: ",
     "{Filename?}", "{Dangerous Content?} AW:", "【外部】返信：", "[PHISH?] ", "[Possible Phishing]", "[SPAM 5.2] Re:",
     "[External Sender] - Re: ", "[⚠ EXTERNAL]", "[SEC=OFFICIAL] ", "Spam: ", "--SPAM--", "Réponse : ", "RÉP : ",
     "Odpověď: ", "Válasz: ", "Yanıt: ", "Automatic reply: ", "Automatische Antwort: ", "自动答复: ", "Risposta: ",
     "RE^2: ", "Odg: ", "השב: ", "답장: ", "Reply: ", "Forward: ", "Weitergeleitet: ", "Râsp: ", "ส่งต่อ: ", "Fw: Пер: ",
     "[Ext.] ", "[Spam score: 6.0] ", "[SENDER UNVERIFIED] ", "[WARNING: UNSCANNABLE] ", "CAUTION: ", "\"Re: ",
     "⚠ EXTERNAL: ", "[Внешняя почта] ", "[Courriel externe] Re: ", "EXTERNAL MAIL: Fwd: ", "[社外] ", "[EKSTERN] "],
)  # fmt: skip
def test_R6_1_prefixes_tags_and_the_number_do_not_count(prefix: str) -> None:
    assert subject_key(f"{prefix} Router is Down", _NUMBER) == "router is down"


@pytest.mark.parametrize("ending", [" [#12]", " (#12)", " (fwd)", " [EXTERNAL]", " [SEC=OFFICIAL: Sensitive]"])
def test_R6_1_what_programs_put_behind_a_subject_does_not_count(ending: str) -> None:
    assert subject_key(f"Re: Router is Down{ending}", _NUMBER) == "router is down"


def test_R6_1_a_subject_of_nothing_but_a_tag_is_one() -> None:
    assert [subject_key(text) for text in ("Re: [Spam]", "Warning:", "(fwd)")] == ["[spam]", "warning:", "(fwd)"]


def test_R6_1_what_changes_a_subject() -> None:
    marked = ("[Acme] router is down", "Router is down (2)", "Invoice: router is down", "I-9: router is down")
    for other in ("Router is down again", "My router is down", "Regarding router is down", *marked):
        assert subject_key(other, _NUMBER) != subject_key("Router is down", _NUMBER)


@pytest.mark.parametrize("subject", ["[sec=" + " " * 490, "[ext" + " " * 490, "x" + " " * 480 + "(fwd", "=- " * 160])
def test_R6_1_a_subject_of_gaps_and_half_tags_is_read_quickly(subject: str) -> None:
    began = time.monotonic()
    subject_key(subject, _NUMBER)
    assert time.monotonic() - began < 0.5


def test_R6_1_numbers_in_order_without_absurd_ones() -> None:
    assert numbers_in("Re: #7 and #12, #7, #" + "9" * 40, _NUMBER) == (7, 12)


@given(st.text(max_size=200))
def test_R6_1_any_subject_has_a_key_that_a_reply_shares(subject: str) -> None:
    assert subject_key(f"Re: {subject}", _NUMBER) == subject_key(subject, _NUMBER)


@given(st.text(max_size=300))
def test_T1_I4_clean_text_has_nothing_that_moves_a_cursor_or_hides(text: str) -> None:
    for value in (clean(text, limit=None), clean(text, one_line=False, limit=None)):
        hidden = [c for c in value if unicodedata.category(c) in ("Cc", "Cs") and c != "\n"]
        assert hidden == []
        assert not re.search("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0001]", value)
        assert clean(value, one_line=False, limit=None) == value
    assert "\n" not in clean(text)


def test_T1_controls_are_shown_not_dropped_and_marks_are_capped() -> None:
    assert clean("a\x1b]0;x\x07b\x9b") == "a␛]0;x␇b\ufffd"
    assert clean("x" + "\u0301" * 50) == "x" + "\u0301" * 4
    assert clean("x" * 600).endswith("x…")
    assert storable("a\0b\ud800") == "a\ufffdb\ufffd"


@given(st.text(max_size=80))
def test_R1_2_any_filter_line_is_read_or_refused_in_words(line: str) -> None:
    try:
        parse(line)
    except BadInput as problem:
        assert str(problem).endswith(".")


def test_every_setting_has_a_default_of_its_kind() -> None:
    kinds = {"switch": bool, "number": int}
    for setting in SETTINGS:
        assert isinstance(setting.default, kinds.get(setting.kind, str)), setting.key
        assert setting.help
