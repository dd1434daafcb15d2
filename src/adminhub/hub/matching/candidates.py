"""Which pairs are worth comparing: those that share a key. A slip spoils one or two of the keys, never all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adminhub.hub.matching.columns import UNKNOWN_YEAR, Bools, Ints, Shared, Side, Words

Hashes = NDArray[np.uint64]
CROWD = 400
"""Pairs under one weak key (a very common surname with an initial); beyond it says nothing, other keys find them."""
SMALL_CROWD = 60
"""The same for a key that says little by itself (a birthday, a surname in a class)."""
BIG_CROWD = 40_000
"""Pairs under one strong key (a full name). Beyond it nobody of that name is matched by name: see `crowded`."""
_MIX = tuple(np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs by the rows of each side, without repeats, in order."""

    hub: Ints
    mis: Ints
    crowded: Bools
    """Hub rows whose full name so many share that not all pairs are here."""

    def __len__(self) -> int:
        return len(self.hub)


def find_pairs(hub: Side, mis: Side, shared: Shared) -> Pairs:
    """Every pair of the two sides that shares a key."""
    near = _neighbours(hub, mis, shared.words)
    ours, our_hashes, caps = _together(_keys(hub, shared.words, near=near))
    theirs, their_hashes, _ = _together(_keys(mis, shared.words, near=None))
    order = np.argsort(their_hashes)
    theirs, their_hashes = theirs[order], their_hashes[order]
    order = np.argsort(
        our_hashes
    )  # in order, each look-up finds its page of memory where the last one left it
    ours, our_hashes, caps = ours[order], our_hashes[order], caps[order]
    start = np.searchsorted(their_hashes, our_hashes, side="left")
    many = np.searchsorted(their_hashes, our_hashes, side="right") - start
    met = many > 0
    ours, our_hashes, caps, start, many = ours[met], our_hashes[met], caps[met], start[met], many[met]
    too_many = _run_lengths(our_hashes) * many > caps
    crowded = np.zeros(len(hub), dtype=np.bool_)
    crowded[ours[too_many & (caps == BIG_CROWD)]] = True
    ours, start, many = ours[~too_many], start[~too_many], many[~too_many]
    left = np.repeat(ours, many)
    step = np.arange(len(left)) - np.repeat(np.cumsum(many) - many, many)
    right = theirs[np.repeat(start, many) + step]
    codes = np.unique(left * np.int64(max(len(mis), 1)) + right)
    return Pairs(hub=codes // max(len(mis), 1), mis=codes % max(len(mis), 1), crowded=crowded)


def _run_lengths(ordered: Hashes) -> Ints:
    """How often each value stands in an ordered list."""
    if not len(ordered):
        return np.empty(0, dtype=np.int64)
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    lengths = np.diff(np.append(starts, len(ordered)))
    return np.repeat(lengths, lengths)


@dataclass(frozen=True, slots=True)
class _Key:
    """One kind of key: the rows that have it, with two numbers that together are it."""

    salt: int
    rows: Ints
    one: Ints
    other: Ints
    cap: int = CROWD


def _together(keys: Iterator[_Key]) -> tuple[Ints, Hashes, Ints]:
    rows, hashes, caps = [], [], []
    for key in keys:
        has = (key.one >= 0) & (key.other >= 0)
        found = key.rows[has]
        if not len(found):
            continue
        rows.append(found)
        hashes.append(_hash(key.salt, key.one[has], key.other[has]))
        caps.append(np.full(len(found), key.cap, dtype=np.int64))
    if not rows:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing.astype(np.uint64), nothing
    return np.concatenate(rows), np.concatenate(hashes), np.concatenate(caps)


def _hash(salt: int, one: Ints, other: Ints) -> Hashes:
    mixed = (one.astype(np.uint64) + np.uint64(salt)) * _MIX[0]
    mixed ^= mixed >> np.uint64(29)
    mixed += (other.astype(np.uint64) + np.uint64(1)) * _MIX[1]
    mixed *= _MIX[2]
    found: Hashes = mixed ^ (mixed >> np.uint64(32)) ^ np.uint64(salt)
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
        yield _Key(1, rows, column, nothing, BIG_CROWD)
    yield _Key(2, rows, side.email, nothing, BIG_CROWD)
    yield _Key(3, rows, side.local, nothing)
    yield _Key(4, rows, side.ulns, nothing, BIG_CROWD)
    yield _Key(5, rows, side.codes, nothing)
    birthday = np.where(side.birthday > 0, side.birthday, -1)
    yield _Key(6, rows, birthday, nothing, SMALL_CROWD)
    born = [birthday]
    if near is not None:
        born.append(_swapped_days(side.birthday))
    year = np.where(side.year == UNKNOWN_YEAR, -1, side.year + 10)
    for surname in side.surnames.T:
        for day in born:
            yield _Key(7, rows, surname, day)
        yield _Key(8, rows, surname, year, SMALL_CROWD)
        yield _Key(9, rows, surname, nothing, 30)
        yield _Key(10, rows, surname, side.group, SMALL_CROWD)
        yield _Key(11, rows, surname, side.postcode)
    for forename in side.forenames.T:
        for day in born:
            yield _Key(12, rows, forename, day)
        yield _Key(13, rows, forename, side.postcode)
        yield _Key(16, rows, forename, nothing, 12)
        in_year = np.where((side.group >= 0) & (year >= 0), side.group * 64 + year, -1)
        yield _Key(14, rows, forename, in_year, SMALL_CROWD)
        for day in born:
            yield _Key(15, rows, initial_of[forename], day)
        for surname in side.surnames.T:
            yield _Key(20, rows, np.minimum(forename, surname), np.maximum(forename, surname), BIG_CROWD)
            yield _Key(21, rows, surname, initial_of[forename])
            yield _Key(22, rows, forename, starts[surname])
            yield _Key(22, rows, forename, ends[surname])
            for family in families_of[forename].T:
                yield _Key(23, rows, surname, family)
        for part in side.parts.T:
            yield _Key(24, rows, forename, part, BIG_CROWD)
    for middle in side.middles.T:
        for surname in side.surnames.T:
            yield _Key(20, rows, np.minimum(middle, surname), np.maximum(middle, surname), BIG_CROWD)
    for part in side.parts.T:
        yield _Key(25, rows, part, birthday)
    if near is not None and len(near[0]):
        yield from _near_keys(side, near, initial_of, families_of)


def _near_keys(side: Side, near: tuple[Ints, Ints], initial_of: Ints, families_of: Ints) -> Iterator[_Key]:
    ours, theirs = near
    for surnames in side.surnames.T:
        start = np.searchsorted(ours, surnames, side="left")
        many = np.searchsorted(ours, surnames, side="right") - start
        rows = np.repeat(np.arange(len(side), dtype=np.int64), many)
        step = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
        surname = theirs[np.repeat(start, many) + step]
        for forename in side.forenames.T:
            yield _Key(
                20, rows, np.minimum(forename[rows], surname), np.maximum(forename[rows], surname), BIG_CROWD
            )
            yield _Key(21, rows, surname, initial_of[forename[rows]])
            for family in families_of[forename[rows]].T:
                yield _Key(23, rows, surname, family)


def _starts_and_ends(words: Words) -> tuple[Ints, Ints]:
    """A number for the first three letters of each word, and for the last three; one more row for no word."""
    seen: dict[str, int] = {}
    starts = np.full(len(words.all) + 1, -1, dtype=np.int64)
    ends = np.full(len(words.all) + 1, -1, dtype=np.int64)
    for place, word in enumerate(words.all):
        starts[place] = seen.setdefault(word[:3], len(seen))
        ends[place] = seen.setdefault("…" + word[-3:], len(seen))
    return starts, ends


def _swapped_days(birthdays: Ints) -> Ints:
    """The birthdays with day and month exchanged, -1 where that is no date or the same one."""
    days = (birthdays - _EPOCH).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    day = (days - months).astype(np.int64) + 1
    month = months.astype(np.int64) % 12 + 1
    year = months.astype(np.int64) // 12
    possible = (birthdays > 0) & (day <= 12) & (day != month)
    turned = (
        ((year * 12 + day - 1).astype("datetime64[M]")).astype("datetime64[D]").astype(np.int64) + month - 1
    )
    return np.where(possible, turned + _EPOCH, -1)


_EPOCH = 719_163
"""The day number that Python's calendar gives 1 January 1970."""


def _neighbours(hub: Side, mis: Side, words: Words) -> tuple[Ints, Ints]:
    """Pairs of different surnames, ours and theirs, that one slip (a letter more, less, other or exchanged) joins.

    Found without comparing all with all: two words a slip apart become the same when each loses a letter or none.
    """
    ours, theirs = _shortened(hub, words), _shortened(mis, words)
    found = {
        (one, other)
        for short in ours.keys() & theirs.keys()
        for one in ours[short]
        for other in theirs[short]
        if one != other
    }
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    pairs = np.array(sorted(found), dtype=np.int64)
    return pairs[:, 0], pairs[:, 1]


def _shortened(side: Side, words: Words) -> dict[str, list[int]]:
    """The side's surnames by what each becomes when it loses a letter, or none."""
    found: dict[str, list[int]] = {}
    for number in np.unique(side.surnames).tolist():
        if number < 0:
            continue
        for short in _one_less(words.all[number]):
            if short in found:
                found[short].append(number)
            else:
                found[short] = [number]
    return found


def _one_less(word: str) -> list[str]:
    if len(word) < 4:
        return [word]
    return [word, *(word[:place] + word[place + 1 :] for place in range(len(word)))]
