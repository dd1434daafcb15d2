"""Reading the roster for lists and pages. Every query is of the school in scope."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, cast

from django.db.models import Case, Count, F, FilteredRelation, Func, Max, Q, QuerySet, Value, When

from adminhub.hub.core.names import ByName, ByNumberedName
from adminhub.hub.roster.models import (
    ClassKind,
    Employee,
    Enrolment,
    FeedEntry,
    FieldOverride,
    Group,
    Kind,
    MISLink,
    Pupil,
    SchoolClass,
)
from adminhub.hub.roster.ownership import OWNER
from adminhub.hub.roster.years import YEARS, year_order
from adminhub.hub.schools.models import Service

PRESENT = Q(archived_at__isnull=True)
"""The condition on people and classes that are not archived. What is archived is in no list."""
Person = TypeVar("Person", Employee, Pupil)


class AccessFilter(StrEnum):
    """Whom to list by their access to the service."""

    ALL = ""
    WITH = "with"
    WITHOUT = "without"


class SyncFilter(StrEnum):
    """Whom to list by their link to the MIS."""

    ALL = ""
    SYNCED = "synced"
    NOT_SYNCED = "not-synced"
    DESYNCED = "desynced"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list was asked for."""

    search: str = ""
    access: AccessFilter = AccessFilter.ALL
    sync: SyncFilter = SyncFilter.ALL
    year_group: str = ""
    sort: str = "name"


@dataclass(frozen=True, slots=True)
class AccessCounts:
    """How many there are, with and without access to the service."""

    everyone: int
    with_access: int

    @property
    def without_access(self) -> int:
        return self.everyone - self.with_access


BY_NAME = (ByName("surname"), ByName("forename"), "pk")
"""The order of people in a list."""
BY_CLASS = ("kind", ByNumberedName("name"), "pk")
"""The order of classes in a list: registration groups first."""
_BY_THEIR_CLASS = ("school_class__kind", ByNumberedName("school_class__name"))
_SORTS: dict[str, tuple[F | Func, *tuple[F | Func | str, ...]]] = {
    "name": BY_NAME,
    "forename": (ByName("forename"), ByName("surname"), "pk"),
    "email": (F("email"), *BY_NAME),
    "year": (F("year_group_order"), *BY_NAME),
    "job": (F("job"), *BY_NAME),
}


# Conditions on the annotations `linked_at` and `lost_at`.
_LINK: dict[SyncFilter, dict[str, bool]] = {
    SyncFilter.ALL: {},
    SyncFilter.SYNCED: {"linked_at__isnull": False, "lost_at__isnull": True},
    SyncFilter.NOT_SYNCED: {"linked_at__isnull": True},
    SyncFilter.DESYNCED: {"lost_at__isnull": False},
}


def employees_listed(service: Service, wanted: Wanted) -> QuerySet[Employee]:
    """The school's staff as asked for, each with `linked_at`, `lost_at` and `access_id` of the service."""
    people = _with_link_and_access(Employee.objects.filter(PRESENT), service)
    for word in wanted.search.split():
        people = people.filter(
            Q(forename__icontains=word) | Q(surname__icontains=word) | Q(email__icontains=word)
        )
    return _in_order(_narrowed(people, wanted), wanted.sort)


def pupils_listed(service: Service, wanted: Wanted) -> QuerySet[Pupil]:
    """The school's pupils as asked for, each with `linked_at`, `lost_at` and `access_id` of the service."""
    people = _with_link_and_access(Pupil.objects.filter(PRESENT), service)
    for word in wanted.search.split():
        people = people.filter(
            Q(forename__icontains=word)
            | Q(surname__icontains=word)
            | Q(legal_forename__icontains=word)
            | Q(legal_surname__icontains=word)
            | Q(upn__iexact=word)
        )
    if wanted.year_group:
        people = people.filter(year_group="" if wanted.year_group == "none" else wanted.year_group)
    return _in_order(_narrowed(people, wanted), wanted.sort)


def _with_link_and_access(people: QuerySet[Person], service: Service) -> QuerySet[Person]:
    return people.annotate(
        of_service=FilteredRelation("accesses", condition=Q(accesses__service=service)),
        link=FilteredRelation("mis_links"),
    ).annotate(access_id=F("of_service__id"), linked_at=F("link__linked_at"), lost_at=F("link__lost_at"))


def _narrowed(people: QuerySet[Person], wanted: Wanted) -> QuerySet[Person]:
    if wanted.access != AccessFilter.ALL:
        has_none = {"access_id__isnull": wanted.access == AccessFilter.WITHOUT}
        people = people.filter(**has_none)
    return people.filter(**_LINK[wanted.sync])


