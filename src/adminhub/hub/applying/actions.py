"""Make a plan so: set by set, in one transaction, with a journal. Applying a plan twice does it once.

It reads the stored plan and nothing else: what a person approved is what is written. A sync's plan deletes no
person, class or enrolment; only a link that a person took apart, access that was withdrawn, or a row that an
undone plan had made may go, and the journal keeps it whole. Leavers whose deletion a person scheduled go for good.
"""

from __future__ import annotations

from contextlib import nullcontext

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from adminhub.hub.applying.errors import OnHold, Stale
from adminhub.hub.applying.fitting import changes_that_no_longer_fit
from adminhub.hub.applying.writing import (
    MANY,
    Parts,
    is_large,
    note_what_is_kept,
    parts_of,
    tables_with_more_than,
    write,
)
from adminhub.hub.core import audit
from adminhub.hub.core.bulk import tell_planner, whole_sets
from adminhub.hub.core.scope import current_school_id
from adminhub.hub.planning.models import STANDING, Plan, PlannedChange, PlanState
from adminhub.hub.planning.values import ChangeKind
from adminhub.hub.roster.actions import FEED_ROW_BY_ROW
from adminhub.hub.roster.feed import enter
from adminhub.hub.roster.models import FeedEntry, Kind
from adminhub.hub.roster.queries import newest_entry
from adminhub.hub.schools.models import User

ONE_PLAN_AT_A_TIME = 7_301
"""The first half of the advisory lock's key; the second is the school."""


def apply(plan: Plan, *, by: User | None) -> Plan:
    """Write everything the plan says, its journal, the audit entry and the change feed. Needs the school's scope.

    A plan that was applied already is returned as it is. Raises OnHold for one that waits for a person, and
    Stale for one whose records have changed since it was made; then nothing has changed. Without `by` the hub
    does it by itself. The caller announces it to the services (`jobs.outputs.announce`).
    """
    try:
        with transaction.atomic():
            return _apply(plan, by)
    except IntegrityError as clash:
        raise Stale(
            "Nothing was written: something that this plan relies on was changed meanwhile. "
            "Make the plan again, and look at it once more."
        ) from clash


def _apply(plan: Plan, by: User | None) -> Plan:
    _wait_for_other_plans()
    locked: Plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if locked.state == PlanState.APPLIED:
        return locked
    if locked.state != PlanState.DRAFTED:
        raise OnHold("This was not saved: it waits for your confirmation, or a newer one took its place.")
    if Plan.objects.filter(pk__in=locked.undoes).exclude(STANDING).exists():
        raise Stale("Nothing was written: this has been undone already. Look at the history for what stands.")
    parts = parts_of(locked)
    with whole_sets() if is_large(parts) else nullcontext():
        if newest_entry() != locked.feed_at:
            _must_still_fit(locked)
        write(locked, parts, by)
        if locked.counts.get("kept"):
            note_what_is_kept(locked)
        if changed := tables_with_more_than(MANY, parts):
            tell_planner(*changed)
    locked.state, locked.applied_at, locked.applied_by = PlanState.APPLIED, timezone.now(), by
    locked.save(update_fields=["state", "applied_at", "applied_by"])
    _note_undone(locked)
    audit.record(
        by=by,
        action="plan.applied",
        subject=f"plan:{locked.pk}",
        purpose=locked.purpose,
        kind=locked.kind,
        counts=locked.counts,
    )
    if parts:
        _feed(locked, parts)
    return locked


def _wait_for_other_plans() -> None:
    """One plan of a school is applied at a time; the next sees what it has done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(%s, %s)", [ONE_PLAN_AT_A_TIME, current_school_id() % 2**31]
        )


def _must_still_fit(plan: Plan) -> None:
    count = changes_that_no_longer_fit(plan)
    if count:
        raise Stale(
            f"Nothing was written: {count} of the changes in this plan no longer fit, because the records were "
            f"changed after it was made ({timezone.localtime(plan.drafted_at):%H:%M on %-d %B}). "
            "Make the plan again, and look at it once more."
        )


def _note_undone(plan: Plan) -> None:
    """The plans that this one takes back stand no more; those that an undo took back stand again with its end."""
    if plan.only:
        return
    Plan.objects.filter(undone_by__in=plan.undoes).update(undone_by=None)
    Plan.objects.filter(pk__in=plan.undoes).update(undone_by=plan)


_TOLD_AS = {ChangeKind.GRANT: "granted", ChangeKind.WITHDRAW: "withdrawn", ChangeKind.ERASE: "deleted"}
"""What the change feed calls a change; any other is a change."""


def _feed(plan: Plan, parts: Parts) -> None:
    """Tell the change feed who changed: one by one, or in bulk when they are many."""
    told: dict[str, set[ChangeKind]] = {}
    for kind, _, _ in parts:
        told.setdefault(_TOLD_AS.get(kind, "changed"), set()).add(kind)
    school_id, entries = current_school_id(), list[FeedEntry]()
    for change, kinds in sorted(told.items()):
        rows = PlannedChange.objects.filter(plan=plan, is_skipped=False, kind__in=kinds)
        people = set(rows.values_list("subject", "sourced_id").distinct()[: FEED_ROW_BY_ROW + 1])
        if len(people) > FEED_ROW_BY_ROW:
            entries.append(FeedEntry(school_id=school_id, kind="bulk", change=change, plan=plan.pk))
            continue
        entries += (
            FeedEntry(
                school_id=school_id,
                kind="class" if subject in (Kind.REGISTRATION, Kind.TEACHING) else subject,
                sourced_id=sourced_id,
                change=change,
                plan=plan.pk,
            )
            for subject, sourced_id in sorted(people, key=str)
        )
    enter(entries)
