"""Several exports of one school made one roster, by a stated order of who is believed about what.

Who there is, is said by the first export in the order that lists such people; the others only fill what it cannot hold.
Nobody is joined on a maybe: pupils by UPN; staff by teacher number, by e-mail, or by full name and birthday together.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from adminhub.mis.refusal import Refused
from adminhub.mis.roster import ClassKind, Employee, Issue, PersonKind, Pupil, Reject, Roster, SchoolClass
from adminhub.mis.text import folded

# After an MIS's own export, which comes first whatever its format.
ORDER = ("ctf", "census", "workforce", "class-list")

# What may be believed from one file rather than another.
KINDS = ("pupils", "employees", "registration", "teaching")

_KINDS: tuple[ClassKind, ...] = ("registration", "teaching")
_NOT_FILLED = frozenset({"mis_id", "status", "schools", "registration_group", "registration_groups"})

Person = TypeVar("Person", Pupil, Employee)
Key = Callable[[Person], Hashable | None]


def is_beside(format: str) -> bool:
    """Whether files of this format are read beside an MIS's own export, and not against it."""
    return format in ORDER


def join(rosters: Sequence[Roster], *, believed: Mapping[str, str] | None = None) -> Roster:
    """One roster out of several. Raises Refused where they name different schools.

    Pupils, staff, registration groups and classes are each those of the first that has any: an MIS's own export, then
    a CTF, a School Census, a School Workforce Census, a list of classes. `believed` says otherwise: the format that
    comes first for a kind of `KINDS`. A class's people are found among the others' by number or e-mail; who is not
    found is rejected.
    """
    first = believed or {}
    parts = sorted(rosters, key=lambda roster: _rank(roster.format))
    _refuse_two_schools(parts)
    issues = [issue for roster in parts for issue in roster.issues]
    rejects = [reject for roster in parts for reject in roster.rejects]
    pupils = _join_people(
        [(part, part.pupils, part.holds_pupil) for part in _in_order(parts, first.get("pupils"))],
        "pupils",
        _PUPIL_KEYS,
        issues,
    )
    employees = _join_people(
        [(part, part.employees, part.holds_employee) for part in _in_order(parts, first.get("employees"))],
        "employees",
        _EMPLOYEE_KEYS,
        issues,
    )
    classes: list[SchoolClass] = []
    givers: list[Roster] = []
    for kind in _KINDS:
        ordered = _in_order(parts, first.get(kind))
        giver = next((part for part in ordered if any(group.kind == kind for group in part.classes)), None)
        if giver is not None:
            givers.append(giver)
            classes.extend(_classes_of(giver, kind, pupils, employees, rejects))
            _remark_on_other_classes(parts, giver, kind, issues)
    return Roster(
        format="+".join(
            roster.format for roster in parts if roster in (pupils.giver, employees.giver) or roster in givers
        ),
        as_at=parts[0].as_at,
        schools=next((part.schools for part in parts if part.schools), ()),
        pupils=_in_registration_groups(pupils.people, classes),
        employees=employees.people,
        classes=tuple(classes),
        contacts=pupils.giver.contacts,
        issues=tuple(issues),
        rejects=tuple(rejects),
        holds_pupil=pupils.holds | ({"registration_group"} if classes else frozenset()),
        holds_employee=employees.holds,
        registration_counts_as_membership=any(giver.registration_counts_as_membership for giver in givers),
        personal_ids=(pupils.giver.personal_ids & {"pupils"})
        | (employees.giver.personal_ids & {"employees"}),
        tables=_tables(givers, pupils.giver, employees.giver),
    )


@dataclass(frozen=True, slots=True)
class _Joined(Generic[Person]):
    """Everybody of one kind: who said who there is, and their ids by each part's own."""

    giver: Roster
    people: tuple[Person, ...]
    holds: frozenset[str]
    ids: Mapping[int, Mapping[str, str]]

    def found(self, part: Roster, mis_ids: Sequence[str]) -> tuple[str, ...]:
        ids = self.ids.get(id(part), {})
        return tuple(dict.fromkeys(ids[mis_id] for mis_id in mis_ids if mis_id in ids))


def _join_people(
    parts: Sequence[tuple[Roster, tuple[Person, ...], frozenset[str]]],
    kind: PersonKind,
    keys: Sequence[Key[Person]],
    issues: list[Issue],
) -> _Joined[Person]:
    giver, people, holds = next((part for part in parts if part[1]), parts[0])
    ids: dict[int, Mapping[str, str]] = {id(giver): {person.mis_id: person.mis_id for person in people}}
    for part, others, fields in parts:
        if part is giver or not others:
            continue
        ids[id(part)] = pairs = _pairs(people, others, keys)
        people = _filled(people, others, pairs, fields - holds - _NOT_FILLED)
        holds |= fields - _NOT_FILLED
        if part.format != "class-list":  # which holds no people, only their numbers
            _remark_on_strangers(part, kind, others, pairs, giver, issues)
    return _Joined(giver, people, holds, ids)


