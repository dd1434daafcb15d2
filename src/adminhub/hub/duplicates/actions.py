"""Making one person of two, and telling two apart. All of it needs the school's scope."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from django.db import transaction

from adminhub.hub.applying.actions import apply
from adminhub.hub.core import audit
from adminhub.hub.core.errors import NotNow
from adminhub.hub.core.scope import current_school_id
from adminhub.hub.duplicates.errors import NotMergeable
from adminhub.hub.duplicates.finding import Pair, without_doubt
from adminhub.hub.duplicates.merging import Refusal, Side, field_lines, plan_merge, which_stays
from adminhub.hub.duplicates.models import NotOnePerson
from adminhub.hub.duplicates.queries import found, people_of, side_of, sides_of
from adminhub.hub.planning.actions import store_plan
from adminhub.hub.planning.models import Decision, Plan, Purpose
from adminhub.hub.planning.reading import MIS_FIELDS
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import User


@transaction.atomic
def draft_merge(kind: Kind, *, stays: int, goes: int, taken: Set[str] = frozenset(), by: User) -> Plan:
    """Write down what making one of two would change. Nothing else is written. Raises NotMergeable."""
    ours, theirs = _side(kind, stays), _side(kind, goes)
    planned = plan_merge(ours, theirs, taken=taken, owned_by_mis=frozenset(MIS_FIELDS[kind]))
    if isinstance(planned, Refusal):
        raise NotMergeable(planned.message)
    return store_plan(purpose=Purpose.MERGE, kind=kind, changes=[(kind, change) for change in planned], by=by)


def _side(kind: Kind, key: int) -> Side:
    side = side_of(kind, key)
    if side is None:
        raise NotMergeable(
            "Nothing was merged: one of the two is not in the school's list any more. Look at the list again."
        )
    return side


@transaction.atomic
def merge(kind: Kind, *, stays: int, goes: int, taken: Set[str] = frozenset(), by: User) -> Plan:
    """Make one person of two, as a plan like any other. The caller announces it to the services.

    Whoever the record that goes was said not to be in the MIS, the one that stays is not either. Raises
    NotMergeable.
    """
    applied = apply(draft_merge(kind, stays=stays, goes=goes, taken=taken, by=by), by=by)
    _keep_apart(kind, stays=stays, goes=goes)
    audit.record(by=by, action="people.merged", subject=f"{kind.value}:{stays}", other=goes)
    return applied


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of merging several pairs: the plans, and why some were left."""

    plans: list[Plan]
    left: list[str]


def merge_without_doubt(kind: Kind, *, pairs: Set[Pair], by: User) -> Merged:
    """Merge those of these pairs that are without doubt still, each as a plan of its own that can be undone alone.

    The record that stays, and its values, are those that its comparison proposes. A pair that cannot be merged is
    left, and the others are merged all the same. The caller announces it to the services.
    """
    asked = [pair for pair in without_doubt(found(kind)) if (pair.first, pair.second) in pairs]
    done = Merged([], [])
    sides = sides_of(kind, [key for pair in asked for key in (pair.first, pair.second)])
    for pair in asked:
        stays, goes = which_stays(sides[pair.first], sides[pair.second])
        lines = field_lines(stays, goes, owned_by_mis=frozenset(MIS_FIELDS[kind]))
        taken = frozenset(line.name for line in lines if line.takes_other)
        try:
            done.plans.append(merge(kind, stays=stays.record.key, goes=goes.record.key, taken=taken, by=by))
        except NotNow as problem:
            done.left.append(str(problem))
    return done


def _keep_apart(kind: Kind, *, stays: int, goes: int) -> None:
    known = set(Decision.objects.filter(kind=kind, hub_id=stays).values_list("mis_id", flat=True))
    for decision in Decision.objects.filter(kind=kind, hub_id=goes, is_same=False):
        if decision.mis_id not in known:
            decision.pk, decision.hub_id = None, stays
            decision.save(force_insert=True)


@transaction.atomic
def tell_apart(kind: Kind, *, one: int, other: int, by: User) -> None:
    """Remember that these are two people; they are not proposed again. Saying it twice is saying it once."""
    first, second = sorted((one, other))
    if len(people_of(kind, (first, second))) != 2:
        raise NotMergeable("Nothing was noted: one of the two is not in the school's list any more.")
    _, is_new = NotOnePerson.objects.get_or_create(
        school_id=current_school_id(),
        kind=kind.value,
        first_id=first,
        second_id=second,
        defaults={"by": by},
    )
    if is_new:
        audit.record(by=by, action="people.told_apart", subject=f"{kind.value}:{first}", other=second)


@transaction.atomic
def ask_again(kind: Kind, *, one: int, other: int, by: User) -> None:
    """Take back that these are two people, so that they may be proposed again."""
    first, second = sorted((one, other))
    gone, _ = NotOnePerson.objects.filter(kind=kind, first_id=first, second_id=second).delete()
    if gone:
        audit.record(by=by, action="people.asked_again", subject=f"{kind.value}:{first}", other=second)
