"""Detentions, their types and codes, and who came (wonde-api §2.3; the keys are ours)."""

from adminhub.broker.api.declarations import Field, Relation, Resource, Through
from adminhub.broker.api.resources.attendance import CHANGES, OF_PUPIL, STUDENT, STUDENT_INCLUDE
from adminhub.broker.api.resources.parts import after, before, equal, own, the_one
from adminhub.broker.records.models import Detention, DetentionCode, DetentionMark, DetentionType

CODE = (Field("id", "id"), Field("mis_id"), Field("code"), Field("description"), *CHANGES)

TYPES = Resource(
    name="detention-types",
    model=DetentionType,
    permission="detentions.read",
    fields=CODE,
    filters={"code": equal("code")},
)

CODES = Resource(
    name="detention-attendance-codes",
    model=DetentionCode,
    permission="detentions.read",
    fields=CODE,
    filters={"code": equal("code")},
)

DETENTIONS = Resource(
    name="detentions",
    model=Detention,
    permission="detentions.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("detention_type", "id", column="detention_type_id"),
        Field("date", "day"),
        Field("start_time", "time"),
        Field("end_time", "time"),
        Field("location"),
        Field("employee", "id", "detentions.employee.read", column="employee_id", person="employee"),
        *CHANGES,
    ),
    relations=(
        Relation("detention_type", "detention-types", ("detentions.read",), "detention_type_id"),
        Relation("employee", "employees", ("detentions.employee.read", "employees.read"), "employee_id"),
        Relation(
            "students",
            "students",
            ("detentions.students.read", "students.read"),
            Through(DetentionMark, "detention_id", "pupil_id"),
        ),
    ),
    includes=("detention_type", "employee", "students", "students.registration", "students.year"),
    filters={
        "date_after": after("date_after", "date"),
        "date_before": before("date_before", "date"),
        "detention_type": the_one("detention_type_id"),
    },
)

MARKS = Resource(
    name="attendance/detention",
    model=DetentionMark,
    permission="detention_attendance.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("detention", "id", column="detention_id"),
        STUDENT,
        Field("attendance_code", "id", column="code_id"),
        *own("detention_attendance", Field("comment")),
        *CHANGES,
    ),
    relations=(
        STUDENT_INCLUDE,
        Relation("detention", "detentions", ("detentions.read",), "detention_id"),
        Relation("attendance_code", "detention-attendance-codes", ("detentions.read",), "code_id"),
    ),
    includes=("attendance_code", "detention", "detention.detention_type", "student"),
    filters={"detention": the_one("detention_id"), "student": the_one("pupil_id")},
    about=OF_PUPIL,
)

RESOURCES = (TYPES, CODES, DETENTIONS, MARKS)
