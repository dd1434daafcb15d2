"""A change of MIS or provider: rehearse it on what the new source sent, then make it so. Needs the school's scope.

The rehearsal writes the review's lines and nothing else. The move itself is one stored plan of links, applied
like any other and undone like any other; whoever is new is added by the sync that follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils import timezone

from adminhub.hub.applying.actions import apply
from adminhub.hub.connections.actions import went_through_another_mis
from adminhub.hub.core import audit
from adminhub.hub.core.bulk import whole_sets
from adminhub.hub.matching.people import Who
from adminhub.hub.matching.values import Status, Verdict
from adminhub.hub.moving.carrying import carry_classes, carry_people, holds, outcome, plan_changes
from adminhub.hub.moving.errors import NotRehearsing
from adminhub.hub.moving.models import Move, MoveState
from adminhub.hub.planning import lines, reading
from adminhub.hub.planning.actions import match_kind, store_plan
from adminhub.hub.planning.decisions import IGNORED
from adminhub.hub.planning.errors import NotWhole
from adminhub.hub.planning.models import MatchRow, Plan, PlanState, Purpose, ReviewStep
from adminhub.hub.planning.reading import HubRow, StagedRow
from adminhub.hub.planning.values import Change
from adminhub.hub.planning.weighing import NOUNS
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import User
from adminhub.hub.staging.models import Snapshot, SnapshotState

KINDS = (Kind.EMPLOYEE, Kind.PUPIL, Kind.REGISTRATION, Kind.TEACHING)
"""In this order: who is in a class is told by the pupils who are carried."""


@dataclass(frozen=True, slots=True)
class Found:
    """Everybody of one kind on both sides, and a verdict for each."""

    verdicts: list[Verdict]
    hub: dict[int, HubRow]
    staged: dict[int, StagedRow]


@transaction.atomic
def begin(snapshot: Snapshot, *, by: User) -> Move:
    """Note that this snapshot is of a new source. An earlier rehearsal is given up; nothing else is written."""
    known: Move | None = Move.objects.filter(snapshot=snapshot).select_related("plan").first()
    if known is not None and known.state == MoveState.REHEARSING:
        return known
    if known is not None and known.plan is not None and known.plan.stands:
        raise NotRehearsing("Nothing was started: this data was moved to already. Fetch from your MIS again.")
    _drop(Move.objects.filter(state=MoveState.REHEARSING).select_related("snapshot"))
    if known is not None:
        return _begin_again(known, by)
    move: Move = Move.objects.create(school_id=snapshot.school_id, snapshot=snapshot, started_by=by)
    audit.record(by=by, action="move.rehearsed", subject=f"move:{move.pk}")
    return move


def _begin_again(move: Move, by: User) -> Move:
    """Rehearse once more on data whose move was given up or undone."""
    move.state, move.ended_at, move.rehearsed_at, move.plan = MoveState.REHEARSING, None, None, None
    move.started_by = by
    move.save(update_fields=["state", "ended_at", "rehearsed_at", "plan", "started_by"])
    audit.record(by=by, action="move.rehearsed", subject=f"move:{move.pk}")
    return move


def _drop(moves: Iterable[Move]) -> None:
    for move in moves:
        move.state, move.ended_at = MoveState.DROPPED, timezone.now()
        move.save(update_fields=["state", "ended_at"])
        for kind in KINDS:
            if _has_come(move.snapshot, kind):
                match_kind(move.snapshot, kind)


def _has_come(snapshot: Snapshot, kind: Kind) -> bool:
    if snapshot.emptied_at is not None:
        return False
    if kind == Kind.EMPLOYEE:
        return snapshot.employees_at is not None
    return snapshot.classes_at is not None and snapshot.pupils_at is not None


@transaction.atomic
def give_up(move: Move, *, by: User) -> None:
    """End a rehearsal. Nothing was moved; the review shows the ordinary verdicts again."""
    open_move = _open(move)
    _drop([open_move])
    audit.record(by=by, action="move.given_up", subject=f"move:{move.pk}")


@transaction.atomic
def rehearse(move: Move) -> dict[Kind, Found]:
    """Work out who would be carried, who needs a person and who would be lost, as the review's lines.

    Decisions are obeyed. Raises NotWhole while something has not come whole, and NotRehearsing.
    """
    rehearsal = _open(move)
    snapshot = rehearsal.snapshot
    if snapshot.emptied_at is not None:
        raise NotWhole(
            "The data of this rehearsal is not kept any more, for newer data has come. Nothing has changed. "
            "Fetch again."
        )
    if snapshot.state != SnapshotState.COMPLETE:
        raise NotWhole(
            "The new data has not come whole yet, so nothing is concluded from it. Nothing has changed."
        )
    found = {}
    for kind in KINDS:
        with whole_sets():
            found[kind] = _look(snapshot, kind)
        before = MatchRow.objects.filter(snapshot=snapshot, kind=kind)
        lines.store(snapshot, kind, found[kind].verdicts, found[kind].hub, found[kind].staged, list(before))
        ReviewStep.objects.filter(snapshot=snapshot, kind=kind).delete()
    rehearsal.rehearsed_at = timezone.now()
    rehearsal.outcomes = {
        kind.value: asdict(outcome(one.verdicts, _linked(kind))) for kind, one in found.items()
    }
    rehearsal.save(update_fields=["rehearsed_at", "outcomes"])
    return found


def _look(snapshot: Snapshot, kind: Kind) -> Found:
    hub, staged = reading.hub_rows(kind), reading.staged_rows(snapshot.pk, kind)
    decided = reading.decisions(kind, staged)
    out = {key for key, row in staged.items() if row.mis_id in decided.ignored}
    asked = {key: row for key, row in staged.items() if key not in out}
    if kind in (Kind.EMPLOYEE, Kind.PUPIL):
        who = Who.EMPLOYEES if kind == Kind.EMPLOYEE else Who.PUPILS
        verdicts = carry_people(
            reading.hub_people(kind, hub), reading.mis_people(asked), who=who, decided=decided
        )
    else:
        verdicts = carry_classes(
            reading.hub_classes(snapshot.pk, kind, hub),
            reading.mis_classes(snapshot.pk, asked),
            decided=decided,
            of_subjects=kind == Kind.TEACHING,
        )
    ignored = [Verdict(status=Status.IGNORED, mis=key, reasons=(IGNORED,)) for key in sorted(out)]
    return Found([*verdicts, *ignored], hub, staged)


def _linked(kind: Kind) -> set[int]:
    return set(reading.links(kind))


@transaction.atomic
def draft(move: Move, *, by: User, clear_lost: bool = False, confirmed: frozenset[str] = frozenset()) -> Plan:
    """Rehearse once more and write down what the move would change. Held while something must be confirmed."""
    found = rehearse(move)
    rehearsal = _open(move)
    changes: list[tuple[Kind, Change]] = []
    for kind, one in found.items():
        hub = reading.hub_records(kind, one.hub)
        mis = reading.mis_records(rehearsal.snapshot, kind, one.staged)
        changes += [(kind, change) for change in plan_changes(one.verdicts, hub, mis, clear_lost=clear_lost)]
    outcomes = {NOUNS[kind]: outcome(one.verdicts, _linked(kind)) for kind, one in found.items()}
    if rehearsal.plan is not None and rehearsal.plan.state in (PlanState.DRAFTED, PlanState.HELD):
        Plan.objects.filter(pk=rehearsal.plan_id).update(state=PlanState.DROPPED)
    plan = store_plan(
        purpose=Purpose.MOVING,
        changes=changes,
        by=by,
        snapshot=rehearsal.snapshot,
        holds=holds(outcomes),
        confirmed=confirmed,
        noted={"may_match_left": sum(one.needs_person for one in outcomes.values())},
    )
    rehearsal.plan = plan
    rehearsal.save(update_fields=["plan"])
    return plan


def move_everybody(
    move: Move, *, by: User, clear_lost: bool = False, confirmed: frozenset[str] = frozenset()
) -> Plan:
    """Draft and apply, in one transaction. Returns the plan: applied, or held with its reasons.

    Whoever needs a person keeps their old ID as a former one, and is asked about by the next sync.
    """
    with transaction.atomic():
        plan = draft(move, by=by, clear_lost=clear_lost, confirmed=confirmed)
        if plan.state == PlanState.HELD:
            return plan
        applied = apply(plan, by=by)
        done = _open(move)
        done.state, done.ended_at, done.plan = MoveState.MOVED, timezone.now(), applied
        done.save(update_fields=["state", "ended_at", "plan"])
        for kind in KINDS:
            match_kind(done.snapshot, kind)
        went_through_another_mis(done.snapshot.connection, by=by)
        audit.record(by=by, action="move.made", subject=f"move:{move.pk}", counts=applied.counts)
        return applied


def _open(move: Move) -> Move:
    """The move, locked, if it can still go on."""
    locked: Move = Move.objects.select_for_update(of=("self",)).select_related("snapshot").get(pk=move.pk)
    if locked.state != MoveState.REHEARSING:
        raise NotRehearsing(
            "Nothing was written: this rehearsal is over. Start a new one with what your MIS has now."
        )
    return locked
