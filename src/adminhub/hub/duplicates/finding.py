"""Who may be in the hub twice: pairs of hub people, with what speaks for it and against it. Pure.

The rules, in the order they apply:
1. What a person decided stands: a pair that is not the same person is never named again.
2. Two valid UPNs, teacher numbers or ULNs that differ are two people. So are two records of the MIS, unless they
   share such a number: then the MIS has them twice itself, and the pair is named with that doubt.
3. Sure, if nothing contradicts it, nobody else could be meant, the first names are the same, and
   a. the number is the same (a UPN that is valid and not temporary, a ULN, a teacher number), and the surname;
      for pupils the birthday as well, for a twin's UPN is easily taken for one's own; or
   b. for pupils the admission number, the whole name and the birthday are the same; or
   c. for staff the e-mail and the whole name are the same.
4. Perhaps, with the doubt spelled out: the same name with the same, nearly the same or no birthday, or the same
   number or (staff) e-mail under another name. The same name and birthday alone is never sure: twins and namesakes
   have that. Two first names that are names of their own (Kit and Kim, Daniel and Danielle) with one birthday are
   taken for twins and not named.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date

from adminhub.hub.matching.names import Likeness, best, fold, is_same_but_for_a_slip
from adminhub.hub.matching.people import Who
from adminhub.hub.matching.values import ONLY_THE_NAME
from adminhub.mis.identifiers import is_temporary_upn, is_valid_upn

CROWD = 60
"""A key that so many people share says nothing; other keys will find them."""
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person of the hub. Blank or None: nobody told us, which is never a disagreement."""

    key: int
    forename: str = ""
    surname: str = ""
    legal_forename: str = ""
    legal_surname: str = ""
    birthday: date | None = None
    sex: str = ""
    number: str = ""
    """A pupil's UPN, an employee's teacher number."""
    uln: str = ""
    admission_number: str = ""
    email: str = ""
    year_group: str = ""
    is_in_mis: bool = False
    """Linked with a record that the MIS has now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Two people who are, or may be, one; the smaller key first."""

    first: int
    second: int
    is_sure: bool
    has_same_number: bool = False
    """A permanent UPN, a ULN or a teacher number speaks for it."""
    reasons: tuple[str, ...]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Person:
    known: Known
    forenames: tuple[str, ...]
    surnames: tuple[str, ...]
    numbers: frozenset[str]
    email: str


@dataclass(frozen=True, slots=True)
class _Pair:
    """What is known about two people being one."""

    one: _Person
    other: _Person
    forename: Likeness
    surname: Likeness
    birthday: Likeness
    same_number: bool
    other_number: bool
    same_admission: bool
    same_email: bool
    other_sex: bool

    @property
    def has_same_name(self) -> bool:
        return self.forename == self.surname == Likeness.SAME

    @property
    def is_twice_in_mis(self) -> bool:
        return self.one.known.is_in_mis and self.other.known.is_in_mis

    @property
    def keys(self) -> Pair:
        first, second = sorted((self.one.known.key, self.other.known.key))
        return first, second


def without_doubt(found: Sequence[Alike]) -> list[Alike]:
    """The pairs that may be merged several at once: sure, with the same permanent number, and nobody in two pairs."""
    named = Counter(key for pair in found for key in (pair.first, pair.second))
    return [
        pair
        for pair in found
        if pair.is_sure and pair.has_same_number and named[pair.first] == named[pair.second] == 1
    ]


def find_duplicates(people: Iterable[Known], *, who: Who, never: Set[Pair] = frozenset()) -> list[Alike]:
    """Everybody who is or may be known twice, the sure pairs first. The order of the people does not matter.

    `never` are the pairs that a person said are two people, the smaller key first.
    """
    everybody = [_comparable(person, who) for person in sorted(people, key=lambda person: person.key)]
    full_names = Counter(name for person in everybody for name in _full_names(person))
    numbers = Counter(number for person in everybody for number in person.numbers)
    emails = Counter(person.email for person in everybody if person.email)
    found = []
    for pair in _pairs(everybody):
        if pair.keys in never or not _is_worth_asking(pair, who):
            continue
        is_sure = _is_sure(pair, who, full_names, numbers, emails)
        first, second = pair.keys
        found.append(
            Alike(
                first=first,
                second=second,
                is_sure=is_sure,
                has_same_number=pair.same_number,
                reasons=_agreements(pair, who),
                doubts=() if is_sure else _doubts(pair, who),
            )
        )
    place = {person.known.key: (person.surnames, person.forenames) for person in everybody}
    return sorted(found, key=lambda one: (not one.is_sure, place[one.first], one.first, one.second))


