"""Scheduling the deletion of leavers, cancelling it, and carrying it out. Needs the school's scope.

A person schedules it; no sync ever does. Before the day the coordinators are written to. Whoever is back in the MIS,
or might be, is not deleted. Carried out, it is a plan like any other, and the only one that cannot be undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from adminhub.hub.applying.actions import apply
from adminhub.hub.connections.models import Connection, State
from adminhub.hub.core import audit
from adminhub.hub.core.scope import current_school_id
from adminhub.hub.leavers.errors import TooEarly
from adminhub.hub.leavers.models import ScheduledDeletion
from adminhub.hub.leavers.queries import LEFT, PEOPLE
from adminhub.hub.planning.actions import store_plan
from adminhub.hub.planning.models import MatchRow, MatchStatus, Plan, Purpose
from adminhub.hub.planning.values import Change, ChangeKind
from adminhub.hub.roster.models import Employee, Kind
from adminhub.hub.schools.log_ins import end_log_ins
from adminhub.hub.schools.models import User
from adminhub.hub.staging.queries import newest_snapshot

EARLIEST = timedelta(days=8)
"""No deletion is nearer than this when it is scheduled."""
TOLD_BEFORE = timedelta(days=7)
"""So long before it the coordinators are written to; and nobody is deleted who was not told of so long ago."""
STILL_KNOWN = timedelta(days=14)
"""Older data does not say that somebody is still away: with a connection, a deletion waits for newer."""
_HERE = (MatchStatus.SYNCED, MatchStatus.MATCHED, MatchStatus.MAY_MATCH)


def schedule(*, kind: Kind, ids: Sequence[int], on: date, by: User) -> int:
    """Have those of these people who have left deleted on that day, or on it instead of another. Returns how many.

    Raises TooEarly; then nothing has changed.
    """
    if on < timezone.localdate() + EARLIEST:
        raise TooEarly(
            f"Nothing was scheduled: choose a day at least {EARLIEST.days} days from now, so that you can be written "
            "to before it, and cancel."
        )
    with transaction.atomic():
        people = list(
            PEOPLE[kind]
            .objects.filter(LEFT, merged_into__isnull=True, pk__in=ids)
            .values_list("pk", flat=True)
        )
        for pk in people:
            ScheduledDeletion.objects.update_or_create(
                **{f"{kind.value}_id": pk},
                defaults={"delete_on": on, "asked_by": by, "told_at": None},
                create_defaults={"delete_on": on, "asked_by": by, "school_id": current_school_id()},
            )
        audit.record(
            by=by,
            action="leavers.deletion_scheduled",
            subject=f"kind:{kind.value}",
            count=len(people),
            on=str(on),
        )
        return len(people)


@transaction.atomic
def cancel(*, kind: Kind, ids: Sequence[int], by: User) -> int:
    """Take these people's deletion back. Returns how many had one."""
    count, _ = ScheduledDeletion.objects.filter(**{f"{kind.value}_id__in": list(ids)}).delete()
    if count:
        audit.record(by=by, action="leavers.deletion_cancelled", subject=f"kind:{kind.value}", count=count)
    return count


@transaction.atomic
def cancel_for_the_returned() -> int:
    """Cancel the deletion of everybody who is no leaver any more, or who may be back. Returns how many."""
    count = sum(_back(kind).delete()[0] for kind in PEOPLE)
    if count:
        audit.record(by=None, action="leavers.deletion_cancelled", subject="returned", count=count)
    return count


def _back(kind: Kind) -> QuerySet[ScheduledDeletion]:
    away = PEOPLE[kind].objects.filter(LEFT, merged_into__isnull=True)
    snapshot = newest_snapshot()
    lines = MatchRow.objects.filter(snapshot=snapshot, kind=kind, status__in=_HERE, hub_id__isnull=False)
    seen = set(lines.values_list("hub_id", flat=True)) if snapshot else set()
    gone = Q(**{f"{kind.value}__in": away.values("pk")}) & ~Q(**{f"{kind.value}__in": seen})
    return ScheduledDeletion.objects.filter(~gone, **{f"{kind.value}__isnull": False})


@dataclass(frozen=True, slots=True)
class Near:
    """Deletions that come soon: their day and how many."""

    on: date
    count: int


def tell_of_near(*, now: datetime) -> list[Near]:
    """Note that the coordinators are written of the deletions that come soon, and say which; empty: of none."""
    cancel_for_the_returned()
    soon = timezone.localdate(now) + TOLD_BEFORE
    near = ScheduledDeletion.objects.select_for_update().filter(told_at__isnull=True, delete_on__lte=soon)
    days = Counter(near.values_list("delete_on", flat=True))
    near.update(told_at=now)
    return [Near(on, count) for on, count in sorted(days.items())]


@transaction.atomic
def delete_who_is_due(*, now: datetime) -> list[Plan]:
    """Delete everybody whose day has come, of whom the coordinators were told, and who is surely still away.

    Returns the plans that were applied; the caller announces them.
    """
    if not _knows_who_is_away(now):
        return []
    cancel_for_the_returned()
    due = ScheduledDeletion.objects.select_for_update(of=("self",)).filter(
        delete_on__lte=timezone.localdate(now), told_at__lte=now - TOLD_BEFORE + timedelta(hours=12)
    )
    return [plan for kind in PEOPLE for plan in _delete(kind, due.filter(**{f"{kind.value}__isnull": False}))]


def _delete(kind: Kind, due: QuerySet[ScheduledDeletion]) -> Iterator[Plan]:
    rows = list(due.values_list("pk", f"{kind.value}_id", f"{kind.value}__sourced_id", "asked_by_id"))
    if not rows:
        return
    staff = Employee.objects.filter(pk__in=[row[1] for row in rows], user__isnull=False)
    log_ins = set(staff.values_list("user", flat=True)) if kind == Kind.EMPLOYEE else set()
    plan = store_plan(
        purpose=Purpose.ERASURE,
        kind=kind,
        title="Leavers: deleted for good",
        changes=[
            (
                kind,
                Change(
                    kind=ChangeKind.ERASE,
                    sourced_id=sourced_id,
                    key=key,
                    reason="Left the MIS; deleted as scheduled",
                ),
            )
            for _, key, sourced_id, _ in rows
        ],
        by=None,
    )
    ScheduledDeletion.objects.filter(pk__in=[row[0] for row in rows]).delete()
    audit.record(
        by=None,
        action="leavers.deleted",
        subject=f"plan:{plan.pk}",
        count=len(rows),
        asked_by=sorted({row[3] for row in rows if row[3]}),
    )
    applied = apply(plan, by=None)
    end_log_ins(school_id=current_school_id(), user_ids=log_ins)
    yield applied


def _knows_who_is_away(now: datetime) -> bool:
    """Whether the MIS was heard lately. Without a connection nothing new will come, and nothing is waited for."""
    live = Connection.objects.filter(state=State.AUTHORISED).first()
    return live is None or (live.pulled_at is not None and now - live.pulled_at <= STILL_KNOWN)
