"""Bring the newest complete snapshot up to date: only what changed is written, nothing is concluded from absence.

All of it needs the school's scope, and is part of the caller's transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from adminhub.hub.providers.values import Changes, PulledClass, PulledEmployee, PulledPupil
from adminhub.hub.staging.actions import (
    ELSEWHERE,
    LISTED,
    PLACES,
    columns_of,
    fitting,
    has_name,
    note_listed,
    places_withheld,
    reject,
)
from adminhub.hub.staging.errors import NotAmendable
from adminhub.hub.staging.models import Snapshot, StagedClass, StagedEmployee, StagedIssue, StagedPupil
from adminhub.hub.staging.news import tell

Pulled = PulledEmployee | PulledClass | PulledPupil
Staged = StagedEmployee | StagedClass | StagedPupil
AT_MOST = 0.25
"""Share of a list that may have changed; beyond it everything is fetched anew, which costs no more."""
A_FEW = 50
TOTALS = {"pupils": "pupil", "classes": "teaching"}


@dataclass(frozen=True, slots=True)
class Amended:
    """What a snapshot took in: how many records of each kind came, changed and went."""

    came: Mapping[str, int]
    changed: Mapping[str, int]
    went: Mapping[str, int]

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds (roster.Kind's words) of which anything is otherwise than before."""
        return frozenset({*self.came, *self.changed, *self.went})

    def as_counts(self) -> dict[str, dict[str, int]]:
        """The numbers, as JSON holds them."""
        return {"came": dict(self.came), "changed": dict(self.changed), "went": dict(self.went)}


def amend(snapshot: Snapshot, changes: Changes) -> Amended:
    """Write what is otherwise than staged: rows that came or changed, and the going of those named as gone.

    What is staged already writes nothing at all. Raises NotAmendable when too much has changed, keys were
    exchanged, or the broker counts other records than the snapshot then has; the caller then fetches everything.
    """
    _must_be_shared_as_before(snapshot, changes)
    came: dict[str, int] = {}
    changed: dict[str, int] = {}
    went: dict[str, int] = {}
    lists: tuple[tuple[type[Staged], tuple[Pulled, ...]], ...] = (
        (StagedEmployee, changes.employees),
        (StagedClass, (*changes.registration_groups, *changes.classes)),
        (StagedPupil, changes.pupils),
    )
    for model, rows in lists:
        merged = _merge(snapshot, model, rows, changes.gone)
        for counts, found in ((came, merged.came), (changed, merged.changed), (went, merged.went)):
            for row in found:
                counts[kind_of(row)] = counts.get(kind_of(row), 0) + 1
        keys = [row.pk for row in (*merged.changed, *merged.went)]
        _write(snapshot, model, merged)
        _tell(snapshot, model, [*keys, *(row.pk for row in merged.came)], merged)
    amended = Amended(came, changed, went)
    _must_agree(snapshot, changes.totals)
    _must_agree_about_staff(snapshot, amended, changes.totals.get("employees"))
    if amended.kinds:
        _count_anew(snapshot)
    return amended


def _must_be_shared_as_before(snapshot: Snapshot, changes: Changes) -> None:
    """A list of changes cannot tell what else has become readable, or no longer is."""
    rows: tuple[PulledClass | PulledPupil, ...] = (
        *changes.registration_groups,
        *changes.classes,
        *changes.pupils,
    )
    now = places_withheld(rows)
    for kind in {row.kind if isinstance(row, PulledClass) else "pupil" for row in rows}:
        if set(now.get(kind, ())) != set(snapshot.withheld.get(kind, ())) & PLACES.keys():
            raise NotAmendable("The school shares other things than before.")


def must_share_as_before(
    snapshot: Snapshot, withheld: Mapping[str, Iterable[str]], hidden: Collection[str]
) -> None:
    """Raise NotAmendable where the broker names other fields or people as not shared than for this snapshot."""
    if set(hidden) != set(snapshot.hidden):
        raise NotAmendable("The school shares other people than before.")
    for kind, names in withheld.items():
        known = set(snapshot.withheld.get(kind, ())) - PLACES.keys() - {ELSEWHERE}
        if set(names) - PLACES.keys() != known:
            raise NotAmendable("The school shares other things than before.")


def kind_of(row: Staged) -> str:
    """The roster's word for what a staged row is."""
    if isinstance(row, StagedClass):
        return row.kind
    return "employee" if isinstance(row, StagedEmployee) else "pupil"


@dataclass(frozen=True, slots=True)
class _Merged:
    came: list[Staged]
    changed: list[Staged]
    were: list[Staged]
    """What those that changed were before, in the same order."""
    went: list[Staged]
    nameless: list[str]


def _merge(snapshot: Snapshot, model: type[Staged], rows: Iterable[Pulled], gone: frozenset[str]) -> _Merged:
    """Lay what came beside what is staged, and keep what differs."""
    named = [row for row in rows if has_name(row)]
    nameless = [row.mis_id for row in rows if not has_name(row)]
    if not named and not gone:
        return _Merged([], [], [], [], nameless)
    staged = model._default_manager.filter(snapshot=snapshot)
    known = {
        row.broker_id: row for row in staged.filter(broker_id__in=[*gone, *(r.broker_id for r in named)])
    }
    by_key = {_key(row): row for row in staged.filter(mis_id__in=[row.mis_id for row in named])}
    came: list[Staged] = []
    changed: list[Staged] = []
    were: list[Staged] = []
    for row in _once(named):
        now = _made(model, snapshot, row)
        before = known.get(row.broker_id) or by_key.get(_key(now))
        if before is None:
            came.append(now)
        elif by_key.get(_key(now), before) != before:
            raise NotAmendable("Two records have exchanged their keys in the MIS.")
        elif differs(before, now, columns_of(row)):
            now.pk = before.pk
            changed.append(now)
            were.append(before)
    went = [row for key, row in known.items() if key in gone]
    if len(came) + len(changed) + len(went) > max(A_FEW, AT_MOST * staged.count()):
        raise NotAmendable("So much has changed that everything is fetched anew.")
    return _Merged(came, changed, were, went, nameless)


