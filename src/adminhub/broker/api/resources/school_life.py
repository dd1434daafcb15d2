"""Absences of staff, events, what is charged for, and photos (wonde-api §2.2, §2.3)."""

from adminhub.broker.api.declarations import About, Field, Relation, Resource, Write
from adminhub.broker.api.resources.attendance import CHANGES, OF_PUPIL, STUDENT, STUDENT_INCLUDE
from adminhub.broker.api.resources.parts import after, before, own, the_one
from adminhub.broker.api.writes.absences import Absence, change_absence, record_absence
from adminhub.broker.api.writes.removing import remove_record
from adminhub.broker.records.models import ChargeCategory, EmployeeAbsence, EmployeePhoto, Event, Photo

EMPLOYEE = Field("employee", "id", column="employee_id")
EMPLOYEE_INCLUDE = Relation("employee", "employees", ("employees.read",), "employee_id")

ABSENCES = Resource(
    name="employee-absences",
    model=EmployeeAbsence,
    permission="employee_absences.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        EMPLOYEE,
        *own("employee_absences", Field("absence_type")),
        Field("start_date", "day"),
        Field("end_date", "day"),
        Field("working_days_lost", "number"),
        *own("employee_absences", Field("comment")),
        *CHANGES,
    ),
    relations=(EMPLOYEE_INCLUDE,),
    includes=("employee",),
    filters={
        "employee": the_one("employee_id"),
        "start_date_after": after("start_date_after", "start_date"),
        "start_date_before": before("start_date_before", "start_date"),
    },
    about=(About("employee", "employee_id"),),
    creates=Write("employee_absences.write", record_absence, Absence, "Record an absence"),
    replaces=Write("employee_absences.write", change_absence, Absence, "Change an absence"),
    removes=Write("employee_absences.delete", remove_record, None, "Remove an absence"),
)

EVENTS = Resource(
    name="events",
    model=Event,
    permission="events.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("name"),
        Field("description"),
        Field("type"),
        Field("location"),
        Field("start_at", "moment"),
        Field("end_at", "moment"),
        Field("all_day", "flag"),
        *CHANGES,
    ),
    filters={
        "events_start_after": after("events_start_after", "start_at"),
        "events_start_before": before("events_start_before", "start_at"),
    },
)

CHARGES = Resource(
    name="debtor-charge-categories",
    model=ChargeCategory,
    permission="charge_categories.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("code"),
        Field("name"),
        Field("active", "flag", column="is_active"),
        *CHANGES,
    ),
)

PICTURE = (Field("hash"), Field("content", "image"), *CHANGES)

PHOTOS = Resource(
    name="photos",
    model=Photo,
    permission="photos.read",
    fields=(Field("id", "id"), STUDENT, *PICTURE),
    relations=(STUDENT_INCLUDE,),
    includes=("student",),
    filters={"student": the_one("pupil_id")},
    about=OF_PUPIL,
)

EMPLOYEE_PHOTOS = Resource(
    name="employee-photos",
    model=EmployeePhoto,
    permission="employees.photo.read",
    fields=(Field("id", "id"), *PICTURE),
    about=(About("employee", "employee_id"),),
    is_listed=False,
)

RESOURCES = (ABSENCES, EVENTS, CHARGES, PHOTOS, EMPLOYEE_PHOTOS)
