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
from adminhub.broker.records.models.detentions import (
    Detention,
    DetentionCode,
    DetentionMark,
    DetentionType,
)
from adminhub.broker.records.models.health import (
    Doctor,
    DoctorPupil,
    MedicalCondition,
    MedicalEvent,
    MedicalNote,
)
from adminhub.broker.records.models.kept import SchoolRecord
from adminhub.broker.records.models.school_life import (
    ChargeCategory,
    EmployeeAbsence,
    EmployeePhoto,
    Event,
    Photo,
)
from adminhub.broker.records.models.staff import (
    Contract,
    EmploymentCheck,
    LineManager,
    Qualification,
    StaffRole,
)
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
    "ChargeCategory",
    "Contract",
    "DateRange",
    "Detention",
    "DetentionCode",
    "DetentionMark",
    "DetentionType",
    "Doctor",
    "DoctorPupil",
    "EmployeeAbsence",
    "EmployeePhoto",
    "EmploymentCheck",
    "Event",
    "Exclusion",
    "FurtherDetails",
    "LessonMark",
    "LineManager",
    "MarkSheet",
    "MedicalCondition",
    "MedicalEvent",
    "MedicalNote",
    "ParentalPermission",
    "Photo",
    "PupilOwnField",
    "Qualification",
    "RecordsKept",
    "Result",
    "ResultSet",
    "SchoolRecord",
    "SenNeed",
    "SessionMark",
    "StaffRole",
    "Template",
    "TemplateAspect",
    "Writeback",
    "WritebackChange",
]