def _once(rows: Iterable[Pulled]) -> list[Pulled]:
    """The first of each key, as `stage_*` takes it."""
    return list({(getattr(row, "kind", ""), row.mis_id): row for row in reversed(list(rows))}.values())


def _key(row: Staged) -> tuple[str, str]:
    return getattr(row, "kind", ""), row.mis_id


def _made(model: type[Staged], snapshot: Snapshot, row: Pulled) -> Staged:
    values = {name: fitting(name, getattr(row, name)) for name in columns_of(row)}
    return model(school_id=snapshot.school_id, snapshot=snapshot, **values)


def differs(before: Staged, now: Staged, names: Iterable[str]) -> bool:
    """Whether any of these fields is otherwise. In what order a pupil's classes come says nothing."""
    return any(_value(before, name) != _value(now, name) for name in names)


def _value(row: Staged, name: str) -> object:
    value = getattr(row, name)
    return sorted(value) if name == "classes" else value


def _write(snapshot: Snapshot, model: type[Staged], merged: _Merged) -> None:
    rows: Any = model._default_manager
    if merged.went:
        rows.filter(pk__in=[row.pk for row in merged.went]).delete()
    if merged.changed:
        names = [field.name for field in model._meta.concrete_fields if field.name not in ("id", "school")]
        rows.bulk_update(merged.changed, [name for name in names if name != "snapshot"], batch_size=500)
    if merged.came:
        rows.bulk_create(merged.came, batch_size=1000)
    _reject(snapshot, model._meta.db_table.removeprefix("staged_"), merged.nameless)


def _tell(snapshot: Snapshot, model: type[Staged], keys: list[int], merged: _Merged) -> None:
    """Note what is otherwise now for the kinds that are settled, and in which classes pupils are or were."""
    places = Counter[str]()
    for row in (*merged.came, *merged.went):
        places.update(_places(row))
    for before, now in zip(merged.were, merged.changed, strict=True):
        is_same_year = _year(before) == _year(now)
        places.update(_places(before) ^ _places(now) if is_same_year else _places(before) | _places(now))
    tell(
        snapshot,
        employees=keys if model is StagedEmployee else (),
        classes=keys if model is StagedClass else (),
        pupils=keys if model is StagedPupil else (),
        places=places,
    )


def _places(row: Staged) -> set[str]:
    return (
        set(filter(None, (row.registration_group, *row.classes))) if isinstance(row, StagedPupil) else set()
    )


def _year(row: Staged) -> str | None:
    return row.year_group if isinstance(row, StagedPupil) else None


def _reject(snapshot: Snapshot, kind: str, records: list[str]) -> None:
    if not records:
        return
    message = "The record has no name in the MIS. What we had of it stays."
    known = StagedIssue.objects.filter(snapshot=snapshot, kind=kind, record__in=records, is_reject=True)
    fresh = set(records) - set(known.values_list("record", flat=True))
    reject(snapshot, kind, [(record, message) for record in sorted(fresh)])


def _must_agree(snapshot: Snapshot, totals: Mapping[str, int]) -> None:
    """The broker's own count is a check that nothing was missed between two looks."""
    for name, promised in totals.items():
        if name not in TOTALS:
            continue
        rows = (
            StagedPupil.objects.filter(snapshot=snapshot)
            if name == "pupils"
            else StagedClass.objects.filter(snapshot=snapshot, kind=TOTALS[name])
        )
        refused = StagedIssue.objects.filter(
            snapshot=snapshot, is_reject=True, kind={"pupils": "pupil", "classes": "class"}[name]
        )
        if not promised - refused.count() <= rows.count() <= promised:
            raise NotAmendable(f"The broker counts {promised} {name}, and we {rows.count()}.")


def _must_agree_about_staff(snapshot: Snapshot, amended: Amended, listed: int | None) -> None:
    """The same for staff: who has left may still be listed, so the count is held against the one before it.

    So those are found whom the school shares since, and who have not changed themselves.
    """
    before = snapshot.counts.get(LISTED)
    if listed is not None and before is not None:
        expected = before + amended.came.get("employee", 0) - amended.went.get("employee", 0)
        if listed != expected:
            raise NotAmendable(f"The broker lists {listed} staff, and we expected {expected}.")
    note_listed(snapshot, listed)


def _count_anew(snapshot: Snapshot) -> None:
    snapshot.counts = {
        **snapshot.counts,
        "employees": StagedEmployee.objects.filter(snapshot=snapshot).count(),
        "classes": StagedClass.objects.filter(snapshot=snapshot).count(),
        "pupils": StagedPupil.objects.filter(snapshot=snapshot).count(),
    }
    snapshot.save(update_fields=["counts"])
