"""Which class is which: by link, then by who is in it, then by name. Pure.

docs/reference/class-pairing-rules.md tells a school the same. The rules, in the order they apply:
1. What a person decided stands. (A decision of long ago, about a class that has wholly other pupils now, is
   asked again and never acted upon: an MIS whose class ids are names uses them again every September.)
2. Linked, and a quarter of the pupils bear it out: Synced, whatever its name is now.
3. The same pupils: Matched. Two thirds of each are in the other, and no other class could be meant; eight pupils
   at least, or three and the same name. A subject class must be of the same subject as well, for a form has all
   its subjects together, and a new course (Year 9 to 10, 11 to 12) is a new class.
4. Linked, and nothing is known of the pupils: Synced.
5. The same name: Matched, if more than half of the pupils are in both (two thirds for a subject class that was
   linked), if most of a registration group that are still here are in it, or if one of the two never had a pupil.
   With fewer, or nobody who is sure to be in both, May match.
6. Registration groups that share more than half of their pupils, or were merged or split: May match.
7. The rest: New, Not matched or, for a class that was linked, Desynced.

A name or an MIS id that has come to wholly other pupils says nothing: their class is New.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from adminhub.hub.matching.names import fold
from adminhub.hub.matching.values import Decided, HubClass, MISClass, Status, Verdict

ENOUGH = 5
"""Pupils both classes must have before who is in them can prove that they are two."""
IN_COMMON = 0.25
"""Share of the smaller class below which it is proved."""
MOST = 2 / 3
"""Share of each class that makes them the same."""
A_FEW = 3
"""Pupils in common below which they say nothing."""
ALONE = 8
"""Pupils in common that need no name beside them: a handful of children may be together by chance."""
_NEW_COURSES = {("9", "10"), ("11", "12")}
_YEAR_WORDS = re.compile(r"\b(?:year|yr|class|form|group|tutor|reg)\b")
_NAME_SHOWN = 60


@lru_cache(maxsize=20_000)
def class_key(name: str) -> str:
    """A class's name without case, blanks, signs and the words that every class has: "Year 7 A" is "7a"."""
    folded = fold(name.replace("/", " "))
    short = _YEAR_WORDS.sub("", folded).replace(" ", "")
    return short or folded.replace(" ", "")


def stem(name: str) -> str:
    """What stays of a name when its class moves up a year: "7A/En" and "8A/En" are both "aen"."""
    return class_key(name).lstrip("0123456789")


def _year(name: str) -> str:
    """The year that a class's name begins with, or blank."""
    key = class_key(name)
    return key[: len(key) - len(stem(name))]


@lru_cache(maxsize=20_000)
def _codes(name: str) -> frozenset[str]:
    """The words of a name that may say its subject: "8y/Ma1" has "ma"."""
    words = re.sub(r"\d+", " ", _YEAR_WORDS.sub(" ", fold(name.replace("/", " ")))).split()
    return frozenset(word for word in words if len(word) > 1)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A hub class and an MIS class with pupils in common. `present`: the hub class's whom the MIS has at all."""

    hub: HubClass
    mis: MISClass
    common: int
    present: int

    @property
    def size(self) -> int:
        """How many the MIS class has to be compared with: of a hub class that no sync ever filled, the known."""
        was_synced = self.hub.mis_id is not None
        return _size(self.mis) if was_synced else max(len(self.mis.members), 1)

    @property
    def share(self) -> float:
        return min(self.common / max(self.present, 1), self.common / self.size)

    @property
    def is_namesake(self) -> bool:
        return class_key(self.hub.name) == class_key(self.mis.name)

    @property
    def is_same_pupils(self) -> bool:
        are_many = self.common >= (A_FEW if self.is_namesake else ALONE)
        return are_many and self.share >= MOST and self.common >= IN_COMMON * _size(self.mis)

    @property
    def is_majority(self) -> bool:
        return self.common >= A_FEW and self.share > 0.5 and self.common >= IN_COMMON * _size(self.mis)

    @property
    def is_absorbed(self) -> bool:
        """Whether the hub class has gone into the MIS class, perhaps with others."""
        return self.common >= A_FEW and self.common >= MOST * self.present

    @property
    def is_part(self) -> bool:
        """Whether the MIS class has come out of the hub class, perhaps with others."""
        return self.common >= A_FEW and self.common >= MOST * _size(self.mis)

    @property
    def sentence(self) -> str:
        return f"{self.common} of {max(self.present, _size(self.mis))} pupils in both"


