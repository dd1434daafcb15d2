"""Who is who: a verdict for every person of the hub and of the MIS, with its reasons. Pure.

The rules, in the order they apply (docs/reference/matching-rules.md says them in a school's words):
1. What a person decided stands; whom a person ignored is left alone.
2. Linked, the MIS still has the record, and the person agrees: Synced. A record that has become somebody else,
   as when an MIS gives an id out again, is no link: May match.
3. Matched, if the gate lets it pass: see gate.py.
4. Anything less that is likely enough to ask: May match. It is never written unless a person says so.
5. The rest: New, Not matched, or, for whoever was linked, Desynced.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from adminhub.hub.matching.candidates import Pairs, distinct, find_pairs
from adminhub.hub.matching.columns import Bools, Ints, Shared, Side, side_of
from adminhub.hub.matching.evidence import (
    FIELDS,
    Agreement,
    Birthday,
    Email,
    Evidence,
    Forename,
    Middle,
    Number,
    Postcode,
    Surname,
    compare,
)
from adminhub.hub.matching.gate import Gate, open_gate
from adminhub.hub.matching.reasons import Reasons
from adminhub.hub.matching.values import Decided, HubPerson, LostWhy, MISPerson, Status, Verdict, Who
from adminhub.hub.matching.weights import Judged, judge

__all__ = ["Who", "match_people"]

WORTH_ASKING = 0.02
"""How likely a pair must be for a person to be asked."""
WORTH_ASKING_ALONE = 0.1
"""The same for a pair whose MIS record another hub record claims better."""
MOST_CANDIDATES = 4
BY_HAND = "Matched by hand"
MOVED = "The MIS ID has changed"
NOT_SHARED = "No longer shared with Admin Hub"
HAS_LEFT = "Has left: found among the MIS's leavers"
EXPECTED = "Not here yet: found among those whom the MIS expects later"


def match_people(
    hub: Iterable[HubPerson], mis: Iterable[MISPerson], *, who: Who, decided: Decided | None = None
) -> list[Verdict]:
    """Give every person of both sides a verdict. The order of either side does not matter."""
    ours = sorted(hub, key=lambda person: person.key)
    theirs = sorted(mis, key=lambda person: person.key)
    return _Matching(ours, theirs, who, decided or Decided()).verdicts()


def compare_otherwise(
    others: Sequence[HubPerson] | Sequence[MISPerson],
    were: Sequence[HubPerson] | Sequence[MISPerson],
    are: Sequence[HubPerson] | Sequence[MISPerson],
    *,
    who: Who,
) -> bool:
    """Whether somebody of `others` might be taken for one of these people, and compares otherwise with them now.

    `were` and `are` are the same people of the other side, in the same order, as they were and as they are.
    """
    if not others or not are:
        return False
    shared = Shared()
    theirs = [*were, *are]
    one, other = side_of(others, who, shared), side_of(theirs, who, shared)
    shared.words.freeze()
    is_hub = isinstance(others[0], HubPerson)
    found = find_pairs(one, other, shared) if is_hub else find_pairs(other, one, shared)
    if found.crowded.any():
        return True
    rows, people = (found.hub, found.mis) if is_hub else (found.mis, found.hub)
    size = np.int64(len(are))
    codes = np.unique(rows * size + people % size)
    rows, then, now = codes // size, codes % size, codes % size + size

    def told(people: Ints) -> Evidence:
        hub, mis = (rows, people) if is_hub else (people, rows)
        sides = (one, other) if is_hub else (other, one)
        return compare(*sides, Pairs(hub=hub, mis=mis, crowded=found.crowded), shared, offset=0)

    before, after = told(then), told(now)
    other_wise = other.year[then] != other.year[now]
    for name in (*FIELDS, "same_forename", "same_surname"):
        other_wise |= getattr(before, name) != getattr(after, name)
    near = np.zeros(len(codes), dtype=np.bool_)
    for evidence in (before, after):
        near |= ~_are_two_people(evidence)
        near |= (evidence.forename != Forename.DIFFERENT) & (evidence.surname <= Surname.SLIP)
    return bool((other_wise & near).any())


class _Matching:
    """One run over two lists; keeps who is taken."""

    def __init__(self, hub: list[HubPerson], mis: list[MISPerson], who: Who, decided: Decided) -> None:
        self._who, self._decided = who, decided
        self._hub = {person.key: person for person in hub}
        self._mis = {person.key: person for person in mis}
        self._by_mis_id = {person.mis_id: person for person in mis if person.is_current}
        self._free_hub, self._free_mis = dict.fromkeys(self._hub), dict.fromkeys(self._mis)
        self._settled: dict[int, int] = {}
        """Whoever is linked or matched by hand: the others are compared with them too, as rivals."""
        self._found: list[Verdict] = []

    def verdicts(self) -> list[Verdict]:
        self._take_ignored()
        self._take_decided()
        self._take_linked()
        self._take_likely()
        self._take_rest()
        return sorted(self._found, key=lambda one: (one.hub is None, one.hub or 0, one.mis or 0))

    def _take(self, verdict: Verdict) -> None:
        self._found.append(verdict)
        if verdict.hub is not None:
            self._free_hub.pop(verdict.hub, None)
        if verdict.mis is not None:
            self._free_mis.pop(verdict.mis, None)
        if verdict.hub is not None and verdict.mis is not None and verdict.score == 1.0:
            self._settled.setdefault(verdict.hub, verdict.mis)

    def _take_ignored(self) -> None:
        """Leave alone what a person ignored; not who is linked, who would look as if they had left."""
        linked = {person.mis_id for person in self._hub.values()}
        for mis_id in sorted((self._decided.ignored & self._by_mis_id.keys()) - linked):
            key = self._by_mis_id[mis_id].key
            self._take(Verdict(status=Status.IGNORED, mis=key, reasons=("Ignored by hand",)))

    def _take_decided(self) -> None:
        for hub_key, mis_id in sorted(self._decided.same):
            theirs = self._by_mis_id.get(mis_id)
            if theirs is None or hub_key not in self._free_hub or theirs.key not in self._free_mis:
                continue
            is_linked = self._hub[hub_key].mis_id == mis_id
            status = Status.SYNCED if is_linked else Status.MATCHED
            self._take(Verdict(status=status, hub=hub_key, mis=theirs.key, reasons=(BY_HAND,), score=1.0))

    def _take_linked(self) -> None:
        linked = []
        for key in self._free_hub:
            mis_id = self._hub[key].mis_id
            theirs = self._by_mis_id.get(mis_id) if mis_id is not None else None
            if theirs is None or theirs.key not in self._free_mis:
                continue
            if (key, theirs.mis_id) not in self._decided.different:
                linked.append((key, theirs.key))
        if not linked:
            return
        # Of two hub records linked to one MIS record neither is believed.
        claims: dict[int, int] = defaultdict(int)
        for _, mis_key in linked:
            claims[mis_key] += 1
        linked = [pair for pair in linked if claims[pair[1]] == 1]
        shared = Shared()
        ours = side_of([self._hub[hub_key] for hub_key, _ in linked], self._who, shared)
        theirs_side = side_of([self._mis[mis_key] for _, mis_key in linked], self._who, shared)
        rows = np.arange(len(linked), dtype=np.int64)
        pairs = Pairs(hub=rows, mis=rows, crowded=np.zeros(len(linked), dtype=np.bool_))
        evidence = compare(ours, theirs_side, pairs, shared)
        became = _became_somebody_else(evidence)
        reasons = Reasons(evidence, self._who)
        for place, (hub_key, mis_key) in enumerate(linked):
            if not became[place]:
                self._take(
                    Verdict(
                        status=Status.SYNCED, hub=hub_key, mis=mis_key, reasons=("Linked earlier",), score=1.0
                    )
                )
        self._take_somebody_else(linked, became, reasons)

    def _take_elsewhere(self, hub: int, theirs: MISPerson) -> None:
        """Whoever is a leaver of the MIS, or starts later, is nobody else in it."""
        linked = self._hub[hub].mis_id is not None
        self._take(
            Verdict(
                status=Status.DESYNCED if linked else Status.NOT_MATCHED,
                hub=hub,
                reasons=(EXPECTED if theirs.is_expected else HAS_LEFT,),
                why=LostWhy.LEFT_MIS if linked else None,
            )
        )
        self._free_mis.pop(theirs.key, None)

    def _take_somebody_else(self, linked: list[tuple[int, int]], became: Bools, reasons: Reasons) -> None:
        for place, (hub_key, mis_key) in enumerate(linked):
            if became[place]:
                said = "Linked earlier, but the MIS record now looks like another person"
                self._take(
                    Verdict(
                        status=Status.MAY_MATCH,
                        hub=hub_key,
                        mis=mis_key,
                        reasons=(said, *reasons.differences(place)),
                        score=0.5,
                    )
                )

    def _take_likely(self) -> None:
        """Judge whoever is free among all the others: from those who are settled it is learned, too."""
        settled = self._settled
        ours = [self._hub[key] for key in sorted(self._free_hub.keys() | settled.keys())]
        theirs = [self._mis[key] for key in sorted(self._free_mis.keys() | set(settled.values()))]
        if not self._free_hub or not theirs:
            return
        shared = Shared()
        hub, mis = side_of(ours, self._who, shared), side_of(theirs, self._who, shared)
        shared.words.freeze()
        pairs = self._allowed(hub, mis, find_pairs(hub, mis, shared))
        pairs, known = _with_known(pairs, hub, mis, settled)
        if not len(pairs):
            return
        evidence = compare(hub, mis, pairs, shared)
        judged = judge(hub, mis, pairs, evidence, shared, known)
        gate = open_gate(hub, mis, pairs, evidence, judged, shared, self._who)
        _Offers(self, hub, mis, pairs, evidence, judged, gate, Reasons(evidence, self._who)).take()

    def _allowed(self, hub: Side, mis: Side, pairs: Pairs) -> Pairs:
        """The pairs without those that a person has said are two people."""
        different = self._decided.different
        if not different:
            return pairs
        of_hub: dict[int, set[int]] = defaultdict(set)
        for hub_key, mis_id in different:
            if mis_id in self._by_mis_id:
                of_hub[hub_key].add(self._by_mis_id[mis_id].key)
        kept = np.array(
            [
                mis_key not in of_hub.get(hub_key, ())
                for hub_key, mis_key in zip(
                    hub.keys[pairs.hub].tolist(), mis.keys[pairs.mis].tolist(), strict=True
                )
            ],
            dtype=np.bool_,
        )
        return pairs.only(kept)

    def _take_rest(self) -> None:
        for key in list(self._free_hub):
            person = self._hub[key]
            if person.mis_id is not None:
                self._take(
                    Verdict(
                        status=Status.DESYNCED,
                        hub=key,
                        reasons=(_LOST[person.lost_why],),
                        why=person.lost_why,
                    )
                )
            else:
                self._take(
                    Verdict(status=Status.NOT_MATCHED, hub=key, reasons=("Nobody in the MIS looks alike",))
                )
        for key in list(self._free_mis):
            if self._mis[key].is_current:
                self._take(Verdict(status=Status.NEW, mis=key, reasons=("Only in the MIS",)))
            else:
                self._free_mis.pop(key)


def _with_known(pairs: Pairs, hub: Side, mis: Side, settled: dict[int, int]) -> tuple[Pairs, Bools]:
    """The pairs with those that are settled among them, found by a key or not; and which those are."""
    if not settled:
        return pairs, np.zeros(len(pairs), dtype=np.bool_)
    # The keys of both sides stand in order.
    rows = np.searchsorted(hub.keys, np.fromiter(settled.keys(), dtype=np.int64, count=len(settled)))
    others = np.searchsorted(mis.keys, np.fromiter(settled.values(), dtype=np.int64, count=len(settled)))
    size = np.int64(len(mis))
    of_known, found = rows * size + others, pairs.hub * size + pairs.mis
    codes = distinct(np.concatenate([found, of_known]))
    crowded, known = np.zeros(len(codes), dtype=np.bool_), np.zeros(len(codes), dtype=np.bool_)
    crowded[np.searchsorted(codes, found)] = pairs.crowded
    known[np.searchsorted(codes, of_known)] = True
    return Pairs(hub=codes // size, mis=codes % size, crowded=crowded), known


_LOST = {
    LostWhy.LEFT_MIS: "Left the MIS, or is no longer shared with Admin Hub",
    LostWhy.OUT_OF_SCOPE: "Not in this sync's scope",
    LostWhy.ID_CHANGED: "The MIS ID has changed",
    LostWhy.NOT_SHARED: NOT_SHARED,
}


def _became_somebody_else(evidence: Evidence) -> Bools:
    """Whether a linked record is another person now, as when an MIS gives a staff code out again.

    Another first name that no number and no birthday vouches for; nothing of the name left, and a contradiction;
    or another number and another birthday, with either name different.
    """
    e = evidence
    other_first, other_last = e.forename == Forename.DIFFERENT, e.surname == Surname.DIFFERENT
    other_number, other_day = e.number == Number.OTHER, e.birthday == Birthday.DIFFERENT
    vouched = (e.number == Number.SAME) | (e.birthday == Birthday.SAME) | (e.uln == Agreement.SAME)
    contradicted = other_number | other_day | (e.sex == Agreement.OTHER)
    found: Bools = other_first & ~vouched
    found |= (other_first | (e.forename == Forename.MIDDLE)) & other_last & contradicted
    found |= other_number & other_day & (other_first | other_last)
    return found


def _are_two_people(evidence: Evidence) -> Bools:
    """Whether there is nothing to ask: one strong sign says two people, and nothing but a name says otherwise.

    Another birthday; another valid UPN with another first name; or neither name the same, and nothing else.
    """
    e = evidence
    linked = (
        np.isin(e.number, (Number.SAME, Number.TEMPORARY))
        | (e.email == Email.SAME)
        | (e.uln == Agreement.SAME)
    )
    near = (e.postcode == Postcode.SAME) | (e.middle == Middle.SAME) | (e.group == Agreement.SAME)
    other_number = e.number == Number.OTHER
    other_day = (e.birthday == Birthday.DIFFERENT) & ~linked & (~near | other_number)
    other_first = np.isin(e.forename, (Forename.NEAR, Forename.DIFFERENT))
    unnamed = (e.forename != Forename.SAME) & (e.surname != Surname.SAME)
    hinted = linked | near | np.isin(e.birthday, (Birthday.SAME, Birthday.NEAR))
    hinted |= np.isin(e.number, (Number.TEMPORARY, Number.NEAR)) | np.isin(
        e.email, (Email.SHARED, Email.LOCAL)
    )
    found: Bools = other_day | (other_number & other_first) | (unnamed & ~hinted)
    return found


class _Offers:
    """Turns judged pairs into verdicts."""

    def __init__(
        self,
        matching: _Matching,
        hub: Side,
        mis: Side,
        pairs: Pairs,
        evidence: Evidence,
        judged: Judged,
        gate: Gate,
        reasons: Reasons,
    ) -> None:
        self._matching, self._reasons = matching, reasons
        self._gate = gate
        worth = (judged.likely >= WORTH_ASKING) | (judged.likely_alone >= WORTH_ASKING_ALONE)
        two_people = _are_two_people(evidence)
        # In a long list, a name that nobody else has is worth a question even against another birthday.
        two_people &= ~gate.rare | (evidence.number == Number.OTHER)
        worth &= ~two_people
        # Who could be meant as well is shown beside whoever it keeps from being matched, likely or not.
        rivalled = np.zeros(len(hub), dtype=np.bool_)
        rivalled[pairs.hub[gate.rivalled & worth]] = True
        shown = worth | (gate.alike & rivalled[pairs.hub] & ~two_people)
        places = np.flatnonzero(shown | gate.passes)
        order = np.lexsort(
            (pairs.mis[places], pairs.hub[places], -judged.weight[places], -judged.likely[places])
        )
        ordered = places[order]
        # Of each pair that is worth a word, the likeliest first: the two people, how likely, its place among all.
        self._hub, self._mis = hub.keys[pairs.hub[ordered]].tolist(), mis.keys[pairs.mis[ordered]].tolist()
        self._likely = judged.likely[ordered].round(6).tolist()
        self._places = ordered.tolist()
        self._clear = np.flatnonzero(gate.passes[ordered]).tolist()
        self._worth = np.flatnonzero(worth[ordered]).tolist()
        self._around_hub: dict[int, list[int]] = defaultdict(list)
        self._around_mis: dict[int, list[int]] = defaultdict(list)
        for offer in np.flatnonzero(shown[ordered]).tolist():
            self._around_hub[self._hub[offer]].append(offer)
            self._around_mis[self._mis[offer]].append(offer)

    def take(self) -> None:
        self._take_clear()
        self._take_doubtful()
        self._offer_alone()

    def _take_clear(self) -> None:
        for offer in self._clear:
            # Two that pass for one person cannot be; if they were, neither would be safe.
            if self._is_free(offer):
                self._settle(offer, Status.MATCHED, self._reasons.agreements(self._places[offer]))

    def _take_doubtful(self) -> None:
        """The best remaining pairs, each record once."""
        for offer in self._worth:
            if self._is_free(offer):
                said = (*self._compared(offer), *self._rivals(offer))
                others = [other for other in self._here(self._around_hub[self._hub[offer]]) if other != offer]
                self._settle(offer, Status.MAY_MATCH, said, others[: MOST_CANDIDATES - 1])

    def _settle(self, offer: int, status: Status, said: tuple[str, ...], others: Sequence[int] = ()) -> None:
        hub, mis = self._hub[offer], self._mis[offer]
        matching = self._matching
        if not matching._mis[mis].is_current:
            matching._take_elsewhere(hub, matching._mis[mis])
            return
        moved = matching._hub[hub].mis_id is not None
        matching._take(
            Verdict(
                status=status,
                hub=hub,
                mis=mis,
                reasons=(*said, MOVED) if moved else said,
                candidates=tuple(self._mis[other] for other in others),
                score=self._likely[offer],
                scores=tuple(self._likely[other] for other in others),
                why=LostWhy.ID_CHANGED if moved else None,
            )
        )

    def _offer_alone(self) -> None:
        """Who looks like somebody that is taken: perhaps known twice, and never made again."""
        matching = self._matching
        settled = set(matching._settled.values())
        for offer in self._worth:
            hub, mis = self._hub[offer], self._mis[offer]
            # Whose own record is gone has left, however alike somebody else's is.
            if matching._hub[hub].mis_id is not None and mis in settled:
                continue
            if hub in matching._free_hub and not matching._mis[mis].is_current:
                matching._take_elsewhere(hub, matching._mis[mis])
            elif hub in matching._free_hub:
                around = self._here(self._around_hub[hub])[:MOST_CANDIDATES]
                said = "Looks like an MIS record that is paired with another hub record: perhaps known twice"
                self._offer(
                    offer, said, hub=hub, candidates=[self._mis[other] for other in around], of=around
                )
            elif mis in matching._free_mis and matching._mis[mis].is_current:
                around = self._around_mis[mis][:MOST_CANDIDATES]
                said = (
                    "Looks like a hub record that is paired with another MIS record: perhaps the same person"
                )
                self._offer(
                    offer, said, mis=mis, candidates=[self._hub[other] for other in around], of=around
                )

    def _offer(
        self,
        offer: int,
        said: str,
        *,
        candidates: Sequence[int],
        of: Sequence[int],
        hub: int | None = None,
        mis: int | None = None,
    ) -> None:
        self._matching._take(
            Verdict(
                status=Status.MAY_MATCH,
                hub=hub,
                mis=mis,
                reasons=(said, *self._compared(offer)),
                candidates=tuple(candidates),
                score=self._likely[offer],
                scores=tuple(self._likely[other] for other in of),
            )
        )

    def _here(self, offers: list[int]) -> list[int]:
        """Those whose MIS record is of somebody who is here now: only of them can a person be asked."""
        return [offer for offer in offers if self._matching._mis[self._mis[offer]].is_current]

    def _is_free(self, offer: int) -> bool:
        return self._hub[offer] in self._matching._free_hub and self._mis[offer] in self._matching._free_mis

    def _compared(self, offer: int) -> tuple[str, ...]:
        place = self._places[offer]
        return (*self._reasons.agreements(place), *self._reasons.differences(place))

    def _rivals(self, offer: int) -> tuple[str, ...]:
        said = []
        others_hub = len(self._around_mis[self._mis[offer]]) - 1
        others_mis = len(self._around_hub[self._hub[offer]]) - 1
        if others_hub > 0:
            said.append(f"{others_hub} more in Admin Hub could be meant")
        if others_mis > 0:
            said.append(f"{others_mis} more in the MIS could be meant")
        if self._gate.twin[self._places[offer]] and not said:
            said.append("Somebody else has this surname and birthday")
        return tuple(said)
