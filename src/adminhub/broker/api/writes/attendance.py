"""Entering marks: half days and lessons (wonde-api §2.4)."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from adminhub.broker.api.writes.asked import Asked, doubled, number_of
from adminhub.broker.records.actions import Mark, write_lesson_marks, write_session_marks
from adminhub.broker.records.codes import BY_NUMBER
from adminhub.broker.records.models import AttendanceCode, SessionMark, Writeback
from adminhub.broker.sources.models import RecordStatus
from adminhub.broker.timetables.models import Lesson

MOST_MARKS = 2_500
LATEST = 600
Day = Annotated[str, Meta(extra_json_schema={"format": "date"})]


class SessionEntry(msgspec.Struct):
    student_id: str
    date: Day
    session: str
    attendance_code_id: str
    employee_id: str | None = None
    comment: str | None = None
    minutes_late: int | None = None


class SessionRegister(msgspec.Struct):
    attendance: list[SessionEntry]


class LessonEntry(msgspec.Struct):
    student_id: str
    lesson_id: str
    attendance_code_id: str
    employee_id: str | None = None
    comment: str | None = None
    minutes_late: int | None = None


class LessonRegister(msgspec.Struct):
    attendance: list[LessonEntry]


def enter_sessions(asked: Asked, body: SessionRegister) -> Writeback:
    """Enter a register of half days, all of it or none."""
    at: dict[int, tuple[Any, ...]] = {}
    for number, entry in enumerate(body.attendance):
        session = entry.session.strip().upper()
        if session not in SessionMark.Session.values:
            asked.wrong(f"attendance.{number}.session", "This must be AM or PM.")
        at[number] = (asked.day(f"attendance.{number}.date", entry.date), session)
    marks = _marks(asked, body.attendance, at)
    return write_session_marks(call=asked.call, marks=marks)


def enter_lessons(asked: Asked, body: LessonRegister) -> Writeback:
    """Enter a register of lessons, all of it or none."""
    ids = {f"attendance.{number}.lesson_id": entry.lesson_id for number, entry in enumerate(body.attendance)}
    lessons = asked.found(
        Lesson.objects.filter(status=RecordStatus.CURRENT), ids, "There is no lesson with this id this week."
    )
    at = {number: (lessons.get(place),) for number, place in enumerate(ids)}
    marks = _marks(asked, body.attendance, at)
    return write_lesson_marks(call=asked.call, marks=marks)


def _marks(
    asked: Asked, entries: Sequence[SessionEntry | LessonEntry], at: dict[int, tuple[Any, ...]]
) -> list[Mark]:
    """The marks of a register. Raises Unacceptable with every mistake in it."""
    if not entries:
        asked.wrong("attendance", "Send at least one mark.")
    if len(entries) > MOST_MARKS:
        asked.wrong("attendance", f"At most {MOST_MARKS} marks at once.")
        asked.refuse_mistakes()
    pupils = asked.people("pupil", _ids(entries, "student_id"))
    staff = asked.people("employee", _ids(entries, "employee_id"))
    codes = _codes()
    marks = []
    for number, entry in enumerate(entries):
        place = f"attendance.{number}"
        code = codes.get(number_of(entry.attendance_code_id) or 0)
        if code is None:
            asked.wrong(f"{place}.attendance_code_id", "There is no attendance code with this id.")
        if entry.minutes_late is not None and not 0 <= entry.minutes_late <= LATEST:
            asked.wrong(f"{place}.minutes_late", f"This must be from 0 to {LATEST}.")
        marks.append(
            Mark(
                pupil_id=pupils.get(f"{place}.student_id", 0),
                at=at[number],
                code_id=code or 0,
                employee_id=staff.get(f"{place}.employee_id"),
                comment=asked.words(f"{place}.comment", entry.comment),
                minutes_late=entry.minutes_late,
            )
        )
    twice = doubled((mark.pupil_id, mark.at) for mark in marks if mark.pupil_id)
    for number, mark in enumerate(marks):
        if (mark.pupil_id, mark.at) in twice:
            asked.wrong(f"attendance.{number}.student_id", "This pupil is marked twice at this time.")
    asked.refuse_mistakes()
    return marks


def _ids(entries: Sequence[SessionEntry | LessonEntry], name: str) -> dict[str, str]:
    listed = {f"attendance.{number}.{name}": getattr(entry, name) for number, entry in enumerate(entries)}
    return {place: text for place, text in listed.items() if text is not None}


def _codes() -> dict[int, int]:
    """The school's codes by their own ids, and by those of the national list."""
    own = {row.code: row.pk for row in AttendanceCode.objects.filter(status=RecordStatus.CURRENT)}
    national = {number: own[code.code] for number, code in BY_NUMBER.items() if code.code in own}
    return {**national, **{pk: pk for pk in own.values()}}
