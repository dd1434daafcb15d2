"""What apps write into a school's records: each call is one write-back, whole or not at all, and can be taken back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from adminhub.broker.apps.models import App
from adminhub.broker.directory.actions import may_decide
from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.records.attendance import summarise
from adminhub.broker.records.models import (
    Achievement,
    AchievementEmployee,
    AchievementPupil,
    Behaviour,
    BehaviourEmployee,
    BehaviourPupil,
    EmployeeAbsence,
    LessonMark,
    SchoolRecord,
    SessionMark,
    Writeback,
    WritebackChange,
)
from adminhub.broker.sources.models import RecordStatus
from adminhub.broker.webhooks.actions import announce

Values = Mapping[str, Any]
# What can be written, by its table; everything else of a record is worked out or comes from the MIS.
WRITTEN: dict[str, tuple[type[SchoolRecord], tuple[str, ...]]] = {
    "sessionmark": (SessionMark, ("code_id", "employee_id", "comment", "minutes_late")),
    "lessonmark": (LessonMark, ("code_id", "employee_id", "comment", "minutes_late")),
    "behaviour": (Behaviour, ()),
    "achievement": (Achievement, ()),
    "employeeabsence": (
        EmployeeAbsence,
        ("absence_type", "start_date", "end_date", "working_days_lost", "comment"),
    ),
}


@dataclass(frozen=True, slots=True)
class Call:
    """Who writes what: the app, the school, what the API calls it, and how a repeat of the call is known."""

    by: App
    school: School
    type: str
    digest: bytes
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark to write. `at` is (date, session) of a half day, or (lesson id,)."""

    pupil_id: int
    at: tuple[Any, ...]
    code_id: int
    employee_id: int | None = None
    comment: str | None = None
    minutes_late: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A pupil's part in an incident or achievement; `says` is what is kept beside it."""

    pupil_id: int
    says: dict[str, Any]


@dataclass(slots=True)
class _Journal:
    """Notes every record a write-back touches, as it was and as it is."""

    school_id: int
    changes: list[WritebackChange] = field(default_factory=list)

    def note(self, row: SchoolRecord, *, before: Values | None, after: Values | None) -> None:
        self.changes.append(
            WritebackChange(
                school_id=self.school_id,
                table=_table(row),
                record_id=row.pk,
                pupil_id=getattr(row, "pupil_id", None),
                employee_id=getattr(row, "employee_id", None),
                before=before,
                after=after,
            )
        )


@contextmanager
def writing(school: School) -> Iterator[None]:
    """The school's scope, with one call writing at a time: a repeat sees what the first has written."""
    with school_scope(school.pk):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('broker_records'), %s)", [school.pk])
        yield


def write_session_marks(*, call: Call, marks: Sequence[Mark]) -> Writeback:
    """Enter marks of half days; a mark that is there already is replaced, and kept for taking back."""
    return _write_marks(call, SessionMark, ("date", "session"), marks)


def write_lesson_marks(*, call: Call, marks: Sequence[Mark]) -> Writeback:
    """Enter marks of lessons; as `write_session_marks`."""
    return _write_marks(call, LessonMark, ("lesson_id",), marks)


def _write_marks(
    call: Call, model: type[SessionMark] | type[LessonMark], at: tuple[str, ...], marks: Sequence[Mark]
) -> Writeback:
    with writing(call.school):
        journal, now = _Journal(call.school.pk), timezone.now()
        pupils = {mark.pupil_id for mark in marks}
        there: dict[tuple[Any, ...], Any] = {
            (row.pupil_id, *(getattr(row, name) for name in at)): row
            for row in model._default_manager.select_for_update().filter(
                pupil_id__in=pupils, **{f"{at[0]}__in": {mark.at[0] for mark in marks}}
            )
        }
        for mark in marks:
            row = there.get((mark.pupil_id, *mark.at))
            before = None if row is None else values_of(row)
            if row is None:
                row = model(school=call.school, pupil_id=mark.pupil_id, **dict(zip(at, mark.at, strict=True)))
            _set(row, {name: getattr(mark, name) for name in WRITTEN[_table(row)][1]}, now)
            journal.note(row, before=before, after=values_of(row))
        if model is SessionMark:
            summarise(pupils)
        return _close(call, journal, records=len(marks))


def write_behaviour(
    *, call: Call, values: Values, parts: Sequence[Part], employee_id: int | None
) -> Writeback:
    """Record one incident with the pupils' parts in it."""
    with writing(call.school):
        row = Behaviour.objects.create(school=call.school, **values)
        for part in parts:
            BehaviourPupil.objects.create(
                school=call.school, behaviour=row, pupil_id=part.pupil_id, part=part.says
            )
        if employee_id is not None:
            BehaviourEmployee.objects.create(school=call.school, behaviour=row, employee_id=employee_id)
        return _created(call, row)


