"""What a school keeps no longer is thrown away: old history, and what old plans wrote; never the newest."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from adminhub.hub.applying.errors import CannotUndo
from adminhub.hub.applying.models import JournalEntry
from adminhub.hub.applying.undoing import draft_undo
from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import Plan, PlannedChange
from adminhub.hub.planning.queries import standing_plans_of
from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.roster.models import Pupil
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.syncs.actions import change_settings
from adminhub.hub.syncs.models import Mode, SyncRun
from adminhub.hub.syncs.pruning import Pruned, prune
from tests.unit.hub.syncs.nights import at_night, everything_is_due

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=500)


def grown_old(school: School) -> None:
    """Everything there is happened long ago."""
    with school_scope(school.pk):
        then = timezone.now() - LONG_AGO
        SyncRun.objects.update(started_at=then, finished_at=then, as_at=then)
        Plan.objects.update(applied_at=then, drafted_at=then)


def test_history_and_journals_go_after_the_months_that_the_school_keeps_them(
    oak: School, ada: User, synced: SyncRun, connection: Connection, broker: FakeProvider
) -> None:
    everything_is_due(oak)
    newest = at_night(connection, broker)
    grown_old(oak)
    with school_scope(oak.pk):
        SyncRun.objects.filter(pk=newest.pk).update(as_at=timezone.now())
        people, plans = Pupil.objects.count(), Plan.objects.count()
        change_settings(by=ada, keep_runs_months=24, keep_journals_months=24)
        assert prune(now=timezone.now()) == Pruned()
        change_settings(by=ada, keep_runs_months=13, keep_journals_months=13)
        assert prune(now=timezone.now()) == Pruned(runs=1, plans=4)
        assert [run.pk for run in SyncRun.objects.all()] == [newest.pk]
        assert not JournalEntry.objects.exists()
        assert not PlannedChange.objects.filter(plan__state="applied").exists()
        assert (Pupil.objects.count(), Plan.objects.count()) == (people, plans)
        assert prune(now=timezone.now()) == Pruned()


def test_what_was_thrown_away_cannot_be_undone_and_says_so(
    oak: School, ada: User, wellbeing: Service, synced: SyncRun
) -> None:
    grown_old(oak)
    with school_scope(oak.pk):
        prune(now=timezone.now())
        plans = list(Plan.objects.filter(state="applied"))
        assert not standing_plans_of(synced.pk).exists()
        with pytest.raises(CannotUndo, match="older than your school keeps it"):
            draft_undo(plans, by=ada)


def test_the_next_night_goes_on_from_what_was_kept(
    oak: School, synced: SyncRun, connection: Connection, broker: FakeProvider
) -> None:
    assert at_night(connection, broker).mode == Mode.INCREMENTAL
    with school_scope(oak.pk):
        SyncRun.objects.update(started_at=timezone.now() - LONG_AGO)
        prune(now=timezone.now())
    assert at_night(connection, broker).mode == Mode.INCREMENTAL
