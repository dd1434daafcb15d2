"""Reading for a rollover: the school as it is, and rollovers. Every query is of the school in scope."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from adminhub.hub.core.names import name_order
from adminhub.hub.matching.names import fold
from adminhub.hub.planning.diff import ID_TAKEN
from adminhub.hub.planning.models import MatchRow, MatchStatus, Plan, PlannedChange, PlanState
from adminhub.hub.planning.values import ChangeKind
from adminhub.hub.rollover.choosing import from_json
from adminhub.hub.rollover.listing import Person
from adminhub.hub.rollover.models import OPEN, Rollover, State
from adminhub.hub.rollover.predicting import suggest
from adminhub.hub.rollover.values import Choices, ClassNow, Leader, Now, PupilNow
from adminhub.hub.roster.models import Access, ClassKind, Enrolment, Kind, MISLink, Origin, Pupil, SchoolClass
from adminhub.hub.roster.queries import BY_CLASS, BY_NAME, PRESENT, newest_entry
from adminhub.hub.roster.years import is_leavers, year_order
from adminhub.hub.staging.models import Snapshot, SnapshotState

STANDING_PLAN = Q(plan__state=PlanState.APPLIED, plan__undone_by__isnull=True)


def people() -> list[Person]:
    """Everybody whom a class list may name: pupils who are present and have not left with a promotion."""
    rows = Pupil.objects.filter(PRESENT).values_list(
        "pk", "upn", "birthday", "year_group", "surname", "forename", "legal_surname", "legal_forename"
    )
    return [
        Person(key=key, upn=upn, birthday=birthday, names=_names({last, legal_last}, {first, legal_first}))
        for key, upn, birthday, year, last, first, legal_last, legal_first in rows
        if not is_leavers(year)
    ]


def _names(surnames: Set[str], forenames: Set[str]) -> frozenset[tuple[str, str]]:
    return frozenset((fold(last), fold(first)) for last in surnames - {""} for first in forenames - {""})


def open_rollover() -> Rollover | None:
    """The school's rollover that is being prepared, scheduled or on hold, or None."""
    return Rollover.objects.filter(state__in=OPEN).select_related("plan", "scheduled_by").first()


def rollovers() -> QuerySet[Rollover]:
    """The school's rollovers that are over, newest first."""
    ended = Rollover.objects.exclude(state__in=OPEN).select_related("plan", "started_by", "plan__applied_by")
    return ended.order_by("-pk")


def ended_years() -> frozenset[int]:
    """The school years that a rollover has ended, as far as it was not undone."""
    stands = Rollover.objects.filter(state=State.APPLIED, plan__undone_by__isnull=True)
    return frozenset(stands.values_list("school_year", flat=True))


def school_now(moved: Mapping[int, str] | None = None, renamed: Set[int] = frozenset()) -> Now:
    """The school as it is. `moved` and `renamed` are pupils and classes that are as planned already."""
    pupils = {
        key: (sourced_id, f"{surname}, {forename}", year)
        for key, sourced_id, surname, forename, year in Pupil.objects.filter(PRESENT).values_list(
            "pk", "sourced_id", "surname", "forename", "year_group"
        )
        if not is_leavers(year)
    }
    classes = SchoolClass.objects.filter(PRESENT).in_bulk()
    places: dict[int, dict[int, int]] = defaultdict(dict)
    leaders: dict[int, list[Leader]] = defaultdict(list)
    group_of: dict[int, int] = {}
    enrolled = Enrolment.objects.filter(ends_on__isnull=True, school_class__in=classes).order_by("pk")
    for key, class_id, pupil_id, employee, is_main in enrolled.values_list(
        "pk", "school_class_id", "pupil_id", "employee__sourced_id", "is_main_teacher"
    ):
        if employee is not None:
            leaders[class_id].append(Leader(enrolment=key, employee=employee, is_main=is_main))
        elif pupil_id in pupils:
            places[class_id][pupil_id] = key
            if classes[class_id].kind == ClassKind.REGISTRATION:
                group_of[pupil_id] = class_id
    synced = MISLink.objects.filter(lost_at__isnull=True)
    synced_pupils = set(synced.filter(kind=Kind.PUPIL).values_list("pupil_id", flat=True))
    synced_classes = set(synced.exclude(school_class=None).values_list("school_class_id", flat=True))
    seen = set(Access.objects.exclude(pupil=None).values_list("pupil_id", flat=True))
    return Now(
        pupils={
            key: PupilNow(
                key=key,
                sourced_id=sourced_id,
                name=name,
                year=year,
                group=group_of.get(key),
                is_synced=key in synced_pupils,
                has_access=key in seen,
            )
            for key, (sourced_id, name, year) in pupils.items()
        },
        classes={
            key: ClassNow(
                key=key,
                sourced_id=row.sourced_id,
                name=row.name,
                is_registration=row.kind == ClassKind.REGISTRATION,
                years=tuple(row.year_groups),
                places=places[key],
                leaders=tuple(leaders[key]),
                is_synced=key in synced_classes,
            )
            for key, row in classes.items()
        },
        moved={key: year for key, year in (moved or {}).items() if key in pupils},
        renamed=renamed & classes.keys(),
    )


def now_for(rollover: Rollover) -> Now:
    """The school as it is, for this rollover, with what has become as planned since its plan was made."""
    moved, renamed = as_planned(rollover)
    return school_now(moved, renamed)


