"""What would change: from the pairs a review settled to a list of changes. Pure.

Fields the MIS owns are overwritten, but an empty value never blanks one of ours, and one that was not
permitted never touches it. A hub record without a partner changes only if it was linked: it is marked.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from adminhub.hub.matching.names import Likeness, compare, fold
from adminhub.hub.planning.values import (
    Change,
    ChangeKind,
    Fields,
    HubRecord,
    Membership,
    MISRecord,
    Pairing,
    Value,
)

LEFT_MIS, NOT_SHARED = "left_mis", "not_shared"
ID_TAKEN = "Its MIS ID belongs to another now"


def diff_records(
    pairings: Iterable[Pairing],
    *,
    lost: Iterable[HubRecord] = (),
    unlinked: Iterable[HubRecord] = (),
    replaced: Iterable[HubRecord] = (),
    not_shared: Iterable[HubRecord] = (),
    new_id: Callable[[], uuid.UUID] = uuid.uuid4,
) -> list[Change]:
    """The changes that make the hub agree with what was settled, one record after the other.

    `lost` are linked records that a complete snapshot no longer has, `not_shared` those of them whom the school
    keeps from us; `unlinked` those a person took apart; `replaced` those whose MIS ID belongs to another record
    now, so that they cannot keep the link.
    """
    kept_back = {record.key for record in not_shared}
    by_hand, gone = list(unlinked), {record.key: record for record in replaced}
    changes = [_unlink(record, "Unmatched by hand") for record in by_hand]
    apart = {record.key for record in by_hand}
    changes += [_unlink(record, ID_TAKEN) for key, record in gone.items() if key not in apart]
    for pairing in pairings:
        changes += _join(pairing, new_id()) if pairing.hub is None else _follow(pairing.hub, pairing)
    changes += [
        _lose(record, NOT_SHARED if record.key in kept_back else LEFT_MIS)
        for record in lost
        if record.link is not None and not record.link.is_lost and record.key not in gone
    ]
    return changes


def _join(pairing: Pairing, sourced_id: uuid.UUID) -> Iterator[Change]:
    yield Change(
        kind=ChangeKind.JOIN, sourced_id=sourced_id, after=dict(pairing.mis.fields), reason=pairing.reason
    )
    yield _linked(pairing.mis, sourced_id, None, pairing.reason)


def _follow(hub: HubRecord, pairing: Pairing) -> Iterator[Change]:
    mis, link = pairing.mis, hub.link
    if link is None:
        yield _linked(mis, hub.sourced_id, hub.key, pairing.reason)
    elif (link.mis_id, link.broker_id) != (mis.mis_id, mis.broker_id):
        yield Change(
            kind=ChangeKind.RELINK,
            sourced_id=hub.sourced_id,
            key=hub.key,
            before={"mis_id": link.mis_id, "broker_id": link.broker_id},
            after=_keys(mis),
            reason="The MIS ID has changed" if link.mis_id != mis.mis_id else "The broker's key has changed",
        )
    if link is not None and link.is_lost:
        yield Change(
            kind=ChangeKind.RETURN, sourced_id=hub.sourced_id, key=hub.key, reason="In the MIS again"
        )
    if hub.is_archived:
        yield Change(
            kind=ChangeKind.UNARCHIVE, sourced_id=hub.sourced_id, key=hub.key, reason="In the MIS again"
        )
    after = changed_fields(hub.fields, mis.fields)
    yield from _keep(hub, {name: after.pop(name) for name in hub.kept & after.keys()})
    after.update(_former_surname(hub, after))
    if after:
        yield Change(
            kind=ChangeKind.UPDATE,
            sourced_id=hub.sourced_id,
            key=hub.key,
            before={name: hub.fields.get(name) for name in after},
            after=after,
            reason="The MIS says so",
        )


def _former_surname(hub: HubRecord, after: Fields) -> Fields:
    """Who has another surname now is known by the one before as well. A slip that the MIS corrected is none."""
    was, now = hub.fields.get("surname"), after.get("surname")
    if not (isinstance(was, str) and isinstance(now, str)) or was == hub.fields.get("former_surname"):
        return {}
    is_another = compare(fold(was), fold(now)) == Likeness.DIFFERENT
    return {"former_surname": was} if is_another else {}


def _keep(hub: HubRecord, theirs: Fields) -> Iterator[Change]:
    """Fields of which the school keeps its own value, where the MIS says something else."""
    if theirs:
        yield Change(
            kind=ChangeKind.KEEP,
            sourced_id=hub.sourced_id,
            key=hub.key,
            before={name: hub.fields.get(name) for name in theirs},
            after=theirs,
            reason="Kept: your school's own value",
            is_skipped=True,
        )


def changed_fields(ours: Fields, theirs: Fields) -> dict[str, Value]:
    """The fields that the MIS fills with something else than we have."""
    return {name: value for name, value in theirs.items() if _is_filled(value) and value != ours.get(name)}


def _is_filled(value: Value) -> bool:
    return value is not None and value != "" and value != []


def _linked(mis: MISRecord, sourced_id: uuid.UUID, key: int | None, reason: str) -> Change:
    return Change(kind=ChangeKind.LINK, sourced_id=sourced_id, key=key, after=_keys(mis), reason=reason)


def _keys(mis: MISRecord) -> Fields:
    return {"mis_id": mis.mis_id, "broker_id": mis.broker_id, "upi": mis.upi}


def _unlink(record: HubRecord, reason: str) -> Change:
    link = record.link
    return Change(
        kind=ChangeKind.UNLINK,
        sourced_id=record.sourced_id,
        key=record.key,
        before={"mis_id": link.mis_id, "broker_id": link.broker_id} if link else {},
        reason=reason,
    )


def _lose(record: HubRecord, why: str) -> Change:
    return Change(
        kind=ChangeKind.LOSE,
        sourced_id=record.sourced_id,
        key=record.key,
        after={"lost_why": why},
        reason="No longer shared with Admin Hub" if why == NOT_SHARED else "No longer in what the MIS sends",
    )


def diff_memberships(
    *,
    wanted: Mapping[tuple[uuid.UUID, uuid.UUID], bool],
    current: Iterable[Membership],
    synced_people: set[uuid.UUID],
    synced_classes: set[uuid.UUID],
    registration_groups: set[uuid.UUID],
) -> Iterator[Change]:
    """Who joins and who leaves which class, one by one, for a large school has a hundred thousand places.

    `wanted` maps person and class to "is the main teacher".

    The MIS decides only where it knows both the person and the class. A registration group of our own is
    left when the MIS names another one, for a pupil has one. Nobody leaves a class that the MIS does not know.
    """
    now = list(current)
    has = {(one.person, one.school_class) for one in now}
    registered = {person for person, where in wanted if where in registration_groups}
    for place, is_main in wanted.items():
        if place not in has:
            person, where = place
            yield Change(
                kind=ChangeKind.ENROL,
                sourced_id=person,
                after={"school_class": str(where), "is_main_teacher": is_main},
                reason="In this class in the MIS",
            )
    for one in now:
        if one.person not in synced_people or (one.person, one.school_class) in wanted:
            continue
        knows_class = one.school_class in synced_classes
        has_moved = one.school_class in registration_groups and one.person in registered
        if knows_class or has_moved:
            yield Change(
                kind=ChangeKind.LEAVE_CLASS,
                sourced_id=one.person,
                row=one.enrolment,
                reason="In another registration group in the MIS"
                if has_moved
                else "No longer in this class in the MIS",
            )


def counted_as(change: Change) -> str:
    """The word under which a plan counts a change: its kind, or for what is skipped `skipped` or `kept`."""
    if not change.is_skipped:
        return change.kind.value
    return "kept" if change.kind is ChangeKind.KEEP else "skipped"


def fields_of(record: object, names: Iterable[str]) -> dict[str, Value]:
    """A row's fields as JSON holds them."""
    found: dict[str, Value] = {}
    for name in names:
        value = getattr(record, name)
        found[name] = value.isoformat() if hasattr(value, "isoformat") else cast(Value, value)
    return found
