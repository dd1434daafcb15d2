"""Each side as columns of numbers: every name, date and number made comparable once. Missing is -1, or day 0."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from adminhub.hub.matching.names import fold
from adminhub.hub.matching.short_forms import FAMILIES, GIVEN_NAMES, MOST_FAMILIES
from adminhub.hub.matching.values import HubPerson, MISPerson, Who
from adminhub.mis.identifiers import tidy_upn

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
UNKNOWN_YEAR = -99
_PARTICLES = """
af al ap av bin bint da das de del della den der di do dos du e el i ibn la le les st ten ter v van vd von y zu
"""
PARTICLES = frozenset(_PARTICLES.split())
"""Small words of surnames that one system writes and the other drops."""
ROLE_ADDRESS = re.compile(
    r"(?:admin|bursar|contact|enquir(?:y|ies)|finance|head|hello|info|mail|office|post|reception|school|secretary)\d*$"
    r"|(?:.*[._-])?(?:family|parents?|household|home|office)(?:[._\d-].*)?$"
)
"""The part before the @ of an address that belongs to an office or a household, not to one person."""
UPN_LENGTH = 13
_CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_VALUE = np.full(128, -1, dtype=np.int64)
"""What each sign counts in a UPN's check, by its code; -1 for a sign that no UPN has."""
_VALUE[[ord(sign) for sign in "0123456789"]] = range(10)
_VALUE[[ord(sign) for sign in _CHECK_LETTERS]] = range(23)
_IS_DIGIT = np.isin(np.arange(128), [ord(sign) for sign in "0123456789"])
_SEX = {"f": 0, "female": 0, "m": 1, "male": 1}
_SEX_OF_TITLE = {"mr": 1, "sir": 1, "mrs": 0, "miss": 0, "ms": 0, "mx": -1}
_YEARS = {"n1": -2, "n2": -1, "r": 0, **{str(number): number for number in range(15)}}
_LEADING_YEAR = re.compile(r"^(?:year|yr|y)?\s*(?:1[0-4]|\d|r(?=[^a-z]|.$))\s*")


class Words:
    """Folded names as numbers; the same word has the same number on both sides, in every column."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._numbers: dict[str, int] = {}
        self._forenames: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        self._surnames: dict[str, tuple[int, tuple[int, ...]]] = {}
        self._known: tuple[Ints, Ints, Ints, Bools] | None = None

    def number(self, word: str) -> int:
        """The number of one folded word, -1 for none."""
        if not word:
            return -1
        found = self._numbers.get(word)
        if found is None:
            found = self._numbers[word] = len(self.all)
            self.all.append(word)
        return found

    def forename(self, raw: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The ways to read a first name (whole; its first word) and the words after the first, as middle names."""
        found = self._forenames.get(raw)
        if found is None:
            words = fold(raw).split()
            whole, first = self.number("".join(words)), self.number(words[0] if words else "")
            ways = (whole,) if whole == first else (whole, first)
            found = (ways if whole >= 0 else (), tuple(self.number(word) for word in words[1:]))
            self._forenames[raw] = found
        return found

    def surname(self, raw: str) -> tuple[int, tuple[int, ...]]:
        """A surname without blanks, Mac as Mc; and its words without the small ones."""
        found = self._surnames.get(raw)
        if found is None:
            words = [_mac(word) for word in fold(raw).split()]
            parts = [word for word in words if word not in PARTICLES] or words
            found = (self.number(_mac("".join(words))), tuple(self.number(word) for word in parts))
            self._surnames[raw] = found
        return found

    def freeze(self) -> None:
        """Work out what is asked of every word once: how long it is, its first letter, its families."""
        count = len(self.all)
        families = np.full((count, MOST_FAMILIES), -1, dtype=np.int64)
        for number, word in enumerate(self.all):
            if word in FAMILIES:
                of = FAMILIES[word]
                families[number, : len(of)] = of
        lengths = np.fromiter(map(len, self.all), dtype=np.int64, count=count)
        initials = np.fromiter((ord(word[0]) for word in self.all), dtype=np.int64, count=count)
        known = np.fromiter((word in GIVEN_NAMES for word in self.all), dtype=np.bool_, count=count)
        self._known = lengths, initials, families, known

    @property
    def frozen(self) -> tuple[Ints, Ints, Ints, Bools]:
        """Lengths, initials, families and whether it is a given name, by word."""
        if self._known is None:
            self.freeze()
        assert self._known is not None  # noqa: S101
        return self._known