def as_planned(rollover: Rollover) -> tuple[dict[int, str], frozenset[int]]:
    """The pupils (with their year group before) and classes that are already as the rollover would make them.

    A sync has done it, most likely. They were so when an earlier plan of the rollover was made, or are since.
    """
    moved = {int(key): year for key, year in rollover.moved.get("pupils", {}).items()}
    renamed = set(rollover.moved.get("classes", []))
    updates = PlannedChange.objects.filter(plan_id=rollover.plan_id, kind=ChangeKind.UPDATE, is_skipped=False)
    if rollover.plan_id is None:
        return moved, frozenset(renamed)
    of_pupils = updates.filter(subject=Kind.PUPIL, after__has_key="year_group")
    planned = {
        key: (before, after) for key, before, after in of_pupils.values_list("hub_id", "before", "after")
    }
    for key, year in Pupil.objects.filter(pk__in=planned).values_list("pk", "year_group"):
        before, after = planned[key]
        if year == after["year_group"]:
            moved[key] = before["year_group"]
    of_classes = updates.filter(subject=Kind.REGISTRATION, after__has_key="name")
    names = {key: after["name"] for key, after in of_classes.values_list("hub_id", "after")}
    rows = SchoolClass.objects.filter(pk__in=names).values_list("pk", "name")
    renamed |= {key for key, name in rows if name == names[key]}
    return moved, frozenset(renamed)


def choices_of(rollover: Rollover, now: Now) -> Choices:
    """What was chosen, and what is suggested where nothing was."""
    return suggest(now, from_json(rollover.school_year, rollover.choices))


def is_outdated(rollover: Rollover) -> bool:
    """Whether the roster has changed since the plan was made; the plan may fit all the same."""
    return rollover.plan is not None and rollover.plan.feed_at != newest_entry()


def newest_data() -> Snapshot | None:
    """What the MIS said last, or None. While newer data is being fetched, or came in part, the older says nothing."""
    newest: Snapshot | None = Snapshot.objects.order_by("-pk").first()
    return newest if newest is not None and newest.state == SnapshotState.COMPLETE else None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A rollover's plan from the MIS's data, in figures and names."""

    years: list[tuple[str, str, int]]
    """Year groups before and after, with how many pupils."""
    renamed: list[tuple[str, str, str]]
    """Kind, name before and name after of the classes that go on under another name."""
    new: list[tuple[str, str, bool]]
    """Kind and name of the classes that come, and whether other pupils had the name before."""
    ended: list[tuple[str, str]]
    leavers: list[str]
    joiners: list[str]
    undecided: int


def rehearsal_of(plan: Plan) -> Rehearsal:
    """What a plan from the MIS's data comes to."""
    rows = PlannedChange.objects.filter(plan=plan)
    pupils = rows.filter(subject=Kind.PUPIL)
    classes = rows.filter(subject__in=(Kind.REGISTRATION, Kind.TEACHING)).order_by("subject", "pk")
    moves = pupils.filter(kind=ChangeKind.UPDATE, after__has_key="year_group")
    years = Counter(
        (before["year_group"], after["year_group"]) for before, after in moves.values_list("before", "after")
    )
    renamed = sorted(
        (
            (Kind(subject).label, before["name"], after["name"])
            for subject, before, after in classes.filter(
                kind=ChangeKind.UPDATE, after__has_key="name"
            ).values_list("subject", "before", "after")
        ),
        key=lambda one: (one[0], name_order(one[1])),
    )
    ended_keys = classes.filter(kind=ChangeKind.ARCHIVE).values("hub_id")
    ended = [
        (row.get_kind_display(), row.name)
        for row in SchoolClass.objects.filter(pk__in=ended_keys).order_by(*BY_CLASS)
    ]
    given_up = {name for _, name, _ in renamed} | {name for _, name in ended}
    joined = classes.filter(kind=ChangeKind.JOIN).values_list("subject", "after")
    gone = pupils.filter(kind=ChangeKind.LOSE).values("hub_id")
    return Rehearsal(
        years=sorted(
            ((before, after, count) for (before, after), count in years.items()),
            key=lambda one: (year_order(one[0]), year_order(one[1])),
        ),
        renamed=renamed,
        new=sorted(
            ((Kind(subject).label, after["name"], after["name"] in given_up) for subject, after in joined),
            key=lambda one: (one[0], name_order(one[1])),
        ),
        ended=ended,
        leavers=[
            f"{surname}, {forename}"
            for surname, forename in Pupil.objects.filter(pk__in=gone)
            .order_by(*BY_NAME)
            .values_list("surname", "forename")
        ],
        joiners=sorted(
            (
                f"{after['surname']}, {after['forename']}"
                for after in pupils.filter(kind=ChangeKind.JOIN).values_list("after", flat=True)
            ),
            key=name_order,
        ),
        undecided=MatchRow.objects.filter(snapshot_id=plan.snapshot_id, status=MatchStatus.MAY_MATCH).count(),
    )


def ended_classes() -> QuerySet[SchoolClass]:
    """Classes that the MIS had and no longer has: last year's, once a sync has brought this year's.

    They came from it, are marked as lost, or had an MIS ID that belongs to another now.
    """
    links = MISLink.objects.filter(school_class__isnull=False)
    live = links.filter(lost_at__isnull=True).values("school_class_id")
    lost = links.filter(lost_at__isnull=False).values("school_class_id")
    replaced = PlannedChange.objects.filter(
        STANDING_PLAN, kind=ChangeKind.UNLINK, subject__in=(Kind.REGISTRATION, Kind.TEACHING), reason=ID_TAKEN
    ).values("hub_id")
    had = Q(origin=Origin.MIS) | Q(pk__in=lost) | Q(pk__in=replaced)
    return SchoolClass.objects.filter(PRESENT, ~Q(pk__in=live), had).order_by(*BY_CLASS)
