"""Who keeps their id when a school changes its MIS: pupils by UPN, staff by teacher number or e-mail. Pure.

Nobody is carried on a maybe: the number must be one person's on both sides, and what else is known must not contradict.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

from adminhub.mis.roster import Employee, Pupil, Roster
from adminhub.mis.text import folded

T = TypeVar("T")
PersonKind = Literal["pupil", "employee"]


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody we have published, whether served now or not, under the id apps know."""

    kind: PersonKind
    record_id: int
    mis_id: str
    is_current: bool
    forename: str
    surname: str
    born: date | None = None
    upn: str | None = None
    teacher_number: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """This person keeps their id, recognised by `by`."""

    person: KnownPerson
    new_mis_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Losing:
    """This person is served now and would not be any more under this id, and why."""

    person: KnownPerson
    reason: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """Somebody in the new data whom nobody known is: they get a new id."""

    kind: PersonKind
    name: str


@dataclass(frozen=True, slots=True)
class Move:
    """A rehearsal: nothing is written. `fingerprint` is the same as long as nothing of it changes."""

    carried: tuple[Carried, ...]
    losing: tuple[Losing, ...]
    fresh: tuple[Fresh, ...]

    @property
    def fingerprint(self) -> str:
        carried = sorted((c.person.kind, c.person.record_id, c.new_mis_id) for c in self.carried)
        losing = sorted((each.person.kind, each.person.record_id) for each in self.losing)
        return hashlib.sha256(repr((carried, losing, len(self.fresh))).encode()).hexdigest()


def rehearse(known: Sequence[KnownPerson], new: Roster) -> Move:
    """Who of the known keeps their id in the new data, who would lose it, and who is new."""
    pupils = [person for person in known if person.kind == "pupil"]
    staff = [person for person in known if person.kind == "employee"]
    carried = [
        *_pairs(pupils, new.pupils, _UPN),
        *_staff_pairs(staff, new.employees),
    ]
    kept = {(each.person.kind, each.person.record_id) for each in carried}
    found = {(each.person.kind, each.new_mis_id) for each in carried}
    reasons = _Reasons(new)
    return Move(
        carried=tuple(carried),
        losing=tuple(
            Losing(person, reasons.of(person))
            for person in known
            if person.is_current and (person.kind, person.record_id) not in kept
        ),
        fresh=(
            *(
                Fresh("pupil", _name(p))
                for p in new.pupils
                if ("pupil", p.mis_id) not in found and p.status == "on_roll"
            ),
            *(
                Fresh("employee", _name(p))
                for p in new.employees
                if ("employee", p.mis_id) not in found and p.status == "current"
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Key:
    """One number or address that may say that two are one person."""

    name: str
    of_known: Callable[[KnownPerson], str | None]
    of_new: Callable[[Pupil | Employee], str | None]


_UPN = _Key("UPN", lambda known: known.upn, lambda new: new.upn if isinstance(new, Pupil) else None)
_NUMBER = _Key(
    "teacher number",
    lambda known: known.teacher_number,
    lambda new: new.teacher_number if isinstance(new, Employee) else None,
)
_EMAIL = _Key(
    "e-mail address",
    lambda known: known.email.lower() if known.email else None,
    lambda new: new.email.lower() if new.email else None,
)


def _staff_pairs(known: Sequence[KnownPerson], new: Sequence[Employee]) -> list[Carried]:
    """By teacher number first, the rest by e-mail."""
    by_number = _pairs(known, new, _NUMBER)
    taken = {each.person.record_id for each in by_number}
    found = {each.new_mis_id for each in by_number}
    return [
        *by_number,
        *_pairs(
            [person for person in known if person.record_id not in taken],
            [person for person in new if person.mis_id not in found],
            _EMAIL,
        ),
    ]


def _pairs(known: Sequence[KnownPerson], new: Sequence[Pupil | Employee], key: _Key) -> list[Carried]:
    theirs = _once(new, key.of_new)
    ours = _once([person for person in known if not person.is_current], key.of_known)
    # Of two records with one number the one that is served now is meant; two served ones are a maybe.
    present = [person for person in known if person.is_current]
    ours = {value: each for value, each in ours.items() if value not in {key.of_known(p) for p in present}}
    ours |= _once(present, key.of_known)
    return [
        Carried(person, theirs[value].mis_id, key.name)
        for value, person in ours.items()
        if value in theirs and not _contradict(person, theirs[value])
    ]


def _once(people: Iterable[T], key: Callable[[T], str | None]) -> dict[str, T]:
    listed = [(value, person) for person in people if (value := key(person))]
    tally = Counter(value for value, _ in listed)
    return {value: person for value, person in listed if tally[value] == 1}


def _contradict(known: KnownPerson, new: Pupil | Employee) -> bool:
    """Another birthday; or, for staff, neither name the same (an address that went to somebody else)."""
    if known.born and new.date_of_birth and known.born != new.date_of_birth:
        return True
    if known.kind == "pupil":
        return False
    names = {folded(name) for name in _names(new)}
    return bool(names) and not {folded(known.forename), folded(known.surname)} & names


def _names(person: Pupil | Employee) -> list[str]:
    found = (
        person.legal_forename,
        person.preferred_forename,
        person.legal_surname,
        person.preferred_surname,
    )
    return [name for name in found if name]


def _name(person: Pupil | Employee) -> str:
    forename = person.preferred_forename or person.legal_forename or ""
    return f"{forename} {person.preferred_surname or person.legal_surname or ''}".strip()


class _Reasons:
    """Why somebody would lose their id, in a sentence."""

    def __init__(self, new: Roster) -> None:
        self.upns = Counter(pupil.upn for pupil in new.pupils if pupil.upn)
        self.numbers = {person.teacher_number for person in new.employees if person.teacher_number}
        self.emails = Counter(person.email.lower() for person in new.employees if person.email)

    def of(self, person: KnownPerson) -> str:
        if person.kind == "pupil":
            return self._of_pupil(person)
        if person.teacher_number in self.numbers or (person.email or "").lower() in self.emails:
            return "The number or address is that of somebody else, or of several, in the new data."
        if not person.teacher_number and not person.email:
            return "There is neither a teacher number nor an e-mail address to find them by."
        return "Neither the teacher number nor the e-mail address is in the new data."

    def _of_pupil(self, person: KnownPerson) -> str:
        if not person.upn:
            return "There is no UPN to find them by."
        if person.upn not in self.upns:
            return "The UPN is not in the new data."
        if self.upns[person.upn] > 1:
            return "Several pupils have this UPN in the new data."
        return "The UPN is in the new data with another birthday, or several known pupils have it."
