"""What has been said to whom."""

from __future__ import annotations

from django.db.models import Max

from adminhub.hub.outputs.models import Delivery
from adminhub.hub.schools.models import Service, Subscription


def subscribers_with_webhook(school_id: int | None = None) -> list[tuple[int, int]]:
    """School and service ids of every subscription whose service wants to be told. Needs no scope."""
    rows = Subscription.objects.exclude(service__webhook_url="")
    if school_id is not None:
        rows = rows.filter(school_id=school_id)
    return list(rows.order_by("school_id", "service_id").values_list("school_id", "service_id"))


def told_up_to(service: Service) -> int:
    """How far the service has been told, or given up on, about the school in scope."""
    told = Delivery.objects.filter(service=service).exclude(state=Delivery.State.WAITING)
    return told.aggregate(newest=Max("up_to"))["newest"] or 0
