"""The operators' page of schools whose data does not come as it should."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from adminhub.broker.arrivals.models import Channel
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.models import School
from adminhub.broker.portal.access import PersonRequest, operator_page
from adminhub.broker.portal.queries import to_do, troubled_sources
from adminhub.broker.sources.models import Source

OLD_AFTER = timedelta(days=14)
TROUBLED = (Channel.Health.FAILING, Channel.Health.HELD, Channel.Health.OVERDUE)
LIVE = Count("school__consents", filter=Q(school__consents__state=Consent.State.AUDITED), distinct=True)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the data of one school, since when, and for how many live apps that matters."""

    school: School
    tone: str
    what: str
    message: str
    since: datetime | None
    live: int


@operator_page
@require_GET
def sources(request: PersonRequest) -> HttpResponse:
    """Sources on hold or not readable, ways that bring nothing, and data that has grown old; most apps first."""
    found = sorted(
        [*_sources(), *_channels(), *_old()], key=lambda one: (-one.live, one.school.name, one.school.pk)
    )
    context = {"troubles": found, "days": OLD_AFTER.days, "to_do": to_do(), "tab": "sources"}
    return render(request, "portal/operators/sources.html", context)


def _sources() -> Iterator[Trouble]:
    for source in troubled_sources().select_related("school").annotate(live=LIVE):
        is_held = source.state == Source.State.HELD
        what, tone = ("Export on hold", "warn") if is_held else ("Export not readable", "bad")
        yield Trouble(source.school, tone, what, source.message, source.updated_at, source.live)


def _channels() -> Iterator[Trouble]:
    for channel in Channel.objects.filter(is_on=True).select_related("school").annotate(live=LIVE):
        if channel.health in TROUBLED:
            tone = "bad" if channel.health == Channel.Health.FAILING else "warn"
            what = f"{channel.get_kind_display()}: {channel.health.label.lower()}"
            since = channel.last_good_at or channel.opened_at
            yield Trouble(channel.school, tone, what, channel.message, since, channel.live)


def _old() -> Iterator[Trouble]:
    """Fine when it came, and it has not come again though apps read it."""
    old = Source.objects.filter(
        state=Source.State.OK,
        last_published_at__lt=timezone.now() - OLD_AFTER,
        school__consents__state=Consent.State.AUDITED,
    )
    for source in old.select_related("school").annotate(live=LIVE).distinct():
        message = "Apps read data that may be out of date. Ask the school for a new export."
        yield Trouble(source.school, "warn", "Old data", message, source.last_published_at, source.live)
