"""Why mail came back: what an enhanced status code and a server's words say together (R5.4; RFC 3463, RFC 5248).

Only a dead address is a reason to write there no more.  Servers give wrong codes as often as right ones (550 5.1.1 for
spam, 550 5.7.1 for an unknown user, 554 for all): so their words go first, and the code decides what they leave open.
"""

import re
from enum import StrEnum


class Cause(StrEnum):
    """What a refusal is about."""

    ADDRESS = "address"
    FULL = "full"
    SIZE = "size"
    CONTENT = "content"
    US = "us"
    RATE = "rate"
    CHOICE = "choice"
    SYSTEM = "system"
    UNKNOWN = "unknown"


MEANINGS = {
    Cause.ADDRESS: "there is no such address",
    Cause.FULL: "the mailbox is full",
    Cause.SIZE: "the mail is too large for them",
    Cause.CONTENT: "they do not take what is in it",
    Cause.US: "they do not take mail from us",
    Cause.RATE: "they say that we send too much at once",
    Cause.CHOICE: "the addressee does not take this mail",
    Cause.SYSTEM: "a mail system on the way could not deliver it",
    Cause.UNKNOWN: "",
}
"""Each cause in words; '' where nothing is known but what the server said."""

ABOUT_US = (Cause.US, Cause.RATE)
"""What the next letter, to anybody, may meet as well: somebody has to see to it."""


def _any(*patterns: str) -> "re.Pattern[str]":
    return re.compile("|".join(patterns))


