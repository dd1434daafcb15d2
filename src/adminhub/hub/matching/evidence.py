"""How two people compare, field by field: a level for each, never one similarity. Missing is a level of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, Prefix
from rapidfuzz.process import cpdist

from adminhub.hub.matching.candidates import Pairs
from adminhub.hub.matching.columns import MONTH_AT, UNKNOWN_YEAR, YEAR_AT, Bools, Ints, Shared, Side, Words

Levels = NDArray[np.int8]
SETTLED_DAYS = 110
"""An account made more than this many days before somebody started is another person's: a term and a holiday."""
AT_ONCE = 1 << 16
"""Pairs compared at a time: their columns fit the processor's memory, and a list of any length fits the computer's."""
FEWEST_SURE = 5
"""Sure pairs needed before the school's own year offset is believed."""


class Forename(IntEnum):
    MISSING = 0
    SAME = 1
    SHORT = 2
    """A usual short form or spelling."""
    SLIP = 3
    """One slip of the pen apart, and one of the two is no name of its own."""
    NEAR = 4
    """Alike, but each a name of its own: perhaps a twin."""
    MIDDLE = 5
    """One's first name is the other's middle name."""
    INITIAL = 6
    DIFFERENT = 7


class Surname(IntEnum):
    MISSING = 0
    SAME = 1
    HALF = 2
    """Half of a double-barrelled name, or its halves turned round."""
    SLIP = 3
    DIFFERENT = 4


class Birthday(IntEnum):
    MISSING = 0
    SAME = 1
    NEAR = 2
    """Day and month exchanged, or one of the three parts different."""
    DIFFERENT = 3


class Number(IntEnum):
    MISSING = 0
    SAME = 1
    TEMPORARY = 2
    """The same temporary UPN."""
    NEAR = 3
    """One of the two fails its check letter and is a slip of the other."""
    OTHER = 4
    """Two valid numbers that differ."""


class Email(IntEnum):
    MISSING = 0
    SAME = 1
    """The same address, held by one person on each side."""
    SHARED = 2
    """The same address, but several people's, or an office's or a household's."""
    LOCAL = 3
    """The same before the @, at another place."""
    OTHER = 4
    """Another address at the same place."""
    ELSEWHERE = 5


class Middle(IntEnum):
    MISSING = 0
    SAME = 1
    OTHER = 2


class Year(IntEnum):
    MISSING = 0
    SAME = 1
    NEXT = 2
    OTHER = 3


class Postcode(IntEnum):
    MISSING = 0
    SAME = 1
    AREA = 2
    OTHER = 3


class Agreement(IntEnum):
    """For what is the same or not: sex, registration group, ULN, weak codes; and for whether the dates fit."""

    MISSING = 0
    SAME = 1
    OTHER = 2


FIELDS: dict[str, type[IntEnum]] = {
    "forename": Forename,
    "surname": Surname,
    "birthday": Birthday,
    "number": Number,
    "email": Email,
    "sex": Agreement,
    "middle": Middle,
    "year": Year,
    "group": Agreement,
    "postcode": Postcode,
    "uln": Agreement,
    "code": Agreement,
    "dates": Agreement,
}


@dataclass(slots=True)
class Evidence:
    """The level of each field for each pair, and what some levels rest on."""

    forename: Levels
    surname: Levels
    birthday: Levels
    number: Levels
    email: Levels
    sex: Levels
    middle: Levels
    year: Levels
    group: Levels
    postcode: Levels
    uln: Levels
    code: Levels
    dates: Levels
    swapped: Bools
    """First name and surname stand in each other's column."""
    same_forename: Ints
    """The word that agrees, -1 for none: how common it is decides what it is worth."""
    same_surname: Ints
    offset: int = 0
    """How many years the hub's year groups are behind the MIS's."""

    def __len__(self) -> int:
        return len(self.forename)


_BY_PAIR = (*FIELDS, "swapped", "same_forename", "same_surname")


