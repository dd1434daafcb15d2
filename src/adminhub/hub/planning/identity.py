"""Who an MIS record is, in keys that outlive its number there: a decision holds after a change of MIS too. Pure.

A number alone cannot carry a decision: another MIS gives the same number to another child.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adminhub.hub.matching.names import fold
from adminhub.hub.matching.values import Decided, MISPerson
from adminhub.mis.identifiers import is_temporary_upn

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What a person once decided. `is_same` None: this MIS record is to be ignored, and `hub` is None too."""

    hub: int | None
    mis_id: str
    is_same: bool | None
    keys: Keys = ()


def keys_of(person: MISPerson) -> Keys:
    """The keys by which a person is known again, the surest first."""
    forename = fold(person.forename or person.legal_forename)
    surname = fold(person.surname or person.legal_surname)
    birthday = person.birthday.isoformat() if person.birthday else ""
    number = "" if is_temporary_upn(person.number) else person.number
    said = (
        (number, f"number:{number}"),
        (person.email, f"email:{person.email.lower()}"),
        (birthday, f"name:{forename} {surname}|{birthday}"),
        (not birthday, f"alone:{forename} {surname}"),
        (birthday, f"born:{forename}|{birthday}"),
    )
    return tuple(key for is_known, key in said if is_known)


def _carries(key: str, one: Remembered) -> bool:
    """Whether a key is enough to know the record again. Nobody is merged on a bare name."""
    return key.startswith(("number:", "email:", "name:")) or (key.startswith("alone:") and not one.is_same)


def resolve(remembered: Iterable[Remembered], present: Mapping[str, Keys]) -> Decided:
    """What was decided, oldest first, in terms of the records of today: `present` has their keys by mis_id.

    A record that has gone is looked for by its keys; a number that has become somebody else's carries nothing.
    The newest decision on a pair stands, and a record has one partner at most.
    """
    holders: dict[str, set[str]] = defaultdict(set)
    for mis_id, keys in present.items():
        for key in keys:
            holders[key].add(mis_id)
    pairs: dict[tuple[int, str], bool] = {}
    ignored: set[str] = set()
    for one in remembered:
        today = _now(one, present, holders)
        if today is None:
            continue
        if one.hub is None or one.is_same is None:
            ignored.add(today)
        else:
            pairs.pop((one.hub, today), None)
            pairs[one.hub, today] = one.is_same
    by_hub = {hub: mis_id for (hub, mis_id), is_same in pairs.items() if is_same}
    by_mis = {mis_id: hub for hub, mis_id in by_hub.items()}
    return Decided(
        same=frozenset((hub, mis_id) for mis_id, hub in by_mis.items()),
        different=frozenset(pair for pair, is_same in pairs.items() if not is_same),
        ignored=frozenset(ignored),
    )


def _now(one: Remembered, present: Mapping[str, Keys], holders: Mapping[str, set[str]]) -> str | None:
    theirs = present.get(one.mis_id)
    if theirs is not None and (not one.keys or not theirs or set(one.keys) & set(theirs)):
        return one.mis_id
    for key in one.keys:
        found = holders.get(key, set()) if _carries(key, one) else set()
        if len(found) == 1:
            return next(iter(found))
    return one.mis_id if theirs is None else None