def _classes_of(
    giver: Roster,
    kind: ClassKind,
    pupils: _Joined[Pupil],
    employees: _Joined[Employee],
    rejects: list[Reject],
) -> Iterator[SchoolClass]:
    for group in giver.classes:
        if group.kind != kind:
            continue
        found = replace(
            group,
            pupils=pupils.found(giver, group.pupils),
            employees=employees.found(giver, group.employees),
        )
        for noun, lost in (
            ("pupils", len(group.pupils) - len(found.pupils)),
            ("staff", len(group.employees) - len(found.employees)),
        ):
            if lost:
                reason = f"{lost} of its {noun} could not be found among the people."
                rejects.append(Reject(f"class {group.name[:60]}", reason))
        yield found


def _remark_on_other_classes(
    parts: Sequence[Roster], giver: Roster, kind: ClassKind, issues: list[Issue]
) -> None:
    noun = "registration groups" if kind == "registration" else "classes"
    for part in parts:
        if part is not giver and any(group.kind == kind for group in part.classes):
            said = f"The {noun} are those of {_file(giver, 'classes')}; the ones in this file were not taken."
            issues.append(Issue(_file(part, "classes"), None, said))


def _tables(givers: Sequence[Roster], pupils: Roster, employees: Roster) -> dict[str, str]:
    """Which file a message about pupils, staff or classes should name."""
    tables = {kind: name for giver in reversed(givers) for kind, name in giver.tables.items()}
    for roster, kind in ((pupils, "pupils"), (employees, "employees")):
        tables.pop(kind, None)
        if kind in roster.tables:
            tables[kind] = roster.tables[kind]
    return tables


def _in_order(parts: Sequence[Roster], first: str | None) -> list[Roster]:
    """The parts with those of this format in front."""
    return sorted(parts, key=lambda part: part.format != first)


def _rank(format: str) -> int:
    return ORDER.index(format) + 1 if format in ORDER else 0


def _file(roster: Roster, kind: str) -> str:
    return roster.tables.get(kind) or next(iter(roster.tables.values()), roster.format)


def _refuse_two_schools(parts: Sequence[Roster]) -> None:
    numbers = [{school.laestab for school in roster.schools if school.laestab} for roster in parts]
    for place, roster in enumerate(parts):
        for before in range(place):
            if numbers[place] and numbers[before] and not numbers[place] & numbers[before]:
                raise Refused(
                    _file(roster, "pupils"),
                    f"This file is of school {', '.join(sorted(numbers[place]))}, and "
                    f"{_file(parts[before], 'pupils')} is of school {', '.join(sorted(numbers[before]))}.",
                    what_to_do="Give the files of one school.",
                )


def _pairs(main: Sequence[Person], other: Sequence[Person], keys: Sequence[Key[Person]]) -> dict[str, str]:
    """The main person's id by the other's, for those whom one key gives one and the same on both sides."""
    pairs: dict[str, str] = {}
    taken: set[str] = set()
    for key in keys:
        ours, theirs = _unique(main, key), _unique(other, key)
        for value in ours.keys() & theirs.keys():
            if theirs[value] not in pairs and ours[value] not in taken:
                pairs[theirs[value]] = ours[value]
                taken.add(ours[value])
    return pairs


def _unique(people: Sequence[Person], key: Key[Person]) -> dict[Hashable, str]:
    tally = Counter(value for person in people if (value := key(person)) is not None)
    return {
        value: person.mis_id for person in people if (value := key(person)) is not None and tally[value] == 1
    }


def _name_and_birthday(person: Employee) -> Hashable | None:
    if not (person.legal_surname and person.legal_forename and person.date_of_birth):
        return None
    return folded(person.legal_surname), folded(person.legal_forename), person.date_of_birth


_PUPIL_KEYS: tuple[Key[Pupil], ...] = (lambda pupil: pupil.upn,)
_EMPLOYEE_KEYS: tuple[Key[Employee], ...] = (
    lambda person: person.teacher_number,
    lambda person: person.email.lower() if person.email else None,
    _name_and_birthday,
)


def _filled(
    main: tuple[Person, ...], other: Sequence[Person], pairs: Mapping[str, str], fields: frozenset[str]
) -> tuple[Person, ...]:
    """The main people with these fields of the other's beside them."""
    found = {pairs[person.mis_id]: person for person in other if person.mis_id in pairs}
    return tuple(
        replace(person, **{name: getattr(found[person.mis_id], name) for name in fields})
        if person.mis_id in found
        else person
        for person in main
    )


def _remark_on_strangers(
    part: Roster,
    kind: PersonKind,
    people: Sequence[Person],
    pairs: Mapping[str, str],
    main: Roster,
    issues: list[Issue],
) -> None:
    """Say how many who are here now nobody else lists; who has left may well be in one file only."""
    strangers = sum(
        1 for person in people if person.mis_id not in pairs and person.status in ("on_roll", "current")
    )
    if strangers:
        noun = "pupils" if kind == "pupils" else "staff"
        said = f"{strangers} of its {noun} could not be found in {_file(main, kind)} and were left out."
        issues.append(Issue(_file(part, kind), None, said))


def _in_registration_groups(pupils: tuple[Pupil, ...], classes: Sequence[SchoolClass]) -> tuple[Pupil, ...]:
    names = {
        mis_id: group.name
        for group in reversed(classes)
        if group.kind == "registration"
        for mis_id in group.pupils
    }
    return tuple(
        replace(pupil, registration_group=pupil.registration_group or names.get(pupil.mis_id))
        for pupil in pupils
    )
