"""Reading what a school has published."""

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.utils import timezone

from adminhub.broker.directory.models import School
from adminhub.broker.sources.models import Employee, Group, Pupil, RecordStatus, SchoolClass, Source
from adminhub.mis import identifiers

YOUNGEST, OLDEST = 1, 26


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """Numbers about a school's data, for judging whether it is sound. Names nobody."""

    source_answers: bool
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
        source_answers=source is not None and source.state == Source.State.OK,
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
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM broker_sources_schoolclass c
                    WHERE c.school_id = %(school)s AND c.status = 'current' AND NOT EXISTS (
                        SELECT 1 FROM broker_sources_classpupil m WHERE m.school_class_id = c.id
                        AND m.school_id = %(school)s))
                 + (SELECT count(*) FROM broker_sources_group g
                    WHERE g.school_id = %(school)s AND g.status = 'current' AND g.type = 'REGISTRATION'
                    AND NOT EXISTS (
                        SELECT 1 FROM broker_sources_grouppupil m WHERE m.group_id = g.id
                        AND m.school_id = %(school)s))
            """,
            {"school": school.pk},
        )
        return int(cursor.fetchone()[0])
