"""Throw away what a school keeps no longer: old lines of the history, and what old plans wrote. Needs the scope.

A plan itself stays, with its numbers and days. What people decided stays, and so does the newest sync.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from adminhub.hub.applying.models import JournalEntry
from adminhub.hub.core import audit
from adminhub.hub.core.months import months_from
from adminhub.hub.planning.models import Plan, PlannedChange, PlanState
from adminhub.hub.staging.models import Snapshot
from adminhub.hub.syncs.models import RunState, SyncRun
from adminhub.hub.syncs.queries import settings_of


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much went."""

    runs: int = 0
    plans: int = 0
    """Plans whose changes and journal went."""


@transaction.atomic
def prune(*, now: datetime) -> Pruned:
    """Throw away what is older than the school's settings say. A second call finds nothing to do."""
    wanted, today = settings_of(), timezone.localdate(now)
    done = Pruned(
        runs=_prune_runs(_midnight(months_from(today, -wanted.keep_runs_months))),
        plans=_prune_plans(_midnight(months_from(today, -wanted.keep_journals_months)), now),
    )
    if done != Pruned():
        audit.record(by=None, action="sync.pruned", subject="history", runs=done.runs, plans=done.plans)
    return done


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_default_timezone())


def _prune_runs(before: datetime) -> int:
    """Old runs that are over, but for the newest that brought data and the newest that brought all of it; and the
    snapshots that nothing needs any more."""
    newest = SyncRun.objects.filter(as_at__isnull=False).order_by("connection_id", "mode", "-as_at")
    kept = newest.distinct("connection_id", "mode").values_list("pk", flat=True)
    old = SyncRun.objects.filter(
        started_at__lt=before, state__in=(RunState.FINISHED, RunState.STOPPED)
    ).exclude(pk__in=list(kept))
    keys = list(old.values_list("pk", flat=True))
    old.filter(pk__in=keys).delete()
    needed = (
        SyncRun.objects.filter(snapshot=OuterRef("pk")),
        Plan.objects.filter(snapshot=OuterRef("pk")),
    )
    empty = Snapshot.objects.filter(started_at__lt=before, emptied_at__isnull=False, move__isnull=True)
    empty.filter(~Exists(needed[0]), ~Exists(needed[1])).delete()
    return len(keys)


def _prune_plans(before: datetime, now: datetime) -> int:
    """The changes and the journal of plans applied before then: they can no longer be undone."""
    old = Plan.objects.filter(state=PlanState.APPLIED, applied_at__lt=before, pruned_at__isnull=True)
    keys = list(old.values_list("pk", flat=True))
    if keys:
        JournalEntry.objects.filter(plan__in=keys).delete()
        PlannedChange.objects.filter(plan__in=keys).delete()
        Plan.objects.filter(pk__in=keys).update(pruned_at=now)
    return len(keys)
