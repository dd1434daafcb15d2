"""Next year from what the MIS says: every panel of the review is saved in turn, looked at, and taken back at once.

So the rehearsal is the very engine of a sync, and its plan is what saving all of it would write. Needs the school's
scope. Nothing stays written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction

from adminhub.hub.applying.actions import apply
from adminhub.hub.planning import actions as planning
from adminhub.hub.planning.diff import ID_TAKEN
from adminhub.hub.planning.models import Plan, PlannedChange, PlanState
from adminhub.hub.planning.values import Change, ChangeKind, Hold
from adminhub.hub.rollover.drafting import withdrawal
from adminhub.hub.rollover.errors import CannotRehearse
from adminhub.hub.rollover.values import Choices, Now
from adminhub.hub.roster.models import Kind
from adminhub.hub.roster.years import leavers_of
from adminhub.hub.schools.models import User
from adminhub.hub.staging.models import Snapshot

CLASSES = (Kind.REGISTRATION, Kind.TEACHING)
ORDER = (Kind.EMPLOYEE, Kind.REGISTRATION, Kind.TEACHING, Kind.PUPIL)
"""The wizard's order."""
Planned = tuple[Kind, Change]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What saving all panels would write, and what a person must confirm first."""

    changes: list[Planned]
    holds: list[Hold]


class _Enough(Exception):
    """Everything is known; take all of it back."""


def rehearse(snapshot: Snapshot, *, by: User | None, tell: Callable[[int], None]) -> Rehearsed:
    """Find out what saving every panel of this snapshot's review would write. Raises CannotRehearse.

    `tell` is called with the number of panels that are done, in the transaction that is taken back.
    """
    done = Rehearsed([], [])
    try:
        with transaction.atomic():
            for number, kind in enumerate(ORDER):
                tell(number)
                _save(snapshot, kind, by, done)
            raise _Enough
    except _Enough:
        return done


def _save(snapshot: Snapshot, kind: Kind, by: User | None, done: Rehearsed) -> None:
    plan = planning.draft(snapshot, kind, by=by)
    stops = [hold for hold in plan.holds if not hold["can_confirm"]]
    if stops:
        raise CannotRehearse(str(stops[0]["message"]))
    if plan.state == PlanState.HELD:
        codes = frozenset(hold["code"] for hold in plan.holds)
        done.holds.extend(
            Hold(
                code=f"{ORDER.index(kind)}:{hold['code']}",
                message=hold["message"],
                confirm=hold.get("confirm", ""),
            )
            for hold in plan.holds
        )
        plan = planning.draft(snapshot, kind, by=by, confirmed=codes)
    done.changes.extend(_changes_of(plan))  # before applying notes keys that will not last
    apply(plan, by=by)
    planning.match_kind(snapshot, kind)


def _changes_of(plan: Plan) -> Iterator[Planned]:
    for row in PlannedChange.objects.filter(plan=plan).order_by("pk"):
        yield (
            Kind(row.subject),
            Change(
                kind=ChangeKind(row.kind),
                sourced_id=row.sourced_id,
                key=row.hub_id,
                row=row.row_id,
                table=row.table,
                is_skipped=row.is_skipped,
                before=row.before,
                after=row.after,
                reason=row.reason,
            ),
        )


def with_the_years_end(changes: Iterable[Planned], now: Now, choices: Choices) -> list[Planned]:
    """The changes, and what a sync leaves to a rollover: leavers' year group and access, and the classes that end.

    Whoever the MIS no longer has is a leaver, and keeps their results.
    """
    planned = list(changes)
    found = list(planned)
    for subject, change in planned:
        pupil = now.pupils.get(change.key or 0) if subject == Kind.PUPIL else None
        if pupil is not None and change.kind is ChangeKind.LOSE:
            found.append(
                (
                    subject,
                    Change(
                        kind=ChangeKind.UPDATE,
                        sourced_id=pupil.sourced_id,
                        key=pupil.key,
                        before={"year_group": pupil.year},
                        after={"year_group": leavers_of(choices.school_year)},
                        reason="No longer in the MIS next year",
                    ),
                )
            )
            if choices.withdraws and pupil.has_access:
                found.append((subject, withdrawal(pupil)))
        elif subject in CLASSES and change.key in now.classes and _ends(change):
            found.append(
                (
                    subject,
                    Change(
                        kind=ChangeKind.ARCHIVE,
                        sourced_id=change.sourced_id,
                        key=change.key,
                        reason="Last year's class, with its pupils",
                    ),
                )
            )
    return found


def _ends(change: Change) -> bool:
    """Whether the MIS no longer has the class. One that a person took apart from its record stays."""
    is_taken = change.kind is ChangeKind.UNLINK and change.reason == ID_TAKEN
    return change.kind is ChangeKind.LOSE or is_taken
