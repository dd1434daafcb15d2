"""What came of a sync, in a word and in numbers, from what became of its panels. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adminhub.hub.syncs.models import Outcome, PanelState, Policy

CHANGES = (
    "join",
    "link",
    "relink",
    "unlink",
    "update",
    "lose",
    "return",
    "enrol",
    "leave_class",
    "grant",
    "withdraw",
    "archive",
    "unarchive",
    "move",
    "merge",
)
"""Counts of a plan that are changes; the others say what is left."""
OPEN = (PanelState.WAITING, PanelState.READY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one panel."""

    state: str
    is_written: bool = False
    """Its plan is applied; otherwise what is planned waits."""
    planned: Mapping[str, int]
    """The counts of its plan; empty without one."""
    holds: Sequence[str] = ()
    """Why guards hold it, in sentences; empty when they do not."""
    synced: int = 0
    """How many lines are pairs that are synced."""
    may_match: int = 0
    rejects: int = 0
    is_first: bool = False
    """No person has saved this panel before."""

    @property
    def changes(self) -> int:
        return sum(self.planned.get(kind, 0) for kind in CHANGES)

    @property
    def held(self) -> int:
        """What waits for a person: the changes, or after them what is not certain."""
        if self.state not in OPEN:
            return 0
        uncertain = self.planned.get("uncertain_left", 0)
        return uncertain if self.is_written else self.changes + uncertain


def outcome_of(results: Sequence[Result], *, has_data: bool) -> Outcome:
    """One word for a run that has ended, or that waits for a person."""
    if not has_data and not any(result.is_written for result in results):
        return Outcome.FAILED
    if any(result.state in OPEN for result in results):
        wrote = any(result.is_written and result.changes for result in results)
        return Outcome.PARTIAL if wrote else Outcome.HELD
    if any(result.state == PanelState.SKIPPED or result.may_match for result in results):
        return Outcome.PARTIAL
    if any(result.is_written and result.changes for result in results):
        return Outcome.COMPLETE
    return Outcome.UNCHANGED


def written(planned: Mapping[str, int]) -> dict[str, int]:
    """What a plan of these counts writes, in the history's numbers: the same wherever a sync is told of.

    Whoever is added is not linked as well. Whose MIS ID has gone to another, as an ended class's often does in
    September, has left like whoever is missing.
    """
    joins = planned.get("join", 0)
    return {
        "added": joins,
        "linked": planned.get("link", 0) - joins,
        "updated": planned.get("update", 0),
        "moved": planned.get("enrol", 0) + planned.get("leave_class", 0),
        "left": planned.get("lose", 0) + planned.get("unlink", 0),
        "returned": planned.get("return", 0),
        "granted": planned.get("grant", 0),
    }


def counts_of(result: Result, policy: Policy) -> dict[str, int | list[str]]:
    """The history's numbers of one panel, with why something is held or skipped. A person counts once in each."""
    numbers = written(result.planned)
    unchanged = result.synced - numbers["updated"]
    if result.is_written:
        unchanged -= numbers["added"]
    else:
        numbers = dict.fromkeys(numbers, 0)
    skipped = result.may_match + _left(result) + result.rejects
    return {
        **numbers,
        "unchanged": max(0, unchanged),
        "held": result.held,
        "skipped": skipped,
        "may_match": result.may_match,
        "why": _why(result, policy),
    }


def _left(result: Result) -> int:
    """New ones that nobody ticked."""
    return max(0, result.planned.get("new_left", 0) - result.planned.get("uncertain_joins", 0))


def _why(result: Result, policy: Policy) -> list[str]:
    said = list(result.holds)
    uncertain, left = result.planned.get("uncertain_left", 0), _left(result)
    if result.held > uncertain and not said:
        said.append(
            "You have not saved this step before, so it waits for you."
            if result.is_first
            else "Your school asks before anything is written."
            if policy == Policy.ASK
            else "It waits for a person."
        )
    if uncertain:
        said.append(f"{uncertain} not certain enough to be added or linked without you.")
    if result.state == PanelState.SKIPPED:
        said.append("This step was skipped.")
    if result.may_match:
        said.append(f"{result.may_match} may match somebody: a person must decide.")
    if left:
        said.append(f"{left} new and not ticked, so not added.")
    if result.rejects:
        said.append(f"{result.rejects} could not be taken from the MIS.")
    return said
