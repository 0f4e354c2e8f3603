"""What a trusted server says of a sender, and what only looks like it (RFC 8601; THREATS I1, R5.8)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.authentication import authentication
from mail.headers import split
from mail.parse import Reading, parse
from mail.span import Span

OURS = "mx.us.test"
RECEIVED = "Received: from mail.x.test by mx.us.test; Mon, 2 Mar 2026 10:00:00 +0000\r\n"


def verdict(header: str, sender: str = "bob@x.test", trusted: tuple[str, ...] = (OURS,), hops: int = 0) -> str:
    fields, _ = split(Span.of(header.encode("utf-8", "surrogateescape") + b"From: bob@x.test\r\n\r\n"))
    return authentication(fields, sender, trusted, hops)


def results(text: str) -> str:
    return f"Authentication-Results: {OURS}; {text}\r\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dmarc=pass (p=REJECT) header.from=x.test", "pass"),
        ("spf=fail smtp.mailfrom=x.test; dkim=pass header.d=x.test; dmarc=pass header.from=x.test", "pass"),
        ("dmarc=fail (p=NONE dis=NONE) header.from=x.test", "fail"),
        ("dkim=pass header.d=x.test; dmarc=fail header.from=x.test", "fail"),
        ("dmarc=pass header.from=evil.test", "none"),
        ("dkim=pass header.i=@x.test header.s=a", "pass"),
        ("dkim=pass header.d=test", "none"),
        ("dkim=pass header.d=notx.test", "none"),
        ("spf=pass smtp.mailfrom=bounce@x.test", "pass"),
        ("spf=pass smtp.mailfrom=bounce@list.test", "none"),
        ("spf=softfail smtp.mailfrom=x.test", "fail"),
        ("dkim=none; spf=none", "none"),
        ("none", "none"),
        ("dkim=temperror header.d=x.test; dmarc=temperror header.from=x.test", "none"),
        ("(dmarc=pass header.from=x.test) dmarc=none", "none"),
        ('dkim=fail reason="; dmarc=pass header.from=x.test" header.d=x.test', "fail"),
        ("dmarc/1 = pass\r\n policy.x=1\r\n header.from=X.TEST", "pass"),
    ],
)
def test_I1_what_is_said_of_the_sender(text: str, told: str) -> None:
    assert verdict(results(text)) == told


def test_I1_a_subdomain_is_aligned_with_its_parent() -> None:
    assert verdict(results("dkim=pass header.d=x.test"), sender="bob@mail.x.test") == "pass"


def test_I1_nothing_is_known_where_no_server_is_trusted() -> None:
    assert verdict(results("dmarc=pass header.from=x.test"), trusted=()) == ""


@pytest.mark.parametrize(
    "forged",
    [
        RECEIVED + results("dmarc=pass header.from=x.test"),
        results("dmarc=pass header.from=x.test").replace(OURS, "mx.us.test.evil.test"),
        results("dmarc=pass header.from=x.test").replace(OURS, f"({OURS}) evil.test"),
        results("dmarc=pass header.from=x.test").replace(OURS, f'"{OURS} "x'),
        results("dkim=none") + results("dmarc=pass header.from=x.test"),
        results("dmarc=pass header.from=x.test").replace(OURS, ""),
    ],
)
def test_I1_what_a_sender_writes_himself_counts_for_nothing(forged: str) -> None:
    assert verdict(forged) == "none"


def test_I1_servers_that_write_below_their_own_received_fields() -> None:
    header = RECEIVED + RECEIVED + results("dmarc=pass header.from=x.test") + RECEIVED
    assert [verdict(header, hops=hops) for hops in range(4)] == ["none", "none", "pass", "pass"]


def test_I1_the_name_of_the_server_ignores_case_and_has_a_version() -> None:
    assert verdict("Authentication-Results: MX.us.Test 1; dmarc=pass header.from=x.test\r\n") == "pass"


def test_R5_8_it_is_part_of_what_is_parsed() -> None:
    raw = f"{results('dmarc=pass header.from=x.test')}From: Bob <bob@x.test>\r\n\r\nHello".encode()
    assert parse(raw, Reading("From", (OURS,))).authentication == "pass"
    assert parse(raw).authentication == ""


@given(st.text())
def test_R5_3_whatever_is_written_there_something_is_said(text: str) -> None:
    line = "".join(char for char in text if char not in "\r\n").encode("utf-8", "replace").decode()
    assert verdict(f"Authentication-Results: {OURS}; {line}\r\n") in ("pass", "fail", "none")
    assert verdict(f"{RECEIVED}Authentication-Results: {OURS}; {line}\r\n") == "none"


@pytest.mark.parametrize("text", [";" * 60_000, "(" * 60_000, '"' * 60_000, "dkim=pass " * 6_000, "a.b=" * 15_000])
def test_D13_it_is_read_in_no_time(text: str) -> None:
    began = time.perf_counter()
    verdict(results(text))
    assert time.perf_counter() - began < 0.2
