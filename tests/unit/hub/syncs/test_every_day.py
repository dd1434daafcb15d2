"""What happens day after day without a person: schedule, pause, letters, throwing away what is old, health."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from adminhub.hub.connections.models import BrokerSchool, Connection, State
from adminhub.hub.core.scope import school_scope
from adminhub.hub.jobs import syncs as jobs
from adminhub.hub.jobs.letters import send_digest
from adminhub.hub.planning.models import MatchRow
from adminhub.hub.providers.errors import TryLater, UnreadablePage
from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.staging.models import Snapshot, StagedPupil
from adminhub.hub.syncs.actions import PULL, change_settings, sync_by_itself
from adminhub.hub.syncs.health import Condition, Facts, health_of
from adminhub.hub.syncs.looking import look, throw_away_the_old, wind
from adminhub.hub.syncs.models import (
    Mode,
    Outcome,
    Policy,
    Rhythm,
    RunState,
    SyncClock,
    SyncRun,
    Trigger,
)
from adminhub.hub.syncs.queries import default_time, facts_of, settings_of
from adminhub.hub.syncs.run import WAITS, carry_on
from adminhub.hub.syncs.schedule import JITTER, is_night_for_it, letters_at, next_look
from tests.unit.hub.cast import a_pupil, a_school
from tests.unit.hub.syncs.cast import again, fetched, save, statuses
from tests.unit.hub.syncs.nights import a_new_pupil, at_night, everything_is_due, pupils, say, with_settings

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
MONDAY = date(2026, 6, 15)


# The schedule, pure


def test_the_next_look_is_today_while_its_time_is_ahead_and_else_tomorrow() -> None:
    noon = datetime(2026, 6, 15, 12, tzinfo=LONDON)
    none = timedelta()
    assert next_look(at=time(13), after=noon, zone=LONDON, shift=none).date() == MONDAY
    assert next_look(at=time(11), after=noon, zone=LONDON, shift=none).date() == MONDAY + timedelta(days=1)
    assert next_look(at=time(12), after=noon, zone=LONDON, shift=none).date() == MONDAY + timedelta(days=1)


def test_a_look_comes_a_little_later_by_chance_but_never_much() -> None:
    noon = datetime(2026, 6, 15, 12, tzinfo=LONDON)
    planned = datetime(2026, 6, 16, 2, tzinfo=LONDON)
    for _ in range(20):
        assert planned <= next_look(at=time(2), after=noon, zone=LONDON) <= planned + JITTER


def test_schools_have_their_default_times_spread_over_the_night() -> None:
    times = {default_time(number) for number in range(1, 201)}
    assert len(times) > 150
    assert min(times) >= time(1)
    assert max(times) < time(5)


@pytest.mark.parametrize(
    ("rhythm", "day", "wanted"),
    [
        (Rhythm.NIGHTLY, MONDAY + timedelta(days=6), True),
        (Rhythm.WEEKDAYS, MONDAY, True),
        (Rhythm.WEEKDAYS, MONDAY + timedelta(days=5), False),
        (Rhythm.OFF, MONDAY, False),
    ],
)
def test_each_rhythm_has_its_days(rhythm: Rhythm, day: date, wanted: bool) -> None:
    assert is_night_for_it(rhythm, day) is wanted


def test_nobody_is_written_to_in_the_night() -> None:
    night = datetime(2026, 6, 15, 2, 10, tzinfo=LONDON)
    assert letters_at(after=night, zone=LONDON, opens=time(7)) == night.replace(hour=7, minute=0)
    afternoon = night.replace(hour=15)
    assert letters_at(after=afternoon, zone=LONDON, opens=time(7)) == afternoon


# The daily look


def test_a_due_school_is_looked_at_once_however_many_hosts_ask(
    oak: School, connection: Connection, synced: SyncRun
) -> None:
    SyncClock.objects.create(school=oak, due_at=timezone.now() - timedelta(minutes=1))
    jobs.look_at_due_schools(0)
    jobs.look_at_due_schools(0)
    assert ProcrastinateJob.objects.filter(task_name="hub.look_at_school").count() == 1


def test_a_connected_school_gets_a_clock_by_itself(oak: School, connection: Connection) -> None:
    BrokerSchool.objects.update(poll_at=timezone.now())
    jobs.look_at_due_schools(0)
    assert SyncClock.objects.get(school=oak).due_at > timezone.now()


def test_a_look_starts_a_sync_and_winds_the_clock_on(
    oak: School, connection: Connection, synced: SyncRun
) -> None:
    now = timezone.now()
    run = look(school_id=oak.pk, now=now)
    assert run is not None
    assert (run.trigger, run.mode, run.started_by) == (Trigger.SCHEDULE, Mode.INCREMENTAL, None)
    assert SyncClock.objects.get(school=oak).due_at > now


def test_the_first_sync_is_a_persons(oak: School, connection: Connection) -> None:
    assert look(school_id=oak.pk, now=timezone.now()) is None


def test_a_school_that_is_off_or_not_authorised_is_not_synced(
    oak: School, connection: Connection, synced: SyncRun
) -> None:
    with_settings(oak, rhythm=Rhythm.OFF)
    assert look(school_id=oak.pk, now=timezone.now()) is None
    with_settings(oak, rhythm=Rhythm.NIGHTLY)
    with school_scope(oak.pk):
        Connection.objects.update(state=State.AUDITING)
    assert look(school_id=oak.pk, now=timezone.now()) is None


@pytest.mark.parametrize(("starts", "ends", "is_synced"), [(0, 1, False), (1, 30, True), (-30, 0, True)])
def test_a_pause_holds_from_its_first_day_to_the_day_before_its_end(
    oak: School, connection: Connection, synced: SyncRun, starts: int, ends: int, is_synced: bool
) -> None:
    today = timezone.localdate()
    with_settings(oak, paused_from=today + timedelta(days=starts), paused_until=today + timedelta(days=ends))
    assert (look(school_id=oak.pk, now=timezone.now()) is not None) is is_synced


def test_sync_now_works_during_a_pause(
    oak: School, ada: User, connection: Connection, synced: SyncRun
) -> None:
    today = timezone.localdate()
    with_settings(oak, paused_from=today, paused_until=today + timedelta(days=30))
    run = sync_by_itself(connection=connection, by=ada, trigger=Trigger.PERSON)
    assert (run.started_by, run.trigger) == (ada, Trigger.PERSON)


def test_a_new_time_winds_the_clock_at_once_and_is_written_down(
    oak: School, ada: User, connection: Connection
) -> None:
    wind(school_id=oak.pk, now=timezone.now())
    before = SyncClock.objects.get(school=oak).due_at
    later = (timezone.localtime(before) + timedelta(hours=3)).time().replace(second=0, microsecond=0)
    with school_scope(oak.pk):
        wanted = change_settings(by=ada, nightly_at=later)
        assert wanted.changed_by == ada
    assert SyncClock.objects.get(school=oak).due_at != before


# Letters


def told(oak: School, **later: int) -> list[str]:
    """What is sent when the digest's job runs so much later."""
    mail.outbox.clear()
    send_digest(school_id=oak.pk, now=timezone.now() + timedelta(**later))
    return [str(letter.body) for letter in mail.outbox]


