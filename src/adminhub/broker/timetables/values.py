"""A weekly timetable as it is handed in: frozen, before anything is written."""

from dataclasses import dataclass
from datetime import time

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class RoomOfSchool:
    mis_id: str
    name: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class PeriodOfWeek:
    """`day` counts from 0, Monday."""

    mis_id: str
    name: str
    day: int
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Meeting:
    """A class, by MIS id, in a period of every week."""

    class_mis_id: str
    period: str
    room: str | None = None
    employee: str | None = None


@dataclass(frozen=True, slots=True)
class Timetable:
    """All of one school's week. Meetings of classes or periods that are not known are left out."""

    rooms: tuple[RoomOfSchool, ...]
    periods: tuple[PeriodOfWeek, ...]
    meetings: tuple[Meeting, ...]
