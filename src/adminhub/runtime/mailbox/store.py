"""Keeps e-mails as .eml files in one folder, newest first."""

import email
import email.policy
import email.utils
import re
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

LINK = re.compile(r"https?://[^\s<>\"'\])]+[^\s<>\"'\]).,;:!?]")
NAME = re.compile(r"^\d{16,20}-[0-9a-f]{8}$")


@dataclass(frozen=True)
class Mail:
    """One e-mail as people see it; `date` is ISO 8601, `links` are unique and in reading order."""

    id: str
    to: tuple[str, ...]
    sender: str
    subject: str
    date: str
    text: str
    html: str
    links: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return what /api/messages shows."""
        return {
            "id": self.id,
            "to": list(self.to),
            "from": self.sender,
            "subject": self.subject,
            "date": self.date,
            "text": self.text,
            "html": self.html,
            "links": list(self.links),
        }

    def is_to(self, address: str) -> bool:
        """Say whether a recipient contains these letters, whatever their case."""
        return any(address.casefold() in recipient.casefold() for recipient in self.to)


@dataclass
class Store:
    """The folder of e-mails; several threads may use it."""

    folder: Path
    _read: dict[str, Mail] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, raw: bytes, *, recipients: list[str]) -> None:
        """Write one e-mail; the envelope's recipients are kept in a header, so that Bcc shows too."""
        self.folder.mkdir(parents=True, exist_ok=True)
        envelope = ", ".join(address.replace("\r", "").replace("\n", "") for address in recipients)
        name = f"{time.time_ns()}-{secrets.token_hex(4)}"
        draft = self.folder / f"{name}.new"
        draft.write_bytes(f"X-Envelope-To: {envelope}\r\n".encode() + raw)
        draft.replace(self.folder / f"{name}.eml")

    def newest_first(self) -> list[Mail]:
        """Return every e-mail kept."""
        names = sorted((path.stem for path in self.folder.glob("*.eml")), reverse=True)
        return [mail for name in names if (mail := self.get(name))]

    def get(self, name: str) -> Mail | None:
        """Return one e-mail, or None when there is no such one."""
        if not NAME.match(name):
            return None
        with self._lock:
            if name not in self._read:
                try:
                    raw = (self.folder / f"{name}.eml").read_bytes()
                except OSError:
                    return None
                self._read[name] = read(raw, name=name)
            return self._read[name]

    def delete_all(self) -> None:
        """Remove every e-mail."""
        with self._lock:
            for path in self.folder.glob("*.eml"):
                path.unlink(missing_ok=True)
            self._read.clear()


def read(raw: bytes, *, name: str) -> Mail:
    """Read one e-mail, however strange: unreadable parts are shown as well as they can be."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    text, html = _part(message, "plain"), _part(message, "html")
    return Mail(
        id=name,
        to=tuple(part.strip() for part in str(message.get("X-Envelope-To", "")).split(",") if part.strip()),
        sender=str(message.get("From", "")),
        subject=str(message.get("Subject", "(no subject)")),
        date=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(name.split("-")[0]) / 1e9)),
        text=text,
        html=html,
        links=tuple(dict.fromkeys([*LINK.findall(text), *_hrefs(html)])),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        payload = part.get_payload(decode=True)
        return payload.decode(errors="replace") if isinstance(payload, bytes) else ""


def _hrefs(html: str) -> Iterator[str]:
    found: list[str] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            href = dict(attrs).get("href") or ""
            if tag == "a" and href.startswith(("http://", "https://")):
                found.append(href)

    Links().feed(html)
    yield from found
