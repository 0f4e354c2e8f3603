"""What stands neither in the mail that was sent nor in the ticket is the agent's, whatever it looks like (R5.8)."""

import textwrap
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.answers import SUBJECTS, own_text

MARK = "## Reply above this line ##"
NOTE = "SECRET: he never pays, so we let him wait for some days before anybody drives there."
ASKED = (
    "Hello,\n\nmy router is down since yesterday evening. I have switched it off and on.\n"
    "What does a new one cost? Grüße für später!\n\nYes\nKelly Sanders"
)
ANSWERED = (
    "Dear Mrs Sanders,\nthank you for your message.\n\nHave you tried another cable?\n\n"
    "Best regards,\nAnna Muster\nHelpdesk, Us GmbH\nTel. 030 1234567"
)
NOTICE = f"""{MARK}

There is a new internal note in the ticket by Ben.

Ticket:     #7 Router down
Requester:  Kelly Sanders
E-mail:     kelly@x.test
Customer:   none
Status:     New
Open it:    https://desk.us.test/tickets/7?key=f00d

Kelly Sanders wrote on 2026-11-23 09:58:

{ASKED}

{NOTE}

--
Answer above the first line to reply to the customer; keep #7 in the subject."""
PUBLIC = ("Router down", "Kelly Sanders kelly@x.test", ASKED, ANSWERED)
WROTE = "On Mon, Nov 23, 2026 at 10:00 AM Help Desk <help@us.test> wrote:"
HEAD = f"From: Help Desk <help@us.test>\nSent: Monday, November 23, 2026 10:00\nTo: Anna\nSubject: {SUBJECTS[0]}"


def own(answer: str) -> str:
    return own_text(answer, NOTICE, notes=(NOTE,), public=PUBLIC)


def marked(text: str, mark: str = "> ") -> str:
    return "\n".join(f"{mark}{line}".rstrip() for line in text.split("\n"))


QUOTATIONS: dict[str, str] = {
    "none": "",
    "marked": f"\n\n{WROTE}\n\n{marked(NOTICE)}",
    "by its fields": f"\n\n________________________________\n{HEAD}\n\n{NOTICE}",
    "without a head": f"\n\n{NOTICE}",
}
OWN = {
    "commands": "Type this:\n\n> enable\n> configure terminal\n\nand tell us.",
    "commands alone": "> enable\n> show ip route",
    "Python": ">>> import os\n>>> os.getcwd()\n'/root'",
    "a prompt": "Router> enable\nmysql> select 1;",
    "a journey": "Your train:\n\nFrom: Berlin\nTo: Paris\nDate: 3 May 10:30\nPrice: 79\n\nHave a good journey!",
    "a journey in German": "Von: Berlin 10:30\nBis: Paris\nOrt: Gleis 3\nPreis: 79\n\nGute Reise!",
    "a journey by mail": "From: berlin@station.test\nTo: paris@station.test\nDate: 3 May 2026 10:30\nSubject: ICE 3",
    "a supplier's mail": "He says:\n\n-----Original Message-----\nFrom: Parts <parts@supplier.test>\nSent: Friday, "
    "November 20, 2026 9:00\nTo: Anna\nSubject: Offer 12\n\nThe part comes on Monday.\nRegards\nParts Ltd",
    "a supplier's mail with a rule": "See:\n________________________________\nVon: Parts <parts@supplier.test>\n"
    "Gesendet: Freitag, 20. November 2026 09:00\nAn: Anna\nBetreff: Angebot\n\nDas Teil kommt am Montag.",
    "a supplier's words": "On Fri, Nov 20, 2026 at 9:00 AM Parts <parts@supplier.test> wrote:\n\n> The part comes on "
    "Monday.\n> It costs 79 EUR.",
    "a table": "| Part | Price |\n|------|-------|\n| RX-7 | 79 |",
    "rules": "----------\nOffer\n----------\n79 EUR",
    "a question of his own": "On your question of 3 May 2026 10:30:\nno.",
    "a date at the end": "Please write before 3 May to:\nbilling@us.test",
    "underscores": "Sign here:\n________________________________\nFrom: the management",
    "a greeting": "Dear Mrs Sanders,\nthank you for your message.\n\nWe come at noon.",
    "a signature": "We come at noon.\n\nBest regards,\nAnna Muster\nHelpdesk, Us GmbH\nTel. 030 1234567",
    "only what was said": "Dear Mrs Sanders,\nthank you for your message.\n\nHave you tried another cable?",
    "short words": "Hello,\n\nYes\n\nKelly Sanders",
    "the subject": "Router down? We come at noon, Kelly Sanders knows.",
    "the customer's words": 'You wrote "my router is down since yesterday evening" and we come.',
    "a link": "https://us.test/help\nwww.us.test",
    "a smile": ":-)",
    "an emoji": "👍",
    "questions": "???",
    "other scripts": "我们中午来。\n\nМы придём в полдень.\nنأتي ظهرا",
}


