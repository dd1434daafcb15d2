"""Which class is which: by link, then by name; who is in it may contradict the name. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from adminhub.hub.matching.names import fold
from adminhub.hub.matching.values import Decided, HubClass, MISClass, Status, Verdict

ENOUGH = 5
"""Members that must be known on both sides before who is in a class says anything against its name."""
IN_COMMON = 0.25
_YEAR_WORDS = re.compile(r"\b(?:year|yr|class|form|group|tutor|reg)\b")


class _Take(Protocol):
    """Settles one verdict and takes its records out of what is free."""

    def __call__(self, status: Status, hub_key: int | None, mis_key: int | None, *reasons: str) -> None: ...


def class_key(name: str) -> str:
    """A class's name without case, blanks, signs and the words that every class has: "Year 7 A" is "7a"."""
    folded = fold(name.replace("/", " "))
    short = _YEAR_WORDS.sub("", folded).replace(" ", "")
    return short or folded.replace(" ", "")


def match_classes(
    hub: Iterable[HubClass], mis: Iterable[MISClass], *, decided: Decided | None = None
) -> list[Verdict]:
    """Give every class of both sides a verdict. Give it classes of one kind only; their order does not matter."""
    chosen = decided or Decided()
    ours, theirs = {one.key: one for one in hub}, {one.key: one for one in mis}
    by_mis_id = {one.mis_id: one.key for one in theirs.values()}
    found: list[Verdict] = []

    def take(status: Status, hub_key: int | None, mis_key: int | None, *reasons: str) -> None:
        found.append(Verdict(status=status, hub=hub_key, mis=mis_key, reasons=reasons))
        if hub_key is not None:
            free_hub.discard(hub_key)
        if mis_key is not None:
            free_mis.discard(mis_key)

    free_hub, free_mis = set(ours), set(theirs)
    for hub_key, mis_id in sorted(chosen.same):
        mis_key = by_mis_id.get(mis_id)
        if hub_key in free_hub and mis_key in free_mis:
            is_linked = ours[hub_key].mis_id == mis_id
            take(Status.SYNCED if is_linked else Status.MATCHED, hub_key, mis_key, "Matched by hand")
    for hub_key in sorted(free_hub):
        link = ours[hub_key].mis_id
        mis_key = by_mis_id.get(link) if link is not None else None
        if mis_key in free_mis and link is not None and (hub_key, link) not in chosen.different:
            take(Status.SYNCED, hub_key, mis_key, "Linked earlier")
    _pair_by_name(ours, theirs, free_hub, free_mis, chosen, take=take)
    for hub_key in sorted(free_hub):
        if ours[hub_key].mis_id is not None:
            take(Status.DESYNCED, hub_key, None, "No longer in the MIS, or no longer shared with Admin Hub")
        else:
            take(Status.NOT_MATCHED, hub_key, None, "No class in the MIS has this name")
    for mis_key in sorted(free_mis):
        take(Status.NEW, None, mis_key, "Only in the MIS")
    return sorted(found, key=lambda verdict: (verdict.hub is None, verdict.hub or 0, verdict.mis or 0))


def _pair_by_name(
    ours: dict[int, HubClass],
    theirs: dict[int, MISClass],
    free_hub: set[int],
    free_mis: set[int],
    decided: Decided,
    *,
    take: _Take,
) -> None:
    hub_names, mis_names = _by_name(ours, free_hub), _by_name(theirs, free_mis)
    for name in sorted(hub_names.keys() & mis_names.keys()):
        pairs = zip(sorted(hub_names[name]), sorted(mis_names[name]), strict=False)
        is_unique = len(hub_names[name]) == len(mis_names[name]) == 1
        for hub_key, mis_key in pairs:
            if (hub_key, theirs[mis_key].mis_id) in decided.different:
                continue
            one, other = ours[hub_key], theirs[mis_key]
            if not is_unique:
                take(Status.MAY_MATCH, hub_key, mis_key, "Same name", "Other classes have this name as well")
            elif _members_contradict(one, other):
                take(
                    Status.MAY_MATCH,
                    hub_key,
                    mis_key,
                    "Same name",
                    "But other pupils: perhaps last year's class",
                )
            else:
                moved = ("The MIS ID has changed",) if one.mis_id is not None else ()
                take(Status.MATCHED, hub_key, mis_key, "Same name", *_members(one, other), *moved)


def _by_name(classes: dict[int, HubClass] | dict[int, MISClass], free: set[int]) -> dict[str, list[int]]:
    grouped: dict[str, list[int]] = defaultdict(list)
    for key in free:
        grouped[class_key(classes[key].name)].append(key)
    grouped.pop("", None)
    return grouped


def _members_contradict(one: HubClass, other: MISClass) -> bool:
    smaller = min(len(one.members), len(other.members))
    return smaller >= ENOUGH and len(one.members & other.members) < IN_COMMON * smaller


def _members(one: HubClass, other: MISClass) -> tuple[str, ...]:
    common = len(one.members & other.members)
    return (f"{common} pupils in both",) if common else ()
