"""A dead worker's jobs are done by the next one, each once, on procrastinate's real tables."""

import asyncio

import pytest
from django.db import connection

from adminhub.runtime.worker import app_of_a_worker, take_over

pytestmark = pytest.mark.django_db(transaction=True)


def a_job(*, status: str, queueing_lock: str | None = None, heartbeat_seconds_ago: int | None = None) -> int:
    with connection.cursor() as cursor:
        worker = None
        if heartbeat_seconds_ago is not None:
            cursor.execute(
                "insert into procrastinate_workers (last_heartbeat)"
                " values (now() - make_interval(secs => %s)) returning id",
                [heartbeat_seconds_ago],
            )
            worker = cursor.fetchone()[0]
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, args, status, queueing_lock, worker_id)"
            " values ('default', 'a task', '{}', %s, %s, %s) returning id",
            [status, queueing_lock, worker],
        )
        return int(cursor.fetchone()[0])


def status_of(job: int) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("select status from procrastinate_jobs where id = %s", [job])
        row = cursor.fetchone()
    return row[0] if row else None


def run_take_over(seconds: float) -> None:
    async def run() -> None:
        with app_of_a_worker() as app:
            async with app.open_async():
                await take_over(seconds)

    asyncio.run(run())


def test_a_dead_workers_job_goes_back_in_the_queue() -> None:
    job = a_job(status="doing", heartbeat_seconds_ago=60)
    run_take_over(20)
    assert status_of(job) == "todo"


def test_a_living_workers_job_is_left_alone() -> None:
    job = a_job(status="doing", heartbeat_seconds_ago=2)
    run_take_over(20)
    assert status_of(job) == "doing"


def test_a_job_that_waits_already_is_not_queued_twice() -> None:
    dead = a_job(status="doing", queueing_lock="sweep", heartbeat_seconds_ago=60)
    waiting = a_job(status="todo", queueing_lock="sweep")
    run_take_over(20)
    assert status_of(dead) is None
    assert status_of(waiting) == "todo"