@pytest.fixture
def clock(oak: School) -> SyncClock:
    return SyncClock.objects.create(school=oak, due_at=timezone.now())


def test_a_night_that_needs_nobody_writes_to_nobody(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, clock: SyncClock
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    say(broker, oak, pupils=[*pupils(12), a_new_pupil()])
    at_night(connection, broker)
    assert told(oak) == []


def test_what_is_held_is_told_once_with_its_reason_and_no_name(
    oak: School, ada: User, connection: Connection, synced: SyncRun, broker: FakeProvider, clock: SyncClock
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    say(broker, oak, pupils=pupils(4))
    run = at_night(connection, broker)

    [letter] = told(oak)

    assert mail.outbox[0].to == [ada.email]
    assert "Pupils: " in letter
    assert "8 of 12" in letter
    assert f"/run/{run.pk}/" in letter
    assert "Ray" not in letter
    assert told(oak, hours=1) == []
    assert told(oak, hours=26) == []
    assert len(told(oak, days=8)) == 1


def test_a_second_trouble_on_the_same_day_waits_for_tomorrow(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, clock: SyncClock
) -> None:
    say(broker, oak, pupils=pupils(11))
    at_night(connection, broker)
    assert len(told(oak)) == 1
    say(broker, oak, pupils=pupils(10))
    at_night(connection, broker)
    assert told(oak, hours=2) == []
    assert len(told(oak, hours=24)) == 1


def test_a_sync_that_got_no_data_is_told_and_its_recovery_makes_the_next_one_news(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, clock: SyncClock
) -> None:
    broker.fail_with(UnreadablePage("Page 2 was cut short."), on="changes")
    assert at_night(connection, broker).outcome == Outcome.FAILED
    assert "Page 2 was cut short." in told(oak)[0]
    at_night(connection, broker)
    assert told(oak, hours=24) == []
    broker.work_again()
    at_night(connection, broker)
    assert told(oak, hours=48) == []
    broker.fail_with(UnreadablePage("Page 3 was cut short."), on="changes")
    at_night(connection, broker)
    assert len(told(oak, hours=72)) == 1


def test_while_it_is_tried_again_by_itself_nobody_is_written_to(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, clock: SyncClock
) -> None:
    broker.fail_with(TryLater("The broker did not answer."), on="changes")
    run = at_night(connection, broker)
    assert told(oak) == []
    for _ in WAITS:
        carry_on(school_id=oak.pk, run_id=run.pk, provider=broker)
    assert again(run).outcome == Outcome.FAILED
    assert len(told(oak)) == 1


@pytest.mark.parametrize(
    ("starts", "ends", "words"), [(1, 40, "are paused, until"), (-40, 1, "The pause ends")]
)
def test_a_pause_is_told_the_day_before_it_begins_and_ends(
    oak: School,
    connection: Connection,
    synced: SyncRun,
    clock: SyncClock,
    starts: int,
    ends: int,
    words: str,
) -> None:
    today = timezone.localdate()
    with_settings(oak, paused_from=today + timedelta(days=starts), paused_until=today + timedelta(days=ends))
    [letter] = told(oak)
    assert words in letter
    assert told(oak, hours=21) == []


def test_the_digest_waits_for_the_morning_and_is_deferred_once(
    oak: School, connection: Connection, synced: SyncRun, settings: object
) -> None:
    settings.HUB_LETTERS_FROM = "23:59"  # type: ignore[attr-defined]
    with_settings(oak, rhythm=Rhythm.OFF)
    jobs.look_at_school(oak.pk)
    jobs.look_at_school(oak.pk)
    [job] = ProcrastinateJob.objects.filter(task_name="hub.write_digest")
    assert timezone.localtime(job.scheduled_at).strftime("%H:%M") == "23:59"


def test_a_new_maybe_is_told_and_one_that_a_person_has_seen_is_not(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, clock: SyncClock
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    a_pupil(oak, forename="Zara", surname="Okafur", birthday=date(2015, 11, 9))
    assert told(oak) == []
    say(broker, oak, pupils=[*pupils(12), a_new_pupil(upn="")])
    at_night(connection, broker)
    assert statuses(again(synced), Kind.PUPIL).get("may_match") == 1
    assert "1 more record may match somebody" in told(oak)[0]


# What is old


def test_a_snapshot_that_a_newer_one_replaced_is_emptied_and_its_history_stays(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    everything_is_due(oak)
    night = at_night(connection, broker)
    with school_scope(oak.pk):
        assert throw_away_the_old(now=timezone.now()) == 1
        assert StagedPupil.objects.filter(snapshot=synced.snapshot_id).count() == 0
        assert StagedPupil.objects.filter(snapshot=night.snapshot_id).count() == 12
        assert not MatchRow.objects.filter(snapshot=synced.snapshot_id).exists()
        assert SyncRun.objects.count() == 2
        assert Snapshot.objects.get(pk=synced.snapshot_id).counts["pupils"] == 12
        assert throw_away_the_old(now=timezone.now()) == 0
    assert at_night(connection, broker).outcome == Outcome.UNCHANGED


def test_what_a_person_is_reviewing_is_never_thrown_away(
    oak: School, ada: User, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    review = fetched(connection, ada, broker)
    with school_scope(oak.pk):
        throw_away_the_old(now=timezone.now())
        assert MatchRow.objects.filter(snapshot=review.snapshot_id).exists()


def test_the_pull_job_throws_away_and_leaves_a_digest(
    oak: School,
    connection: Connection,
    synced: SyncRun,
    broker: FakeProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "carry_on", lambda **ids: carry_on(**ids, provider=broker))
    everything_is_due(oak)
    run = sync_by_itself(connection=connection, by=None, trigger=Trigger.SCHEDULE)
    jobs.pull_snapshot(oak.pk, run.pk)
    assert again(run).state == RunState.FINISHED
    with school_scope(oak.pk):
        assert Snapshot.objects.filter(emptied_at__isnull=False).count() == 1
    assert ProcrastinateJob.objects.filter(task_name="hub.write_digest").count() == 1
    assert ProcrastinateJob.objects.filter(task_name=PULL).exists()


# Health

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
MakeFacts = Callable[..., Facts]


def facts(**fields: object) -> Facts:
    values: dict[str, object] = {
        "now": NOW,
        "rhythm": Rhythm.NIGHTLY,
        "as_at": NOW - timedelta(hours=6),
    }
    return Facts(**{**values, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({}, Condition.FRESH),
        ({"may_match": 2}, Condition.FRESH),
        ({"as_at": None}, Condition.NEW),
        ({"as_at": NOW - timedelta(days=2)}, Condition.STALE),
        ({"as_at": NOW - timedelta(days=3), "rhythm": Rhythm.WEEKDAYS}, Condition.FRESH),
        ({"as_at": NOW - timedelta(days=40), "paused_until": date(2026, 9, 1)}, Condition.PAUSED),
        ({"is_open": True}, Condition.WAITING),
        ({"is_open": True, "held": 3, "paused_until": date(2026, 9, 1)}, Condition.WAITING),
        ({"failed_at": NOW, "problem": "No answer.", "is_open": True}, Condition.FAILING),
        ({"is_online": False}, Condition.FAILING),
    ],
)
def test_the_worst_that_is_true_is_what_the_badge_says(
    given: dict[str, object], condition: Condition
) -> None:
    health = health_of(facts(**given))
    assert health.condition == condition
    assert health.sentence.endswith(".")


def test_the_badge_of_oak_follows_its_nights(
    oak: School,
    ada: User,
    wellbeing: Service,
    connection: Connection,
    synced: SyncRun,
    broker: FakeProvider,
) -> None:
    def condition() -> Condition:
        with school_scope(oak.pk):
            return health_of(facts_of(connection, now=timezone.now())).condition

    assert condition() == Condition.FRESH
    say(broker, oak, pupils=pupils(11))
    waiting = at_night(connection, broker)
    assert condition() == Condition.WAITING
    at_night(connection, broker)
    assert condition() == Condition.WAITING
    save(waiting, Kind.PUPIL, ada, wellbeing)
    assert condition() == Condition.FRESH
    broker.fail_with(UnreadablePage("Page 2 was cut short."), on="changes")
    at_night(connection, broker)
    assert condition() == Condition.FAILING


def test_settings_of_one_school_are_not_anothers(oak: School, ada: User, connection: Connection) -> None:
    elm = a_school("Elm Primary School")
    with_settings(oak, policy=Policy.SAFE)
    with school_scope(elm.pk):
        assert settings_of().policy == Policy.ASK
