"""Runs a site's jobs: `python -m adminhub.runtime.worker SITE`; takes over what a dead worker left."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from procrastinate.app import App
    from procrastinate.connector import BaseAsyncConnector
    from procrastinate.manager import JobManager

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


def jobs_that_give_way(connector: "BaseAsyncConnector") -> "JobManager":
    """The worker's hold on its jobs; one to be tried again gives way to the same work that waits already.

    procrastinate would fail to put it back, since only one job with a queueing lock may wait, and leave it
    running for ever: whatever has its lock would never be run again.
    """
    from procrastinate.exceptions import UniqueViolation
    from procrastinate.jobs import Status
    from procrastinate.manager import JobManager

    class GivingWay(JobManager):
        async def retry_job_by_id_async(self, job_id: int, *when: Any, **changes: Any) -> None:
            try:
                await super().retry_job_by_id_async(job_id, *when, **changes)
            except UniqueViolation:
                await self.finish_job_by_id_async(job_id, status=Status.FAILED, delete_job=True)

    return GivingWay(connector)


@contextlib.contextmanager
def app_of_a_worker() -> Iterator["App"]:
    """The site's jobs as a worker holds them, for as long as it works."""
    from procrastinate.contrib.django import app

    connector = connector_for_jobs()
    with app.replace_connector(connector) as held:  # not `app`, which only stands for it
        of_the_site, held.job_manager = held.job_manager, jobs_that_give_way(connector)
        try:
            yield held
        finally:
            held.job_manager = of_the_site


async def take_over(seconds_since_heartbeat: float) -> None:
    """Put jobs of workers that stopped sending heartbeats back in the queue."""
    import structlog
    from procrastinate.contrib.django import app

    log = structlog.get_logger("adminhub.worker")
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds_since_heartbeat)
    for job in stalled:
        log.warning("job taken over from a dead worker", job=job.id, task=job.task_name)
        await app.job_manager.retry_job(job)


async def _keep_taking_over() -> None:
    from procrastinate.exceptions import ConnectorException

    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        with contextlib.suppress(ConnectorException):
            await take_over(STALE_SECONDS)


async def _run(site: str) -> None:
    with app_of_a_worker() as app:
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
