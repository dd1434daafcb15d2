"""Which pairs are worth comparing: those that share a key. A slip spoils one or two of the keys, never all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adminhub.hub.matching.columns import MONTH_AT, UNKNOWN_YEAR, YEAR_AT, Bools, Ints, Shared, Side, Words

Hashes = NDArray[np.uint64]
CROWDS = (12, 30, 60, 400, 2_500, 40_000)
"""How many pairs there may be under one key of each sort; beyond it the key says nothing, and other keys find them."""
FIRST_NAME, SURNAME, SMALL, USUAL, FULL_NAME, NUMBER = range(len(CROWDS))
"""A name alone; a key that says little (a birthday, a surname in a class); any other; a full name; a number, an
e-mail. Where so many have one full name or one number, nobody of them is matched by it: see `crowded`."""
_MIX = tuple(np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
_CROWD_BITS = 3
LONGEST = 40
"""Letters of a surname that is looked for among those a slip away from it."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs by the rows of each side, without repeats, in order."""

    hub: Ints
    mis: Ints
    crowded: Bools
    """Whether so many have the full name or the number of one of the two that not all of their pairs are here."""

    def __len__(self) -> int:
        return len(self.hub)

    def only(self, kept: Bools) -> Pairs:
        """Some of these pairs."""
        return Pairs(hub=self.hub[kept], mis=self.mis[kept], crowded=self.crowded[kept])


def find_pairs(hub: Side, mis: Side, shared: Shared) -> Pairs:
    """Every pair of the two sides that shares a key."""
    bits = np.uint64(max(len(hub), len(mis), 1).bit_length())
    near = _neighbours(hub, mis, shared.words)
    ours = _Block.of(_keys(hub, shared.words, near=near), bits)
    theirs = _Block.of(_keys(mis, shared.words, near=None), bits)
    at, met = _where(ours.keys, theirs.keys)
    start, many, there, count = ours.starts[met], ours.counts[met], theirs.starts[at], theirs.counts[at]
    crowd = (ours.keys[met] & np.uint64((1 << _CROWD_BITS) - 1)).astype(np.int64)
    too_many = many * count > np.array(CROWDS)[crowd]
    strong = too_many & (crowd >= FULL_NAME)
    crowded_hub, crowded_mis = np.zeros(len(hub), np.bool_), np.zeros(len(mis), np.bool_)
    crowded_hub[ours.rows[_spread(start[strong], many[strong])]] = True
    crowded_mis[theirs.rows[_spread(there[strong], count[strong])]] = True
    start, many, there, count = start[~too_many], many[~too_many], there[~too_many], count[~too_many]
    # Each of ours under a key with each of theirs.
    each = np.repeat(np.arange(len(many)), many)
    left = np.repeat(ours.rows[_spread(start, many)], count[each])
    right = theirs.rows[_spread(there[each], count[each])]
    left *= max(len(mis), 1)
    left += right
    codes = distinct(left)
    found, other = np.divmod(codes, max(len(mis), 1))
    return Pairs(hub=found, mis=other, crowded=crowded_hub[found] | crowded_mis[other])


def distinct(values: Ints) -> Ints:
    """The values in order, each once. What is given is put in order, too."""
    values.sort()
    return values[_firsts(values)]


def _firsts(ordered: NDArray[np.generic]) -> Bools:
    """Where another value begins in an ordered list."""
    found = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=found[1:])
    return found


def _spread(starts: Ints, counts: Ints) -> Ints:
    """The places of runs: as many from each start on as are counted."""
    ends = np.cumsum(counts)
    first = np.repeat(starts - (ends - counts), counts)
    return first + np.arange(len(first))


