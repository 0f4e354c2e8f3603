"""What a server that we trust found out about a message's sender (RFC 8601, RFC 7489; THREATS I1).

Anybody can write an Authentication-Results field.  One counts only if its authserv-id is one that was set up, if it is
the topmost such field, and if no more Received fields stand above it than our own servers write: what a sender writes
himself stands below.  Where no server is set up nothing is known, which is not the same as a pass.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from mail.headers import Fields
from store.rules.addresses import address_key, domain_key, registrable_domain

_FIELD = "authentication-results"
_METHOD = re.compile(r"\s*([a-z0-9-]{1,40})(?:\s*/\s*\d{1,5})?\s*=\s*([a-z]{1,20})\b")
# the value is read whole: of one that is cut short, another domain may be left
_PROPERTY = re.compile(r"\b([a-z]{1,20})\.([a-z0-9-]{1,40})\s*=\s*([^\s;]+)")
# of what stands in quotes: what may be part of an address without quotes (RFC 5322, 3.2.3), less what ends a value
_QUOTABLE = re.compile(r"[^\w@.+!#$%&'*/?^`{|}~-]")
_NOT_QUOTABLE = "\ufffd"  # no address has it, so none is taken for another
_LONGEST = 10_000
_MOST_RESULTS = 50
_DOMAINS_OF = {"dmarc": ("header.from",), "dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",)}
_BAD = ("fail", "hardfail", "softfail", "permerror", "policy")


class Result(NamedTuple):
    """One method's result, such as dkim pass, with the domain that it is about; of auth it is the whole address."""

    method: str
    result: str
    about: str


def authentication(
    fields: Fields, sender: str, trusted: Sequence[str], hops: int, *, behind_group: bool = False
) -> str:
    """pass, fail, none; or '' when no authserv-id is trusted, and when no server at all says anything: mail inside one
    server has no such field.  `hops`: Received fields our own servers write above.

    pass: the sender signed in to the server (auth); or DMARC passed for the sender's domain, or else DKIM or SPF, for
    one that is aligned with it: under the same registrable domain (RFC 7489, 3.1).  fail: DMARC failed; or without
    DMARC, something failed and nothing passed so.  What a group or list has passed on fails by that alone, so fail
    counts as none where the inbox is `behind_group`, or the server vouches for the chain of those who passed it on
    (arc, RFC 8617).

    Servers that write below their own Received field have what the sender wrote right below theirs.  So only the
    topmost trusted field can pass a sender; those below it can but fail him.  RFC 8601, 5, has servers remove fields
    that carry their name: with `hops`, one that does not and at times writes none itself lets a forged one be topmost.
    """
    ids = {domain_key(name) for name in trusted}
    if not ids or _FIELD not in fields.names():
        return ""
    said = (_read(value) for value in fields.above(_FIELD, "received", hops))
    ours = [results for name, results in said if domain_key(name) in ids]
    below = [one for results in ours[1:] for one in results if one.method == "dmarc" and one.result in _BAD]
    topmost = ours[0] if ours else []
    verdict = _verdict([*topmost, *below], address_key(sender))
    passed_on = behind_group or any((one.method, one.result) == ("arc", "pass") for one in topmost)
    return "none" if verdict == "fail" and passed_on else verdict


def _verdict(results: Sequence[Result], sender: str) -> str:
    domain = sender.rpartition("@")[2]
    if any(one.method == "dmarc" and one.result in _BAD for one in results):
        return "fail"
    if any(one.result == "pass" and _vouches(one, sender, domain) for one in results):
        return "pass"
    return "fail" if any(one.method in ("dkim", "spf") and one.result in _BAD for one in results) else "none"


def _vouches(passed: Result, sender: str, domain: str) -> bool:
    """Whether what passed is about this sender."""
    if passed.method == "auth":
        return bool(sender) and passed.about == sender
    return passed.method in _DOMAINS_OF and _is_aligned(domain, passed.about)


def _is_aligned(domain: str, other: str) -> bool:
    if not (domain and other):
        return False
    return domain == other or registrable_domain(domain) == registrable_domain(other) != ""


def _read(value: str) -> tuple[str, list[Result]]:
    """The authserv-id, and the results.  Of a field that is not read to its end, nothing passes: `x.test.evil.test`
    may be cut to `x.test`, and a failure may be in the rest."""
    head, *rest = _without_comments(value[:_LONGEST]).lower().split(";")
    cut = len(value) > _LONGEST or len(rest) > _MOST_RESULTS
    results = [one for one in _results(rest[:_MOST_RESULTS]) if not (cut and one.result == "pass")]
    return next(iter(head.split()), ""), results


def _results(texts: Sequence[str]) -> Iterator[Result]:
    for text in texts:
        method = _METHOD.match(text)
        if method is None:
            continue
        told = {f"{kind}.{name}": value for kind, name, value in _PROPERTY.findall(text)}
        named = (told[name] for name in _DOMAINS_OF.get(method[1], ()) if name in told)
        domain = domain_key(next(named, "").rpartition("@")[2])
        yield Result(method[1], method[2], _signed_in(told) if method[1] == "auth" else domain)


def _signed_in(told: Mapping[str, str]) -> str:
    """The folded address of who signed in; where the log-in is a bare name the sender of the envelope (RFC 8601,
    2.7.4).  Who signed in under one address and sends under another is not that other."""
    login = told.get("smtp.auth", "")
    return address_key(login if "@" in login else told.get("smtp.mailfrom", ""))


def _without_comments(value: str) -> str:
    """Comments are left out, and in quoted strings nothing is left that means something (RFC 5322, 3.2.2, 3.2.4)."""
    out: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in value:
        if escaped:
            escaped = False
            if not depth:
                out.append(_QUOTABLE.sub(_NOT_QUOTABLE, char))
        elif char == "\\":
            escaped = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif quoted:
            out.append(_QUOTABLE.sub(_NOT_QUOTABLE, char))
        elif char == "(":
            depth += 1
        elif char == ")" and depth:
            depth -= 1
        elif not depth:
            out.append(char)
    return "".join(out)
