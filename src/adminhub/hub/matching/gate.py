"""What may be matched without a person looking: rules, not a score. Each rule answers a mistake that was measured.

The score orders what people look at. It cannot decide: inside a family the fields are not independent, so twins
and namesakes reach any threshold. Every rule here errs to the side of asking.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adminhub.hub.matching.candidates import Pairs
from adminhub.hub.matching.columns import Bools, Ints, Shared, Side
from adminhub.hub.matching.evidence import (
    Agreement,
    Birthday,
    Email,
    Evidence,
    Forename,
    Middle,
    Number,
    Postcode,
    Surname,
    Year,
)
from adminhub.hub.matching.values import Who
from adminhub.hub.matching.weights import Floats, Judged, frequencies

LIKELY = 0.999
LIKELY_STAFF = 0.9995
"""Staff have fewer fields: what little agrees must be rarer."""
RARE = 2e-3
"""How many people of a full name may be expected, for each root of the list's length, for the name to be rare."""
ENOUGH = 20
"""Sure pairs whose class is known on both sides, before it is believed that another class is another person."""
AGREED = 0.95
"""And how many of them must be in the same class."""


@dataclass(frozen=True, slots=True)
class Gate:
    """For each pair: whether it passes, and the facts that a person is told when it does not."""

    passes: Bools
    alike: Bools
    """The names agree or are alike: the two could be meant by one another."""
    rivalled: Bools
    """Somebody else on either side could be meant."""
    rare: Bools
    """The full names agree, and a second person of that name is not to be expected."""
    twin: Bools
    """Somebody else on either side has the surname and the birthday of one of the two."""


def open_gate(
    hub: Side, mis: Side, pairs: Pairs, evidence: Evidence, judged: Judged, shared: Shared, who: Who
) -> Gate:
    """Which pairs may be matched unasked."""
    facts = _Facts(hub, mis, pairs, evidence, shared, who)
    rivalled = facts.rivalled
    passes = facts.names & facts.identified & ~facts.contradicted & ~rivalled
    passes &= judged.likely >= (LIKELY if who is Who.PUPILS else LIKELY_STAFF)
    passes &= ~pairs.crowded | facts.complete
    return Gate(passes=passes, alike=facts.alike, rivalled=rivalled, rare=facts.is_rare, twin=facts.twin)


