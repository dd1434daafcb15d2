"""What every page about syncs says first: how the connection is, how old the data is, and what comes next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from adminhub.hub.connections.models import Connection, State
from adminhub.hub.syncs.health import health_of
from adminhub.hub.syncs.models import Rhythm, SyncClock
from adminhub.hub.syncs.queries import base_of, data_as_at, facts_of, last_good_run, review_run, settings_of


def standing_of(connection: Connection | None) -> dict[str, Any]:
    """For the health card and the data's age; nothing while the school is not authorised. Needs the scope."""
    if connection is None or connection.state != State.AUTHORISED:
        return {"health": None}
    now = timezone.now()
    return {
        "health": health_of(facts_of(connection, now=now)),
        "as_at": data_as_at(connection),
        "last_good": last_good_run(connection),
        "next_look": _next_look(connection, now),
        "review": review_run(),
        "can_sync_now": base_of(connection) is not None,
        "wanted": settings_of(),
        "is_changing_mis": connection.mis_changing_at is not None,
    }


def _next_look(connection: Connection, now: datetime) -> datetime | None:
    """When the next sync by itself is due; None when none is."""
    wanted = settings_of()
    clock = SyncClock.objects.filter(school_id=connection.school_id).first()
    if (
        clock is None
        or connection.mis_changing_at
        or wanted.rhythm == Rhythm.OFF
        or wanted.is_paused(timezone.localdate(clock.due_at))
    ):
        return None
    return clock.due_at if clock.due_at > now else None
