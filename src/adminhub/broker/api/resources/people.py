"""Pupils and staff (wonde-api §2.2)."""

from dataclasses import replace

from adminhub.broker.api.declarations import About, Field, Filter, Has, Relation, Resource, Section, Through
from adminhub.broker.api.resources.contacts import OF_PUPIL, RELATIONSHIP
from adminhub.broker.api.resources.parts import (
    EMAILS,
    HOME_ADDRESS,
    PHONES,
    TIMES,
    Rows,
    among,
    personal,
    section,
    teaching,
)
from adminhub.broker.api.resources.records_of_people import RECORDS_OF_EMPLOYEE, RECORDS_OF_PUPIL
from adminhub.broker.sources.models import (
    PUPIL_TYPES,
    ClassEmployee,
    ClassPupil,
    Employee,
    GroupEmployee,
    GroupPupil,
    Pupil,
    RecordStatus,
    Sibling,
)


def with_role(rows: Rows, value: str) -> Rows:
    if value.lower() in ("false", "0"):
        return rows
    return rows.exclude(employment_details__role_text=None)


STUDENTS = Resource(
    name="students",
    model=Pupil,
    permission="students.read",
    fields=(
        Field("id", "id"),
        Field("upi"),
        Field("mis_id"),
        *personal("students", "initials", "title", "surname", "forename", "middle_names"),
        *personal("students", "legal_surname", "legal_forename", "gender"),
        Field("gender_identity", is_kept=False),
        Field("date_of_birth", "day", "students.date_of_birth.read"),
        *TIMES,
    ),
    sections=(
        section(
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
        section(
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
        section(
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
        Relation("siblings", "siblings", ("students.siblings.read",), Through(Sibling, "pupil_id", "id")),
        Relation(
            "contacts",
            "contacts",
            ("students.contacts.read", "contacts.read"),
            OF_PUPIL,
            beside=RELATIONSHIP,
        ),
        *RECORDS_OF_PUPIL,
    ),
    includes=(
        "achievements",
        "achievements.employees",
        "attendance_summary",
        "behaviours",
        "behaviours.employees",
        "classes",
        "classes.employees",
        "classes.subject",
        "contact_details",
        "contacts",
        "contacts.contact_details",
        "doctors",
        "education_details",
        "exclusions",
        "extended_details",
        "groups",
        "groups.employees",
        "house",
        "house.employees",
        "identifiers",
        "medical_conditions",
        "medical_conditions.notes",
        "medical_events",
        "medical_events.notes",
        "medical_notes",
        "photo",
        "registration",
        "registration.employees",
        "results",
        "results.aspect",
        "results.resultset",
        "siblings",
        "siblings.student",
        "year",
        "year.employees",
    ),
    filters={
        "only_upns": among("education_details__upn", "students.education_details.upn.read"),
        "only_mis_ids": among("mis_id"),
        "has_class": Has(ClassPupil, "pupil_id", ("students.classes.read",)),
        "has_group": Has(GroupPupil, "pupil_id", ("students.groups.read",)),
    },
    nested_order=("surname", "forename", "id"),
    wire_type=PUPIL_TYPES[RecordStatus.CURRENT],
    about=(About("pupil", "id"),),
)

LEAVERS = replace(
    STUDENTS,
    name="students-leaver",
    permission="students-leaver.read",
    served=(RecordStatus.LEFT.value,),
    wire_type=PUPIL_TYPES[RecordStatus.LEFT],
)
PRE_ADMISSION = replace(
    STUDENTS,
    name="students-pre-admission",
    permission="students-pre-admission.read",
    served=(RecordStatus.FUTURE.value,),
    wire_type=PUPIL_TYPES[RecordStatus.FUTURE],
)

EMPLOYEES = Resource(
    name="employees",
    model=Employee,
    permission="employees.read",
    fields=(
        Field("id", "id"),
        Field("upi"),
        Field("mis_id"),
        *personal("employees", "initials", "title", "surname", "forename", "middle_names"),
        *personal("employees", "legal_surname", "legal_forename", "gender"),
        Field("date_of_birth", "day", "employees.date_of_birth.read"),
        Field("restored_at", "moment"),
        Field("updated_at", "moment"),
        Field("created_at", "moment"),
    ),
    sections=(
        section(
            "employees",
            "contact_details",
            Field("phones", "object", keys=PHONES),
            Field("emails", "object", keys=EMAILS),
            Field("salutation", is_kept=False),
        ),
        section(
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
            teaching,
        ),
        Relation(
            "groups", "groups", ("employees.groups.read",), Through(GroupEmployee, "employee_id", "group_id")
        ),
        *RECORDS_OF_EMPLOYEE,
    ),
    includes=(
        "behaviours",
        "behaviours.students",
        "classes",
        "classes.subject",
        "contact_details",
        "employee_absences",
        "employment_details",
        "groups",
        "identifiers",
        "photo",
    ),
    more_of_one=("classes.lessons", "classes.lessons.period", "classes.lessons.room"),
    filters={
        "has_class": Has(ClassEmployee, "employee_id", ("employees.classes.read",)),
        "has_group": Has(GroupEmployee, "employee_id", ("employees.groups.read",)),
        "has_role": Filter(with_role, ("employees.employment_details.role_text.read",)),
        "only_mis_ids": among("mis_id"),
    },
    nested_order=("surname", "forename", "id"),
    wire_type="employee",
    about=(About("employee", "id"),),
)

RESOURCES = (STUDENTS, LEAVERS, PRE_ADMISSION, EMPLOYEES)
