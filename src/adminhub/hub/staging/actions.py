"""Writing a snapshot: its rows a kind at a time, whole or not at all, and how it ended.

All of it needs the school's scope, and is part of the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from django.utils import timezone

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.bulk import copy_rows
from adminhub.hub.providers.values import Elsewhere, PulledClass, PulledEmployee, PulledPupil
from adminhub.hub.staging.models import Snapshot, SnapshotState, StagedElsewhere, StagedIssue

_EMPLOYEE, _PUPIL, _CLASS = (
    tuple(field.name for field in msgspec.structs.fields(shape))
    for shape in (PulledEmployee, PulledPupil, PulledClass)
)
_ELSEWHERE = (
    "mis_id",
    "title",
    "forename",
    "surname",
    "legal_forename",
    "legal_surname",
    "middle_names",
    "sex",
    "uln",
    "email",
)
_LONGEST = {
    "broker_id": 40,
    "mis_id": 100,
    "upi": 64,
    "title": 30,
    "staff_code": 30,
    "teacher_number": 20,
    "number": 20,
    "former_number": 20,
    "code": 30,
    "admission_number": 20,
    "upn": 13,
    "former_upn": 13,
    "uln": 10,
    "email": 320,
    "description": 500,
    "registration_group": 40,
}
"""Characters a column holds; 200 where nothing is said."""


PLACES: Mapping[str, object] = {"registration_group": "", "classes": [], "employees": []}
"""Who is in what, and what a column holds where that is not shared; `Snapshot.withheld` then names it."""
ELSEWHERE = "elsewhere"
LISTED = "employees_listed"
"""In `Snapshot.withheld`: the MIS's leavers, and who starts later, could not be read."""


def open_snapshot(connection: Connection) -> Snapshot:
    """Begin a snapshot of what the MIS says now."""
    snapshot: Snapshot = Snapshot.objects.create(school_id=connection.school_id, connection=connection)
    return snapshot


def stage_employees(snapshot: Snapshot, rows: Sequence[PulledEmployee]) -> int:
    """Write all employees of a snapshot. Returns how many were taken."""
    taken = _stage(snapshot, "staged_employee", "employee", _EMPLOYEE, rows)
    _came_whole(snapshot, "employees", taken)
    return taken


def note_listed(snapshot: Snapshot, employees: int | None) -> None:
    """Note how many employees the broker lists, those who have left included; None: it does not count them."""
    if employees is not None and snapshot.counts.get(LISTED) != employees:
        snapshot.counts = {**snapshot.counts, LISTED: employees}
        snapshot.save(update_fields=["counts"])


def stage_classes(snapshot: Snapshot, rows: Sequence[PulledClass]) -> int:
    """Write all registration groups and subject classes of a snapshot. Returns how many were taken."""
    taken = _stage(snapshot, "staged_class", "class", _CLASS, rows)
    _came_whole(snapshot, "classes", taken)
    return taken


def stage_pupils(snapshot: Snapshot, rows: Sequence[PulledPupil]) -> int:
    """Write all pupils of a snapshot. Returns how many were taken."""
    taken = _stage(snapshot, "staged_pupil", "pupil", _PUPIL, rows)
    _came_whole(snapshot, "pupils", taken)
    return taken


def stage_elsewhere(snapshot: Snapshot, kind: str, rows: Sequence[Elsewhere] | None) -> None:
    """Write those of a kind who are not here now; None: they could not be read, which is noted."""
    if rows is None:
        withhold(snapshot, {kind: [ELSEWHERE]})
        return
    StagedElsewhere.objects.bulk_create(
        StagedElsewhere(school_id=snapshot.school_id, snapshot=snapshot, kind=kind, **_of_elsewhere(row))
        for row in rows
    )


def _of_elsewhere(row: Elsewhere) -> dict[str, object]:
    person, number, code = row.person, "teacher_number", "staff_code"
    if isinstance(person, PulledPupil):
        number, code = "upn", "admission_number"
    said = {
        **{name: getattr(person, name, None) for name in _ELSEWHERE},
        "number": getattr(person, number),
        "former_number": getattr(person, "former_upn", None),
        "code": getattr(person, code),
    }
    fitted = {name: fitting(name, value or "") for name, value in said.items()}
    days = {"birthday": getattr(person, "birthday", None), "started": person.started}
    return {"is_expected": row.is_expected, **fitted, **days}


def withhold(snapshot: Snapshot, names: Mapping[str, Iterable[str]]) -> None:
    """Note by kind which fields the school does not share, beside those noted before."""
    known = {kind: set(fields) for kind, fields in snapshot.withheld.items()}
    for kind, fields in names.items():
        known.setdefault(kind, set()).update(fields)
    told = {kind: sorted(fields) for kind, fields in known.items()}
    if told != snapshot.withheld:
        snapshot.withheld = told
        snapshot.save(update_fields=["withheld"])