def _where(wanted: Hashes, ordered: Hashes) -> tuple[Ints, Bools]:
    """Where each wanted value that is there stands in an ordered list; and which are there."""
    if not len(ordered):
        return np.empty(0, dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    met = ordered[at] == wanted
    return at[met], met


@dataclass(frozen=True, slots=True)
class _Key:
    """One kind of key: the rows that have it, with two numbers that together are it."""

    salt: int
    rows: Ints
    one: Ints
    other: Ints
    crowd: int = USUAL


@dataclass(frozen=True, slots=True)
class _Block:
    """All keys of a side in order, and the rows under each: `counts` of `rows` from `starts` on."""

    keys: Hashes
    starts: Ints
    counts: Ints
    rows: Ints

    @classmethod
    def of(cls, keys: Iterator[_Key], bits: np.uint64) -> _Block:
        """One number says key and row: sorted, the rows of a key stand together. The row takes so many `bits`."""
        nothing = np.empty(0, dtype=np.uint64)
        ordered = np.concatenate([nothing, *(_hashes(key, bits) for key in keys)])
        ordered.sort()
        ordered = ordered[_firsts(ordered)]
        hashes = ordered >> bits
        starts = np.flatnonzero(_firsts(hashes))
        return cls(
            keys=hashes[starts],
            starts=starts,
            counts=np.diff(np.append(starts, len(ordered))),
            rows=(ordered & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64),
        )


def _hashes(key: _Key, bits: np.uint64) -> Hashes:
    """For each row that has the key: its hash, the size of crowd it may have, the row."""
    has = (key.one >= 0) & (key.other >= 0)
    one, other, rows = key.one[has], key.other[has], key.rows[has]
    mixed = (one.astype(np.uint64) + np.uint64(key.salt)) * _MIX[0]
    mixed ^= mixed >> np.uint64(29)
    mixed += (other.astype(np.uint64) + np.uint64(1)) * _MIX[1]
    mixed *= _MIX[2]
    mixed ^= (mixed >> np.uint64(32)) ^ np.uint64(key.salt)
    mixed = (mixed << np.uint64(_CROWD_BITS)) | np.uint64(key.crowd)
    found: Hashes = (mixed << bits) | rows.astype(np.uint64)
    return found


def _keys(side: Side, words: Words, *, near: tuple[Ints, Ints] | None) -> Iterator[_Key]:
    """The keys of a side. `near` are the surnames of the other side one slip away from ours: hub side only."""
    _, initials, families, _ = words.frozen
    rows = np.arange(len(side), dtype=np.int64)
    nothing = np.zeros(len(side), dtype=np.int64)
    initial_of = np.concatenate([initials, [-1]])
    families_of = np.vstack([families, np.full((1, families.shape[1]), -1, dtype=np.int64)])
    starts, ends = _starts_and_ends(words)
    for column in side.numbers.T:
        yield _Key(1, rows, column, nothing, NUMBER)
    yield _Key(2, rows, side.email, nothing, NUMBER)
    yield _Key(3, rows, side.local, nothing)
    yield _Key(4, rows, side.ulns, nothing, NUMBER)
    yield _Key(5, rows, side.codes, nothing)
    birthday = np.where(side.birthday > 0, side.birthday, -1)
    yield _Key(6, rows, birthday, nothing, SMALL)
    born = [birthday]
    if near is not None:
        born.append(_swapped_days(side.birthday))
    year = np.where(side.year == UNKNOWN_YEAR, -1, side.year + 10)
    for surname in side.surnames.T:
        for day in born:
            yield _Key(7, rows, surname, day)
        yield _Key(8, rows, surname, year, SMALL)
        yield _Key(9, rows, surname, nothing, SURNAME)
        yield _Key(10, rows, surname, side.group, SMALL)
        yield _Key(11, rows, surname, side.postcode)
    for forename in side.forenames.T:
        for day in born:
            yield _Key(12, rows, forename, day)
        yield _Key(13, rows, forename, side.postcode)
        yield _Key(16, rows, forename, nothing, FIRST_NAME)
        in_year = np.where((side.group >= 0) & (year >= 0), side.group * 64 + year, -1)
        yield _Key(14, rows, forename, in_year, SMALL)
        for day in born:
            yield _Key(15, rows, initial_of[forename], day, SMALL)
        for surname in side.surnames.T:
            yield _full_name(rows, forename, surname)
            both = np.where(
                (forename >= 0) & (surname >= 0), forename * np.int64(len(words.all)) + surname, -1
            )
            yield _Key(17, rows, both, year)
            yield _Key(21, rows, surname, initial_of[forename])
            yield _Key(22, rows, forename, starts[surname])
            yield _Key(22, rows, forename, ends[surname])
            for family in families_of[forename].T:
                yield _Key(23, rows, surname, family)
        for part in side.parts.T:
            yield _Key(24, rows, forename, part, FULL_NAME)
    for middle in side.middles.T:
        for surname in side.surnames.T:
            yield _full_name(rows, middle, surname)
    for part in side.parts.T:
        yield _Key(25, rows, part, birthday)
    if near is not None and len(near[0]):
        yield from _near_keys(side, near, initial_of, families_of)


def _full_name(rows: Ints, forename: Ints, surname: Ints) -> _Key:
    """The two names, whichever stands in which column."""
    return _Key(20, rows, np.minimum(forename, surname), np.maximum(forename, surname), FULL_NAME)


def _near_keys(side: Side, near: tuple[Ints, Ints], initial_of: Ints, families_of: Ints) -> Iterator[_Key]:
    ours, theirs = near
    for surnames in side.surnames.T:
        start = np.searchsorted(ours, surnames, side="left")
        many = np.searchsorted(ours, surnames, side="right") - start
        rows = np.repeat(np.arange(len(side), dtype=np.int64), many)
        surname = theirs[_spread(start, many)]
        for forename in side.forenames.T:
            yield _full_name(rows, forename[rows], surname)
            yield _Key(21, rows, surname, initial_of[forename[rows]])
            for family in families_of[forename[rows]].T:
                yield _Key(23, rows, surname, family)


def _starts_and_ends(words: Words) -> tuple[Ints, Ints]:
    """A number for the first three letters of each word, and for the last three; one more row for no word."""
    seen: dict[str, int] = {}
    starts = np.full(len(words.all) + 1, -1, dtype=np.int64)
    ends = np.full(len(words.all) + 1, -1, dtype=np.int64)
    starts[:-1] = [seen.setdefault(word[:3], len(seen)) for word in words.all]
    ends[:-1] = [seen.setdefault(f"…{word[-3:]}", len(seen)) for word in words.all]
    return starts, ends


def _swapped_days(birthdays: Ints) -> Ints:
    """The birthdays with day and month exchanged, -1 where that is no date or the same one."""
    month, day = (birthdays >> MONTH_AT) & 15, birthdays & 31
    turned = (birthdays >> YEAR_AT << YEAR_AT) | (day << MONTH_AT) | month
    return np.where((birthdays > 0) & (day <= 12) & (day != month), turned, -1)


def _neighbours(hub: Side, mis: Side, words: Words) -> tuple[Ints, Ints]:
    """Pairs of different surnames, ours and theirs, that one slip (a letter more, less, other or exchanged) joins.

    Found without comparing all with all: two words a slip apart become the same when each loses a letter or none.
    """
    ours, our_hashes = _shortened(hub, words)
    theirs, their_hashes = _shortened(mis, words)
    start = np.searchsorted(their_hashes, our_hashes, side="left")
    many = np.searchsorted(their_hashes, our_hashes, side="right") - start
    left, right = np.repeat(ours, many), theirs[_spread(start, many)]
    size = np.int64(len(words.all) + 1)
    codes = distinct((left * size + right)[left != right])
    return codes // size, codes % size


def _shortened(side: Side, words: Words) -> tuple[Ints, Hashes]:
    """The side's surnames, once for each word that one becomes when it loses a letter or none, by that word's hash.

    A word's hash is its letters weighed by powers of an odd number, so that a letter can be taken out of it: what
    comes before it loses a power.
    """
    numbers = distinct(side.surnames[side.surnames >= 0])
    lengths = words.frozen[0][numbers]
    letters = np.array([words.all[number][:LONGEST] for number in numbers], dtype=f"U{LONGEST}")
    signs = letters.view(np.uint32).reshape(len(numbers), LONGEST).astype(np.uint64)
    powers = np.cumprod(np.concatenate([[np.uint64(1)], np.full(LONGEST, _MIX[0])]))
    before = np.zeros(len(numbers), dtype=np.uint64)
    whole = np.zeros(len(numbers), dtype=np.uint64)
    for place in range(LONGEST):
        inside = place < lengths
        whole[inside] = whole[inside] * _MIX[0] + signs[inside, place]
    found, hashes = [numbers], [whole]
    loses = np.flatnonzero((lengths >= 4) & (lengths <= LONGEST))
    for place in range(int(lengths[loses].max(initial=0))):
        loses = loses[lengths[loses] > place]
        power = powers[lengths[loses] - place - 1]
        upto = before[loses] * _MIX[0] + signs[loses, place]
        found.append(numbers[loses])
        hashes.append(whole[loses] - upto * power + before[loses] * power)
        before[loses] = upto
    every, words_of = np.concatenate(hashes), np.concatenate(found)
    order = np.argsort(every)
    return words_of[order], every[order]
