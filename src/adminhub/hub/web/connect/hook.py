"""The broker's webhook: a hint that something has changed, never trusted by itself.

Whatever it says, a job asks the broker how things stand and records that; so it is harmless twice, late,
in the wrong order, or forged by somebody who has the key. Of a change of MIS it is believed that far that
nothing is synced by itself until a person has looked.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from adminhub.hub.connections.actions import check_soon, expect_another_mis
from adminhub.hub.connections.queries import WONDE, school_id_of
from adminhub.hub.connections.sealing import seal
from adminhub.hub.syncs.looking import look_soon

DATA_CHANGED = "schoolDataChanged"
"""Our broker's addition; Wonde has no such webhook."""
LARGEST_BODY = 64 * 1024
OLDEST_SIGNATURE = 300
"""Seconds."""


class Payload(msgspec.Struct):
    """What we read of a webhook (wonde-api §3)."""

    payload_type: str
    school_id: str
    school_token: str | None = None
    scheduled_at: str | dict[str, Any] | None = None
    completed_at: str | dict[str, Any] | None = None


@csrf_exempt
def broker_hook(request: HttpRequest) -> HttpResponse:
    """Take the hint, 200; 403 for a wrong key or signature; 400 for what cannot be read."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    key = request.GET.get("key", "").encode()
    if not hmac.compare_digest(key, settings.HUB_WEBHOOK_KEY.encode()):
        return JsonResponse({"error": "The key is wrong."}, status=403)
    body = request.body[: LARGEST_BODY + 1]
    if len(body) > LARGEST_BODY:
        return JsonResponse({"error": "Too large."}, status=413)
    if not _is_signed(body, request.headers.get("X-Broker-Signature", "")):
        return JsonResponse({"error": "The signature is missing, wrong or too old."}, status=403)
    try:
        payload = msgspec.json.decode(body, type=Payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return JsonResponse({"error": "This is not a webhook's JSON."}, status=400)
    school_id = school_id_of(provider=WONDE, broker_school_id=payload.school_id)
    if school_id is None:
        return JsonResponse({"received": True, "known": False})
    if payload.payload_type == "schoolMigration" and _has_begun(payload):
        expect_another_mis(school_id=school_id)
    elif payload.payload_type == DATA_CHANGED:
        look_soon(school_id=school_id, now=timezone.now())
        return JsonResponse({"received": True, "known": True})
    token = payload.school_token if payload.payload_type == "schoolApproved" else None
    check_soon(school_id=school_id, sealed_token=seal(token).decode() if token else "")
    return JsonResponse({"received": True, "known": True})


def _has_begun(payload: Payload) -> bool:
    """Whether a change of MIS is under way or done. Until the day for which it is planned the old MIS goes on."""
    planned = payload.scheduled_at
    said = planned.get("date") if isinstance(planned, dict) else planned
    if payload.completed_at or not isinstance(said, str):
        return True
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return True
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= timezone.now()


def _is_signed(body: bytes, header: str) -> bool:
    """Whether the signature is ours and recent. Without HUB_WEBHOOK_SECRET none is asked for: Wonde does not sign."""
    secret = settings.HUB_WEBHOOK_SECRET
    if not secret:
        return True
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    at = parts.get("t", "")
    if not at.isdecimal() or len(at) > 12 or abs(time.time() - int(at)) > OLDEST_SIGNATURE:
        return False
    wanted = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), parts.get("v1", "").encode())
