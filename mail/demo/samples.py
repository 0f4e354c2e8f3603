"""The demo's sample mail, as bytes: an Internet provider's customers, in many languages and shapes."""

import random
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from mail.demo.topics import FOLLOW_UPS, FORM_REQUESTS, NAMES, TOPICS

SUPPORT = "support@brightline.example"
FORM = "forms@brightline.example"
NEWSLETTER = "news@bargain-letters.example"
PEST = "growth@top-rankings.example"
_FREE_MAIL = ("webmail.example", "postbox.example", "mailhaus.example", "inbox.example")


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who writes: display name, address and language."""

    name: str
    email: str
    language: str


# Addresses that are some customer's profile e-mail: these are paired on first contact (R4.6).
_KNOWN = (
    Writer("Kelly Sanders", "kelly.sanders@postbox.example", "en"),
    Writer("Jürgen Weiß", "weiss.juergen@postfach.example", "de"),
    Writer("Café Aurora", "office@cafe-aurora.example", "fr"),
    Writer("Hélène Lefèvre", "helene.lefevre@courriel.example", "fr"),
    Writer("Оксана Шевчук", "oksana@poshta.example", "uk"),
    Writer("佐藤 健太", "kenta.sato@yubin.example", "ja"),
    Writer("", "secretary@millroad-school.example", "en"),
)


class Samples:
    """An endless supply of sample messages, the same each time for the same `seed`."""

    def __init__(self, seed: int = 7) -> None:
        self._chance = random.Random(seed)
        self._count = 0
        self._used: set[str] = set()

    def past(self, now: datetime) -> list[bytes]:
        """What has come in before the demo starts: forty messages of the last two weeks, oldest first."""
        writers = [*_KNOWN, *(self._stranger() for _ in range(20))]
        self._chance.shuffle(writers)
        days = sorted((self._chance.uniform(0.1, 14) for _ in range(40)), reverse=True)
        times = iter([now - timedelta(days=day) for day in days])
        sent = [self.question(writer, next(times)) for writer in writers]
        sent += [self.form_request(next(times)) for _ in range(4)]
        sent += [self.newsletter(next(times)), self.pest(next(times)), self.vacation(writers[0], next(times))]
        sent += [self.question(self._chance.choice(writers), when) for when in times]
        return sent

    def endless(self) -> Iterator[bytes]:
        """New mail: mostly from senders never seen before, the rest from known ones, the form and those refused."""
        while True:
            now = datetime.now(UTC)
            for kind in ("new", "new", "known", "new", "form", "new", "pest", "new", "new", "newsletter"):
                if kind == "new":
                    yield self.question(self._stranger(), now)
                elif kind == "known":
                    yield self.question(self._chance.choice(_KNOWN), now)
                else:
                    yield {"form": self.form_request, "pest": self.pest, "newsletter": self.newsletter}[kind](now)

    def question(self, writer: Writer, when: datetime) -> bytes:
        """A question in the writer's language: plain text, HTML, or with an attachment."""
        subject, text = self._chance.choice(TOPICS[writer.language])
        text = text.format(name=writer.name or writer.email.partition("@")[0], n=self._chance.randint(10, 99))
        message = self._message(writer, subject, when)
        shape = self._chance.random()
        if shape < 0.55:
            message.set_content(text)
        elif shape < 0.8:
            message.set_content(text)
            message.add_alternative(_html(text), subtype="html")
        else:
            message.set_content(_html(text), subtype="html")
        if self._chance.random() < 0.2:
            picture = _picture(self._chance.randrange(256))
            message.add_attachment(picture, maintype="image", subtype="png", filename="router lights.png")
        return bytes(message)

    def reply(self, email: str, name: str, number: int, subject: str) -> bytes:
        """An answer into ticket `number`, its subject unchanged but for the prefix and the number (R6.1)."""
        message = self._message(Writer(name, email, "en"), f"Re: #{number} {subject}", datetime.now(UTC))
        message.set_content(self._chance.choice(FOLLOW_UPS))
        return bytes(message)

    def form_request(self, when: datetime) -> bytes:
        """The request form of the web site: many people, one address (R4.7)."""
        person = self._stranger()
        topic, wish = self._chance.choice(FORM_REQUESTS)
        message = self._message(Writer("Brightline web form", FORM, "en"), f"Web form: {topic}", when)
        message["Reply-To"] = person.email
        message.set_content(
            f"Name: {person.name or '(none given)'}\nE-mail: {person.email}\nTopic: {topic}\n\n{wish}\n"
        )
        return bytes(message)

    def newsletter(self, when: datetime) -> bytes:
        """List mail that the deny list refuses."""
        message = self._message(Writer("Bargain Letters", NEWSLETTER, "en"), "50 % off everything, today only!", when)
        message["List-Unsubscribe"] = "<https://bargain-letters.example/out>"
        message["Precedence"] = "bulk"
        message.set_content(_html("Offers\n\nToday only: everything at half the price."), subtype="html")
        return bytes(message)

    def pest(self, when: datetime) -> bytes:
        """Somebody who was banned and writes on."""
        message = self._message(Writer("Growth Team", PEST, "en"), "Quick question about your website", when)
        message.set_content("Hi,\n\nI found several errors on your website. May I send you our price list?\n\nBrad")
        return bytes(message)

    def vacation(self, writer: Writer, when: datetime) -> bytes:
        """An automatic answer (RFC 3834)."""
        message = self._message(writer, "Out of office", when)
        message["Auto-Submitted"] = "auto-replied"
        message.set_content("I am away until Monday and will read your message then.")
        return bytes(message)

    def _stranger(self) -> Writer:
        """Somebody new, mostly English-speaking, with an address that nobody had yet."""
        language = "en" if self._chance.random() < 0.45 else self._chance.choice(sorted(NAMES))
        first, last = self._chance.choice(NAMES[language])
        if language == "en":
            last = self._chance.choice(NAMES["en"])[1]
        name = f"{last} {first}" if language == "ja" else f"{first} {last}"
        stem = ".".join(filter(None, (_ascii(first), _ascii(last)))) or f"user{self._chance.randint(100, 999)}"
        email = f"{stem}@{self._chance.choice(_FREE_MAIL)}"
        while email in self._used:
            email = f"{stem}{self._chance.randint(1, 9999)}@{self._chance.choice(_FREE_MAIL)}"
        self._used.add(email)
        return Writer(name if self._chance.random() < 0.9 else "", email, language)

    def _message(self, writer: Writer, subject: str, when: datetime) -> EmailMessage:
        self._count += 1
        message = EmailMessage()
        message["From"] = _mailbox(writer)
        message["To"] = SUPPORT
        message["Subject"] = subject
        message["Date"] = format_datetime(when)
        token = f"{self._count}.{self._chance.getrandbits(64):x}"
        message["Message-ID"] = f"<{token}@{writer.email.rpartition('@')[2]}>"
        return message


def _mailbox(writer: Writer) -> str:
    return f'"{writer.name}" <{writer.email}>' if writer.name else writer.email


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L")).encode("ascii", "ignore").decode()
    return "".join(char for char in plain.lower() if char.isalnum())


def _html(text: str) -> str:
    paragraphs = "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in text.split("\n\n"))
    return f'<html><body style="font-family: sans-serif">{paragraphs}</body></html>'


def _picture(shade: int) -> bytes:
    """A small PNG of one colour."""
    rows = b"".join(b"\0" + bytes((shade, 80, 40)) * 16 for _ in range(16))
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body
