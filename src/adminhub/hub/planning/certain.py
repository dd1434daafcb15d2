"""What may be added or linked without a person, when a school wants that. Of the school in scope."""

from __future__ import annotations

from adminhub.hub.core.bulk import whole_sets
from adminhub.hub.planning.models import MatchRow, MatchStatus
from adminhub.hub.roster.models import Employee, Kind, Pupil
from adminhub.hub.staging.models import Snapshot, StagedEmployee, StagedPupil
from adminhub.mis.identifiers import is_temporary_upn, is_valid_upn


def uncertain_joins(snapshot: Snapshot, kind: Kind) -> frozenset[int]:
    """Staged records that are New and ticked, but that a person must add.

    A pupil is certain with a permanent UPN and a birthday: whoever has neither may be somebody we know. Staff
    are never added unasked, for a MIS lists everybody who works at the school. A class is nobody's data.
    """
    new = MatchRow.objects.filter(snapshot=snapshot, kind=kind, status=MatchStatus.NEW, is_ticked=True)
    found = new.values_list("staged_id", flat=True)
    if kind == Kind.EMPLOYEE:
        return frozenset(key for key in found if key is not None)
    if kind != Kind.PUPIL:
        return frozenset()
    with whole_sets():
        pupils = StagedPupil.objects.filter(snapshot=snapshot, pk__in=found)
        known = list(pupils.values_list("pk", "upn", "birthday"))
    return frozenset(pk for pk, upn, birthday in known if not (birthday and is_permanent(upn or "")))


def uncertain_links(snapshot: Snapshot, kind: Kind) -> frozenset[int]:
    """Staged records that are surely one of our people by everything but a number of theirs.

    A review shows such a pair before it is written. By night a person is linked only by a decision, by the same
    permanent UPN, or for staff by the same teacher number or e-mail. A class is linked by who is in it.
    """
    if kind not in (Kind.EMPLOYEE, Kind.PUPIL):
        return frozenset()
    matched = MatchRow.objects.filter(
        snapshot=snapshot, kind=kind, status=MatchStatus.MATCHED, is_by_hand=False
    )
    pairs = {theirs: ours for theirs, ours in matched.values_list("staged_id", "hub_id") if theirs and ours}
    if kind == Kind.PUPIL:
        upns = dict(Pupil.objects.filter(pk__in=pairs.values()).values_list("pk", "upn"))
        rows = StagedPupil.objects.filter(pk__in=pairs).values_list("pk", "upn", "former_upn")
        return frozenset(
            pk for pk, *theirs in rows if not (is_permanent(upns[pairs[pk]]) and upns[pairs[pk]] in theirs)
        )
    ours = {row.pk: row for row in Employee.objects.filter(pk__in=pairs.values())}
    staff = StagedEmployee.objects.filter(pk__in=pairs)
    return frozenset(row.pk for row in staff if not _is_same(ours[pairs[row.pk]], row))


def _is_same(ours: Employee, theirs: StagedEmployee) -> bool:
    numbers = (ours.teacher_number, theirs.teacher_number or "")
    emails = ((ours.email or "").lower(), (theirs.email or "").lower())
    return any(one and one == other for one, other in (numbers, emails))


def is_permanent(upn: str) -> bool:
    """Whether it is a real UPN, not one that a school gave for the time being."""
    return is_valid_upn(upn) and not is_temporary_upn(upn)
