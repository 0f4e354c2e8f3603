"""Who wrote a message: the mailbox in the field that an inbox names, unless that is ours or a list's (R5.9, R4.12).

A form sends from an address of ours and names the visitor in Reply-To; a list or group that may not send in another's
name puts its own address into From (RFC 7960, 4.1.3.1) and the author into another field.  What has been written over
or into such a field is nobody's word but the message's own, so nobody can be proved by it.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from mail.addresses import Mailbox, certain_mailboxes, mailboxes, the_one
from mail.headers import Fields
from store.rules.addresses import OwnAddresses, address_key

# where those who change From leave the author: Google and other lists, then those who write to Reply-To (Mailman)
_INSTEAD_OF_FROM = ("X-Original-From", "X-Original-Sender", "Reply-To")
_LIST_ADDRESS_FIELDS = ("list-post", "x-beenthere")
_DELIVERED_FIELDS = ("delivered-to", "x-original-to")
_LIST_ID = re.compile(r"<([^<>@\s.]{1,64})\.([^<>@\s]{1,255})>\s*$")
_MAILING_LIST = re.compile(r"\blist\s+([^\s;,]{3,320})", re.IGNORECASE)
_MAILTO = re.compile(r"mailto:([^>\s?,]{3,320})", re.IGNORECASE)
# `'Kelly' via Support`, in the languages of Google and Mailman
_VIA = re.compile(r"^['\"‘“]?(.+?)['\"’”]?\s+(?:via|über|через|経由)\s+\S", re.IGNORECASE)


class Author(NamedTuple):
    """Who wrote: None when nobody is named for certain.  `header` is the field that says so.

    `vouched` is the address that a server's word on the sender is about, and `is_proved_by_it` whether that is the
    author's own.
    """

    mailbox: Mailbox | None
    header: str
    vouched: str
    is_proved_by_it: bool


def author(fields: Fields, header: str, own: OwnAddresses, *, groups: bool = False) -> Author:
    """By the field `header`, where it names one address that is not ours; else by From (R5.1, R5.9).

    `groups`: through the group that has an inbox's address administrators answer, too.
    """
    origin = the_one(fields.all("from")) if fields.all("from") else None
    vouched = origin.address if origin else ""
    ours = _list_addresses(fields) | _aliases(fields, own)
    if header != "From" and (found := _foreign(fields, header, own, ours)):
        return Author(_named(found, origin), header, vouched, _is_same(found.address, vouched))
    key = address_key(vouched)
    if origin is not None and (own.sends_as(key) or key in ours):
        theirs = _without_administrators(own) if groups and key in own.inboxes else own
        for name in _INSTEAD_OF_FROM:
            if found := _foreign(fields, name, own if name == "Reply-To" else theirs, ours):
                return Author(_named(found, origin), name, vouched, False)
    return Author(origin, "From" if fields.all("from") else "", vouched, True)


def _without_administrators(own: OwnAddresses) -> OwnAddresses:
    """What is ours and nobody's: the SMTP sender's address may be an administrator's, too."""
    sender = "" if own.sender in own.administrators else own.sender
    return own._replace(administrators=frozenset(), sender=sender)


def _foreign(fields: Fields, name: str, own: OwnAddresses, ours: Collection[str]) -> Mailbox | None:
    """The one address in this field that is neither ours nor the list's; None for none, several, or any in doubt."""
    keyed = {address_key(mailbox.address): mailbox for mailbox in certain_mailboxes(fields.all(name.lower()))}
    theirs = [mailbox for key, mailbox in keyed.items() if not own.has(key) and key not in ours]
    return theirs[0] if len(theirs) == 1 else None


def _named(found: Mailbox, origin: Mailbox | None) -> Mailbox:
    """With the author's name out of `'Kelly' via Support`, where the field itself has none."""
    via = _VIA.match(origin.name) if origin else None
    return Mailbox(found.address, via[1]) if via and not found.name else found


def _list_addresses(fields: Fields) -> frozenset[str]:
    """The folded addresses that this message's list or group has by its own fields (RFC 2369, 2919)."""
    found = [mailbox.address for name in _LIST_ADDRESS_FIELDS for mailbox in mailboxes(fields.first(name))]
    found += _MAILTO.findall(fields.first("list-post"))
    found += [f"{name}@{domain}" for name, domain in _LIST_ID.findall(fields.first("list-id"))]
    found += _MAILING_LIST.findall(fields.first("mailing-list"))
    return frozenset(map(address_key, found))


def _aliases(fields: Fields, own: OwnAddresses) -> frozenset[str]:
    """The folded addresses under which this message came to an inbox of ours, though it has another: the only one that
    it is addressed to, or that a server delivered it to, in a domain in which an inbox of ours is."""
    domains = {key.rpartition("@")[2] for key in own.inboxes}
    if not domains:
        return frozenset()
    found = mailboxes(fields.first("to")) if len(fields.all("to")) == 1 else []
    named = [found[0].address] if len(found) == 1 else []
    keys = {address_key(one) for one in (*named, *map(fields.first, _DELIVERED_FIELDS))}
    return frozenset(key for key in keys if key.rpartition("@")[2] in domains and key not in own.administrators)


def _is_same(one: str, other: str) -> bool:
    return address_key(one) == address_key(other)
