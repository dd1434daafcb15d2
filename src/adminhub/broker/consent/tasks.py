"""What happens to consents without a person: audits, and requests that can go on."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app


@app.task(
    name="broker.audit_consent", queue="consent", retry=RetryStrategy(max_attempts=5, exponential_wait=3)
)
def audit_consent(consent_id: int) -> None:
    """Audit one approved consent."""
    from adminhub.broker.consent.actions import audit  # the actions defer this task
    from adminhub.broker.consent.actors import TheBroker
    from adminhub.broker.consent.models import Consent

    consent = Consent.objects.filter(pk=consent_id).first()
    if consent is not None:
        audit(consent=consent, by=TheBroker())


@app.periodic(cron="* * * * *")
@app.task(name="broker.continue_waiting_requests", queue="consent", queueing_lock="continue_waiting_requests")
def continue_all_waiting_requests(timestamp: int) -> None:
    """Every minute, put kept requests to schools that have been set up meanwhile."""
    from adminhub.broker.consent.actions import continue_waiting_requests
    from adminhub.broker.consent.models import Consent
    from adminhub.broker.directory.models import School

    waiting = Consent.objects.filter(state=Consent.State.WAITING_FOR_SETUP)
    for school in School.objects.filter(pk__in=waiting.values("school")):
        continue_waiting_requests(school=school)


@app.periodic(cron="10 8 * * *")
@app.task(name="broker.remind_of_deletions", queue="consent", queueing_lock="remind_of_deletions")
def remind_of_all_deletions(timestamp: int) -> None:
    """Every morning, remind apps of deletions they have not confirmed."""
    from adminhub.broker.consent.erasing import remind_of_deletions

    remind_of_deletions()