def _in_order(people: QuerySet[Person], sort: str) -> QuerySet[Person]:
    by, backwards = sort.removeprefix("-"), sort.startswith("-")
    columns = _SORTS.get(by, _SORTS["name"])
    if by == "year":
        people = people.annotate(year_group_order=_year_order())
    first = columns[0].desc() if backwards else columns[0].asc()
    return people.order_by(first, *columns[1:])


def _year_order() -> Case:
    return Case(*[When(year_group=year, then=Value(place)) for place, year in enumerate(YEARS)], default=99)


def access_counts(kind: Kind, service: Service) -> AccessCounts:
    """How many employees or pupils the school has, and how many of them with access to the service."""
    if kind == Kind.EMPLOYEE:
        return AccessCounts(
            Employee.objects.filter(PRESENT).count(),
            Employee.objects.filter(PRESENT, accesses__service=service).count(),
        )
    return AccessCounts(
        Pupil.objects.filter(PRESENT).count(),
        Pupil.objects.filter(PRESENT, accesses__service=service).count(),
    )


def years_in_use() -> list[str]:
    """The year groups the school's pupils are in, youngest first; those who have left come last."""
    present = Pupil.objects.filter(PRESENT).exclude(year_group="")
    found = set(present.values_list("year_group", flat=True).distinct())
    return sorted(found, key=year_order)


def registration_groups_of(pupils: Sequence[Pupil]) -> dict[int, SchoolClass]:
    """The registration group of each of these pupils who is in one, by the pupil's id; one query."""
    rows = Enrolment.objects.filter(
        pupil__in=[pupil.pk for pupil in pupils],
        ends_on__isnull=True,
        school_class__kind=ClassKind.REGISTRATION,
        school_class__archived_at__isnull=True,
    ).select_related("school_class")
    return {row.pupil_id: row.school_class for row in rows if row.pupil_id is not None}


def classes_taught_by(employees: Sequence[Employee]) -> dict[int, list[SchoolClass]]:
    """The classes of each of these employees, by the employee's id; one query."""
    rows = (
        Enrolment.objects.filter(
            employee__in=[employee.pk for employee in employees],
            ends_on__isnull=True,
            school_class__archived_at__isnull=True,
        )
        .select_related("school_class")
        .order_by(*_BY_THEIR_CLASS)
    )
    taught: dict[int, list[SchoolClass]] = defaultdict(list)
    for row in rows:
        if row.employee_id is not None:
            taught[row.employee_id].append(row.school_class)
    return taught


MEMBERS = Q(ends_on__isnull=True) | Q(ends_on__gte=F("school_class__archived_at__date"))
"""The condition on enrolments of those who are in a class, or were when it was archived."""


def classes_listed(
    *, search: str = "", kind: str = "", sync: SyncFilter = SyncFilter.ALL, archived: bool = False
) -> QuerySet[SchoolClass]:
    """The school's classes with `linked_at` and `lost_at`: those in use, or those that are archived."""
    classes: QuerySet[SchoolClass] = (
        SchoolClass.objects.filter(~PRESENT if archived else PRESENT)
        .annotate(link=FilteredRelation("mis_links"))
        .annotate(linked_at=F("link__linked_at"), lost_at=F("link__lost_at"))
    )
    for word in search.split():
        classes = classes.filter(Q(name__icontains=word) | Q(subject__icontains=word))
    if kind in ClassKind.values:
        classes = classes.filter(kind=kind)
    return classes.filter(**_LINK[sync]).order_by(*BY_CLASS)


@dataclass(frozen=True, slots=True)
class MemberCounts:
    """How many are in a class and how many lead it."""

    pupils: int = 0
    teachers: int = 0


def member_counts(classes: Sequence[SchoolClass]) -> dict[int, MemberCounts]:
    """The members of each of these classes, by the class's id; one query."""
    counted = (
        Enrolment.objects.filter(MEMBERS, school_class__in=[each.pk for each in classes])
        .values_list("school_class_id")
        .annotate(Count("pupil"), Count("employee"))
    )
    found = {pk: MemberCounts(pupils, teachers) for pk, pupils, teachers in counted}
    return {each.pk: found.get(each.pk, MemberCounts()) for each in classes}


