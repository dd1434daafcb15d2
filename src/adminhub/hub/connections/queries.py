"""Reading connections, and the provider each of them goes through."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from adminhub.hub.connections.models import LIVE_STATES, BrokerSchool, Connection
from adminhub.hub.connections.sealing import unseal
from adminhub.hub.providers.values import Provider
from adminhub.hub.providers.wonde import WondeProvider

WONDE = "wonde"
"""The only provider so far: whoever speaks Wonde's School Data API, our own broker included."""


def live_connection() -> Connection | None:
    """The connection of the school in scope that has not ended, or None."""
    return Connection.objects.filter(state__in=LIVE_STATES).select_related("requested_by").first()


def latest_connection() -> Connection | None:
    """The newest connection of the school in scope, ended or not, or None when it never had one."""
    return Connection.objects.select_related("requested_by").order_by("-requested_at", "-pk").first()


def provider_of(connection: Connection | None, *, attempts: int = 3, timeout: float = 30.0) -> Provider:
    """The route to this connection's data; None: only the broker's directory.

    The app's own token asks about schools and their consent; the school's token, where the broker gave one,
    reads data.
    """
    sealed = connection.token_sealed if connection is not None else None
    return WondeProvider(
        base_url=settings.HUB_BROKER_API_URL,
        token=settings.HUB_BROKER_API_TOKEN,
        school_token=unseal(bytes(sealed)) if sealed else "",
        broker_name=settings.HUB_BROKER_NAME,
        per_page=settings.HUB_BROKER_PAGE_SIZE,
        attempts=attempts,
        timeout=timeout,
    )


def school_id_of(*, provider: str, broker_school_id: str) -> int | None:
    """Which of our schools the broker's id means; None when we never asked for it. Needs no scope."""
    return (
        BrokerSchool.objects.filter(provider=provider, broker_school_id=broker_school_id)
        .values_list("school_id", flat=True)
        .first()
    )


def schools_to_poll(*, now: datetime, at_most: int = 500) -> list[int]:
    """Our schools whose connection is due to be asked about, longest overdue first. Needs no scope."""
    return list(
        BrokerSchool.objects.filter(poll_at__lte=now)
        .order_by("poll_at")
        .values_list("school_id", flat=True)[:at_most]
    )
