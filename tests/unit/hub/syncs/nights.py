"""Nights at Oak: a MIS that changes, and syncs that nobody goes through."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.providers.values import PulledPupil
from adminhub.hub.schools.models import School
from adminhub.hub.syncs.actions import sync_by_itself
from adminhub.hub.syncs.models import SyncRun, Trigger
from adminhub.hub.syncs.queries import settings_of
from adminhub.hub.syncs.run import carry_on
from tests.unit.hub.syncs.cast import a_upn, again, an_mis_pupil

BORN = date(2016, 3, 4)


def pupils(count: int, **fields: Any) -> list[PulledPupil]:
    return [
        an_mis_pupil(
            f"p{number}",
            surname=f"Ray{number}",
            upn=a_upn(number),
            birthday=BORN,
            **{"registration_group": "Bg1", **fields},
        )
        for number in range(1, count + 1)
    ]


def a_new_pupil(**fields: Any) -> PulledPupil:
    """Somebody whom nobody could take for one of the others."""
    values = {"forename": "Zara", "surname": "Okafor", "upn": a_upn(90), "birthday": date(2015, 11, 9)}
    return an_mis_pupil("p90", **{**values, **fields})


def with_settings(school: School, **values: Any) -> None:
    with school_scope(school.pk):
        wanted = settings_of()
        for name, value in values.items():
            setattr(wanted, name, value)
        wanted.save()


def at_night(connection: Connection, broker: FakeProvider) -> SyncRun:
    run = sync_by_itself(connection=connection, by=None, trigger=Trigger.SCHEDULE)
    carry_on(school_id=run.school_id, run_id=run.pk, provider=broker)
    return again(run)


def everything_is_due(school: School) -> None:
    """The last full sync was a week ago."""
    with school_scope(school.pk):
        SyncRun.objects.update(as_at=timezone.now() - timedelta(days=7))


def say(broker: FakeProvider, school: School, **lists: Sequence[Any]) -> None:
    broker.publish(f"A{school.pk}", **lists)
