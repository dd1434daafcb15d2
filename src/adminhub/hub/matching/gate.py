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
from adminhub.hub.matching.weights import Judged, frequencies

LIKELY = 0.999
LIKELY_STAFF = 0.9995
"""Staff have fewer fields: what little agrees must be rarer."""
RARE = 2e-3
"""How many people of a full name two lists may be expected to hold for the name to be called rare."""


@dataclass(frozen=True, slots=True)
class Gate:
    """For each pair: whether it passes, and the facts that a person is told when it does not."""

    passes: Bools
    rival: Bools
    """Somebody else on either side has a name that agrees or is alike."""
    twin: Bools
    """Somebody else on either side has the surname and the birthday of one of the two."""


def open_gate(
    hub: Side, mis: Side, pairs: Pairs, evidence: Evidence, judged: Judged, shared: Shared, who: Who
) -> Gate:
    """Which pairs may be matched unasked."""
    facts = _Facts(hub, mis, pairs, evidence, shared, who)
    passes = facts.names & facts.identified & ~facts.contradicted & ~facts.rivalled
    passes &= judged.likely >= (LIKELY if who is Who.PUPILS else LIKELY_STAFF)
    passes &= ~pairs.crowded[pairs.hub] | facts.complete
    return Gate(passes=passes, rival=facts.rivals(facts.alike), twin=facts.twin)


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
        self.complete = self.same_number & self.same_name & self.same_birthday & surname_alike
        self._surname_alike = surname_alike
        self._in_class = (e.group == Agreement.SAME) & (e.year == Year.SAME)
        self._was_here = e.dates == Agreement.SAME
        self._is_rare = self._rare(shared)
        self._who = who

    @property
    def names(self) -> Bools:
        """Rule 1: a first name that a twin would not share, and a surname that somebody would take for the same."""
        e = self._evidence
        spoken_for = self.same_number | self.same_email
        is_known_slip = np.isin(
            e.forename, (Forename.SHORT, Forename.SLIP, Forename.MIDDLE, Forename.INITIAL)
        )
        vouched = is_known_slip & self.same_number & self.same_birthday & self.same_surname & ~self.twin
        vouched |= (
            np.isin(e.forename, (Forename.SHORT, Forename.SLIP, Forename.MIDDLE))
            & spoken_for
            & self.same_surname
            & (e.birthday <= Birthday.SAME)
            & ~self.twin
        )
        if self._who is Who.EMPLOYEES:
            vouched &= self.same_number
        other_surname = self.same_name & self.same_number & (self.same_birthday | self._surname_alike)
        near_surname = self.same_name & self._surname_alike & (self.same_surname | spoken_for | self._backed)
        found: Bools = vouched | other_surname | near_surname
        return found

    @property
    def _backed(self) -> Bools:
        """Something besides names and birthday that agrees and that is not the whole family's."""
        e = self._evidence
        numbered = (e.code == Agreement.SAME) | (e.uln == Agreement.SAME)
        found: Bools = self._in_class | (e.middle == Middle.SAME) | numbered
        return found

    @property
    def identified(self) -> Bools:
        """Rule 2: something besides the name says who it is."""
        e = self._evidence
        if self._who is Who.EMPLOYEES:
            by_name = self.same_name & self.same_surname & self._was_here & self._is_rare
            of_staff: Bools = self.same_number | self.same_email | by_name
            return of_staff
        full = self.same_name & self.same_surname
        same_home = (e.postcode == Postcode.SAME) & (e.year == Year.SAME)
        near_day = full & (e.birthday == Birthday.NEAR) & (self._in_class | same_home)
        no_day = full & (e.birthday == Birthday.MISSING) & (e.year == Year.SAME)
        by_class = no_day & self._in_class & self._was_here & self._is_rare
        by_home = no_day & same_home & self._was_here
        uln = e.uln == Agreement.SAME
        found: Bools = (
            self.same_birthday | self.same_number | self.same_email | uln | near_day | by_class | by_home
        )
        return found

    @property
    def contradicted(self) -> Bools:
        """Rule 3: nothing speaks against it. Missing never does."""
        e = self._evidence
        firm = self.same_number & self.same_birthday
        against = (e.number == Number.OTHER) | (e.birthday == Birthday.DIFFERENT) | (e.sex == Agreement.OTHER)
        against |= (e.year == Year.OTHER) | (e.uln == Agreement.OTHER)
        against |= (e.middle == Middle.OTHER) & ~firm
        against |= (e.dates == Agreement.OTHER) & ~(firm & self.same_name)
        against |= (e.email == Email.OTHER) & ~self.same_number & self.same_surname
        against |= (e.birthday == Birthday.NEAR) & ~(self.same_name & self.same_surname)
        against |= (e.year == Year.NEXT) & ~self.same_birthday & ~self.same_number
        found: Bools = against
        return found

    @property
    def rivalled(self) -> Bools:
        """Rule 4: nobody else could be meant.

        Somebody of the same name is out of question only where their birthday is known and another one, or, for
        a pair whose UPN, name and birthday all agree, where they are a second account in the hub without that UPN.
        """
        e = self._evidence
        same_number = e.number == Number.SAME
        threats = self.alike | same_number
        other_day = e.birthday == Birthday.DIFFERENT
        rivals = self.rivals(threats)
        when_born = self.rivals(self.alike & ~other_day | same_number)
        same_named = self.alike & self.same_name & ~other_day
        when_complete = self._others(same_number, self._pairs.mis) | self._others(
            same_named | same_number, self._pairs.hub
        )
        exact = self.same_name & self.same_surname & self.same_birthday
        found: Bools = np.where(self.complete, when_complete, np.where(exact, when_born, rivals))
        return found

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

    def _rare(self, shared: Shared) -> Bools:
        """Whether a second person of this full name is not to be expected in lists of this length."""
        size = len(shared.words.all)
        first = frequencies(self._hub, self._mis, size, "forenames")
        last = frequencies(self._hub, self._mis, size, "surnames")
        e = self._evidence
        people = max(len(self._hub), len(self._mis))
        expected = people * first[e.same_forename] * last[e.same_surname]
        found: Bools = self.same_name & self.same_surname & (expected < RARE * people**0.5)
        return found


