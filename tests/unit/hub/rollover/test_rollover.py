"""A rollover from its first choice to its end: nothing before it is applied, everything can be undone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from adminhub.hub.applying.actions import apply
from adminhub.hub.applying.errors import Stale
from adminhub.hub.applying.undoing import draft_undo
from adminhub.hub.applying.writing import ROWS
from adminhub.hub.connections.models import Connection
from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.jobs.rollover import apply_rollover
from adminhub.hub.planning.models import PlanState, Purpose
from adminhub.hub.rollover.actions import (
    APPLY,
    cancel,
    choose,
    plan_archiving,
    promote,
    schedule,
    start,
    unschedule,
    work_out,
)
from adminhub.hub.rollover.errors import NoDay, NotPreparing
from adminhub.hub.rollover.models import Rollover, State
from adminhub.hub.rollover.queries import ended_classes
from adminhub.hub.rollover.values import PupilChoice
from adminhub.hub.roster.models import (
    Access,
    ClassKind,
    Enrolment,
    FeedEntry,
    Group,
    GroupMembership,
    Pupil,
    SchoolClass,
)
from adminhub.hub.schools.models import School, Service, User
from tests.unit.hub.cast import a_pupil, a_school, a_service, a_user
from tests.unit.hub.syncs.cast import fetched, save_everything
from tests.unit.hub.syncs.test_september import CONFIRMED, LAST_YEAR, THIS_YEAR

pytestmark = pytest.mark.django_db


@pytest.fixture
def classes(oak: School, wellbeing: Service) -> dict[str, SchoolClass]:
    """5B with three pupils and 6B with two, all of them in Wellbeing; a choir across both."""
    with school_scope(oak.pk):
        found = {
            name: SchoolClass.objects.create(
                school=oak, kind=ClassKind.REGISTRATION, name=name, year_groups=[name[0]]
            )
            for name in ("5B", "6B")
        }
        found["Choir"] = SchoolClass.objects.create(school=oak, kind=ClassKind.TEACHING, name="Choir")
        band = Group.objects.create(school=oak, name="Band")
        for name, count in (("5B", 3), ("6B", 2)):
            for number in range(count):
                pupil = a_pupil(oak, forename=f"Kit{number}", year_group=name[0])
                Access.objects.create(school=oak, service=wellbeing, pupil=pupil)
                GroupMembership.objects.create(school=oak, group=band, pupil=pupil)
                for each in (name, "Choir"):
                    Enrolment.objects.create(school=oak, school_class=found[each], pupil=pupil)
    return found


def whole_roster() -> dict[str, list[dict[str, Any]]]:
    """Every row of the roster, without the time of its last change."""
    return {
        table: [
            {name: value for name, value in row.items() if name != "changed_at"}
            for row in model.objects.order_by("pk").values()
        ]
        for table, model in ROWS.items()
    }


def prepared(oak: School, ada: User, **chosen: Any) -> Rollover:
    with school_scope(oak.pk):
        rollover = start(school_year=2026, by=ada)
        if chosen:
            rollover = choose(rollover=rollover, by=ada, **chosen)
        return work_out(rollover=rollover, by=ada)


def years() -> dict[str, int]:
    found: dict[str, int] = {}
    for year in Pupil.objects.values_list("year_group", flat=True):
        found[year] = found.get(year, 0) + 1
    return found


def test_nothing_is_written_before_it_is_applied(
    oak: School, ada: User, classes: dict[str, SchoolClass]
) -> None:
    with school_scope(oak.pk):
        before = whole_roster()
        rollover = prepared(oak, ada, fills=True)
        assert rollover.plan is not None
        assert rollover.plan.counts == {"update": 6, "archive": 2, "join": 1, "withdraw": 2}
        assert whole_roster() == before


def test_everybody_moves_up_and_leavers_get_a_year_group_of_their_own(
    oak: School, ada: User, classes: dict[str, SchoolClass]
) -> None:
    with school_scope(oak.pk):
        rollover = promote(rollover=prepared(oak, ada), by=ada)
        assert rollover.state == State.APPLIED
        assert years() == {"6": 3, "L26": 2}
        fifth, sixth, choir = (SchoolClass.objects.get(pk=classes[name].pk) for name in ("5B", "6B", "Choir"))
        assert (fifth.name, fifth.year_groups, fifth.archived_at) == ("6B", ["6"], None)
        assert sixth.name == "6B"
        assert sixth.archived_at is not None
        assert sixth.enrolments.filter(ends_on__isnull=True).count() == 2  # archived with its pupils
        assert choir.archived_at is not None
        assert set(Access.objects.values_list("pupil__year_group", flat=True)) == {"6"}
        assert GroupMembership.objects.count() == 5  # the school's own groups are never touched
        assert FeedEntry.objects.filter(change="withdrawn").count() == 2
        done = AuditEntry.objects.filter(action="plan.applied").get()
        assert (done.by_id, done.detail["purpose"]) == (ada.pk, "promotion")


def test_undo_restores_the_very_same_roster(oak: School, ada: User, classes: dict[str, SchoolClass]) -> None:
    with school_scope(oak.pk):
        before = whole_roster()
        rollover = promote(
            rollover=prepared(oak, ada, fills=True, places={(classes["5B"].pk, "5"): "6X"}), by=ada
        )
        assert rollover.plan is not None
        assert whole_roster() != before
        apply(draft_undo([rollover.plan], by=ada), by=ada)
        assert whole_roster() == before


YEAR = st.sampled_from(["leave", "stay", "6", "7"])
NAME = st.sampled_from(["", "5B", "6B", "6X", "Year 6 Oak"])


@given(
    st.dictionaries(st.sampled_from(["5", "6"]), YEAR),
    st.dictionaries(st.tuples(st.sampled_from(["5B", "6B"]), st.sampled_from(["5", "6"])), NAME),
    st.dictionaries(
        st.integers(0, 4), st.builds(PupilChoice, year=st.just("") | YEAR, group=st.none() | NAME)
    ),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_is_chosen_nothing_is_lost_and_undo_restores_the_very_same_roster(
    oak: School,
    ada: User,
    classes: dict[str, SchoolClass],
    years_chosen: dict[str, str],
    named: dict[tuple[str, str], str],
    singles: dict[int, PupilChoice],
    fills: bool,
    withdraws: bool,
    teachers_keep_names: bool,
) -> None:
    places = {(classes[name].pk, year): to for (name, year), to in named.items()}
    with school_scope(oak.pk):
        before = whole_roster()
        keys = list(Pupil.objects.order_by("pk").values_list("pk", flat=True))
        rollover = prepared(
            oak,
            ada,
            pupils={keys[number]: chosen for number, chosen in singles.items()},
            years=years_chosen,
            places=places,
            fills=fills,
            withdraws=withdraws,
            teachers_keep_names=teachers_keep_names,
        )
        done = promote(rollover=rollover, by=ada)
        for table in ("pupil", "school_class", "enrolment", "roster_group_membership"):
            assert {row["id"] for row in before[table]} <= {row["id"] for row in whole_roster()[table]}
        registered = Enrolment.objects.filter(
            ends_on__isnull=True, school_class__kind=ClassKind.REGISTRATION, school_class__archived_at=None
        )
        pupils = list(registered.values_list("pupil_id", flat=True))
        assert len(pupils) == len(set(pupils))
        assert done.plan is not None
        if done.plan.counts.keys() - {"skipped"}:
            apply(draft_undo([done.plan], by=ada), by=ada)
        assert whole_roster() == before
        Rollover.objects.update(state=State.CANCELLED)


def test_a_roster_changed_under_the_plan_is_not_written_over(
    oak: School, ada: User, classes: dict[str, SchoolClass]
) -> None:
    with school_scope(oak.pk):
        rollover = prepared(oak, ada)
        Pupil.objects.filter(year_group="6").update(year_group="7")
        FeedEntry.objects.create(school=oak, kind="bulk", change="changed")
        before = whole_roster()
        with pytest.raises(Stale):
            promote(rollover=rollover, by=ada)
        assert whole_roster() == before
        assert Rollover.objects.get().state == State.PREPARING


def test_on_its_day_it_is_applied_and_the_coordinator_is_told(
    oak: School, ada: User, classes: dict[str, SchoolClass], mailoutbox: list[Any]
) -> None:
    with school_scope(oak.pk):
        tomorrow = timezone.localdate() + timedelta(days=1)
        rollover = schedule(rollover=prepared(oak, ada), on=tomorrow, by=ada)
        assert rollover.plan is not None
        assert (rollover.state, Rollover.objects.get().plan.purpose) == (State.SCHEDULED, Purpose.ROLLOVER)
        job = ProcrastinateJob.objects.get(task_name=APPLY)
        assert timezone.localdate(job.scheduled_at) == tomorrow
    apply_rollover(school_id=oak.pk, rollover_id=rollover.pk)
    with school_scope(oak.pk):
        assert Rollover.objects.get().state == State.SCHEDULED  # not before its day
        Rollover.objects.update(apply_on=timezone.localdate())
    apply_rollover(school_id=oak.pk, rollover_id=rollover.pk)
    apply_rollover(school_id=oak.pk, rollover_id=rollover.pk)  # a second job finds nothing to do
    with school_scope(oak.pk):
        assert Rollover.objects.get().state == State.APPLIED
        assert years() == {"6": 3, "L26": 2}
    (letter,) = mailoutbox
    assert letter.to == [ada.email]
    assert "was applied" in letter.subject


def test_on_its_day_it_is_held_if_the_roster_has_changed_and_nobody_moves_up_twice(
    oak: School, ada: User, classes: dict[str, SchoolClass], mailoutbox: list[Any]
) -> None:
    with school_scope(oak.pk):
        rollover = schedule(rollover=prepared(oak, ada), on=timezone.localdate() + timedelta(days=1), by=ada)
        Rollover.objects.update(apply_on=timezone.localdate())
        early = Pupil.objects.filter(year_group="5").first()
        assert early is not None
        Pupil.objects.filter(pk=early.pk).update(year_group="6")  # last night's sync did it already
        FeedEntry.objects.create(school=oak, kind="pupil", sourced_id=early.sourced_id, change="changed")
    apply_rollover(school_id=oak.pk, rollover_id=rollover.pk)
    assert "is on hold" in mailoutbox[0].subject
    with school_scope(oak.pk):
        held = Rollover.objects.get()
        assert held.state == State.HELD
        assert "Nothing was written" in held.problem
        assert years() == {"5": 2, "6": 3}
        again = work_out(rollover=held, by=ada)
        promote(rollover=work_out(rollover=again, by=ada), by=ada)
        assert years() == {"6": 3, "L26": 2}
        assert (
            SchoolClass.objects.get(pk=classes["5B"].pk).enrolments.filter(ends_on__isnull=True).count() == 3
        )


def test_a_day_must_be_after_today_and_a_plan_can_be_taken_off_it(
    oak: School, ada: User, classes: dict[str, SchoolClass]
) -> None:
    with school_scope(oak.pk):
        rollover = prepared(oak, ada)
        with pytest.raises(NoDay):
            schedule(rollover=rollover, on=timezone.localdate(), by=ada)
        rollover = schedule(rollover=rollover, on=timezone.localdate() + timedelta(days=9), by=ada)
        with pytest.raises(NotPreparing):
            choose(rollover=rollover, by=ada, fills=True)
        assert unschedule(rollover=rollover, by=ada).state == State.PREPARING


def test_a_cancelled_one_leaves_nothing_behind_and_another_can_begin(
    oak: School, ada: User, classes: dict[str, SchoolClass]
) -> None:
    with school_scope(oak.pk):
        before = whole_roster()
        rollover = cancel(rollover=prepared(oak, ada), by=ada)
        assert rollover.plan is not None
        assert type(rollover.plan).objects.get(pk=rollover.plan_id).state == PlanState.DROPPED
        assert whole_roster() == before
        assert start(school_year=2026, by=ada).pk != rollover.pk


def test_a_school_year_ends_once_unless_it_is_undone(
    oak: School, ada: User, classes: dict[str, SchoolClass]
) -> None:
    with school_scope(oak.pk):
        done = promote(rollover=prepared(oak, ada), by=ada)
        with pytest.raises(NotPreparing):
            start(school_year=2026, by=ada)
        assert start(school_year=2027, by=ada).state == State.PREPARING
        Rollover.objects.filter(state=State.PREPARING).update(state=State.CANCELLED)
        assert done.plan is not None
        apply(draft_undo([done.plan], by=ada), by=ada)
        assert start(school_year=2026, by=ada).state == State.PREPARING


def test_a_choice_is_kept_and_drops_the_plan_that_was_made_without_it(
    oak: School, ada: User, classes: dict[str, SchoolClass]
) -> None:
    with school_scope(oak.pk):
        first = prepared(oak, ada)
        second = work_out(rollover=choose(rollover=first, by=ada, years={"6": "stay"}), by=ada)
        assert first.plan_id != second.plan_id
        promote(rollover=second, by=ada)
        assert years() == {"6": 5}


def test_another_schools_rollover_is_out_of_reach(
    oak: School, ada: User, classes: dict[str, SchoolClass]
) -> None:
    rollover = prepared(oak, ada)
    elm = a_school("Elm School")
    a_service("Wellbeing", elm)
    with school_scope(elm.pk):
        assert Rollover.objects.count() == 0
        with pytest.raises(Rollover.DoesNotExist):
            promote(rollover=rollover, by=a_user("Cal"))
    apply_rollover(school_id=elm.pk, rollover_id=rollover.pk)
    with school_scope(oak.pk):
        assert years() == {"5": 3, "6": 2}


def test_after_septembers_sync_the_classes_that_ended_are_archived_with_their_pupils(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    with school_scope(oak.pk):
        for name in ("9A", "Chess"):  # the school had typed these in itself; the MIS knows only one of them
            SchoolClass.objects.create(school=oak, kind=ClassKind.REGISTRATION, name=name)
    save_everything(fetched(connection, ada, LAST_YEAR), ada, wellbeing)
    save_everything(fetched(connection, ada, THIS_YEAR), ada, wellbeing, confirmed=CONFIRMED)
    with school_scope(oak.pk):
        assert [one.name for one in ended_classes()] == ["9A", "7A/Ma"]
        plan = plan_archiving(by=ada)
        assert plan is not None
        apply(plan, by=ada)
        assert not ended_classes()
        ended = SchoolClass.objects.get(name="7A/Ma", archived_at__isnull=False)
        assert ended.enrolments.filter(ends_on__isnull=True).count() == 8
        assert plan_archiving(by=ada) is None


def test_a_promotion_before_septembers_sync_ends_where_the_sync_alone_would(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    save_everything(fetched(connection, ada, LAST_YEAR), ada, wellbeing)
    with school_scope(oak.pk):
        before = {one.name: one.pk for one in SchoolClass.objects.filter(kind=ClassKind.REGISTRATION)}
        promote(rollover=prepared(oak, ada), by=ada)
    save_everything(fetched(connection, ada, THIS_YEAR), ada, wellbeing, confirmed=CONFIRMED)
    with school_scope(oak.pk):
        now = {one.name: one.pk for one in SchoolClass.objects.filter(kind="registration", archived_at=None)}
        assert now["8A"] == before["7A"]
        assert now["9A"] == before["8A"]
        assert now["7A"] not in before.values()


def test_a_school_year_is_told_by_its_autumn() -> None:
    from adminhub.hub.roster.years import leavers_of, school_year_of, year_name

    assert school_year_of(date(2026, 8, 31)) == 2025
    assert school_year_of(date(2026, 9, 1)) == 2026
    assert year_name(leavers_of(2026)) == "Leavers 2026 - 2027"
