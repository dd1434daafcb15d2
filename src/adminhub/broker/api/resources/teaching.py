"""Classes, groups and subjects (wonde-api §2.3)."""

from adminhub.broker.api.declarations import Field, Relation, Resource, Through
from adminhub.broker.api.resources.parts import TIMES, Rows, among, has, named, teaching
from adminhub.broker.sources.models import (
    ClassEmployee,
    ClassPupil,
    Group,
    GroupEmployee,
    GroupPupil,
    SchoolClass,
    Subject,
)


def of_subject(rows: Rows, value: str) -> Rows:
    number = value.strip().removeprefix("A")
    return rows.filter(subject_id=int(number)) if number.isdecimal() and len(number) < 16 else rows.none()


CLASSES = Resource(
    name="classes",
    model=SchoolClass,
    permission="classes.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("name"),
        Field("code"),
        Field("description"),
        Field("subject", "id", "classes.subject.read", column="subject_id"),
        Field("alternative", is_kept=False),
        Field("priority", is_kept=False),
        Field("academic_year"),
        Field("year_group"),
        *TIMES,
        Field("meta", is_kept=False),
    ),
    relations=(
        Relation("subject", "subjects", ("classes.subject.read",), "subject_id"),
        Relation(
            "students",
            "students",
            ("classes.students.read", "students.read"),
            Through(ClassPupil, "school_class_id", "pupil_id"),
        ),
        Relation(
            "employees",
            "employees",
            ("classes.employees.read", "employees.read"),
            Through(ClassEmployee, "school_class_id", "employee_id", "is_main"),
            teaching,
        ),
    ),
    includes=(
        "employees",
        "employees.contact_details",
        "employees.employment_details",
        "students",
        "students.contact_details",
        "students.education_details",
        "students.extended_details",
        "students.house",
        "students.registration",
        "students.year",
        "subject",
    ),
    filters={
        "has_students": has(ClassPupil, "school_class_id"),
        "class_name": named,
        "class_subject": of_subject,
        "only_mis_ids": among("mis_id"),
    },
    order="name",
    nested_order=("name", "id"),
    wire_type="class",
    names_nobody=True,
)

GROUPS = Resource(
    name="groups",
    model=Group,
    permission="groups.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("name"),
        Field("code"),
        Field("type"),
        Field("description"),
        Field("notes", is_kept=False),
        Field("division", is_kept=False),
        *TIMES,
        Field("meta", is_kept=False),
    ),
    relations=(
        Relation(
            "students",
            "students",
            ("groups.students.read", "students.read"),
            Through(GroupPupil, "group_id", "pupil_id"),
        ),
        Relation(
            "employees",
            "employees",
            ("groups.employees.read", "employees.read"),
            Through(GroupEmployee, "group_id", "employee_id", "is_main"),
        ),
    ),
    includes=(
        "employees",
        "employees.contact_details",
        "employees.employment_details",
        "students",
        "students.education_details",
    ),
    filters={
        "type": among("type"),
        "has_students": has(GroupPupil, "group_id"),
        "only_mis_ids": among("mis_id"),
    },
    nested_order=("name", "id"),
    wire_type="group",
    names_nobody=True,
)

SUBJECTS = Resource(
    name="subjects",
    model=Subject,
    permission="classes.subject.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("code"),
        Field("name"),
        Field("active", is_kept=False),
        Field("created_at", "moment"),
        Field("updated_at", "moment"),
    ),
    filters={"subject_name": named},
    nested_order=("name", "id"),
    names_nobody=True,
)

RESOURCES = (CLASSES, GROUPS, SUBJECTS)