def _mac(word: str) -> str:
    return "mc" + word[3:] if len(word) > 5 and word.startswith("mac") else word


class Codes:
    """Anything else as numbers: the same text has the same number on both sides."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._numbers: dict[str, int] = {}

    def column(self, texts: Sequence[str]) -> Ints:
        """The numbers of a column, -1 where it is blank."""
        numbers, every = self._numbers, self.all
        found = np.empty(len(texts), dtype=np.int64)
        for place, text in enumerate(texts):
            if not text:
                found[place] = -1
                continue
            number = numbers.get(text)
            if number is None:
                number = numbers[text] = len(every)
                every.append(text)
            found[place] = number
        return found


@dataclass(slots=True)
class Shared:
    """What both sides are written in terms of."""

    words: Words = field(default_factory=Words)
    numbers: Codes = field(default_factory=Codes)
    emails: Codes = field(default_factory=Codes)
    groups: Codes = field(default_factory=Codes)
    postcodes: Codes = field(default_factory=Codes)
    others: Codes = field(default_factory=Codes)


@dataclass(slots=True)
class Side:
    """One side's people, one row each. Columns with several places hold the ways one fact may be written."""

    keys: Ints
    forenames: Ints
    surnames: Ints
    parts: Ints
    middles: Ints
    birthday: Ints
    proofs: Ints
    """Numbers that prove something: valid, permanent UPNs (the former one too), teacher numbers."""
    numbers: Ints
    """The numbers as they stand, valid or not."""
    is_broken: Bools
    """Whether the first number fails its check letter."""
    email: Ints
    local: Ints
    domain: Ints
    is_role_address: Bools
    sex: Ints
    year: Ints
    group: Ints
    postcode: Ints
    outward: Ints
    ulns: Ints
    codes: Ints
    """Admission number, staff code: weak, for an MIS gives them out again."""
    day: Ints
    """When the hub account was made; when the MIS says the person started."""

    def __len__(self) -> int:
        return len(self.keys)


def side_of(people: Sequence[HubPerson] | Sequence[MISPerson], who: Who, shared: Shared) -> Side:
    """One side as columns."""
    words = shared.words
    names = [_names(person, words) for person in people]
    is_mis = bool(people) and isinstance(people[0], MISPerson)
    raw_numbers = [_tidy(person.number, who) for person in people]
    former = [_tidy(getattr(person, "former_number", ""), who) for person in people]
    proof, broken = _proofs(raw_numbers, who)
    former_proof, _ = _proofs(former, who)
    emails = [person.email.strip().lower() for person in people]
    locals_, domains = _halves(emails)
    codes = [person.code.strip().casefold() for person in people]
    postcodes = ["".join(person.postcode.split()).upper() for person in people]
    return Side(
        keys=np.fromiter((person.key for person in people), dtype=np.int64, count=len(people)),
        forenames=_padded([name[0] for name in names], 4),
        surnames=_padded([name[1] for name in names], 3),
        parts=_padded([name[2] for name in names], 4),
        middles=_padded([name[3] for name in names], 4),
        birthday=_days([person.birthday for person in people]),
        proofs=np.stack([shared.numbers.column(proof), shared.numbers.column(former_proof)], axis=1),
        numbers=np.stack([shared.numbers.column(raw_numbers), shared.numbers.column(former)], axis=1),
        is_broken=broken,
        email=shared.emails.column(emails),
        local=shared.emails.column(locals_),
        domain=shared.emails.column(domains),
        is_role_address=np.array(
            [bool(local) and ROLE_ADDRESS.match(local) is not None for local in locals_], dtype=np.bool_
        ),
        sex=np.array([_sex(person.sex, person.title) for person in people], dtype=np.int64),
        year=np.array([_YEARS.get(person.year_group.lower(), UNKNOWN_YEAR) for person in people], np.int64),
        group=shared.groups.column([_group(person.registration_group) for person in people]),
        postcode=shared.postcodes.column([code if len(code) > 4 else "" for code in postcodes]),
        outward=shared.postcodes.column([code[:-3] if len(code) > 4 else code for code in postcodes]),
        ulns=shared.others.column([person.uln.strip() for person in people]),
        codes=shared.others.column([f"#{code}" if code else "" for code in codes]),
        day=_days([person.started if is_mis else person.since for person in people]),  # type: ignore[union-attr]
    )