def match_classes(
    hub: Iterable[HubClass],
    mis: Iterable[MISClass],
    *,
    decided: Decided | None = None,
    of_subjects: bool = False,
) -> list[Verdict]:
    """Give every class of both sides a verdict. Give it classes of one kind only; their order does not matter.

    `of_subjects` says that they are subject classes.
    """
    review = _Review(hub, mis, decided or Decided(), of_subjects=of_subjects)
    review.obey()
    review.follow_links_that_pupils_bear_out()
    review.pair_by_pupils()
    review.follow_the_other_links()
    review.pair_by_name()
    review.ask_about_doubtful_links()
    review.ask_about_what_is_alike()
    review.settle_the_rest()
    return sorted(review.found, key=lambda verdict: (verdict.hub is None, verdict.hub or 0, verdict.mis or 0))


def stays_clear(one: HubClass, other: MISClass, *, but: int) -> bool:
    """Whether a link's pupils bear it out, and did so whichever way so many of them came or went a moment ago."""
    common, smaller = len(one.members & other.members), min(len(one.members), _size(other))
    return common > but and common - but >= IN_COMMON * (smaller + but)


class _Review:
    """The classes that are free, and the verdicts found so far."""

    def __init__(
        self, hub: Iterable[HubClass], mis: Iterable[MISClass], decided: Decided, *, of_subjects: bool
    ) -> None:
        self.found: list[Verdict] = []
        self._decided, self._of_subjects = decided, of_subjects
        self._hub = {one.key: one for one in sorted(hub, key=lambda one: one.key)}
        self._mis = {one.key: one for one in sorted(mis, key=lambda one: one.key)}
        self._by_mis_id = {one.mis_id: one for one in self._mis.values()}
        self._free_hub, self._free_mis = set(self._hub), set(self._mis)
        self._in_mis = frozenset(pupil for one in self._mis.values() for pupil in one.members)
        self._overlaps: list[_Pair] = []
        self._of_hub: dict[int, list[_Pair]] = defaultdict(list)
        self._of_mis: dict[int, list[_Pair]] = defaultdict(list)
        self._reused: dict[int, HubClass] = {}
        """The MIS classes whose id or name was another class's before, by key, with that class."""

    # The steps, in their order.

    def obey(self) -> None:
        """Follow what people decided."""
        for hub_key, mis_id in sorted(self._decided.same):
            one, other = self._hub.get(hub_key), self._by_mis_id.get(mis_id)
            if one is None or other is None or not self._is_free(one, other):
                continue
            if (hub_key, mis_id) in self._decided.earlier and (
                _are_others(one, other) or _are_few_others(one, other)
            ):
                self._take(
                    Status.MAY_MATCH, one, other, "Matched by hand earlier, but its pupils are others now"
                )
                continue
            self._take(
                Status.SYNCED if one.mis_id == mis_id else Status.MATCHED, one, other, "Matched by hand"
            )

    def follow_links_that_pupils_bear_out(self) -> None:
        """Keep a link that at least a quarter of the pupils confirm."""
        for one, other in self._linked():
            common, smaller = len(one.members & other.members), min(len(one.members), _size(other))
            if common and common >= IN_COMMON * smaller:
                self._keep(one, other)
        self._count_overlaps()
        self._note_reused()

    def pair_by_pupils(self) -> None:
        """Pair classes that have the same pupils, if no other class could be meant."""
        pairs = [pair for pair in self._overlaps if pair.is_same_pupils and not self._is_ruled_out(pair)]
        clearer: tuple[Callable[[_Pair], bool], ...] = (
            lambda pair: pair.is_namesake,
            lambda pair: bool(stem(pair.mis.name)) and stem(pair.hub.name) == stem(pair.mis.name),
            lambda pair: pair.hub.mis_id is not None and not pair.hub.is_lost,
            lambda _: True,
        )
        for is_clear in clearer:
            clear = [pair for pair in pairs if is_clear(pair) and self._is_free(pair.hub, pair.mis)]
            for pair in _alone(clear):
                if not self._of_subjects or _is_same_course(pair.hub, pair.mis):
                    self._match(pair.hub, pair.mis, pair.sentence)

    def follow_the_other_links(self) -> None:
        """Keep a link of which the pupils say nothing."""
        for one, other in self._linked():
            if not _are_others(one, other) and not _are_few_others(one, other):
                self._keep(one, other)

    def pair_by_name(self) -> None:
        """Pair classes of one name, unless their pupils or subjects speak against it."""
        pairs = [pair for pair in self._namesakes() if not _are_others(*pair)]
        with_subject = [pair for pair in pairs if _is_same_subject(*pair)] if self._of_subjects else []
        for chosen in (with_subject, pairs):
            free = [pair for pair in chosen if self._is_free(*pair)]
            ours, theirs = Counter(one.key for one, _ in free), Counter(other.key for _, other in free)
            for one, other in free:
                if ours[one.key] == theirs[other.key] == 1:
                    self._match_by_name(one, other)
        common = {(pair.hub.key, pair.mis.key): pair.common for pair in self._overlaps}
        for one, other in sorted(pairs, key=lambda pair: -common.get((pair[0].key, pair[1].key), 0)):
            if self._is_free(one, other):
                self._take(Status.MAY_MATCH, one, other, "Same name", "Other classes have this name as well")

    def ask_about_doubtful_links(self) -> None:
        """A small class that is linked, with wholly other pupils: a person must say whether it is the same."""
        for one, other in self._linked():
            if _are_few_others(one, other):
                self._take(Status.MAY_MATCH, one, other, "Linked earlier, but its pupils are others now")

    def ask_about_what_is_alike(self) -> None:
        """Offer what shares many pupils and is not clear: groups half remade, merged or split, or with rivals."""
        pairs = [pair for pair in self._overlaps if not self._is_ruled_out(pair) and self._is_alike(pair)]
        for pair in sorted(pairs, key=lambda pair: (-pair.share, pair.hub.key, pair.mis.key)):
            if self._is_free(pair.hub, pair.mis):
                others = [
                    other.mis.key for other in pairs if other.hub is pair.hub and other.mis is not pair.mis
                ]
                self._take(Status.MAY_MATCH, pair.hub, pair.mis, pair.sentence, candidates=others)
        if not self._of_subjects:
            self._ask_about_merged()
            self._ask_about_split()

    def settle_the_rest(self) -> None:
        """Say of every class that is left why it stands alone."""
        for key in sorted(self._free_hub):
            one = self._hub[key]
            status = Status.NOT_MATCHED if one.mis_id is None else Status.DESYNCED
            self._take(status, one, None, self._why_alone(one))
        for key in sorted(self._free_mis):
            other = self._mis[key]
            before = self._origins(other)
            self._take(
                Status.NEW,
                None,
                other,
                self._why_new(other, before),
                candidates=[pair.hub.key for pair in before if pair.is_part or pair.is_absorbed],
            )

    # What the steps are made of.

    def _is_free(self, one: HubClass, other: MISClass) -> bool:
        return one.key in self._free_hub and other.key in self._free_mis

    def _is_apart(self, one: HubClass, other: MISClass) -> bool:
        """Whether a person said that these two are not the same."""
        return (one.key, other.mis_id) in self._decided.different

    def _is_ruled_out(self, pair: _Pair) -> bool:
        is_other_subject = self._of_subjects and _is_other_subject(pair.hub, pair.mis)
        return is_other_subject or pair.hub.is_archived or self._is_apart(pair.hub, pair.mis)

    def _is_alike(self, pair: _Pair) -> bool:
        if not self._of_subjects:
            return pair.is_majority
        is_same = pair.common >= A_FEW and pair.share >= MOST
        return is_same and (_year(pair.hub.name), _year(pair.mis.name)) not in _NEW_COURSES

    def _linked(self) -> list[tuple[HubClass, MISClass]]:
        """The linked pairs of which both sides are free."""
        found = []
        for key in sorted(self._free_hub):
            one = self._hub[key]
            other = self._by_mis_id.get(one.mis_id) if one.mis_id is not None else None
            if other is not None and self._is_free(one, other) and not self._is_apart(one, other):
                found.append((one, other))
        return found

    def _count_overlaps(self) -> None:
        """Count the pupils in common of every two classes that are free."""
        classes_of: dict[int, list[int]] = defaultdict(list)
        for key in self._free_hub:
            for pupil in self._hub[key].members:
                classes_of[pupil].append(key)
        common: Counter[tuple[int, int]] = Counter()
        for key in self._free_mis:
            for pupil in self._mis[key].members:
                common.update((hub_key, key) for hub_key in classes_of.get(pupil, ()))
        present = {key: len(self._hub[key].members & self._in_mis) for key in self._free_hub}
        for (one, other), count in sorted(common.items()):
            pair = _Pair(self._hub[one], self._mis[other], count, present[one])
            self._overlaps.append(pair)
            self._of_hub[one].append(pair)
            self._of_mis[other].append(pair)

    def _note_reused(self) -> None:
        for one, other in (*self._linked(), *self._namesakes()):
            if _are_others(one, other):
                self._reused.setdefault(other.key, one)

    def _namesakes(self) -> list[tuple[HubClass, MISClass]]:
        ours: dict[str, list[HubClass]] = defaultdict(list)
        for key in sorted(self._free_hub):
            if not self._hub[key].is_archived:
                ours[class_key(self._hub[key].name)].append(self._hub[key])
        return [
            (one, self._mis[key])
            for key in sorted(self._free_mis)
            for one in ours.get(class_key(self._mis[key].name) or " ", ())
            if not self._is_apart(one, self._mis[key])
            and not (self._of_subjects and _is_other_subject(one, self._mis[key]))
        ]

    def _match_by_name(self, one: HubClass, other: MISClass) -> None:
        better = [
            pair
            for pair in (*self._of_hub[one.key], *self._of_mis[other.key])
            if pair.is_majority
            and (pair.hub is one) != (pair.mis is other)
            and self._is_free(pair.hub, pair.mis)
            and not self._is_ruled_out(pair)
        ]
        common = next((pair for pair in self._of_hub[one.key] if pair.mis is other), None)
        if common and not better and self._do_pupils_bear_out(common):
            self._match(one, other, common.sentence)
            return
        if one.mis_id is None and (not one.members or not _size(other)):
            self._match(one, other)
            return
        doubt = (
            "But most pupils are in a class of another name"
            if better
            else f"But only {common.sentence}"
            if common
            else "But other pupils: perhaps last year's class"
            if _are_few_others(one, other)
            else "But another MIS ID, and nobody is sure to be in both"
            if one.mis_id is not None
            else "But nobody is sure to be in both"
        )
        rivals = [pair.mis.key for pair in better if pair.hub is one]
        self._take(Status.MAY_MATCH, one, other, "Same name", doubt, candidates=rivals)

    def _do_pupils_bear_out(self, pair: _Pair) -> bool:
        """Whether the pupils agree with the name: sets that are made anew each year keep their names."""
        if self._of_subjects and pair.hub.mis_id is not None:
            return pair.share >= MOST
        return pair.share > 0.5 or (not self._of_subjects and pair.is_absorbed)

    def _ask_about_merged(self) -> None:
        for key in sorted(self._free_mis):
            parts = [pair for pair in self._free_only(self._of_mis[key]) if pair.is_absorbed]
            if len(parts) > 1:
                said = _listed(
                    f"{pair.common} of {pair.present} of {_short(pair.hub.name)}" for pair in parts
                )
                keys = [pair.hub.key for pair in parts]
                self._take(Status.MAY_MATCH, None, self._mis[key], f"Merged: {said}", candidates=keys)

    def _ask_about_split(self) -> None:
        for key in sorted(self._free_hub):
            parts = [pair for pair in self._free_only(self._of_hub[key]) if pair.is_part]
            if len(parts) > 1:
                said = _listed(f"{pair.common} now in {_short(pair.mis.name)}" for pair in parts)
                keys = [pair.mis.key for pair in parts]
                self._take(Status.MAY_MATCH, self._hub[key], None, f"Split: {said}", candidates=keys)

    def _free_only(self, pairs: list[_Pair]) -> list[_Pair]:
        return [pair for pair in pairs if self._is_free(pair.hub, pair.mis) and not self._is_ruled_out(pair)]

    def _why_alone(self, one: HubClass) -> str:
        where = [pair for pair in self._of_hub[one.key] if pair.is_absorbed]
        if where and not self._of_subjects:
            pair = max(where, key=lambda pair: (pair.common, -pair.mis.key))
            return f"{pair.common} of its {pair.present} pupils are in {_short(pair.mis.name)} now"
        if any(before is one for before in self._reused.values()):
            return "Its name is used for other pupils now"
        if one.members and not one.undecided and not one.members & self._in_mis:
            return "None of its pupils is in a class of the MIS now"
        if one.mis_id is not None:
            return "No longer in the MIS, or no longer shared with Admin Hub"
        return "No class in the MIS has this name or these pupils"

    def _origins(self, other: MISClass) -> list[_Pair]:
        """Where the pupils of an MIS class come from, most first."""
        found = [pair for pair in self._of_mis[other.key] if not self._is_ruled_out(pair)]
        return sorted(found, key=lambda pair: (-pair.common, pair.hub.key))[:4]

    def _why_new(self, other: MISClass, before: list[_Pair]) -> str:
        if other.key in self._reused:
            return f"Name reused: other pupils than were in {_short(self._reused[other.key].name)}"
        if before and before[0].common >= A_FEW:
            return f"{before[0].common} of its {_size(other)} pupils were in {_short(before[0].hub.name)}"
        return "Only in the MIS"

    def _keep(self, one: HubClass, other: MISClass) -> None:
        self._take(Status.SYNCED, one, other, "Linked earlier", *_renamed(one, other))

    def _match(self, one: HubClass, other: MISClass, *evidence: str) -> None:
        moved = ("The MIS ID has changed",) if one.mis_id is not None else ()
        names = _renamed(one, other) or ("Same name",)
        subject = ("Same subject",) if self._of_subjects and _is_same_subject(one, other) else ()
        self._take(Status.MATCHED, one, other, *evidence, *names, *subject, *moved)

    def _take(
        self,
        status: Status,
        one: HubClass | None,
        other: MISClass | None,
        *reasons: str,
        candidates: Iterable[int] = (),
    ) -> None:
        """Settle one verdict and take its classes out of what is free."""
        self.found.append(
            Verdict(
                status=status,
                hub=one.key if one else None,
                mis=other.key if other else None,
                reasons=reasons,
                candidates=tuple(sorted(candidates)),
            )
        )
        if one is not None:
            self._free_hub.discard(one.key)
        if other is not None:
            self._free_mis.discard(other.key)


