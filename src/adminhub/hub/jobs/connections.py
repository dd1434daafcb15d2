"""Jobs about connections: ask the broker, poll in case a webhook was lost, write to the coordinators."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from adminhub.hub.connections.actions import CHECK, TELL, check
from adminhub.hub.connections.queries import provider_of, schools_to_poll
from adminhub.hub.connections.sealing import unseal
from adminhub.hub.jobs.letters import tell_coordinators
from adminhub.hub.providers.errors import ProviderError
from adminhub.hub.providers.wonde import answers_to


@app.task(
    name=CHECK,
    queue="hub",
    retry=RetryStrategy(max_attempts=4, wait=3, retry_exceptions={ProviderError}),
)
def check_connection(school_id: int, sealed_token: str = "") -> None:
    """Ask the broker how a school's connection stands. A token from a webhook is tried before it is kept."""
    token = unseal(sealed_token.encode()) if sealed_token else ""
    check(school_id=school_id, school_token=token if token and answers_to(provider_of(None), token) else "")


@app.task(name=TELL, queue="hub", retry=RetryStrategy(max_attempts=8, wait=5, exponential_wait=3))
def tell(school_id: int, connection_id: int, kind: str) -> None:
    """Write to the coordinators what has become of their connection; once."""
    tell_coordinators(school_id=school_id, connection_id=connection_id, kind=kind)


@app.periodic(cron="* * * * * */10")
@app.task(name="hub.poll_connections", queue="hub", queueing_lock="hub.poll_connections", pass_context=False)
def poll_connections(timestamp: int) -> None:
    """Have every connection that is due asked about, each in a job of its own."""
    for school_id in schools_to_poll(now=timezone.now()):
        poll = check_connection.configure(lock=f"connection:{school_id}", queueing_lock=f"poll:{school_id}")
        with suppress(AlreadyEnqueued), transaction.atomic():
            poll.defer(school_id=school_id)
