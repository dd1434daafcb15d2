"""What a job defers belongs to the job's own transaction."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from adminhub.hub.connections.actions import check_soon
from adminhub.runtime.worker import connector_for_jobs

pytestmark = pytest.mark.django_db(transaction=True)


class Meant(Exception):
    """Something goes wrong in a job."""


async def in_a_worker(job: object) -> None:
    """Run a function as a worker runs a job: in a thread, with the worker's connector in place."""
    with app.replace_connector(connector_for_jobs()):
        async with app.open_async():
            await asyncio.to_thread(job)  # type: ignore[arg-type]


def test_a_job_deferred_by_a_job_that_fails_is_never_run() -> None:
    def fails() -> None:
        with contextlib.suppress(Meant), transaction.atomic():
            check_soon(school_id=1)
            raise Meant
        connection.close()

    asyncio.run(in_a_worker(fails))
    assert not ProcrastinateJob.objects.exists()


def test_a_job_deferred_by_a_job_that_goes_well_is_run() -> None:
    def succeeds() -> None:
        with transaction.atomic():
            check_soon(school_id=1)
        connection.close()

    asyncio.run(in_a_worker(succeeds))
    assert ProcrastinateJob.objects.count() == 1
