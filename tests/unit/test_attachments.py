"""Attachments are saved under names that are only names (THREATS X2)."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.attachments import safe_name, save
from mail.parse import parse
from store.errors import BadInput
from store.queries.attachments import Source
from tests.servers import message

RAW = b"""From: a@b.test
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain

Hello
--x
Content-Type: application/pdf
Content-Disposition: attachment; filename="../../evil.pdf"
Content-Transfer-Encoding: base64

JVBERg==
--x--
"""


@given(st.text(max_size=300), st.sets(st.text(max_size=20), max_size=3))
def test_X2_a_name_stays_in_its_folder_and_is_new(name: str, before: set[str]) -> None:
    taken = {one.casefold() for one in before}
    found = safe_name(name, taken)
    assert found == os.path.basename(found)
    assert found not in ("", ".", "..")
    assert not found.startswith(".")
    assert len(found.encode()) <= 200
    assert not any(ord(char) < 32 for char in found)
    assert found.casefold() not in {one.casefold() for one in before}
    assert found.casefold() in taken


def test_X2_the_content_is_saved_privately_and_nothing_is_written_over(tmp_path: Path) -> None:
    (attached,) = parse(RAW).attachments
    (tmp_path / "evil.pdf").symlink_to(tmp_path / "victim")
    source = Source(attached.name, attached.part, RAW)
    first, second = save([source, source], tmp_path)
    assert [path.name for path in (first, second)] == ["evil (2).pdf", "evil (3).pdf"]
    assert first.read_bytes() == b"%PDF"
    assert first.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "victim").exists()


def test_X2_a_folder_that_there_is_not_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no folder"):
        save([Source("a", 0, message("a@b.test", "x"))], tmp_path / "nowhere")


def test_I4_X2_a_files_name_has_no_joiners_and_no_sequences() -> None:
    assert safe_name("می\u200cخواهم 👩\u200d🔧.pdf", set()) == "می_خواهم 👩.pdf"
    assert safe_name("pay\u200dpal\u00ad.pdf", set()) == "pay_pal_.pdf"
