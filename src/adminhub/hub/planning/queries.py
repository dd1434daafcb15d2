"""Reading a review: its lines as searched and filtered, its counts, and what Save would do. Of the school in scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from rapidfuzz import fuzz

from adminhub.hub.core.names import ByNumberedName, name_order
from adminhub.hub.matching.names import fold
from adminhub.hub.matching.values import LostWhy
from adminhub.hub.planning.addresses import WORDS, Address, Known, warnings_of
from adminhub.hub.planning.agreement import Agreement
from adminhub.hub.planning.models import (
    STANDING,
    Decision,
    MatchRow,
    MatchStatus,
    Plan,
    PlanState,
    Purpose,
    ReviewStep,
)
from adminhub.hub.planning.reading import PAIRED
from adminhub.hub.planning.scoping import NONE, outside_of
from adminhub.hub.roster.models import Employee, Enrolment, Kind, MISLink, Pupil, SchoolClass
from adminhub.hub.staging.models import Snapshot, StagedClass, StagedEmployee, StagedPupil

BY_NAME = (ByNumberedName("name"), "pk")
"""The order of lines, and of the MIS's classes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a review was asked for: blank for all of it.

    `part` is "teaching", "other" or "post:" and a post for staff, a year group for pupils and classes.
    `school_class` is a class's key at the broker. `group` is an `Agreement`.
    """

    status: str = ""
    search: str = ""
    part: str = ""
    school_class: str = ""
    group: str = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.status or self.search or self.part or self.school_class or self.group)


POST = "post:"


def matching(snapshot: Snapshot, kind: Kind, asked: Asked, *, with_status: bool = True) -> Q:
    """The condition on lines that was asked for. The ignored are found only when asked for by that status."""
    found = Q()
    for word in fold(asked.search).split():
        found &= Q(search__contains=word)
    if asked.part:
        found &= _part(snapshot, kind, asked.part)
    if asked.school_class and kind == Kind.PUPIL:
        found &= _in_class(snapshot, asked.school_class)
    if not with_status:
        return found
    if asked.group:
        found &= Q(agreement=asked.group)
    if asked.status in MatchStatus.values:
        return found & Q(status=asked.status)
    return found & ~Q(status=MatchStatus.IGNORED)


def _part(snapshot: Snapshot, kind: Kind, part: str) -> Q:
    if kind == Kind.EMPLOYEE:
        staff = StagedEmployee.objects.filter(snapshot=snapshot)
        if part.startswith(POST):
            job = part.removeprefix(POST)
            return _either(staff.filter(job=job).values("pk"), Employee.objects.filter(job=job).values("pk"))
        teaching = _either(
            staff.filter(is_teaching=True).values("pk"),
            Employee.objects.filter(is_teaching=True).values("pk"),
        )
        return teaching if part == "teaching" else ~teaching
    if kind == Kind.PUPIL:
        children = StagedPupil.objects.filter(snapshot=snapshot, year_group=part)
        return _either(children.values("pk"), Pupil.objects.filter(year_group=part).values("pk"))
    classes = StagedClass.objects.filter(snapshot=snapshot, kind=kind, year_groups__contains=[part])
    ours = SchoolClass.objects.filter(kind=kind, year_groups__contains=[part])
    return _either(classes.values("pk"), ours.values("pk"))


def _either(staged: QuerySet[Any, Any], ours: QuerySet[Any, Any]) -> Q:
    """What the MIS says of a line; without an MIS record, what the hub says."""
    return Q(staged_id__in=staged) | Q(staged_id__isnull=True, hub_id__in=ours)


def _in_class(snapshot: Snapshot, broker_id: str) -> Q:
    members = Q(registration_group=broker_id) | Q(classes__contains=[broker_id])
    staged = StagedPupil.objects.filter(members, snapshot=snapshot)
    named = StagedClass.objects.filter(snapshot=snapshot, broker_id=broker_id).values("name")
    linked = MISLink.objects.filter(broker_id=broker_id, school_class__isnull=False).values("school_class_id")
    ours = Enrolment.objects.filter(
        Q(school_class_id__in=linked) | Q(school_class__name__in=named),
        ends_on__isnull=True,
        pupil__isnull=False,
    )
    return _either(staged.values("pk"), ours.values("pupil_id"))


def lines(snapshot: Snapshot, kind: Kind, asked: Asked) -> QuerySet[MatchRow]:
    """The lines asked for, those that need a person first."""
    rows = MatchRow.objects.filter(matching(snapshot, kind, asked), snapshot=snapshot, kind=kind)
    return rows.order_by("rank", *BY_NAME)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands among those asked for. None: it is the first, or the last."""

    before: int | None
    after: int | None


