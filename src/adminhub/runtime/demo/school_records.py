"""The demo schools' days beside their rosters: attendance, conduct, health, support, assessment, events, photos.

All invented, and the same again for the same school on the same day.
"""

import hashlib
import random
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, time, timedelta
from typing import Any

from django.utils import timezone

from adminhub.broker.directory.models import Phase, School
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.records.attendance import summarise
from adminhub.broker.records.codes import STANDARD
from adminhub.broker.records.models import (
    Achievement,
    AchievementAttribute,
    AchievementEmployee,
    AchievementPupil,
    Aspect,
    AttendanceCode,
    Behaviour,
    BehaviourAttribute,
    BehaviourEmployee,
    BehaviourPupil,
    ChargeCategory,
    DateRange,
    Detention,
    DetentionCode,
    DetentionMark,
    DetentionType,
    Doctor,
    DoctorPupil,
    EmployeeAbsence,
    EmployeePhoto,
    Event,
    Exclusion,
    FurtherDetails,
    LessonMark,
    MarkSheet,
    MedicalCondition,
    MedicalEvent,
    MedicalNote,
    ParentalPermission,
    Photo,
    PupilOwnField,
    RecordsKept,
    Result,
    ResultSet,
    SenNeed,
    SessionMark,
    Template,
    TemplateAspect,
)
from adminhub.broker.records.models.kept import draw_ids
from adminhub.broker.sources.models import (
    ClassPupil,
    Employee,
    Group,
    GroupEmployee,
    GroupPupil,
    Pupil,
    RecordStatus,
    Subject,
)
from adminhub.broker.timetables.models import Lesson
from adminhub.runtime.demo import names
from adminhub.runtime.demo.school_day import Day, at
from adminhub.runtime.demo.staff_records import add_staff_records

DAYS_OF_MARKS = 5
BEHAVIOUR_CODES = {
    "type": {"DISR": "Disruption", "HOME": "No homework", "LATE": "Late to lesson", "PHON": "Mobile telephone",
             "BULL": "Bullying", "DEFI": "Defiance"},
    "status": {"OPEN": "To be followed up", "REV": "Reviewed", "DONE": "Resolved"},
    "action": {"WARN": "Warning", "DETN": "Detention", "CALL": "Call to parents", "REPO": "On report"},
    "role": {"AG": "Aggressor", "TA": "Target", "WI": "Witness", "PA": "Participant"},
    "location": {"CLAS": "Classroom", "CORR": "Corridor", "YARD": "Playground", "BUS": "School bus"},
    "time": {"LES": "Lesson time", "BRK": "Break", "LUN": "Lunch", "AFT": "After school"},
    "bullying_type": {"B_VER": "Verbal", "B_PHY": "Physical", "B_INT": "Internet", "B_EXC": "Leaving somebody out"},
    "activity_type": {"LES": "Lesson", "TRIP": "Trip", "CLUB": "Club", "ASSE": "Assembly"},
}  # fmt: skip
ACHIEVEMENT_CODES = {
    "type": {
        "WORK": "Excellent work",
        "KIND": "Kindness",
        "EFFO": "Effort",
        "SPOR": "Sport",
        "LEAD": "Leadership",
    },
    "award": {
        "CERT": "Certificate",
        "TROP": "Trophy",
        "POST": "Postcard home",
        "HEAD": "Head's commendation",
    },
    "activity_type": {"LES": "Lesson", "TRIP": "Trip", "CLUB": "Club", "ASSE": "Assembly"},
}
POINTS = {"DISR": 1, "HOME": 1, "LATE": 1, "PHON": 2, "BULL": 5, "DEFI": 3,
          "WORK": 2, "KIND": 3, "EFFO": 1, "SPOR": 2, "LEAD": 3}  # fmt: skip
CONDITIONS = (
    ("Asthma", "Moderate"), ("Nut allergy", "Severe"), ("Hay fever", "Mild"), ("Eczema", "Mild"),
    ("Epilepsy", "Severe"), ("Type 1 diabetes", "Severe"), ("Migraine", "Moderate"),
)  # fmt: skip
EVENTS = (
    ("Parents' evening", "Parents", "Hall", time(16, 30), 150), ("Sports fixture", "Sport", "Field", time(14), 120),
    ("Concert", "Music", "Hall", time(18), 90), ("Governors' meeting", "Governors", "Library", time(17), 120),
    ("Book fair", "Library", "Library", time(12), 60), ("Museum trip", "Trip", None, time(9), 360),
    ("Open evening", "Parents", None, time(17), 120), ("Staff training", "Staff", "Hall", time(8, 30), 420),
)  # fmt: skip
DETENTIONS = {"LUN": "At lunch", "AFT": "After school"}
DETENTION_CODES = {"A": "Attended", "M": "Did not come"}
CHARGES = {"MEAL": "School meals", "TRIP": "Trips", "MUS": "Music lessons", "CLUB": "After-school club"}
MOST_LEAVERS = 40

