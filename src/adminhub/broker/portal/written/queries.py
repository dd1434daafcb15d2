"""What an app wrote, told for the school: about whom, what stood there before, what stands there since."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import date_format

from adminhub.broker.apps.models import App
from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.records.models import (
    Achievement,
    AchievementAttribute,
    AchievementPupil,
    AttendanceCode,
    Behaviour,
    BehaviourAttribute,
    BehaviourPupil,
    LessonMark,
    SessionMark,
    Writeback,
    WritebackChange,
)
from adminhub.broker.sources.models import Employee, Pupil, RecordStatus
from adminhub.broker.timetables.models import Lesson

KINDS = {
    "attendance/session": "Marks of half days",
    "attendance/lesson": "Marks of lessons",
    "behaviours": "Behaviour incidents",
    "achievements": "Achievements",
    "employee-absences": "Absences of staff",
}
NOT_THERE, REMOVED = "Nothing", "Removed"
SESSIONS = {"AM": "morning", "PM": "afternoon"}


@dataclass(frozen=True, slots=True)
class Line:
    """One record: about whom, which one it is, and what an app made of what."""

    who: str
    what: str
    before: str
    after: str


def written(school: School, *, app: App | None = None, kind: str = "") -> QuerySet[Writeback]:
    """The school's write-backs, the newest first; of one app or of one kind only."""
    rows = Writeback.objects.filter(school=school).select_related("app", "reversed_by")
    if app is not None:
        rows = rows.filter(app=app)
    if kind:
        rows = rows.filter(type=kind)
    return rows.order_by("-created_at", "-pk")


def writers(school: School) -> list[App]:
    """The apps that have written something here."""
    return list(App.objects.filter(pk__in=Writeback.objects.filter(school=school).values("app_id")))


def lines_of(writeback: Writeback, *, start: int, count: int) -> list[Line]:
    """So many of the records it touched. Opens the school's scope itself."""
    with school_scope(writeback.school_id):
        changes = list(
            WritebackChange.objects.filter(writeback=writeback).order_by("pk")[start : start + count]
        )
        tell = {
            "attendance/session": _half_days,
            "attendance/lesson": _lessons,
            "behaviours": _incidents,
            "achievements": _achievements,
            "employee-absences": _absences,
        }[writeback.type]
        return tell(changes)


def count_lines(writeback: Writeback) -> int:
    """How many records it touched. Opens the school's scope itself."""
    with school_scope(writeback.school_id):
        return WritebackChange.objects.filter(writeback=writeback).count()


def _half_days(changes: list[WritebackChange]) -> list[Line]:
    marks = SessionMark.objects.in_bulk([change.record_id for change in changes])
    names = {number: f"{_day(mark.date)}, {SESSIONS[mark.session]}" for number, mark in marks.items()}
    return _marks(changes, names)


def _lessons(changes: list[WritebackChange]) -> list[Line]:
    marks = LessonMark.objects.in_bulk([change.record_id for change in changes])
    lessons = Lesson.objects.select_related("school_class").in_bulk(
        {mark.lesson_id for mark in marks.values()}
    )
    names = {}
    for number, mark in marks.items():
        lesson = lessons.get(mark.lesson_id)
        names[number] = f"{lesson.school_class.name}, {_day(lesson.start_at.date())}" if lesson else "Lesson"
    return _marks(changes, names)


def _marks(changes: list[WritebackChange], what: Mapping[int, str]) -> list[Line]:
    pupils = _names(Pupil, (change.pupil_id for change in changes))
    codes = {code.pk: f"{code.code} {code.description}" for code in AttendanceCode.objects.all()}

    def told(values: dict[str, Any]) -> str:
        late = values.get("minutes_late")
        parts = (
            codes.get(values["code_id"], ""),
            f"{late} minutes late" if late else "",
            values.get("comment"),
        )
        return ". ".join(part for part in parts if part)

    return [
        Line(pupils.get(change.pupil_id, ""), what.get(change.record_id, ""), *_both(change, told))
        for change in changes
    ]


def _incidents(changes: list[WritebackChange]) -> list[Line]:
    rows = Behaviour.objects.in_bulk([change.record_id for change in changes])
    words = dict(BehaviourAttribute.objects.filter(type="type").values_list("code", "description"))
    parts = BehaviourPupil.objects.filter(behaviour__in=rows).values_list("behaviour_id", "pupil_id")
    told = {pk: _told(words.get(row.type, row.type), row.comment) for pk, row in rows.items()}
    return _conduct(changes, parts, told, {pk: _day(row.incident_date) for pk, row in rows.items()})


def _achievements(changes: list[WritebackChange]) -> list[Line]:
    rows = Achievement.objects.in_bulk([change.record_id for change in changes])
    words = dict(AchievementAttribute.objects.filter(type="type").values_list("code", "description"))
    parts = AchievementPupil.objects.filter(achievement__in=rows).values_list("achievement_id", "pupil_id")
    told = {pk: _told(words.get(row.type, row.type), row.comment) for pk, row in rows.items()}
    return _conduct(changes, parts, told, {pk: _day(row.achievement_date) for pk, row in rows.items()})


def _conduct(
    changes: list[WritebackChange],
    parts: Iterable[tuple[int, int]],
    told: Mapping[int, str],
    days: Mapping[int, str],
) -> list[Line]:
    of: dict[int, list[int]] = defaultdict(list)
    for record, pupil in parts:
        of[record].append(pupil)
    names = _names(Pupil, (pupil for pupils in of.values() for pupil in pupils))
    return [
        Line(
            ", ".join(names.get(pupil, "") for pupil in of[change.record_id]),
            days.get(change.record_id, ""),
            *_both(change, lambda _, number=change.record_id: told.get(number, "")),
        )
        for change in changes
    ]


def _absences(changes: list[WritebackChange]) -> list[Line]:
    names = _names(Employee, (change.employee_id for change in changes))

    def told(values: dict[str, Any]) -> str:
        start, end = (
            date.fromisoformat(values[key]) if values[key] else None for key in ("start_date", "end_date")
        )
        days = f"from {_day(start)}" if start else ""
        days += f" to {_day(end)}" if end else ""
        return _told(f"{values['absence_type']} {days}".strip(), values.get("comment"))

    return [Line(names.get(change.employee_id, ""), "Absence", *_both(change, told)) for change in changes]


def _both(change: WritebackChange, told: Any) -> tuple[str, str]:
    """What stood there, and what stands there since."""
    before, after = (
        NOT_THERE if values is None else REMOVED if values["status"] == RecordStatus.GONE else told(values)
        for values in (change.before, change.after)
    )
    return before, after


def _told(what: str, comment: str | None) -> str:
    return f"{what}: {comment}" if comment else what


def _names(model: type[Pupil] | type[Employee], ids: Iterable[int | None]) -> dict[int | None, str]:
    rows = model._default_manager.filter(pk__in={number for number in ids if number})
    return {row.pk: f"{row.forename or ''} {row.surname or ''}".strip() for row in rows}


def _day(on: date) -> str:
    return date_format(on, "j F Y")
