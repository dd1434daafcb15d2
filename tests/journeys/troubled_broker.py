"""Stands between the hub and a real broker, and gets in the way as a test asks."""

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What the hub gets; a status of 0 closes the connection without a word."""

    status: int
    body: bytes
    content_type: str = "application/json"
    retry_after: str = ""


Trouble = Callable[[str, Answer], Answer]
"""Makes of a path and the broker's answer what the hub gets."""


class TroubledBroker(ThreadingHTTPServer):
    """Passes every request on, and `trouble` changes the answers to paths that hold `where`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.broker = ""
        self.where = ""
        self.trouble: Trouble | None = None
        self.calls: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def api(self) -> str:
        return f"http://localhost:{self.server_address[1]}/v1.0"

    def heal(self) -> None:
        self.trouble = None

    def ask_broker(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        to = urlsplit(self.broker)
        connection = http.client.HTTPConnection(to.hostname or "localhost", to.port, timeout=30)
        try:
            connection.request(method, path, body=body or None, headers={**headers, "Host": to.netloc})
            response = connection.getresponse()
            return Answer(
                response.status, response.read(), response.headers.get("Content-Type", "application/json")
            )
        finally:
            connection.close()


class _Request(BaseHTTPRequestHandler):
    server: TroubledBroker
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        skipped = {"host", "connection", "accept-encoding", "content-length"}
        headers = {name: value for name, value in self.headers.items() if name.lower() not in skipped}
        self.server.calls.append(self.path)
        answer = self.server.ask_broker(self.command, self.path, body, headers)
        trouble = self.server.trouble
        if trouble and self.server.where in self.path:
            answer = trouble(self.path, answer)
        if answer.status == 0:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.retry_after:
            self.send_header("Retry-After", answer.retry_after)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_DELETE = do_PUT = _pass_on  # the standard library's names

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output readable."""


def silent(path: str, answer: Answer) -> Answer:
    return replace(answer, status=0)


def refusing(status: int, *, retry_after: str = "") -> Trouble:
    """Answer with this status and no data."""
    body = b'{"error": "refused", "message": "refused"}'
    return lambda path, answer: Answer(status, body, retry_after=retry_after)


def cut_short(path: str, answer: Answer) -> Answer:
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def a_web_page(path: str, answer: Answer) -> Answer:
    return Answer(200, b"<!doctype html><title>Maintenance</title>", "text/html")


def empty_list(path: str, answer: Answer) -> Answer:
    pages = b'{"next": null, "previous": null, "more": false, "per_page": 200, "current_page": 1}'
    nothing = b'{"data": [], "meta": {"pagination": ' + pages + b"}}"
    return Answer(200, nothing)
