"""A school's records beside its roster: attendance, conduct, health, assessment, support, absences, events, photos."""

from adminhub.broker.records.models.assessment import (
    Aspect,
    MarkSheet,
    Result,
    ResultSet,
    Template,
    TemplateAspect,
)
from adminhub.broker.records.models.attendance import (
    AttendanceCode,
    AttendanceSummary,
    LessonMark,
    SessionMark,
)
from adminhub.broker.records.models.conduct import (
    Achievement,
    AchievementAttribute,
    AchievementEmployee,
    AchievementPupil,
    Behaviour,
    BehaviourAttribute,
    BehaviourEmployee,
    BehaviourPupil,
    Exclusion,
)
from adminhub.broker.records.models.health import (
    Doctor,
    DoctorPupil,
    MedicalCondition,
    MedicalEvent,
    MedicalNote,
)
from adminhub.broker.records.models.kept import SchoolRecord
from adminhub.broker.records.models.school_life import EmployeeAbsence, EmployeePhoto, Event, Photo
from adminhub.broker.records.models.support import (
    DateRange,
    FurtherDetails,
    ParentalPermission,
    PupilOwnField,
    SenNeed,
)
from adminhub.broker.records.models.writebacks import RecordsKept, Writeback, WritebackChange

__all__ = [
    "Achievement",
    "AchievementAttribute",
    "AchievementEmployee",
    "AchievementPupil",
    "Aspect",
    "AttendanceCode",
    "AttendanceSummary",
    "Behaviour",
    "BehaviourAttribute",
    "BehaviourEmployee",
    "BehaviourPupil",
    "DateRange",
    "Doctor",
    "DoctorPupil",
    "EmployeeAbsence",
    "EmployeePhoto",
    "Event",
    "Exclusion",
    "FurtherDetails",
    "LessonMark",
    "MarkSheet",
    "MedicalCondition",
    "MedicalEvent",
    "MedicalNote",
    "ParentalPermission",
    "Photo",
    "PupilOwnField",
    "RecordsKept",
    "Result",
    "ResultSet",
    "SchoolRecord",
    "SenNeed",
    "SessionMark",
    "Template",
    "TemplateAspect",
    "Writeback",
    "WritebackChange",
]
