"""What two records that May match have in common, in one word: lines of one word can be decided together. Pure.

It sorts what a person is asked; it settles nothing. A line with rivals is never decided together with others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adminhub.hub.matching.names import Likeness, best


class Agreement(StrEnum):
    """What speaks for a pair, the surest first; AGAINST and RIVALS last."""

    NUMBER = "number"
    EMAIL = "email"
    BIRTHDAY = "birthday"
    """The full name and the birthday."""
    YEAR = "year"
    """The full name and the year group, and nothing else is known."""
    NAME = "name"
    """The full name, and nothing else is known."""
    SLIP = "slip"
    """The full name, and a birthday that is one slip of the pen away."""
    ALIKE = "alike"
    """The names are similar, and the birthday is the same."""
    WEAK = "weak"
    """Similar, and no more."""
    MIXED = "mixed"
    """Strong signs for it, and strong signs against it."""
    AGAINST = "against"
    """Something speaks against it, and nothing strong for it: another birthday, number or first name."""
    RIVALS = "rivals"
    """Several could be meant, or one side is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One side of a pair. Blank: nobody told us. Names are folded; a class has only a surname."""

    forenames: tuple[str, ...] = ()
    surnames: tuple[str, ...] = ()
    birthday: str = ""
    number: str = ""
    email: str = ""
    year: str = ""


def agreement_of(ours: Seen, theirs: Seen, *, has_rivals: bool) -> Agreement:
    """The word for a pair."""
    if has_rivals:
        return Agreement.RIVALS
    forename, surname = best(ours.forenames, theirs.forenames), best(ours.surnames, theirs.surnames)
    birthday, number = _same(ours.birthday, theirs.birthday), _same(ours.number, theirs.number)
    year, is_slip = _same(ours.year, theirs.year), _is_slip(ours.birthday, theirs.birthday)
    full_name = surname == Likeness.SAME and (forename == Likeness.SAME or not ours.forenames)
    is_sure = bool(number or _same(ours.email, theirs.email) or (full_name and birthday))
    other_day = birthday is False and not is_slip
    if other_day or number is False or Likeness.DIFFERENT in (forename, surname):
        return Agreement.MIXED if is_sure else Agreement.AGAINST
    if number:
        return Agreement.NUMBER
    if _same(ours.email, theirs.email):
        return Agreement.EMAIL
    if not full_name:
        return Agreement.ALIKE if birthday else Agreement.WEAK
    if birthday is not None:
        return Agreement.SLIP if is_slip else Agreement.BIRTHDAY
    return Agreement.YEAR if year else Agreement.WEAK if year is False else Agreement.NAME


def _same(one: str, other: str) -> bool | None:
    """Whether two values agree; None when one is not known."""
    return one == other if one and other else None


def _is_slip(one: str, other: str) -> bool:
    """Whether two days in ISO form differ by one of their three parts, or have day and month exchanged."""
    if not one or not other or one == other:
        return False
    ours, theirs = one.split("-"), other.split("-")
    is_swapped = (ours[0], ours[2], ours[1]) == tuple(theirs)
    return is_swapped or sum(part == like for part, like in zip(ours, theirs, strict=True)) == 2