@pytest.mark.parametrize("quotation", QUOTATIONS)
@pytest.mark.parametrize("words", OWN)
def test_R5_8_what_looks_like_a_quotation_and_is_none_goes_on(words: str, quotation: str) -> None:
    assert own(OWN[words] + QUOTATIONS[quotation]) == OWN[words]


@pytest.mark.parametrize("words", OWN)
def test_R5_8_what_looks_like_a_quotation_and_is_none_goes_on_below_one(words: str) -> None:
    assert own(f"{WROTE}\n{marked(NOTICE)}\n\n{OWN[words]}") == OWN[words]
    assert own(f"{HEAD}\n\n{NOTICE}\n\n{OWN[words]}") == OWN[words]


LINE = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fdesk.us.test%2Ftickets%2F7%3Fkey%3Df00d&data=05%7C01"
CHANGES: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "wrapped": lambda text: "\n".join("\n".join(textwrap.wrap(line, 30)) for line in text.split("\n")),
    "on one line": lambda text: " ".join(text.split()),
    "without empty lines": lambda text: "\n".join(filter(str.strip, text.split("\n"))),
    "no-break spaces": lambda text: text.replace(" ", "\xa0"),
    "smart quotes": lambda text: text.replace('"', "“").replace("'", "’").replace("--", "—"),
    "misread": lambda text: text.encode().decode("cp1252"),
    "spoilt": lambda text: text.encode("ascii", "replace").decode().replace("?", "\ufffd"),
    "signs as in a page": lambda text: text.replace(". ", "&period; ").replace("!", "=21"),
    "a link rewritten": lambda text: text.replace("https://desk.us.test/tickets/7?key=f00d", LINE),
    "a link doubled": lambda text: text.replace("kelly@x.test", "kelly@x.test <mailto:kelly@x.test>"),
    "in bold": lambda text: text.replace("Requester:", "*Requester:*").replace("Status:", "*Status:*"),
    "in capitals": lambda text: text.replace("Ticket", "TICKET"),
    "cut": lambda text: text[: text.index("drives there") + 3],
    "cut at the beginning": lambda text: text[text.index("a new internal note") :],
    "cut in the middle": lambda text: text[: text.index("Requester")] + text[text.index("What does") :],
}
STYLES: dict[str, Callable[[str], str]] = {
    "unmarked": lambda text: text,
    ">": marked,
    "> >": lambda text: marked(marked(text)),
    ">>": lambda text: marked(text, ">> "),
    "|": lambda text: marked(text, "| "),
    "Anna>": lambda text: marked(text, "Anna> "),
    "a tab": lambda text: marked(text, "\t"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("style", STYLES)
def test_O7_what_was_sent_is_known_again_whatever_became_of_it(change: str, style: str) -> None:
    quotation = STYLES[style](CHANGES[change](NOTICE))
    for head in ("", f"{WROTE}\n\n", f"{HEAD}\n\n"):
        assert own(f"We come at noon.\n\n{head}{quotation}") == "We come at noon."
        assert own(f"{head}{quotation}\n\nWe come at noon.") == "We come at noon."


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (f"my reply {WROTE}\n{marked(NOTICE)}", "my reply"),
        (f"Antwort Am 23.11.2026 um 10:00 schrieb Help Desk <help@us.test>:\n\n{NOTICE}", "Antwort"),
        (f"Merci ! Le lun. 23 nov. 2026 à 10:00, Help Desk <help@us.test> a écrit :\n{marked(NOTICE)}", "Merci !"),
        (f"Ok, thanks. Help Desk <help@us.test> writes:\n{marked(NOTICE)}", "Ok, thanks."),
        (f"We come at noon. {WROTE} {' '.join(NOTICE.split())}", "We come at noon."),
        (f"{' '.join(NOTICE.split())} We come at noon.", "We come at noon."),
        (marked(ASKED).replace("später!", "später! 79 EUR."), "79 EUR."),
        (marked(ASKED).replace("evening.", "evening [which one?]."), "[which one?]."),
        (f"Yes.\n\n{WROTE}\n", "Yes."),
        (f"Yes.\n\n{HEAD}\n", "Yes."),
        (f"Yes.\n\n{HEAD}\nMessage-ID: <f00d.7@us.test>\n\n{NOTICE}", "Yes."),
        (f"Zitat von Help Desk <help@us.test>:\n\n{marked(NOTICE)}\n\nYes.", "Yes."),
        (f"Yes.\n\n>>> Help Desk <help@us.test> 23.11.2026 10:00 >>>\n{NOTICE}", "Yes."),
        (f"Yes.\n\n{HEAD}\n\n{ASKED}", "Yes."),
    ],
)
def test_R5_8_words_beside_a_quotation_on_its_line_are_his(answer: str, left: str) -> None:
    assert own(answer) == left