def _comparable(person: Known, who: Who) -> _Person:
    return _Person(
        known=person,
        forenames=_folded(person.forename, person.legal_forename),
        surnames=_folded(person.surname, person.legal_surname),
        numbers=frozenset(_numbers(person, who)),
        email=person.email.strip().lower(),
    )


def _numbers(person: Known, who: Who) -> Iterator[str]:
    """The numbers that only one person may have."""
    number = person.number.strip().upper()
    if who is Who.EMPLOYEES:
        if number:
            yield f"teacher:{number}"
        return
    if is_valid_upn(number) and not is_temporary_upn(number):
        yield f"upn:{number}"
    if person.uln.strip():
        yield f"uln:{person.uln.strip()}"


def _folded(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded for name in names if (folded := fold(name))))


def _full_names(person: _Person) -> set[tuple[str, str]]:
    return {(surname, forename) for surname in person.surnames for forename in person.forenames}


def _pairs(everybody: list[_Person]) -> Iterator[_Pair]:
    """Every two people that share a key, once."""
    index: dict[Hashable, list[_Person]] = defaultdict(list)
    for person in everybody:
        for key in set(_keys(person)):
            index[key].append(person)
    seen: set[Pair] = set()
    for sharing in index.values():
        if len(sharing) > CROWD:
            continue
        for place, one in enumerate(sharing):
            for other in sharing[place + 1 :]:
                keys = (one.known.key, other.known.key)
                if keys not in seen:
                    seen.add(keys)
                    yield _compare(one, other)


def _keys(person: _Person) -> Iterator[Hashable]:
    for number in person.numbers:
        yield "number", number
    if person.email:
        yield "email", person.email
    for surname in person.surnames:
        for forename in person.forenames:
            yield "name", min(surname, forename), max(surname, forename)
            yield "initial", surname, forename[0]
            yield "start", surname[:3], forename
        if person.known.birthday:
            yield "birthday", surname[:2], person.known.birthday


def _compare(one: _Person, other: _Person) -> _Pair:
    forename, surname = best(one.forenames, other.forenames), best(one.surnames, other.surnames)
    crossed = (best(one.forenames, other.surnames), best(one.surnames, other.forenames))
    if min(forename, surname) < Likeness.ALIKE and min(crossed) == Likeness.SAME:
        forename, surname = crossed  # typed into each other's column
    ours, theirs = (_by_sort(person.numbers) for person in (one, other))
    both = ours.keys() & theirs.keys()
    admission = one.known.admission_number.strip()
    return _Pair(
        one=one,
        other=other,
        forename=forename,
        surname=surname,
        birthday=_compare_days(one.known.birthday, other.known.birthday),
        same_number=any(ours[sort] == theirs[sort] for sort in both),
        other_number=any(ours[sort] != theirs[sort] for sort in both),
        same_admission=bool(admission) and admission == other.known.admission_number.strip(),
        same_email=bool(one.email) and one.email == other.email,
        other_sex=bool(one.known.sex and other.known.sex) and one.known.sex != other.known.sex,
    )


def _by_sort(numbers: Iterable[str]) -> dict[str, str]:
    """The number of each sort; of two, the later in the alphabet."""
    found = {}
    for number in sorted(numbers):
        sort, _, digits = number.partition(":")
        found[sort] = digits
    return found


def _compare_days(one: date | None, other: date | None) -> Likeness:
    """SAME, ALIKE for one slip (day and month swapped, or one of three parts different), DIFFERENT or MISSING."""
    if one is None or other is None:
        return Likeness.MISSING
    if one == other:
        return Likeness.SAME
    swapped = (one.year, one.day, one.month) == (other.year, other.month, other.day)
    agreeing = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    return Likeness.ALIKE if swapped or agreeing == 2 else Likeness.DIFFERENT


