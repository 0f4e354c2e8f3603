"""What a trusted server says of a sender, and what only looks like it (RFC 8601; THREATS I1, R5.8)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.authentication import authentication
from mail.headers import split
from mail.parse import Reading, parse
from mail.span import Span
from store.rules.addresses import domain_key, registrable_domain

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


@pytest.mark.parametrize(
    ("sender", "signed", "told"),
    [
        ("example.com", "mail.example.com", "pass"),
        ("mail.example.com", "example.com", "pass"),
        ("news.example.com", "bounce.mail.example.com", "pass"),
        ("x.co.uk", "co.uk", "none"),
        ("x.co.uk", "y.co.uk", "none"),
        ("shop.x.co.uk", "mail.x.co.uk", "pass"),
        ("example.com", "com", "none"),
        ("example.com", "badexample.com", "none"),
        ("example.com", "example.com.evil.test", "none"),
        # whoever may register under it is another owner, by the list's private part, too
        ("anna.github.io", "eve.github.io", "none"),
        ("anna.github.io", "github.io", "none"),
        ("a.anna.github.io", "anna.github.io", "pass"),
        # the list's wildcards and exceptions
        ("a.x.ck", "b.x.ck", "none"),
        ("a.www.ck", "www.ck", "pass"),
        # a top-level domain that no list has
        ("corp.local", "mail.corp.local", "pass"),
        ("a.local", "b.local", "none"),
        ("localhost", "localhost", "pass"),
        ("mail.localhost", "localhost", "none"),
        # IDNA, in either spelling
        ("bücher.example", "xn--mail-9na.xn--bcher-kva.example", "pass"),
        ("xn--bcher-kva.example", "mail.bücher.example", "pass"),
        ("食狮.公司.cn", "公司.cn", "none"),
        ("食狮.公司.cn", "mail.食狮.公司.cn", "pass"),
        # an address has no owner above it
        ("[192.0.2.1]", "[198.51.2.1]", "none"),
        ("192.0.2.1", "198.51.2.1", "none"),
        ("[IPv6:2001:db8::1]", "[IPv6:2001:db8:1::1]", "none"),
        ("", "example.com", "none"),
    ],
)
def test_I1_domains_are_aligned_under_what_one_owner_registered(sender: str, signed: str, told: str) -> None:
    address = f"bob@{sender}" if sender else ""
    assert verdict(results(f"dkim=pass header.d={signed}"), address) == told
    assert verdict(results(f"spf=pass smtp.mailfrom=bounce@{signed}"), address) == told
    assert verdict(results(f"dmarc=pass header.from={signed}"), address) == told
    assert verdict(results(f"dkim=pass header.d={signed}; dmarc=fail header.from={sender}"), address) == "fail"


@given(
    st.from_regex(r"[a-z0-9.:\[\]-]{0,40}", fullmatch=True), st.sampled_from(["com", "co.uk", "github.io", "x", "1"])
)
def test_I1_nothing_is_aligned_with_a_public_suffix_or_half_a_label(name: str, suffix: str) -> None:
    assert registrable_domain(suffix) == ""
    found = registrable_domain(domain_key(f"{name}.{suffix}"))
    assert found == "" or f".{domain_key(f'{name}.{suffix}')}".endswith(f".{found}")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("auth=pass (plain) smtp.auth=bob@x.test smtp.mailfrom=bob@x.test", "pass"),
        ("auth=pass smtp.auth=BOB@X.test", "pass"),
        ("auth=pass smtp.auth=bob smtp.mailfrom=bob@x.test", "pass"),
        ("auth=pass smtp.mailfrom=bob@x.test", "pass"),
        ("spf=fail smtp.mailfrom=x.test; auth=pass smtp.auth=bob@x.test", "pass"),
        ("auth=pass smtp.auth=eve@x.test smtp.mailfrom=bob@x.test", "none"),
        ("auth=pass smtp.auth=eve@x.test", "none"),
        ("auth=pass smtp.auth=bob", "none"),
        ("auth=pass smtp.auth=x.test smtp.mailfrom=x.test", "none"),
        ("auth=pass", "none"),
        ("auth=fail smtp.auth=bob@x.test", "none"),
        ('auth=pass smtp.auth="bob smtp.mailfrom=bob@x.test"', "none"),
        ("x-auth=pass smtp.auth=bob@x.test", "none"),
    ],
)
def test_I1_who_signed_in_to_the_trusted_server_is_who_they_are(text: str, told: str) -> None:
    assert verdict(results(text)) == told
    assert verdict(RECEIVED + results(text)) == "none"


def test_I1_a_quoted_address_is_not_taken_for_another() -> None:
    assert verdict(results('auth=pass smtp.auth="b:b@x.test"'), "b_b@x.test") == "none"
    assert verdict(results('auth=pass smtp.auth="o\'bob+x@x.test"'), "o'bob+x@x.test") == "pass"


@pytest.mark.parametrize("failed", ["dmarc=fail header.from=x.test", "spf=softfail smtp.mailfrom=x.test"])
def test_I1_what_a_group_passed_on_does_not_fail_by_that(failed: str) -> None:
    fields, _ = split(Span.of(results(failed).encode() + b"From: bob@x.test\r\n\r\n"))
    assert authentication(fields, "bob@x.test", (OURS,), 0, behind_group=True) == "none"
    assert verdict(results(f"{failed}; arc=pass (i=1 spf=pass dkim=pass dmarc=pass fromdomain=x.test)")) == "none"
    assert verdict(results(f"{failed}; arc=fail")) == "fail"
    assert verdict(results(failed) + results("arc=pass")) == "fail"
    assert verdict("ARC-Authentication-Results: i=1; mx.us.test; arc=pass\r\n" + results(failed)) == "fail"


def test_I1_mail_of_which_no_server_says_anything_is_as_if_none_were_trusted() -> None:
    assert verdict(RECEIVED) == ""
    assert verdict("ARC-Authentication-Results: i=1; mx.us.test; dmarc=fail\r\n") == ""
    assert verdict("Authentication-Results: evil.test; dmarc=pass header.from=x.test\r\n") == "none"


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


def test_I1_no_part_of_a_longer_domain_is_left_when_a_value_is_cut_short() -> None:
    for length in range(1, 1_200):
        local = f"{'a' * length}@x.test.more"
        assert verdict(results(f'spf=pass smtp.mailfrom="{local}"@evil.test')) == "none", length


def test_I1_no_part_of_a_longer_domain_is_left_when_a_field_is_cut_short() -> None:
    for length in range(9_900, 10_000):
        padding = f"dkim=pass header.i={'u' * (length - 60)}@evil.test; "
        assert verdict(results(f"{padding}dkim=pass header.d=x.test.evil.test")) == "none", length


def test_I1_a_field_that_is_not_read_to_its_end_passes_nobody_and_still_fails() -> None:
    long = f"dkim=pass header.d=x.test; spf=none ({'c' * 12_000}); dmarc=fail header.from=x.test"
    assert verdict(results(long)) == "none"
    assert verdict(results("; ".join(["dkim=pass header.d=x.test"] * 51))) == "none"
    assert verdict(results(f"dmarc=fail header.from=x.test; spf=none ({'c' * 12_000})")) == "fail"


@pytest.mark.parametrize(
    "text",
    [
        "spf=pass smtp.mailfrom=x.test; dmarc=fail header.from=x.test",
        "dkim=pass header.d=sub.x.test; dmarc=fail header.from=x.test",
        "dmarc=pass header.from=sub.x.test; dmarc=fail header.from=sub.x.test",
    ],
)
def test_I1_where_dmarc_failed_nothing_else_passes(text: str) -> None:
    assert verdict(results(text), sender="bob@sub.x.test") == "fail"


def test_I1_of_several_trusted_fields_the_topmost_passes_and_each_can_fail() -> None:
    good, bad = results("dkim=pass header.d=x.test"), results("dmarc=fail header.from=x.test")
    assert [verdict(good + bad + RECEIVED), verdict(bad + good + RECEIVED)] == ["fail", "fail"]
    assert verdict(good + results("spf=fail smtp.mailfrom=relay.test") + RECEIVED) == "pass"
    assert verdict(good + RECEIVED + bad) == "pass"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('dkim=pass header.d="x.test"', "pass"),
        (r'dkim=pass header.d="x\q.test"', "none"),
        (r"(a (b \) dmarc=pass header.from=x.test) ) ) spf=none", "none"),
        (r'spf=fail reason="a\"; dmarc=pass header.from=x.test" smtp.mailfrom=x.test', "fail"),
        ('spf=pass smtp.mailfrom="; dmarc=pass header.from=x.test; "@evil.test', "none"),
        ("spf=pass smtp.mailfrom=x.test@evil.test", "none"),
        ("dkim=pass header.d=x.test.evil.test", "none"),
        ("dkim=pass reason=header.d header.s=x.test", "none"),
        ("x-dmarc=pass header.from=x.test", "none"),
        ("dmarc=passed header.from=x.test", "none"),
        ("spf=hardfail smtp.mailfrom=x.test", "fail"),
    ],
)
def test_I1_quotes_escapes_comments_and_names_that_only_look_alike(text: str, told: str) -> None:
    assert verdict(results(text)) == told


GMAIL = """Delivered-To: desk@us.test
Received: by 2002:a05:6000:1 with SMTP id a1csp1;
        Mon, 2 Mar 2026 02:00:01 -0800 (PST)
