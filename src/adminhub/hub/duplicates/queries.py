"""Reading who may be known twice, and both sides of a merge with all that hangs on them. Of the school in scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

from django.db.models import QuerySet

from adminhub.hub.duplicates.finding import Alike, Known, Pair, find_duplicates
from adminhub.hub.duplicates.merging import FIELDS, Place, Side
from adminhub.hub.duplicates.models import NotOnePerson
from adminhub.hub.matching.people import Who
from adminhub.hub.planning.diff import fields_of
from adminhub.hub.planning.models import Plan, PlannedChange, Purpose
from adminhub.hub.planning.reading import links
from adminhub.hub.planning.values import ChangeKind, HubRecord
from adminhub.hub.roster.models import (
    Access,
    ClassKind,
    Employee,
    Enrolment,
    GroupMembership,
    Kind,
    MISLink,
    Pupil,
)
from adminhub.hub.roster.queries import PRESENT

PEOPLE = (Kind.PUPIL, Kind.EMPLOYEE)
Person = Pupil | Employee


def found(kind: Kind) -> list[Alike]:
    """Everybody of a kind who is or may be known twice, the sure pairs first."""
    linked = {key for key, link in links(kind).items() if not link.is_lost}
    who = Who.EMPLOYEES if kind == Kind.EMPLOYEE else Who.PUPILS
    known = [_known(person, person.pk in linked) for person in _people(kind)]
    return find_duplicates(known, who=who, never=told_apart(kind))


def _people(kind: Kind) -> Sequence[Person]:
    if kind == Kind.EMPLOYEE:
        return list(Employee.objects.filter(PRESENT))
    return list(Pupil.objects.filter(PRESENT))


def _known(person: Person, is_in_mis: bool) -> Known:
    is_pupil = isinstance(person, Pupil)
    return Known(
        key=person.pk,
        forename=person.forename,
        surname=person.surname,
        legal_forename=person.legal_forename,
        legal_surname=person.legal_surname,
        birthday=person.birthday if isinstance(person, Pupil) else None,
        sex=person.sex if isinstance(person, Pupil) else "",
        number=person.upn if isinstance(person, Pupil) else person.teacher_number,
        uln=person.uln if isinstance(person, Pupil) else "",
        admission_number=person.admission_number if isinstance(person, Pupil) else "",
        email=person.email,
        year_group=person.year_group if is_pupil and isinstance(person, Pupil) else "",
        is_in_mis=is_in_mis,
    )


def told_apart(kind: Kind) -> set[Pair]:
    """The pairs that a person said are two people."""
    return set(NotOnePerson.objects.filter(kind=kind).values_list("first_id", "second_id"))


def told_apart_listed(kind: Kind) -> list[NotOnePerson]:
    """The same as rows, newest first, of people who are still there."""
    present = {person.pk for person in _people(kind)}
    rows = NotOnePerson.objects.filter(kind=kind).select_related("by").order_by("-at", "-pk")
    return [row for row in rows if row.first_id in present and row.second_id in present]


def people_of(kind: Kind, keys: Sequence[int]) -> Mapping[int, Person]:
    """These people who are present, by key."""
    if kind == Kind.EMPLOYEE:
        return Employee.objects.filter(PRESENT).in_bulk(list(keys))
    return Pupil.objects.filter(PRESENT).in_bulk(list(keys))


def side_of(kind: Kind, key: int) -> Side | None:
    """A person with all that hangs on them. None: not at this school, archived, or merged already."""
    return sides_of(kind, [key]).get(key)


def sides_of(kind: Kind, keys: Sequence[int]) -> dict[int, Side]:
    """The same of several, with a number of queries that does not depend on how many."""
    people, linked = people_of(kind, keys), links(kind)
    owner: Literal["pupil_id", "employee_id"] = "employee_id" if kind == Kind.EMPLOYEE else "pupil_id"
    of_them = {f"{owner}__in": list(people)}
    rows = dict(MISLink.objects.filter(kind=kind, **of_them).values_list(owner, "pk"))
    places = _places(owner, list(people))
    services: dict[int, set[str]] = defaultdict(set)
    for key, slug in Access.objects.filter(**of_them).values_list(owner, "service__slug"):
        services[key].add(slug)
    groups: dict[int, list[tuple[int, int]]] = defaultdict(list)
    if kind == Kind.PUPIL:
        memberships = GroupMembership.objects.filter(pupil_id__in=list(people)).order_by("pk")
        for key, group, row in memberships.values_list("pupil_id", "group_id", "pk"):
            groups[key].append((group, row))
    return {
        key: Side(
            record=HubRecord(
                key=key,
                sourced_id=person.sourced_id,
                fields=fields_of(person, [name for name in FIELDS if hasattr(person, name)]),
                link=linked.get(key),
            ),
            owner=owner,
            link_row=rows.get(key),
            places=tuple(places[key]),
            services=frozenset(services[key]),
            groups=tuple(groups[key]),
        )
        for key, person in people.items()
    }


def _places(owner: str, keys: Sequence[int]) -> dict[int, list[Place]]:
    rows = Enrolment.objects.filter(**{f"{owner}__in": keys}).select_related("school_class").order_by("pk")
    found: dict[int, list[Place]] = defaultdict(list)
    for row in rows:
        found[getattr(row, owner)].append(
            Place(
                row=row.pk,
                school_class=str(row.school_class.sourced_id),
                name=row.school_class.name,
                is_registration=row.school_class.kind == ClassKind.REGISTRATION,
                is_main_teacher=row.is_main_teacher,
                is_over=row.ends_on is not None or row.school_class.archived_at is not None,
                origin=row.origin,
            )
        )
    return found


def merges(kind: Kind) -> QuerySet[Plan]:
    """The merges that were made, newest first, undone ones included."""
    rows = Plan.objects.filter(purpose=Purpose.MERGE, kind=kind, applied_at__isnull=False)
    return rows.select_related("applied_by", "undone_by").order_by("-applied_at", "-pk")


def merged_into(plans: Sequence[Plan]) -> dict[int, str]:
    """The sourced id of the record that stays, by the merge's key."""
    rows = PlannedChange.objects.filter(plan__in=plans, kind=ChangeKind.MERGE)
    return dict(rows.values_list("plan_id", "after__merged_into"))


def names_of(kind: Kind, sourced_ids: Sequence[str]) -> dict[str, str]:
    """The names of these people by sourced id, archived ones included."""
    model = Employee if kind == Kind.EMPLOYEE else Pupil
    rows = model.objects.filter(sourced_id__in=list(sourced_ids)).values_list(
        "sourced_id", "forename", "surname"
    )
    return {str(key): f"{forename} {surname}".strip() for key, forename, surname in rows}
