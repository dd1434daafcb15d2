"""Writing the roster by hand or from the hub's own files: import known people, grant and withdraw access, unlink."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction

from adminhub.hub.core import audit
from adminhub.hub.core.scope import current_school_id
from adminhub.hub.roster.feed import enter
from adminhub.hub.roster.models import (
    Access,
    ClassKind,
    Employee,
    Enrolment,
    FeedEntry,
    Kind,
    MISLink,
    Origin,
    Pupil,
    SchoolClass,
    Sex,
)
from adminhub.hub.schools.models import School, Service, User

FEED_ROW_BY_ROW = 200
"""Up to so many changes the feed names each person; beyond, one bulk entry says "look at everybody"."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many records were added."""

    employees: int
    pupils: int
    registration_groups: int


@transaction.atomic
def import_known_people(*, school: School, rows: Iterable[Mapping[str, str]], by: User | None) -> Imported:
    """Add the people a school already had in the hub, from rows of a hub roster file. Needs the school's scope.

    Adds every row as a record of its own: who is who is decided later, in a sync's review. Rows of another
    kind than employee or pupil, or without a surname, are left out.
    """
    known = [row for row in rows if row.get("surname", "").strip()]
    employees = Employee.objects.bulk_create(
        [_employee(school, row) for row in known if row.get("kind") == "employee"], batch_size=1000
    )
    pupil_rows = [row for row in known if row.get("kind") == "pupil"]
    pupils = Pupil.objects.bulk_create([_pupil(school, row) for row in pupil_rows], batch_size=1000)
    groups = _registration_groups(school, pupil_rows)
    Enrolment.objects.bulk_create(
        [
            Enrolment(
                school=school, school_class=groups[row["registration_group"]], pupil=pupil, origin=Origin.FILE
            )
            for pupil, row in zip(pupils, pupil_rows, strict=True)
            if row.get("registration_group")
        ],
        batch_size=1000,
    )
    done = Imported(len(employees), len(pupils), len(groups))
    enter([FeedEntry(school=school, kind="bulk", change="changed")])
    audit.record(
        by=by,
        action="roster.imported",
        subject=f"school:{school.pk}",
        employees=done.employees,
        pupils=done.pupils,
        registration_groups=done.registration_groups,
    )
    return done


def _employee(school: School, row: Mapping[str, str]) -> Employee:
    role = row.get("role", "")
    return Employee(
        school=school,
        title=row.get("title", ""),
        forename=row.get("forename", ""),
        surname=row["surname"],
        legal_forename=row.get("legal_forename", ""),
        legal_surname=row.get("legal_surname", ""),
        email=row.get("email", "").lower(),
        job=role,
        is_teaching="teacher" in role.lower(),
        origin=Origin.FILE,
    )


def _pupil(school: School, row: Mapping[str, str]) -> Pupil:
    birthday, sex = row.get("birthday", ""), row.get("sex", "")
    return Pupil(
        school=school,
        forename=row.get("forename", ""),
        surname=row["surname"],
        legal_forename=row.get("legal_forename", ""),
        legal_surname=row.get("legal_surname", ""),
        birthday=date.fromisoformat(birthday) if birthday else None,
        sex=sex if sex in Sex.values else "",
        upn=row.get("upn", "").upper(),
        year_group=row.get("year_group", ""),
        email=row.get("email", "").lower(),
        origin=Origin.FILE,
    )


def _registration_groups(school: School, rows: Sequence[Mapping[str, str]]) -> dict[str, SchoolClass]:
    years: dict[str, set[str]] = {}
    for row in rows:
        if row.get("registration_group"):
            years.setdefault(row["registration_group"], set()).update(filter(None, [row.get("year_group")]))
    made = SchoolClass.objects.bulk_create(
        SchoolClass(
            school=school,
            kind=ClassKind.REGISTRATION,
            name=name,
            year_groups=sorted(of_group),
            origin=Origin.FILE,
        )
        for name, of_group in sorted(years.items())
    )
    return {group.name: group for group in made}


@transaction.atomic
def grant_access(*, service: Service, kind: Kind, ids: Sequence[int], by: User) -> list[int]:
    """Let these people be seen in the service (pupils) or use it (employees). Returns the ids this was new for."""
    people = _people(kind, ids)
    column = _column(kind)
    had = set(
        Access.objects.filter(service=service, **{f"{column}__in": people}).values_list(column, flat=True)
    )
    fresh = [pk for pk in people if pk not in had]
    Access.objects.bulk_create(
        [
            Access(school_id=current_school_id(), service=service, granted_by=by, **{column: pk})
            for pk in fresh
        ],
        batch_size=1000,
        ignore_conflicts=True,
    )
    _tell(service, kind, [people[pk] for pk in fresh], "granted", by)
    return fresh


@transaction.atomic
def withdraw_access(*, service: Service, kind: Kind, ids: Sequence[int], by: User) -> list[int]:
    """Take the service away from these people. They stay in the hub. Returns the ids who had it."""
    people = _people(kind, ids)
    column = _column(kind)
    rows = Access.objects.filter(service=service, **{f"{column}__in": people})
    had = list(rows.values_list(column, flat=True))
    rows.delete()
    _tell(service, kind, [people[pk] for pk in had], "withdrawn", by)
    return had


def _people(kind: Kind, ids: Sequence[int]) -> dict[int, UUID]:
    """The sourced ids of those of these people who are at the school in scope."""
    if kind == Kind.EMPLOYEE:
        return dict(Employee.objects.filter(pk__in=ids).values_list("pk", "sourced_id"))
    return dict(Pupil.objects.filter(pk__in=ids).values_list("pk", "sourced_id"))


def _column(kind: Kind) -> str:
    return "employee_id" if kind == Kind.EMPLOYEE else "pupil_id"


def _tell(service: Service, kind: Kind, sourced_ids: list[UUID], change: str, by: User) -> None:
    if not sourced_ids:
        return
    school_id = current_school_id()
    if len(sourced_ids) > FEED_ROW_BY_ROW:
        enter([FeedEntry(school_id=school_id, kind="bulk", change=change)])
    else:
        enter(
            FeedEntry(school_id=school_id, kind=kind.value, sourced_id=one, change=change)
            for one in sourced_ids
        )
    audit.record(
        by=by,
        action=f"access.{change}",
        subject=f"service:{service.pk}",
        kind=kind.value,
        people=len(sourced_ids),
    )


def unlink_everything() -> int:
    """Forget which MIS record each person and class of the school in scope is. Nobody else changes.

    Returns how many were unlinked. The caller writes the audit entry.
    """
    return MISLink.objects.all().delete()[0]
