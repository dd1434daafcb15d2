"""Telling one service about one school: note what it may see now, sign, send, remember what came of it."""

from __future__ import annotations

import json

import httpx2
from django.utils import timezone
from standardwebhooks import Webhook

from adminhub.hub.core.scope import current_school_id, school_scope
from adminhub.hub.outputs.models import Delivery
from adminhub.hub.outputs.shown import note_what_is_new
from adminhub.hub.outputs.webhooks.credentials import secret_of
from adminhub.hub.outputs.webhooks.errors import NotDelivered
from adminhub.hub.outputs.webhooks.queries import told_up_to
from adminhub.hub.roster.queries import newest_entry
from adminhub.hub.schools.models import School, Service

TIMEOUT = httpx2.Timeout(60.0, connect=5.0)
"""Long, because a service may fetch the roster before it answers."""


def tell(*, school_id: int, service_id: int, transport: httpx2.BaseTransport | None = None) -> bool:
    """Deliver what has changed since the service was last told; False when there is nothing to tell.

    Many changes make one message. A message that was not taken keeps its id when it is sent again, so the
    service can know it. Raises NotDelivered.
    """
    school = School.objects.get(pk=school_id)
    service = Service.objects.get(pk=service_id)
    with school_scope(school_id):
        delivery = _next_delivery(service)
        if delivery is None:
            return False
        note_what_is_new(service=service)
    answer, is_taken = _send(delivery, school=school, service=service, transport=transport)
    with school_scope(school_id):
        delivery.attempts += 1
        delivery.last_answer = answer
        if is_taken:
            delivery.state, delivery.delivered_at = Delivery.State.DELIVERED, timezone.now()
        delivery.save(update_fields=["attempts", "last_answer", "state", "delivered_at"])
    if not is_taken:
        raise NotDelivered(f"{service.slug} did not take the message: {answer}. It will be sent again.")
    return True


def give_up(*, school_id: int, service_id: int) -> None:
    """No attempts are left: the message has failed. The next change makes a new one."""
    with school_scope(school_id):
        Delivery.objects.filter(service_id=service_id, state=Delivery.State.WAITING).update(
            state=Delivery.State.FAILED
        )


def _next_delivery(service: Service) -> Delivery | None:
    """The message that waits, stretched to the newest change, or a new one."""
    newest = newest_entry()
    waiting: Delivery | None = Delivery.objects.filter(service=service, state=Delivery.State.WAITING).first()
    if waiting is not None:
        waiting.up_to = newest
        waiting.save(update_fields=["up_to"])
        return waiting
    if newest <= told_up_to(service):
        return None
    made: Delivery = Delivery.objects.create(school_id=current_school_id(), service=service, up_to=newest)
    return made


def _send(
    delivery: Delivery, *, school: School, service: Service, transport: httpx2.BaseTransport | None
) -> tuple[str, bool]:
    """POST it, signed as https://www.standardwebhooks.com says. Returns the answer in a word, and whether taken."""
    now = timezone.now()
    body = json.dumps(
        {
            "type": "roster.changed",
            "timestamp": now.isoformat(),
            "school": str(school.sourced_id),
            "data": {"school": str(school.sourced_id)},
        }
    )
    message_id = f"msg_{delivery.pk.hex}"
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret_of(service)).sign(message_id, now, body),
    }
    try:
        with (
            httpx2.Client(timeout=TIMEOUT, transport=transport, follow_redirects=False) as client,
            client.stream("POST", service.webhook_url, content=body, headers=headers) as response,
        ):
            # What comes after the head is not read: it says nothing to us, and may have no end.
            return str(response.status_code), response.is_success
    except httpx2.HTTPError as trouble:
        return type(trouble).__name__, False
