"""Why mail came back: the words first, then the code (R5.4)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.rules.refusals import MEANINGS, Cause, cause_of

# cause | the report's own status | the server's words, as servers write them
SAID = """
address | 5.1.1 | 550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1
address | 5.1.1 | 550 5.1.1 <kelly@x.test>: Recipient address rejected: User unknown in local recipient table
address | 5.1.1 | 550 5.1.1 Recipient unknown; see our anti-spam policy
address | 5.1.1 | 550 [SUSPEND] Mailbox currently suspended - Please contact correspondent directly
address | 5.4.1 | 550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB5EUR01FT012.x.test]
address | 5.1.10 | 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient kelly@x.test not found by SMTP address lookup
address | 5.0.0 | 550 5.7.1 No such user!
address | 5.7.1 | 550 5.7.1 User unknown
address | | 554 5.0.0 user unknown
address | 5.5.0 | 550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).
address | 5.2.1 | 550 5.2.1 The email account that you tried to reach is disabled
address | 5.0.0 | 554 delivery error: dd This user doesn't have a yahoo.com account (kelly@yahoo.test) [-5] - mta1
address | 5.0.0 | 554 delivery error: dd Sorry your message is undeliverable. This account has been disabled
address | 5.4.4 | Host or domain name not found. Name service error for name=x.test type=A: Host not found
address | 5.1.2 | 550 Host unknown
address | 5.1.10 | 556 5.1.10 Recipient domain null MX
address | 5.1.6 | 551 User not local; please try <kelly@y.test>
address | | Sorry, no mailbox here by that name. vpopmail (#5.1.1)
address | | The recipient name is not recognized
address | | User some.name (kelly@x.test) not listed in Domino Directory
address | | There is no user by that name at this server.
address | | Error: Invalid user address 550 - Requested action not taken: no such user here
address | | L'adresse de messagerie référencée ci-dessus n'existe pas.
address | | Odbiorca nie istnieje / Recipient <kelly@x.test> does not exist
address | 5.1.1 | 5.1.1
full | 5.2.2 | 552 5.2.2 The email account that you tried to reach is over quota
full | 5.1.1 | 550 5.1.1 <kelly@x.test>: mailbox full
full | 5.0.0 | 550 <kelly@x.test> Benutzer hat zuviele Mails auf dem Server. / User has too many messages on the server.
full | 5.7.0 | The recipient mailbox has exceeded its disk space limit.
full | 5.2.2 | 5.2.2
size | 5.3.4 | 552 5.3.4 Message size exceeds fixed limit
size | 5.2.3 | 550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient
size | 5.7.1 | 554 5.7.1 Message Rejected Class=size limit=15728640 Subclass=reject size=18571048
us | 5.7.1 | 554 5.7.1 Service unavailable; Client host [192.0.2.4] blocked using zen.lists.test
us | 5.7.26 | 550-5.7.26 Unauthenticated email from us.test is not accepted due to domain's 550-5.7.26 DMARC policy.
us | 5.7.1 | 550 5.7.1 SPF check failed
us | 5.1.1 | 550 5.1.1 <kelly@x.test>... blocked by our filter
us | 5.0.0 | 550 Message rejected: blacklisted
us | 5.7.25 | 550 5.7.25 The IP address sending this message does not have a PTR record setup
us | 5.1.8 | 553 5.1.8 Domain of sender address help@us.test does not exist
us | 5.1.1 | 550 5.1.1 Sender address rejected: User unknown in virtual mailbox table
us | 5.0.0 | 550 Sender verify failed: no such user
us | 5.7.27 | 550 5.7.27 Sender address has null MX
us | 4.7.0 | 421 4.7.0 [TSS04] Messages from 192.0.2.4 temporarily deferred due to user complaints
us | 5.7.9 | 554 5.7.9 Message not accepted for policy reasons. See https://postmaster.x.test/error-codes
us | 5.0.0 | 550 Probable Spam
us | 5.7.1 | 5.7.1
rate | 5.0.0 | 452 too many messages from your IP
rate | 5.4.5 | 550 5.4.5 Daily user sending limit exceeded
us | 5.7.9 | 553 5.7.2 [TSS09] All messages from 192.0.2.4 will be permanently deferred
address | 5.0.0 | 550 Postfach existiert nicht
address | 5.0.0 | 550 La cuenta no está: cuenta desconocida
full | 5.0.0 | 552 Postfach voll
full | 5.0.0 | 552 Boîte aux lettres pleine
full | 5.0.0 | 552 El buzón está lleno
full | 5.0.0 | 552 La casella è piena
choice | 5.1.1 | 550 5.1.1 Refused due to recipient preferences
choice | 5.7.133 | 550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required
content | 5.6.0 | 552 5.6.0 headers contain 8-bit
content | 5.0.0 | 554 Virus found
system | 4.4.7 | 421 4.4.7 delivery time expired
system | 4.4.1 | connect to mx.x.test[192.0.2.4]:25: Connection timed out
system | 5.0.0 | 450 4.7.1 Greylisted, try again later
system | 4.1.1 | 450 4.1.1 User unknown in local recipient table
system | 4.2.1 | 450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents more
system | 5.4.4 | Name service error for name=x.test type=MX: Malformed or unexpected name server reply
system | 5.4.6 | 554 5.4.6 Too many hops
system | 5.7.1 | 554 5.7.1 <kelly@x.test>: Relay access denied
system | 5.0.0 | 553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)
system | 5.0.0 | Mail system full
system | 5.1.1 | 550 5.1.1 mailbox temporarily unavailable
system | 5.0.0 | Recipient's mail server is not available
unknown | 5.0.0 | 550 Denied
unknown | 5.0.0 | Your e-mail could not be delivered: unknown error
unknown | |
"""
CASES = [tuple(part.strip() for part in line.split("|", maxsplit=2)) for line in SAID.strip().splitlines()]


@pytest.mark.parametrize(("cause", "status", "words"), CASES)
def test_R5_4_the_words_tell_the_cause_and_the_code_what_they_leave_open(cause: str, status: str, words: str) -> None:
    assert cause_of(status, words) == cause


def test_R5_4_an_address_a_link_or_a_host_says_nothing() -> None:
    assert cause_of("5.1.1", "550 5.1.1 <spam@blocked.test>... no such user, host mx.spamfilter.test said") == "address"
    assert cause_of("5.0.0", "550 see https://x.test/user-unknown for <full@quota.test>") == "unknown"


statuses = st.from_regex(r"([245]\.\d{1,3}\.\d{1,3})?", fullmatch=True)
spoken = st.lists(st.sampled_from([word for _, _, words in CASES for word in words.split()]), max_size=30).map(" ".join)


@given(statuses, st.one_of(st.text(max_size=2_000), spoken))
def test_R5_4_whatever_a_server_says_has_one_cause_which_is_told(status: str, words: str) -> None:
    assert cause_of(status, words) in MEANINGS


@given(st.from_regex(r"4\.\d\.\d{1,2}", fullmatch=True), spoken)
def test_R5_4_what_was_refused_for_now_never_says_that_an_address_is_dead(status: str, words: str) -> None:
    assert cause_of(status, f"{status} {words}") is not Cause.ADDRESS


@pytest.mark.parametrize("piece", ["user ", "-", "a.", "@", " - ", "recipient address ", "x" * 50])
def test_D13_no_words_make_it_slow(piece: str) -> None:
    began = time.monotonic()
    cause_of("", piece * (10_000 // len(piece)))
    assert time.monotonic() - began < 1