def _is_worth_asking(pair: _Pair, who: Who) -> bool:
    """Rules 2 and 4: whether a person should look at the two at all."""
    if pair.other_number and not pair.same_number:
        return False
    if pair.same_number:
        return max(pair.forename, pair.surname) >= Likeness.ALIKE or pair.birthday == Likeness.SAME
    if pair.is_twice_in_mis or pair.birthday == Likeness.DIFFERENT:
        return False
    if pair.has_same_name:
        return pair.birthday >= Likeness.ALIKE or not _is_in_another_year(pair)
    if who is Who.EMPLOYEES:
        is_slip = pair.surname == Likeness.SAME and _is_slip(pair)
        return (pair.same_email and max(pair.forename, pair.surname) == Likeness.SAME) or is_slip
    near = pair.surname >= Likeness.ALIKE and (pair.forename == Likeness.SAME or _is_slip(pair))
    return near and pair.birthday == Likeness.SAME


def _is_in_another_year(pair: _Pair) -> bool:
    ours, theirs = pair.one.known.year_group, pair.other.known.year_group
    return bool(ours and theirs) and ours != theirs


def _is_slip(pair: _Pair) -> bool:
    """Whether the first names are a short form or a slip of each other, and not names of their own."""
    return any(
        is_same_but_for_a_slip(one, other) for one in pair.one.forenames for other in pair.other.forenames
    )


def _is_sure(
    pair: _Pair,
    who: Who,
    full_names: Mapping[tuple[str, str], int],
    numbers: Mapping[str, int],
    emails: Mapping[str, int],
) -> bool:
    """Rule 3."""
    if pair.other_number or pair.other_sex or pair.is_twice_in_mis or pair.forename != Likeness.SAME:
        return False
    if pair.birthday == Likeness.DIFFERENT or _has_namesake(pair, full_names):
        return False
    if pair.same_number and all(numbers[number] == 2 for number in pair.one.numbers & pair.other.numbers):
        is_born_alike = who is Who.EMPLOYEES or pair.birthday == Likeness.SAME
        return is_born_alike and pair.surname >= Likeness.ALIKE
    if not pair.has_same_name:
        return False
    if who is Who.EMPLOYEES:
        return pair.same_email and emails[pair.one.email] == 2
    return pair.same_admission and pair.birthday == Likeness.SAME


def _has_namesake(pair: _Pair, full_names: Mapping[tuple[str, str], int]) -> bool:
    """Whether a third person of the school has this name."""
    names = _full_names(pair.one) | _full_names(pair.other)
    ours = Counter(name for person in (pair.one, pair.other) for name in _full_names(person))
    return any(full_names[name] > ours[name] for name in names)


def _number_word(who: Who, pair: _Pair) -> str:
    shared = pair.one.numbers & pair.other.numbers
    if who is Who.EMPLOYEES:
        return "teacher number"
    return "UPN" if any(number.startswith("upn:") for number in shared) else "ULN"


def _agreements(pair: _Pair, who: Who) -> tuple[str, ...]:
    said = [
        (pair.same_number, f"Same {_number_word(who, pair)}"),
        (pair.has_same_name, "Same name"),
        (pair.forename == Likeness.SAME and pair.surname != Likeness.SAME, "Same first name"),
        (pair.surname == Likeness.SAME and pair.forename != Likeness.SAME, "Same surname"),
        (pair.birthday == Likeness.SAME, "Same birthday"),
        (pair.same_admission, "Same admission number"),
        (pair.same_email, "Same e-mail"),
    ]
    return tuple(sentence for holds, sentence in said if holds)


def _doubts(pair: _Pair, who: Who) -> tuple[str, ...]:
    said = [
        (pair.is_twice_in_mis, "Your MIS has both records: join them there first"),
        (
            pair.same_number and pair.forename <= Likeness.MISSING,
            f"Another first name: perhaps twins, with one {_number_word(who, pair)} mistyped",
        ),
        (Likeness.MISSING < pair.forename < Likeness.SAME, "First name only similar"),
        (pair.surname == Likeness.DIFFERENT, "Another surname"),
        (Likeness.DIFFERENT < pair.surname < Likeness.SAME, "Surname only similar"),
        (pair.birthday == Likeness.ALIKE, "Birthday only similar"),
        (pair.birthday == Likeness.DIFFERENT, "Another birthday"),
        (pair.other_number, "Another number as well"),
        (pair.other_sex, "Another sex"),
        (_is_in_another_year(pair), "Another year group"),
    ]
    doubts = tuple(sentence for holds, sentence in said if holds)
    if doubts:
        return doubts
    if pair.same_number:
        return ("No birthday to compare: perhaps a twin's number",)
    if pair.birthday == Likeness.SAME:
        return ("Namesakes and twins can share a name and a birthday: look closely",)
    return (ONLY_THE_NAME if not pair.same_email else "Somebody else has this name as well",)
