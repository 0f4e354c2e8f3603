"""Reason code → the sentence a person reads.  The only place where a rule's refusal becomes words."""

from store.errors import Refused

_SENTENCES = {
    "pair-shared": "{email} is a shared address, so it cannot be paired; give each of its tickets its own customer.",
    "pair-paired": "{email} is paired to {customer} already. Unpair it first, or change the pair from a ticket.",
    "pair-ours": "{email} is the address of an administrator or an inbox of ours, so it cannot be paired.",
    "unpair-unpaired": "{email} is not paired.",
    "ban-banned": "{email} is banned already.",
    "unban-unbanned": "{email} is not banned.",
    "share-shared": "{email} is marked as shared already.",
    "unshare-unshared": "{email} is not marked as shared.",
    "customer-deleted": "{customer} was deleted, so nothing can be paired to it.",
    "customer-used": "{customer} has {paired} paired addresses and {tickets} tickets, so it stays. Unpair these, "
    "and give those another customer first.",
    "partner-used": "{name} has {customers} customers and {administrators} administrators, so it stays. Give these "
    "another partner first.",
    "merge-self": "A customer cannot be merged into itself.",
    "deny-exists": "The deny list has this entry already (number {id}).",
    "name-empty": "A sender needs a name; {email} keeps its old one.",
    "login-exists": "There is an administrator with the login {login} already.",
    "name-exists": "There is a {kind} named {name} already.",
    "inbox-exists": "There is an inbox named {name} already.",
    "store-started": "This store has its administrators already; nothing was changed.",
    "external-exists": "There is a customer with the external id {external_id} already.",
    "super-only": "Only a super administrator may do that.",
    "any-only": "The deny list is for administrators of partner Any and super administrators.",
    "withheld": "Withheld mail has no owner yet, so it is for administrators of partner Any and super administrators.",
    "all-mail": "That counts all mail, so it is for administrators of partner Any and super administrators.",
    "partner-other": "You work for one partner, so you cannot add customers of {name}.",
    "busy": "Another program is fetching mail for this store now, so nothing was done. Try again when it has ended.",
    "change-pair": "{email} is paired to another customer. Say whether all new tickets from it go to {customer} "
    "(--change-pair), or only this ticket changes (--keep-pair).",
    "close-closed": "Ticket #{number} is closed already.",
    "reopen-open": "Ticket #{number} is open.",
    "ticket-merged": "Ticket #{number} was merged into another one; go on there.",
    "merge-itself": "A ticket cannot be merged into itself.",
    "merge-customers": "Tickets #{number} and #{into} belong to two customers, so they cannot be merged.",
    "requester-none": "Ticket #{number} has no requester.",
    "assign-unseen": "{login} works for one partner and may not see this ticket, so it cannot be assigned to him.",
    "cc-ours": "{email} is the address of an administrator or an inbox of ours, so it cannot be in Cc.",
    "follows-already": "{email} follows ticket #{number} already.",
    "outbox-gone": "Mail {id} has gone already, or is going now.",
    "outbox-dropped": "Mail {id} was dropped already.",
    "outbox-free": "Nothing is held back for {email}.",
    "outbox-alone": "Mail {id} is about no ticket.",
    "release-no-ban": "{email} is not banned, so there is no ban to take off.",
    "release-no-entry": "No entry of the deny list that refused message {id} is left to be removed.",
    "release-denied": "The deny list refuses it now as well; remove that entry, too, or change it.",
    "release-banned": "{email} is banned, which would refuse it now; unban it in the same step.",
    "release-unregistered": "{email} is unknown, and its inbox takes mail from known senders only.",
    "release-unverified": "{email} is the address of an administrator, and forwarded e-mail from them is off.",
    "release-ignored": "It would be ignored now ({reason}).",
    "undo-none": "There is nothing to take back.",
    "undo-done": "That was taken back already ({what}, {of}).",
    "undo-final": "What was done last ({what}, {of}) cannot be taken back.",
    "undo-overtaken": "{of} was changed by {who} on {when}, so that cannot be taken back any more.",
    "files-none": "Nothing is attached to ticket #{number}.",
    "tickets-none": "{email} has opened no ticket.",
    "no-row": "There is no row to act on.",
}


def sentence(code: str, **facts: object) -> str:
    """The sentence of a reason code, its facts filled in.  Facts must be clean text already."""
    return _SENTENCES[code].format(**facts)


def refuse(code: str, **facts: object) -> Refused:
    """The exception to raise when a rule answers with `code`."""
    return Refused(code, sentence(code, **facts), **facts)
