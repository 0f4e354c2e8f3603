"""What an agent answers is kept inside though his mail program left no mark of it that is known (R5.8, THREATS O7)."""

import pytest

from store.templates import REPLY_MARKER as MARK
from tests.answers import own_text

SUBJECT = "#7 New ticket created"
NOTICE = f"""{MARK}

A new ticket was opened.

Ticket:     #7 Router down
Requester:  Kelly

Kelly wrote on 2026-11-23 10:00:

My router is down since yesterday evening. I have switched it off and on.
Please help.

--
Answer above the first line to reply to the customer; keep #7 in the subject."""
SENT = f"{SUBJECT}\n{NOTICE}"
REST = NOTICE.partition("\n")[2]
OWN = "We come at noon.\n\nRegards,\nAnna\nTel: +49 30 1234\nFax: 1235\nMail: anna@us.test"
FIELDS = {
    "ru": "От: {}\nОтправлено: {}\nКому: {}\nТема: {}",
    "he": "מאת: {}\n\u200f\u200fנשלח: {}\nאל: {}\nנושא: {}",
    "lv": "No: {}\nNosūtīts: {}\nKam: {}\nTēma: {}",
    "a language that is not known": "Xa: {}\nXb: {}\nXc: {}\nXd: {}",
}


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def head(language: str) -> str:
    return FIELDS[language].format("Help <help@us.test>", "Monday, November 23, 2026 10:00 AM", "Anna", SUBJECT)


@pytest.mark.parametrize("language", FIELDS)
@pytest.mark.parametrize("rule", ["", "_" * 32 + "\n", "-----\n"])
def test_R5_8_the_fields_above_the_marker_are_not_the_agents_words(language: str, rule: str) -> None:
    assert own_text(f"{OWN}\n\n{rule}{head(language)}\n\n{NOTICE}", SENT) == OWN


@pytest.mark.parametrize("language", FIELDS)
@pytest.mark.parametrize("rest", [REST, " ".join(REST.split()), REST[REST.index("Kelly wrote") :], REST.rstrip()])
def test_O7_a_notification_without_its_first_line_stays_inside(language: str, rest: str) -> None:
    assert own_text(f"{OWN}\n\n{head(language)}\n\n{rest}", SENT) == OWN
    assert own_text(f"{OWN}\n\n{rest}", SENT) == OWN


@pytest.mark.parametrize(
    "line",
    ["---- On Mon, 23 Nov 2026 10:00:00 +0100 Help <help@us.test> wrote ----", "在 2026/11/23 10:00, Help 写道:",
     "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐", "2026/11/23 10:00、Helpのメール:"],
)  # fmt: skip
def test_R5_8_further_words_above_a_quotation(line: str) -> None:
    for below in (quoted(NOTICE), NOTICE):
        assert own_text(f"{OWN}\n\n{line}\n\n{below}", SENT) == OWN


def test_R5_8_words_on_the_line_of_the_marker_are_kept() -> None:
    assert own_text(f"We come at noon. {' '.join(NOTICE.split())}", SENT) == "We come at noon."


@pytest.mark.parametrize(
    "own", ["Hello,\n\nPlease help.\n\nis what you wrote.", "Kelly,\n\n-- Anna --", "Ticket: 7\nWeb: us.test\nTel: 5"]
)
def test_R5_8_a_few_words_that_stand_in_the_notification_too_are_his_own(own: str) -> None:
    assert own_text(own, SENT) == own
    assert own_text(f"{own}\n\nOn Monday, Help <help@us.test> wrote:\n{quoted(NOTICE)}", SENT) == own
