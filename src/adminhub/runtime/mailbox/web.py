"""Serves the mailbox's pages and its JSON; deletes only when asked from its own pages."""

import json
import os
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from adminhub.runtime.mailbox import pages
from adminhub.runtime.mailbox.store import Mail, Store

PAGE_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
# The e-mail's own HTML: no scripts, no requests, links only in new tabs.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; frame-ancestors 'self'"
)
TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".js": "text/javascript"}
LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}


class Server(ThreadingHTTPServer):
    """The web side of the mailbox."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], store: Store) -> None:
        super().__init__(address, Requests)
        self.store = store
        more = os.environ.get("ADMINHUB_ALLOWED_HOSTS", "")
        self.names = LOCAL_NAMES | {name for name in more.split(",") if name}


class Requests(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    server_version = "mailbox"
    sys_version = ""

    def do_GET(self) -> None:
        """Show pages, JSON and style sheets."""
        if not self._is_our_name():
            return
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        parts = [part for part in url.path.split("/") if part]
        match parts:
            case []:
                self._list(query)
            case ["healthz"]:
                self._json({"status": "ok"})
            case ["api", "messages"]:
                self._json([mail.as_json() for mail in self._found(query)])
            case ["api", "messages", name] if mail := self.server.store.get(name):
                self._json(mail.as_json())
            case ["messages", name] if mail := self.server.store.get(name):
                self._send(pages.mail_page(mail))
            case ["messages", name, "html"] if mail := self.server.store.get(name):
                self._send(f'<base target="_blank">{mail.html}', policy=MAIL_POLICY)
            case ["static", "mailbox.css"]:
                self._file(pages.STYLE)
            case ["static", "look", *rest]:
                self._look_file(rest)
            case _:
                self._send(pages.not_found_page(), status=HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET  # the standard library's name

    def do_POST(self) -> None:
        """Delete every e-mail when the mailbox's own page asks."""
        if not self._is_our_name():
            return
        origin = self.headers.get("Origin")
        if urlsplit(self.path).path != "/delete" or (
            origin and urlsplit(origin).netloc != self.headers.get("Host")
        ):
            self._send(pages.not_found_page(), status=HTTPStatus.FORBIDDEN)
            return
        self.server.store.delete_all()
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_DELETE(self) -> None:
        """Delete every e-mail (programs; browsers cannot send this from another site)."""
        if not self._is_our_name():
            return
        if urlsplit(self.path).path.rstrip("/") != "/api/messages":
            self._json({"error": "not found"}, status=HTTPStatus.NOT_FOUND)
            return
        self.server.store.delete_all()
        self._json({"deleted": True})

    def _is_our_name(self) -> bool:
        """Refuse other host names: a web page elsewhere must not read these e-mails by rebinding DNS."""
        name = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        if name in self.server.names:
            return True
        self._send("Unknown host name.", status=HTTPStatus.BAD_REQUEST)
        return False

    def _list(self, query: dict[str, str]) -> None:
        self._send(pages.list_page(self._found(query), to=query.get("to", "")))

    def _found(self, query: dict[str, str]) -> list[Mail]:
        mails = self.server.store.newest_first()
        if to := query.get("to", ""):
            mails = [mail for mail in mails if mail.is_to(to)]
        if words := query.get("subject", ""):
            mails = [mail for mail in mails if words.casefold() in mail.subject.casefold()]
        return mails

    def _look_file(self, parts: list[str]) -> None:
        path = pages.LOOK.joinpath(*parts).resolve()
        if path.is_relative_to(pages.LOOK) and path.is_file():
            self._file(path)
        else:
            self._send(pages.not_found_page(), status=HTTPStatus.NOT_FOUND)

    def _file(self, path: Path) -> None:
        self._bytes(path.read_bytes(), TYPES.get(path.suffix, "application/octet-stream"))

    def _send(self, text: str, *, status: int = HTTPStatus.OK, policy: str = PAGE_POLICY) -> None:
        self._bytes(text.encode(), "text/html; charset=utf-8", status=status, policy=policy)

    def _json(self, value: object, *, status: int = HTTPStatus.OK) -> None:
        self._bytes(json.dumps(value).encode(), "application/json", status=status)

    def _bytes(
        self, body: bytes, kind: str, *, status: int = HTTPStatus.OK, policy: str = PAGE_POLICY
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing: addresses hold recipients."""
