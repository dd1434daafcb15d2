"""The demo schools' weekly timetables and families: invented, and the same again for the same school."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import time

from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.actions import keep_contacts
from adminhub.broker.sources.models import (
    ClassEmployee,
    ClassPupil,
    Contact,
    Pupil,
    RecordStatus,
    SchoolClass,
)
from adminhub.broker.timetables.actions import keep_timetable
from adminhub.broker.timetables.values import DAYS, Meeting, PeriodOfWeek, RoomOfSchool, Timetable
from adminhub.mis import Contact as ReadContact
from adminhub.runtime.demo import names

LESSONS_A_WEEK = 3
PERIODS = ((9, 0, 10, 0), (10, 0, 11, 0), (11, 20, 12, 20), (13, 10, 14, 10), (14, 10, 15, 10))
_RELATIONS = (("Mrs", "Mother", names.WOMEN), ("Mr", "Father", names.MEN))


def add_week(school: School) -> None:
    """Give the school a timetable without clashes for anybody, and its pupils parents; once."""
    with school_scope(school.pk):
        is_done = Contact.objects.exists()
        timetable = None if is_done else _timetable()
        contacts = [] if is_done else list(_contacts())
    if timetable is not None:
        keep_timetable(school=school, timetable=timetable)
        keep_contacts(school=school, contacts=contacts)


def _timetable() -> Timetable:
    periods = tuple(
        PeriodOfWeek(
            f"{DAYS[day][:3]}{number + 1}",
            f"{DAYS[day][:3].title()}:{number + 1}",
            day,
            time(start, minute),
            time(end, until),
        )
        for day in range(5)
        for number, (start, minute, end, until) in enumerate(PERIODS)
    )
    return Timetable(_rooms(), periods, tuple(_meetings([period.mis_id for period in periods])))


def _rooms() -> tuple[RoomOfSchool, ...]:
    return tuple(RoomOfSchool(f"R{number}", f"Room {number}", f"R{number}") for number in range(1, 61))


def _meetings(periods: list[str]) -> Iterator[Meeting]:
    """Each class in up to three periods in which all its people and a room are free."""
    pupils: dict[int, set[int]] = defaultdict(set)
    for taught, pupil in ClassPupil.objects.values_list("school_class_id", "pupil_id"):
        pupils[taught].add(pupil)
    teachers = dict(
        ClassEmployee.objects.filter(is_main=True).values_list("school_class_id", "employee__mis_id")
    )
    busy: dict[str, set[object]] = defaultdict(set)
    rooms = [room.mis_id for room in _rooms()]
    current = SchoolClass.objects.filter(status=RecordStatus.CURRENT)
    for pk, mis_id in sorted(current.values_list("pk", "mis_id"), key=lambda row: str(row[1])):
        people: set[object] = {*pupils[pk], teachers.get(pk, ("no teacher", pk))}
        start = _draw(mis_id) % len(periods)
        free = [period for period in periods[start:] + periods[:start] if not people & busy[period]]
        for period in free[:LESSONS_A_WEEK]:
            room = next((room for room in rooms if room not in busy[period]), None)
            busy[period] |= people | ({room} if room else set())
            yield Meeting(mis_id, period, room=room, employee=teachers.get(pk))


def _contacts() -> Iterator[ReadContact]:
    """A mother and, for most, a father for each family: pupils of one surname and postcode."""
    families: dict[tuple[str, str], list[str]] = defaultdict(list)
    for pupil in Pupil.objects.filter(status=RecordStatus.CURRENT).order_by("mis_id"):
        home = (pupil.contact_details.get("addresses") or {}).get("home") or {}
        families[pupil.legal_surname or "", home.get("postcode") or ""].append(pupil.mis_id)
    for (surname, postcode), pupils in families.items():
        drawn = _draw(f"{surname}{postcode}")
        for place, (title, relation, forenames) in enumerate(_RELATIONS[: 2 if drawn % 4 else 1]):
            forename = forenames[drawn // 4 % len(forenames)]
            yield ReadContact(
                mis_id=f"C{pupils[0]}-{place + 1}",
                title=title,
                forename=forename,
                surname=surname or None,
                email=f"{relation.lower()}.{pupils[0].lower()}@home.example",
                phone=f"01632 960 {drawn % 1000:03d}",
                postcode=postcode or None,
                relationship=relation,
                priority=place + 1,
                parental_responsibility=True,
                lives_with_pupil=place == 0 or drawn % 3 > 0,
                pupils=tuple(pupils),
            )


def _draw(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest())