ETHNICITIES = (
    ("White - British", "WBRI"), ("Pakistani", "APKN"), ("Indian", "AIND"), ("Black - African", "BAFR"),
    ("White and Asian", "MWAS"), ("Bangladeshi", "ABAN"), ("Any other white background", "WOTH"),
)  # fmt: skip
OTHER_LANGUAGES = ("Polish", "Urdu", "Panjabi", "Bengali")
RELIGIONS = ("Christian", "Muslim", "Hindu", "Sikh", "No religion", None)
SEN_NEEDS = (
    ("SPLD", "Specific learning difficulty"), ("MLD", "Moderate learning difficulty"),
    ("SLCN", "Speech, language and communication needs"), ("SEMH", "Social, emotional and mental health"),
    ("ASD", "Autistic spectrum disorder"), ("HI", "Hearing impairment"),
)  # fmt: skip
INSTRUMENTS = ("Cello", "Trumpet", "Piano", "Steel pan", "Tabla")
DIETS = ("Vegetarian", "Halal", "No nuts", "Gluten free", "No dairy")
PARENTS_ARE_ASKED = ("Photographs in school", "Photographs on the website", "Local visits", "First aid")


def add_records(school: School, *, today: date) -> None:
    """Invent the school's records, once: what is there already stays."""
    with school_scope(school.pk):
        if AttendanceCode.objects.exists():
            return
        here = {"status": RecordStatus.CURRENT}
        day = Day(
            school=school,
            today=today,
            rng=random.Random(f"records of {school.urn}"),
            pupils=list(Pupil.objects.filter(**here).order_by("mis_id")),
            employees=list(Employee.objects.filter(**here).order_by("mis_id")),
            subjects=list(Subject.objects.filter(**here).order_by("mis_id").values_list("pk", flat=True)),
        )
        for add in ALL:
            add(day)
        RecordsKept.objects.update_or_create(
            school=school,
            defaults={"has_registers": True, "has_lesson_registers": LessonMark.objects.exists()},
        )


def school_days(today: date, count: int) -> list[date]:
    """The last weekdays before today, oldest first."""
    days = (today - timedelta(days=back) for back in range(1, 3 * count + 7))
    return sorted([day for day in days if day.weekday() < 5][:count])


def _attendance(day: Day) -> None:
    codes = day.keep(
        AttendanceCode(code=each.code, description=each.description, type=each.type) for each in STANDARD
    )
    by_code = {code.code: code.pk for code in codes}
    takers = [person.pk for person in day.employees[:30]] or [None]
    marks = []
    for pupil in day.pupils:
        often_away = day.rng.random() < 0.06
        taker = day.rng.choice(takers)
        for on in school_days(day.today, DAYS_OF_MARKS):
            away = day.rng.random() < (0.22 if often_away else 0.03)
            why = day.rng.choice("IIIIIMNOG") if away else ""
            for session, present in (("AM", "/"), ("PM", "\\")):
                code = why or ("L" if session == "AM" and day.rng.random() < 0.02 else present)
                marks.append(
                    SessionMark(
                        pupil_id=pupil.pk,
                        date=on,
                        session=session,
                        code_id=by_code[code],
                        employee_id=taker,
                        minutes_late=day.rng.randint(3, 20) if code == "L" else None,
                        created_at=at(on, time(9 if session == "AM" else 13, 10)),
                        updated_at=at(on, time(9 if session == "AM" else 13, 10)),
                    )
                )
    day.keep(marks)
    summarise()


