"""How good predictions are: wrong automatic links above everything, then recall, review and coverage."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks._schools import Made


@dataclass
class Score:
    """Counts that add up over schools, and the rates made of them."""

    schools: int = 0
    hub: int = 0
    linkable: int = 0
    auto: int = 0
    wrong: int = 0
    right: int = 0
    review: int = 0
    review_false: int = 0
    missed: int = 0
    doubled: int = 0
    """One MIS record matched to two hub records."""
    wrong_by: Counter[str] = field(default_factory=Counter)
    wrong_pairs: list[tuple[str, str]] = field(default_factory=list)

    def __iadd__(self, other: Score) -> Score:
        for name in (
            "schools",
            "hub",
            "linkable",
            "auto",
            "wrong",
            "right",
            "review",
            "review_false",
            "missed",
            "doubled",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong_by += other.wrong_by
        return self

    @property
    def recall(self) -> float:
        return self.right / max(self.linkable, 1)

    @property
    def review_share(self) -> float:
        return self.review / max(self.hub, 1)

    @property
    def coverage(self) -> float:
        return 1 - self.missed / max(self.linkable, 1)

    @property
    def upper_bound(self) -> float:
        """The 95 % upper bound of the share of wrong automatic links."""
        return upper_bound(self.wrong, self.auto)


def score(made: Made, predictions: Iterable[tuple[str, str, str]]) -> Score:
    """Score (hub_id, mis_id, status) rows."""
    hub_person = {hub: person for hub, _, person, _ in made.truth if hub}
    mis_person = {mis: person for _, mis, person, _ in made.truth if mis}
    linkable = {hub for hub, mis, _, _ in made.truth if hub and mis}
    relation = {frozenset((one, other)): what for one, other, what in made.relations}
    auto = []
    offered: dict[str, set[str]] = defaultdict(set)
    for hub, mis, status in predictions:
        if status == "Matched":
            auto.append((hub, mis))
        elif status == "May match":
            offered[hub].add(mis)
    right = {hub for hub, mis in auto if hub_person[hub] == mis_person[mis]}
    wrong = [(hub, mis) for hub, mis in auto if hub_person[hub] != mis_person[mis]]
    taken = {hub for hub, _ in auto}
    review = {hub for hub in offered if hub not in taken}
    hit = {hub for hub in review if any(mis_person[mis] == hub_person[hub] for mis in offered[hub])}
    by = Counter(
        relation.get(frozenset((hub_person[hub], mis_person[mis])), "unrelated") for hub, mis in wrong
    )
    return Score(
        schools=1,
        hub=len(made.hub),
        linkable=len(linkable),
        auto=len(auto),
        wrong=len(wrong),
        right=len(right & linkable),
        review=len(review),
        review_false=len(review - linkable),
        missed=len(linkable - right - hit),
        doubled=sum(count - 1 for count in Counter(mis for _, mis in auto).values()),
        wrong_by=by,
        wrong_pairs=wrong,
    )


def upper_bound(wrong: int, of: int, *, error: float = 0.05) -> float:
    """The one-sided exact (Clopper-Pearson) upper bound of a share."""
    if of == 0 or wrong >= of:
        return 1.0
    low, high = wrong / of, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        log, total = of * math.log1p(-middle), 0.0
        for seen in range(wrong + 1):
            total += math.exp(log)
            if seen < wrong:
                log += math.log((of - seen) / (seen + 1)) + math.log(middle) - math.log1p(-middle)
        low, high = (middle, high) if total > error else (low, middle)
    return high
