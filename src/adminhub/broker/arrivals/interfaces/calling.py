"""Asking an MIS's interface, with patience: again after a pause, never somebody's private network, never half."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
from django.conf import settings

from adminhub.broker.arrivals.addresses import public_address
from adminhub.broker.arrivals.errors import Unreachable

WAITS = (1.0, 4.0, 15.0)
LONGEST_WAIT = 60.0
TIMEOUT = 60.0
LARGEST_ANSWER = 64 * 1024 * 1024
MOST_PAGES = 10_000
_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_BY_ITSELF = "It is tried again by itself."


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that said yes: its JSON, as text too, and what its headers say."""

    text: bytes
    headers: Mapping[str, str]

    @property
    def value(self) -> Any:
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            raise Unreachable("An answer was cut short, or is no JSON.", what_to_do=_BY_ITSELF) from None


@dataclass(slots=True)
class Caller:
    """Asks one server. Every failure that may pass is tried again; what stays is Unreachable."""

    base: str
    headers: dict[str, str] = field(default_factory=dict)
    auth: tuple[str, str] | None = None
    client: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=TIMEOUT, trust_env=False))

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def get(self, path: str, **query: str | int) -> Answer:
        return self._ask("GET", f"{self.base.rstrip('/')}/{path.lstrip('/')}", params=query)

    def sign_in(self, url: str, *, client_id: str, secret: str, scope: str = "") -> None:
        """OAuth 2 client credentials (RFC 6749 §4.4): the token goes with every further question."""
        form = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
        answer = self._ask("POST", url, data=form, auth=(client_id, secret)).value
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str):
            raise Unreachable("The server gave no token.", what_to_do="Check the id and the secret.")
        self.headers["Authorization"] = f"Bearer {token}"

    def _ask(self, method: str, address: str, *, auth: tuple[str, str] | None = None, **more: Any) -> Answer:
        for wait in (*WAITS, None):
            try:
                status, headers, text = self._once(method, address, auth=auth or self.auth, **more)
            except (httpx2.HTTPError, OSError):
                status, headers, text = 0, {}, b""
            if status == 200:
                return Answer(text, headers)
            if status == 403:
                raise NotThere(
                    f"The server does not let us read {address.rpartition('/')[2][:60]}.",
                    what_to_do="Have it allowed there.",
                )
            if status == 401:
                raise Unreachable("The server refused the id or its secret.", what_to_do="Check both.")
            if status and status not in _AGAIN:
                raise NotThere(f"The server answered {status}.", what_to_do="Check the address.")
            if wait is not None:
                time.sleep(_asked_wait(headers, wait))
        raise Unreachable("The server did not answer, or stopped answering.", what_to_do=_BY_ITSELF)

    def _once(
        self, method: str, address: str, *, auth: tuple[str, str] | None, **more: Any
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Connect to the address the name has now, and no other; a redirect is not followed."""
        url = httpx2.URL(address)
        if url.scheme != "https" and not settings.BROKER_MAY_REACH_PRIVATE_HOSTS:
            raise Unreachable("The address is not https.", what_to_do="Give one that begins with https.")
        found = public_address(url.host, url.port or (443 if url.scheme == "https" else 80))
        request = self.client.build_request(
            method,
            url.copy_with(host=found),
            headers={**self.headers, "Host": url.netloc.decode(), "Accept": "application/json"},
            extensions={"sni_hostname": url.host},
            **more,
        )
        answer = self.client.send(request, auth=auth, stream=True)
        try:
            text = bytearray()
            for piece in answer.iter_bytes():
                text += piece
                if len(text) > LARGEST_ANSWER:
                    raise Unreachable("An answer is too large to be true.", what_to_do="Check the address.")
            return answer.status_code, answer.headers, bytes(text)
        finally:
            answer.close()


class NotThere(Unreachable):
    """The server answers, and has no such thing."""


def all_rows(
    caller: Caller, path: str, *, key: str | None, identity: str, total: str, size: int, **query: str | int
) -> Iterator[dict[str, Any]]:
    """Every row of a list, page by page, each once. Raises Unreachable where it cannot be told to be whole.

    Paged by limit and offset until a page is empty: a server may give fewer than were asked for. `key` is where in the
    answer the rows stand (None: it is the list itself), `total` the header that says how many there are.
    """
    seen: set[str] = set()
    offset, expected = 0, None
    for _ in range(MOST_PAGES):
        answer = caller.get(path, limit=size, offset=offset, **query)
        value = answer.value
        rows = value.get(key) if key is not None and isinstance(value, dict) else value
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unreachable(f"The answer about {path} is no list.", what_to_do="Check the address.")
        said = answer.headers.get(total, "")
        expected = int(said) if said.isdecimal() else expected
        if not rows:
            break
        fresh = [row for row in rows if str(row.get(identity)) not in seen]
        if not fresh:
            raise Unreachable(f"The same page of {path} came twice.", what_to_do=_BY_ITSELF)
        seen.update(str(row.get(identity)) for row in fresh)
        yield from fresh
        offset += len(rows)
        if expected is not None and offset >= expected:
            break
    if expected is not None and len(seen) != expected:
        raise Unreachable(
            f"{len(seen)} of {expected} rows of {path} came; the data changed while it was read.",
            what_to_do=_BY_ITSELF,
        )


def _asked_wait(headers: Mapping[str, str], wait: float) -> float:
    """As long as the server asks (RFC 9110 §10.2.3), within reason."""
    asked = headers.get("Retry-After", "")
    return min(float(asked), LONGEST_WAIT) if asked.isdecimal() and int(asked) > wait else wait
