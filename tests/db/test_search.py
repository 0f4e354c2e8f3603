"""Every table finds what stands in it, however it is cased and composed (R1.2)."""

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from store.cleantext import clean
from store.models import Outbox, Recipient
from store.queries import customers, recipients, ticket_choice
from store.queries.browse import Browse
from store.queries.customer_list import CUSTOMERS
from store.queries.history_list import HISTORY
from store.queries.recipients import Selection
from store.queries.ticket_list import TICKETS
from store.services import deny, inboxes, people, senders, tickets
from tests.commandline import Shell
from tests.driver import ANNA, Desk
from tui.cli import choosing

_LETTERS = st.characters(categories=("Lu", "Ll", "Lt", "Lo", "Nd"))
_PART = st.one_of(
    st.text(_LETTERS, min_size=1, max_size=5),
    st.text(st.sampled_from("aIiıİßẞσΣςÅåÜのが한ﬁＡǅø"), min_size=1, max_size=5),
)
_CASES = (str.upper, str.lower, str.title, str.swapcase)
_FORMS = ("NFC", "NFD", "NFKC", "NFKD")


def found(browse: Browse[Any], line: str) -> list[int]:
    return list(browse.ids(ANNA, browse.first._replace(line=line)))


@given(_PART, _PART, _PART, st.sampled_from(_CASES), st.sampled_from(_FORMS))
@example("", "İpek", " Yıldız", str.lower, "NFC")
@example("", "Müller", "", str.upper, "NFD")
@example("a", "ﬁ", "b", str.title, "NFKC")
@hypothesis_settings(max_examples=25)
def test_R1_2_a_row_is_found_by_any_part_of_its_name_in_any_case_and_composition(
    desk: Desk, before: str, part: str, after: str, case: Callable[[str], str], form: str
) -> None:
    name = f"{before}{part}{after}"
    assume(clean(name).strip() == name and not part.isdigit())  # customer:7 is an id
    email = f"q{Recipient.select().count()}@x.test"
    other = desk.arrive("other@x.test", "…").ticket
    number = desk.arrive(email, name, sender_name=name).ticket
    sender = desk.model(email).id
    customer = desk.customer(name).id
    tickets.update(ANNA, number, {"customer": customer})
    variant = unicodedata.normalize(form, case(part))
    word = f'"{variant}"'
    for line in (word, f"name:{word}"):
        assert sender in recipients.ids(ANNA, Selection(line)), line
        assert customer in found(CUSTOMERS, line), line
    for line in (word, f"subject:{word}", f"requester:{word}", f"customer:{word}"):
        assert number in found(TICKETS, line), line
    assert found(HISTORY, f"{word} kind:customer of:{word}"), word
    assert customer in [line.id for line in customers.find(ANNA, variant, limit=None)]
    assert number in [line.number for line in ticket_choice.find(ANNA, variant, besides=other, limit=1_000)]
    # what a short list of the command line reads
    shape = {"id": 1, "name": name, "of": {"id": 2, "name": "x", "kind": "lead"}}
    assert list(choosing.chosen([shape], list(shape), line=f"name:{word} {word}", sort="", limit=None)) == [shape]


@pytest.mark.parametrize(
    "word", ["ipek", "İPEK", "I\u0307pek", "ｉｐｅｋ", "müller.example", "xn--mller-kva", "MULLER.EXAMPLE"]
)
def test_R1_2_R12_every_list_of_the_command_line_finds_it(shell: Shell, word: str) -> None:
    """A name in one list, the address in another: each object holds both, in this or that spelling."""
    with shell.desk() as desk:
        desk.send_mail()
        inboxes.edit(ANNA, "support", {"username": "İpek@müller.example"})
        desk.customer("İpek", email="ipek@xn--mller-kva.example")
        for email in ("bob@x.test", "ban@x.test"):
            desk.arrive(email, "İpek x@müller.example")
        tickets.reply(ANNA, 1, "İpek: xn--mller-kva.example")
        deny.add(ANNA, "subject", "contain", "@MÜLLER.example")
        deny.add(ANNA, "subject", "exact", "İPEK x@müller.example!")
        desk.arrive("refused@x.test", "İPEK x@müller.example")
        Outbox.update(to="ipek@xn--mller-kva.example").execute()
        people.add_administrator(ANNA, "ben", "ben@müller.example", name="İpek")
        people.add_partner(ANNA, "İpek x@müller.example")
        Recipient.update(name="İpek", email="bob@müller.example").execute()
        for row in Recipient.select():
            senders.write(row, {"name": "İpek", "email": f"i{row.id}@müller.example"})
    for thing in ("recipients", "tickets", "messages", "customers", "refused", "deny", "outbox", "history", "admins"):
        assert shell.json("list", thing, "--filter", word) != [], thing
    for thing in ("inboxes", "partners"):
        assert shell.json("list", thing, "--filter", word) != [], thing
    assert shell.json("list", "tickets", "--filter", "assignee:NONE")
    assert shell.json("list", "recipients", "--filter", "inbox:SUPPORT")
