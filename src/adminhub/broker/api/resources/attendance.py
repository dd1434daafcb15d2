"""Attendance: codes, marks of half days and of lessons, summaries (wonde-api §2.4)."""

from dataclasses import replace

from adminhub.broker.api.declarations import About, Field, Relation, Resource, Write
from adminhub.broker.api.resources.parts import after, before, equal, on_day, own, the_one
from adminhub.broker.api.writes.attendance import (
    LessonRegister,
    SessionRegister,
    enter_lessons,
    enter_sessions,
)
from adminhub.broker.records.codes import ABSENT
from adminhub.broker.records.models import AttendanceCode, AttendanceSummary, LessonMark, SessionMark
from adminhub.broker.sources.models import RecordStatus

CHANGES = (Field("created_at", "moment"), Field("updated_at", "moment"))
OF_PUPIL = (About("pupil", "pupil_id"),)
HERE = (RecordStatus.CURRENT.value, RecordStatus.FUTURE.value)
STUDENT = Field("student", "id", column="pupil_id")
STUDENT_INCLUDE = Relation("student", "students", ("students.read",), "pupil_id")

CODES = Resource(
    name="attendance-codes",
    model=AttendanceCode,
    permission="attendance_codes.read",
    fields=(Field("id", "id"), Field("mis_id"), Field("code"), Field("description"), Field("type"), *CHANGES),
    filters={"code": equal("code")},
)

SESSIONS = Resource(
    name="attendance/session",
    model=SessionMark,
    permission="attendance.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("date", "day"),
        Field("session"),
        STUDENT,
        Field("employee", "id", "attendance.employee.read", column="employee_id", person="employee"),
        Field("attendance_code", "id", column="code_id"),
        *own("attendance", Field("comment"), Field("minutes_late", "number")),
        *CHANGES,
    ),
    relations=(
        STUDENT_INCLUDE,
        Relation("employee", "employees", ("attendance.employee.read", "employees.read"), "employee_id"),
        Relation("attendance_code", "attendance-codes", ("attendance_codes.read",), "code_id"),
    ),
    includes=("attendance_code", "employee", "student"),
    filters={
        "date": on_day("date", "date"),
        "date_after": after("date_after", "date"),
        "date_before": before("date_before", "date"),
        "session": equal("session"),
        "student": the_one("pupil_id"),
    },
    about=(About("pupil", "pupil_id", only=HERE),),
    creates=Write("attendance.write", enter_sessions, SessionRegister, "Enter marks of half days"),
)

OF_LEAVERS = replace(
    SESSIONS,
    name="attendance-leavers/session",
    permission="attendance_leavers.read",
    about=(About("pupil", "pupil_id", only=(RecordStatus.LEFT.value,)),),
    creates=None,
)

ABSENCES = replace(SESSIONS, name="attendance/absence", which={"code__type__in": ABSENT}, creates=None)

LESSONS = Resource(
    name="attendance/lesson",
    model=LessonMark,
    permission="lesson_attendance.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("lesson", "id", column="lesson_id"),
        STUDENT,
        Field("employee", "id", "lesson_attendance.employee.read", column="employee_id", person="employee"),
        Field("attendance_code", "id", column="code_id"),
        *own("lesson_attendance", Field("comment"), Field("minutes_late", "number")),
        *CHANGES,
    ),
    relations=(
        STUDENT_INCLUDE,
        Relation("lesson", "lessons", ("lessons.read",), "lesson_id"),
        Relation(
            "employee", "employees", ("lesson_attendance.employee.read", "employees.read"), "employee_id"
        ),
        Relation("attendance_code", "attendance-codes", ("attendance_codes.read",), "code_id"),
    ),
    includes=("attendance_code", "employee", "lesson", "lesson.class", "lesson.period", "student"),
    filters={"lesson": the_one("lesson_id"), "student": the_one("pupil_id")},
    about=OF_PUPIL,
    creates=Write("lesson_attendance.write", enter_lessons, LessonRegister, "Enter marks of lessons"),
)

SUMMARIES = Resource(
    name="attendance-summaries",
    model=AttendanceSummary,
    permission="attendance_summaries.read",
    fields=(
        Field("id", "id"),
        STUDENT,
        Field("possible_marks", "number"),
        Field("present", "number"),
        Field("authorised_absences", "number"),
        Field("unauthorized_absences", "number"),
        Field("unexplained_absences", "number"),
        Field("late_before_registration", "number"),
        Field("late_after_registration", "number"),
        Field("missing_marks", "number"),
        Field("approved_education_activity", "number"),
        Field("attendance_not_required", "number"),
        Field("attendance_codes", "object"),
        *CHANGES,
    ),
    relations=(STUDENT_INCLUDE,),
    includes=("student",),
    filters={"student": the_one("pupil_id")},
    about=OF_PUPIL,
)

RESOURCES = (CODES, SESSIONS, OF_LEAVERS, ABSENCES, LESSONS, SUMMARIES)