def members_of(school_class: SchoolClass, service: Service) -> tuple[list[Employee], list[Pupil]]:
    """Who leads the class, main teacher first, and who is in it, by name; each with their access and link."""
    now = Enrolment.objects.filter(MEMBERS, school_class=school_class)
    main = set(now.filter(is_main_teacher=True).values_list("employee_id", flat=True))
    employees = _with_link_and_access(
        Employee.objects.filter(pk__in=now.exclude(employee=None).values("employee_id")), service
    )
    pupils = _with_link_and_access(
        Pupil.objects.filter(pk__in=now.exclude(pupil=None).values("pupil_id")), service
    )
    leaders = sorted(employees.order_by(*BY_NAME), key=lambda person: person.pk not in main)
    return leaders, list(pupils.order_by(*BY_NAME))


def groups_listed(*, search: str = "") -> QuerySet[Group]:
    """The school's own groups, with `pupil_count`."""
    groups = cast("QuerySet[Group]", Group.objects.annotate(pupil_count=Count("memberships")))
    if search:
        groups = groups.filter(name__icontains=search)
    return groups.order_by(ByNumberedName("name"))


@dataclass(frozen=True, slots=True)
class SchoolCounts:
    """How much the hub holds of a school."""

    employees: int
    pupils: int
    classes: int
    groups: int


def school_counts() -> SchoolCounts:
    """Count the school's people, classes and groups."""
    return SchoolCounts(
        Employee.objects.filter(PRESENT).count(),
        Pupil.objects.filter(PRESENT).count(),
        SchoolClass.objects.filter(PRESENT).count(),
        Group.objects.count(),
    )


def classes_of(person: Employee | Pupil) -> list[SchoolClass]:
    """The classes a pupil is in or an employee leads at present."""
    column = "employee" if isinstance(person, Employee) else "pupil"
    rows = (
        Enrolment.objects.filter(ends_on__isnull=True, **{column: person})
        .select_related("school_class")
        .order_by(*_BY_THEIR_CLASS)
    )
    return [row.school_class for row in rows]


def members_of_group(group: Group, service: Service) -> list[Pupil]:
    """Who is in one of the school's own groups, by name; each with their access and link."""
    pupils = _with_link_and_access(Pupil.objects.filter(groups=group), service)
    return list(pupils.order_by(*BY_NAME))


def kept_fields(kind: Kind) -> dict[int, frozenset[str]]:
    """The fields of which the school keeps its own value, by the key of the person or class."""
    found: dict[int, set[str]] = defaultdict(set)
    for key, name in _own_values(kind).values_list(OWNER[kind], "field"):
        found[key or 0].add(name)
    return {key: frozenset(names) for key, names in found.items()}


def is_synced(record: Employee | Pupil | SchoolClass) -> bool:
    """Whether a person or class is linked to a record that its MIS still has."""
    return record.mis_links.filter(lost_at__isnull=True).exists()


def said_by_mis(kind: Kind, field: str) -> dict[int, object]:
    """What the MIS says, where it is known, of a field of which the school keeps its own value; by the record's key."""
    rows = _own_values(kind).filter(field=field, mis_value__isnull=False)
    return dict(rows.values_list(OWNER[kind], "mis_value"))


def _own_values(kind: Kind) -> QuerySet[FieldOverride]:
    of_kind = {"school_class__kind": kind} if OWNER[kind] == "school_class" else {}
    return FieldOverride.objects.filter(**{f"{OWNER[kind]}__isnull": False}, **of_kind)


def overrides_of(record: Employee | Pupil | SchoolClass) -> list[FieldOverride]:
    """The fields of a person or class of which the school keeps its own value."""
    rows = record.overrides.select_related("set_by")
    return list(rows.order_by("set_at", "pk"))


def newest_entry() -> int:
    """The newest entry of the change feed; 0 when nothing has ever changed."""
    return FeedEntry.objects.aggregate(newest=Max("id"))["newest"] or 0


def registration_groups_by_mis_id() -> list[tuple[str, str]]:
    """The synced registration groups, 7A before 10A: the MIS ID, which outlives a rename, and the name."""
    links = MISLink.objects.filter(kind=Kind.REGISTRATION, lost_at__isnull=True)
    groups = list(links.values_list("mis_id", "school_class__name"))
    return sorted(groups, key=lambda group: _by_number(group[1]))


def _by_number(name: str) -> tuple[tuple[int, str], ...]:
    """Numbers in a name count as numbers."""
    return tuple(
        (int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name) if part
    )


def people_linked() -> list[str]:
    """The broker's keys of everybody who is linked, with the MIS having them or not."""
    links = MISLink.objects.filter(kind__in=(Kind.EMPLOYEE, Kind.PUPIL)).exclude(broker_id="")
    return list(links.values_list("broker_id", flat=True))
