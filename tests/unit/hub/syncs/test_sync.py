"""A sync from Start to Finished: what is written, and what never is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection as db_connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from adminhub.hub.applying.actions import apply
from adminhub.hub.applying.models import JournalEntry
from adminhub.hub.connections.models import Connection, State
from adminhub.hub.core.errors import NoSchoolInScope
from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.decisions import match_by_hand, unmatch_by_hand
from adminhub.hub.planning.models import MatchRow, MatchStatus, PlanState
from adminhub.hub.providers.errors import ConsentLost, IncompletePull, TryLater, UnreadablePage
from adminhub.hub.roster.models import (
    Access,
    Employee,
    Enrolment,
    FeedEntry,
    Kind,
    MISLink,
    Pupil,
    SchoolClass,
)
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.staging.models import SnapshotState, StagedIssue, StagedPupil
from adminhub.hub.syncs.actions import PULL, start_sync
from adminhub.hub.syncs.errors import NotConnected, PanelNotReady
from adminhub.hub.syncs.models import PanelState, RunState, SyncRun, SyncStep
from adminhub.hub.syncs.run import WAITS, carry_on
from tests.unit.hub.cast import a_pupil, a_school, an_employee
from tests.unit.hub.syncs.cast import (
    Sends,
    a_upn,
    again,
    an_mis_class,
    an_mis_employee,
    an_mis_group,
    an_mis_pupil,
    fetched,
    save,
    save_everything,
    statuses,
)

pytestmark = pytest.mark.django_db
KIT = date(2016, 3, 4)


def oaks_mis(**changes: Any) -> Sends:
    """Two teachers, a registration group, a subject class, three pupils."""
    values: dict[str, Any] = {
        "staff": [
            an_mis_employee("e1", forename="Ben", surname="Carter", email="ben@oak.example"),
            an_mis_employee("e2", forename="Mo", surname="Ali", email="mo@oak.example", is_teaching=False),
        ],
        "groups": [an_mis_group("g1", "4B", employees=("Be1",))],
        "teaching": [an_mis_class("c1", "4x/Ma1", subject="Mathematics", employees=("Be1",))],
        "children": [
            an_mis_pupil("p1", upn=a_upn(1), birthday=KIT, registration_group="Bg1", classes=("Bc1",)),
            an_mis_pupil("p2", forename="Kim", upn=a_upn(2), birthday=KIT, registration_group="Bg1"),
            an_mis_pupil("p3", forename="Jo", surname="Novák", upn=a_upn(3), registration_group="Bg1"),
        ],
    }
    return Sends(**{**values, **changes})


def test_a_whole_sync_links_adds_enrols_and_grants(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    known = a_pupil(oak, upn=a_upn(1), birthday=KIT, year_group="3")
    ben = an_employee(oak)

    run = fetched(connection, ada, oaks_mis())
    assert run.state == RunState.REVIEWING
    assert statuses(run, Kind.EMPLOYEE) == {"matched": 1, "new": 1}
    assert statuses(run, Kind.PUPIL) == {"matched": 1, "new": 2}
    save_everything(run, ada, wellbeing, grants=frozenset({"pupils", "teaching"}))

    with school_scope(oak.pk):
        known.refresh_from_db()
        assert known.year_group == "4"
        assert Pupil.objects.count() == 3
        assert Employee.objects.count() == 2
        assert MISLink.objects.filter(lost_at=None).count() == 2 + 3 + 1 + 1
        group = SchoolClass.objects.get(name="4B")
        assert group.year_groups == ["4"]
        assert Enrolment.objects.filter(school_class=group, pupil__isnull=False).count() == 3
        assert Enrolment.objects.get(school_class=group, employee=ben).is_main_teacher
        assert Enrolment.objects.filter(school_class__name="4x/Ma1", pupil=known).exists()
        assert Access.objects.filter(service=wellbeing, pupil__isnull=False).count() == 3
        assert list(Access.objects.exclude(employee=None).values_list("employee", flat=True)) == [ben.pk]
        assert JournalEntry.objects.filter(table="pupil").count() == 3
        assert FeedEntry.objects.filter(kind="pupil", change="granted").count() == 3
        assert AuditEntry.objects.filter(action="plan.applied", by=ada).count() == 4
    assert again(run).state == RunState.FINISHED


def test_nothing_is_written_before_save(oak: School, ada: User, connection: Connection) -> None:
    an_employee(oak)
    fetched(connection, ada, oaks_mis())
    with school_scope(oak.pk):
        assert (Employee.objects.count(), Pupil.objects.count(), SchoolClass.objects.count()) == (1, 0, 0)
        assert MISLink.objects.count() == 0


def test_a_second_sync_of_the_same_data_changes_nothing(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    save_everything(fetched(connection, ada, oaks_mis()), ada, wellbeing)
    plans = save_everything(fetched(connection, ada, oaks_mis()), ada, wellbeing)
    assert [plan.counts for plan in plans] == [{"may_match_left": 0, "new_left": 0}] * 4


def test_new_teachers_are_unticked_and_new_pupils_ticked(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    run = fetched(connection, ada, oaks_mis())
    teachers = save(run, Kind.EMPLOYEE, ada, wellbeing)
    pupils = save(run, Kind.PUPIL, ada, wellbeing)
    assert (teachers.counts.get("join", 0), teachers.counts["new_left"]) == (0, 2)
    assert pupils.counts["join"] == 3


def test_a_maybe_is_not_written_until_a_person_says_match(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    novak = a_pupil(oak, forename="Jo", surname="Novak")
    run = fetched(connection, ada, oaks_mis())
    assert statuses(run, Kind.PUPIL)["may_match"] == 1
    save(run, Kind.PUPIL, ada, wellbeing)
    with school_scope(oak.pk):
        assert not MISLink.objects.filter(pupil=novak).exists()
        assert Pupil.objects.filter(surname="Novák").count() == 0
        row = MatchRow.objects.get(snapshot=run.snapshot, kind=Kind.PUPIL, hub_id=novak.pk)
        match_by_hand(run.snapshot, Kind.PUPIL, hub_id=novak.pk, staged_id=row.staged_id or 0, by=ada)
    save(run, Kind.PUPIL, ada, wellbeing)
    with school_scope(oak.pk):
        novak.refresh_from_db()
        assert novak.surname == "Novák"
        assert MISLink.objects.get(pupil=novak).mis_id == "p3"


def test_a_decision_outlives_the_sync_it_was_made_in(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    known = a_pupil(oak, upn=a_upn(1), birthday=KIT)
    run = fetched(connection, ada, oaks_mis())
    with school_scope(oak.pk):
        row = MatchRow.objects.get(snapshot=run.snapshot, kind=Kind.PUPIL, hub_id=known.pk)
        unmatch_by_hand(run.snapshot, Kind.PUPIL, row_id=row.pk, by=ada)
    assert statuses(run, Kind.PUPIL) == {"not_matched": 1, "new": 3}
    later = fetched(connection, ada, oaks_mis())
    assert statuses(later, Kind.PUPIL)["not_matched"] == 1


def test_taking_a_synced_pair_apart_unlinks_both_and_keeps_both(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    save_everything(fetched(connection, ada, oaks_mis()), ada, wellbeing)
    run = fetched(connection, ada, oaks_mis())
    with school_scope(oak.pk):
        kit = Pupil.objects.get(forename="Kit")
        row = MatchRow.objects.get(snapshot=run.snapshot, kind=Kind.PUPIL, hub_id=kit.pk)
        unmatch_by_hand(run.snapshot, Kind.PUPIL, row_id=row.pk, by=ada)
        MatchRow.objects.filter(snapshot=run.snapshot, status="new").update(is_ticked=False)
    plan = save(run, Kind.PUPIL, ada, wellbeing)
    with school_scope(oak.pk):
        assert plan.counts["unlink"] == 1
        assert Pupil.objects.count() == 3
        assert not MISLink.objects.filter(pupil=kit).exists()


def test_who_leaves_the_mis_stays_in_the_hub_and_is_marked(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    save_everything(fetched(connection, ada, oaks_mis()), ada, wellbeing)
    without_jo = oaks_mis(children=oaks_mis().children[:2])
    run = fetched(connection, ada, without_jo)
    assert statuses(run, Kind.PUPIL) == {"synced": 2, "desynced": 1}
    save_everything(run, ada, wellbeing)
    with school_scope(oak.pk):
        assert Pupil.objects.count() == 3
        link = MISLink.objects.get(pupil__forename="Jo")
        assert (link.lost_at is not None, link.lost_why) == (True, "left_mis")
        assert Enrolment.objects.filter(pupil__forename="Jo", ends_on=None).exists()
    save_everything(fetched(connection, ada, oaks_mis()), ada, wellbeing)
    with school_scope(oak.pk):
        assert MISLink.objects.get(pupil__forename="Jo").lost_at is None


def test_an_empty_list_stops_the_panel_and_nobody_can_confirm_it_away(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    save_everything(fetched(connection, ada, oaks_mis()), ada, wellbeing)
    run = fetched(connection, ada, oaks_mis(children=[]))
    plan = save(run, Kind.PUPIL, ada, wellbeing, confirmed=frozenset({"empty", "shrunk"}))
    assert plan.state == PlanState.HELD
    assert "sent no pupils" in plan.holds[0]["message"]
    with school_scope(oak.pk):
        assert not MISLink.objects.filter(lost_at__isnull=False).exists()


def test_half_the_school_vanishing_waits_for_a_person(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    many = [an_mis_pupil(f"p{n}", forename=f"Name{n}", upn=a_upn(n)) for n in range(1, 41)]
    save_everything(fetched(connection, ada, oaks_mis(children=many)), ada, wellbeing)
    run = fetched(connection, ada, oaks_mis(children=many[:20]))
    held = save(run, Kind.PUPIL, ada, wellbeing)
    assert held.state == PlanState.HELD
    assert held.holds[0]["message"].startswith("20 of 40 synced pupils are missing")
    confirmed = save(run, Kind.PUPIL, ada, wellbeing, confirmed=frozenset({"shrunk"}))
    assert confirmed.counts["lose"] == 20
    with school_scope(oak.pk):
        assert Pupil.objects.count() == 40


def test_an_empty_value_never_blanks_ours_and_one_not_permitted_never_touches_it(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    known = a_pupil(oak, upn=a_upn(1), birthday=KIT, sex="F", admission_number="77", year_group="4")
    silent = an_mis_pupil("p1", upn=a_upn(1), birthday=None, sex="", admission_number=None, year_group=None)
    save_everything(fetched(connection, ada, oaks_mis(children=[silent])), ada, wellbeing)
    with school_scope(oak.pk):
        known.refresh_from_db()
        assert (known.sex, known.admission_number, known.year_group, known.birthday) == ("F", "77", "4", KIT)


def test_a_pupil_moves_from_our_old_group_to_the_one_the_mis_names(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    known = a_pupil(oak, upn=a_upn(1), birthday=KIT)
    with school_scope(oak.pk):
        old = SchoolClass.objects.create(school=oak, kind="registration", name="4B (old)")
        club = SchoolClass.objects.create(school=oak, kind="teaching", name="Chess")
        for where in (old, club):
            Enrolment.objects.create(school=oak, school_class=where, pupil=known)
    save_everything(fetched(connection, ada, oaks_mis()), ada, wellbeing)
    with school_scope(oak.pk):
        open_now = Enrolment.objects.filter(pupil=known, ends_on=None)
        assert sorted(open_now.values_list("school_class__name", flat=True)) == ["4B", "4x/Ma1", "Chess"]
        assert Enrolment.objects.filter(pupil=known, school_class=old, ends_on__isnull=False).exists()


def test_applying_a_plan_twice_applies_it_once(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    run = fetched(connection, ada, oaks_mis())
    plan = save(run, Kind.PUPIL, ada, wellbeing, grants=frozenset({"pupils"}))
    with school_scope(oak.pk):
        before = (Pupil.objects.count(), MISLink.objects.count(), JournalEntry.objects.count())
        apply(plan, by=ada)
        assert (Pupil.objects.count(), MISLink.objects.count(), JournalEntry.objects.count()) == before


def test_a_save_that_breaks_halfway_leaves_nothing(
    oak: School, ada: User, wellbeing: Service, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = fetched(connection, ada, oaks_mis())

    def break_off(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr("adminhub.hub.applying.actions._feed", break_off)
    with pytest.raises(RuntimeError):
        save(run, Kind.PUPIL, ada, wellbeing)
    with school_scope(oak.pk):
        assert (Pupil.objects.count(), MISLink.objects.count(), JournalEntry.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("broken", ["employees", "registration_groups", "classes", "pupils"])
def test_a_kind_that_breaks_off_is_not_staged_at_all(
    oak: School, ada: User, wellbeing: Service, connection: Connection, broken: str
) -> None:
    run = fetched(connection, ada, oaks_mis(trouble={broken: IncompletePull("3 came of 9.")}))
    assert (run.state, run.problem) == (RunState.STOPPED, "3 came of 9.")
    assert run.snapshot.state in (SnapshotState.PARTIAL, SnapshotState.FAILED)
    with school_scope(oak.pk):
        assert not StagedPupil.objects.exists()
        assert not MatchRow.objects.filter(kind=Kind.PUPIL).exists()
    with pytest.raises(PanelNotReady):
        save(run, Kind.PUPIL, ada, wellbeing)


def test_teachers_can_be_reviewed_while_pupils_are_still_fetched(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    slow = oaks_mis(trouble={"pupils": TryLater("The broker did not answer.")})
    run = fetched(connection, ada, slow)
    assert run.state == RunState.WAITING
    assert save(run, Kind.EMPLOYEE, ada, wellbeing).state == PlanState.APPLIED


def test_a_broker_that_does_not_answer_is_asked_again_from_where_it_stopped(
    oak: School, ada: User, connection: Connection
) -> None:
    broker = oaks_mis(trouble={"pupils": TryLater("The broker did not answer.")})
    run = fetched(connection, ada, broker)
    assert (run.state, run.problem) == (RunState.WAITING, "The broker did not answer.")
    assert run.retry_at is not None
    broker.trouble.clear()
    broker.asked.clear()
    carry_on(school_id=oak.pk, run_id=run.pk, provider=broker)
    assert broker.asked == ["pupils"]
    assert again(run).state == RunState.REVIEWING


@pytest.mark.parametrize("fresh", [False, True], ids=["try again now", "fetch again"])
def test_a_retry_that_waits_for_its_time_holds_up_nobody_who_tries_now(
    ada: User, connection: Connection, fresh: bool
) -> None:
    slow = TryLater("The broker asked us to wait an hour.", retry_after=3600)
    fetched(connection, ada, oaks_mis(trouble={"employees": slow}))

    start_sync(connection=connection, by=ada, fresh=fresh)

    pulls = ProcrastinateJob.objects.filter(task_name=PULL).order_by("pk")
    waiting, now = pulls.exclude(scheduled_at=None).get(), pulls.last()
    assert now is not None
    assert now.scheduled_at is None
    assert waiting.pk < now.pk
    assert waiting.lock != now.lock


def test_a_broker_that_never_answers_stops_the_sync_in_the_end(
    oak: School, ada: User, connection: Connection
) -> None:
    broker = oaks_mis(trouble={"employees": TryLater("The broker did not answer.")})
    run = fetched(connection, ada, broker)
    for _ in WAITS:
        carry_on(school_id=oak.pk, run_id=run.pk, provider=broker)
    stopped = again(run)
    assert stopped.state == RunState.STOPPED
    assert "Start the sync again" in stopped.problem


def test_lost_consent_stops_the_sync(oak: School, ada: User, connection: Connection) -> None:
    run = fetched(connection, ada, oaks_mis(trouble={"classes": ConsentLost("No longer allowed.")}))
    assert (run.state, run.problem) == (RunState.STOPPED, "No longer allowed.")


def test_an_unreadable_page_stops_the_sync(oak: School, ada: User, connection: Connection) -> None:
    run = fetched(connection, ada, oaks_mis(trouble={"employees": UnreadablePage("Page 2 was cut short.")}))
    assert (run.state, run.snapshot.state) == (RunState.STOPPED, SnapshotState.FAILED)


@pytest.mark.parametrize("step", ["employees", "classes", "pupils"])
def test_a_worker_killed_in_any_step_resumes_and_nothing_is_done_twice(
    oak: School, ada: User, wellbeing: Service, connection: Connection, step: str
) -> None:
    dying = oaks_mis(trouble={step: KeyboardInterrupt()})  # type: ignore[dict-item]
    run = start_sync(connection=connection, by=ada)
    with pytest.raises(KeyboardInterrupt):
        carry_on(school_id=oak.pk, run_id=run.pk, provider=dying)
    broker = oaks_mis()
    carry_on(school_id=oak.pk, run_id=run.pk, provider=broker)
    carry_on(school_id=oak.pk, run_id=run.pk, provider=broker)
    with school_scope(oak.pk):
        assert SyncStep.objects.filter(run=run).count() == 3
        assert StagedPupil.objects.count() == 3
    assert statuses(again(run), Kind.PUPIL) == {"new": 3}


def test_starting_again_returns_to_the_live_sync_and_fresh_replaces_it(
    oak: School, ada: User, connection: Connection
) -> None:
    first = start_sync(connection=connection, by=ada)
    assert start_sync(connection=connection, by=ada).pk == first.pk
    second = start_sync(connection=connection, by=ada, fresh=True)
    assert second.pk != first.pk
    assert again(first).state == RunState.STOPPED
    carry_on(school_id=oak.pk, run_id=first.pk, provider=oaks_mis())
    with school_scope(oak.pk):
        assert not StagedPupil.objects.filter(snapshot=first.snapshot_id).exists()


def test_a_connection_that_is_not_authorised_is_neither_fetched_nor_saved(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    run = fetched(connection, ada, oaks_mis())
    with school_scope(oak.pk):
        Connection.objects.update(state=State.REVOKED)
    with pytest.raises(NotConnected):
        save(run, Kind.PUPIL, ada, wellbeing)
    with pytest.raises(NotConnected):
        start_sync(connection=connection, by=ada, fresh=True)


def test_a_record_sent_twice_and_one_without_a_name_are_rejects_beside_the_rest(
    oak: School, ada: User, connection: Connection
) -> None:
    sent = [an_mis_pupil("p1"), an_mis_pupil("p1"), an_mis_pupil("p2", forename=" ", surname="\x00")]
    fetched(connection, ada, oaks_mis(children=sent))
    with school_scope(oak.pk):
        assert StagedPupil.objects.count() == 1
        assert sorted(StagedIssue.objects.filter(is_reject=True).values_list("record", flat=True)) == [
            "p1",
            "p2",
        ]


def test_cal_of_another_school_sees_nothing_of_it(oak: School, ada: User, connection: Connection) -> None:
    fetched(connection, ada, oaks_mis())
    elm = a_school("Elm Primary School")
    with school_scope(elm.pk):
        assert not SyncRun.objects.exists()
        assert not MatchRow.objects.exists()
    with pytest.raises(NoSchoolInScope):
        MatchRow.objects.count()


def test_skipped_subject_classes_write_nothing(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    from adminhub.hub.syncs.actions import skip_panel

    run = fetched(connection, ada, oaks_mis())
    with school_scope(oak.pk):
        skip_panel(run=run, kind=Kind.TEACHING, by=ada)
        assert run.panels.get(kind=Kind.TEACHING).state == PanelState.SKIPPED
    for kind in (Kind.EMPLOYEE, Kind.REGISTRATION, Kind.PUPIL):
        save(run, kind, ada, wellbeing)
    with school_scope(oak.pk):
        assert not SchoolClass.objects.filter(kind="teaching").exists()
    assert again(run).state == RunState.FINISHED


def test_a_reviewed_row_is_sorted_by_what_needs_a_person_first(
    oak: School, ada: User, connection: Connection
) -> None:
    a_pupil(oak, forename="Jo", surname="Novak")
    a_pupil(oak, forename="Gone", surname="Away")
    a_pupil(oak, upn=a_upn(1), birthday=KIT)
    run = fetched(connection, ada, oaks_mis())
    with school_scope(oak.pk):
        rows = MatchRow.objects.filter(snapshot=run.snapshot, kind=Kind.PUPIL).order_by("rank", "name")
        in_order = list(rows.values_list("status", flat=True))
    assert in_order[0] == MatchStatus.MAY_MATCH
    assert in_order[-1] == MatchStatus.MATCHED


def test_a_step_locks_the_connection_before_its_run_as_starting_does(
    connection: Connection, ada: User
) -> None:
    """In the other order "Fetch again" and the worker would wait for each other until one of them fails."""
    run = start_sync(connection=connection, by=ada)

    with CaptureQueriesContext(db_connection) as queries:
        carry_on(school_id=run.school_id, run_id=run.pk, provider=oaks_mis())

    said = [str(query["sql"]) for query in queries.captured_queries]
    last = max(at for at, sql in enumerate(said) if sql.startswith('UPDATE "connection"'))
    begun = max(at for at, sql in enumerate(said[:last]) if 'FROM "connection"' in sql and " FOR " in sql)
    locks = [
        table
        for sql in said[begun:last]
        for table in ("connection", "sync_run")
        if f'FROM "{table}"' in sql and " FOR " in sql
    ]
    assert locks[:2] == ["connection", "sync_run"]
