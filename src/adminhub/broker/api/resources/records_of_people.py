"""What may be included with a pupil or a member of staff of the school's other records (wonde-api §2.2)."""

from adminhub.broker.api.declarations import Relation, Through
from adminhub.broker.api.resources.conduct import (
    ACHIEVEMENTS_OF_PUPIL,
    BEHAVIOURS_OF_EMPLOYEE,
    BEHAVIOURS_OF_PUPIL,
)
from adminhub.broker.api.resources.health import DOCTORS_OF_PUPIL
from adminhub.broker.records.models import (
    AttendanceSummary,
    EmployeeAbsence,
    EmployeePhoto,
    Exclusion,
    MedicalCondition,
    MedicalEvent,
    MedicalNote,
    Photo,
    Result,
)

RECORDS_OF_PUPIL = (
    Relation(
        "achievements",
        "achievements",
        ("achievements.read", "achievements.students.read"),
        ACHIEVEMENTS_OF_PUPIL,
    ),
    Relation(
        "attendance_summary",
        "attendance-summaries",
        ("attendance_summaries.read",),
        Through(AttendanceSummary, "pupil_id", "id"),
        is_one=True,
    ),
    Relation(
        "behaviours", "behaviours", ("behaviours.read", "behaviours.students.read"), BEHAVIOURS_OF_PUPIL
    ),
    Relation("doctors", "doctors", ("doctors.read",), DOCTORS_OF_PUPIL),
    Relation("exclusions", "exclusions", ("exclusions.read",), Through(Exclusion, "pupil_id", "id")),
    Relation(
        "medical_conditions",
        "medical-conditions",
        ("medical_conditions.read",),
        Through(MedicalCondition, "pupil_id", "id"),
    ),
    Relation(
        "medical_events", "medical-events", ("medical_events.read",), Through(MedicalEvent, "pupil_id", "id")
    ),
    Relation(
        "medical_notes", "medical-notes", ("medical_notes.read",), Through(MedicalNote, "pupil_id", "id")
    ),
    Relation("photo", "photos", ("photos.read",), Through(Photo, "pupil_id", "id"), is_one=True),
    Relation(
        "results", "assessment/results", ("assessment.results.read",), Through(Result, "pupil_id", "id")
    ),
)

RECORDS_OF_EMPLOYEE = (
    Relation(
        "behaviours", "behaviours", ("behaviours.read", "behaviours.employees.read"), BEHAVIOURS_OF_EMPLOYEE
    ),
    Relation(
        "employee_absences",
        "employee-absences",
        ("employee_absences.read",),
        Through(EmployeeAbsence, "employee_id", "id"),
    ),
    Relation(
        "photo",
        "employee-photos",
        ("employees.photo.read",),
        Through(EmployeePhoto, "employee_id", "id"),
        is_one=True,
    ),
)