def _twins(hub: Side, mis: Side, pairs: Pairs) -> Bools:
    """Whether anybody else has the surname and the birthday of one of the two."""
    size = max(int(hub.surnames.max(initial=0)), int(mis.surnames.max(initial=0))) + 1
    found = np.zeros(len(pairs), dtype=np.bool_)
    ours = [_family(hub, column, size) for column in hub.surnames.T]
    theirs = [_family(mis, column, size) for column in mis.surnames.T]
    hub_families, mis_families = np.concatenate(ours), np.concatenate(theirs)
    for one in ours:
        family = one[pairs.hub]
        among_us = _times(family, hub_families) > 1
        own = np.any([column[pairs.mis] == family for column in theirs], axis=0)
        among_them = _times(family, mis_families) - own > 0
        found |= (family >= 0) & (among_us | among_them)
    for other in theirs:
        family = other[pairs.mis]
        among_them = _times(family, mis_families) > 1
        own = np.any([column[pairs.hub] == family for column in ours], axis=0)
        among_us = _times(family, hub_families) - own > 0
        found |= (family >= 0) & (among_us | among_them)
    return found


def _family(side: Side, surnames: Ints, size: int) -> Ints:
    return np.where((side.birthday > 0) & (surnames >= 0), side.birthday * size + surnames, -1)


def _times(wanted: Ints, held: Ints) -> Ints:
    """How often each wanted value is held."""
    ordered = np.sort(held)
    found: Ints = np.searchsorted(ordered, wanted, side="right") - np.searchsorted(
        ordered, wanted, side="left"
    )
    return found