def _lesson_attendance(day: Day) -> None:
    """Registers of one day's lessons: the latest before today. Who was away that day was away from them."""
    week = list(Lesson.objects.filter(status=RecordStatus.CURRENT).order_by("start_at", "pk"))
    days = sorted({lesson.start_at.date() for lesson in week})
    if not days:
        return
    on = max((each for each in days if each < day.today), default=days[0])
    classes: dict[int, list[int]] = defaultdict(list)
    for taught, pupil in ClassPupil.objects.order_by("pk").values_list("school_class_id", "pupil_id"):
        classes[taught].append(pupil)
    present = AttendanceCode.objects.get(code="/").pk
    on_time = {"/", "\\", "L"}
    away = dict(
        SessionMark.objects.filter(date=on, session="AM")
        .exclude(code__code__in=on_time)
        .values_list("pupil_id", "code_id")
    )
    here = {pupil.pk for pupil in day.pupils}
    day.keep(
        LessonMark(
            lesson_id=lesson.pk,
            pupil_id=pupil,
            code_id=away.get(pupil, present),
            employee_id=lesson.employee_id,
            created_at=lesson.start_at,
            updated_at=lesson.start_at,
        )
        for lesson in week
        if lesson.start_at.date() == on
        for pupil in classes[lesson.school_class_id]
        if pupil in here
    )


