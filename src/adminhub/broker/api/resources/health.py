"""Medical conditions, events and notes, and doctors (wonde-api §2.2, §2.4)."""

from adminhub.broker.api.declarations import About, Field, Relation, Resource, Through
from adminhub.broker.api.resources.attendance import CHANGES, OF_PUPIL, STUDENT, STUDENT_INCLUDE
from adminhub.broker.api.resources.parts import own, the_one
from adminhub.broker.records.models import Doctor, DoctorPupil, MedicalCondition, MedicalEvent, MedicalNote

DOCTORS_OF_PUPIL = Through(DoctorPupil, "pupil_id", "doctor_id")

CONDITIONS = Resource(
    name="medical-conditions",
    model=MedicalCondition,
    permission="medical_conditions.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        STUDENT,
        Field("description"),
        Field("severity"),
        Field("date_received", "day"),
        *CHANGES,
    ),
    relations=(
        STUDENT_INCLUDE,
        Relation(
            "notes", "medical-notes", ("medical_notes.read",), Through(MedicalNote, "condition_id", "id")
        ),
    ),
    includes=("notes", "student"),
    filters={"student": the_one("pupil_id")},
    about=OF_PUPIL,
)

EVENTS = Resource(
    name="medical-events",
    model=MedicalEvent,
    permission="medical_events.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        STUDENT,
        Field("description"),
        Field("type"),
        Field("date", "day"),
        Field("follow_up_date", "day"),
        *CHANGES,
    ),
    relations=(
        STUDENT_INCLUDE,
        Relation("notes", "medical-notes", ("medical_notes.read",), Through(MedicalNote, "event_id", "id")),
    ),
    includes=("notes", "student"),
    filters={"student": the_one("pupil_id")},
    about=OF_PUPIL,
)

NOTES = Resource(
    name="medical-notes",
    model=MedicalNote,
    permission="medical_notes.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        STUDENT,
        Field("condition", "id", column="condition_id"),
        Field("event", "id", column="event_id"),
        Field("summary"),
        *own("medical_notes", Field("note")),
        Field("date", "day"),
        *CHANGES,
    ),
    relations=(STUDENT_INCLUDE,),
    includes=("student",),
    filters={"student": the_one("pupil_id")},
    about=OF_PUPIL,
)

DOCTORS = Resource(
    name="doctors",
    model=Doctor,
    permission="doctors.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("title"),
        Field("forename"),
        Field("middle_name"),
        Field("surname"),
        Field("practice_name"),
        Field("telephone"),
        Field("building_number"),
        Field("building_name"),
        Field("street"),
        Field("district"),
        Field("town"),
        Field("county"),
        Field("postcode"),
        Field("country"),
        *CHANGES,
    ),
    nested_order=("surname", "forename", "id"),
    about=(About("pupil", "pupil_id", of=Through(DoctorPupil, "doctor_id", "pupil_id")),),
)

RESOURCES = (CONDITIONS, EVENTS, NOTES, DOCTORS)
