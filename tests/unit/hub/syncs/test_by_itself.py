"""A sync that nobody goes through: what it fetches, what it applies, and what waits for a person."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection as db_connection
from django.test.utils import CaptureQueriesContext

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import MatchRow, Plan
from adminhub.hub.providers.errors import TryLater
from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.roster.models import Employee, Enrolment, Kind, MISLink, Pupil
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.staging.models import Snapshot, StagedPupil
from adminhub.hub.syncs.actions import start_sync, sync_by_itself
from adminhub.hub.syncs.errors import PanelNotReady
from adminhub.hub.syncs.models import Mode, Outcome, Panel, PanelState, Policy, RunState, SyncRun, Trigger
from adminhub.hub.syncs.queries import data_as_at, live_run, review_run, settings_of
from adminhub.hub.syncs.run import carry_on
from tests.unit.hub.cast import a_pupil
from tests.unit.hub.syncs.cast import (
    a_upn,
    again,
    an_mis_class,
    an_mis_employee,
    an_mis_group,
    an_mis_pupil,
    fetched,
    save,
    save_everything,
)
from tests.unit.hub.syncs.nights import (
    BORN,
    a_new_pupil,
    at_night,
    everything_is_due,
    pupils,
    say,
    with_settings,
)

pytestmark = pytest.mark.django_db


def state_of(run: SyncRun, kind: Kind) -> str:
    with school_scope(run.school_id):
        return str(Panel.objects.get(run=run, kind=kind.value).state)


def test_when_nothing_has_changed_one_row_of_history_is_all_that_is_written(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    run = sync_by_itself(connection=connection, by=None, trigger=Trigger.SCHEDULE)
    with CaptureQueriesContext(db_connection) as queries:
        carry_on(school_id=oak.pk, run_id=run.pk, provider=broker)

    run = again(run)
    assert (run.mode, run.state, run.outcome) == (Mode.INCREMENTAL, RunState.FINISHED, Outcome.UNCHANGED)
    assert run.snapshot_id == synced.snapshot_id
    writes = [
        str(query["sql"])
        for query in queries.captured_queries
        if str(query["sql"]).split()[0] in ("INSERT", "UPDATE", "DELETE", "create")
    ]
    assert [sql.split()[1] for sql in writes] == ['"sync_run"']


def test_what_changed_is_taken_in_on_top_of_the_last_complete_snapshot(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    changed = [an_mis_pupil("p1", surname="Rae", upn=a_upn(1), birthday=BORN, registration_group="Bg1")]
    with school_scope(oak.pk):
        before = dict(StagedPupil.objects.values_list("mis_id", "pk"))
    say(broker, oak, pupils=[*changed, *pupils(12)[1:]])

    run = at_night(connection, broker)

    with school_scope(oak.pk):
        assert Snapshot.objects.count() == 1
        assert dict(StagedPupil.objects.values_list("mis_id", "pk")) == before
        assert Pupil.objects.filter(surname="Rae").count() == 1
    assert (run.outcome, run.counts["pupil"]["updated"], run.counts["pupil"]["unchanged"]) == (
        Outcome.COMPLETE,
        1,
        11,
    )


def test_a_pupil_who_is_merely_not_in_the_changes_has_not_left(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    say(broker, oak, pupils=[*pupils(12), a_new_pupil()])
    run = at_night(connection, broker)
    assert run.counts["pupil"]["added"] == 1
    with school_scope(oak.pk):
        assert not MISLink.objects.filter(lost_at__isnull=False).exists()


def test_a_few_who_are_named_as_deleted_are_marked_and_stay(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    say(broker, oak, pupils=pupils(11))
    run = at_night(connection, broker)
    assert (run.mode, run.outcome, run.counts["pupil"]["left"]) == (Mode.INCREMENTAL, Outcome.COMPLETE, 1)
    with school_scope(oak.pk):
        assert Pupil.objects.count() == 12
        assert MISLink.objects.get(lost_at__isnull=False).lost_why == "left_mis"


def test_many_who_are_named_as_deleted_wait_for_a_person(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    say(broker, oak, pupils=pupils(4))
    run = at_night(connection, broker)
    assert (run.state, run.outcome) == (RunState.REVIEWING, Outcome.HELD)
    assert run.counts["pupil"]["held"] >= 8
    assert "8 of 12" in run.counts["pupil"]["why"][0]
    with school_scope(oak.pk):
        assert not MISLink.objects.filter(lost_at__isnull=False).exists()


def test_by_default_every_change_waits_for_a_person(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    say(broker, oak, pupils=[*pupils(11), an_mis_pupil("p12", surname="New", upn=a_upn(12), birthday=BORN)])
    run = at_night(connection, broker)
    assert (run.state, run.outcome) == (RunState.REVIEWING, Outcome.HELD)
    assert run.counts["pupil"]["why"] == ["Your school asks before anything is written."]
    with school_scope(oak.pk):
        assert not Pupil.objects.filter(surname="New").exists()


def test_what_waits_is_saved_by_a_person_like_any_review(
    oak: School,
    ada: User,
    wellbeing: Service,
    connection: Connection,
    synced: SyncRun,
    broker: FakeProvider,
) -> None:
    say(broker, oak, pupils=[*pupils(11), *pupils(12, forename="Jo")[11:]])
    run = at_night(connection, broker)
    save(run, Kind.PUPIL, ada, wellbeing)
    assert (again(run).state, again(run).outcome) == (RunState.FINISHED, Outcome.COMPLETE)


def test_a_panel_that_no_person_has_saved_is_never_applied_by_itself(
    oak: School, ada: User, wellbeing: Service, connection: Connection, broker: FakeProvider
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    run = fetched(connection, ada, broker)
    save(run, Kind.EMPLOYEE, ada, wellbeing)

    night = at_night(connection, broker)
    say(broker, oak, pupils=pupils(13))
    night = at_night(connection, broker)

    with school_scope(oak.pk):
        assert not Pupil.objects.exists()
    assert state_of(night, Kind.PUPIL) == PanelState.READY
    assert night.counts["pupil"]["why"] == ["You have not saved this step before, so it waits for you."]


@pytest.mark.parametrize("upn", ["", "A99920002401A"], ids=["no UPN", "a temporary UPN"])
def test_a_new_pupil_without_a_permanent_upn_waits_while_the_rest_is_applied(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, upn: str
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    moved = an_mis_pupil("p1", surname="Rae", upn=a_upn(1), birthday=BORN, registration_group="Bg1")
    unsure = a_new_pupil(forename="Jo", surname="Novák", upn=upn)
    say(broker, oak, pupils=[moved, *pupils(12)[1:], unsure])

    run = at_night(connection, broker)

    assert (run.state, run.outcome) == (RunState.REVIEWING, Outcome.PARTIAL)
    assert run.counts["pupil"]["updated"] == 1
    assert run.counts["pupil"]["held"] == 1
    with school_scope(oak.pk):
        assert Pupil.objects.filter(surname="Rae").exists()
        assert not Pupil.objects.filter(surname="Novák").exists()


@pytest.mark.parametrize(("upn", "links"), [(a_upn(90), 1), ("", 0)], ids=["same UPN", "no UPN"])
def test_somebody_we_know_is_linked_by_night_only_by_number(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, upn: str, links: int
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    born = date(2015, 11, 9)
    known = a_pupil(oak, forename="Zara", surname="Okafor", birthday=born, year_group="4", upn=upn)
    say(broker, oak, pupils=[*pupils(12), a_new_pupil(upn=upn)])
    run = at_night(connection, broker)
    with school_scope(oak.pk):
        assert MISLink.objects.filter(pupil=known).count() == links
        assert Pupil.objects.filter(surname="Okafor").count() == 1
    assert run.outcome == (Outcome.COMPLETE if links else Outcome.HELD)


def test_new_staff_are_never_added_by_themselves_and_hold_up_nothing(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    say(broker, oak, employees=[an_mis_employee("e1", email="ben@oak.example"), an_mis_employee("e2")])
    run = at_night(connection, broker)
    assert run.state == RunState.FINISHED
    with school_scope(oak.pk):
        assert Employee.objects.count() == 1


def test_a_pupil_whom_a_person_chose_not_to_add_is_not_added_by_a_later_sync(
    oak: School, ada: User, wellbeing: Service, connection: Connection, broker: FakeProvider
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    run = fetched(connection, ada, broker)
    with school_scope(oak.pk):
        MatchRow.objects.filter(kind=Kind.EMPLOYEE).update(is_ticked=True)
        MatchRow.objects.filter(kind=Kind.PUPIL, name="Ray3, Kit").update(is_ticked=False)
    for kind in (Kind.EMPLOYEE, Kind.REGISTRATION, Kind.TEACHING, Kind.PUPIL):
        save(run, kind, ada, wellbeing)
    everything_is_due(oak)

    night = at_night(connection, broker)

    assert night.mode == Mode.FULL
    with school_scope(oak.pk):
        assert Pupil.objects.count() == 11
        assert not Pupil.objects.filter(surname="Ray3").exists()


def test_a_class_move_is_applied_and_the_former_place_stays_with_its_end(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    first = an_mis_pupil("p1", surname="Ray1", upn=a_upn(1), birthday=BORN, registration_group="Bg2")
    say(
        broker,
        oak,
        registration_groups=[an_mis_group("g1", "4B", employees=("Be1",)), an_mis_group("g2", "4C")],
        pupils=[first, *pupils(12)[1:]],
    )
    run = at_night(connection, broker)
    assert run.outcome == Outcome.COMPLETE
    with school_scope(oak.pk):
        places = Enrolment.objects.filter(pupil__surname="Ray1", school_class__kind="registration")
        assert {name: end is None for name, end in places.values_list("school_class__name", "ends_on")} == {
            "4B": False,
            "4C": True,
        }


def test_an_incremental_sync_ends_where_a_full_one_ends(
    oak: School, ada: User, wellbeing: Service, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    older = [*pupils(11, year_group="5"), a_new_pupil(classes=("Bc1",))]
    say(broker, oak, pupils=older, classes=[an_mis_class("c1", "5x/Ma1", subject="Mathematics")])
    at_night(connection, broker)

    plans = save_everything(fetched(connection, ada, broker), ada, wellbeing)

    assert [
        sum(plan.counts.get(kind, 0) for kind in ("join", "link", "update", "lose", "enrol"))
        for plan in plans
    ] == [0] * 4


def test_a_broker_that_counts_otherwise_has_everything_fetched(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    school = broker.schools[f"A{oak.pk}"]
    school.pupils = [*school.pupils, a_new_pupil()]  # and tells nobody
    run = at_night(connection, broker)
    assert run.mode == Mode.FULL
    assert run.progress["why_full"] == "The broker counts 13 pupils, and we 12."
    assert run.snapshot_id != synced.snapshot_id


def test_staff_whom_the_school_shares_since_are_found_though_they_have_not_changed(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    school = broker.schools[f"A{oak.pk}"]
    listed = len(school.employees)
    school.employees = [*school.employees, an_mis_employee("t9", forename="Una")]
    run = at_night(connection, broker)
    assert run.mode == Mode.FULL
    assert run.progress["why_full"] == f"The broker lists {listed + 1} staff, and we expected {listed}."
    say(broker, oak, employees=[*school.employees, an_mis_employee("t10", forename="Ida")])
    assert at_night(connection, broker).mode == Mode.INCREMENTAL


def test_everything_is_fetched_again_once_the_days_are_over(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    everything_is_due(oak)
    assert at_night(connection, broker).mode == Mode.FULL


def test_a_wider_scope_is_looked_at_though_the_mis_says_nothing_new(
    oak: School, ada: User, wellbeing: Service, connection: Connection, broker: FakeProvider
) -> None:
    say(broker, oak, pupils=[*pupils(12), a_new_pupil(year_group="5")])
    with_settings(oak, policy=Policy.SAFE, scope="year_groups", chosen=["4"])
    save_everything(fetched(connection, ada, broker), ada, wellbeing)
    with school_scope(oak.pk):
        assert Pupil.objects.count() == 12
    with_settings(oak, scope="all", chosen=[])
    run = at_night(connection, broker)
    assert (run.mode, run.counts["pupil"]["added"]) == (Mode.INCREMENTAL, 1)
    assert at_night(connection, broker).outcome == Outcome.UNCHANGED


def test_a_full_sync_that_finds_nothing_new_ends_by_itself(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    everything_is_due(oak)
    run = at_night(connection, broker)
    assert (run.mode, run.state, run.outcome) == (Mode.FULL, RunState.FINISHED, Outcome.UNCHANGED)


def test_a_night_without_an_answer_leaves_the_review_and_tries_again(
    oak: School,
    ada: User,
    wellbeing: Service,
    connection: Connection,
    synced: SyncRun,
    broker: FakeProvider,
) -> None:
    say(broker, oak, pupils=pupils(11))
    waiting = at_night(connection, broker)
    broker.fail_with(TryLater("The broker did not answer."), on="changes")

    night = at_night(connection, broker)

    assert night.state == RunState.WAITING
    assert again(waiting).state == RunState.REVIEWING
    save(waiting, Kind.PUPIL, ada, wellbeing)
    broker.work_again()
    carry_on(school_id=oak.pk, run_id=night.pk, provider=broker)
    assert again(night).outcome == Outcome.UNCHANGED


def test_a_night_that_found_nothing_leaves_the_review_as_it_is(
    oak: School,
    ada: User,
    wellbeing: Service,
    connection: Connection,
    synced: SyncRun,
    broker: FakeProvider,
) -> None:
    say(broker, oak, pupils=pupils(11))
    waiting = at_night(connection, broker)
    assert at_night(connection, broker).outcome == Outcome.UNCHANGED
    with school_scope(oak.pk):
        assert review_run() == waiting
    save(waiting, Kind.PUPIL, ada, wellbeing)


def test_a_night_that_found_something_takes_the_reviews_place(
    oak: School,
    ada: User,
    wellbeing: Service,
    connection: Connection,
    synced: SyncRun,
    broker: FakeProvider,
) -> None:
    say(broker, oak, pupils=pupils(11))
    waiting = at_night(connection, broker)
    say(broker, oak, pupils=pupils(10))
    night = at_night(connection, broker)
    assert (again(waiting).state, again(waiting).outcome) == (RunState.STOPPED, Outcome.HELD)
    assert night.counts["pupil"]["held"] >= 2
    with pytest.raises(PanelNotReady):
        save(waiting, Kind.PUPIL, ada, wellbeing)


@pytest.mark.parametrize("dies_at", range(0, 60, 7))
def test_a_worker_killed_anywhere_in_the_night_resumes_and_ends_the_same(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, dies_at: int
) -> None:
    with_settings(oak, policy=Policy.SAFE)
    say(broker, oak, pupils=[*pupils(11, year_group="5"), a_new_pupil()])
    run = sync_by_itself(connection=connection, by=None, trigger=Trigger.SCHEDULE)
    left = dies_at

    def die(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        left -= 1
        if left == -1:  # only once: what rolls back after it is PostgreSQL noticing the death
            raise KeyboardInterrupt
        return execute(sql, params, many, context)

    with pytest.raises(KeyboardInterrupt), db_connection.execute_wrapper(die):
        carry_on(school_id=oak.pk, run_id=run.pk, provider=broker)
    carry_on(school_id=oak.pk, run_id=run.pk, provider=broker)

    assert (again(run).outcome, again(run).counts["pupil"]["added"]) == (Outcome.COMPLETE, 1)
    with school_scope(oak.pk):
        assert Pupil.objects.filter(year_group="5").count() == 11
        assert Pupil.objects.count() == 13
        assert MISLink.objects.filter(lost_at__isnull=False).count() == 1
        assert Plan.objects.filter(run=run.pk, state="applied", kind=Kind.PUPIL).count() == 1


def test_data_as_at_moves_on_with_every_look_that_came_whole(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    with school_scope(oak.pk):
        first = data_as_at(connection)
    at_night(connection, broker)
    with school_scope(oak.pk):
        second = data_as_at(connection)
    assert first is not None
    assert second is not None
    assert second > first


def test_start_sync_goes_to_the_review_though_a_night_is_looking(
    oak: School, ada: User, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    say(broker, oak, pupils=pupils(11))
    waiting = at_night(connection, broker)
    looking = sync_by_itself(connection=connection, by=None, trigger=Trigger.SCHEDULE)
    assert start_sync(connection=connection, by=ada) == waiting
    with school_scope(oak.pk):
        assert live_run() == looking


def test_cals_school_is_not_touched_by_oaks_night(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider
) -> None:
    from tests.unit.hub.cast import a_school

    elm = a_school("Elm Primary School")
    at_night(connection, broker)
    with school_scope(elm.pk):
        assert not SyncRun.objects.exists()
        assert settings_of().policy == Policy.ASK
