"""Recording and changing absences of staff (wonde-api §2.2)."""

from typing import Any

import msgspec

from adminhub.broker.api.writes.asked import Asked
from adminhub.broker.api.writes.attendance import Day
from adminhub.broker.records import actions
from adminhub.broker.records.models import EmployeeAbsence, Writeback

MOST_DAYS = 400


class Absence(msgspec.Struct):
    employee_id: str
    absence_type: str
    start_date: Day
    end_date: Day | None = None
    working_days_lost: float | None = None
    comment: str | None = None


def record_absence(asked: Asked, body: Absence) -> Writeback:
    """Record that somebody is away."""
    employee, values = _checked(asked, body)
    return actions.write_absence(call=asked.call, employee_id=employee, values=values)


def change_absence(asked: Asked, body: Absence) -> Writeback:
    """Put this in place of what was recorded; whose absence it is stays."""
    employee, values = _checked(asked, body)
    record = EmployeeAbsence.objects.get(pk=asked.record_id)
    if record.employee_id != employee:
        asked.wrong("employee_id", "This absence is somebody else's. Remove it, and record another.")
    asked.refuse_mistakes()
    return actions.change_absence(call=asked.call, record_id=record.pk, values=values)


def _checked(asked: Asked, body: Absence) -> tuple[int, dict[str, Any]]:
    staff = asked.people("employee", {"employee_id": body.employee_id})
    start, end = asked.day("start_date", body.start_date), asked.day("end_date", body.end_date)
    if start and end and end < start:
        asked.wrong("end_date", "This is before the start.")
    lost = body.working_days_lost
    if lost is not None and not 0 <= lost <= MOST_DAYS:
        asked.wrong("working_days_lost", f"This must be from 0 to {MOST_DAYS}.")
    kind = asked.words("absence_type", body.absence_type, longest=60)
    if kind is None:
        asked.wrong("absence_type", "Say what kind of absence it is.")
    comment = asked.words("comment", body.comment)
    asked.refuse_mistakes()
    values = {
        "absence_type": kind,
        "start_date": start,
        "end_date": end,
        "working_days_lost": lost,
        "comment": comment,
    }
    return staff["employee_id"], values