def _behaviours(day: Day) -> None:
    day.keep(
        BehaviourAttribute(
            type=kind, code=code, description=text, points=POINTS.get(code) if kind == "type" else None
        )
        for kind, codes in BEHAVIOUR_CODES.items()
        for code, text in codes.items()
    )
    rows = []
    for _ in range(max(4, len(day.pupils) // 15)):
        kind = day.rng.choice(list(BEHAVIOUR_CODES["type"]))
        on = day.before(60)
        acted = day.rng.random() < 0.6
        rows.append(
            Behaviour(
                incident_date=on,
                recorded_date=on,
                type=kind,
                incident_status=day.rng.choice(list(BEHAVIOUR_CODES["status"])),
                action=day.rng.choice(list(BEHAVIOUR_CODES["action"])) if acted else None,
                action_date=on if acted else None,
                bullying_type="B_VER" if kind == "BULL" else None,
                activity_type="LES",
                location=day.rng.choice(list(BEHAVIOUR_CODES["location"])),
                time=day.rng.choice(list(BEHAVIOUR_CODES["time"])),
                comment=f"{BEHAVIOUR_CODES['type'][kind]}. Spoken to.",
                points=POINTS[kind],
                parents_notified=acted,
                subject_id=day.rng.choice(day.subjects) if day.subjects else None,
                created_at=at(on, time(15)),
                updated_at=at(on, time(15)),
            )
        )
    rows = day.keep(rows)
    parts = []
    for row in rows:
        for place, pupil in enumerate(day.rng.sample(day.pupils, 2 if row.type == "BULL" else 1)):
            parts.append(
                BehaviourPupil(
                    behaviour=row,
                    pupil=pupil,
                    part={
                        "role": ("AG", "TA")[place] if row.type == "BULL" else "PA",
                        "action": row.action if place == 0 else None,
                        "action_date": row.action_date.isoformat()
                        if row.action_date and place == 0
                        else None,
                        "points": row.points if place == 0 else 0,
                    },
                )
            )
    day.keep(parts)
    if day.employees:
        day.keep(BehaviourEmployee(behaviour=row, employee=day.rng.choice(day.employees)) for row in rows)


def _achievements(day: Day) -> None:
    day.keep(
        AchievementAttribute(
            type=kind, code=code, description=text, points=POINTS.get(code) if kind == "type" else None
        )
        for kind, codes in ACHIEVEMENT_CODES.items()
        for code, text in codes.items()
    )
    rows = []
    for _ in range(max(5, len(day.pupils) // 8)):
        kind = day.rng.choice(list(ACHIEVEMENT_CODES["type"]))
        on = day.before(60)
        rows.append(
            Achievement(
                achievement_date=on,
                recorded_date=on,
                type=kind,
                activity_type=day.rng.choice(list(ACHIEVEMENT_CODES["activity_type"])),
                comment=f"{ACHIEVEMENT_CODES['type'][kind]}. Well done!",
                points=POINTS[kind],
                parents_notified=day.rng.random() < 0.5,
                subject_id=day.rng.choice(day.subjects) if day.subjects else None,
                created_at=at(on, time(15)),
                updated_at=at(on, time(15)),
            )
        )
    rows = day.keep(rows)
    day.keep(
        AchievementPupil(
            achievement=row,
            pupil=pupil,
            part={
                "points": row.points,
                "award": "CERT" if row.points == 3 else None,
                "award_date": row.achievement_date.isoformat() if row.points == 3 else None,
            },
        )
        for row in rows
        for pupil in day.rng.sample(day.pupils, day.rng.choice((1, 1, 1, 2)))
    )
    if day.employees:
        day.keep(AchievementEmployee(achievement=row, employee=day.rng.choice(day.employees)) for row in rows)


def _exclusions(day: Day) -> None:
    begins = day.today.year if day.today.month >= 9 else day.today.year - 1
    rows = []
    for pupil in day.rng.sample(day.pupils, max(1, len(day.pupils) // 200)):
        on = day.before(50)
        sessions = day.rng.choice((2, 4, 6))
        rows.append(
            Exclusion(
                pupil=pupil,
                academic_year=f"{begins}/{begins + 1}",
                term="Autumn",
                type="Suspension",
                type_code="SUSP",
                reason="Persistent or general disruptive behaviour",
                reason_code="DB",
                start_date=on,
                start_session="AM",
                end_date=on + timedelta(days=sessions // 2 - 1),
                end_session="PM",
                days=sessions / 2,
                sessions=sessions,
                comments="Work was set. A meeting was held on return.",
            )
        )
    day.keep(rows)


def _health(day: Day) -> None:
    ill = [pupil for pupil in day.pupils if day.rng.random() < 0.12] or day.pupils[:1]
    conditions = []
    for pupil in ill:
        description, severity = day.rng.choice(CONDITIONS)
        conditions.append(
            MedicalCondition(
                pupil=pupil, description=description, severity=severity, date_received=day.before(700)
            )
        )
    conditions = day.keep(conditions)
    events = day.keep(
        MedicalEvent(
            pupil=pupil,
            description=day.rng.choice(
                ("Fall in the playground", "Nosebleed", "Influenza vaccination", "Headache")
            ),
            type="Incident",
            date=(on := day.before(60)),
            follow_up_date=on + timedelta(days=7) if day.rng.random() < 0.3 else None,
        )
        for pupil in [pupil for pupil in day.pupils if day.rng.random() < 0.05] or day.pupils[:1]
    )
    day.keep(
        [
            *(
                MedicalNote(
                    pupil_id=condition.pupil_id,
                    condition=condition,
                    summary=f"Care plan: {condition.description}",
                    note="See the care plan in the office.",
                    date=day.before(200),
                )
                for condition in conditions[::3]
            ),
            *(
                MedicalNote(
                    pupil_id=event.pupil_id,
                    event=event,
                    summary="Parents were told",
                    note=None,
                    date=event.date,
                )
                for event in events[::2]
            ),
        ]
    )


def _doctors(day: Day) -> None:
    doctors = day.keep(
        Doctor(
            title="Dr",
            forename=day.rng.choice((*names.GIRLS, *names.BOYS)),
            surname=day.rng.choice(names.SURNAMES),
            practice_name=f"{street} Surgery",
            telephone=f"01632 960 {700 + number}",
            building_number=str(1 + number),
            street=street,
            town=day.school.town or None,
            postcode=f"ZZ7 {number + 1}DR",
            country="United Kingdom",
        )
        for number, street in enumerate(day.rng.sample(list(names.STREETS), 6))
    )
    day.keep(
        DoctorPupil(doctor=doctors[place % len(doctors)], pupil=pupil)
        for place, pupil in enumerate(day.pupils)
    )


def _assessment(day: Day) -> None:
    aspects = day.keep(
        Aspect(
            name=name, description=f"{name}, teacher's assessment", type=kind, min_value=low, max_value=high
        )
        for name, kind, low, high in (
            ("Reading", "Grade", "1", "9"),
            ("Mathematics", "Grade", "1", "9"),
            ("Effort", "Integer", "1", "5"),
        )
    )
    autumn = date(day.today.year if day.today.month >= 9 else day.today.year - 1, 9, 1)
    sets = day.keep(
        ResultSet(
            name=name,
            external_id=name.upper().replace(" ", "-"),
            locked=locked,
            module="Assessment",
            source="School",
            supplier=None,
            start_date=start,
            end_date=start + timedelta(days=90),
        )
        for name, start, locked in (
            ("Summer", autumn - timedelta(days=130), True),
            ("Autumn", autumn, False),
        )
    )
    template = day.keep([Template(name="Core subjects", description="Reading, mathematics and effort")])[0]
    day.keep(TemplateAspect(template=template, aspect=aspect) for aspect in aspects)
    years = Group.objects.filter(type=Group.Type.YEAR, status=RecordStatus.CURRENT).order_by("name")
    day.keep(
        MarkSheet(
            name=f"Core subjects, {group.name}", template=template, group_id=group.pk, resultset=sets[-1]
        )
        for group in years
    )
    results = []
    for pupil in day.pupils:
        able = day.rng.gauss(5, 1.6)
        for aspect in aspects:
            most = int(aspect.max_value or 9)
            value = min(most, max(1, round(able * most / 9 + day.rng.gauss(0, 0.6))))
            results.append(
                Result(
                    pupil=pupil,
                    aspect=aspect,
                    resultset=sets[-1],
                    result=str(value),
                    grade_value=float(value),
                    collection_date=day.today - timedelta(days=9),
                    result_date=day.today - timedelta(days=12),
                )
            )
    day.keep(results)


def _absences(day: Day) -> None:
    rows = []
    for person in [person for person in day.employees if day.rng.random() < 0.2] or day.employees[:1]:
        on = day.before(50)
        length = day.rng.choice((1, 1, 2, 3))
        rows.append(
            EmployeeAbsence(
                employee=person,
                absence_type=day.rng.choice(("Sickness", "Training", "Unpaid leave", "Medical appointment")),
                start_date=on,
                end_date=on + timedelta(days=length - 1),
                working_days_lost=float(length),
            )
        )
    day.keep(rows)


def _events(day: Day) -> None:
    rows = []
    for name, kind, place, clock, minutes in EVENTS:
        start = at(day.today + timedelta(days=day.rng.randint(-20, 40)), clock)
        rows.append(
            Event(
                name=name,
                type=kind,
                location=place,
                start_at=start,
                end_at=start + timedelta(minutes=minutes),
                all_day=minutes > 300,
            )
        )
    day.keep(rows)


def _detentions(day: Day) -> None:
    types = day.keep(DetentionType(code=code, description=text) for code, text in DETENTIONS.items())
    codes = day.keep(DetentionCode(code=code, description=text) for code, text in DETENTION_CODES.items())
    rows = []
    for kind in types:
        for on in school_days(day.today, DAYS_OF_MARKS)[:: 2 if kind.code == "LUN" else 4]:
            starts = time(12, 30) if kind.code == "LUN" else time(15, 30)
            rows.append(
                Detention(
                    detention_type=kind,
                    date=on,
                    start_time=starts,
                    end_time=starts.replace(minute=55),
                    location="Classroom",
                    employee_id=day.rng.choice(day.employees).pk if day.employees else None,
                )
            )
    day.keep(rows)
    day.keep(
        DetentionMark(detention=row, pupil=pupil, code=codes[0] if day.rng.random() < 0.85 else codes[1])
        for row in rows
        for pupil in day.rng.sample(day.pupils, min(len(day.pupils), day.rng.randint(1, 4)))
    )


def _leavers_marks(day: Day) -> None:
    """The last days of those who have left."""
    present = AttendanceCode.objects.get(code="/").pk
    left = Pupil.objects.filter(status=RecordStatus.LEFT).order_by("mis_id")[:MOST_LEAVERS]
    marks = []
    for pupil in left:
        leaving = pupil.education_details.get("leaving_date")
        until = date.fromisoformat(leaving) if leaving else day.today
        marks += [
            SessionMark(
                pupil_id=pupil.pk,
                date=on,
                session="AM",
                code_id=present,
                created_at=at(on, time(9, 10)),
                updated_at=at(on, time(9, 10)),
            )
            for on in school_days(until, DAYS_OF_MARKS)
        ]
    day.keep(marks, numbered_from=SessionMark.objects.count() + 1)
    summarise([mark.pupil_id for mark in marks])


def _charges(day: Day) -> None:
    day.keep(ChargeCategory(code=code, name=name) for code, name in CHARGES.items())


def _photos(day: Day) -> None:
    day.keep(Photo(pupil=person, **_pictured(day, person)) for person in day.pupils)
    day.keep(EmployeePhoto(employee=person, **_pictured(day, person)) for person in day.employees)


def _places(day: Day) -> None:
    """A campus for everybody, and a boarding house for a few where a school is not of small children."""
    _gather(day, Group.Type.CAMPUS, "Main site", day.pupils, "campus_id")
    if day.school.phase not in (Phase.PRIMARY, Phase.NURSERY):
        boarders = [pupil for pupil in day.pupils if day.rng.random() < 0.03] or day.pupils[:1]
        _gather(day, Group.Type.BOARDING, "School House", boarders, "boarding_id")


def _gather(day: Day, kind: Group.Type, name: str, pupils: list[Pupil], column: str) -> None:
    """A group that no export names, with these pupils and one of the staff."""
    now = timezone.now()
    group = Group(
        id=draw_ids(1)[0],
        mis_id=f"{kind.value.lower()}-1",
        status=RecordStatus.CURRENT,
        row_hash=b"",
        type=kind,
        name=name,
        created_at=now,
        updated_at=now,
    )
    day.keep([group])
    day.keep(GroupPupil(group=group, pupil=pupil) for pupil in pupils)
    if day.employees:
        day.keep([GroupEmployee(group=group, employee=day.rng.choice(day.employees), is_main=True)])
    Pupil.objects.filter(pk__in=[pupil.pk for pupil in pupils]).update(**{column: group.pk})


def _enrolments(day: Day) -> None:
    """Everybody is in their classes for the school year."""
    begins = day.today.year if day.today.month >= 9 else day.today.year - 1
    year = {"start_date": f"{begins}-09-01", "end_date": f"{begins + 1}-08-31"}
    ClassPupil.objects.update(enrolment=year)


def _support(day: Day) -> None:
    """Of those of whom the roster says so: meals, care and needs; of a few more: plans and exceptions."""
    with_needs = _said(day, "sen_status", "E", "K")
    ranges = [
        *_ranges(day, DateRange.Kind.FREE_SCHOOL_MEALS, _said(day, "free_school_meals", True)),
        *_ranges(day, DateRange.Kind.IN_CARE, _said(day, "in_lea_care", True), "Oakham Council"),
        *(
            one
            for pupil in with_needs
            for one in _ranges(
                day, DateRange.Kind.SEN, [pupil], pupil.extended_details.get("sen_status") or "K"
            )
        ),
    ]
    for kind, share in ((DateRange.Kind.CHILD_PROTECTION_PLAN, 200), (DateRange.Kind.UPFSM_EXCEPTION, 60)):
        ranges += _ranges(day, kind, day.rng.sample(day.pupils, max(1, len(day.pupils) // share)))
    day.keep(ranges)
    needs = []
    for pupil in with_needs:
        for rank, (code, text) in enumerate(day.rng.sample(SEN_NEEDS, day.rng.choice((1, 1, 1, 2))), 1):
            needs.append(
                SenNeed(pupil=pupil, code=code, description=text, rank=rank, start_date=day.before(900))
            )
    day.keep(needs)


def _said(day: Day, detail: str, *values: Any) -> list[Pupil]:
    """The pupils of whom the roster says one of these; somebody, where it says so of nobody."""
    said = [pupil for pupil in day.pupils if pupil.extended_details.get(detail) in values]
    return said or day.pupils[:1]


def _ranges(
    day: Day, kind: DateRange.Kind, pupils: list[Pupil], detail: str | None = None
) -> Iterable[DateRange]:
    """The one that holds now, and of some one before it."""
    for pupil in pupils:
        start = day.before(700)
        yield DateRange(pupil=pupil, kind=kind, start_date=start, detail=detail)
        if day.rng.random() < 0.2:
            ended = start - timedelta(days=day.rng.randint(30, 200))
            yield DateRange(
                pupil=pupil,
                kind=kind,
                start_date=ended - timedelta(days=day.rng.randint(100, 300)),
                end_date=ended,
                detail=detail,
            )


def _consents(day: Day) -> None:
    rows = []
    for pupil in day.pupils:
        for name in PARENTS_ARE_ASKED:
            has_answered = day.rng.random() < 0.9
            rows.append(
                ParentalPermission(
                    pupil=pupil,
                    name=name,
                    is_given=day.rng.random() < 0.92 if has_answered else None,
                    decided_on=day.before(400) if has_answered else None,
                )
            )
    day.keep(rows)


def _own_fields(day: Day) -> None:
    day.keep(
        [
            *(
                PupilOwnField(
                    pupil=pupil,
                    key="travel",
                    name="How the pupil comes to school",
                    type="list",
                    value=day.rng.choice(("Walks", "Bus", "Bicycle", "Car")),
                )
                for pupil in day.pupils
            ),
            *(
                PupilOwnField(
                    pupil=pupil,
                    key="instrument",
                    name="Instrument",
                    type="text",
                    value=day.rng.choice(INSTRUMENTS),
                )
                for pupil in day.pupils[::7]
            ),
        ]
    )


def _further_details(day: Day) -> None:
    boarders = set(Pupil.objects.exclude(boarding_id=None).values_list("pk", flat=True))
    rows = []
    for pupil in day.pupils:
        said = pupil.extended_details
        ethnicity, code = day.rng.choice(ETHNICITIES) if day.rng.random() < 0.4 else ETHNICITIES[0]
        speaks_other = bool(said.get("english_as_additional_language"))
        diet = day.rng.choice(DIETS) if day.rng.random() < 0.12 else None
        in_care = bool(said.get("in_lea_care"))
        has_premium = bool(said.get("premium_pupil_indicator"))
        rows.append(
            FurtherDetails(
                pupil=pupil,
                extended_details={
                    "ethnicity": ethnicity,
                    "ethnicity_code": code,
                    "first_language": day.rng.choice(OTHER_LANGUAGES) if speaks_other else "English",
                    "english_as_additional_language_status": "Competent" if speaks_other else None,
                    "religion": day.rng.choice(RELIGIONS),
                    "nationality": "United Kingdom",
                    "birth_place": day.school.town or None,
                    "fsm_review_date": str(day.today + timedelta(days=200))
                    if said.get("free_school_meals")
                    else None,
                    "premium_pupil_eligible": has_premium,
                    "premium_pupil_notes": "Reading support" if has_premium else None,
                    "gifted_and_talented_status": "Music" if day.rng.random() < 0.03 else None,
                    "ever_in_care": in_care or day.rng.random() < 0.01,
                    "in_care_details": "Foster placement" if in_care else None,
                    "responsible_care_authority": "Oakham Council" if in_care else None,
                    "child_in_need": day.rng.random() < 0.01,
                    "child_protection_plan": False,
                    "custody_alert": (alert := day.rng.random() < 0.01),
                    "custody_details": "Ask the office before a handover." if alert else None,
                    "dietary_needs": diet,
                    "paramedical_support": "Speech therapy" if day.rng.random() < 0.02 else None,
                    "general_notes": "Plays in the town band." if day.rng.random() < 0.02 else None,
                    "boarding_status": "Boarder" if pupil.pk in boarders else "Not a boarder",
                    "application_status": "Admitted",
                    "next_of_kin": "Mother",
                    "youth_support_services_agreement": day.rng.random() < 0.9,
                },
                dietary_details={
                    "dietary_needs": diet,
                    "notes": "The kitchen has a card with a photograph." if diet else None,
                },
                regional_data={
                    "home_local_authority": day.school.la_code or None,
                    "country_of_birth": "United Kingdom",
                },
                wellbeing={
                    "young_carer": day.rng.random() < 0.02,
                    "support": "Meets the learning mentor on Fridays" if day.rng.random() < 0.04 else None,
                },
            )
        )
    day.keep(rows)


def _pictured(day: Day, person: Pupil | Employee) -> dict[str, Any]:
    content = picture(f"{day.school.urn} {person.mis_id}")
    return {"content": content, "hash": hashlib.md5(content, usedforsecurity=False).hexdigest()}


def picture(of: str) -> bytes:
    """A small PNG that looks like nobody: a pattern of eight by eight, mirrored, in one colour."""
    seed = hashlib.sha256(of.encode()).digest()
    lines = []
    for row in range(8):
        half = [seed[row] >> bit & 1 for bit in range(4)]
        lines.append(b"\0" + bytes([*half, *reversed(half)]))
    header = struct.pack(">IIBBBBB", 8, 8, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", b"\xf2\xf2\xf2" + seed[8:11]),
        (b"IDAT", zlib.compress(b"".join(lines))),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in (*chunks, (b"IEND", b"")))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


ALL = (
    _attendance,
    _lesson_attendance,
    _behaviours,
    _achievements,
    _exclusions,
    _health,
    _doctors,
    _assessment,
    _absences,
    _events,
    _photos,
    _places,
    _enrolments,
    _support,
    _consents,
    _own_fields,
    _further_details,
    _detentions,
    _leavers_marks,
    _charges,
    add_staff_records,
)
