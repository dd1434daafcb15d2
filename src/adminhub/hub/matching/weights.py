"""What each level is worth, learned from the two lists themselves, and how likely each pair is.

Fellegi and Sunter's model: a level counts by how much oftener it occurs between one person's two records (m)
than between two people's (u). Both are learned by expectation and maximisation with a one-to-one E-step (plain
EM takes households for persons) from a starting point that counts as 200 pairs, so that a small school is stable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adminhub.hub.matching.candidates import Pairs
from adminhub.hub.matching.columns import Bools, Ints, Shared, Side
from adminhub.hub.matching.evidence import FIELDS, Evidence, Forename, Surname, compare

Floats = NDArray[np.float64]
ROUNDS = 6
PSEUDO_PAIRS = 200.0
RANDOM_PAIRS = 2_500
"""Pairs drawn to see how often two people agree by chance."""
SHARE_FOUND = 0.8
"""How many of the hub's people we expect in the MIS, before looking."""
MOST = 40.0
"""A weight that needs no more: e to the 40th."""

# From the level after MISSING on; what a school's data looks like before it is looked at.
_M: dict[str, tuple[float, ...]] = {
    "forename": (0.86, 0.05, 0.03, 0.005, 0.015, 0.02, 0.02),
    "surname": (0.93, 0.02, 0.025, 0.025),
    "birthday": (0.965, 0.025, 0.01),
    "number": (0.95, 0.02, 0.015, 0.015),
    "email": (0.70, 0.02, 0.03, 0.05, 0.20),
    "sex": (0.99, 0.01),
    "middle": (0.95, 0.05),
    "year": (0.95, 0.04, 0.01),
    "group": (0.85, 0.15),
    "postcode": (0.80, 0.05, 0.15),
    "uln": (0.98, 0.02),
    "code": (0.95, 0.05),
    "dates": (0.97, 0.03),
}
_U: dict[str, tuple[float, ...]] = {
    "forename": (0.006, 0.012, 0.002, 0.006, 0.004, 0.01, 0.96),
    "surname": (0.004, 0.001, 0.002, 0.993),
    "birthday": (0.0004, 0.012, 0.9876),
    "number": (1e-5, 1e-5, 5e-4, 0.999),
    "email": (1e-5, 1e-3, 1e-5, 0.6, 0.398),
    "sex": (0.5, 0.5),
    "middle": (0.03, 0.97),
    "year": (0.15, 0.25, 0.60),
    "group": (0.10, 0.90),
    "postcode": (0.002, 0.03, 0.968),
    "uln": (1e-5, 0.99999),
    "code": (1e-4, 0.9999),
    "dates": (0.8, 0.2),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """Each pair's weight (log odds) and how likely it is, given that nobody is two people."""

    weight: Floats
    likely: Floats
    likely_alone: Floats
    """The same, were nobody else of the hub to claim the MIS record: a second account of one person shows here."""


def judge(hub: Side, mis: Side, pairs: Pairs, evidence: Evidence, shared: Shared, known: Bools) -> Judged:
    """How likely each pair is one person. `known` are those that are."""
    chance = _by_chance(hub, mis, shared, evidence.offset)
    prior = np.log(SHARE_FOUND / max(len(mis), 1))
    named = _rarity(hub, mis, evidence, shared, chance)
    levels, pattern = _patterns(evidence)
    m = {name: np.array(_M[name]) for name in FIELDS}
    weight = likely = np.zeros(len(pairs))
    for _ in range(ROUNDS):
        of_pattern = np.full(levels.shape[1], prior)
        for name, level in zip(FIELDS, levels, strict=True):
            of_pattern += np.concatenate([[0.0], np.log(m[name] / chance[name])])[level]
        weight = np.where(known, MOST, named + of_pattern[pattern])
        likely = one_to_one(pairs, weight, len(hub), len(mis))
        counted = np.bincount(pattern, weights=likely, minlength=levels.shape[1])
        for name, level in zip(FIELDS, levels, strict=True):
            m[name] = _blend(np.bincount(level, weights=counted, minlength=len(m[name]) + 1)[1:], _M[name])
    odds = np.exp(np.minimum(weight, MOST))
    rows = np.bincount(pairs.hub, weights=odds, minlength=len(hub))
    return Judged(weight=weight, likely=likely, likely_alone=odds / (1.0 + rows[pairs.hub]))


def _patterns(evidence: Evidence) -> tuple[Ints, Ints]:
    """The combinations of levels that occur, a row for each field, and which of them each pair has."""
    code = np.zeros(len(evidence), dtype=np.int64)
    for name, levels in FIELDS.items():
        code = code * len(levels) + getattr(evidence, name)
    codes, pattern = np.unique(code, return_inverse=True)
    found = np.empty((len(FIELDS), len(codes)), dtype=np.int64)
    for place, levels in reversed(list(enumerate(FIELDS.values()))):
        codes, found[place] = np.divmod(codes, len(levels))
    return found, pattern


def one_to_one(pairs: Pairs, weight: Floats, ours: int, theirs: int) -> Floats:
    """The odds of a pair against all others of its two people: a namesake falls to a half by itself."""
    odds = np.exp(np.minimum(weight, MOST))
    rows = np.bincount(pairs.hub, weights=odds, minlength=ours)
    columns = np.bincount(pairs.mis, weights=odds, minlength=theirs)
    found: Floats = odds / (1.0 + rows[pairs.hub] + columns[pairs.mis] - odds)
    return found


def _blend(counted: NDArray[Any], before: tuple[float, ...]) -> Floats:
    found: Floats = (counted + PSEUDO_PAIRS * np.array(before)) / (counted.sum() + PSEUDO_PAIRS)
    return found


def _by_chance(hub: Side, mis: Side, shared: Shared, offset: int) -> dict[str, Floats]:
    """How often two people taken at random agree; always the same draw for the same lists."""
    found = {name: np.array(_U[name]) for name in FIELDS}
    if len(hub) < 2 or len(mis) < 2:
        return found
    draw = np.random.default_rng(20261125)
    many = min(RANDOM_PAIRS, len(hub) * len(mis))
    left, right = draw.integers(0, len(hub), many), draw.integers(0, len(mis), many)
    evidence = compare(
        hub, mis, Pairs(hub=left, mis=right, crowded=np.zeros(0, dtype=np.bool_)), shared, offset=offset
    )
    # One person's two records may be drawn too: those who agree in too much are left out.
    alike = (evidence.forename == Forename.SAME) & (evidence.surname == Surname.SAME)
    stranger = (
        ~alike
        & (evidence.number != 1)
        & (evidence.email != 1)
        & ~(
            (evidence.birthday == 1)
            & ((evidence.surname == Surname.SAME) | (evidence.forename == Forename.SAME))
        )
    )
    for name in FIELDS:
        counted = np.bincount(getattr(evidence, name)[stranger], minlength=len(_U[name]) + 1)[1:]
        found[name] = _blend(counted, _U[name])
    return found


def _rarity(hub: Side, mis: Side, evidence: Evidence, shared: Shared, chance: dict[str, Floats]) -> Floats:
    """What a shared name is worth beyond the usual: Okonkwo says more than Smith. Frequencies are these lists' own."""
    found = np.zeros(len(evidence))
    people = len(hub) + len(mis)
    for name, word, one, other in (
        ("forename", evidence.same_forename, hub.forenames, mis.forenames),
        ("surname", evidence.same_surname, hub.surnames, mis.surnames),
    ):
        usual = chance[name][0]
        counts = np.bincount(
            np.concatenate([one[one >= 0].ravel(), other[other >= 0].ravel()]),
            minlength=len(shared.words.all) + 1,
        )
        frequency = (counts + PSEUDO_PAIRS * usual) / (people + PSEUDO_PAIRS)
        agrees = word >= 0
        found[agrees] += np.log(usual / frequency[word[agrees]])
    return found


def frequencies(hub: Side, mis: Side, words: int, which: str) -> Floats:
    """The share of people of both lists with each word as forename or surname, never below one person's."""
    one, other = getattr(hub, which), getattr(mis, which)
    counts: Ints = np.bincount(
        np.concatenate([one[one >= 0].ravel(), other[other >= 0].ravel()]), minlength=words
    )
    found: Floats = (counts + 1) / (len(hub) + len(mis) + 1)
    return found
