"""How a connection is, in one word, and what to do about it in one sentence. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from adminhub.hub.syncs.models import Rhythm


class Condition(StrEnum):
    """The worst that is true, in this order."""

    FAILING = "failing"
    WAITING = "waiting"
    PAUSED = "paused"
    STALE = "stale"
    NEW = "new"
    FRESH = "fresh"


STALE_AFTER = {
    Rhythm.NIGHTLY: timedelta(hours=36),
    Rhythm.WEEKDAYS: timedelta(hours=84),
    Rhythm.OFF: timedelta(days=14),
}
"""A night, or a weekend, and some hours; without a schedule a fortnight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about a school's connection and its syncs."""

    now: datetime
    rhythm: Rhythm
    is_online: bool = True
    is_changing_mis: bool = False
    """The broker says that the school changes its MIS, and nobody has gone through it yet."""
    as_at: datetime | None = None
    """When the MIS last told all."""
    failed_at: datetime | None = None
    """When the last sync that was tried ended without data; None when it did not."""
    problem: str = ""
    is_trying: bool = False
    """A sync is waiting for the broker and tries again by itself."""
    is_open: bool = False
    """A review waits for a person."""
    held: int = 0
    """Changes of it that wait."""
    may_match: int = 0
    paused_until: date | None = None
    """Set while syncs are paused."""


@dataclass(frozen=True, slots=True)
class Health:
    """What the badge says. `tone` and `icon` are the look's."""

    condition: Condition
    label: str
    tone: str
    icon: str
    sentence: str


CHANGING_MIS = (
    "The broker says that your school is changing its MIS. Nothing is synced by itself until you have gone through "
    "it. Once the new MIS is connected press Sync now, and use the assistant for a change of MIS."
)


def health_of(facts: Facts) -> Health:
    """The badge of a connection that is authorised."""
    if facts.failed_at or not facts.is_online:
        return _failing(facts)
    if facts.is_changing_mis:
        return Health(Condition.WAITING, "Waiting for you", "warn", "swap", CHANGING_MIS)
    if facts.is_open:
        return Health(Condition.WAITING, "Waiting for you", "warn", "task", _waiting(facts.held))
    if facts.paused_until:
        until = f"{facts.paused_until.day} {facts.paused_until:%B %Y}"
        return Health(
            Condition.PAUSED,
            "Paused",
            "muted",
            "pause",
            f"Syncs by themselves are paused until {until}. Press Sync now, or end the pause in the settings.",
        )
    if facts.as_at is None:
        return Health(
            Condition.NEW,
            "Not synced yet",
            "info",
            "sync",
            "Press Start sync and go through it once; after that it goes on by itself.",
        )
    if facts.now - facts.as_at > STALE_AFTER[facts.rhythm]:
        return Health(
            Condition.STALE,
            "Out of date",
            "warn",
            "clock",
            "The data is older than it should be. Press Sync now; if it stays so, look at the history.",
        )
    return _fresh(facts)


def _waiting(held: int) -> str:
    if not held:
        return "A sync waits to be reviewed. Go on with it, and save what is right."
    wait = "waits" if held == 1 else "wait"
    return f"{_changes(held)} found by the last sync {wait} for a person. Look at the review and save it."


def _failing(facts: Facts) -> Health:
    if facts.failed_at is None:
        sentence = "The broker cannot reach your MIS. Ask whoever looks after your MIS, or ring the broker."
    elif facts.is_trying:
        sentence = f"{facts.problem} It is tried again by itself; nothing is needed of you now."
    else:
        sentence = f"{facts.problem} Press Sync now to try again."
    return Health(Condition.FAILING, "Not working", "bad", "warning", sentence)


def _fresh(facts: Facts) -> Health:
    if facts.may_match:
        one = facts.may_match == 1
        sentence = (
            f"Nothing is needed. When you have a minute: {facts.may_match} {'record' if one else 'records'} may "
            "match somebody, and a person must decide."
        )
    else:
        sentence = "Nothing is needed: what your MIS says is in Admin Hub."
    return Health(Condition.FRESH, "Up to date", "good", "check", sentence)


def _changes(count: int) -> str:
    return "1 change" if count == 1 else f"{count:,} changes"
