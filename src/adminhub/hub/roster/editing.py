"""Writing one person by hand: what is the school's, and its own value of what is the MIS's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

from adminhub.hub.core import audit
from adminhub.hub.roster.errors import BelongsToMIS
from adminhub.hub.roster.feed import enter
from adminhub.hub.roster.models import Employee, FeedEntry, FieldOverride, Kind, MISLink, Pupil
from adminhub.hub.roster.ownership import MIS_FIELDS, SCHOOL_FIELDS
from adminhub.hub.schools.models import User

Person = Employee | Pupil


@transaction.atomic
def edit_person(*, person: Person, values: Mapping[str, Any], own: Collection[str], by: User) -> list[str]:
    """Write these fields of a person. Returns the names of those that are otherwise than before.

    Of somebody who is synced, a field that is the MIS's is written only if it is among `own`: then the school
    keeps its value, whatever the MIS says, until it is given up. Raises BelongsToMIS; then nothing has changed.
    """
    kind = kind_of(person)
    names = (*MIS_FIELDS[kind], *SCHOOL_FIELDS[kind])
    row = _locked(person)
    changed = [name for name in names if name in values and values[name] != getattr(row, name)]
    is_synced = MISLink.objects.filter(**{kind.value: row}, lost_at__isnull=True).exists()
    kept = set(FieldOverride.objects.filter(**{kind.value: row}).values_list("field", flat=True))
    if is_synced:
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
                **{kind.value: row},
            )
            for name in fresh
        )
    else:
        fresh = []
    for name in changed:
        setattr(row, name, values[name])
    if changed or fresh:
        _write(row, changed, by, action="person.edited", fields=changed, kept=fresh)
    return changed


@transaction.atomic
def give_up_own_value(*, person: Person, field: str, by: User) -> bool:
    """Let a field be the MIS's again, and write what it said last. False when the school had no own value."""
    kind = kind_of(person)
    row = _locked(person)
    override = FieldOverride.objects.filter(**{kind.value: row}, field=field).first()
    if override is None:
        return False
    if override.mis_value is not None:
        column = next(one for one in row._meta.concrete_fields if one.name == field)
        setattr(row, field, column.to_python(override.mis_value))
    override.delete()
    _write(row, [field], by, action="person.own_value_given_up", field=field)
    return True


def kind_of(person: Person) -> Kind:
    """Whether it is an employee or a pupil."""
    return Kind.EMPLOYEE if isinstance(person, Employee) else Kind.PUPIL


def _locked(person: Person) -> Person:
    row: Person = type(person).objects.select_for_update().get(pk=person.pk)
    return row


def _write(row: Person, names: Collection[str], by: User, *, action: str, **detail: Any) -> None:
    row.save(update_fields=[*names, "changed_at"])
    kind = kind_of(row)
    enter([FeedEntry(school_id=row.school_id, kind=kind.value, sourced_id=row.sourced_id, change="changed")])
    audit.record(by=by, action=action, subject=f"{kind.value}:{row.pk}", **detail)


def _as_json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
