"""The resources of the School Data API v1.0 that we serve, as wonde-api §2 lists them."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from adminhub.broker.api.declarations import Field, Relation, Resource, Section, Through
from adminhub.broker.sources.models import (
    ClassEmployee,
    ClassPupil,
    Employee,
    Group,
    GroupEmployee,
    GroupPupil,
    Pupil,
    SchoolClass,
    Subject,
)

Rows = QuerySet[Any]

PHONES = ("phone", "primary", "home", "work", "mobile")
EMAILS = ("email", "primary", "home", "work")
HOME_ADDRESS = (
    "house_number",
    "house_name",
    "apartment",
    "street",
    "district",
    "town",
    "county",
    "country",
    "postcode",
)
TIMES = (
    Field("restored_at", "moment"),
    Field("created_at", "moment"),
    Field("updated_at", "moment"),
)


def _section(resource: str, name: str, *fields: Field) -> Section:
    """A section whose fields each have the permission of their own name."""
    permitted = tuple(
        Field(
            field.name,
            field.kind,
            f"{resource}.{name}.{field.name}.read" if field.is_kept else None,
            field.column,
            field.is_kept,
            field.keys,
            field.objects,
        )
        for field in fields
    )
    return Section(name, f"{resource}.{name}.read", permitted)


def _personal(resource: str, *names: str) -> tuple[Field, ...]:
    return tuple(Field(name, permission=f"{resource}.{name}.read") for name in names)


def _teaching(is_main: bool) -> dict[str, Any]:
    roles = ["Main Class Teacher", "Class Teacher"] if is_main else ["Class Teacher"]
    return {"is_main_teacher": is_main, "is_class_teacher": True, "role": roles[0], "all_roles": roles}


def _has(model: Any, column: str) -> Any:
    def narrow(rows: Rows, value: str) -> Rows:
        if value.strip().lower() in ("false", "0"):
            return rows
        members = model.objects.filter(**{column: OuterRef("pk")}, school_id=OuterRef("school_id"))
        return rows.filter(Exists(members))

    return narrow


def _among(column: str) -> Any:
    def narrow(rows: Rows, value: str) -> Rows:
        wanted = [part.strip() for part in value.split(",") if part.strip()]
        return rows.filter(**{f"{column}__in": wanted}) if wanted else rows

    return narrow


def _with_role(rows: Rows, value: str) -> Rows:
    if value.strip().lower() in ("false", "0"):
        return rows
    return rows.exclude(employment_details__role_text=None)


def _of_subject(rows: Rows, value: str) -> Rows:
    number = value.strip().removeprefix("A")
    return rows.filter(subject_id=int(number)) if number.isdecimal() and len(number) < 16 else rows.none()


def _named(rows: Rows, value: str) -> Rows:
    return rows.filter(name=value)


STUDENTS = Resource(
    name="students",
    model=Pupil,
    permission="students.read",
    fields=(
        Field("id", "id"),
        Field("upi"),
        Field("mis_id"),
        *_personal("students", "initials", "title", "surname", "forename", "middle_names"),
        *_personal("students", "legal_surname", "legal_forename", "gender"),
        Field("gender_identity", is_kept=False),
        Field("date_of_birth", "day", "students.date_of_birth.read"),
        *TIMES,
    ),
    sections=(
        _section(
            "students",
            "education_details",
            Field("admission_number"),
            Field("upn"),
            Field("local_upn", is_kept=False),
            Field("former_upn"),
            Field("learner_number"),
            Field("current_nc_year"),
            Field("part_time", "flag"),
            Field("part_time_rate", "number", is_kept=False),
            Field("admission_date", "day"),
            Field("leaving_date", "day"),
        ),
        _section(
            "students",
            "extended_details",
            Field("enrolment_status"),
            Field("ethnicity"),
            Field("first_language"),
            Field("english_as_additional_language", "flag"),
            Field("free_school_meals", "flag"),
            Field("free_school_meals_6", "flag"),
            Field("premium_pupil_indicator", "flag"),
            Field("service_children_indicator", "flag"),
            Field("in_lea_care", "flag"),
            Field("sen_status"),
        ),
        _section(
            "students",
            "contact_details",
            Field("phones", "object", keys=PHONES),
            Field("emails", "object", keys=EMAILS),
            Field("addresses", "object", keys=HOME_ADDRESS, objects=("home", "postal")),
            Field("salutation", is_kept=False),
        ),
        Section("identifiers", "students.identifiers.read", (Field("username"),)),
    ),
    relations=(
        Relation("year", "groups", ("students.year.read",), "year_id"),
        Relation("registration", "groups", ("students.registration.read",), "registration_id"),
        Relation("house", "groups", ("students.house.read",), "house_id"),
        Relation(
            "classes",
            "classes",
            ("students.classes.read",),
            Through(ClassPupil, "pupil_id", "school_class_id"),
        ),
        Relation("groups", "groups", ("students.groups.read",), Through(GroupPupil, "pupil_id", "group_id")),
    ),
    includes=(
        "classes",
        "classes.employees",
        "classes.subject",
        "contact_details",
        "education_details",
        "extended_details",
        "groups",
        "groups.employees",
        "house",
        "house.employees",
        "identifiers",
        "registration",
        "registration.employees",
        "year",
        "year.employees",
    ),
    filters={
        "only_upns": _among("education_details__upn"),
        "only_mis_ids": _among("mis_id"),
        "has_class": _has(ClassPupil, "pupil_id"),
        "has_group": _has(GroupPupil, "pupil_id"),
    },
    nested_order=("surname", "forename", "id"),
    wire_type="student",
)

EMPLOYEES = Resource(
    name="employees",
    model=Employee,
    permission="employees.read",
    fields=(
        Field("id", "id"),
        Field("upi"),
        Field("mis_id"),
        *_personal("employees", "initials", "title", "surname", "forename", "middle_names"),
        *_personal("employees", "legal_surname", "legal_forename", "gender"),
        Field("date_of_birth", "day", "employees.date_of_birth.read"),
        Field("restored_at", "moment"),
        Field("updated_at", "moment"),
        Field("created_at", "moment"),
    ),
    sections=(
        _section(
            "employees",
            "contact_details",
            Field("phones", "object", keys=PHONES),
            Field("emails", "object", keys=EMAILS),
            Field("salutation", is_kept=False),
        ),
        _section(
            "employees",
            "employment_details",
            Field("current", "flag"),
            Field("teaching_staff", "flag"),
            Field("employment_start_date", "day"),
            Field("employment_end_date", "day"),
            Field("role_text"),
            Field("teacher_number"),
            Field("staff_code"),
        ),
        Section("identifiers", "employees.identifiers.read", (Field("username"),)),
    ),
    relations=(
        Relation(
            "classes",
            "classes",
            ("employees.classes.read",),
            Through(ClassEmployee, "employee_id", "school_class_id", "is_main"),
            _teaching,
        ),
        Relation(
            "groups", "groups", ("employees.groups.read",), Through(GroupEmployee, "employee_id", "group_id")
        ),
    ),
    includes=(
        "classes",
        "classes.subject",
        "contact_details",
        "employment_details",
        "groups",
        "identifiers",
    ),
    filters={
        "has_class": _has(ClassEmployee, "employee_id"),
        "has_group": _has(GroupEmployee, "employee_id"),
        "has_role": _with_role,
        "only_mis_ids": _among("mis_id"),
    },
    nested_order=("surname", "forename", "id"),
    wire_type="employee",
)

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
            _teaching,
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
        "has_students": _has(ClassPupil, "school_class_id"),
        "class_name": _named,
        "class_subject": _of_subject,
        "only_mis_ids": _among("mis_id"),
    },
    order="name",
    nested_order=("name", "id"),
    wire_type="class",
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
        "type": _among("type"),
        "has_students": _has(GroupPupil, "group_id"),
        "only_mis_ids": _among("mis_id"),
    },
    nested_order=("name", "id"),
    wire_type="group",
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
    filters={"subject_name": _named},
    nested_order=("name", "id"),
)

RESOURCES: dict[str, Resource] = {
    resource.name: resource for resource in (STUDENTS, EMPLOYEES, CLASSES, GROUPS, SUBJECTS)
}
