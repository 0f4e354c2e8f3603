"""Hostile and broken messages of `tests/corpus`, each with what is to be read in it beside it (R5.3, D11-D13, I2)."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from mail.parse import Reading, attachment_content, parse
from store.cleantext import storable

CORPUS = Path(__file__).parent.parent / "corpus"
MESSAGES = sorted(CORPUS.glob("*.eml"))


def seen(raw: bytes) -> dict[str, Any]:
    """What was parsed, in the form of the expectations; an attachment as name, type and its content found again."""
    facts = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(parse(raw)).items()}
    facts["date"] = facts["date"].isoformat() if facts["date"] else None
    facts["attachments"] = [
        [attached["name"], attached["type"], attachment_content(raw, attached["part"]).decode()]
        for attached in facts["attachments"]
    ]
    return facts


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_R5_3_nothing_is_lost_or_invented_whatever_the_bytes(path: Path) -> None:
    wanted = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    facts = seen(path.read_bytes())
    assert {name: facts[name] for name in wanted} == wanted
    assert all(storable(value) == value for value in facts.values() if isinstance(value, str))


def test_R5_2_a_fingerprint_is_the_same_for_the_same_and_another_for_another() -> None:
    raw = (CORPUS / "plain.eml").read_bytes()
    again = b"Received: by another way\n" + raw.replace(b"\n", b"\r\n")
    assert parse(raw).fingerprint == parse(again).fingerprint != ""
    for old, new in ((b"broken", b"fixed"), (b"10:00", b"10:01"), (b"Printer", b"Pencil"), (b"<m1", b"<m2")):
        assert parse(raw.replace(old, new)).fingerprint not in ("", parse(raw).fingerprint)
    attached = (CORPUS / "lines-end-with-crlf.eml").read_bytes()
    assert parse(attached).fingerprint != parse(attached.replace(b"PDF", b"PDG")).fingerprint


@pytest.mark.parametrize(
    ("lines", "sender"),
    [
        (["From: a@x.test", "From: b@x.test"], ""),
        (["From: a@x.test, b@x.test"], ""),
        (["From: a@x.test", "From: A <a@X.test>"], "a@x.test"),
        (["From: <@evil.test,@e.test:victim@x.test>"], "victim@x.test"),
        (["From: victim@bank.test <a@x.test>"], "a@x.test"),
        (["From: undisclosed:;", "Sender: s@x.test"], ""),
    ],
)
def test_I2_R4_12_exactly_one_usable_address_is_the_sender(lines: list[str], sender: str) -> None:
    assert parse("\n".join([*lines, "Subject: x", "", "text"]).encode()).sender == sender


def test_R5_1_the_header_that_names_the_sender_can_be_chosen() -> None:
    raw = b"From: form@us.test\nReply-To: Eve <eve@x.test>\nSender: robot@us.test\nSubject: x\n\nx"
    found = {header: parse(raw, Reading(header)) for header in ("From", "Reply-To", "Sender")}
    assert [parsed.sender for parsed in found.values()] == ["form@us.test", "eve@x.test", "robot@us.test"]
    assert [parsed.sender_header for parsed in found.values()] == ["From", "Reply-To", "Sender"]
    without = parse(b"From: form@us.test\nSubject: x\n\nx", Reading("Reply-To"))
    assert (without.sender, without.sender_header) == ("form@us.test", "From")


def test_R11_1_a_part_that_is_not_there_is_a_lookup_error() -> None:
    for number in (-1, 1):
        with pytest.raises(LookupError):
            attachment_content((CORPUS / "plain.eml").read_bytes(), number)
