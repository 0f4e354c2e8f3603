"""An agent's own words are told from what he quotes (R5.8, THREATS O7)."""

import pytest

from store.rules.quotes import parts
from store.templates import REPLY_MARKER as MARK
from tests.answers import own_text

NOTICE = f"{MARK}\nTicket #7: Help\nRequester: Kelly\n\nPlease help.\n\n--\nSECRET footer"


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


@pytest.mark.parametrize(
    "reply",
    [
        f"We come at noon.\n\nOn Mon, 23 Nov 2026 at 10:00, Help <help@us.test> wrote:\n\n{quoted(NOTICE)}",
        f"We come at noon.\n\nOn Mon, 23 Nov 2026 at 10:00, the Helpdesk\n<help@us.test> wrote:\n{quoted(NOTICE)}",
        f"We come at noon.\n\nAm 23.11.2026 um 10:00 schrieb Help:\n{quoted(NOTICE)}",
        f"We come at noon.\n\n-----Original Message-----\nFrom: Help\nSent: Monday\nTo: Anna\nSubject: #7\n\n{NOTICE}",
        f"We come at noon.\n\n________________________________\nFrom: Help <help@us.test>\nSent: Monday\n\n{NOTICE}",
        f"We come at noon.\n\n{NOTICE}",
        f"{quoted(NOTICE)}\n\nWe come at noon.",
        f"\n\nWe come at noon.\n\n\n{quoted(quoted(NOTICE))}",
    ],
)
def test_R5_8_only_the_agents_own_words_are_left(reply: str) -> None:
    assert own_text(reply, NOTICE).strip() == "We come at noon."


WHEN = "Help <help@us.test>"


@pytest.mark.parametrize(
    "introduced",
    [
        f"пн, 23 нояб. 2026 г. в 10:00, {WHEN}:\n\n{quoted(NOTICE)}",
        f"pon., 23 lis 2026 o 10:00 {WHEN} napisał(a):\n\n{quoted(NOTICE)}",
        f"{WHEN} 于2026年11月23日周一 10:00写道：\n\n{quoted(NOTICE)}",
        f"2026年11月23日(月) 10:00 {WHEN}:\n\n{quoted(NOTICE)}",
        f"От: {WHEN}\nОтправлено: 23 ноября\nКому: Anna\nТема: #7 Help\n\n{NOTICE}",
        f"差出人: {WHEN}\n送信日時: 2026年11月23日\n宛先: Anna\n件名: #7 Help\n\n{NOTICE}",
        f'Gesendet: Montag, 23. November 2026 um 10:00 Uhr\nVon: "Help" <help@us.test>\nBetreff: #7 Help\n{NOTICE}',
        f"-----\n**Von:** {WHEN}\n**Gesendet:** Montag\n**An:** Anna\n**Betreff:** #7 Help\n\n{NOTICE}",
    ],
)
def test_R5_8_mail_programs_of_many_languages_introduce_what_they_quote(introduced: str) -> None:
    assert own_text(f"We come at noon.\n\n{introduced}", NOTICE).strip() == "We come at noon."


def test_R5_6_a_mail_below_is_history_though_nothing_marks_it() -> None:
    below = "From: Anna\nSent: Monday, 23 November 2026 10:00\nTo: Kelly\nSubject: Re: Help\n\nTry again.\n"
    assert [part.quoted for part in parts(f"It still burns.\n\n{below}")] == [False, True]


def test_R5_6_R5_8_a_journey_is_no_mail_below() -> None:
    journey = "Please book:\n\nFrom: Berlin\nTo: Paris\nDate: 3 May"
    assert [part.quoted for part in parts(journey)] == [False]
    assert own_text(f"{journey}\n\n{quoted(NOTICE)}", NOTICE) == journey


def test_R5_8_two_paragraphs_and_a_list_stay() -> None:
    text = "Dear Kelly,\n\n- one\n- two\n\nFrom: now on all is well.\nAnna"
    assert own_text(f"{text}\n\n{quoted(NOTICE)}", NOTICE) == text


@pytest.mark.parametrize("reply", [quoted(NOTICE), f"\n\n{NOTICE}".replace("\n", "\n> "), ""])
def test_R5_8_nothing_of_his_own_is_nothing(reply: str) -> None:
    assert own_text(reply, NOTICE).strip() == ""


def test_R5_8_an_unmarked_quotation_without_the_marker_is_left_out() -> None:
    assert (
        own_text("Yes.\n\nOn Mon, 23 Nov 2026, Kelly wrote:\n> Really?\n> Kelly", "", public=("Really?\nKelly",))
        == "Yes."
    )


OUTLOOK = "From: Help <help@us.test>\nSent: Monday\nTo: Anna\nSubject: #7 New note in ticket\n\n"


@pytest.mark.parametrize("reply", [f"\n{OUTLOOK}{NOTICE}", f"\n{NOTICE}"])
def test_O7_of_a_notification_without_marks_nothing_is_taken_for_his_own(reply: str) -> None:
    assert own_text(reply, NOTICE) == ""
    assert own_text(f"{reply}\n\nWe come at noon.", NOTICE) == "We come at noon."


@pytest.mark.parametrize("above", ["", "We come at noon."])
def test_O7_an_unmarked_mail_below_is_left_out_without_the_marker_too(above: str) -> None:
    assert own_text(f"{above}\n\n{OUTLOOK}SECRET footer", NOTICE).strip() == above
