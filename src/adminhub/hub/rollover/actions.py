"""Writing a rollover: start it, choose, work out its plan, apply it at once or on a day, cancel it.

Every write has a `by` and an audit entry, and needs the school's scope. The roster is written by `applying` only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app as jobs

from adminhub.hub.applying.actions import apply
from adminhub.hub.core import audit
from adminhub.hub.core.errors import NotNow
from adminhub.hub.core.scope import current_school_id
from adminhub.hub.planning.actions import store_plan
from adminhub.hub.planning.models import Plan, PlanState, Purpose
from adminhub.hub.planning.values import Change, ChangeKind
from adminhub.hub.rollover.choosing import as_json, from_json
from adminhub.hub.rollover.drafting import draft
from adminhub.hub.rollover.errors import CannotRehearse, NoDay, NotConfirmed, NotPreparing, NotRead
from adminhub.hub.rollover.listing import choices_from, find, read_list
from adminhub.hub.rollover.models import Rollover, Source, State
from adminhub.hub.rollover.predicting import predict
from adminhub.hub.rollover.queries import (
    choices_of,
    ended_classes,
    ended_years,
    newest_data,
    now_for,
    open_rollover,
    people,
    school_now,
)
from adminhub.hub.rollover.rehearsing import ORDER, rehearse, with_the_years_end
from adminhub.hub.roster.models import Kind
from adminhub.hub.roster.years import school_year_name
from adminhub.hub.schools.models import User
from adminhub.mis.refusal import Refused

APPLY = "hub.apply_rollover"
REHEARSE = "hub.rehearse_rollover"
"""Jobs of the room above, by name."""
NO_DATA = "Nothing was changed: your MIS's newest data has not come whole. Start a sync, or wait until it is fetched."
EARLY = time(0, 10)
"""When on its day a rollover is applied."""


@transaction.atomic
def start(*, school_year: int, by: User, source: Source = Source.CHAINS) -> Rollover:
    """Begin to prepare the end of this school year, or return to the one that is being prepared.

    Raises NotPreparing for a year that has ended already: nobody moves up twice.
    """
    found = open_rollover()
    if found is not None:
        return found
    if school_year in ended_years():
        raise NotPreparing(
            f"Nothing was changed: {school_year_name(school_year)} has ended already. Undo that promotion first, "
            "or choose another school year."
        )
    rollover: Rollover = Rollover.objects.create(
        school_id=current_school_id(), school_year=school_year, source=source, started_by=by
    )
    audit.record(by=by, action="rollover.started", subject=f"rollover:{rollover.pk}", school_year=school_year)
    return rollover


@transaction.atomic
def choose(*, rollover: Rollover, by: User, school_year: int | None = None, **chosen: object) -> Rollover:
    """Remember what a person chose: fields of `values.Choices`. A plan made before is dropped.

    Raises NotPreparing for one that is scheduled or over.
    """
    current = _locked(rollover, State.PREPARING, State.HELD)
    before = from_json(current.school_year, current.choices)
    current.choices = as_json(replace(before, **chosen))  # type: ignore[arg-type]
    current.school_year = school_year or current.school_year
    _back_to_preparing(current)
    audit.record(by=by, action="rollover.chosen", subject=f"rollover:{current.pk}", about=sorted(chosen))
    return current


@transaction.atomic
def take_list(*, rollover: Rollover, name: str, content: bytes, by: User) -> Rollover:
    """Choose what an uploaded list of next year's classes says, and remember the rows that name nobody for sure.

    Nobody is taken for somebody else on a maybe, and who is not listed goes with their year group and class. A list
    that names nobody changes no choice. Raises NotRead.
    """
    current = _locked(rollover, State.PREPARING, State.HELD)
    try:
        listed = read_list(name, content, today=timezone.localdate())
    except Refused as refusal:
        raise NotRead(f"Nothing was changed: {refusal.reason} {refusal.what_to_do}") from None
    now, found = now_for(current), find(listed, people())
    if found.pupils:
        before = from_json(current.school_year, current.choices)
        current.choices = as_json(choices_from(now, before, found.pupils))
    current.listing = {
        "rows": len(listed),
        "pupils": sorted(found.pupils),
        "missing": [[one.place, one.name, one.why] for one in found.missing],
    }
    current.save(update_fields=["listing"])
    _back_to_preparing(current)
    audit.record(
        by=by,
        action="rollover.list_taken",
        subject=f"rollover:{current.pk}",
        rows=len(listed),
        found=len(found.pupils),
    )
    return current


@transaction.atomic
def work_out(*, rollover: Rollover, by: User | None) -> Rollover:
    """Make the plan that the choices come to, in place of an earlier one. Nothing else is written."""
    current = _locked(rollover, State.PREPARING, State.HELD)
    now = now_for(current)
    choices = choices_of(current, now)
    current.moved = {"pupils": dict(now.moved), "classes": sorted(now.renamed)}
    _back_to_preparing(current)
    current.plan = store_plan(
        purpose=Purpose.PROMOTION,
        title=f"Promotion {school_year_name(current.school_year)}",
        changes=[(Kind(subject), change) for subject, change in draft(now, choices, predict(now, choices))],
        by=by,
    )
    current.save(update_fields=["plan", "moved"])
    return current


@transaction.atomic
def ask_to_rehearse(*, rollover: Rollover, by: User) -> Rollover:
    """Have a job make the plan from the MIS's newest data, in place of an earlier one. Asked again, it starts anew.

    Raises CannotRehearse when that data has not come whole.
    """
    current = _locked(rollover, State.PREPARING, State.HELD, State.WORKING)
    if newest_data() is None:
        raise CannotRehearse(NO_DATA)
    _back_to_preparing(current)
    current.state, current.asked_at, current.step, current.plan = State.WORKING, timezone.now(), 0, None
    current.save(update_fields=["state", "asked_at", "step", "plan"])
    jobs.configure_task(REHEARSE, queue="hub", lock=f"rollover:{current.pk}").defer(
        school_id=current.school_id, rollover_id=current.pk, user_id=by.pk
    )
    return current


@transaction.atomic
def rehearse_now(*, rollover_id: int, by: User | None, tell: Callable[[int], None]) -> Rollover | None:
    """Make the plan that the MIS's newest data comes to. None: nobody waits for it any more.

    It is worked out and stored in one transaction: a job that is killed leaves nothing half done, and the next one
    starts anew. `tell` gets the number of panels done, and must not wait for this transaction.
    Raises CannotRehearse when the data is implausible.
    """
    waiting = Rollover.objects.filter(pk=rollover_id, state=State.WORKING).first()
    if waiting is None:
        return None
    snapshot = newest_data()
    if snapshot is None:
        raise CannotRehearse(NO_DATA)
    found = rehearse(snapshot, by=by, tell=tell)
    try:
        current = _locked(waiting, State.WORKING)
    except NotPreparing:  # it was given up meanwhile
        return None
    choices = from_json(current.school_year, current.choices)
    current.plan = store_plan(
        purpose=Purpose.ROLLOVER,
        title=f"Rollover {school_year_name(current.school_year)}",
        snapshot=snapshot,
        changes=with_the_years_end(found.changes, school_now(), choices),
        holds=found.holds,
        confirmed=[hold.code for hold in found.holds],  # whoever applies it says so, hold by hold
        by=by,
    )
    current.state, current.step = State.PREPARING, len(ORDER)
    current.save(update_fields=["state", "step", "plan"])
    return current


def note_step(*, rollover_id: int, step: int) -> None:
    """Note how many panels a job has rehearsed."""
    Rollover.objects.filter(pk=rollover_id, state=State.WORKING).update(step=step)


@transaction.atomic
def note_failure(*, rollover_id: int, problem: str) -> None:
    """Note why there is no plan. Whoever has given it up meanwhile is not told."""
    Rollover.objects.filter(pk=rollover_id, state=State.WORKING).update(
        state=State.PREPARING, problem=problem[:1000]
    )


def _back_to_preparing(rollover: Rollover) -> None:
    if rollover.plan_id is not None:
        Plan.objects.filter(pk=rollover.plan_id).exclude(state=PlanState.APPLIED).update(
            state=PlanState.DROPPED
        )
    rollover.state, rollover.problem, rollover.apply_on = State.PREPARING, "", None
    rollover.save(update_fields=["state", "problem", "apply_on", "choices", "school_year"])


@transaction.atomic
def promote(*, rollover: Rollover, by: User | None, confirmed: Collection[str] = ()) -> Rollover:
    """Apply the plan. Raises NotPreparing, NotConfirmed when a hold is not among those that a person `confirmed`,
    or Stale when the roster has changed under it; then nothing was written.

    The caller announces it to the services (`jobs.outputs.announce`).
    """
    current = _locked(rollover, State.PREPARING, State.SCHEDULED)
    if current.plan is None:
        raise NotPreparing("Nothing was changed: the preview has not been worked out yet.")
    if current.state == State.PREPARING:
        _must_be_confirmed(current.plan, confirmed)
    current.plan = apply(current.plan, by=by)
    current.state, current.finished_at, current.problem = State.APPLIED, timezone.now(), ""
    current.listing = {}
    current.save(update_fields=["state", "finished_at", "problem", "listing"])
    return current


@transaction.atomic
def schedule(*, rollover: Rollover, on: date, by: User, confirmed: Collection[str] = ()) -> Rollover:
    """Have the plan applied early on this day, if it still fits then. Raises NotPreparing, NotConfirmed or NoDay."""
    current = _locked(rollover, State.PREPARING, State.SCHEDULED)
    if current.plan is None:
        raise NotPreparing("No day was set: the preview has not been worked out yet.")
    _must_be_confirmed(current.plan, confirmed)
    today = timezone.localdate()
    if not today < on <= today.replace(year=today.year + 2, day=min(today.day, 28)):
        raise NoDay("No day was set. Choose one after today, and within two years.")
    Plan.objects.filter(pk=current.plan_id).update(purpose=Purpose.ROLLOVER)
    current.state, current.apply_on, current.scheduled_by = State.SCHEDULED, on, by
    current.save(update_fields=["state", "apply_on", "scheduled_by"])
    at = timezone.make_aware(datetime.combine(on, EARLY))
    jobs.configure_task(APPLY, queue="hub", schedule_at=at).defer(
        school_id=current.school_id, rollover_id=current.pk
    )
    audit.record(by=by, action="rollover.scheduled", subject=f"rollover:{current.pk}", on=on.isoformat())
    return current


@transaction.atomic
def unschedule(*, rollover: Rollover, by: User) -> Rollover:
    """Take the plan off its day; it can be changed again. Raises NotPreparing."""
    current = _locked(rollover, State.SCHEDULED)
    current.state, current.apply_on = State.PREPARING, None
    current.save(update_fields=["state", "apply_on"])
    audit.record(by=by, action="rollover.unscheduled", subject=f"rollover:{current.pk}")
    return current


@transaction.atomic
def cancel(*, rollover: Rollover, by: User) -> Rollover:
    """Give it up. Nothing of it was ever written to the roster. Raises NotPreparing for one that is over."""
    current = _locked(rollover, State.PREPARING, State.WORKING, State.SCHEDULED, State.HELD)
    _back_to_preparing(current)
    current.state, current.finished_at, current.listing = State.CANCELLED, timezone.now(), {}
    current.save(update_fields=["state", "finished_at", "listing"])
    audit.record(by=by, action="rollover.cancelled", subject=f"rollover:{current.pk}")
    return current


def apply_if_due(*, rollover_id: int) -> Rollover | None:
    """Apply a scheduled rollover whose day has come, or hold it with the reason. None: there was nothing to do."""
    found = Rollover.objects.filter(pk=rollover_id, state=State.SCHEDULED).first()
    if found is None or found.apply_on is None or found.apply_on > timezone.localdate():
        return None
    try:
        return promote(rollover=found, by=found.scheduled_by)
    except NotNow as trouble:
        return _hold(found, str(trouble))


@transaction.atomic
def _hold(rollover: Rollover, problem: str) -> Rollover:
    current = _locked(rollover, State.SCHEDULED)
    current.state, current.problem = State.HELD, problem[:1000]
    current.save(update_fields=["state", "problem"])
    audit.record(by=None, action="rollover.held", subject=f"rollover:{current.pk}")
    return current


@transaction.atomic
def plan_archiving(*, by: User) -> Plan | None:
    """Make a plan that archives the classes which the MIS no longer has, with their pupils. None: there are none."""
    changes = [
        (
            Kind(one.kind),
            Change(
                kind=ChangeKind.ARCHIVE,
                sourced_id=one.sourced_id,
                key=one.pk,
                reason="No longer in the MIS: last year's class",
            ),
        )
        for one in ended_classes()
    ]
    if not changes:
        return None
    return store_plan(purpose=Purpose.ROLLOVER, title="Last year's classes", changes=changes, by=by)


def _must_be_confirmed(plan: Plan, confirmed: Collection[str]) -> None:
    left = [hold for hold in plan.holds if hold["code"] not in confirmed]
    if left:
        raise NotConfirmed(f"Nothing was changed: please confirm first. {left[0]['message']}")


def _locked(rollover: Rollover, *states: State) -> Rollover:
    current: Rollover = (
        Rollover.objects.select_for_update(of=("self",))
        .select_related("plan", "scheduled_by")
        .get(pk=rollover.pk)
    )
    if current.state not in states:
        raise NotPreparing(_WHY_NOT[State(current.state)])
    return current


_WHY_NOT: dict[State, str] = {
    State.PREPARING: "Nothing was changed: no day is set.",
    State.WORKING: "Nothing was changed: it is being worked out. Wait until the preview is here.",
    State.SCHEDULED: "Nothing was changed: a day is set. Take it off that day first.",
    State.HELD: "Nothing was changed: it is on hold. Work the preview out again first.",
    State.APPLIED: "Nothing was changed: it has been applied already. It can be undone from its plan.",
    State.CANCELLED: "Nothing was changed: it was cancelled. Start again.",
}


def known_keys(keys: Iterable[str], known: Iterable[int]) -> frozenset[int]:
    """The classes or pupils that a form names, of those there are."""
    there = set(known)
    return frozenset(int(key) for key in keys if key.isdecimal() and int(key) in there)
