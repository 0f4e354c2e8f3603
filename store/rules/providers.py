"""Well-known mail providers: their servers, and what one must know to sign in there.  Others are guessed by name."""

from typing import NamedTuple

from store.errors import BadField
from store.rules.addresses import address_in, domain_key


class Server(NamedTuple):
    """Where to connect, and how: tls or starttls."""

    host: str
    port: int
    security: str


class Provider(NamedTuple):
    """Servers for incoming and outgoing mail.  `note` is what its users stumble over, '' for nothing; `known` is False
    where the names were guessed from the domain."""

    name: str
    imap: Server
    smtp: Server
    note: str = ""
    known: bool = True


def _tls(host: str) -> Server:
    return Server(host, 993, "tls")


def _submission(host: str) -> Server:
    return Server(host, 587, "starttls")


def _smtps(host: str) -> Server:
    return Server(host, 465, "tls")


_APP_PASSWORD = "It wants an app password, made in the account's security settings, not the usual one."
_GMAIL = Provider(
    "Gmail",
    _tls("imap.gmail.com"),
    _submission("smtp.gmail.com"),
    "It wants an app password (2-step verification on), or xoauth2 with a token command.",
)
_MICROSOFT = Provider(
    "Microsoft 365",
    _tls("outlook.office365.com"),
    _submission("smtp.office365.com"),
    "It takes no passwords any more: sign in with xoauth2, the secret a command that prints the token.",
)
_YAHOO = Provider("Yahoo", _tls("imap.mail.yahoo.com"), _smtps("smtp.mail.yahoo.com"), _APP_PASSWORD)
_ICLOUD = Provider("iCloud", _tls("imap.mail.me.com"), _submission("smtp.mail.me.com"), _APP_PASSWORD)
_SWITCH = "Its users must switch IMAP on in the settings of their mailbox first."
_PROTON = Provider(
    "Proton Mail Bridge",
    Server("127.0.0.1", 1143, "starttls"),
    Server("127.0.0.1", 1025, "starttls"),
    "It needs Proton Mail Bridge on this machine; the password is the one that the bridge shows.",
)
_BY_DOMAIN: dict[str, Provider] = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), _GMAIL),
    **dict.fromkeys(("outlook.com", "hotmail.com", "live.com", "msn.com", "office365.com", "outlook.de"), _MICROSOFT),
    **dict.fromkeys(("yahoo.com", "yahoo.de", "yahoo.fr", "yahoo.co.uk", "ymail.com"), _YAHOO),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), _ICLOUD),
    **dict.fromkeys(("proton.me", "protonmail.com", "pm.me"), _PROTON),
    "aol.com": Provider("AOL", _tls("imap.aol.com"), _smtps("smtp.aol.com"), _APP_PASSWORD),
    "fastmail.com": Provider("Fastmail", _tls("imap.fastmail.com"), _smtps("smtp.fastmail.com"), _APP_PASSWORD),
    "gmx.net": Provider("GMX", _tls("imap.gmx.net"), _submission("mail.gmx.net"), _SWITCH),
    "gmx.de": Provider("GMX", _tls("imap.gmx.net"), _submission("mail.gmx.net"), _SWITCH),
    "gmx.com": Provider("GMX", _tls("imap.gmx.com"), _submission("mail.gmx.com"), _SWITCH),
    "web.de": Provider("WEB.DE", _tls("imap.web.de"), _submission("smtp.web.de"), _SWITCH),
    "t-online.de": Provider(
        "Telekom", _tls("secureimap.t-online.de"), _smtps("securesmtp.t-online.de"), "It wants its e-mail password."
    ),
    "posteo.de": Provider("Posteo", _tls("posteo.de"), _smtps("posteo.de")),
    "mailbox.org": Provider("mailbox.org", _tls("imap.mailbox.org"), _smtps("smtp.mailbox.org")),
    "zoho.com": Provider("Zoho", _tls("imap.zoho.com"), _smtps("smtp.zoho.com"), _APP_PASSWORD),
    "zoho.eu": Provider("Zoho", _tls("imap.zoho.eu"), _smtps("smtp.zoho.eu"), _APP_PASSWORD),
    "yandex.com": Provider("Yandex", _tls("imap.yandex.com"), _smtps("smtp.yandex.com"), _APP_PASSWORD),
    "mail.ru": Provider("Mail.ru", _tls("imap.mail.ru"), _smtps("smtp.mail.ru"), _APP_PASSWORD),
}


def provider_of(email: str) -> Provider | None:
    """The provider of an address; for a domain of one's own the names that are usual; None without a domain."""
    try:
        domain = domain_key(address_in(email).rpartition("@")[2])
    except BadField:
        return None
    if "." not in domain:
        return None
    return _BY_DOMAIN.get(domain) or Provider(
        domain, _tls(f"imap.{domain}"), _submission(f"smtp.{domain}"), "Its servers are guessed.", known=False
    )
