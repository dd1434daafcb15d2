"""Keeping a school's timetable, and turning it into the lessons of the week."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef
from django.utils import timezone

from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import Employee, RecordStatus, SchoolClass, Source
from adminhub.broker.sources.writing import Kind, Writer
from adminhub.broker.timetables.models import Lesson, Slot
from adminhub.broker.timetables.values import DAYS, PeriodOfWeek, Timetable

CURRENT = RecordStatus.CURRENT.value
LESSONS_KEPT = timedelta(days=60)
ROOMS = Kind("broker_timetables_room", ("mis_id",), ("name", "code"), {})
PERIODS = Kind(
    "broker_timetables_period", ("mis_id",), ("name", "day", "start_time", "end_time", "day_number"), {}
)
LESSONS = Kind(
    "broker_timetables_lesson",
    ("mis_id",),
    (
        "school_class_id",
        "period_id",
        "period_instance_id",
        "room_id",
        "employee_id",
        "start_at",
        "end_at",
        "day_number",
    ),
    {},
)


def keep_timetable(*, school: School, timetable: Timetable) -> None:
    """Make this the school's timetable, with this week's lessons. Ids are kept by MIS id."""
    now = timezone.now()
    with school_scope(school.pk):
        writer = Writer(school.pk, now)
        _, rooms = writer.merge(
            ROOMS, (_row(room.mis_id, room.name[:100], room.code) for room in timetable.rooms)
        )
        _, periods = writer.merge(PERIODS, map(_period_row, timetable.periods))
        classes = _ids(SchoolClass)
        employees = _ids(Employee)
        Slot.objects.all().delete()
        Slot.objects.bulk_create(
            Slot(
                school=school,
                school_class_id=classes[meeting.class_mis_id],
                period_id=periods[meeting.period,],
                room_id=rooms.get((meeting.room,)) if meeting.room else None,
                employee_id=employees.get(meeting.employee) if meeting.employee else None,
            )
            for meeting in timetable.meetings
            if meeting.class_mis_id in classes and (meeting.period,) in periods
        )
        Source.objects.filter(school=school).update(has_timetable=True)
        _hold_lessons(school, now)


def hold_this_weeks_lessons(*, school: School, now: datetime | None = None) -> bool:
    """Make the lessons those of the week we are in. Returns whether anything had to be done."""
    at = now or timezone.now()
    monday = _monday(school, at)
    with school_scope(school.pk):
        is_done = Lesson.objects.filter(status=CURRENT, start_at__gte=_moment(school, monday)).exists()
        if is_done or not Slot.objects.exists():
            return False
        _hold_lessons(school, at)
        return True


def _hold_lessons(school: School, now: datetime) -> None:
    monday = _monday(school, now)
    living = SchoolClass.objects.filter(pk=OuterRef("school_class_id"), status=CURRENT)
    slots = Slot.objects.filter(Exists(living)).select_related("period", "school_class").order_by("pk")
    Writer(school.pk, now).merge(LESSONS, (_lesson_row(school, slot, monday) for slot in slots))
    Lesson.objects.filter(end_at__lt=now - LESSONS_KEPT).delete()


def _lesson_row(school: School, slot: Slot, monday: date) -> tuple[Any, ...]:
    on = monday + timedelta(days=slot.period.day_number - 1)
    return _row(
        f"{slot.school_class.mis_id}-{slot.period.mis_id}-{on:%Y%m%d}"[:200],
        slot.school_class_id,
        slot.period_id,
        f"{slot.period_id}{on:%y%m%d}",
        slot.room_id,
        slot.employee_id,
        datetime.combine(on, slot.period.start_time, _zone(school)),
        datetime.combine(on, slot.period.end_time, _zone(school)),
        slot.period.day_number,
    )


def _period_row(period: PeriodOfWeek) -> tuple[Any, ...]:
    return _row(period.mis_id, period.name[:60], DAYS[period.day], period.start, period.end, period.day + 1)


def _row(*values: Any) -> tuple[Any, ...]:
    digest = hashlib.blake2b(repr(values).encode(), digest_size=16).digest()
    return (*values, CURRENT, digest)


def _ids(model: Any) -> dict[str, int]:
    current: Iterable[tuple[str, int]] = model.objects.filter(status=CURRENT).values_list("mis_id", "pk")
    return dict(current)


def _zone(school: School) -> ZoneInfo:
    return ZoneInfo(school.timezone)


def _monday(school: School, at: datetime) -> date:
    today = at.astimezone(_zone(school)).date()
    return today - timedelta(days=today.weekday())


def _moment(school: School, on: date) -> datetime:
    return datetime.combine(on, datetime.min.time(), _zone(school))
