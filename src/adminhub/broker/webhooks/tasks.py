"""Delivering webhooks, with retries."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import httpx2
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from adminhub.broker.apps.sealing import unseal
from adminhub.broker.arrivals.addresses import public_address
from adminhub.broker.arrivals.errors import Unreachable
from adminhub.broker.webhooks.models import Attempt, Delivery

# Seconds before the second, third … attempt; then the delivery has failed and waits for "send again".
WAITS = (5, 30, 120, 600, 3600, 6 * 3600)
TIMEOUT = 10.0
SIGNED_WITHIN = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app's server said. No status: it did not answer."""

    status: int | None
    problem: str
    milliseconds: int

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def signature(*, secret: str, body: bytes, at: int) -> str:
    """The value of X-Broker-Signature: HMAC-SHA256 over the time, a full stop and the body."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect to, and under which name."""

    url: str
    headers: dict[str, str]
    extensions: dict[str, str]


def target_of(url: str) -> Target:
    """The address behind the name, so that a second answer of the name server cannot lead elsewhere.

    Raises Unreachable for a private address (outside the demo), or where there is nothing of that name.
    """
    if settings.BROKER_MAY_REACH_PRIVATE_HOSTS:
        return Target(url, {}, {})
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = public_address(host, port)
    literal = f"[{address}]" if ":" in address else address
    return Target(
        urlunsplit(parts._replace(netloc=f"{literal}:{port}")),
        {"Host": parts.netloc.rpartition("@")[2]},
        {"sni_hostname": host},
    )


def is_signed(header: str, *, secret: str, body: bytes, now: int) -> bool:
    """Whether the header is such a signature of this body, made within the last five minutes."""
    at = header.partition(",")[0].removeprefix("t=")
    if not (
        secret and at.isascii() and at.isdecimal() and len(at) < 12 and abs(now - int(at)) <= SIGNED_WITHIN
    ):
        return False
    return hmac.compare_digest(header.encode(), signature(secret=secret, body=body, at=int(at)).encode())


def send(*, delivery: Delivery, client: httpx2.Client | None = None) -> Answer:
    """Post the delivery once and say what came of it."""
    payload = dict(delivery.payload)
    if delivery.sealed_school_token:
        payload["school_token"] = unseal(delivery.sealed_school_token)
    body = json.dumps(payload).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"{settings.BROKER_NAME}-webhooks/1.0",
        "X-Broker-Delivery": str(delivery.pk),
    }
    secret = unseal(delivery.app.sealed_webhook_secret)
    if secret:
        headers["X-Broker-Signature"] = signature(secret=secret, body=body, at=int(time.time()))
    started = time.monotonic()
    try:
        target = Target(delivery.app.webhook_url, {}, {}) if client else target_of(delivery.app.webhook_url)
        with client or httpx2.Client(timeout=TIMEOUT) as http:
            response = _posted(http, target, body, headers)
    except Unreachable:
        return Answer(None, "No public address of that name", round((time.monotonic() - started) * 1000))
    except httpx2.HTTPError as problem:
        return Answer(None, type(problem).__name__, round((time.monotonic() - started) * 1000))
    took = round((time.monotonic() - started) * 1000)
    return Answer(response.status_code, "" if response.is_success else "The app's server refused it", took)


def _posted(http: httpx2.Client, target: Target, body: bytes, headers: dict[str, str]) -> httpx2.Response:
    """The answer's head. Whatever comes after it is not read: it says nothing to us, and may have no end."""
    headers = {**headers, **target.headers}
    with http.stream(
        "POST", target.url, content=body, headers=headers, extensions=target.extensions
    ) as response:
        return response


@app.task(name="broker.deliver_webhook", queue="webhooks", pass_context=False)
def deliver(delivery_id: str) -> None:
    """Try the delivery now; if it fails, plan the next try."""
    delivery = Delivery.objects.select_related("app").filter(pk=delivery_id).first()
    if delivery is None or delivery.state != Delivery.State.WAITING:
        return
    record_answer(delivery=delivery, answer=send(delivery=delivery))


@transaction.atomic
def record_answer(*, delivery: Delivery, answer: Answer) -> None:
    """Note the attempt, and whether the delivery is done, to be tried again, or failed."""
    Attempt.objects.create(
        delivery=delivery, status=answer.status, problem=answer.problem, milliseconds=answer.milliseconds
    )
    delivery.attempts += 1
    delivery.next_attempt_at = None
    if answer.is_good:
        delivery.state = Delivery.State.DELIVERED
        delivery.delivered_at = timezone.now()
        delivery.sealed_school_token = ""
    elif delivery.attempts > len(WAITS):
        delivery.state = Delivery.State.FAILED
    else:
        wait = WAITS[delivery.attempts - 1]
        delivery.next_attempt_at = timezone.now() + timedelta(seconds=wait)
        deliver.configure(schedule_in={"seconds": wait}).defer(delivery_id=str(delivery.pk))
    delivery.save(
        update_fields=["state", "attempts", "next_attempt_at", "delivered_at", "sealed_school_token"]
    )
