"""Reading what a school has published."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import Employee, Group, Pupil, RecordStatus, SchoolClass, Source
from adminhub.broker.sources.own_ids import KnownIds
from adminhub.mis import identifiers, keys, roster

YOUNGEST, OLDEST = 1, 26


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """Numbers about a school's data, for judging whether it is sound. Names nobody."""

    source_answers: bool
    is_on_hold: bool
    format: str
    pupils: int
    employees: int
    classes: int
    registration_groups: int
    pupils_without_name: int
    pupils_without_plausible_birthday: int
    pupils_with_upn: int
    invalid_upns: int
    shared_upns: int
    empty_classes: int


def facts(school: School) -> SchoolFacts:
    """Count what the audit judges, over the people and classes served now."""
    with school_scope(school.pk):
        return _facts(school)


def _facts(school: School) -> SchoolFacts:
    source = Source.objects.filter(school=school).first()
    current = {"school": school, "status": RecordStatus.CURRENT}
    pupils = list(
        Pupil.objects.filter(**current).values_list(
            "forename", "surname", "date_of_birth", "education_details__upn"
        )
    )
    upns = [upn for *_, upn in pupils if upn]
    today = timezone.localdate()
    return SchoolFacts(
        source_answers=source is not None and source.is_online,
        is_on_hold=source is not None and source.state == Source.State.HELD,
        format=source.format if source is not None else "",
        pupils=len(pupils),
        employees=Employee.objects.filter(**current).count(),
        classes=SchoolClass.objects.filter(**current).count(),
        registration_groups=Group.objects.filter(**current, type=Group.Type.REGISTRATION).count(),
        pupils_without_name=sum(not (forename and surname) for forename, surname, *_ in pupils),
        pupils_without_plausible_birthday=sum(
            not _is_plausible(birthday, today) for _, _, birthday, _ in pupils
        ),
        pupils_with_upn=len(upns),
        invalid_upns=sum(not identifiers.is_valid_upn(upn) for upn in upns),
        shared_upns=len(upns) - len(set(upns)),
        empty_classes=_count_empty_classes(school),
    )


def _is_plausible(birthday: date | None, today: date) -> bool:
    return birthday is not None and YOUNGEST <= (today - birthday).days / 365.25 <= OLDEST


def _count_empty_classes(school: School) -> int:
    """By whole sets, not class by class: right after a big publishing PostgreSQL knows nothing of the tables yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM broker_sources_schoolclass c
                    WHERE c.school_id = %(school)s AND c.status = 'current' AND c.id NOT IN (
                        SELECT m.school_class_id FROM broker_sources_classpupil m
                        WHERE m.school_id = %(school)s))
                 + (SELECT count(*) FROM broker_sources_group g
                    WHERE g.school_id = %(school)s AND g.status = 'current' AND g.type = 'REGISTRATION'
                    AND g.id NOT IN (
                        SELECT m.group_id FROM broker_sources_grouppupil m
                        WHERE m.school_id = %(school)s))
            """,
            {"school": school.pk},
        )
        return int(cursor.fetchone()[0])


_PUPIL_STATUS: dict[str, roster.PupilStatus] = {"current": "on_roll", "left": "left", "future": "future"}
_EMPLOYEE_STATUS: dict[str, roster.EmployeeStatus] = {
    "current": "current",
    "left": "left",
    "future": "future",
}


def published_roster(school: School, *, like: roster.Roster) -> roster.Roster:
    """What is published now, as far as the new reading `like` is compared with it, counted in its manner.

    The caller has opened the school's scope.
    """
    source = Source.objects.get(school=school)
    known = {"school": school, "status__in": list(_PUPIL_STATUS)}
    groups = {group.id: group for group in Group.objects.filter(school=school, type=Group.Type.REGISTRATION)}
    pupils = Pupil.objects.filter(**known)
    return roster.Roster(
        format=source.format,
        as_at=source.as_at or timezone.localdate(),
        pupils=tuple(_as_read(pupil, groups) for pupil in pupils),
        employees=tuple(
            _as_read_employee(employee, with_teaching="teaching" in like.holds_employee)
            for employee in Employee.objects.filter(**known)
        ),
        registration_counts_as_membership=like.registration_counts_as_membership,
        classes=(*_classes_as_read(school), *_registration_groups_as_read(school)),
    )