def write_achievement(
    *, call: Call, values: Values, parts: Sequence[Part], employee_id: int | None
) -> Writeback:
    """Record one achievement with the pupils' parts in it."""
    with writing(call.school):
        row = Achievement.objects.create(school=call.school, **values)
        for part in parts:
            AchievementPupil.objects.create(
                school=call.school, achievement=row, pupil_id=part.pupil_id, part=part.says
            )
        if employee_id is not None:
            AchievementEmployee.objects.create(school=call.school, achievement=row, employee_id=employee_id)
        return _created(call, row)


def write_absence(*, call: Call, employee_id: int, values: Values) -> Writeback:
    """Record that a member of staff was, or will be, away."""
    with writing(call.school):
        row = EmployeeAbsence.objects.create(school=call.school, employee_id=employee_id, **values)
        return _created(call, row)


def change_absence(*, call: Call, record_id: int, values: Values) -> Writeback:
    """Put these values in place of an absence's."""
    with writing(call.school):
        row = EmployeeAbsence.objects.select_for_update().get(pk=record_id)
        before = values_of(row)
        _set(row, values, timezone.now())
        journal = _Journal(call.school.pk)
        journal.note(row, before=before, after=values_of(row))
        return _close(call, journal, records=1)


def remove(*, call: Call, model: type[SchoolRecord], record_id: int) -> Writeback:
    """Serve this record no longer. It is kept, so that it can be brought back."""
    with writing(call.school):
        row = model._default_manager.select_for_update().get(pk=record_id)
        before = values_of(row)
        row.status, row.updated_at = RecordStatus.GONE, timezone.now()
        row.save(update_fields=["status", "updated_at"])
        journal = _Journal(call.school.pk)
        journal.note(row, before=before, after=values_of(row))
        return _close(call, journal, records=1)


def repeated(call: Call) -> Writeback | None:
    """What this very call wrote before, None when it is new.

    Raises NotPossible when the app's key stands for another call.
    """
    if call.key is None:
        return None
    before = Writeback.objects.filter(app=call.by, school=call.school, key=call.key).first()
    if before is None:
        return None
    if bytes(before.digest) != call.digest or before.type != call.type:
        raise NotPossible("This key stands for another call already. Nothing was written.")
    return before


def take_back(*, writeback: Writeback, by: User) -> Writeback:
    """Make every record the write-back touched as it was before, all of them or none.

    Raises NotAllowed; NotPossible when a record was changed since, or this was taken back before.
    """
    if not may_decide(user=by, school=writeback.school):
        raise NotAllowed("Only the school's administrators may take this back. Nothing was changed.")
    with writing(writeback.school):
        writeback = Writeback.objects.select_for_update().get(pk=writeback.pk)
        if writeback.status == Writeback.Status.REVERSED:
            raise NotPossible("This was taken back before. Nothing was changed.")
        changes = list(WritebackChange.objects.filter(writeback=writeback).order_by("-pk"))
        now = timezone.now()
        for change in changes:
            _restore(change, now)
        summarise({change.pupil_id for change in changes if change.pupil_id is not None})
        writeback.status = Writeback.Status.REVERSED
        writeback.reversed_at, writeback.reversed_by = now, by
        writeback.save()
        _tell(writeback)
    return writeback


def _restore(change: WritebackChange, now: datetime) -> None:
    model, names = WRITTEN[change.table]
    row = model._default_manager.select_for_update().get(pk=change.record_id)
    if values_of(row) != change.after:
        raise NotPossible(
            "Some of these records were changed again since. Nothing was taken back: take back the later "
            "write-backs first."
        )
    before = change.before or {"status": RecordStatus.GONE}
    for name in names:
        if name in before:
            setattr(row, name, before[name])
    row.status = before["status"]
    row.updated_at = now
    row.save()


def values_of(row: SchoolRecord) -> dict[str, Any]:
    """What a write-back can change of a record, as JSON."""
    found = {"status": str(row.status)}
    for name in WRITTEN[_table(row)][1]:
        value = getattr(row, name)
        found[name] = value.isoformat() if isinstance(value, date) else value
    return found


def _table(row: SchoolRecord) -> str:
    return str(row._meta.model_name)


def _set(row: SchoolRecord, values: Values, now: datetime) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.status, row.updated_at = RecordStatus.CURRENT, now
    row.save()


def _created(call: Call, row: SchoolRecord) -> Writeback:
    journal = _Journal(call.school.pk)
    journal.note(row, before=None, after=values_of(row))
    return _close(call, journal, records=1)


def _close(call: Call, journal: _Journal, *, records: int) -> Writeback:
    """Keep the write-back with its changes, in the transaction of the writing itself, and tell the app."""
    writeback = Writeback.objects.create(
        app=call.by,
        school=call.school,
        type=call.type,
        records=records,
        key=call.key,
        digest=call.digest,
        record_id=journal.changes[0].record_id if len(journal.changes) == 1 else None,
    )
    for change in journal.changes:
        change.writeback = writeback
    WritebackChange.objects.bulk_create(journal.changes)
    _tell(writeback)
    return writeback


def _tell(writeback: Writeback) -> None:
    announce(
        app=writeback.app,
        school=writeback.school,
        payload_type="writeback",
        writeback_id=writeback.broker_id,
        status=writeback.status,
        type=writeback.type,
    )
