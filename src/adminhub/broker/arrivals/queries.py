"""Reading channels and what became of what they brought."""

from django.db.models import QuerySet

from adminhub.broker.arrivals.models import Channel
from adminhub.broker.directory.models import School


def channels_of(school: School) -> QuerySet[Channel]:
    """How this school's exports come."""
    return Channel.objects.filter(school=school).select_related("school", "opened_by", "changed_by")
