"""An agent's own words in answers that mail programs write as HTML alone (R5.8, THREATS O7)."""

import html
import re
from collections.abc import Callable

import pytest

from mail.parse import parse
from tests.answers import SUBJECTS
from tests.unit.test_own_words import NOTICE, own

US = "Help Desk &lt;<a href='mailto:help@us.test'>help@us.test</a>&gt;"
DAY = "Monday, November 23, 2026 10:00 AM"


def linked(text: str) -> str:
    """As a gateway leaves it: links that lead through it."""
    text = re.sub(r"(https?://\S+)", r'<a href="https://gate.test/?url=\1&amp;x=1">\1</a>', html.escape(text))
    return re.sub(r"(?<![\w/])([\w.]+@[\w.]+\w)", r'<a href="mailto:\1">\1</a>', text).replace("\n", "<br>")


def blocks(tag: str) -> Callable[[str], str]:
    return lambda text: "".join(f"<{tag}>{html.escape(line) or '&nbsp;'}</{tag}>" for line in text.split("\n"))


FORMS: dict[str, Callable[[str], str]] = {
    "as we send it": lambda text: f'<div style="white-space: pre-wrap">{html.escape(text)}</div>',
    "lines": lambda text: html.escape(text).replace("\n", "<br>\n"),
    "blocks": blocks("div"),
    "paragraphs": blocks("p"),
    "no-break spaces": lambda text: html.escape(text).replace(" ", "&nbsp;").replace("\n", "<br>"),
    "links": linked,
    "a table": lambda text: "<table>" + blocks("td")(text).replace("<td>", "<tr><td>") + "</table>",
}
HEAD = f"<b>From:</b> {US}<br><b>Sent:</b> {DAY}<br><b>To:</b> Anna<br><b>Subject:</b> {SUBJECTS[0]}"
PROGRAMS = {
    "gmail": f"<div>{{own}}</div><div class=gmail_quote><div>On {DAY} {US} wrote:<br></div>"
    "<blockquote>{quoted}</blockquote></div>",
    "apple mail": f"{{own}}<div><br><blockquote type=cite><div>On 23 Nov 2026, at 10:00, {US} wrote:</div><br>"
    "<div>{quoted}</div></blockquote></div>",
    "outlook": f"{{own}}<div style='border-top:solid'><p>{HEAD}</p></div><p>&nbsp;</p>{{quoted}}",
    "outlook for the web": f"{{own}}<hr><div id=divRplyFwdMsg>{HEAD}</div><div>{{quoted}}</div>",
    "below": "<div>On 23.11.26 10:00, Help Desk wrote:</div><blockquote>{quoted}</blockquote>{own}",
    "proton": f"{{own}}<div>------- Original Message -------<br>On {DAY}, {US} wrote:<br>"
    "<blockquote>{quoted}</blockquote></div>",
    "yahoo": f"<div>{{own}}</div><div><div>On {DAY}, {US} wrote: </div><div><br></div><div>{{quoted}}</div></div>",
    "samsung": f"{{own}}<div>-------- Original message --------</div><div>{HEAD}</div><div><br></div>{{quoted}}",
}
OWN = {
    "<p>We come at noon.</p>": ["We come at noon."],
    "<p>Type:</p><blockquote>enable<br>show ip</blockquote><p>Anna</p>": ["Type:", "> enable", "> show ip", "Anna"],
    "<table><tr><td>From:<td>Berlin<tr><td>To:<td>Paris<tr><td>Date:<td>3 May 10:30</table>Bye": [
        "From:  Berlin",
        "To:  Paris",
        "Date:  3 May 10:30",
        "Bye",
    ],
    "<pre>&gt; enable\n&gt;&gt;&gt; import os</pre>": ["> enable", ">>> import os"],
    "<p>See <a href='https://us.test/x'>our page</a></p>": ["See our page <https://us.test/x>"],
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("form", FORMS)
def test_R5_8_O7_only_his_own_words_are_left_of_a_page(form: str, program: str) -> None:
    for written, read in OWN.items():
        page = PROGRAMS[program].replace("{own}", written).replace("{quoted}", FORMS[form](NOTICE))
        raw = f"From: anna@us.test\nContent-Type: text/html; charset=utf-8\n\n<html><body>{page}</body></html>"
        assert [line for line in own(parse(raw.encode()).text).split("\n") if line.strip()] == read
