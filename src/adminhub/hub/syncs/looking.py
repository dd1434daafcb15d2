"""A school's daily look at its MIS: wind its clock, sync if the school wants it today, throw away what is old."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from adminhub.hub.connections.models import Connection, State
from adminhub.hub.connections.queries import live_connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.actions import forget_review
from adminhub.hub.planning.models import Plan, PlanState
from adminhub.hub.staging.actions import empty
from adminhub.hub.staging.models import Snapshot, SnapshotState
from adminhub.hub.syncs.actions import sync_by_itself
from adminhub.hub.syncs.models import LIVE, Rhythm, SyncClock, SyncRun, Trigger
from adminhub.hub.syncs.queries import review_run, settings_of
from adminhub.hub.syncs.schedule import is_night_for_it, next_look

IN_CASE = timedelta(hours=1)
"""When a school is looked at again should its job be lost."""
A_MOMENT, AT_MOST_EVERY = timedelta(minutes=2), timedelta(minutes=30)
"""How soon a hint that something has changed is followed, and how often at most."""
KEPT_DRAFTS = timedelta(days=30)
"""How long a plan is kept that was never applied."""


def wind(*, school_id: int, now: datetime) -> datetime:
    """Set a school's clock to its next look, and say when that is."""
    with school_scope(school_id):
        due = next_look(at=settings_of().nightly_at, after=now, zone=timezone.get_default_timezone())
        SyncClock.objects.update_or_create(school_id=school_id, defaults={"due_at": due})
        return due


def look_soon(*, school_id: int, now: datetime) -> bool:
    """Bring a school's next look forward, for its MIS is said to have changed. Returns whether it was.

    Many hints are one look, and never two within half an hour. A review that is open is not disturbed: then, as
    while syncs are paused, the look comes when it would have come.
    """
    with school_scope(school_id):
        connection = live_connection()
        if connection is None or not _wants_it(connection, now) or review_run() is not None:
            return False
        last = SyncRun.objects.order_by("-pk").values_list("started_at", flat=True).first()
    due = max(now + A_MOMENT, (last or now) + AT_MOST_EVERY)
    return SyncClock.objects.filter(school_id=school_id, due_at__gt=due).update(due_at=due) == 1


def take_turn(clock: SyncClock, *, now: datetime) -> bool:
    """Take a school's turn, unless another host has taken it. It comes again should its job be lost."""
    with transaction.atomic():
        mine = SyncClock.objects.filter(pk=clock.pk, due_at=clock.due_at)
        return mine.update(due_at=now + IN_CASE) == 1


def look(*, school_id: int, now: datetime) -> SyncRun | None:
    """Have a school synced if it is connected, wants it today and is not paused. None: not today."""
    wind(school_id=school_id, now=now)
    with school_scope(school_id):
        connection = live_connection()
        if connection is None or not _wants_it(connection, now):
            return None
    return sync_by_itself(connection=connection, by=None, trigger=Trigger.SCHEDULE)


def _wants_it(connection: Connection, now: datetime) -> bool:
    wanted, today = settings_of(), timezone.localdate(now)
    was_synced = SyncRun.objects.filter(connection=connection, as_at__isnull=False).exists()
    return (
        connection.state == State.AUTHORISED
        and connection.mis_changing_at is None
        and was_synced  # a person starts the first one, when they have the time to go through it
        and is_night_for_it(Rhythm(wanted.rhythm), today)
        and not wanted.is_paused(today)
    )


def throw_away_the_old(*, now: datetime) -> int:
    """Empty snapshots that a newer one has replaced, and drop plans that were never applied. Needs the scope.

    Kept are the newest complete snapshot of each connection, which the next sync brings up to date, and
    whatever a live run works on. Plans that were applied stay, with their journal. Returns how many snapshots
    were emptied.
    """
    complete = Snapshot.objects.filter(state=SnapshotState.COMPLETE, emptied_at__isnull=True)
    kept = set(
        complete.order_by("connection_id", "-pk").distinct("connection_id").values_list("pk", flat=True)
    )
    kept |= set(SyncRun.objects.filter(state__in=LIVE).values_list("snapshot_id", flat=True))
    old = Snapshot.objects.filter(emptied_at__isnull=True, finished_at__isnull=False).exclude(pk__in=kept)
    emptied = 0
    for snapshot in old:
        forget_review(snapshot)
        empty(snapshot)
        emptied += 1
    never = Q(state=PlanState.DROPPED) | Q(state=PlanState.DRAFTED, run__isnull=False)
    Plan.objects.filter(never, drafted_at__lt=now - KEPT_DRAFTS, journal__isnull=True).delete()
    return emptied
