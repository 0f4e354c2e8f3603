"""What token commands print, and what is said with a token (R5.1)."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import oauth
from mail.errors import MailProblem
from tui.sentences import token_trouble

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 4, 13, 0, tzinfo=UTC)


def jwt(claims: object) -> str:
    """A token that says this of itself."""
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{middle}.x"


@pytest.mark.parametrize(
    ("printed", "value", "expires"),
    [
        ("ya29.a0Af\n", "ya29.a0Af", None),
        ("  ya29.a0Af  \r\nsecond line\n", "ya29.a0Af", None),
        ('{"access_token": "t", "expires_in": 3600}', "t", LATER),
        ('{"access_token": "t", "expires_in": "3600"}', "t", LATER),
        ('{"accessToken": "t", "expires_on": 1772629200, "expiresOn": "2026-01-01 00:00:00"}', "t", LATER),
        ('{"token": "t", "expiry": "2026-03-04T13:00:00Z"}', "t", LATER),
        ('{"token": "t", "expires_at": "2026-03-04T14:00:00+01:00"}', "t", LATER),
        ('{"token": "t", "expires_at": "soon", "expires_in": -1}', "t", None),
        (jwt({"exp": 1772629200}), jwt({"exp": 1772629200}), LATER),
        (jwt([1]), jwt([1]), None),
        ("a.%%%.c", "a.%%%.c", None),
        (jwt({"exp": 1e300}), jwt({"exp": 1e300}), None),
    ],
)
def test_R5_1_a_token_is_read_from_what_the_tools_print(printed: str, value: str, expires: datetime | None) -> None:
    assert oauth.token(printed, NOW) == (value, expires)


@pytest.mark.parametrize("printed", ["", "\n", "{}", '{"access_token": ""}', "{broken", "two words", "[]\x00", "tökén"])
def test_S4_what_is_no_token_is_said_without_repeating_it(printed: str) -> None:
    with pytest.raises(MailProblem) as raised:
        oauth.token(printed, NOW)
    assert raised.value.step == "secret"
    assert not printed.strip() or printed.strip() not in str(raised.value)


@given(st.text(max_size=300))
def test_R5_1_any_text_gives_a_token_of_one_word_or_a_sentence(printed: str) -> None:
    try:
        found = oauth.token(printed, NOW)
    except MailProblem:
        return
    assert found.value.isascii()
    assert found.value == "".join(found.value.split())
    assert "\x01" not in found.value


def test_R5_1_the_words_of_xoauth2() -> None:
    assert oauth.initial_response("a@x.test", "t") == "user=a@x.test\x01auth=Bearer t\x01\x01"


def test_R5_1_a_token_is_told_of_before_it_ends() -> None:
    assert token_trouble(None, UTC, NOW) == ""
    assert token_trouble(LATER, UTC, NOW) == ""
    assert "ends at 12:03" in token_trouble(NOW + timedelta(minutes=3), UTC, NOW)
    assert "ended at 11:59" in token_trouble(NOW - timedelta(minutes=1), UTC, NOW)