def compare(hub: Side, mis: Side, pairs: Pairs, shared: Shared, *, offset: int | None = None) -> Evidence:
    """Compare the two people of each pair. `offset` is how many years the hub is behind; None: see from the pairs."""
    starts = range(0, max(len(pairs), 1), AT_ONCE)
    parts = [
        _compare(hub, mis, pairs.hub[at : at + AT_ONCE], pairs.mis[at : at + AT_ONCE], shared)
        for at in starts
    ]
    evidence = parts[0]
    for name in _BY_PAIR:
        setattr(evidence, name, np.concatenate([getattr(part, name) for part in parts]))
    ours, theirs = hub.year[pairs.hub], mis.year[pairs.mis]
    evidence.offset = _year_offset(ours, theirs, evidence) if offset is None else offset
    evidence.year = _years(ours, theirs, evidence.offset)
    return evidence


def _compare(hub: Side, mis: Side, left: Ints, right: Ints, shared: Shared) -> Evidence:
    """Everything but the years, for some pairs."""
    forename, same_forename = _forenames(hub, mis, left, right, shared.words)
    surname, same_surname = _surnames(hub, mis, left, right, shared.words)
    crossed_first = _common(hub.forenames[left], mis.surnames[right])
    crossed_last = _common(hub.surnames[left], mis.forenames[right])
    straight = (forename == Forename.SAME) & (surname == Surname.SAME)
    swapped = (crossed_first >= 0) & (crossed_last >= 0) & ~straight
    forename[swapped] = Forename.SAME
    surname[swapped] = Surname.SAME
    return Evidence(
        forename=forename,
        surname=surname,
        birthday=_birthdays(hub.birthday[left], mis.birthday[right]),
        number=_numbers(hub, mis, left, right, shared),
        email=_emails(hub, mis, left, right),
        sex=_agreement(hub.sex[left], mis.sex[right]),
        middle=_middles(hub, mis, left, right, shared.words),
        year=np.zeros(len(left), dtype=np.int8),
        group=_agreement(hub.group[left], mis.group[right]),
        postcode=_postcodes(hub, mis, left, right),
        uln=_agreement(hub.ulns[left], mis.ulns[right]),
        code=_agreement(hub.codes[left], mis.codes[right]),
        dates=_dates(hub.day[left], mis.day[right]),
        swapped=swapped,
        same_forename=np.where(swapped, crossed_last, same_forename),
        same_surname=np.where(swapped, crossed_first, same_surname),
    )


def _common(ours: Ints, theirs: Ints) -> Ints:
    """A number that both rows hold, -1 for none."""
    found = np.full(len(ours), -1, dtype=np.int64)
    for one in ours.T:
        for other in theirs.T:
            np.copyto(found, one, where=(one == other) & (one >= 0) & (found < 0))
    return found


def _agreement(ours: Ints, theirs: Ints) -> Levels:
    both = (ours >= 0) & (theirs >= 0)
    return np.where(both, np.where(ours == theirs, Agreement.SAME, Agreement.OTHER), 0).astype(np.int8)


def _forenames(hub: Side, mis: Side, left: Ints, right: Ints, words: Words) -> tuple[Levels, Ints]:
    ours, theirs = hub.forenames[left], mis.forenames[right]
    same = _common(ours, theirs)
    known = (ours[:, 0] >= 0) & (theirs[:, 0] >= 0)
    level = np.where(known, Forename.DIFFERENT, Forename.MISSING).astype(np.int8)
    middle = (_common(ours, mis.middles[right]) >= 0) | (_common(hub.middles[left], theirs) >= 0)
    level[known & middle] = Forename.MIDDLE
    rest = np.flatnonzero(known & (same < 0))
    for one in ours.T:
        for other in theirs.T:
            at = rest[(one[rest] >= 0) & (other[rest] >= 0)]
            if len(at):
                level[at] = np.minimum(level[at], _relations(one[at], other[at], words, names=True))
    level[same >= 0] = Forename.SAME
    return level, same