X-Received: by 2002:a05:600c:1 with SMTP id b2mr2;
ARC-Authentication-Results: i=1; mx.google.com;
       dmarc=pass (p=NONE) header.from=evil.test
Return-Path: <bob@x.test>
Received: from mail.x.test (mail.x.test. [192.0.2.1])
        by mx.google.com with ESMTPS id c3si3
Received-SPF: pass (google.com: domain of bob@x.test designates 192.0.2.1 as permitted sender)
Authentication-Results: mx.google.com;
       dkim=pass header.i=@x.test header.s=s1 header.b=AbC/+=;
       spf=pass (google.com: domain of bob@x.test designates 192.0.2.1 as permitted sender) smtp.mailfrom=bob@x.test;
       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=x.test
"""
FASTMAIL = """Authentication-Results: mx1.messagingengine.com;
    bimi=skipped (DMARC Policy is not at enforcement);
    arc=none (no signatures found);
    dkim=pass (2048-bit rsa key sha256) header.d=x.test header.i=@x.test header.b=Ab12 header.a=rsa-sha256 header.s=s;
    dmarc=pass policy.published-domain-policy=none policy.evaluated-disposition=none (p=none,d=none)
      policy.policy-from=p header.from=x.test;
    iprev=pass smtp.remote-ip=192.0.2.1 (mail.x.test);
    spf=pass smtp.mailfrom=bob@x.test smtp.helo=mail.x.test