def known_ids(school: School) -> KnownIds:
    """Which ids this school's people have had, by what an export without ids may know them by; the present come first.

    The caller has opened the school's scope.
    """
    pupils = Pupil.objects.filter(school=school).values_list(
        "status", "mis_id", "education_details__upn", "legal_surname", "legal_forename", "date_of_birth"
    )
    employees = Employee.objects.filter(school=school).values_list(
        "status",
        "mis_id",
        "employment_details__teacher_number",
        "legal_surname",
        "legal_forename",
        "date_of_birth",
    )
    return KnownIds(pupils=_by_key(pupils, keys.pupil_key), employees=_by_key(employees, keys.employee_key))


def _by_key(people: Iterable[tuple[Any, ...]], key: Callable[..., str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for _, mis_id, number, surname, forename, born in sorted(
        people, key=lambda person: person[0] != RecordStatus.CURRENT
    ):
        found.setdefault(key(number, surname=surname, forename=forename, born=born), mis_id)
    return found


def _as_read(pupil: Pupil, groups: dict[int, Group]) -> roster.Pupil:
    education = pupil.education_details
    group = groups.get(pupil.registration_id) if pupil.registration_id else None
    return roster.Pupil(
        mis_id=pupil.mis_id,
        status=_PUPIL_STATUS[pupil.status],
        upn=education.get("upn"),
        legal_forename=pupil.legal_forename,
        legal_surname=pupil.legal_surname,
        preferred_forename=pupil.forename,
        preferred_surname=pupil.surname,
        date_of_birth=pupil.date_of_birth,
        year_group=education.get("current_nc_year"),
        registration_group=group.name if group else None,
        email=(pupil.contact_details.get("emails") or {}).get("email"),
    )


def _as_read_employee(employee: Employee, *, with_teaching: bool) -> roster.Employee:
    post = employee.employment_details
    return roster.Employee(
        mis_id=employee.mis_id,
        status=_EMPLOYEE_STATUS[employee.status],
        legal_forename=employee.legal_forename,
        legal_surname=employee.legal_surname,
        preferred_forename=employee.forename,
        preferred_surname=employee.surname,
        email=(employee.contact_details.get("emails") or {}).get("email"),
        teacher_number=post.get("teacher_number"),
        staff_code=post.get("staff_code"),
        teaching=post.get("teaching_staff") if with_teaching else None,
    )


def _classes_as_read(school: School) -> list[roster.SchoolClass]:
    pupils, employees = _members("class", "school_class", school)
    return [
        roster.SchoolClass(
            mis_id=taught.mis_id,
            name=taught.name,
            kind="teaching",
            pupils=tuple(pupils.get(taught.id, ())),
            employees=tuple(employees.get(taught.id, ())),
        )
        for taught in SchoolClass.objects.filter(school=school, status=RecordStatus.CURRENT)
    ]


def _registration_groups_as_read(school: School) -> list[roster.SchoolClass]:
    pupils, employees = _members("group", "group", school)
    groups = Group.objects.filter(school=school, type=Group.Type.REGISTRATION, status=RecordStatus.CURRENT)
    return [
        roster.SchoolClass(
            mis_id=group.mis_id,
            name=group.name,
            kind="registration",
            pupils=tuple(pupils.get(group.id, ())),
            employees=tuple(employees.get(group.id, ())),
        )
        for group in groups
    ]


def _members(table: str, owner: str, school: School) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """MIS ids of the pupils, and of the employees, of every class or group."""
    found: list[dict[int, list[str]]] = []
    with connection.cursor() as cursor:
        for person in ("pupil", "employee"):
            cursor.execute(
                f"SELECT m.{owner}_id, array_agg(p.mis_id ORDER BY m.id) "  # noqa: S608 constants of this module
                f"FROM broker_sources_{table}{person} m "
                f"JOIN broker_sources_{person} p ON p.id = m.{person}_id "
                f"WHERE m.school_id = %s GROUP BY 1",
                [school.pk],
            )
            found.append(dict(cursor.fetchall()))
    return found[0], found[1]
