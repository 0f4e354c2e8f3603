"""Names and addresses that may pretend to be others are marked (THREATS I4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.rules.lookalikes import marked_address, marked_name, mixes_scripts


@pytest.mark.parametrize("text", ["pаypal", "Аnna", "αdmin", "info@pаypal.com", "Ηelp desk"])
def test_I4_a_word_of_letters_that_only_look_alike_is_marked(text: str) -> None:
    assert marked_address(text) == f"⚠ {text}"


@pytest.mark.parametrize("text", ["Анна Smith", "Ελένη", "田中 Taro", "Müller", "I-Банк", "1й этаж", "東京tower"])
def test_I4_names_of_one_script_or_of_words_each_in_its_own_are_not(text: str) -> None:
    assert marked_name(text, "a@x.test") == text


@pytest.mark.parametrize(
    ("name", "marked"),
    [
        ("ceo@bank.test", True),
        ("Boss (ceo@bank.test)", True),
        ("a@x.test", False),
        ("A@X.test", False),
        ("Anna <a@x.test>", False),
        ("Meet @ noon", False),
    ],
)
def test_I4_a_name_that_holds_another_address_is_marked(name: str, marked: bool) -> None:
    assert marked_name(name, "a@x.test").startswith("⚠ ") is marked


@given(st.text(max_size=50), st.text(max_size=50))
def test_I4_nothing_of_a_name_is_lost(name: str, address: str) -> None:
    assert marked_name(name, address).removeprefix("⚠ ") == name or name.startswith("⚠ ")
    assert not mixes_scripts(name) or not name.isascii()
