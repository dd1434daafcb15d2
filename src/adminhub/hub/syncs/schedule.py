"""When a school is synced by itself, and when its letters may come. Pure: times in, times out."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta, tzinfo

from adminhub.hub.syncs.models import Rhythm

JITTER = timedelta(minutes=7)
"""Schools that pick the same minute still come one after the other."""
SATURDAY = 5


def next_look(*, at: time, after: datetime, zone: tzinfo, shift: timedelta | None = None) -> datetime:
    """The next moment of this school time, a little later by chance. `shift` takes the chance away."""
    local = after.astimezone(zone)
    later = shift if shift is not None else JITTER * random.random()  # noqa: S311
    due = datetime.combine(local.date(), at, zone)
    if due <= local:
        due = datetime.combine(local.date() + timedelta(days=1), at, zone)
    return due + later


def is_night_for_it(rhythm: Rhythm, day: date) -> bool:
    """Whether a school with this rhythm is synced on this day."""
    if rhythm == Rhythm.WEEKDAYS:
        return day.weekday() < SATURDAY
    return rhythm == Rhythm.NIGHTLY


def letters_at(*, after: datetime, zone: tzinfo, opens: time) -> datetime:
    """Now, but not before that hour of the day: nobody is written to in the night."""
    local = after.astimezone(zone)
    return max(local, datetime.combine(local.date(), opens, zone))
