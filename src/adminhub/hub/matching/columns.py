"""Each side as columns of numbers: every name, date and number made comparable once. Missing is -1, or day 0."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from adminhub.hub.matching.names import fold
from adminhub.hub.matching.short_forms import FAMILIES, GIVEN_NAMES, MOST_FAMILIES
from adminhub.hub.matching.values import HubPerson, MISPerson, Who
from adminhub.mis.identifiers import tidy_upn

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
UNKNOWN_YEAR = -99
YEAR_AT, MONTH_AT = 9, 5
"""Where in a birthday's number year and month begin, by bits."""
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
_NO_EMAIL = "", "", ""
_Raw = TypeVar("_Raw")
_Read = TypeVar("_Read")
_LEADING_YEAR = re.compile(r"^(?:year|yr|y)?\s*(?:1[0-4]|\d|r(?=[^a-z]|.$))\s*")


class Words:
    """Folded names as numbers; the same word has the same number on both sides, in every column."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._numbers: dict[str, int] = {}
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

    def forename(self, raw: str) -> tuple[list[int], list[int]]:
        """The ways to read a first name (whole; its first word), and the words after the first, as middle names."""
        folded = fold(raw)
        first, *rest = folded.split(" ")
        if not rest:
            return ([self.number(first)] if first else []), []
        return [self.number("".join((first, *rest))), self.number(first)], [
            self.number(word) for word in rest
        ]

    def surname(self, raw: str) -> tuple[list[int], list[int]]:
        """A surname without blanks, Mac as Mc; and its words without the small ones."""
        words = [_mac(word) for word in fold(raw).split(" ")]
        if len(words) == 1:
            found = [self.number(words[0])] if words[0] else []
            return found, found
        parts = [word for word in words if word not in PARTICLES] or words
        return [self.number(_mac("".join(words)))], [self.number(word) for word in parts]

    def middles(self, raw: str) -> tuple[list[int], list[int]]:
        """Middle names, each word for itself; and nothing."""
        return [self.number(word) for word in fold(raw).split()], []

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
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)
        self._numbers[""] = -1
        self._texts: list[str] = []

    def column(self, texts: Sequence[str]) -> Ints:
        """The numbers of a column, -1 where it is blank."""
        return np.fromiter(map(self._numbers.__getitem__, texts), dtype=np.int64, count=len(texts))

    @property
    def all(self) -> list[str]:
        """The texts by their number."""
        if len(self._texts) != len(self._numbers) - 1:
            self._texts = list(self._numbers)[1:]
        return self._texts


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
    """Year, month and day in one number; 0 where it is missing."""
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
    forenames, surnames, parts, middles = _names(people, shared.words)
    is_mis = bool(people) and isinstance(people[0], MISPerson)
    raw_numbers = [_tidy(person.number, who) if person.number else "" for person in people]
    former = [""] * len(people)
    if is_mis:
        former = [_tidy(person.former_number, who) if person.former_number else "" for person in people]  # type: ignore[union-attr]
    proof, broken = _proofs(raw_numbers, who)
    former_proof, _ = _proofs(former, who)
    emails = [person.email.strip().lower() if person.email else "" for person in people]
    locals_, domains = _halves(emails)
    postcodes = _each(_postcode, [person.postcode for person in people])
    return Side(
        keys=np.fromiter((person.key for person in people), dtype=np.int64, count=len(people)),
        forenames=forenames,
        surnames=surnames,
        parts=parts,
        middles=middles,
        birthday=_birthdays([person.birthday for person in people]),
        proofs=np.stack([shared.numbers.column(proof), shared.numbers.column(former_proof)], axis=1),
        numbers=np.stack([shared.numbers.column(raw_numbers), shared.numbers.column(former)], axis=1),
        is_broken=broken,
        email=shared.emails.column(emails),
        local=shared.emails.column(locals_),
        domain=shared.emails.column(domains),
        is_role_address=np.array(
            [bool(local) and ROLE_ADDRESS.match(local) is not None for local in locals_], dtype=np.bool_
        ),
        sex=np.array(_each(_sex, [(person.sex, person.title) for person in people]), dtype=np.int64),
        year=np.array(_each(_year, [person.year_group for person in people]), np.int64),
        group=shared.groups.column(_each(_group, [person.registration_group for person in people])),
        postcode=shared.postcodes.column([code if len(code) > 4 else "" for code in postcodes]),
        outward=shared.postcodes.column([code[:-3] if len(code) > 4 else code for code in postcodes]),
        ulns=shared.others.column([person.uln.strip() for person in people]),
        codes=shared.others.column(_each(_code, [person.code for person in people])),
        day=_days([person.started if is_mis else person.since for person in people]),  # type: ignore[union-attr]
    )


def _each(read: Callable[[_Raw], _Read], column: Sequence[_Raw]) -> list[_Read]:
    """What each value of a column reads as; each different one is read once."""
    known = {raw: read(raw) for raw in dict.fromkeys(column)}
    return list(map(known.__getitem__, column))


def _names(people: Sequence[HubPerson] | Sequence[MISPerson], words: Words) -> tuple[Ints, Ints, Ints, Ints]:
    """First names, surnames, parts of surnames and middle names as numbers; what is in use comes first."""
    forenames, surnames = [person.forename for person in people], [person.surname for person in people]
    for place, forename in enumerate(forenames):
        if not forename or forename.isspace():
            forenames[place], surnames[place] = _one_field(surnames[place])
    ways, more = zip(
        _numbered(words.forename, forenames),
        _numbered(words.forename, [person.legal_forename for person in people]),
        _numbered(words.forename, [person.former_forename for person in people]),
        strict=True,
    )
    middles, _ = _numbered(words.middles, [person.middle_names for person in people])
    wholes, parts = zip(
        _numbered(words.surname, surnames),
        _numbered(words.surname, [person.legal_surname for person in people]),
        _numbered(words.surname, [person.former_surname for person in people]),
        strict=True,
    )
    return (
        _side_by_side(ways, 4),
        _side_by_side(wholes, 3),
        _side_by_side(parts, 4),
        _side_by_side((more[0], middles, *more[1:]), 4),
    )


def _numbered(read: Callable[[str], tuple[list[int], list[int]]], column: Sequence[str]) -> tuple[Ints, Ints]:
    """Both lists of numbers that each name reads as, a row for each person; each different name is read once."""
    places = {raw: place for place, raw in enumerate(dict.fromkeys(column))}
    first, second = zip(*map(read, places), strict=True) if places else ((), ())
    of_person = np.fromiter(map(places.__getitem__, column), dtype=np.int64, count=len(column))
    return _padded(first)[of_person], _padded(second)[of_person]


def _padded(rows: Sequence[Sequence[int]]) -> Ints:
    width = max(map(len, rows), default=0)
    found = np.full((len(rows), width), -1, dtype=np.int64)
    for place in range(width):
        found[:, place] = [row[place] if len(row) > place else -1 for row in rows]
    return found


def _side_by_side(columns: Sequence[Ints], width: int) -> Ints:
    """The columns as one table of at most `width`: in each row every number once, the blanks last."""
    found = np.concatenate(
        [one for one in columns if one.shape[1]] or [np.full((len(columns[0]), 1), -1)], axis=1
    )
    for place in range(1, found.shape[1]):
        again = (found[:, :place] == found[:, place, None]).any(axis=1)
        found[again, place] = -1
    is_blank = found < 0
    gaps = np.flatnonzero((is_blank[:, :-1] & ~is_blank[:, 1:]).any(axis=1))
    order = np.argsort(is_blank[gaps], axis=1, kind="stable")
    found[gaps] = np.take_along_axis(found[gaps], order, axis=1)
    used = int((found >= 0).any(axis=0).sum())
    return np.ascontiguousarray(found[:, : max(1, min(used, width))])


def _one_field(surname: str) -> tuple[str, str]:
    """First name and surname from one column: "Ray, Kit" or "Kit Ray"."""
    if "," in surname:
        last, _, first = surname.partition(",")
        return first, last
    first, _, last = surname.strip().partition(" ")
    return (first, last) if last.strip() else ("", surname)


def _birthdays(days: Sequence[date | None]) -> Ints:
    return np.array(
        [(day.year << YEAR_AT) | (day.month << MONTH_AT) | day.day if day is not None else 0 for day in days],
        dtype=np.int64,
    )


def _days(days: Sequence[date | None]) -> Ints:
    return np.array([day.toordinal() if day is not None else 0 for day in days], dtype=np.int64)


def _tidy(number: str, who: Who) -> str:
    return tidy_upn(number) if who is Who.PUPILS else number.strip().casefold()


def _proofs(numbers: Sequence[str], who: Who) -> tuple[list[str], Bools]:
    """Each number if it proves something, else blank; and whether it is one that fails its check.

    For UPNs the same as `mis.identifiers` says one by one, for a whole column at once.
    """
    broken = np.zeros(len(numbers), dtype=np.bool_)
    filled = [place for place, number in enumerate(numbers) if number]
    if who is Who.EMPLOYEES or not filled:
        return list(numbers), broken
    letters = np.array(
        [number if len(number) == UPN_LENGTH else "" for number in map(numbers.__getitem__, filled)],
        dtype=f"U{UPN_LENGTH}",
    )
    signs = np.minimum(letters.view(np.uint32).reshape(len(filled), UPN_LENGTH), len(_VALUE) - 1)
    value, is_digit = _VALUE[signs], _IS_DIGIT[signs]
    weighed = (value[:, 1:] @ np.arange(2, UPN_LENGTH + 1)) % 23
    shaped = (value[:, 0] >= 0) & ~is_digit[:, 0] & is_digit[:, 1:-1].all(axis=1) & (value[:, -1] >= 0)
    is_valid = shaped & (weighed == value[:, 0])
    broken[filled] = ~is_valid
    proofs = list(numbers)
    for place in np.array(filled)[~(is_valid & is_digit[:, -1])].tolist():
        proofs[place] = ""
    return proofs, broken


def _halves(emails: Sequence[str]) -> tuple[list[str], list[str]]:
    pairs = [email.rpartition("@") if email else _NO_EMAIL for email in emails]
    return [before for before, _, _ in pairs], ["@" + after if before else "" for before, _, after in pairs]


def _postcode(postcode: str) -> str:
    return "".join(postcode.split()).upper()


def _code(code: str) -> str:
    tidy = code.strip().casefold()
    return f"#{tidy}" if tidy else ""


def _year(year_group: str) -> int:
    return _YEARS.get(year_group.lower(), UNKNOWN_YEAR)


def _sex(said: tuple[str, str]) -> int:
    """Of what is said of sex and title."""
    sex, title = said
    known = _SEX.get(sex.strip().lower(), -1) if sex else -1
    return known if known >= 0 else _SEX_OF_TITLE.get(title.strip().lower().rstrip("."), -1) if title else -1


def _group(group: str) -> str:
    """A registration group without its year: 9E is next year's 10E."""
    if not group:
        return ""
    folded = fold(group)
    return _LEADING_YEAR.sub("", folded) or folded
