"""Reading a review: its lines as searched and filtered, its counts, and what Save would do. Of the school in scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from rapidfuzz import fuzz

from adminhub.hub.matching.names import fold
from adminhub.hub.planning.models import MatchRow, MatchStatus, Plan, PlanState
from adminhub.hub.planning.reading import PAIRED
from adminhub.hub.roster.models import Employee, Kind, Pupil
from adminhub.hub.staging.models import Snapshot, StagedEmployee, StagedPupil


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a review was asked for. `part` is "teaching" or "other" for staff, a year group for pupils."""

    status: str = ""
    search: str = ""
    part: str = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.status or self.search or self.part)


def matching(snapshot: Snapshot, kind: Kind, asked: Asked, *, with_status: bool = True) -> Q:
    """The condition on lines that was asked for."""
    found = Q()
    for word in fold(asked.search).split():
        found &= Q(search__contains=word)
    if asked.part:
        found &= _part(snapshot, kind, asked.part)
    if with_status and asked.status in MatchStatus.values:
        found &= Q(status=asked.status)
    return found


def _part(snapshot: Snapshot, kind: Kind, part: str) -> Q:
    if kind == Kind.EMPLOYEE:
        teaches = part == "teaching"
        staged = StagedEmployee.objects.filter(snapshot=snapshot, is_teaching=True).values("pk")
        ours = Employee.objects.filter(is_teaching=True).values("pk")
        teaching = Q(staged_id__in=staged) | Q(staged_id__isnull=True, hub_id__in=ours)
        return teaching if teaches else ~teaching
    if kind == Kind.PUPIL:
        in_year = StagedPupil.objects.filter(snapshot=snapshot, year_group=part).values("pk")
        ours = Pupil.objects.filter(year_group=part).values("pk")
        return Q(staged_id__in=in_year) | Q(staged_id__isnull=True, hub_id__in=ours)
    return Q()


def lines(snapshot: Snapshot, kind: Kind, asked: Asked) -> QuerySet[MatchRow]:
    """The lines asked for, those that need a person first."""
    rows = MatchRow.objects.filter(matching(snapshot, kind, asked), snapshot=snapshot, kind=kind)
    return rows.order_by("rank", "name", "pk")


def status_counts(snapshot: Snapshot, kind: Kind, asked: Asked) -> dict[str, int]:
    """How many lines of each status there are within the search, whatever status is shown."""
    rows = MatchRow.objects.filter(
        matching(snapshot, kind, asked, with_status=False), snapshot=snapshot, kind=kind
    )
    return dict(rows.order_by().values_list("status").annotate(Count("pk")))


@dataclass(frozen=True, slots=True)
class Preview:
    """Exactly what Save will do to the whole panel, in numbers."""

    links: int
    adds: int
    follows: int
    """Synced lines that are brought up to date."""
    marks: int
    """Lines that are, or stay, marked Desynced."""
    maybes: int
    unticked: int
    untouched: int


def preview(snapshot: Snapshot, kind: Kind) -> Preview:
    """Count what Save will do."""
    rows = MatchRow.objects.filter(snapshot=snapshot, kind=kind)
    by: dict[tuple[str, bool], int] = {
        (status, ticked): count
        for status, ticked, count in rows.order_by().values_list("status", "is_ticked").annotate(Count("pk"))
    }

    def count(status: MatchStatus) -> int:
        return by.get((status.value, True), 0) + by.get((status.value, False), 0)

    return Preview(
        links=count(MatchStatus.MATCHED),
        adds=by.get((MatchStatus.NEW.value, True), 0),
        follows=count(MatchStatus.SYNCED),
        marks=count(MatchStatus.DESYNCED),
        maybes=count(MatchStatus.MAY_MATCH),
        unticked=by.get((MatchStatus.NEW.value, False), 0),
        untouched=count(MatchStatus.NOT_MATCHED),
    )


def held_plan(snapshot: Snapshot, kind: Kind) -> Plan | None:
    """The plan that waits for a person's confirmation, or None."""
    return Plan.objects.filter(snapshot=snapshot, kind=kind, state=PlanState.HELD).order_by("-pk").first()


def line(snapshot: Snapshot, kind: Kind, row_id: int) -> MatchRow | None:
    """One line of the review, or None when it has gone."""
    return MatchRow.objects.filter(snapshot=snapshot, kind=kind, pk=row_id).first()


def partners_for(snapshot: Snapshot, kind: Kind, row: MatchRow, search: str) -> list[int]:
    """Keys of the lines whose other side this line could be matched with, the most alike first.

    Lines that are paired for sure are left out; so are those that the search does not find.
    """
    other = "staged_id" if row.hub_id is not None else "hub_id"
    rows = MatchRow.objects.filter(snapshot=snapshot, kind=kind, **{f"{other}__isnull": False})
    rows = rows.exclude(status__in=PAIRED).exclude(pk=row.pk)
    for word in fold(search).split():
        rows = rows.filter(search__contains=word)
    found = list(rows.order_by("name", "pk").values_list("pk", "search"))
    return [pk for pk, text in sorted(found, key=lambda one: -fuzz.token_set_ratio(row.search, one[1]))]


def lines_of(keys: Sequence[int]) -> list[MatchRow]:
    """These lines, in this order."""
    found = MatchRow.objects.in_bulk(list(keys))
    return [found[key] for key in keys if key in found]


def alike(snapshot: Snapshot, kind: Kind, row: MatchRow) -> QuerySet[MatchRow]:
    """Lines that hold the records which look like this line's."""
    other = "staged_id" if row.hub_id is not None else "hub_id"
    rows = MatchRow.objects.filter(snapshot=snapshot, kind=kind, **{f"{other}__in": row.candidates})
    return rows.exclude(pk=row.pk).order_by("name", "pk")
