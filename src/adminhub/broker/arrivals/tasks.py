"""Fetching without a person: every minute whatever is due."""

from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued


@app.task(name="broker.run_channel", queue="arrivals")
def run_channel(channel_id: int) -> None:
    """Fetch from one channel, unless another job is at it."""
    from adminhub.broker.arrivals.actions import claim, fetch  # the actions defer this task

    channel = claim(channel_id=channel_id)
    if channel is not None:
        fetch(channel=channel)


@app.periodic(cron="* * * * *")
@app.task(name="broker.run_due_channels", queue="arrivals", queueing_lock="run_due_channels")
def run_due_channels(timestamp: int) -> None:
    """Every minute, give each channel that is due a job of its own."""
    from adminhub.broker.arrivals.models import Channel

    due = Channel.objects.filter(is_on=True, next_at__lte=timezone.now())
    for channel_id in due.values_list("pk", flat=True):
        try:
            run_channel.configure(queueing_lock=f"channel-{channel_id}").defer(channel_id=channel_id)
        except AlreadyEnqueued:
            continue


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="broker.tell_of_exports", queue="letters", lock="tell_of_exports", queueing_lock="tell_of_exports"
)
def tell_of_what_came(timestamp: int) -> None:
    """Every ten minutes, write to the schools whose exports stopped, are held or overdue, or come again."""
    from adminhub.broker.arrivals.letters import tell_of_exports

    tell_of_exports(now=timezone.now())


@app.periodic(cron="17 3 * * *")
@app.task(name="broker.throw_away_old_drafts", queue="arrivals", queueing_lock="throw_away_old_drafts")
def throw_away_drafts(timestamp: int) -> None:
    """Every night, throw away the tables whose columns nobody finished saying."""
    from adminhub.broker.sources.profiles import throw_away_old_drafts

    throw_away_old_drafts()
