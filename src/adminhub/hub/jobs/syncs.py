"""Jobs about syncs: fetch what a run has not fetched yet."""

from __future__ import annotations

from procrastinate.contrib.django import app

from adminhub.hub.jobs.database import with_own_connection
from adminhub.hub.jobs.outputs import announce
from adminhub.hub.syncs.actions import PULL
from adminhub.hub.syncs.run import carry_on


@app.task(name=PULL, queue="hub")
@with_own_connection
def pull_snapshot(school_id: int, run_id: int) -> None:
    """Carry a sync on. Taken over by another worker when this one dies; steps taken are not taken again."""
    if carry_on(school_id=school_id, run_id=run_id):
        announce(school_id)
