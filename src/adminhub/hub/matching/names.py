"""Names made comparable, and how two of them compare. The original is always kept elsewhere."""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum
from functools import lru_cache

from rapidfuzz.distance import OSA

from adminhub.hub.matching.short_forms import FAMILIES

_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"}
)
_DROPPED = re.compile(r"[’'`´.]")
_BREAKS = re.compile(r"[^\w]+|_")


class Likeness(IntEnum):
    """How two names compare. MISSING says that one of them is not known: no evidence either way."""

    DIFFERENT = 0
    MISSING = 1
    INITIAL = 2
    ALIKE = 3
    SAME = 4


@lru_cache(maxsize=50_000)
def fold(name: str) -> str:
    """A name without case, accents, apostrophes and hyphens: Ó Néill-Smith is oneill smith's neighbour."""
    plain = name.casefold()
    if plain.isascii() and plain.isalpha():
        return plain
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.translate(_LETTERS))
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = _BREAKS.sub(" ", _DROPPED.sub("", plain)).split()
    return " ".join(words)


def are_one_family(one: str, other: str) -> bool:
    """Whether one name is a usual short form or spelling of the other."""
    return not set(FAMILIES.get(one, ())).isdisjoint(FAMILIES.get(other, ()))


@lru_cache(maxsize=200_000)
def compare(one: str, other: str) -> Likeness:
    """Compare two folded names."""
    if not one or not other:
        return Likeness.MISSING
    if one == other or one.replace(" ", "") == other.replace(" ", ""):
        return Likeness.SAME
    if len(one) == 1 or len(other) == 1:
        return Likeness.INITIAL if one[0] == other[0] else Likeness.DIFFERENT
    shorter, longer = sorted((one, other), key=len)
    if set(shorter.split()) <= set(longer.split()) or (len(shorter) >= 3 and longer.startswith(shorter)):
        return Likeness.ALIKE
    if are_one_family(one, other):
        return Likeness.ALIKE
    slips = 0 if len(shorter) < 3 else 2 if len(shorter) >= 7 else 1
    return Likeness.ALIKE if OSA.distance(one, other, score_cutoff=slips) <= slips else Likeness.DIFFERENT


def best(ones: tuple[str, ...], others: tuple[str, ...]) -> Likeness:
    """The closest any of these names (in use, legal) comes to any of those."""
    found = [compare(one, other) for one in ones for other in others if one and other]
    return max(found, default=Likeness.MISSING)


def is_same_but_for_a_slip(one: str, other: str) -> bool:
    """Whether two folded names are a usual short form, or a slip of the pen in a name of five letters or more.

    Kim for Kit and Danielle for Daniel are neither: they are names of their own, perhaps a twin's.
    """
    if are_one_family(one, other):
        return True
    shorter, longer = sorted((one, other), key=len)
    is_alike = compare(one, other) == Likeness.ALIKE
    return is_alike and len(shorter) >= 5 and not longer.startswith(shorter)
