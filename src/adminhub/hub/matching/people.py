"""Who is who: a verdict for every person of the hub and of the MIS, with its reasons. Pure.

The rules, in the order they apply:
1. What a person decided stands.
2. Linked, and the MIS still has the record: Synced. (A record that has become somebody else: May match.)
3. Matched, if one candidate is clear: nothing contradicts it, nobody else on either side could be meant, and
   a. the same number (a valid UPN that is not temporary, a teacher number), held once on each side, with the
      same first name, or a short form or slip of it where no twin is in sight; or
   b. the same e-mail, held by one person on each side, with the same surname and first name; or
   c. the same full name and the same birthday.
4. Anything less that still looks alike: May match. It is never written unless a person says so.
5. The rest: New, Not matched, or, for whoever was linked, Desynced.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from adminhub.hub.matching.names import Likeness, best, fold, is_same_but_for_a_slip
from adminhub.hub.matching.values import Decided, HubPerson, MISPerson, Status, Verdict
from adminhub.mis.identifiers import is_temporary_upn, is_valid_upn

P = TypeVar("P", HubPerson, MISPerson)
CROWD = 60
"""A key that so many people share (a very common surname) says nothing; other keys will find them."""


class Who(StrEnum):
    """Whom is compared: it decides what a number is."""

    PUPILS = "pupils"
    EMPLOYEES = "employees"


@dataclass(frozen=True, slots=True)
class _Person:
    """One person, made comparable once."""

    key: int
    forenames: tuple[str, ...]
    surnames: tuple[str, ...]
    birthday: date | None
    numbers: tuple[str, ...]
    email: str

    @property
    def order(self) -> tuple[object, ...]:
        return (self.surnames, self.forenames, str(self.birthday), self.key)


@dataclass(frozen=True, slots=True)
class _Pair:
    """What is known about one hub person and one MIS person being the same."""

    hub: _Person
    mis: _Person
    forename: Likeness
    surname: Likeness
    birthday: Likeness
    same_number: bool
    other_number: bool
    same_email: bool

    @property
    def is_contradicted(self) -> bool:
        """Whether something that cannot both be true stands against it."""
        if self.same_number:
            return self.surname == Likeness.DIFFERENT and self.birthday == Likeness.DIFFERENT
        return self.other_number or self.birthday == Likeness.DIFFERENT

    @property
    def names_agree(self) -> bool:
        return self.forename >= Likeness.INITIAL and self.surname >= Likeness.ALIKE

    @property
    def score(self) -> int:
        """Only to order what a person has to decide; no threshold of it makes a match."""
        names = 3 * self.forename + 3 * self.surname
        return names + 4 * self.birthday + 12 * self.same_number + 6 * self.same_email - 8 * self.other_number

    @property
    def is_worth_asking(self) -> bool:
        """Whether a person should be asked: the names agree, or a strong sign does in spite of them."""
        if self.same_number:
            return True
        if self.other_number and self.birthday == Likeness.DIFFERENT:
            return False
        if self.same_email and max(self.forename, self.surname) >= Likeness.ALIKE:
            return True
        if self.names_agree:
            return self.birthday != Likeness.DIFFERENT and not self.other_number
        close = self.surname >= Likeness.ALIKE or self.forename == Likeness.SAME
        return close and self.birthday == Likeness.SAME and not self.other_number


def match_people(
    hub: Iterable[HubPerson], mis: Iterable[MISPerson], *, who: Who, decided: Decided | None = None
) -> list[Verdict]:
    """Give every person of both sides a verdict. The order of either side does not matter."""
    return _Matching(list(hub), list(mis), who, decided or Decided()).verdicts()


class _Matching:
    """One run over two lists; keeps who is taken."""

    def __init__(self, hub: list[HubPerson], mis: list[MISPerson], who: Who, decided: Decided) -> None:
        self._who, self._decided = who, decided
        self._hub = {person.key: person for person in hub}
        self._mis = {person.key: person for person in mis}
        self._by_mis_id = {person.mis_id: person for person in mis}
        self._ours = {person.key: self._comparable(person) for person in hub}
        self._theirs = {person.key: self._comparable(person) for person in mis}
        self._free_hub, self._free_mis = set(self._ours), set(self._theirs)
        self._found: list[Verdict] = []

    def verdicts(self) -> list[Verdict]:
        self._take_decided()
        self._take_linked()
        pairs = self._pairs()
        self._take_clear(pairs)
        self._take_doubtful(pairs)
        self._take_rest()
        return sorted(
            self._found, key=lambda verdict: (verdict.hub is None, verdict.hub or 0, verdict.mis or 0)
        )

    def _take(
        self,
        status: Status,
        hub: int | None,
        mis: int | None,
        *reasons: str,
        candidates: tuple[int, ...] = (),
    ) -> None:
        self._found.append(Verdict(status=status, hub=hub, mis=mis, reasons=reasons, candidates=candidates))
        self._free_hub.discard(hub or 0)
        self._free_mis.discard(mis or 0)

    def _take_decided(self) -> None:
        for hub_key, mis_id in sorted(self._decided.same):
            theirs = self._by_mis_id.get(mis_id)
            if theirs is None or hub_key not in self._free_hub or theirs.key not in self._free_mis:
                continue
            is_linked = self._hub[hub_key].mis_id == mis_id
            status = Status.SYNCED if is_linked else Status.MATCHED
            self._take(status, hub_key, theirs.key, "Matched by hand")

    def _take_linked(self) -> None:
        for key in sorted(self._free_hub):
            person = self._hub[key]
            theirs = self._by_mis_id.get(person.mis_id) if person.mis_id is not None else None
            if theirs is None or theirs.key not in self._free_mis:
                continue
            if (key, theirs.mis_id) in self._decided.different:
                continue
            pair = self._pair(self._ours[key], self._theirs[theirs.key])
            if _has_become_somebody_else(pair):
                self._take(
                    Status.MAY_MATCH,
                    key,
                    theirs.key,
                    "Linked earlier, but the MIS record now looks like another person",
                    *_differences(pair),
                )
            else:
                self._take(Status.SYNCED, key, theirs.key, "Linked earlier")

    def _pairs(self) -> list[_Pair]:
        """Every pair of free people that shares a key."""
        hub = [self._ours[key] for key in sorted(self._free_hub)]
        mis = [self._theirs[key] for key in sorted(self._free_mis)]
        shared_emails = _shared(person.email for person in hub) | _shared(person.email for person in mis)
        index: dict[Hashable, list[_Person]] = defaultdict(list)
        for person in mis:
            for key in _keys(person):
                index[key].append(person)
        seen: set[tuple[int, int]] = set()
        pairs = []
        for ours in hub:
            for key in _keys(ours):
                for theirs in index.get(key, ()) if len(index.get(key, ())) <= CROWD else ():
                    if (ours.key, theirs.key) in seen:
                        continue
                    seen.add((ours.key, theirs.key))
                    if (ours.key, self._mis[theirs.key].mis_id) not in self._decided.different:
                        pairs.append(self._pair(ours, theirs, shared_emails))
        return [pair for pair in pairs if pair.is_worth_asking]

    def _pair(self, ours: _Person, theirs: _Person, shared_emails: frozenset[str] = frozenset()) -> _Pair:
        forename, surname = best(ours.forenames, theirs.forenames), best(ours.surnames, theirs.surnames)
        if forename < Likeness.ALIKE or surname < Likeness.ALIKE:
            crossed = (best(ours.forenames, theirs.surnames), best(ours.surnames, theirs.forenames))
            if min(crossed) == Likeness.SAME:  # typed into each other's column
                forename, surname = crossed
        same_number = bool(set(ours.numbers) & set(theirs.numbers))
        same_email = bool(ours.email) and ours.email == theirs.email and ours.email not in shared_emails
        return _Pair(
            hub=ours,
            mis=theirs,
            forename=forename,
            surname=surname,
            birthday=_compare_days(ours.birthday, theirs.birthday),
            same_number=same_number,
            other_number=bool(ours.numbers) and bool(theirs.numbers) and not same_number,
            same_email=same_email,
        )

    def _take_clear(self, pairs: list[_Pair]) -> None:
        around_hub, around_mis = _by_key(pairs, lambda p: p.hub.key), _by_key(pairs, lambda p: p.mis.key)
        numbers = _shared(n for key in self._free_hub for n in self._ours[key].numbers) | _shared(
            n for key in self._free_mis for n in self._theirs[key].numbers
        )
        twins = self._twins()
        clear = []
        for pair in pairs:
            why = self._why_clear(pair, numbers, twins)
            if why and not any(
                _is_rival(other, pair)
                for other in (*around_hub[pair.hub.key], *around_mis[pair.mis.key])
                if other is not pair
            ):
                clear.append((pair, why))
        hubs = Counter(pair.hub.key for pair, _ in clear)
        mises = Counter(pair.mis.key for pair, _ in clear)
        for pair, why in clear:
            if hubs[pair.hub.key] == 1 and mises[pair.mis.key] == 1:
                linked = self._hub[pair.hub.key].mis_id
                moved = ("The MIS ID has changed",) if linked is not None else ()
                self._take(Status.MATCHED, pair.hub.key, pair.mis.key, *why, *moved)

    def _why_clear(
        self, pair: _Pair, shared_numbers: frozenset[str], twins: frozenset[tuple[str, date]]
    ) -> tuple[str, ...]:
        """The reasons this pair is safe; empty when it is not."""
        if pair.is_contradicted:
            return ()
        common = set(pair.hub.numbers) & set(pair.mis.numbers)
        if pair.same_number and not common & shared_numbers:
            near = _is_slip(pair) and not _has_twin(pair, twins)
            confirmed = pair.surname >= Likeness.ALIKE or pair.birthday == Likeness.SAME
            if confirmed and (pair.forename == Likeness.SAME or near):
                return _agreements(pair, self._who)
        if pair.forename != Likeness.SAME or pair.surname != Likeness.SAME or pair.other_number:
            return ()
        if pair.same_email or pair.birthday == Likeness.SAME:
            return _agreements(pair, self._who)
        return ()

    def _twins(self) -> frozenset[tuple[str, date]]:
        """Surname and birthday that two people of one side share."""
        found: set[tuple[str, date]] = set()
        for side in (self._ours.values(), self._theirs.values()):
            seen = Counter(
                (surname, person.birthday)
                for person in side
                if person.birthday is not None
                for surname in person.surnames
            )
            found |= {twin for twin, count in seen.items() if count > 1}
        return frozenset(found)

    def _take_doubtful(self, pairs: list[_Pair]) -> None:
        """Offer the best remaining pairs to a person, each record once; a left-over rival is offered alone."""
        around_hub, around_mis = _by_key(pairs, lambda p: p.hub.key), _by_key(pairs, lambda p: p.mis.key)
        in_order = sorted(pairs, key=lambda pair: (-pair.score, pair.hub.order, pair.mis.order))
        for pair in in_order:
            if pair.hub.key in self._free_hub and pair.mis.key in self._free_mis:
                others_hub = len(around_mis[pair.mis.key]) - 1
                others_mis = len(around_hub[pair.hub.key]) - 1
                self._take(
                    Status.MAY_MATCH,
                    pair.hub.key,
                    pair.mis.key,
                    *_agreements(pair, self._who),
                    *_differences(pair),
                    *_rivals(others_hub, others_mis),
                    candidates=tuple(
                        other.mis.key for other in around_hub[pair.hub.key] if other is not pair
                    )[:4],
                )
        self._offer_alone(in_order, around_hub, around_mis)

    def _offer_alone(
        self, in_order: list[_Pair], around_hub: dict[int, list[_Pair]], around_mis: dict[int, list[_Pair]]
    ) -> None:
        for pair in in_order:
            if not pair.names_agree or pair.is_contradicted:
                continue
            if pair.hub.key in self._free_hub:
                self._take(
                    Status.MAY_MATCH,
                    pair.hub.key,
                    None,
                    "Looks like an MIS record that is paired with another hub record: perhaps known twice",
                    candidates=tuple(other.mis.key for other in around_hub[pair.hub.key])[:4],
                )
            elif pair.mis.key in self._free_mis:
                self._take(
                    Status.MAY_MATCH,
                    None,
                    pair.mis.key,
                    "Looks like a hub record that is paired with another MIS record: perhaps the same person",
                    candidates=tuple(other.hub.key for other in around_mis[pair.mis.key])[:4],
                )

    def _take_rest(self) -> None:
        for key in sorted(self._free_hub):
            if self._hub[key].mis_id is not None:
                self._take(Status.DESYNCED, key, None, "Left the MIS, or is no longer shared with Admin Hub")
            else:
                self._take(Status.NOT_MATCHED, key, None, "Nobody in the MIS looks alike")
        for key in sorted(self._free_mis):
            self._take(Status.NEW, None, key, "Only in the MIS")

    def _comparable(self, person: HubPerson | MISPerson) -> _Person:
        numbers = [person.number, person.former_number if isinstance(person, MISPerson) else ""]
        return _Person(
            key=person.key,
            forenames=_folded(person.forename, person.legal_forename),
            surnames=_folded(person.surname, person.legal_surname),
            birthday=person.birthday,
            numbers=tuple(number for number in numbers if self._is_proof(number)),
            email=person.email.strip().lower(),
        )

    def _is_proof(self, number: str) -> bool:
        if self._who is Who.EMPLOYEES:
            return bool(number)
        return bool(number) and is_valid_upn(number) and not is_temporary_upn(number)


def _folded(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded for name in names if (folded := fold(name))))


def _keys(person: _Person) -> Iterator[Hashable]:
    """What two records of one person are likely to share; a typing slip spoils one or two of these, not all."""
    for number in person.numbers:
        yield "number", number
    if person.email:
        yield "email", person.email
    if person.birthday:
        yield "birthday", person.birthday
    for surname in person.surnames:
        for forename in person.forenames:
            yield "name", min(surname, forename), max(surname, forename)
            yield "initial", surname, forename[0]
            yield "start", surname[:3], forename
            yield "end", surname[-3:], forename


def _shared(values: Iterable[str]) -> frozenset[str]:
    return frozenset(value for value, count in Counter(filter(None, values)).items() if count > 1)


def _by_key(pairs: list[_Pair], key: Callable[[_Pair], int]) -> dict[int, list[_Pair]]:
    grouped: dict[int, list[_Pair]] = defaultdict(list)
    for pair in pairs:
        grouped[key(pair)].append(pair)
    for group in grouped.values():
        group.sort(key=lambda pair: (-pair.score, pair.hub.order, pair.mis.order))
    return grouped


def _is_rival(other: _Pair, pair: _Pair) -> bool:
    """Whether the other pair could be meant as well. One that is contradicted cannot, unless it shares a number."""
    if other.same_number:
        return True
    if other.is_contradicted:
        return False
    return other.names_agree or other.same_email


def _is_slip(pair: _Pair) -> bool:
    return any(
        is_same_but_for_a_slip(one, other) for one in pair.hub.forenames for other in pair.mis.forenames
    )


def _has_twin(pair: _Pair, twins: frozenset[tuple[str, date]]) -> bool:
    days = {pair.hub.birthday, pair.mis.birthday} - {None}
    names = {*pair.hub.surnames, *pair.mis.surnames}
    return any((name, day) in twins for name in names for day in days if day is not None)


def _has_become_somebody_else(pair: _Pair) -> bool:
    names_differ = pair.forename == Likeness.DIFFERENT and pair.surname == Likeness.DIFFERENT
    return names_differ and (pair.other_number or pair.birthday == Likeness.DIFFERENT)


def _compare_days(one: date | None, other: date | None) -> Likeness:
    """SAME, ALIKE for one slip (day and month swapped, or one of three parts different), DIFFERENT or MISSING."""
    if one is None or other is None:
        return Likeness.MISSING
    if one == other:
        return Likeness.SAME
    swapped = (one.year, one.day, one.month) == (other.year, other.month, other.day)
    agreeing = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    return Likeness.ALIKE if swapped or agreeing == 2 else Likeness.DIFFERENT


def _agreements(pair: _Pair, who: Who) -> tuple[str, ...]:
    number = "UPN" if who is Who.PUPILS else "teacher number"
    said = [
        (pair.same_number, f"Same {number}"),
        (pair.same_email, "Same e-mail"),
        (pair.forename == pair.surname == Likeness.SAME, "Same name"),
        (pair.birthday == Likeness.SAME, "Same birthday"),
        (pair.surname == Likeness.SAME and pair.forename != Likeness.SAME, "Same surname"),
        (pair.forename == Likeness.SAME and pair.surname != Likeness.SAME, "Same first name"),
    ]
    return tuple(sentence for holds, sentence in said if holds)


def _differences(pair: _Pair) -> tuple[str, ...]:
    said = [
        (pair.forename == Likeness.ALIKE, "First name only similar"),
        (pair.forename == Likeness.INITIAL, "First name only an initial"),
        (pair.forename == Likeness.DIFFERENT, "Another first name: perhaps a twin or sibling"),
        (pair.surname == Likeness.ALIKE, "Surname only similar"),
        (pair.surname == Likeness.DIFFERENT, "Another surname"),
        (pair.birthday == Likeness.ALIKE, "Birthday only similar"),
        (pair.birthday == Likeness.DIFFERENT, "Another birthday"),
        (pair.other_number, "Another number"),
    ]
    said_so = tuple(sentence for holds, sentence in said if holds)
    alone = pair.birthday == Likeness.MISSING and not pair.same_number and not pair.same_email
    return (*said_so, "Nothing but the name agrees") if alone and not said_so else said_so


def _rivals(others_hub: int, others_mis: int) -> tuple[str, ...]:
    said = []
    if others_hub:
        said.append(f"{others_hub} more in Admin Hub could be meant")
    if others_mis:
        said.append(f"{others_mis} more in the MIS could be meant")
    return tuple(said)