def _names(
    person: HubPerson | MISPerson, words: Words
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """First names, surnames, parts of surnames and middle names as numbers."""
    forename, surname = person.forename, person.surname
    if not forename.strip():
        forename, surname = _one_field(surname)
    ways, middles = words.forename(forename)
    whole, parts = words.surname(surname)
    surnames = (whole,) if whole >= 0 else ()
    if person.middle_names:
        ways_of_middle, rest = words.forename(person.middle_names)
        middles = (*middles, *ways_of_middle[-1:], *rest)
    forenames = person.legal_forename, person.former_forename
    others = person.legal_surname, person.former_surname
    if not any(forenames) and not any(others):
        return ways, surnames, parts, middles
    for other in filter(None, forenames):
        more, more_middles = words.forename(other)
        ways, middles = (*ways, *more), (*middles, *more_middles)
    for other in filter(None, others):
        whole, more_parts = words.surname(other)
        surnames, parts = (*surnames, whole), (*parts, *more_parts)
    return _once(ways), _once(surnames), _once(parts), _once(middles)


def _once(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(number for number in numbers if number >= 0))


def _one_field(surname: str) -> tuple[str, str]:
    """First name and surname from one column: "Ray, Kit" or "Kit Ray"."""
    if "," in surname:
        last, _, first = surname.partition(",")
        return first, last
    first, _, last = surname.strip().partition(" ")
    return (first, last) if last.strip() else ("", surname)


def _padded(rows: Sequence[tuple[int, ...]], width: int) -> Ints:
    found = np.full((len(rows), width), -1, dtype=np.int64)
    longest = min(max(map(len, rows), default=0), width)
    for place in range(longest):
        found[:, place] = [row[place] if len(row) > place else -1 for row in rows]
    return found[:, : max(longest, 1)]


def _days(days: Sequence[date | None]) -> Ints:
    return np.fromiter(
        (day.toordinal() if day is not None else 0 for day in days), dtype=np.int64, count=len(days)
    )


def _tidy(number: str, who: Who) -> str:
    return tidy_upn(number) if number and who is Who.PUPILS else number.strip().casefold()


def _proofs(numbers: Sequence[str], who: Who) -> tuple[list[str], Bools]:
    """Each number if it proves something, else blank; and whether it is one that fails its check.

    For UPNs the same as `mis.identifiers` says one by one, for a whole column at once.
    """
    if who is Who.EMPLOYEES:
        return list(numbers), np.zeros(len(numbers), dtype=np.bool_)
    letters = np.array(
        [number if len(number) == UPN_LENGTH else "" for number in numbers], dtype=f"U{UPN_LENGTH}"
    )
    signs = np.minimum(letters.view(np.uint32).reshape(len(numbers), UPN_LENGTH), len(_VALUE) - 1)
    value, is_digit = _VALUE[signs], _IS_DIGIT[signs]
    weighed = (value[:, 1:] * np.arange(2, UPN_LENGTH + 1)).sum(axis=1) % 23
    shaped = (value[:, 0] >= 0) & ~is_digit[:, 0] & is_digit[:, 1:-1].all(axis=1) & (value[:, -1] >= 0)
    is_valid = shaped & (weighed == value[:, 0])
    is_permanent = is_valid & is_digit[:, -1]
    filled = np.array([bool(number) for number in numbers], dtype=np.bool_)
    proofs = [number if proves else "" for number, proves in zip(numbers, is_permanent.tolist(), strict=True)]
    return proofs, filled & ~is_valid


def _halves(emails: Sequence[str]) -> tuple[list[str], list[str]]:
    pairs = [email.rpartition("@") for email in emails]
    return [before for before, _, _ in pairs], ["@" + after if before else "" for before, _, after in pairs]


def _sex(sex: str, title: str) -> int:
    known = _SEX.get(sex.strip().lower(), -1) if sex else -1
    return known if known >= 0 else _SEX_OF_TITLE.get(title.strip().lower().rstrip("."), -1) if title else -1


def _group(group: str) -> str:
    """A registration group without its year: 9E is next year's 10E."""
    if not group:
        return ""
    folded = fold(group)
    return _LEADING_YEAR.sub("", folded) or folded
