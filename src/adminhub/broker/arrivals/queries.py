"""Reading channels and what became of what they brought."""

from django.db.models import QuerySet

from adminhub.broker.arrivals.models import FAILED, Channel, ChannelRun
from adminhub.broker.directory.models import School


def channels_of(school: School) -> QuerySet[Channel]:
    """How this school's exports come."""
    return Channel.objects.filter(school=school).select_related("school", "opened_by", "changed_by")


def failing_channels() -> QuerySet[Channel]:
    """Every school's channels that are failing or on hold, the longest first."""
    troubled = (*FAILED, ChannelRun.Outcome.HELD)
    rows = Channel.objects.filter(is_on=True, last_outcome__in=troubled)
    return rows.select_related("school").order_by("last_good_at", "pk")
