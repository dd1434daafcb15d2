"""The pages of every day: health, Sync now, history, downloads, settings."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection as db_connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.providers.errors import UnreadablePage
from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.roster.models import Access
from adminhub.hub.schools.models import Role, School, Service, User
from adminhub.hub.syncs.models import Mode, Policy, SyncRun, Trigger
from adminhub.hub.syncs.queries import settings_of
from tests.unit.hub.cast import a_grant, a_school, a_service, a_user
from tests.unit.hub.syncs.nights import a_new_pupil, at_night, pupils, say, with_settings

pytestmark = pytest.mark.django_db


@pytest.fixture
def window(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def address(school: School, name: str, **rest: Any) -> str:
    return reverse(name, kwargs={"centre_id": school.centre_id, "service": "wellbeing", **rest})


def shown(window: Client, where: str) -> str:
    answer = window.get(where)
    assert answer.status_code == 200
    return answer.content.decode()


def as_posted(school: School, **changed: Any) -> dict[str, Any]:
    """The settings form as it stands, with some of it changed."""
    limits = {
        "leavers": 10,
        "leavers_in_summer": 30,
        "classes_in_summer": 95,
        "part": 30,
        "part_in_summer": 60,
        "renamed": 30,
        "new_ids": 10,
        "fewer": 25,
        "hours": 24,
    }
    values = {
        "rhythm": "nightly",
        "nightly_at": "02:30",
        "full_every": 7,
        "policy": "ask",
        "scope": "all",
        "delete_after_months": 6,
        "keep_runs_months": 13,
        "keep_journals_months": 13,
        **{f"limit_{name}": value for name, value in limits.items()},
    }
    return {**values, **changed}


def test_the_first_page_says_how_it_is_and_how_old_the_data_is(
    oak: School, connection: Connection, synced: SyncRun, window: Client
) -> None:
    page = shown(window, address(oak, "connect:mis_sync"))
    assert "Up to date" in page
    assert "Data as at" in page
    assert "Sync now" in page


def test_before_the_first_sync_there_is_no_sync_now(
    oak: School, connection: Connection, window: Client
) -> None:
    page = shown(window, address(oak, "connect:mis_sync"))
    assert "Not synced yet" in page
    assert ">Sync now<" not in page


def test_sync_now_starts_one_and_shows_it(
    oak: School, ada: User, connection: Connection, synced: SyncRun, window: Client
) -> None:
    page = window.post(address(oak, "syncing:now"), follow=True)
    with school_scope(oak.pk):
        run = SyncRun.objects.order_by("-pk")[0]
    assert (run.trigger, run.mode, run.started_by, run.is_attended) == (
        Trigger.PERSON,
        Mode.INCREMENTAL,
        ada,
        False,
    )
    assert page.redirect_chain[-1][0] == address(oak, "syncing:run", run_id=run.pk)
    assert b"Asking your MIS what has changed" in page.content


def test_the_history_lists_every_sync_with_its_numbers(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, window: Client
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    at_night(connection, broker)
    say(broker, oak, pupils=[*pupils(12), a_new_pupil()])
    at_night(connection, broker)
    say(broker, oak, pupils=[*pupils(3), a_new_pupil()])
    at_night(connection, broker)
    page = shown(window, address(oak, "syncing:history"))
    for word in ("Complete", "Nothing changed", "On hold", "The schedule", "Waiting for you"):
        assert word in page


def test_the_history_asks_the_database_no_more_for_more_syncs(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, window: Client
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(db_connection) as queries:
            shown(window, address(oak, "syncing:history"))
        return len(queries)

    at_night(connection, broker)
    few = asked()
    for _ in range(6):
        at_night(connection, broker)
    assert asked() == few


def test_one_sync_says_why_something_waits_and_leads_to_the_review(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, window: Client
) -> None:
    say(broker, oak, pupils=pupils(11))
    run = at_night(connection, broker)
    page = shown(window, address(oak, "syncing:run", run_id=run.pk))
    assert "Your school asks before anything is written." in page
    assert address(oak, "sync:run", run_id=run.pk) in page


def test_a_sync_without_data_says_what_went_wrong(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, window: Client
) -> None:
    broker.fail_with(UnreadablePage("Page 2 was cut short."), on="changes")
    run = at_night(connection, broker)
    assert "Page 2 was cut short." in shown(window, address(oak, "syncing:run", run_id=run.pk))
    assert "Not working" in shown(window, address(oak, "connect:mis_sync"))


def test_the_history_comes_as_csv_and_json(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, window: Client
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    say(broker, oak, pupils=[*pupils(12), a_new_pupil()])
    run = at_night(connection, broker)
    file = window.get(address(oak, "syncing:download", kind="csv"))
    assert "attachment" in file["Content-Disposition"]
    lines = list(csv.DictReader(io.StringIO(file.content.decode())))
    [line] = [one for one in lines if one["sync"] == str(run.pk) and one["kind"] == "pupils"]
    assert (line["added"], line["unchanged"], line["outcome"]) == ("1", "12", "complete")
    one = json.loads(window.get(address(oak, "syncing:download_run", run_id=run.pk, kind="json")).content)
    assert one["syncs"][0]["kinds"]["pupils"]["added"] == 1


def test_a_name_that_a_spreadsheet_would_calculate_is_made_harmless(
    oak: School, ada: User, connection: Connection, synced: SyncRun, window: Client
) -> None:
    User.objects.filter(pk=ada.pk).update(first_name="=cmd|'/c calc'!A1")
    file = window.get(address(oak, "syncing:download", kind="csv")).content.decode()
    assert "'=cmd" in file


def test_settings_are_saved_with_who_did_it(
    oak: School, ada: User, window: Client, connection: Connection
) -> None:
    answer = window.post(
        address(oak, "syncing:settings"),
        as_posted(
            oak,
            policy="safe",
            rhythm="weekdays",
            nightly_at="04:15",
            paused_from="2026-07-20",
            paused_until="2026-09-01",
            limit_leavers=15,
            grant_wellbeing=["pupils"],
        ),
    )
    assert answer.status_code == 302
    with school_scope(oak.pk):
        wanted = settings_of()
        assert (wanted.policy, wanted.rhythm, str(wanted.nightly_at)) == ("safe", "weekdays", "04:15:00")
        assert (str(wanted.paused_from), str(wanted.paused_until)) == ("2026-07-20", "2026-09-01")
        assert wanted.thresholds == {"leavers": 15}
        assert wanted.grant_on_sync == {"wellbeing": ["pupils"]}
        assert wanted.changed_by == ada
        assert AuditEntry.objects.filter(action="sync.settings_changed", by=ada).count() == 1


def test_the_settings_ticks_for_access_are_set_when_a_person_goes_through_a_sync(
    oak: School, wellbeing: Service, window: Client, synced: SyncRun
) -> None:
    teachers = address(oak, "sync:panel", run_id=synced.pk, panel="teachers")
    usual = shown(window, teachers)
    assert is_ticked(usual, "grant-teaching")
    assert not is_ticked(usual, "grant-non-teaching")
    window.post(address(oak, "syncing:settings"), as_posted(oak, full_every=3))
    assert is_ticked(shown(window, teachers), "grant-teaching")
    window.post(address(oak, "syncing:settings"), as_posted(oak, grant_wellbeing=["non_teaching"]))
    chosen = shown(window, teachers)
    assert is_ticked(chosen, "grant-non-teaching")
    assert not is_ticked(chosen, "grant-teaching")
    window.post(address(oak, "syncing:settings"), as_posted(oak, grant_wellbeing=[]))
    assert not is_ticked(shown(window, teachers), "grant-teaching")


def is_ticked(page: str, name: str) -> bool:
    tag = page.partition(f'id="{name}"')[2].partition(">")[0]
    return " checked" in tag


def test_those_without_a_year_or_registration_group_can_be_taken_in(
    oak: School, window: Client, synced: SyncRun
) -> None:
    page = shown(window, address(oak, "syncing:settings"))
    assert "No year group" in page
    assert "In no registration group" in page
    window.post(address(oak, "syncing:settings"), as_posted(oak, scope="year_groups", years=["4", "none"]))
    with school_scope(oak.pk):
        assert settings_of().chosen == ["4", "none"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"paused_from": "2026-07-20"}, "A pause needs both days."),
        ({"paused_from": "2026-09-01", "paused_until": "2026-07-20"}, "must end after it begins"),
        ({"nightly_at": ""}, "Give a time"),
        ({"full_every": 0}, "greater than or equal to 1"),
        ({"scope": "year_groups"}, "Tick at least one year group"),
        ({"limit_leavers": 400}, "less than or equal to 100"),
        ({"policy": "everything"}, "Select a valid choice"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_the_reason(
    oak: School, window: Client, connection: Connection, changed: dict[str, Any], said: str
) -> None:
    answer = window.post(address(oak, "syncing:settings"), as_posted(oak, **changed))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    with school_scope(oak.pk):
        assert settings_of().policy == Policy.ASK


def test_whoever_is_newly_synced_by_night_gets_the_access_that_was_chosen(
    oak: School,
    wellbeing: Service,
    connection: Connection,
    synced: SyncRun,
    broker: FakeProvider,
) -> None:
    reading = a_service("Reading Ladder", oak)
    with_settings(oak, policy=Policy.SAFE, grant_on_sync={"wellbeing": ["pupils"], reading.slug: ["pupils"]})
    say(broker, oak, pupils=[*pupils(12), a_new_pupil()])
    at_night(connection, broker)
    with school_scope(oak.pk):
        granted = Access.objects.filter(pupil__surname="Okafor").values_list("service__slug", flat=True)
        assert set(granted) == {"wellbeing", reading.slug}


def test_lists_say_how_old_the_data_is(
    oak: School, connection: Connection, synced: SyncRun, window: Client
) -> None:
    for name in ("people:pupils", "people:teachers", "classes:classes"):
        assert "From your MIS as at" in shown(window, address(oak, name))


def test_a_teacher_may_see_none_of_it_and_cal_finds_nothing(
    oak: School, wellbeing: Service, connection: Connection, synced: SyncRun
) -> None:
    ben, cal = a_user("Ben"), a_user("Cal")
    a_grant(ben, oak, wellbeing, Role.TEACHER)
    elm = a_school("Elm Primary School")
    a_grant(cal, elm, a_service("Wellbeing", elm), Role.ACCESS_COORDINATOR)
    bens, cals = Client(), Client()
    bens.force_login(ben)
    cals.force_login(cal)
    names = {"syncing:history": {}, "syncing:settings": {}, "syncing:run": {"run_id": synced.pk}}
    for name, rest in names.items():
        assert bens.get(address(oak, name, **rest)).status_code == 403
        assert cals.get(address(oak, name, **rest)).status_code == 404
    assert cals.get(address(elm, "syncing:run", run_id=synced.pk)).status_code == 404
    assert bens.post(address(oak, "syncing:now")).status_code == 403
