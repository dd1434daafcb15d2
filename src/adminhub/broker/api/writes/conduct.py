"""Recording behaviour and achievements (wonde-api §2.4)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from django.utils import timezone

from adminhub.broker.api.writes.asked import Asked, doubled
from adminhub.broker.api.writes.attendance import Day
from adminhub.broker.records.actions import Part, write_achievement, write_behaviour
from adminhub.broker.records.models import AchievementAttribute, BehaviourAttribute, Writeback
from adminhub.broker.sources.models import RecordStatus

MOST_PUPILS = 200
LONGEST = 4_000
FARTHEST_POINTS = 1_000
Codes = dict[str, dict[str, int | None]]


class BehaviourEntry(msgspec.Struct):
    student_id: str
    role: str | None = None
    action: str | None = None
    action_date: Day | None = None
    points: int | None = None


class NewBehaviour(msgspec.Struct):
    students: list[BehaviourEntry]
    date: Day
    type: str
    employee_id: str | None = None
    status: str | None = None
    bullying_type: str | None = None
    comment: str | None = None
    activity_type: str | None = None
    location: str | None = None
    time: str | None = None


class AchievementEntry(msgspec.Struct):
    student_id: str
    points: int | None = None
    award: str | None = None
    award_date: Day | None = None


class NewAchievement(msgspec.Struct):
    students: list[AchievementEntry]
    date: Day
    type: str
    employee_id: str | None = None
    comment: str | None = None
    activity_type: str | None = None


def record_behaviour(asked: Asked, body: NewBehaviour) -> Writeback:
    """Record an incident with the pupils' parts in it."""
    codes = _codes(BehaviourAttribute)
    for name in ("type", "status", "bullying_type", "activity_type", "location", "time"):
        _must_be_known(asked, codes, name, name, getattr(body, name))
    usual = codes["type"].get(body.type)
    says = []
    for number, entry in enumerate(body.students):
        place = f"students.{number}"
        _must_be_known(asked, codes, "role", f"{place}.role", entry.role)
        _must_be_known(asked, codes, "action", f"{place}.action", entry.action)
        on = asked.day(f"{place}.action_date", entry.action_date)
        says.append(
            {
                "role": entry.role,
                "action": entry.action,
                "action_date": on.isoformat() if on else None,
                "points": _points(asked, f"{place}.points", entry.points, usual),
            }
        )
    values = {
        "incident_date": asked.day("date", body.date),
        "recorded_date": timezone.localdate(),
        "type": body.type,
        "incident_status": body.status,
        "bullying_type": body.bullying_type,
        "activity_type": body.activity_type,
        "location": body.location,
        "time": body.time,
        "comment": asked.words("comment", body.comment, longest=LONGEST),
        "points": usual,
    }
    parts, employee = _people(asked, body.students, says, body.employee_id)
    return write_behaviour(call=asked.call, values=values, parts=parts, employee_id=employee)


def record_achievement(asked: Asked, body: NewAchievement) -> Writeback:
    """Record an achievement with the pupils' parts in it."""
    codes = _codes(AchievementAttribute)
    for name in ("type", "activity_type"):
        _must_be_known(asked, codes, name, name, getattr(body, name))
    usual = codes["type"].get(body.type)
    says = []
    for number, entry in enumerate(body.students):
        place = f"students.{number}"
        _must_be_known(asked, codes, "award", f"{place}.award", entry.award)
        on = asked.day(f"{place}.award_date", entry.award_date)
        says.append(
            {
                "points": _points(asked, f"{place}.points", entry.points, usual),
                "award": entry.award,
                "award_date": on.isoformat() if on else None,
            }
        )
    values = {
        "achievement_date": asked.day("date", body.date),
        "recorded_date": timezone.localdate(),
        "type": body.type,
        "activity_type": body.activity_type,
        "comment": asked.words("comment", body.comment, longest=LONGEST),
        "points": usual,
    }
    parts, employee = _people(asked, body.students, says, body.employee_id)
    return write_achievement(call=asked.call, values=values, parts=parts, employee_id=employee)


def _codes(model: type[BehaviourAttribute] | type[AchievementAttribute]) -> Codes:
    """The codes that may be used, by where they may stand, each with its usual points."""
    codes: Codes = defaultdict(dict)
    for row in model._default_manager.filter(status=RecordStatus.CURRENT, is_active=True):
        codes[row.type][row.code] = row.points
    return codes


def _must_be_known(asked: Asked, codes: Codes, kind: str, place: str, code: str | None) -> None:
    if code is not None and code not in codes[kind]:
        asked.wrong(place, f"There is no such code among the attributes of type “{kind}”.")


def _points(asked: Asked, place: str, points: int | None, usual: int | None) -> int | None:
    if points is not None and abs(points) > FARTHEST_POINTS:
        asked.wrong(place, f"This must be from -{FARTHEST_POINTS} to {FARTHEST_POINTS}.")
    return usual if points is None else points


def _people(
    asked: Asked,
    entries: Sequence[BehaviourEntry | AchievementEntry],
    says: Sequence[dict[str, Any]],
    employee_id: str | None,
) -> tuple[list[Part], int | None]:
    """The pupils' parts and who recorded it. Raises Unacceptable with every mistake of the call."""
    if not entries:
        asked.wrong("students", "Name at least one pupil.")
    if len(entries) > MOST_PUPILS:
        asked.wrong("students", f"At most {MOST_PUPILS} pupils.")
    asked.refuse_mistakes()
    ids = {f"students.{number}.student_id": entry.student_id for number, entry in enumerate(entries)}
    pupils = asked.people("pupil", ids)
    for place, number in pupils.items():
        if number in doubled(pupils.values()):
            asked.wrong(place, "This pupil is named twice.")
    staff = asked.people("employee", {} if employee_id is None else {"employee_id": employee_id})
    asked.refuse_mistakes()
    parts = [Part(number, said) for number, said in zip(pupils.values(), says, strict=True)]
    return parts, staff.get("employee_id")
