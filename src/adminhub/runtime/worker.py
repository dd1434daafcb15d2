"""Runs a site's jobs: `python -m adminhub.runtime.worker SITE`; takes over what a dead worker left."""

import asyncio
import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from procrastinate.connector import BaseAsyncConnector

HEARTBEAT_SECONDS = 5
STALE_SECONDS = 20


def connector_for_jobs() -> "BaseAsyncConnector":
    """How a worker talks to PostgreSQL: it fetches by connections of its own; what a job defers is the job's own.

    procrastinate's worker connector would insert a deferred job beside the job's transaction: it would start
    before what it is about is committed, and stay even if that is rolled back.
    """
    from procrastinate.connector import BaseConnector
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector
    from procrastinate.contrib.django.utils import connector_params
    from procrastinate.psycopg_connector import PsycopgConnector

    of_the_job = app.connector
    if not isinstance(of_the_job, DjangoConnector):
        raise TypeError("a worker needs procrastinate.contrib.django's connector")

    class Connector(PsycopgConnector):
        def get_sync_connector(self) -> BaseConnector:
            return of_the_job

    return Connector(kwargs=connector_params(of_the_job.alias))


async def take_over(seconds_since_heartbeat: float) -> None:
    """Put jobs of workers that stopped sending heartbeats back in the queue."""
    import structlog
    from procrastinate.contrib.django import app
    from procrastinate.exceptions import UniqueViolation
    from procrastinate.jobs import Status

    log = structlog.get_logger("adminhub.worker")
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds_since_heartbeat)
    for job in stalled:
        log.warning("job taken over from a dead worker", job=job.id, task=job.task_name)
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:  # the same work (its queueing lock) waits already, so this one is done with
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)


async def _keep_taking_over() -> None:
    from procrastinate.exceptions import ConnectorException

    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        with contextlib.suppress(ConnectorException):
            await take_over(STALE_SECONDS)


async def _run(site: str) -> None:
    from procrastinate.contrib.django import app

    with app.replace_connector(connector_for_jobs()):
        async with app.open_async():
            if os.environ.get("ADMINHUB_ONLY_WORKER") == "1":
                await take_over(0)  # nobody else is alive, so there is nobody to wait for
            watch = asyncio.create_task(_keep_taking_over())
            try:
                await app.run_worker_async(
                    name=f"{site}-{os.getpid()}",
                    concurrency=int(os.environ.get("ADMINHUB_JOBS_AT_ONCE", "4")),
                    fetch_job_polling_interval=2,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALE_SECONDS,
                    delete_jobs="successful",
                )
            finally:
                watch.cancel()


def main() -> None:
    """Work until asked to stop, then finish the jobs at hand.

    There is no time limit: procrastinate would mark a cut-off job as aborted for good. Whoever cannot wait
    kills this process, and the next worker takes the job over.
    """
    site = sys.argv[1]
    os.environ["DJANGO_SETTINGS_MODULE"] = f"adminhub.runtime.settings.{site}"
    import django

    django.setup()
    asyncio.run(_run(site))


if __name__ == "__main__":
    main()