class _Facts:
    """What the rules are made of, for all pairs at once."""

    def __init__(
        self, hub: Side, mis: Side, pairs: Pairs, evidence: Evidence, shared: Shared, who: Who
    ) -> None:
        e = self._evidence = evidence
        self._pairs, self._hub, self._mis = pairs, hub, mis
        self.same_name = e.forename == Forename.SAME
        self.same_surname = e.surname == Surname.SAME
        self.same_birthday = e.birthday == Birthday.SAME
        self.twin = _twins(hub, mis, pairs)
        self.same_number = (e.number == Number.SAME) & self._is_private(e.number == Number.SAME)
        self.same_email = (e.email == Email.SAME) & self._is_private(e.email == Email.SAME)
        surname_alike = (e.surname >= Surname.SAME) & (e.surname <= Surname.SLIP)
        self.alike = (e.forename != Forename.DIFFERENT) & surname_alike
        same_year = (e.year == Year.SAME) | ((e.year == Year.MISSING) & self.same_birthday)
        self._in_class = (e.group == Agreement.SAME) & same_year
        full = self.same_name & surname_alike
        born = self.same_birthday | ((e.birthday != Birthday.DIFFERENT) & self.same_surname & self._in_class)
        self.complete = full & (
            (self.same_number & born) | (self.same_email & self.same_birthday & self.same_surname)
        )
        self._surname_alike = surname_alike
        self._classes_agree = self._do_classes_agree()
        self._was_here = e.dates == Agreement.SAME
        self._expected = self._namesakes(shared)
        self.is_rare = self._expected < RARE
        self._who = who

    @property
    def names(self) -> Bools:
        """Rule 1: a first name that a twin would not share, and a surname that somebody would take for the same.

        A short form, a slip, a middle name or an initial will do only where a number, a private e-mail or the middle
        name vouches for it, something that a twin would not share agrees as well, and no twin is in sight.
        """
        e = self._evidence
        spoken_for = self.same_number | self.same_email
        if self._who is Who.EMPLOYEES:
            known = np.isin(e.forename, (Forename.SHORT, Forename.SLIP, Forename.INITIAL))
            vouched = known & self.same_surname & (self.same_number | (self.same_email & self._was_here))
        else:
            slip = (e.forename == Forename.SLIP) & self.same_number & self.same_birthday
            known = np.isin(e.forename, (Forename.SHORT, Forename.SLIP, Forename.MIDDLE))
            known |= (e.forename == Forename.INITIAL) & self.same_birthday
            by_middle = np.isin(e.forename, (Forename.SHORT, Forename.SLIP)) & (e.middle == Middle.SAME)
            twice = (
                self.same_number & self.same_email & self.same_birthday & (e.forename != Forename.DIFFERENT)
            )
            vouched = slip | twice | (known & spoken_for & self._backed) | (by_middle & self.same_birthday)
            vouched &= self.same_surname | (
                self._surname_alike & self.same_number & self.same_birthday & self._backed
            )
            vouched &= (e.birthday <= Birthday.SAME) & (e.group != Agreement.OTHER) & ~self.twin
        other_surname = self.same_name & self.same_number & (self.same_birthday | self._surname_alike)
        other_surname |= self.same_name & self.same_email & self.same_birthday & self._in_class
        near_surname = self.same_name & self._surname_alike & (self.same_surname | spoken_for | self._backed)
        found: Bools = vouched | other_surname | near_surname
        return found

    @property
    def _backed(self) -> Bools:
        """Something besides names and birthday that agrees and that is not the whole family's."""
        e = self._evidence
        numbered = (e.code == Agreement.SAME) | (e.uln == Agreement.SAME)
        found: Bools = self._in_class | (e.middle == Middle.SAME) | numbered | self.same_email
        return found

    @property
    def identified(self) -> Bools:
        """Rule 2: something besides the name says who it is."""
        e = self._evidence
        if self._who is Who.EMPLOYEES:
            # An address goes to the next of the name; only who was here before the account cannot be that one.
            by_name = self.same_name & self.same_surname & self._was_here & self.is_rare
            tells_dates = (self._mis.day > 0).mean() > 0.5
            by_email = self.same_email & (self._was_here if tells_dates else e.dates != Agreement.OTHER)
            of_staff: Bools = self.same_number | by_email | by_name
            return of_staff
        full = self.same_name & self.same_surname
        same_home = (e.postcode == Postcode.SAME) & (e.year == Year.SAME) & (e.group != Agreement.OTHER)
        near_day = full & (e.birthday == Birthday.NEAR) & (self._in_class | same_home)
        no_day = full & (e.birthday == Birthday.MISSING) & (e.year == Year.SAME)
        was_here = no_day & self._was_here
        by_class = was_here & (self._in_class | (e.middle == Middle.SAME)) & self.is_rare
        by_home = was_here & same_home
        uln = e.uln == Agreement.SAME
        found: Bools = (
            self.same_birthday | self.same_number | self.same_email | uln | near_day | by_class | by_home
        )
        return found

    @property
    def contradicted(self) -> Bools:
        """Rule 3: nothing speaks against it. Missing never does."""
        e = self._evidence
        against = (e.number == Number.OTHER) | (e.uln == Agreement.OTHER) | (e.sex == Agreement.OTHER)
        against |= (e.birthday == Birthday.DIFFERENT) | (e.middle == Middle.OTHER) | (e.year == Year.OTHER)
        # Who came long after the account was made is a joiner with a leaver's name, or the leaver's twin.
        firm = self.same_email & self.same_birthday & self.same_name & self.same_surname
        against |= (e.dates == Agreement.OTHER) & ~firm
        # smithj2@ is there because smithj@ is somebody else.
        against |= (e.email == Email.OTHER) & self.same_surname & (self.same_name | ~self.same_number)
        against |= (e.group == Agreement.OTHER) & self._classes_agree & ~self.same_email
        against |= (e.birthday == Birthday.NEAR) & ~(self.same_name & self.same_surname)
        against |= (e.year == Year.NEXT) & ~self.same_birthday & ~self.same_number
        found: Bools = against
        return found

    @property
    def rivalled(self) -> Bools:
        """Rule 4: nobody else could be meant.

        Somebody of the same name is out of question only where their birthday is known and another one; or, for a
        pair that is complete, where they are a second account without that number, a namesake with a number of
        their own and no twin, or a twin of a similar name in another class.
        """
        e = self._evidence
        same_number = e.number == Number.SAME
        other_day = e.birthday == Birthday.DIFFERENT
        rivals = self.rivals(self.alike | same_number)
        when_born = self.rivals(self.alike & ~other_day | same_number)
        exact = self.same_birthday & ((self.same_name & self.same_surname) | self.same_number)
        namesake = (e.number == Number.OTHER) & (e.birthday == Birthday.MISSING) & ~self.twin
        same_named = same_number | (self.alike & self.same_name & ~other_day & ~namesake)
        like_twin = self.alike & np.isin(e.forename, (Forename.SHORT, Forename.SLIP)) & self.same_birthday
        in_my_class = like_twin & (e.group != Agreement.OTHER)
        hub, mis = self._pairs.hub, self._pairs.mis
        twin = np.where(self._in_class, self._others(in_my_class, hub), self._others(like_twin, hub))
        twin &= ~(self.same_number & self.same_email)
        when_complete = self._others(same_number, mis) | self._others(same_named, hub) | twin
        found: Bools = np.where(self.complete, when_complete, np.where(exact, when_born, rivals))
        return found

    def _do_classes_agree(self) -> bool:
        """Whether classes tell people apart in this school: not where they were mixed anew since the hub heard."""
        e = self._evidence
        sure = self.same_name & self.same_surname & (self.same_birthday | (e.number == Number.SAME))
        sure &= e.group != Agreement.MISSING
        return int(sure.sum()) >= ENOUGH and float((e.group[sure] == Agreement.SAME).mean()) >= AGREED

    def rivals(self, threats: Bools) -> Bools:
        """Whether another pair of either of the two people is among the threats."""
        return self._others(threats, self._pairs.hub) | self._others(threats, self._pairs.mis)

    def _others(self, threats: Bools, rows: Ints) -> Bools:
        counts = np.bincount(rows, weights=threats.astype(np.float64))
        found: Bools = counts[rows] - threats > 0.5
        return found

    def _is_private(self, same: Bools) -> Bools:
        """Whether what agrees is held once on each side."""
        return ~self.rivals(same)

    def _namesakes(self, shared: Shared) -> Floats:
        """How many people of the pair's full name are to be expected, for each root of the lists' length."""
        size = len(shared.words.all)
        first = frequencies(self._hub, self._mis, size, "forenames")
        last = frequencies(self._hub, self._mis, size, "surnames")
        e = self._evidence
        people = max(len(self._hub), len(self._mis))
        expected = people * first[e.same_forename] * last[e.same_surname]
        found: Floats = np.where(self.same_name & self.same_surname, expected / people**0.5, np.inf)
        return found