@pytest.mark.parametrize(
    "leak", [NOTE, NOTE[:60], NOTE[20:], f"As we know, {NOTE}", "https://desk.us.test/tickets/7?key=f00d", LINE]
)
def test_O7_what_only_administrators_were_told_stays_inside_though_nothing_marks_it(leak: str) -> None:
    found = own(f"We come at noon.\n\n{leak}\n\nAnna")
    assert found.startswith("We come at noon.")
    assert found.endswith("Anna")
    assert not any(word in found for word in ("pays", "drives", "f00d"))


def test_R7_6_our_message_id_stays_inside() -> None:
    assert "f00d" not in own("I answer <f00d.7@us.test> here.")


INSERTED = [
    "We come at noon.",
    "> enable",
    ">>> import os",
    "79 EUR",
    "From: Berlin\nTo: Paris",
    "Ja, natürlich!",
    "我们中午来。",
    "-- \nAnna",
    "👍",
    "| a | b |",
]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    style=st.sampled_from(sorted(STYLES)),
    change=st.sampled_from([name for name in sorted(CHANGES) if not name.startswith(("cut", "on one line", "spoilt"))]),
    head=st.sampled_from([f"{WROTE}\n", f"{HEAD}\n\n", ""]),
    words=st.lists(st.tuples(st.integers(0, 60), st.sampled_from(INSERTED)), min_size=1, max_size=6),
    cut=st.lists(st.integers(0, 60), max_size=5),
)
def test_R5_8_O7_words_anywhere_in_a_quotation_go_on_and_nothing_of_it_does(
    style: str, change: str, head: str, words: list[tuple[int, str]], cut: list[int]
) -> None:
    lines: list[str | None] = list(STYLES[style](CHANGES[change](NOTICE)).split("\n"))
    if style not in ("unmarked", "a tab"):
        lines = [line for number, line in enumerate(lines) if number not in cut]
    for place, text in words:
        lines.insert(min(place, len(lines)), f"\n{text}\n" if change == "on one line" else text)
    found = own(head + "\n".join(line for line in lines if line is not None))
    for _, text in words:
        assert text.strip() in found
    left = found
    for _, text in sorted(words, key=lambda one: -len(one[1])):
        left = left.replace(text.strip(), "", 1)
    assert not left.replace("Anna", "").strip("->|—– \t\n"), left  # rules and marks say nothing
