"""Ids of our own for people whose export knows them by UPN, teacher number or name only. Pure.

An app sees a record's MIS id whatever it may see besides, so such a key must never become one.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from adminhub.mis.roster import Contact, Roster


@dataclass(frozen=True, slots=True)
class KnownIds:
    """The ids that people here have already, gone ones included, by what an export may know them by."""

    pupils: Mapping[str, str]
    employees: Mapping[str, str]


def with_own_ids(
    roster: Roster, known: KnownIds, *, draw: Callable[[], str] = lambda: secrets.token_hex(8)
) -> Roster:
    """The same roster under ids we give: a known person keeps theirs, also when their UPN has changed."""
    if "pupils" in roster.personal_ids:
        former = {pupil.mis_id: pupil.former_upn for pupil in roster.pupils}
        ids = _given(former, known.pupils, draw)
        roster = replace(
            roster,
            pupils=tuple(replace(pupil, mis_id=ids[pupil.mis_id]) for pupil in roster.pupils),
            classes=tuple(
                replace(group, pupils=tuple(ids[mis_id] for mis_id in group.pupils))
                for group in roster.classes
            ),
            contacts=tuple(_own_contacts(roster.contacts, ids)),
        )
    if "employees" in roster.personal_ids:
        ids = _given(dict.fromkeys(person.mis_id for person in roster.employees), known.employees, draw)
        roster = replace(
            roster,
            employees=tuple(replace(person, mis_id=ids[person.mis_id]) for person in roster.employees),
            classes=tuple(
                replace(group, employees=tuple(ids[mis_id] for mis_id in group.employees))
                for group in roster.classes
            ),
        )
    return replace(roster, personal_ids=frozenset())


def _own_contacts(contacts: Iterable[Contact], ids: Mapping[str, str]) -> Iterator[Contact]:
    """Such formats name a contact within one pupil, as "<pupil>-<number>"; any other id may be personal and goes."""
    for contact in contacts:
        pupil, _, number = contact.mis_id.rpartition("-")
        if pupil in ids and contact.pupils == (pupil,):
            yield replace(contact, mis_id=f"{ids[pupil]}-{number}", pupils=(ids[pupil],))


def _given(
    keys: Mapping[str, str | None], known: Mapping[str, str], draw: Callable[[], str]
) -> dict[str, str]:
    """One id for each key, with the key each person may have had before: theirs, that one's, or else a new one."""
    free, taken = dict(known), set(known.values())
    given = {key: free.pop(key) for key in keys if key in free}
    for key, before in keys.items():
        if key in given:
            continue
        if before is not None and before in free:
            given[key] = free.pop(before)
            continue
        drawn = draw()
        while drawn in taken:
            drawn = draw()
        taken.add(drawn)
        given[key] = drawn
    return given