def _twins(hub: Side, mis: Side, pairs: Pairs) -> Bools:
    """Whether anybody else has the surname and the birthday of one of the two."""
    size = max(int(hub.surnames.max(initial=0)), int(mis.surnames.max(initial=0))) + 1
    ours = [_family(hub, column, size) for column in hub.surnames.T]
    theirs = [_family(mis, column, size) for column in mis.surnames.T]
    hub_families, mis_families = np.sort(np.concatenate(ours)), np.sort(np.concatenate(theirs))
    found = np.zeros(len(pairs), dtype=np.bool_)
    for one in ours:
        in_hub, in_mis = _times(one, hub_families), _times(one, mis_families)
        own = np.any([other[pairs.mis] == one[pairs.hub] for other in theirs], axis=0)
        known = (one >= 0)[pairs.hub]
        found |= known & ((in_hub > 1)[pairs.hub] | (in_mis[pairs.hub] > own))
    for other in theirs:
        in_hub, in_mis = _times(other, hub_families), _times(other, mis_families)
        own = np.any([one[pairs.hub] == other[pairs.mis] for one in ours], axis=0)
        known = (other >= 0)[pairs.mis]
        found |= known & ((in_mis > 1)[pairs.mis] | (in_hub[pairs.mis] > own))
    return found


def _family(side: Side, surnames: Ints, size: int) -> Ints:
    return np.where((side.birthday > 0) & (surnames >= 0), side.birthday * size + surnames, -1)


def _times(wanted: Ints, ordered: Ints) -> Ints:
    """How often each wanted value stands in an ordered list."""
    found: Ints = np.searchsorted(ordered, wanted, side="right") - np.searchsorted(
        ordered, wanted, side="left"
    )
    return found
