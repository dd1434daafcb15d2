"""Jobs in a worker: what one defers is its own transaction's, and none is left behind holding its lock."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from adminhub.hub.connections.actions import check_soon
from adminhub.hub.jobs.outputs import tell_service
from adminhub.hub.outputs.webhooks import actions
from adminhub.hub.outputs.webhooks.errors import NotDelivered
from adminhub.runtime.worker import app_of_a_worker

pytestmark = pytest.mark.django_db(transaction=True)


class Meant(Exception):
    """Something goes wrong in a job."""


async def in_a_worker(job: object) -> None:
    """Run a function as a worker runs a job: in a thread, with the worker's connector in place."""
    with app_of_a_worker() as app:
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


def test_a_job_to_be_tried_again_gives_way_to_the_same_work_that_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[int] = []

    def tell(*, school_id: int, service_id: int) -> None:
        told.append(school_id)
        if len(told) == 1:
            announce_again()
            raise NotDelivered("It did not take the message.")

    def announce_again() -> None:
        tell_service.configure(lock="oak", queueing_lock="oak").defer(school_id=1, service_id=1)

    async def work() -> None:
        with app_of_a_worker() as app:
            async with app.open_async():
                await app.run_worker_async(
                    wait=False, delete_jobs="successful", install_signal_handlers=False
                )

    monkeypatch.setattr(actions, "tell", tell)
    announce_again()
    asyncio.run(work())
    assert told == [1, 1]
    assert not ProcrastinateJob.objects.filter(status__in=("todo", "doing")).exists()