def _size(other: MISClass) -> int:
    return max(other.size, len(other.members))


def _at_most_in_common(one: HubClass, other: MISClass) -> int:
    """How many pupils the two have in common, should everybody undecided turn out to be the same."""
    return len(one.members & other.members) + min(one.undecided, other.undecided)


def _are_others(one: HubClass, other: MISClass) -> bool:
    """Whether who is in them proves that they are two classes."""
    smaller = min(len(one.members), _size(other))
    return smaller >= ENOUGH and _at_most_in_common(one, other) < IN_COMMON * smaller


def _are_few_others(one: HubClass, other: MISClass) -> bool:
    """Whether two classes have not one pupil in common, and are too small for that to prove anything."""
    return 0 < min(len(one.members), _size(other)) < ENOUGH and not _at_most_in_common(one, other)


def _is_same_subject(one: HubClass, other: MISClass) -> bool:
    if one.subject and other.subject:
        return fold(one.subject) == fold(other.subject)
    return bool(_codes(one.name) & _codes(other.name))


def _is_same_course(one: HubClass, other: MISClass) -> bool:
    return _is_same_subject(one, other) and (_year(one.name), _year(other.name)) not in _NEW_COURSES


def _is_other_subject(one: HubClass, other: MISClass) -> bool:
    return bool(one.subject and other.subject) and fold(one.subject) != fold(other.subject)


def _alone(pairs: list[_Pair]) -> list[_Pair]:
    """The pairs that share neither class with another of these pairs."""
    ours, theirs = Counter(pair.hub.key for pair in pairs), Counter(pair.mis.key for pair in pairs)
    return [pair for pair in pairs if ours[pair.hub.key] == theirs[pair.mis.key] == 1]


def _renamed(one: HubClass, other: MISClass) -> tuple[str, ...]:
    return (f"Renamed from {_short(one.name)}",) if class_key(one.name) != class_key(other.name) else ()


def _listed(parts: Iterable[str]) -> str:
    shown = list(parts)
    return ", ".join(shown[:3]) + (" and more" if len(shown) > 3 else "")


def _short(name: str) -> str:
    return name if len(name) <= _NAME_SHOWN else f"{name[: _NAME_SHOWN - 1]}…"