def place_of(snapshot: Snapshot, kind: Kind, asked: Asked, row: MatchRow) -> Place:
    """The lines beside this one, in the order in which the list shows them."""
    rows = lines(snapshot, kind, asked).annotate(place=ByNumberedName("name"))
    place = name_order(row.name)
    same = Q(rank=row.rank, place=place)
    after = Q(rank__gt=row.rank) | Q(rank=row.rank, place__gt=place) | same & Q(pk__gt=row.pk)
    before = Q(rank__lt=row.rank) | Q(rank=row.rank, place__lt=place) | same & Q(pk__lt=row.pk)
    return Place(
        before=rows.filter(before).order_by("-rank", "-place", "-pk").values_list("pk", flat=True).first(),
        after=rows.filter(after).values_list("pk", flat=True).first(),
    )


def status_counts(snapshot: Snapshot, kind: Kind, asked: Asked) -> dict[str, int]:
    """How many lines of each status there are within the search, whatever status is shown."""
    rows = MatchRow.objects.filter(
        matching(snapshot, kind, asked, with_status=False), snapshot=snapshot, kind=kind
    )
    return dict(rows.order_by().values_list("status").annotate(Count("pk")))


def groups(snapshot: Snapshot, kind: Kind) -> dict[Agreement, int]:
    """How many lines that May match have what in common, the surest first."""
    rows = MatchRow.objects.filter(snapshot=snapshot, kind=kind, status=MatchStatus.MAY_MATCH)
    found = dict(rows.order_by().values_list("agreement").annotate(Count("pk")))
    return {word: found[word.value] for word in Agreement if word.value in found}


def last_step(snapshot: Snapshot, kind: Kind) -> ReviewStep | None:
    """The press that Undo would take back, or None. Without the lines it replaced."""
    steps = ReviewStep.objects.filter(snapshot=snapshot, kind=kind).select_related("by")
    return steps.defer("lines", "decisions").order_by("-pk").first()


def posts(snapshot: Snapshot) -> list[tuple[str, int]]:
    """The posts of the staff whom the MIS sent, with how many hold each."""
    staff = StagedEmployee.objects.filter(snapshot=snapshot).exclude(job="").exclude(job__isnull=True)
    return [
        (job or "", count) for job, count in staff.values_list("job").annotate(Count("pk")).order_by("job")
    ]


@dataclass(frozen=True, slots=True)
class EmailLine:
    """A pupil whose address Save could take: what the hub has, what the MIS has, and what speaks against it."""

    row: int
    name: str
    ours: str
    theirs: str
    warnings: tuple[str, ...]
    is_taken: bool


def email_lines(snapshot: Snapshot) -> list[EmailLine]:
    """Every pupil that is synced, matched or ticked and whose address in the MIS is another, by name."""
    rows = MatchRow.objects.filter(snapshot=snapshot, kind=Kind.PUPIL, staged_id__isnull=False).filter(
        Q(status__in=PAIRED) | Q(status=MatchStatus.NEW, is_ticked=True)
    )
    listed = list(rows.order_by(*BY_NAME).values_list("pk", "name", "hub_id", "staged_id", "takes_email"))
    theirs = {
        pk: ((email or "").strip(), fold(surname))
        for pk, email, surname in StagedPupil.objects.filter(snapshot=snapshot)
        .exclude(email="")
        .exclude(email__isnull=True)
        .values_list("pk", "email", "surname")
    }
    ours = dict(Pupil.objects.exclude(email="").values_list("pk", "email"))
    warned = warnings_of(
        [
            Address(row=pk, email=theirs[staged_id][0], surname=theirs[staged_id][1], hub=hub_id)
            for pk, _, hub_id, staged_id, _ in listed
            if staged_id in theirs
        ],
        Known(staff=_addresses_of_staff(snapshot), pupils=_by_address(ours)),
    )
    return [
        EmailLine(
            row=pk,
            name=name,
            ours=ours.get(hub_id or 0, ""),
            theirs=theirs[staged_id][0],
            warnings=tuple(WORDS[warning] for warning in warned[pk]),
            is_taken=takes_email,
        )
        for pk, name, hub_id, staged_id, takes_email in listed
        if staged_id in theirs and theirs[staged_id][0].lower() != ours.get(hub_id or 0, "").lower()
    ]


def emails_taken(snapshot: Snapshot) -> int:
    """How many pupils' addresses Save would take as it stands."""
    rows = MatchRow.objects.filter(snapshot=snapshot, kind=Kind.PUPIL, takes_email=True)
    return rows.filter(Q(status__in=PAIRED) | Q(status=MatchStatus.NEW, is_ticked=True)).count()


def has_emails(snapshot: Snapshot) -> bool:
    """Whether the MIS shares e-mail addresses of pupils at all."""
    return (
        StagedPupil.objects.filter(snapshot=snapshot).exclude(email="").exclude(email__isnull=True).exists()
    )


def _addresses_of_staff(snapshot: Snapshot) -> frozenset[str]:
    staged = StagedEmployee.objects.filter(snapshot=snapshot).exclude(email__isnull=True)
    known = [*staged.values_list("email", flat=True), *Employee.objects.values_list("email", flat=True)]
    return frozenset(email.strip().lower() for email in known if email)


