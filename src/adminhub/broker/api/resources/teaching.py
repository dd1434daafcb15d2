"""Classes, groups and subjects (wonde-api §2.3)."""

from adminhub.broker.api.declarations import About, Field, Filter, Has, Relation, Resource, Through
from adminhub.broker.api.resources.parts import TIMES, among, enrolments, equal, teaching, the_one
from adminhub.broker.api.resources.timetable import OF_CLASS
from adminhub.broker.sources.models import (
    ClassEmployee,
    ClassPupil,
    Group,
    GroupEmployee,
    GroupPupil,
    RecordStatus,
    SchoolClass,
    Subject,
)
from adminhub.broker.timetables.models import Lesson

CLASSES = Resource(
    name="classes",
    model=SchoolClass,
    permission="classes.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("type", is_kept=False),
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
            Through(ClassPupil, "school_class_id", "pupil_id", beside="enrolment"),
            listed=enrolments("classes.students.read"),
        ),
        Relation(
            "employees",
            "employees",
            ("classes.employees.read", "employees.read"),
            Through(ClassEmployee, "school_class_id", "employee_id", "is_main"),
            teaching,
        ),
        Relation("lessons", "lessons", ("lessons.read", "lessons.class.read"), OF_CLASS),
    ),
    includes=(
        "employees",
        "employees.contact_details",
        "employees.employment_details",
        "employees.extended_details",
        "lessons",
        "lessons.employee",
        "lessons.period",
        "lessons.room",
        "students",
        "students.boarding",
        "students.campus",
        "students.contact_details",
        "students.education_details",
        "students.enrolments",
        "students.extended_details",
        "students.house",
        "students.registration",
        "students.year",
        "subject",
    ),
    filters={
        "has_students": Has(
            ClassPupil,
            "school_class_id",
            ("classes.students.read", "students.read"),
            About("pupil", "pupil_id"),
        ),
        "has_lessons": Has(
            Lesson, "school_class_id", ("lessons.read",), which={"status": RecordStatus.CURRENT.value}
        ),
        "type": Filter(lambda rows, value: rows, says="No school's export says it: nothing is left out."),
        "class_name": equal("name"),
        "class_subject": the_one("subject_id", "classes.subject.read"),
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
        "has_students": Has(
            GroupPupil, "group_id", ("groups.students.read", "students.read"), About("pupil", "pupil_id")
        ),
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
    relations=(Relation("classes", "classes", ("classes.read",), Through(SchoolClass, "subject_id", "id")),),
    includes=("classes", "classes.lessons", "classes.lessons.period", "classes.lessons.room"),
    filters={"subject_name": equal("name"), "subject_code": equal("code")},
    nested_order=("name", "id"),
    names_nobody=True,
)

RESOURCES = (CLASSES, GROUPS, SUBJECTS)