# The patterns read the words as `_plain` makes them: lower case, one blank between words, `.` and `;` as words.
_WHO = (
    r"\b(?:users?|user ?id|rcpt|recipients?|mail-? ?box|mail ?folder|accounts?|address(?:es|ee)?|alias|inbox|"
    r"person|local[- ]part|"
    r"subscriber|customer|destinataires?|utilisateur|empf[äa]e?nger|benutzer|usuario|destinatario|utente|"
    r"postf[äa]e?ch\w*|konto|compte|bo[iî]te|cuenta|buz[óo]n|casella|conta|caixa|skrzynk\w+)"
)
# some words of the same sentence, of which none is something else that may be gone
_FEW = r" (?:(?!server|host|system|service|network|domain|temporar|sender)[\w'-]+ ){0,9}?"
_UP_TO_5 = r" (?:[\w'-]+ ){0,5}?"
_GONE = (
    r"(?:unknown(?! (?:error|reason|problem))|unavai?lable|undeliverable|invalid|inactive|disabled?|deactivated|"
    r"suspend(?:ed)?|"
    r"terminated|closed|expired|discontinued|deleted|removed|moved|frozen|locked|archiv\w+|"
    r"unbekannt|inconnue?|desconocid[oa]|inexistente|inesistente|invalide|"
    r"not? (?:be )?(?:found|known|exist\w*|valid|available|local|listed|recogni[sz]ed|registered|active|present|"
    r"ok\b|a known|"
    r"a valid|our\b|here\b|currently available|in my)|(?:does|do|did|could|can)(?: not|n't|nt) (?:be )?(?:exist|"
    r"have|found)|"
    r"no longer|nicht (?:vorhanden|gefunden|bekannt|verf[üu]e?gbar)|existiert nicht|n'existe pas)"
)
_SENDER = _any(
    rf"\bsender{_UP_TO_5}(?:reject|denied|verif|unknown|invalid|not\b|block|domain|does|fail|is\b|has\b)",
    r"(?:verif|invalid|bad|unverified|unrout|blocked|bogus|null|empty|forged)\w* (?:envelope )?(?:sender|mail from|"
    r"return)",
    r"(?:in reply to|after|to the) mail from|\bbatv\b|callback|callout|domain of sender|unsigned dsn",
    r"no third-party dsn",
)
_CAUSES = (
    # a name server or a system that will be well again, though it speaks of hosts and space
    (
        Cause.SYSTEM,
        _any(
            r"malformed (?:or unexpected )?name server|servfail",
            r"(?:host|name|domain|resolution|lookup)\b.{0,40}try again",
            r"temporar\w* (?:failure|lookup|dns|error|problem|unavail\w*|disabled|locked|inactive|suspended|not)",
            r"gr[ae]y-?list",
            r"(?:system|disk|queue|spool|server) (?:is )?(?:storage )?full|insufficient system|no space left",
            r"space on server",
            r"hop count|too many hops|mail loop",
            r"(?:time|time-?out|attempts|period) (?:was |has been |is )?(?:exceeded|expired)",
            r"rate that|receiving (?:e?-?mail|messages?) (?:at|too)",  # Gmail: at theirs, not ours
        ),
    ),
    # one addressee's own rules
    (
        Cause.CHOICE,
        _any(
            r"recipient'?s? preferences|(?:blocked|rejected|refused) by (?:the )?(?:recipient|user|addressee)\b",
            r"user reject",
            r"(?:only|not) accept(?:s|ing)? (?:any )?(?:e?-?mail|messages?) (?:from (?:specific|certain|people|"
            r"known|selected)|at this)",
            r"rst\.(?:auth|notauth|sendernotauth|restricted)\w*|not authorized to send to (?:the|this)",
            r"moderat(?:ed|or)",
            r"only (?:authenticated|internal|authorized) (?:users|senders)|not pre-?approved",
            r"permission to (?:send|post)",
            r"restricted|(?:they|who|user|recipient) (?:are|is|does|do) not accept\w*|requires confirmation",
            r"confirm (?:this|your|that)|not accepting any mail",
        ),
    ),
    (
        Cause.RATE,
        _any(
            r"too many (?:connections?|messages|mails|e-?mails|sessions|requests|concurrent|errors?)(?! (?:on|in|auf))",
            r"(?:rate|sending|hourly|daily|connection|message rate|volume)[- ]?(?:limit|quota)",
            r"limit (?:on|of) the (?:number|amount)",
            r"throttl|too (?:fast|quickly|often|frequently)|unusual(?:ly high)? (?:rate|volume|traffic)",
            r"slow(?:er|ing)? down",
            r"try again slower|exceeded the (?:rate|number|maximum number)",
        ),
    ),
    (
        Cause.FULL,
        _any(
            r"quota",
            r"(?:over|exceed\w*|out of) (?:its |the |their |allowed |disk |allocated |storage )*(?:storage|space)",
            rf"{_WHO}{_FEW}(?:full|exceed\w*|too many|over ?drawn|pleine?|voll|llen[oa]|pien[oa]|would exceed|"
            rf"over the limit)\b",
            r"full mailbox|(?:storage|mailbox) (?:allocation|limit)|enough (?:storage )?(?:space|room)",
            r"space (?:not enough|has been)",
            r"too many (?:messages|mails) (?:on|in)|zu ?viele mails|\bis full\b|too much mail data",
        ),
    ),
    (
        Cause.SIZE,
        _any(
            rf"(?:messages?|e-?mail|letter|size|attachments?|file){_UP_TO_5}(?:too (?:big|large)|exceed\w*)",
            r"exceed\w* (?:[\w-]+ ){0,5}(?:size|limit)|size[- ]?limit|(?:max\w*|allowed) (?:[\w-]+ ){0,3}size",
            r"too (?:big|large)",
            r"(?:class|limit) size|size (?:of|not) ",
        ),
    ),
    (
        Cause.US,
        _any(
            _SENDER.pattern,
            r"\bspam|\bube\b|unsolicited|\bbulk (?:e?-?mail|mailing)|mass ?mail|\bjunk\b|phish|backscatter|looks like",
            r"(?:black|block|deny|ban)-?list|\brbl\b|\bdnsbl\b|\buribl\b|(?<!not )listed (?:in|by|on|at)\b",
            r"spamhaus|reputation",
            r"permanently deferred|senderbase|complain|poor|banned|\bblock(?:ed|ing)?\b|open (?:relay|proxy)",
            r"dynamic (?:ip|address|client)|go away",
            r"dmarc|\bspf\b|\bdkim\b|sender[- ]id\b|sender policy|authenticat|\barc\b|\bptr\b|reverse|\brdns\b",
            r"\bhelo\b|\behlo\b",
            rf"\b(?:ip|client|host|server|network|domain|connection){_UP_TO_5}(?:blocked|rejected|"
            rf"refused your|"
            r"not (?:allowed|permitted|authori[sz]ed))",
            r"not (?:allowed|permitted|authori[sz]ed) to send|(?<!rejected )(?<!relay )access denied",
            r"polic(?:y|ies)\b|prohibit\w+",
            r"content (?:filter|reject)|suspicious|not accept\w* (?:e?-?mail|messages?|connections?) from",
        ),
    ),
    (
        Cause.CONTENT,
        _any(
            r"virus|malware|infected|malicious|executable|attachment|\b8-?bit|malformed|not (?:rfc )?complian",
            r"rfc ?(?:2?822|5322|2822)",
            r"(?:invalid|improper|bad|missing|duplicate)\w* (?:header|mime|format|message-id)|content",
            rf"(?:header|mime|format|message-id|date|encoding)\w*{_UP_TO_5}(?:invalid|improper|missing|illegal|"
            rf"not (?:valid|allowed))",
        ),
    ),
    # a mail system that does not know its own domain today does not mean that the address is dead
    (
        Cause.SYSTEM,
        _any(
            r"relay(?:ing)? (?:[\w-]+ ){0,3}?(?:denied|not|prohibit\w*|refused)",
            r"(?:unable|not permitted|refus\w+) to relay",
            r"rcpthosts|not relay",
        ),
    ),
    (
        Cause.ADDRESS,
        _any(
            rf"{_WHO}{_FEW}{_GONE}",
            r"\b(?:no(?:t a)?(?: such)?|unknown|invalid|bad|illegal|incorrect|non-?existent|un-?recogni[sz]ed|"
            r"unroute?able|unresolvable)"
            rf"(?: (?:local|virtual|mail|e-?mail|or illegal|valid|envelope|destination|forwarding|final|"
            rf"delivery))* (?:{_WHO}|host|domain|"
            r"destination|one|mail ?drop)\b",
            r"host (?:unknown|not found)",
            r"(?:host|domain)(?: or domain)?(?: name)? (?:not (?:found|exist)|does(?: not|n't) exist|must exist)",
            r"name or service not known|nxdomain|null mx|no (?:mx|mail exchanger)",
            r"(?:domain|host).{0,60}(?:not|n't) accept (?:any )?mail",
            r"recip(?:ient)?notfound|bad(?:rcptto|recipient)|bad_recipient|validrcptto|not (?:our|a) customer",
            r"not (?:known|listed|found) (?:here|in)",
            r"(?:was|were|is|are) (?:never|not) (?:been )?(?:a |an )?(?:known|valid|active|local)",
            r"has (?:left|moved)|not recogni[sz]ed",
            r"no longer (?:valid|accepts|exists|active|available|works?|on|with|employed|in use)",
            r"wrong or no longer|recipient has been denied",
            r"nie istnieje|ist unbekannt|не существует|не найден|no existe|não existe|non esiste|n'existe|"
            r"bestaat niet|findes ikke|finns inte|não encontrado|nessun utente|"
            r"不存在|見つかり|存在しません|该用户|ユーザー?(?:不明|は存在)|해당 사용자",
        ),
    ),
    (
        Cause.SYSTEM,
        _any(
            r"tim(?:ed?|ing)[- ]?out",
            r"connection (?:\w+ ){0,3}(?:refused|reset|dropped|lost|failed|closed|died|aborted)|no route",
            r"unreachable|(?:not|n't) (?:respond|answer|connect)|no (?:answer|response)|unable to connect",
            r"connect\w* to|network",
            r"expired|retry time|too long in|in the queue|too many hops|loop|temporar|try (?:again|later)",
            r"\blater\b|busy|overload",
            r"unavailable|not available|system error|internal error|local (?:error|configuration)|config|starttls",
            r"\b(?:tls|ssl)\b",
            r"failing for a long|multiple retries|more than \d+ (?:hours|days)|lost connection",
            r"command (?:died|failed)|can't create",
            r"certificate|resources|protocol|service|transport|queue|permission denied|process",
        ),
    ),
)
# what RFC 5248's registry and Exchange (5.4.310) put elsewhere than the rest of their subject
_CODES = {
    **dict.fromkeys(("1.7", "1.8", "7.13", "7.27"), Cause.US),
    "1.9": Cause.SYSTEM,
    "2.1": Cause.ADDRESS,
    "2.2": Cause.FULL,
    "2.3": Cause.SIZE,
    "2.4": Cause.SYSTEM,
    "3.4": Cause.SIZE,
    **dict.fromkeys(("2.0", "4.0", "4.1"), Cause.UNKNOWN),
    **dict.fromkeys(("4.4", "4.310", "7.17", "7.18"), Cause.ADDRESS),
    **dict.fromkeys(("7.2", "7.124", "7.133", "7.134", "7.135", "7.136"), Cause.CHOICE),
}
_SUBJECTS = {"1": Cause.ADDRESS, "3": Cause.SYSTEM, "4": Cause.SYSTEM, "6": Cause.CONTENT, "7": Cause.US}
_REPLIES = {"551": Cause.ADDRESS, "552": Cause.FULL, "556": Cause.ADDRESS}  # RFC 5321, RFC 7504
_GENERIC = ("0.0", "1.0", "3.0", "5.0")
_CLOSED_DOORS = ("4.1", "1.1", "1.10")  # Microsoft's edge says `Access denied` of an unknown user
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3}\.\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?<![\d.\[])([245]\d\d)(?=[ :#-]|$)")
# an address, a link or a host may hold any word: spam.example, /blocked
_NAMES = re.compile(
    r"<?\S{1,320}@[\w.\[\]-]+>?|\w{2,10}://\S+|\bhost \S+ ?(?:\[[^\]]*\])? ?(?:said)?:|"
    r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)+\b(?!\.)"
)
_BETWEEN_WORDS = re.compile(r"[^\w'.;-]+")
_SENTENCE_END = re.compile(r"[.;]+(?= |$)")
_MOST = 1_000  # a server's answer is 512 bytes a line (RFC 5321, 4.5.3.1.5)


def cause_of(status: str, words: str) -> Cause:
    """What a refusal is about: `status` is the report's own such as `5.1.1` or '', `words` are the server's.

    Total: any text has a cause.  A refusal for now (4.x.x, 4xx) says nothing of whether there is such an address.
    """
    said = words[:_MOST]
    code = _code(status, said)
    cause = _by_words(_plain(said), code) or _by_code(code, said)
    return Cause.SYSTEM if cause is Cause.ADDRESS and is_passing(status, said) else cause


def is_passing(status: str, words: str) -> bool:
    """Whether the server says that it may take it later (RFC 3463, 2: class 4)."""
    said = words[:_MOST]
    if found := _ENHANCED.search(said):
        return found[1] == "4"
    reply = _REPLY.search(said)
    return reply[1].startswith("4") if reply else status.startswith("4")


def _plain(said: str) -> str:
    text = _NAMES.sub(" ", said).lower().replace("’", "'")
    return _SENTENCE_END.sub(" .", _BETWEEN_WORDS.sub(" ", text))


def _by_words(text: str, code: str) -> Cause | None:
    found = [cause for cause, pattern in _CAUSES if pattern.search(text)]
    if not found:
        return Cause.ADDRESS if "access denied" in text and code in _CLOSED_DOORS else None
    first = found[0]
    # "user unknown, see our policy": the code tells which of the two it is
    is_both = first in (Cause.US, Cause.CONTENT) and Cause.ADDRESS in found and not _SENDER.search(text)
    return Cause.ADDRESS if is_both and _CODES.get(code, _SUBJECTS.get(code[:1])) is Cause.ADDRESS else first


def _by_code(code: str, said: str) -> Cause:
    if code not in ("", "0.0"):
        return _CODES.get(code) or _SUBJECTS.get(code.partition(".")[0], Cause.UNKNOWN)
    reply = _REPLY.search(said)
    return _REPLIES.get(reply[1], Cause.UNKNOWN) if reply else Cause.UNKNOWN


def _code(status: str, said: str) -> str:
    """Subject and detail: those that the server itself gave before those of who reports it."""
    known = [found[2] for found in (_ENHANCED.search(said), _ENHANCED.search(status)) if found]
    return next((code for code in known if code not in _GENERIC), next(iter(known), ""))
