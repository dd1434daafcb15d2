"""The letters about how exports come: what stopped, is held or overdue, and what works again; a school's in one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from adminhub.broker.arrivals.models import Channel, ChannelRun
from adminhub.broker.directory.letters import post
from adminhub.broker.directory.links import channel_link, sources_link
from adminhub.broker.directory.models import School
from adminhub.broker.directory.queries import administrators_of, operators

Outcome = ChannelRun.Outcome
OVERDUE = Channel.Health.OVERDUE.value
TRIES_BEFORE_A_LETTER = 3
"""A server that does not answer once or twice mostly answers the next time."""
FROM_HOUR = 7
"""Before it, by the school's clock, the troubles of the night are gathered."""
BETWEEN_LETTERS = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told of one way: its trouble, or none when it is over."""

    channel: Channel
    trouble: str

    @property
    def way(self) -> str:
        return self.channel.get_kind_display()

    @property
    def words(self) -> str:
        return WORDS.get(self.trouble, "come again")

    @property
    def message(self) -> str:
        if self.trouble != OVERDUE:
            return self.channel.message if self.trouble else ""
        often = self.channel.get_every_minutes_display()
        return f"They should come {often}. Check the task on your server that sends them."

    @property
    def link(self) -> str:
        return channel_link(self.channel.school.broker_id, self.channel.pk)


def tell_of_exports(*, now: datetime) -> None:
    """Write to each school of which there is something to tell: one letter however many of its ways it is about.

    Told are who decides for the school, of holds the operators too. What has come and gone between two letters is
    told to nobody.
    """
    quiet = set(
        Channel.objects.filter(told_at__gt=now - BETWEEN_LETTERS)
        .values_list("school_id", flat=True)
        .distinct()
    )
    switched_on = Channel.objects.filter(is_on=True).select_related("school").order_by("school_id", "pk")
    news = [one for channel in switched_on if (one := news_of(channel)) and channel.school_id not in quiet]
    held: list[News] = []
    for _, group in groupby(news, key=lambda one: one.channel.school_id):
        of_school = list(group)
        if now.astimezone(ZoneInfo(of_school[0].channel.school.timezone)).hour < FROM_HOUR:
            continue
        _tell_school(of_school[0].channel.school, of_school, now=now)
        held += [one for one in of_school if one.trouble == Outcome.HELD]
    _tell_operators(held)


def news_of(channel: Channel) -> News | None:
    """What nobody was told yet of this way; None: nothing."""
    trouble = _trouble_of(channel)
    if trouble == channel.told_of or (not trouble and channel.last_outcome == Outcome.UNREACHABLE):
        return None
    return News(channel, trouble)


def _trouble_of(channel: Channel) -> str:
    """Held, refused, unreachable for a while, or nothing sent for a while; empty when nothing needs a person."""
    if channel.health == Channel.Health.OVERDUE and not channel.is_fetched:
        return OVERDUE
    if channel.last_outcome == Outcome.UNREACHABLE and channel.failures < TRIES_BEFORE_A_LETTER:
        return ""
    return channel.last_outcome if channel.last_outcome in WORDS else ""


@transaction.atomic
def _tell_school(school: School, news: list[News], *, now: datetime) -> None:
    for one in news:
        Channel.objects.filter(pk=one.channel.pk).update(told_of=one.trouble, told_at=now)
    deciders = administrators_of(school).filter(
        administrations__school=school, administrations__is_read_only=False
    )
    troubled = [one for one in news if one.trouble]
    if len(news) == 1:
        subject = f"Exports of {school} {news[0].words}"
    elif troubled:
        subject = (
            f"Exports of {school}: {len(troubled)} way{'s need' if len(troubled) > 1 else ' needs'} a look"
        )
    else:
        subject = f"Exports of {school} come again"
    post(
        to=[user.email for user in deciders.distinct()],
        kind="exports",
        subject=subject,
        context={
            "school": school,
            "news": news,
            "is_troubled": bool(troubled),
            "is_held": any(one.trouble == Outcome.HELD for one in news),
        },
    )


def _tell_operators(held: Iterable[News]) -> None:
    schools = list(dict.fromkeys(one.channel.school for one in held))
    if not schools:
        return
    who = f"of {schools[0]}" if len(schools) == 1 else f"of {len(schools)} schools"
    post(
        to=[user.email for user in operators()] or [settings.BROKER_SUPPORT_EMAIL],
        kind="exports_held",
        subject=f"Exports {who} are on hold",
        context={"news": held, "link": sources_link()},
    )


WORDS: dict[str, str] = {
    Outcome.HELD: "are on hold",
    Outcome.REFUSED: "cannot be read",
    Outcome.UNREACHABLE: "cannot be fetched",
    OVERDUE: "have not come for a while",
}
