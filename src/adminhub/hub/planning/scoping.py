"""Whom of the pupils a sync takes in: all, some year groups, or some registration groups.

Everybody is still fetched and matched, so who is outside is known, and nobody outside is taken for a leaver:
they are shown as outside and left as they are. Of the school in scope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from django.db.models import Q, QuerySet

from adminhub.hub.matching.values import LostWhy, Status, Verdict
from adminhub.hub.roster.models import ClassKind, Enrolment, Pupil
from adminhub.hub.staging.models import Snapshot, StagedClass, StagedPupil

YEARS, GROUPS = "years", "groups"
NONE = "none"
"""Among what was chosen: those without a year group, or in no registration group."""
OUTSIDE = "Not in this sync's scope"
LOOKS_OUTSIDE = "Looks like an MIS record that is not in this sync's scope"


def is_narrowed(snapshot: Snapshot) -> bool:
    """Whether some pupils are outside."""
    return bool(snapshot.scope)


def staged_inside(snapshot: Snapshot) -> Q:
    """The condition on staged pupils that are taken in."""
    if years := _chosen(snapshot, YEARS):
        without = Q(year_group="") | Q(year_group__isnull=True) if NONE in years else Q()
        return Q(year_group__in=years) | without
    if groups := _chosen(snapshot, GROUPS):
        named = StagedClass.objects.filter(
            snapshot=snapshot, kind=ClassKind.REGISTRATION.value, mis_id__in=groups
        )
        without = Q(registration_group="") if NONE in groups else Q()
        return Q(registration_group__in=named.values("broker_id")) | without
    return Q()


def outside_of(snapshot: Snapshot) -> QuerySet[StagedPupil]:
    """The staged pupils that are not taken in."""
    staged = StagedPupil.objects.filter(snapshot=snapshot)
    if not is_narrowed(snapshot):
        return staged.none()
    return staged.exclude(pk__in=staged.filter(staged_inside(snapshot)).values("pk"))


def ours_inside(snapshot: Snapshot) -> Q:
    """The condition on the hub's own pupils that the MIS does not tell us where they are."""
    if years := _chosen(snapshot, YEARS):
        return Q(year_group__in=years) | (Q(year_group="") if NONE in years else Q())
    if groups := _chosen(snapshot, GROUPS):
        placed = Enrolment.objects.filter(
            ends_on__isnull=True, pupil__isnull=False, school_class__kind=ClassKind.REGISTRATION
        )
        inside = Q(pk__in=placed.filter(school_class__mis_links__mis_id__in=groups).values("pupil_id"))
        return inside | (~Q(pk__in=placed.values("pupil_id")) if NONE in groups else Q())
    return Q()


def _chosen(snapshot: Snapshot, by: str) -> list[str]:
    found: list[str] = (snapshot.scope or {}).get(by, [])
    return found


def keep_inside(snapshot: Snapshot, verdicts: Iterable[Verdict], linked: Iterable[int]) -> list[Verdict]:
    """The verdicts on pupils as far as this sync takes them in."""
    if not is_narrowed(snapshot):
        return list(verdicts)
    staged = set(
        StagedPupil.objects.filter(staged_inside(snapshot), snapshot=snapshot).values_list("pk", flat=True)
    )
    ours = set(Pupil.objects.filter(ours_inside(snapshot)).values_list("pk", flat=True))
    return within(verdicts, linked=set(linked), staged=staged.__contains__, ours=ours.__contains__)


def within(
    verdicts: Iterable[Verdict],
    *,
    linked: set[int],
    staged: Callable[[int], bool],
    ours: Callable[[int], bool],
) -> list[Verdict]:
    """The verdicts, with whoever is outside left alone. `staged` and `ours` say whether a record is inside.

    Of a pair the MIS's record decides. Who is linked is shown as outside; who is not is shown only where the
    MIS's record is inside, or where there is none and our own record is, or where it could be meant by one inside.
    """
    kept, left_out = [], []
    for one in verdicts:
        is_inside = staged(one.mis) if one.mis is not None else ours(one.hub or 0)
        if is_inside:
            kept.append(_asked_of_those_inside(one, staged))
        elif one.hub is not None and one.hub in linked:
            kept.append(_outside(one))
        elif one.hub is not None and one.mis is not None and ours(one.hub):
            kept.append(_looks_outside(one.hub))
        elif one.hub is not None:
            left_out.append(one.hub)
    meant = {hub for one in kept if one.hub is None for hub in one.candidates}
    return kept + [_looks_outside(hub) for hub in left_out if hub in meant]


def _asked_of_those_inside(verdict: Verdict, staged: Callable[[int], bool]) -> Verdict:
    """The verdict on one of ours, with only those MIS records that a person can choose in this review."""
    if verdict.hub is None or all(staged(one) for one in verdict.candidates):
        return verdict
    places = [place for place, one in enumerate(verdict.candidates) if staged(one)]
    if verdict.mis is None and not places:
        return _looks_outside(verdict.hub)
    return replace(
        verdict,
        candidates=tuple(verdict.candidates[place] for place in places),
        scores=tuple(verdict.scores[place] for place in places if verdict.scores),
    )


def _looks_outside(hub: int) -> Verdict:
    return Verdict(status=Status.NOT_MATCHED, hub=hub, reasons=(LOOKS_OUTSIDE,))


def _outside(verdict: Verdict) -> Verdict:
    return replace(
        verdict,
        status=Status.DESYNCED,
        reasons=(OUTSIDE,),
        why=LostWhy.OUT_OF_SCOPE,
        candidates=(),
        score=0.0,
        scores=(),
    )
