"""What the coordinators should be written: only what needs a person, once, and at most once a day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from adminhub.hub.connections.models import Connection, State
from adminhub.hub.roster.models import Kind
from adminhub.hub.syncs.health import CHANGING_MIS
from adminhub.hub.syncs.models import Rhythm, RunState, SyncClock, SyncRun, SyncSettings
from adminhub.hub.syncs.queries import (
    ORDER,
    facts_of,
    held_in,
    history,
    review_run,
    settings_of,
    waiting_for_a_person,
)

NOUNS = {
    Kind.EMPLOYEE: "teachers",
    Kind.REGISTRATION: "registration groups",
    Kind.TEACHING: "subject classes",
    Kind.PUPIL: "pupils",
}
A_DAY = timedelta(hours=20)
"""At most one letter in so long, so that a letter a morning is possible."""
AGAIN_AFTER = timedelta(days=7)
"""When something that still waits is told once more."""


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that needs a person. `key` changes when it is another; `repeats`: told again after a week."""

    key: str
    sentence: str
    repeats: bool = True


def matters_of(connection: Connection, *, now: datetime) -> list[Matter]:
    """Everything that needs a person at this school, the most pressing first. Needs the scope."""
    if connection.state != State.AUTHORISED:
        return []
    facts, wanted = facts_of(connection, now=now), settings_of()
    today = timezone.localdate(now)
    found: list[Matter] = []
    if facts.failed_at is not None and not facts.is_trying:
        found.append(Matter("failed", f"The last sync got no data. {facts.problem}"))
    elif not facts.is_online:
        found.append(Matter("offline", "The broker cannot reach your MIS, so nothing new comes from it."))
    if facts.is_changing_mis:
        found.append(Matter(f"mis changing {connection.mis_changing_at}", CHANGING_MIS))
    review = review_run()
    if review is not None and held_in(review):
        found += _held(review)
    maybe = _not_seen(connection)
    if maybe > 0:
        found.append(Matter(f"may match {maybe}", _maybe(maybe), repeats=False))
    return [*found, *_pause(wanted, today)]


def _held(run: SyncRun) -> Iterator[Matter]:
    for kind in ORDER:
        numbers = run.counts.get(kind.value, {})
        held = int(numbers.get("held", 0))
        if held:
            why = next(iter(numbers.get("why", [])), "")
            many = "1 change waits" if held == 1 else f"{held:,} changes wait"
            yield Matter(
                f"held {run.pk} {kind.value} {held}",
                f"{NOUNS[kind].capitalize()}: {many} for you. {why}".strip(),
            )


def _not_seen(connection: Connection) -> int:
    """How many more records may match somebody than when a person last went through a sync."""
    newest = history(connection).first()
    attended = history(connection).filter(is_attended=True, state=RunState.FINISHED).first()
    if newest is None or attended is None:
        return 0
    seen = sum(int(numbers.get("may_match", 0)) for numbers in attended.counts.values())
    return sum(waiting_for_a_person(newest).values()) - seen


def _maybe(count: int) -> str:
    if count == 1:
        return (
            "1 more record may match somebody you have: look at it and decide. Until then it is left alone."
        )
    return (
        f"{count:,} more records may match somebody you have: look at them and decide. "
        "Until then they are left alone."
    )


def _pause(wanted: SyncSettings, today: date) -> Iterator[Matter]:
    """Told the day before, and only to schools that are synced by themselves."""
    start, end = wanted.paused_from, wanted.paused_until
    if start is None or end is None or wanted.rhythm == Rhythm.OFF:
        return
    if start - today == timedelta(days=1):
        yield Matter(
            f"pause {start}",
            f"From tomorrow syncs by themselves are paused, until {_day(end)}. Sync now still works.",
            repeats=False,
        )
    if end - today == timedelta(days=1):
        yield Matter(
            f"resume {end}",
            "The pause ends: from tomorrow syncs by themselves go on. Look at what your MIS says of next year first.",
            repeats=False,
        )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def is_to_be_told(clock: SyncClock, matters: Iterable[Matter], *, now: datetime) -> bool:
    """Whether a letter goes out now: something is new, or still waits after a week; never two in a day."""
    told = list(matters)
    if not told or (clock.told_at and now - clock.told_at < A_DAY):
        return False
    if clock.told != fingerprint(told):
        return True
    still = any(matter.repeats for matter in told)
    return still and (clock.told_at is None or now - clock.told_at >= AGAIN_AFTER)


def fingerprint(matters: Iterable[Matter]) -> str:
    """The same for the same matters; blank for none."""
    keys = sorted(matter.key for matter in matters)
    return hashlib.sha256("\n".join(keys).encode()).hexdigest() if keys else ""


def claim_letter(*, school_id: int, matters: list[Matter], now: datetime) -> bool:
    """Note that this letter is sent, in the caller's transaction; False when it is not to be, or was already."""
    clock = SyncClock.objects.select_for_update().filter(school_id=school_id).first()
    if clock is None:
        return False
    if not matters and clock.told:
        clock.told = ""  # all is well again; the next trouble is news
        clock.save(update_fields=["told"])
    if not is_to_be_told(clock, matters, now=now):
        return False
    clock.told_at, clock.told = now, fingerprint(matters)
    clock.save(update_fields=["told_at", "told"])
    return True