def _surnames(hub: Side, mis: Side, left: Ints, right: Ints, words: Words) -> tuple[Levels, Ints]:
    ours, theirs = hub.surnames[left], mis.surnames[right]
    same = _common(ours, theirs)
    known = (ours[:, 0] >= 0) & (theirs[:, 0] >= 0)
    level = np.where(known, Surname.DIFFERENT, Surname.MISSING).astype(np.int8)
    rest = np.flatnonzero(known & (same < 0))
    for one in ours.T:
        for other in theirs.T:
            at = rest[(one[rest] >= 0) & (other[rest] >= 0)]
            if len(at):
                is_slip = _relations(one[at], other[at], words, names=False) == Forename.SLIP
                level[at[is_slip]] = Surname.SLIP
    lengths = words.frozen[0]
    part = _common(hub.parts[left[rest]], mis.parts[right[rest]])
    level[rest[(part >= 0) & (lengths[part] >= 3)]] = Surname.HALF
    level[same >= 0] = Surname.SAME
    return level, same


def _relations(ones: Ints, others: Ints, words: Words, *, names: bool) -> Levels:
    """How pairs of different words compare as first names, or (without families and initials) as surnames."""
    lengths, initials, families, is_name = words.frozen
    size = np.int64(len(words.all))
    codes, which = np.unique(ones * size + others, return_inverse=True)
    one, other = codes // size, codes % size
    shorter, longer = np.minimum(lengths[one], lengths[other]), np.maximum(lengths[one], lengths[other])
    texts, other_texts = [words.all[n] for n in one.tolist()], [words.all[n] for n in other.tolist()]
    slips = np.where(shorter < 3, 0, np.where(shorter >= 7, 2, 1))
    distance = cpdist(texts, other_texts, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
    is_slip = distance <= slips
    if not names:
        level = np.where(is_slip, Forename.SLIP, Forename.DIFFERENT)
        return level.astype(np.int8)[which]
    prefix = cpdist(texts, other_texts, scorer=Prefix.similarity, dtype=np.uint16)
    is_start = (prefix == shorter) & (shorter >= 3)
    both_names = is_name[one] & is_name[other]
    level = np.full(len(codes), Forename.DIFFERENT, dtype=np.int8)
    level[(shorter == 1) & (initials[one] == initials[other])] = Forename.INITIAL
    level[is_slip | is_start] = Forename.NEAR
    level[is_slip & ~both_names & ~is_start & (longer > 3)] = Forename.SLIP
    related = np.flatnonzero((families[one, 0] >= 0) & (families[other, 0] >= 0))
    level[related[_common(families[one[related]], families[other[related]]) >= 0]] = Forename.SHORT
    return level[which]


def _birthdays(ours: Ints, theirs: Ints) -> Levels:
    level = np.zeros(len(ours), dtype=np.int8)
    both = (ours > 0) & (theirs > 0)
    level[both] = Birthday.DIFFERENT
    differs = ours ^ theirs
    month, day, other_month, other_day = (
        ours >> MONTH_AT & 15,
        ours & 31,
        theirs >> MONTH_AT & 15,
        theirs & 31,
    )
    same_year, same_month, same_day = differs >> YEAR_AT == 0, month == other_month, day == other_day
    turned = same_year & (month == other_day) & (day == other_month)
    two_of_three = (same_year & same_month) | (same_day & (same_year | same_month))
    level[both & (two_of_three | turned)] = Birthday.NEAR
    # 1 January and 1 September of the right year are what is typed when the day is not known.
    default = ((day == 1) & ((month == 1) | (month == 9))) | (
        (other_day == 1) & ((other_month == 1) | (other_month == 9))
    )
    level[both & default & same_year] = Birthday.MISSING
    level[both & (differs == 0)] = Birthday.SAME
    return level


def _numbers(hub: Side, mis: Side, left: Ints, right: Ints, shared: Shared) -> Levels:
    level = np.zeros(len(left), dtype=np.int8)
    same = _common(hub.proofs[left], mis.proofs[right]) >= 0
    written = _common(hub.numbers[left], mis.numbers[right]) >= 0
    one, other = hub.numbers[left, 0], mis.numbers[right, 0]
    both = (one >= 0) & (other >= 0)
    level[(hub.proofs[left, 0] >= 0) & (mis.proofs[right, 0] >= 0)] = Number.OTHER
    at = np.flatnonzero(both & (hub.is_broken[left] | mis.is_broken[right]))
    if len(at):
        written_as = shared.numbers.all
        texts, others = [written_as[n] for n in one[at].tolist()], [written_as[n] for n in other[at].tolist()]
        near = cpdist(texts, others, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8) <= 2
        level[at[near]] = Number.NEAR
    level[written] = Number.TEMPORARY
    level[same] = Number.SAME
    return level


def _emails(hub: Side, mis: Side, left: Ints, right: Ints) -> Levels:
    one, other = hub.email[left], mis.email[right]
    level = np.zeros(len(left), dtype=np.int8)
    both = (one >= 0) & (other >= 0)
    at_one_place = hub.domain[left] == mis.domain[right]
    level[both] = Email.ELSEWHERE
    level[both & at_one_place] = Email.OTHER
    level[both & (hub.local[left] == mis.local[right])] = Email.LOCAL
    shared = hub.is_role_address[left] | mis.is_role_address[right]
    shared |= (_counts(hub.email)[left] > 1) | (_counts(mis.email)[right] > 1)
    level[both & (one == other)] = Email.SAME
    level[both & (one == other) & shared] = Email.SHARED
    # A household's or an office's address that differs says nothing about the person.
    role = hub.is_role_address[left] | mis.is_role_address[right]
    level[both & (one != other) & role] = Email.MISSING
    return level


def _counts(values: Ints) -> Ints:
    """How often each row's value stands in its column; 0 where it is missing."""
    if not len(values):
        return values
    many = np.bincount(values + 1)
    many[0] = 0
    return many[values + 1].astype(np.int64)


def _middles(hub: Side, mis: Side, left: Ints, right: Ints, words: Words) -> Levels:
    ours, theirs = hub.middles[left], mis.middles[right]
    both = (ours[:, 0] >= 0) & (theirs[:, 0] >= 0)
    level = np.where(both, Middle.OTHER, Middle.MISSING).astype(np.int8)
    level[_common(ours, theirs) >= 0] = Middle.SAME
    rest = np.flatnonzero(level == Middle.OTHER)
    for one in ours.T:
        for other in theirs.T:
            at = rest[(one[rest] >= 0) & (other[rest] >= 0)]
            if len(at):
                relation = _relations(one[at], other[at], words, names=True)
                alike = np.isin(relation, (Forename.SHORT, Forename.SLIP, Forename.NEAR, Forename.INITIAL))
                level[at[alike]] = Middle.SAME
    return level


def _postcodes(hub: Side, mis: Side, left: Ints, right: Ints) -> Levels:
    one, other = hub.postcode[left], mis.postcode[right]
    level = _agreement(one, other)
    level[level == Agreement.OTHER] = Postcode.OTHER
    same_area = hub.outward[left] == mis.outward[right]
    level[(level == Postcode.OTHER) & same_area] = Postcode.AREA
    return level


def _dates(ours: Ints, theirs: Ints) -> Levels:
    """SAME: the person was here when the account was made. OTHER: came long after it."""
    both = (ours > 0) & (theirs > 0)
    late = theirs > ours + SETTLED_DAYS
    return np.where(both, np.where(late, Agreement.OTHER, Agreement.SAME), 0).astype(np.int8)


def _year_offset(ours: Ints, theirs: Ints, evidence: Evidence) -> int:
    """The school's own offset, from pairs that are sure: after a summer every year group of the hub is one behind."""
    both = (ours != UNKNOWN_YEAR) & (theirs != UNKNOWN_YEAR)
    named = (evidence.forename == Forename.SAME) & (evidence.surname == Surname.SAME)
    sure = both & named & ((evidence.birthday == Birthday.SAME) | (evidence.number == Number.SAME))
    if sure.sum() < FEWEST_SURE:
        return 0
    steps, counts = np.unique((theirs - ours)[sure], return_counts=True)
    return int(steps[np.argmax(counts)])


def _years(ours: Ints, theirs: Ints, offset: int) -> Levels:
    both = (ours != UNKNOWN_YEAR) & (theirs != UNKNOWN_YEAR)
    off = np.abs(theirs - ours - offset)
    level = np.where(off == 0, Year.SAME, np.where(off == 1, Year.NEXT, Year.OTHER))
    return np.where(both, level, Year.MISSING).astype(np.int8)
