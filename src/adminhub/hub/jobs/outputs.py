"""Telling services about changed rosters: right after a change, and again for what was missed."""

from __future__ import annotations

import contextlib
from functools import partial

from django.db import transaction
from procrastinate import JobContext, exceptions
from procrastinate.contrib.django import app
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from adminhub.hub.core.scope import school_scope
from adminhub.hub.outputs.webhooks import actions
from adminhub.hub.outputs.webhooks.errors import NotDelivered
from adminhub.hub.outputs.webhooks.queries import subscribers_with_webhook, told_up_to
from adminhub.hub.roster.queries import newest_entry
from adminhub.hub.schools.models import Service

WAITS = (2, 5, 15, 60, 300, 900, 1800, 3600, 3600, 3600)
"""Seconds before the second, third … attempt; then the message has failed, and the next change makes another."""


class BackOff(BaseRetryStrategy):
    """Try again later and later while a service does not take a message; any other trouble is ours."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """None: no attempts are left."""
        if not isinstance(exception, NotDelivered) or job.attempts >= len(WAITS):
            return None
        return RetryDecision(retry_in={"seconds": WAITS[job.attempts]})


def announce(school_id: int) -> None:
    """Have every service of the school told that its roster changed, once the change is committed.

    Earlier, a job that waits might start before the commit, find nothing new and be over.
    """
    for _, service_id in subscribers_with_webhook(school_id):
        transaction.on_commit(partial(_tell_now, school_id=school_id, service_id=service_id))


def _tell_now(*, school_id: int, service_id: int) -> None:
    """Tell it at once, even if it did not take the last message and the next attempt would be an hour away."""
    key = _key(school_id, service_id)
    for job in app.job_manager.list_jobs(queueing_lock=key, status="todo"):
        if job.scheduled_at is not None and job.id is not None:
            app.job_manager.cancel_job_by_id(job.id, delete_job=True)
    _defer(school_id=school_id, service_id=service_id)


def _defer(*, school_id: int, service_id: int) -> None:
    key = _key(school_id, service_id)
    with contextlib.suppress(exceptions.AlreadyEnqueued), transaction.atomic():
        tell_service.configure(lock=key, queueing_lock=key).defer(school_id=school_id, service_id=service_id)


def _key(school_id: int, service_id: int) -> str:
    return f"outputs:{school_id}:{service_id}"


@app.task(name="outputs.tell_service", retry=BackOff(), pass_context=True)
def tell_service(context: JobContext, *, school_id: int, service_id: int) -> None:
    """Tell one service about one school."""
    try:
        actions.tell(school_id=school_id, service_id=service_id)
    except NotDelivered:
        if context.job.attempts >= len(WAITS):
            actions.give_up(school_id=school_id, service_id=service_id)
        raise


@app.periodic(cron="* * * * * */30")
@app.task(name="outputs.sweep", queueing_lock="outputs.sweep")
def sweep(timestamp: int) -> None:
    """Find changes nobody announced: a job that was lost, or a change made by hand."""
    services = Service.objects.in_bulk()
    for school_id, service_id in subscribers_with_webhook():
        with school_scope(school_id):
            is_behind = newest_entry() > told_up_to(services[service_id])
        if is_behind and not _is_being_told(school_id, service_id):
            _defer(school_id=school_id, service_id=service_id)


def _is_being_told(school_id: int, service_id: int) -> bool:
    """Whether a job is at it, so that a service that does not answer is not asked twice a minute."""
    key = _key(school_id, service_id)
    return any(app.job_manager.list_jobs(lock=key, status=status) for status in ("todo", "doing"))
