"""Jobs about syncs: fetch what a run has not fetched yet, look at each school's MIS every day, write a digest."""

from __future__ import annotations

from contextlib import suppress
from datetime import time

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from adminhub.hub.core.scope import school_scope
from adminhub.hub.jobs.database import with_own_connection
from adminhub.hub.jobs.letters import send_digest
from adminhub.hub.jobs.outputs import announce
from adminhub.hub.syncs.actions import PULL
from adminhub.hub.syncs.errors import NotConnected
from adminhub.hub.syncs.looking import look, take_turn, throw_away_the_old, wind
from adminhub.hub.syncs.models import SyncRun
from adminhub.hub.syncs.queries import due_clocks, schools_without_clock
from adminhub.hub.syncs.run import carry_on
from adminhub.hub.syncs.schedule import letters_at


@app.task(name=PULL, queue="hub")
@with_own_connection
def pull_snapshot(school_id: int, run_id: int) -> None:
    """Carry a sync on. Taken over by another worker when this one dies; steps taken are not taken again."""
    if carry_on(school_id=school_id, run_id=run_id):
        announce(school_id)
    with school_scope(school_id):
        run = SyncRun.objects.get(pk=run_id)
        if run.is_fetching:
            return  # it waits for the broker, and comes back
        throw_away_the_old(now=timezone.now())
        if not run.is_attended:
            _defer_digest(school_id)


@app.periodic(cron="* * * * * */20")
@app.task(name="hub.look_at_due_schools", queue="hub", queueing_lock="hub.look_at_due_schools")
def look_at_due_schools(timestamp: int) -> None:
    """Have every school that is due looked at, each in a job of its own, on whichever host is free."""
    now = timezone.now()
    for school_id in schools_without_clock():
        wind(school_id=school_id, now=now)
    for clock in due_clocks(now=now):
        if take_turn(clock, now=now):
            look_at_school.configure(lock=f"look:{clock.school_id}").defer(school_id=clock.school_id)


@app.task(name="hub.look_at_school", queue="hub")
@with_own_connection
def look_at_school(school_id: int) -> None:
    """The daily look of one school: a sync if it wants one today, and in any case a word if a person is needed."""
    with suppress(NotConnected):
        if look(school_id=school_id, now=timezone.now()) is not None:
            return  # the digest comes with what the sync finds
    _defer_digest(school_id)


def _defer_digest(school_id: int) -> None:
    at = letters_at(
        after=timezone.now(),
        zone=timezone.get_default_timezone(),
        opens=time.fromisoformat(settings.HUB_LETTERS_FROM),
    )
    digest = write_digest.configure(queueing_lock=f"digest:{school_id}", schedule_at=at)
    with suppress(AlreadyEnqueued), transaction.atomic():
        digest.defer(school_id=school_id)


@app.task(name="hub.write_digest", queue="hub")
@with_own_connection
def write_digest(school_id: int) -> None:
    """Write to the coordinators if something needs them, once and at most once a day."""
    send_digest(school_id=school_id, now=timezone.now())
