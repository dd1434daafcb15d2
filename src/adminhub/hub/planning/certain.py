"""Which of the new records may be added without a person, when a school wants that. Of the school in scope."""

from __future__ import annotations

from adminhub.hub.planning.models import MatchRow, MatchStatus
from adminhub.hub.roster.models import Kind
from adminhub.hub.staging.models import Snapshot, StagedPupil
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
    pupils = StagedPupil.objects.filter(snapshot=snapshot, pk__in=found).values_list("pk", "upn", "birthday")
    return frozenset(pk for pk, upn, birthday in pupils if not (birthday and is_permanent(upn or "")))


def is_permanent(upn: str) -> bool:
    """Whether it is a real UPN, not one that a school gave for the time being."""
    return is_valid_upn(upn) and not is_temporary_upn(upn)
