"""Ids of our own for people whose export knows them by UPN, teacher number or name only. Pure.

An app sees a record's MIS id whatever it may see besides, so such a key must never become one.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from adminhub.mis.roster import Roster


@dataclass(frozen=True, slots=True)
class KnownIds:
    """The ids that people here have already, gone ones included, by what an export may know them by."""

    pupils: Mapping[str, str]
    employees: Mapping[str, str]


def with_own_ids(
    roster: Roster, known: KnownIds, *, draw: Callable[[], str] = lambda: secrets.token_hex(8)
) -> Roster:
    """The same roster under ids we give: a known person keeps theirs, also when their UPN has changed."""
    if not roster.ids_are_personal:
        return roster
    pupils = _Ids(known.pupils, draw)
    for pupil in roster.pupils:
        pupils.keep(pupil.mis_id)
    for pupil in roster.pupils:
        pupils.give(pupil.mis_id, before=pupil.former_upn)
    employees = _Ids(known.employees, draw)
    for employee in roster.employees:
        employees.keep(employee.mis_id)
    for employee in roster.employees:
        employees.give(employee.mis_id)
    return replace(
        roster,
        pupils=tuple(replace(pupil, mis_id=pupils.of(pupil.mis_id)) for pupil in roster.pupils),
        employees=tuple(replace(person, mis_id=employees.of(person.mis_id)) for person in roster.employees),
        classes=tuple(
            replace(
                group,
                pupils=tuple(pupils.of(mis_id) for mis_id in group.pupils),
                employees=tuple(employees.of(mis_id) for mis_id in group.employees),
            )
            for group in roster.classes
        ),
        contacts=(),  # nobody is served contacts yet, and their ids are made of pupils'
        ids_are_personal=False,
    )


class _Ids:
    """One id for each key and one key for each id."""

    def __init__(self, known: Mapping[str, str], draw: Callable[[], str]) -> None:
        self._known = known
        self._draw = draw
        self._given: dict[str, str] = {}
        self._taken: set[str] = set(known.values())
        self._free = dict(known)

    def keep(self, key: str) -> None:
        """Who is known by this key keeps the id, before anybody else may."""
        if key in self._free:
            self._given[key] = self._free.pop(key)

    def give(self, key: str, *, before: str | None = None) -> None:
        """An id for the key: that of the key before, where nobody has it, or else a new one."""
        if key in self._given:
            return
        if before is not None and before in self._free:
            self._given[key] = self._free.pop(before)
            return
        drawn = self._draw()
        while drawn in self._taken:
            drawn = self._draw()
        self._taken.add(drawn)
        self._given[key] = drawn

    def of(self, key: str) -> str:
        return self._given[key]
