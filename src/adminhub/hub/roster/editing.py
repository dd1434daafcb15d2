"""Writing one person or class by hand: what is the school's, and its own value of what is the MIS's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

from adminhub.hub.core import audit
from adminhub.hub.roster.errors import BelongsToMIS, ChangedMeanwhile
from adminhub.hub.roster.feed import enter
from adminhub.hub.roster.models import (
    Employee,
    FeedEntry,
    FieldOverride,
    Kind,
    Pupil,
    SchoolClass,
)
from adminhub.hub.roster.ownership import MIS_FIELDS, OWNER, SCHOOL_FIELDS
from adminhub.hub.roster.queries import is_synced
from adminhub.hub.schools.models import User

Person = Employee | Pupil
Record = Person | SchoolClass


@transaction.atomic
def edit_record(
    *,
    record: Record,
    values: Mapping[str, Any],
    own: Collection[str],
    by: User,
    looked_at: str = "",
) -> list[str]:
    """Write these fields of a person or class. Returns the names of those that are otherwise than before.

    Of one that is synced, a field that is the MIS's is written only if it is among `own`: then the school
    keeps its value, whatever the MIS says, until it is given up. `looked_at` is the `version_of` the record as `by`
    saw it; empty: whatever it says by now is written over. Raises ChangedMeanwhile, BelongsToMIS; then nothing has
    changed.
    """
    kind = kind_of(record)
    names = (*MIS_FIELDS[kind], *SCHOOL_FIELDS[kind])
    row = _locked(record)
    if looked_at and looked_at != version_of(row):
        raise ChangedMeanwhile
    of_row = {OWNER[kind]: row}
    changed = [name for name in names if name in values and values[name] != getattr(row, name)]
    kept = set(FieldOverride.objects.filter(**of_row).values_list("field", flat=True))
    if is_synced(row):
        owned = {name for name in MIS_FIELDS[kind] if name not in own and name not in kept}
        if refused := [name for name in changed if name in owned]:
            raise BelongsToMIS(refused)
        fresh = [name for name in MIS_FIELDS[kind] if name in own and name not in kept]
        FieldOverride.objects.bulk_create(
            FieldOverride(
                school_id=row.school_id,
                field=name,
                mis_value=_as_json(getattr(row, name)),
                set_by=by,
                **of_row,
            )
            for name in fresh
        )
    else:
        fresh = []
    for name in changed:
        setattr(row, name, values[name])
    if changed or fresh:
        _write(row, changed, by, done="edited", fields=changed, kept=fresh)
    return changed


@transaction.atomic
def give_up_own_value(*, record: Record, field: str, by: User) -> bool:
    """Let a field be the MIS's again, and write what it said last. False when the school had no own value."""
    row = _locked(record)
    override = FieldOverride.objects.filter(**{OWNER[kind_of(record)]: row}, field=field).first()
    if override is None:
        return False
    if override.mis_value is not None:
        column = next(one for one in row._meta.concrete_fields if one.name == field)
        setattr(row, field, column.to_python(override.mis_value))
    override.delete()
    _write(row, [field], by, done="own_value_given_up", field=field)
    return True


def version_of(record: Record) -> str:
    """Says which state of a record somebody has looked at: another after every change."""
    return record.changed_at.isoformat()


def kind_of(record: Record) -> Kind:
    """Whether it is an employee, a pupil, or which kind of class."""
    if isinstance(record, SchoolClass):
        return Kind(record.kind)
    return Kind.EMPLOYEE if isinstance(record, Employee) else Kind.PUPIL


def _locked(record: Record) -> Record:
    row: Record = type(record).objects.select_for_update().get(pk=record.pk)
    return row


def _write(row: Record, names: Collection[str], by: User, *, done: str, **detail: Any) -> None:
    row.save(update_fields=[*names, "changed_at"])
    is_class = isinstance(row, SchoolClass)
    told = "class" if is_class else kind_of(row).value
    enter([FeedEntry(school_id=row.school_id, kind=told, sourced_id=row.sourced_id, change="changed")])
    action = f"{'class' if is_class else 'person'}.{done}"
    audit.record(by=by, action=action, subject=f"{told}:{row.pk}", **detail)


def _as_json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