def hide(snapshot: Snapshot, broker_ids: Iterable[str]) -> None:
    """Note of whom the school lets us know nothing, so that nobody takes them for leavers."""
    snapshot.hidden = sorted({*snapshot.hidden, *broker_ids})
    snapshot.save(update_fields=["hidden"])


def close_snapshot(snapshot: Snapshot, *, problem: str = "") -> None:
    """Note how the snapshot ended: complete without a problem, else partial or, with nothing, failed."""
    came = [snapshot.employees_at, snapshot.classes_at, snapshot.pupils_at]
    if not problem and all(came):
        snapshot.state = SnapshotState.COMPLETE
    else:
        snapshot.state = SnapshotState.PARTIAL if any(came) else SnapshotState.FAILED
    snapshot.problem = problem[:1000]
    snapshot.finished_at = timezone.now()
    snapshot.save(update_fields=["state", "problem", "finished_at"])


def empty(snapshot: Snapshot) -> Snapshot:
    """Throw a snapshot's rows away; that it was, and its counts, stay."""
    for rows in (
        snapshot.employees,
        snapshot.pupils,
        snapshot.classes,
        snapshot.elsewhere,
        snapshot.issues,
    ):
        rows.all().delete()
    snapshot.emptied_at, snapshot.hidden = timezone.now(), []
    snapshot.save(update_fields=["emptied_at", "hidden"])
    return snapshot


def _stage(
    snapshot: Snapshot,
    table: str,
    kind: str,
    columns: tuple[str, ...],
    rows: Iterable[PulledEmployee | PulledClass | PulledPupil],
) -> int:
    """COPY the rows; one that the MIS sends twice under one key, or without a name, becomes a reject.

    In the order of their MIS IDs: ties between people who look the same are broken by our keys, and must not
    depend on the order in which they came.
    """
    rows = list(rows)
    withhold(snapshot, places_withheld(rows))
    seen: set[tuple[str, str]] = set()
    good: list[tuple[object, ...]] = []
    rejects: list[tuple[str, str]] = []
    for row in sorted(rows, key=lambda row: row.mis_id):
        key = (getattr(row, "kind", ""), row.mis_id)
        if key in seen:
            rejects.append((row.mis_id, "The MIS sent this record twice. The first was taken."))
        elif not has_name(row):
            rejects.append((row.mis_id, "The record has no name in the MIS. It was not taken."))
        else:
            seen.add(key)
            values = [fitting(name, getattr(row, name)) for name in columns]
            good.append((snapshot.school_id, snapshot.pk, *values))
    copy_rows(table, ("school_id", "snapshot_id", *columns), good)
    reject(snapshot, kind, rejects)
    return len(good)


def reject(snapshot: Snapshot, kind: str, rejects: Iterable[tuple[str, str]]) -> None:
    """Write down the records that were not taken, each with the reason."""
    StagedIssue.objects.bulk_create(
        StagedIssue(
            school_id=snapshot.school_id,
            snapshot=snapshot,
            kind=kind,
            record=record,
            message=message,
            is_reject=True,
        )
        for record, message in rejects
    )


def places_withheld(rows: Iterable[PulledEmployee | PulledClass | PulledPupil]) -> dict[str, list[str]]:
    """By kind, of which places these rows do not tell. One that does not is enough: nobody is moved on half a list."""
    found: dict[str, set[str]] = {}
    for row in rows:
        for name in PLACES:
            if getattr(row, name, ()) is None:
                kind = row.kind if isinstance(row, PulledClass) else "pupil"
                found.setdefault(kind, set()).add(name)
    return {kind: sorted(names) for kind, names in found.items()}


def columns_of(row: PulledEmployee | PulledClass | PulledPupil) -> tuple[str, ...]:
    """The columns that a pulled row fills; they have its fields' names."""
    return tuple(field.name for field in msgspec.structs.fields(type(row)))


def has_name(row: PulledEmployee | PulledClass | PulledPupil) -> bool:
    """Whether there is anything to call it by."""
    if isinstance(row, PulledClass):
        names = [row.name]
    else:
        names = [row.surname, row.legal_surname or "", row.forename, row.legal_forename or ""]
    return any(name.replace("\x00", "").strip() for name in names)


def fitting(name: str, value: object) -> object:
    """Text without NUL and blanks around it, cut to its column; lists for tuples; no place where none is told."""
    if value is None and name in PLACES:
        return PLACES[name]
    if isinstance(value, str):
        return value.replace("\x00", "").strip()[: _LONGEST.get(name, 200)]
    return list(value) if isinstance(value, tuple) else value


def _came_whole(snapshot: Snapshot, what: str, count: int) -> None:
    setattr(snapshot, f"{what}_at", timezone.now())
    snapshot.counts = {**snapshot.counts, what: count}
    snapshot.save(update_fields=[f"{what}_at", "counts"])