Received: from mail.x.test (mail.x.test [192.0.2.1]) by mx1.messagingengine.com (Postfix)
"""
RSPAMD = """Authentication-Results: mx.us.test;
\tdkim=pass header.d=x.test header.s=s header.b=Ab12;
\tdmarc=pass (policy=reject) header.from=x.test;
\tspf=pass (mx.us.test: domain of bob@x.test designates 192.0.2.1 as permitted sender) smtp.mailfrom=bob@x.test
Received: from mail.x.test (mail.x.test [192.0.2.1]) by mx.us.test (Postfix)
"""
OPENDMARC = """Received: from mail.x.test (mail.x.test [192.0.2.1]) by mx.us.test (Postfix)
Authentication-Results: mx.us.test; dmarc=pass (p=reject dis=none) header.from=x.test
Authentication-Results: mx.us.test; spf=pass smtp.mailfrom=x.test
Authentication-Results: mx.us.test;
\tdkim=pass (2048-bit key; unprotected) header.d=x.test header.i=@x.test header.a=rsa-sha256 header.s=s header.b=Ab12
"""
EXCHANGE_ONLINE = """Received: from AB1.prod.outlook.test by CD2.prod.outlook.test with HTTPS
Authentication-Results: spf=pass (sender IP is 192.0.2.1)
 smtp.mailfrom=x.test; dkim=pass (signature was verified)
 header.d=x.test;dmarc=pass action=none header.from=x.test;compauth=pass reason=100
"""


@pytest.mark.parametrize(
    ("header", "name", "told"),
    [
        (GMAIL, "mx.google.com", ["none", "none", "pass"]),
        (FASTMAIL, "mx1.messagingengine.com", ["pass", "pass", "pass"]),
        (RSPAMD, OURS, ["pass", "pass", "pass"]),
        (OPENDMARC, OURS, ["none", "pass", "pass"]),
        # it names no authserv-id, so nobody can tell it from one that the sender wrote
        (EXCHANGE_ONLINE, "outlook.test", ["none", "none", "none"]),
    ],
)
def test_I1_what_real_servers_write(header: str, name: str, told: list[str]) -> None:
    lines = header.replace("\n", "\r\n")
    assert [verdict(lines, trusted=(name,), hops=hops) for hops in range(3)] == told


APPENDIX_B_7 = (
    "foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
    " policy (A dot can go here) . (like that) expired\r\n (this surprised me) = (as I wasn't expecting it)"
    " 1362471462"
)


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("example.org 1; none", "none"),
        ("example.com; spf=pass smtp.mailfrom=example.net", "pass"),
        ("example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net", "pass"),
        (
            "example.com; sender-id=fail header.from=example.net; dkim=pass (good signature) header.d=example.net",
            "pass",
        ),
        (
            APPENDIX_B_7,
            "fail",
        ),
    ],
)
def test_I1_the_examples_of_the_standard(field: str, told: str) -> None:
    trusted = ("example.com", "example.org", "foo.example.net")
    assert verdict(f"Authentication-Results: {field}\r\n{RECEIVED}", "a@example.net", trusted) == told


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


_WORDS = st.sampled_from(
    [*'();="\\/ .', "dmarc", "dkim", "spf", "pass", "fail", "header.from", "header.d", "x.test", OURS]
)


@given(st.lists(_WORDS, max_size=40).map("".join), st.integers(0, 3))
def test_I1_nothing_passes_without_a_trusted_field_above_received(text: str, hops: int) -> None:
    below = f"{RECEIVED * (hops + 1)}Authentication-Results: {OURS}; dmarc=pass header.from=x.test; {text}\r\n"
    assert verdict(below, hops=hops) == "none"
    assert verdict(f"Authentication-Results: evil.test {text}\r\n{RECEIVED}", hops=hops) == "none"
    quoted = text.translate({ord(char): None for char in '"\\'})
    assert verdict(results(f'dkim=none reason="{quoted}"')) == "none"


@pytest.mark.parametrize("text", [";" * 60_000, "(" * 60_000, '"' * 60_000, "dkim=pass " * 6_000, "a.b=" * 15_000])
def test_D13_it_is_read_in_no_time(text: str) -> None:
    began = time.perf_counter()
    verdict(results(text))
    assert time.perf_counter() - began < 0.2
