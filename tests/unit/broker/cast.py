"""The broker's cast: Oak Hill and Elm, their people, an app, and a small roster of invented pupils."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any

from adminhub.broker.apps.actions import Asked, Declaration, issue_token, register_app
from adminhub.broker.apps.catalogue import PERMISSIONS
from adminhub.broker.apps.models import App
from adminhub.broker.consent.actions import approve, audit, request_access
from adminhub.broker.consent.actors import TheBroker
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.actions import add_administrator, add_school
from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.records.models import AttendanceCode, LessonMark, Writeback, WritebackChange
from adminhub.broker.sources.actions import publish
from adminhub.broker.sources.models import Pupil as PupilRow
from adminhub.broker.timetables.values import Meeting, PeriodOfWeek, RoomOfSchool, Timetable
from adminhub.mis import Contact, Employee, Pupil, Roster, SchoolClass
from adminhub.mis.identifiers import upn_check_letter
from adminhub.runtime.demo.school_records import add_records

AS_AT = date(2026, 9, 14)


def a_upn(number: int) -> str:
    rest = f"9994001{number:05d}"
    return upn_check_letter(rest) + rest


def a_pupil(number: int, **fields: Any) -> Pupil:
    values: dict[str, Any] = {
        "mis_id": f"p{number}",
        "legal_forename": f"Kit{number}",
        "legal_surname": f"Ray{number}",
        "date_of_birth": date(2013, 1 + number % 12, 1 + number % 28),
        "sex": "F",
        "upn": a_upn(number),
        "year_group": str(7 + number % 5),
        "registration_group": f"{7 + number % 5}A",
        "email": f"kit{number}@oakhill.example",
    }
    return Pupil(**{**values, **fields})


def an_employee(number: int, **fields: Any) -> Employee:
    values: dict[str, Any] = {
        "mis_id": f"e{number}",
        "title": "Ms",
        "legal_forename": f"Ben{number}",
        "legal_surname": f"Oduya{number}",
        "email": f"ben{number}@oakhill.example",
        "teaching": True,
        "staff_code": f"BO{number}",
        "role": "Teacher",
    }
    return Employee(**{**values, **fields})


def a_contact(number: int, *pupils: str, **fields: Any) -> Contact:
    values: dict[str, Any] = {
        "mis_id": f"k{number}",
        "title": "Mrs",
        "forename": f"Bea{number}",
        "surname": f"Ray{number}",
        "email": f"bea{number}@home.example",
        "phone": "01632 960 000",
        "relationship": "Mother",
        "priority": 1,
        "parental_responsibility": True,
        "lives_with_pupil": True,
        "pupils": pupils,
    }
    return Contact(**{**values, **fields})


def families(pupils: Sequence[Pupil]) -> tuple[Contact, ...]:
    """A mother for every two pupils, who are so brothers and sisters."""
    return tuple(
        a_contact(place, *(pupil.mis_id for pupil in pupils[place : place + 2]))
        for place in range(0, len(pupils), 2)
    )


def a_full_roster() -> Roster:
    """Something of every kind: families, somebody who has left and somebody who starts later too."""
    roster = a_roster(pupils=6)
    pupils = (*roster.pupils, a_pupil(900, status="left"), a_pupil(901, status="future"))
    return replace(roster, pupils=pupils, contacts=families(pupils))


def a_timetable() -> Timetable:
    """Two periods on Mondays and one on Fridays; the first two classes of `a_roster` meet."""
    return Timetable(
        rooms=(RoomOfSchool("r1", "Science 1", "S1"),),
        periods=(
            PeriodOfWeek("mon1", "Mon:1", 0, time(9), time(10)),
            PeriodOfWeek("mon2", "Mon:2", 0, time(10), time(11)),
            PeriodOfWeek("fri1", "Fri:1", 4, time(9), time(10)),
        ),
        meetings=(
            Meeting("c0", "mon1", room="r1", employee="e0"),
            Meeting("c0", "fri1", room="r1", employee="e0"),
            Meeting("c1", "mon2"),
        ),
    )


def a_roster(*, pupils: int = 40, employees: int = 6, classes: int = 4, **fields: Any) -> Roster:
    """A plausible small school: everybody in a form and in every other class."""
    people = tuple(a_pupil(number) for number in range(pupils))
    staff = tuple(an_employee(number) for number in range(employees))
    forms = sorted({pupil.registration_group for pupil in people if pupil.registration_group})
    groups = tuple(
        SchoolClass(
            mis_id=f"form-{form}",
            name=form,
            kind="registration",
            pupils=tuple(pupil.mis_id for pupil in people if pupil.registration_group == form),
            employees=(staff[place % employees].mis_id,) if employees else (),
        )
        for place, form in enumerate(forms)
    )
    taught = tuple(
        SchoolClass(
            mis_id=f"c{number}",
            name=f"Maths {number}",
            kind="teaching",
            subject="Mathematics",
            year_groups=("7",),
            pupils=tuple(pupil.mis_id for pupil in people[number % 2 :: 2]),
            employees=tuple(dict.fromkeys(staff[(number + step) % employees].mis_id for step in range(2)))
            if employees
            else (),
        )
        for number in range(classes)
    )
    return replace(
        Roster(
            format="sims",
            as_at=AS_AT,
            pupils=people,
            employees=staff,
            classes=(*groups, *taught),
            holds_employee=frozenset({"teaching"}),
        ),
        **fields,
    )


def a_school(name: str = "Oak Hill School", urn: int = 199001, **fields: Any) -> School:
    values: dict[str, Any] = {
        "la_code": "999",
        "establishment_number": str(urn)[-4:],
        "phase": "SECONDARY",
        "address_line_1": "1 Oak Lane",
        "town": "Oakham Vale",
        "postcode": "WX1 1AA",
        "mis": "SIMS",
    }
    return add_school(name=name, urn=urn, **{**values, **fields})


def a_person(email: str, **fields: Any) -> User:
    return User.objects.create_user(email, "correct horse battery", **fields)


def an_administrator(
    school: School, email: str = "pat@oakhill.example", *, is_read_only: bool = False
) -> User:
    user = a_person(email, first_name="Pat", last_name="Osei", position="Data manager")
    add_administrator(school=school, user=user, is_read_only=is_read_only)
    return user


def an_app(
    name: str = "Admin Hub", *, optional: tuple[str, ...] = (), only: tuple[str, ...] | None = None
) -> App:
    """An app asking for everything in the catalogue, or for `only` these."""
    identities = only or tuple(permission.identity for permission in PERMISSIONS)
    return register_app(
        declaration=Declaration(
            name=name,
            publisher="Oakfield Software",
            purpose="Keeps the school's services up to date.",
            contact_email="data@oakfield.example",
            permissions=tuple(
                Asked(identity, "So that people are recognised", is_optional=identity in optional)
                for identity in identities
            ),
        ),
        webhook_url="http://hub.example/hooks/broker/?key=k",
        webhook_secret="whisper",
    )


def a_set_up_school(*, pupils: int = 40, roster: Roster | None = None, **fields: Any) -> tuple[School, User]:
    """A school with a published source and an administrator."""
    school = a_school(**fields)
    publish(school=school, roster=roster or a_roster(pupils=pupils), by=None)
    return school, an_administrator(school, f"pat{school.urn}@oakhill.example")


def with_records(school: School) -> None:
    """Give the school a row or more in every table of its records beside the roster."""
    add_records(school, today=AS_AT)
    with school_scope(school.pk):
        if not LessonMark.objects.exists():
            pupil = PupilRow.objects.filter(status="current").order_by("mis_id")[0]
            code = AttendanceCode.objects.get(code="/")
            LessonMark.objects.create(school=school, pupil=pupil, code=code, lesson_id=1_000_000_001)
        written = Writeback.objects.create(
            app=an_app("Registers"), school=school, type="behaviours", digest=b""
        )
        WritebackChange.objects.create(school=school, writeback=written, table="behaviour", record_id=1)


def a_live_consent(app: App, school: School, by: User, granted: tuple[str, ...] = ()) -> Consent:
    consent = request_access(app=app, school=school, by=app)
    approve(consent=consent, by=by, granted=granted)
    return audit(consent=consent, by=TheBroker())


def a_token(app: App, school: School | None = None) -> str:
    return issue_token(app=app, school=school)


def in_every_school(count: Callable[[], int | None]) -> int:
    """The sum over all schools, each in its own scope."""
    total = 0
    for school in School.objects.all():
        with school_scope(school.pk):
            total += count() or 0
    return total
