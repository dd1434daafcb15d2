"""Behaviour, achievements and exclusions (wonde-api §2.4)."""

from typing import Any

from adminhub.broker.api.declarations import About, Field, Relation, Resource, Section, Through, Write
from adminhub.broker.api.resources.attendance import CHANGES, OF_PUPIL, STUDENT, STUDENT_INCLUDE
from adminhub.broker.api.resources.parts import after, before, equal, own, the_one
from adminhub.broker.api.writes.conduct import (
    NewAchievement,
    NewBehaviour,
    record_achievement,
    record_behaviour,
)
from adminhub.broker.api.writes.removing import remove_record
from adminhub.broker.records.models import (
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

BEHAVIOUR_PUPILS = Through(BehaviourPupil, "behaviour_id", "pupil_id", beside="part")
BEHAVIOURS_OF_PUPIL = Through(BehaviourPupil, "pupil_id", "behaviour_id")
BEHAVIOURS_OF_EMPLOYEE = Through(BehaviourEmployee, "employee_id", "behaviour_id")
ACHIEVEMENT_PUPILS = Through(AchievementPupil, "achievement_id", "pupil_id", beside="part")
PROCEEDINGS = "exclusions.proceedings.read"
ACHIEVEMENTS_OF_PUPIL = Through(AchievementPupil, "pupil_id", "achievement_id")


def _attributes(name: str, model: Any, permission: str) -> Resource:
    """The codes that may stand in a family's records, each with its type: type, award, location …"""
    return Resource(
        name=f"{name}/attributes",
        model=model,
        permission=permission,
        fields=(
            Field("id", "id"),
            Field("mis_id"),
            Field("type"),
            Field("code"),
            Field("description"),
            Field("points", "number"),
            Field("active", "flag", column="is_active"),
            *CHANGES,
        ),
        filters={"type": equal("type"), "code": equal("code")},
    )


BEHAVIOURS = Resource(
    name="behaviours",
    model=Behaviour,
    permission="behaviours.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("incident_date", "day"),
        Field("recorded_date", "day"),
        Field("action", permission="behaviours.action.read"),
        Field("action_date", "day", "behaviours.action.read"),
        Field("class", "id", column="school_class_id"),
        Field("subject", "id", column="subject_id"),
        Field("type"),
        Field("status", column="incident_status"),
        Field("bullying_type", permission="behaviours.bullying_type.read"),
        Field("activity_type"),
        Field("location"),
        Field("time"),
        *own("behaviours", Field("comment")),
        Field("points", "number"),
        Field("total_points", "number", is_kept=False),
        Field("parents_notified", "flag"),
        *CHANGES,
    ),
    relations=(
        Relation(
            "students",
            "students",
            ("behaviours.students.read", "students.read"),
            BEHAVIOUR_PUPILS,
            beside=Section(
                "meta",
                "behaviours.students.read",
                (
                    Field("role"),
                    Field("action", permission="behaviours.action.read"),
                    Field("action_date", "day", permission="behaviours.action.read"),
                    Field("points", "number"),
                ),
            ),
        ),
        Relation(
            "employees",
            "employees",
            ("behaviours.employees.read", "employees.read"),
            Through(BehaviourEmployee, "behaviour_id", "employee_id"),
        ),
        Relation("class", "classes", ("classes.read",), "school_class_id"),
        Relation("subject", "subjects", ("classes.read", "classes.subject.read"), "subject_id"),
    ),
    includes=("class", "employees", "students", "students.registration", "students.year", "subject"),
    filters={
        "incident_date_after": after("incident_date_after", "incident_date"),
        "incident_date_before": before("incident_date_before", "incident_date"),
        "type": equal("type"),
    },
    about=(About("pupil", "pupil_id", of=BEHAVIOUR_PUPILS),),
    creates=Write("behaviours.write", record_behaviour, NewBehaviour, "Record an incident"),
    removes=Write("behaviours.delete", remove_record, None, "Remove an incident"),
)

ACHIEVEMENTS = Resource(
    name="achievements",
    model=Achievement,
    permission="achievements.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("achievement_date", "day"),
        Field("recorded_date", "day"),
        Field("type"),
        Field("activity_type"),
        Field("subject", "id", column="subject_id"),
        *own("achievements", Field("comment")),
        Field("points", "number"),
        Field("total_points", "number", is_kept=False),
        Field("parents_notified", "flag"),
        *CHANGES,
    ),
    relations=(
        Relation(
            "students",
            "students",
            ("achievements.students.read", "students.read"),
            ACHIEVEMENT_PUPILS,
            beside=Section(
                "meta",
                "achievements.students.read",
                (Field("points", "number"), Field("award"), Field("award_date", "day")),
            ),
        ),
        Relation(
            "employees",
            "employees",
            ("achievements.employees.read", "employees.read"),
            Through(AchievementEmployee, "achievement_id", "employee_id"),
        ),
        Relation("subject", "subjects", ("classes.read", "classes.subject.read"), "subject_id"),
    ),
    includes=("employees", "students", "students.registration", "students.year", "subject"),
    filters={
        "achievement_date_after": after("achievement_date_after", "achievement_date"),
        "achievement_date_before": before("achievement_date_before", "achievement_date"),
        "type": equal("type"),
    },
    about=(About("pupil", "pupil_id", of=ACHIEVEMENT_PUPILS),),
    creates=Write("achievements.write", record_achievement, NewAchievement, "Record an achievement"),
    removes=Write("achievements.delete", remove_record, None, "Remove an achievement"),
)

EXCLUSIONS = Resource(
    name="exclusions",
    model=Exclusion,
    permission="exclusions.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        STUDENT,
        Field("academic_year"),
        Field("term"),
        Field("type"),
        Field("type_code"),
        *own("exclusions", Field("reason")),
        Field("reason_code", permission="exclusions.reason.read"),
        Field("start_date", "day"),
        Field("start_session"),
        Field("end_date", "day"),
        Field("end_session"),
        Field("days", "number"),
        Field("sessions", "number"),
        Field("agencies_involved", "flag", PROCEEDINGS),
        Field("appeal_received", "flag", PROCEEDINGS),
        Field("appeal_date", "day", PROCEEDINGS),
        Field("appeal_result", "text", PROCEEDINGS),
        Field("discipline_committee_date", "day", PROCEEDINGS),
        Field("discipline_committee_result", "text", PROCEEDINGS),
        Field("comments", "text", PROCEEDINGS),
        *CHANGES,
    ),
    relations=(STUDENT_INCLUDE,),
    includes=("student",),
    filters={"student": the_one("pupil_id")},
    about=OF_PUPIL,
)

RESOURCES = (
    _attributes("behaviours", BehaviourAttribute, "behaviours.read"),
    BEHAVIOURS,
    _attributes("achievements", AchievementAttribute, "achievements.read"),
    ACHIEVEMENTS,
    EXCLUSIONS,
)