def _by_address(emails: Mapping[int, str]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for pupil, email in emails.items():
        found[email.lower()].add(pupil)
    return {email: frozenset(pupils) for email, pupils in found.items()}


def years(snapshot: Snapshot, kind: Kind) -> set[str]:
    """The year groups that the MIS's records of a kind name."""
    if kind == Kind.PUPIL:
        pupils = StagedPupil.objects.filter(snapshot=snapshot).exclude(year_group="")
        return {year for year in pupils.values_list("year_group", flat=True).distinct() if year}
    classes = StagedClass.objects.filter(snapshot=snapshot, kind=kind)
    return {year for named in classes.values_list("year_groups", flat=True) for year in named}


def class_options(snapshot: Snapshot) -> list[tuple[str, str]]:
    """The classes that pupils can be filtered by, registration groups first: the broker's key and the name."""
    rows = StagedClass.objects.filter(snapshot=snapshot).order_by("kind", *BY_NAME)
    return list(rows.values_list("broker_id", "name"))


def years_with_sizes(snapshot: Snapshot) -> dict[str, int]:
    """How many pupils the MIS has in each year group; blank for those in none."""
    rows = StagedPupil.objects.filter(snapshot=snapshot).values_list("year_group")
    found: dict[str, int] = {}
    for year, count in rows.annotate(Count("pk")).order_by():
        found[year or ""] = found.get(year or "", 0) + count
    return found


def groups_with_sizes(snapshot: Snapshot) -> list[tuple[str, str, int]]:
    """The MIS's registration groups by name: MIS ID, name and number of pupils; last, those in none."""
    rows = StagedPupil.objects.filter(snapshot=snapshot).values_list("registration_group")
    sizes = dict(rows.annotate(Count("pk")).order_by())
    groups = StagedClass.objects.filter(snapshot=snapshot, kind=Kind.REGISTRATION.value).order_by(*BY_NAME)
    found = [
        (mis_id, name, sizes.get(broker_id, 0))
        for mis_id, name, broker_id in groups.values_list("mis_id", "name", "broker_id")
    ]
    return [*found, (NONE, "In no registration group", sizes[""])] if sizes.get("") else found


def outside(snapshot: Snapshot) -> int:
    """How many of the MIS's pupils this sync does not take in."""
    return outside_of(snapshot).count()


def ignored_elsewhere(snapshot: Snapshot, kind: Kind) -> QuerySet[Decision]:
    """Who is ignored and not among what the MIS sent this time."""
    here = MatchRow.objects.filter(snapshot=snapshot, kind=kind, status=MatchStatus.IGNORED).values("name")
    gone = Decision.objects.filter(kind=kind, hub_id__isnull=True).exclude(name__in=here)
    return gone.order_by(*BY_NAME)


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
    rows = MatchRow.objects.filter(snapshot=snapshot, kind=kind).exclude(lost_why=LostWhy.OUT_OF_SCOPE)
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
    rows = rows.exclude(status__in=(*PAIRED, MatchStatus.IGNORED)).exclude(pk=row.pk)
    for word in fold(search).split():
        rows = rows.filter(search__contains=word)
    found = list(rows.order_by(*BY_NAME).values_list("pk", "search"))
    return [pk for pk, text in sorted(found, key=lambda one: -fuzz.token_set_ratio(row.search, one[1]))]


def lines_of(keys: Sequence[int]) -> list[MatchRow]:
    """These lines, in this order."""
    found = MatchRow.objects.in_bulk(list(keys))
    return [found[key] for key in keys if key in found]


def alike(snapshot: Snapshot, kind: Kind, row: MatchRow) -> QuerySet[MatchRow]:
    """Lines that hold the records which look like this line's."""
    other = "staged_id" if row.hub_id is not None else "hub_id"
    rows = MatchRow.objects.filter(snapshot=snapshot, kind=kind, **{f"{other}__in": row.candidates})
    return rows.exclude(pk=row.pk).order_by(*BY_NAME)


def plan_of(plan_id: int) -> Plan | None:
    """The plan of this number, or None."""
    plans = Plan.objects.select_related("snapshot", "service", "drafted_by", "applied_by", "undone_by")
    return plans.filter(pk=plan_id).first()


def standing_plans_of(run_id: int) -> QuerySet[Plan]:
    """The plans that a sync has applied and that have not been taken back, newest first."""
    return Plan.objects.filter(STANDING, run=run_id, pruned_at__isnull=True).order_by("-pk")


def undo_of(run_id: int) -> Plan | None:
    """The undo that took back the last of what a sync had written; None: something of it stands, or nothing was."""
    applied = Plan.objects.filter(run=run_id, state=PlanState.APPLIED)
    undos = [plan.undone_by for plan in applied.select_related("undone_by__applied_by")]
    return (
        max((undo for undo in undos if undo), key=lambda undo: undo.pk, default=None) if all(undos) else None
    )


def plans_listed() -> QuerySet[Plan]:
    """The plans that were applied, are on hold, or wait elsewhere than in a sync's review, newest first."""
    plans = Plan.objects.select_related("drafted_by", "applied_by").exclude(state=PlanState.DROPPED)
    return plans.exclude(state=PlanState.DRAFTED, purpose=Purpose.SYNC).order_by("-pk")
