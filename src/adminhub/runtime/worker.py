"""Runs a site's jobs: `python -m adminhub.runtime.worker SITE`; takes over what a dead worker left."""

import asyncio
import contextlib
import os
import sys

HEARTBEAT_SECONDS = 5
STALE_SECONDS = 20


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
    from procrastinate.contrib.django.django_connector import DjangoConnector

    if not isinstance(app.connector, DjangoConnector):
        raise TypeError("a worker needs procrastinate.contrib.django's connector")
    worker_connector = app.connector.get_worker_connector()
    with app.replace_connector(worker_connector):
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
