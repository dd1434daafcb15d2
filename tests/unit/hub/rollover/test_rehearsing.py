"""A rehearsal from next year's data: exactly what a sync would write, and what it leaves to a rollover."""

from __future__ import annotations

import pytest

from adminhub.hub.applying.actions import apply
from adminhub.hub.applying.undoing import draft_undo
from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.jobs.rollover import OUR_MISTAKE, rehearse_rollover
from adminhub.hub.planning.models import MatchRow, MatchStatus, Plan
from adminhub.hub.providers.errors import TryLater
from adminhub.hub.rollover import rehearsing
from adminhub.hub.rollover.actions import ask_to_rehearse, cancel, promote, rehearse_now, start
from adminhub.hub.rollover.errors import CannotRehearse, NotConfirmed
from adminhub.hub.rollover.models import Rollover, Source, State
from adminhub.hub.rollover.queries import rehearsal_of
from adminhub.hub.roster.models import Access, MISLink, Pupil, SchoolClass
from adminhub.hub.schools.models import School, Service, User
from tests.unit.hub.rollover.test_rollover import whole_roster
from tests.unit.hub.syncs.cast import Sends, fetched, save_everything
from tests.unit.hub.syncs.test_september import (
    CONFIRMED,
    LAST_YEAR,
    THIS_YEAR,
    class_ids,
    in_class,
    pupils,
    surnames,
)

pytestmark = pytest.mark.django_db
GRANTS = frozenset({"pupils"})


@pytest.fixture
def in_july(oak: School, ada: User, wellbeing: Service, connection: Connection) -> None:
    """Last year is synced, all pupils are in Wellbeing, and the MIS has rolled over; nothing of it is saved."""
    save_everything(fetched(connection, ada, LAST_YEAR), ada, wellbeing, grants=GRANTS)
    fetched(connection, ada, THIS_YEAR)
    with school_scope(oak.pk):
        MatchRow.objects.filter(status=MatchStatus.NEW).update(is_ticked=True)


def rehearsed(ada: User) -> Rollover:
    """As the job would, in the transaction of the test."""
    asked = ask_to_rehearse(rollover=start(school_year=2026, by=ada, source=Source.MIS), by=ada)
    steps: list[int] = []
    found = rehearse_now(rollover_id=asked.pk, by=ada, tell=steps.append)
    assert found is not None
    assert steps == [0, 1, 2, 3]
    return found


def codes(rollover: Rollover) -> list[str]:
    assert rollover.plan is not None
    return [hold["code"] for hold in rollover.plan.holds]


def test_a_rehearsal_writes_nothing_and_says_what_next_year_is(oak: School, ada: User, in_july: None) -> None:
    with school_scope(oak.pk):
        before, lines = whole_roster(), list(MatchRow.objects.order_by("pk").values())
        plan = rehearsed(ada).plan
        assert plan is not None
        assert whole_roster() == before
        assert list(MatchRow.objects.order_by("pk").values()) == lines
        assert Plan.objects.exclude(state="applied").get() == plan
        found = rehearsal_of(plan)
        assert found.years == [("7", "8", 8), ("8", "9", 8), ("9", "L26", 8)]
        assert {(before, after) for _, before, after in found.renamed} == {
            ("7A", "8A"),
            ("8A", "9A"),
            ("7A/En", "8A/En"),
            ("8A/En", "9A/En"),
        }
        assert [name for _, name, is_reused in found.new if is_reused] == ["7A", "7A/En", "7A/Ma"]
        assert [name for _, name in found.ended] == ["9A", "7A/Ma"]
        assert (len(found.leavers), len(found.joiners), found.undecided) == (8, 8, 0)


def test_applied_it_is_what_a_sync_writes_with_leavers_and_ended_classes_put_away(
    oak: School, ada: User, in_july: None
) -> None:
    with school_scope(oak.pk):
        before = class_ids()
        rollover = rehearsed(ada)
        promote(rollover=rollover, by=ada, confirmed=codes(rollover))
        after = class_ids()
        assert (after["8A"], after["9A"], after["8A/En"]) == (before["7A"], before["8A"], before["7A/En"])
        assert after["7A"] not in before.values()
        assert in_class("7A") == surnames(pupils(31, "7", ""))
        assert in_class("8A") == surnames(pupils(1, "8", ""))
        leavers = Pupil.objects.filter(year_group="L26")
        assert set(leavers.values_list("surname", flat=True)) == surnames(pupils(21, "9", ""))
        assert not Access.objects.filter(pupil__in=leavers)
        assert MISLink.objects.filter(pupil__in=leavers, lost_at__isnull=False).count() == 8
        ended = SchoolClass.objects.filter(archived_at__isnull=False)
        assert set(ended.values_list("sourced_id", flat=True)) == {before["9A"], before["7A/Ma"]}


def test_after_it_the_same_sync_has_nothing_to_do(
    oak: School, ada: User, wellbeing: Service, connection: Connection, in_july: None
) -> None:
    with school_scope(oak.pk):
        rollover = rehearsed(ada)
        promote(rollover=rollover, by=ada, confirmed=codes(rollover))
        before = whole_roster()
    again = save_everything(fetched(connection, ada, THIS_YEAR), ada, wellbeing, confirmed=CONFIRMED)
    assert [set(plan.counts) for plan in again] == [{"may_match_left", "new_left"}] * 4
    with school_scope(oak.pk):
        after = whole_roster()
        assert {name: rows for name, rows in after.items() if name != "mis_link"} == {
            name: rows for name, rows in before.items() if name != "mis_link"
        }


def test_it_can_be_undone_to_the_very_same_roster(oak: School, ada: User, in_july: None) -> None:
    with school_scope(oak.pk):
        before = whole_roster()
        rollover = rehearsed(ada)
        done = promote(rollover=rollover, by=ada, confirmed=codes(rollover))
        assert done.plan is not None
        apply(draft_undo([done.plan], by=ada), by=ada)
        assert whole_roster() == before


def test_what_is_implausible_must_be_confirmed(
    oak: School, ada: User, wellbeing: Service, connection: Connection, in_july: None
) -> None:
    with school_scope(oak.pk):
        rollover = rehearsed(ada)
        before = whole_roster()
        assert codes(rollover) == ["3:shrunk"], "a third of the pupils have left"
        with pytest.raises(NotConfirmed):
            promote(rollover=rollover, by=ada)
        assert whole_roster() == before


def test_older_data_is_not_rehearsed_while_newer_is_fetched(
    oak: School, ada: User, connection: Connection, in_july: None
) -> None:
    fetched(
        connection, ada, Sends(staff=THIS_YEAR.staff, trouble={"pupils": TryLater("The broker is busy.")})
    )
    with school_scope(oak.pk), pytest.raises(CannotRehearse):
        rehearsed(ada)


def test_without_data_from_the_mis_there_is_nothing_to_rehearse(oak: School, ada: User) -> None:
    with school_scope(oak.pk), pytest.raises(CannotRehearse):
        rehearsed(ada)


def test_a_job_works_it_out_while_the_person_waits(oak: School, ada: User, in_july: None) -> None:
    with school_scope(oak.pk):
        asked = ask_to_rehearse(rollover=start(school_year=2026, by=ada, source=Source.MIS), by=ada)
        assert (asked.state, asked.plan, asked.step) == (State.WORKING, None, 0)
    rehearse_rollover(school_id=oak.pk, rollover_id=asked.pk, user_id=ada.pk)
    with school_scope(oak.pk):
        done = Rollover.objects.get()
        assert (done.state, done.step, done.problem) == (State.PREPARING, 4, "")
        first = done.plan_id
    rehearse_rollover(school_id=oak.pk, rollover_id=asked.pk, user_id=ada.pk)  # asked for twice: done once
    with school_scope(oak.pk):
        assert Rollover.objects.get().plan_id == first


def test_killed_on_the_way_nothing_is_half_done_and_it_begins_anew(
    oak: School, ada: User, in_july: None
) -> None:
    class Killed(BaseException):
        pass

    def killed_at(step: int) -> None:
        if step == 3:
            raise Killed

    with school_scope(oak.pk):
        before, plans = whole_roster(), Plan.objects.count()
        asked = ask_to_rehearse(rollover=start(school_year=2026, by=ada, source=Source.MIS), by=ada)
    with pytest.raises(Killed), school_scope(oak.pk):
        rehearse_now(rollover_id=asked.pk, by=ada, tell=killed_at)
    with school_scope(oak.pk):
        assert (Rollover.objects.get().state, Plan.objects.count()) == (State.WORKING, plans)
        assert whole_roster() == before
        assert rehearse_now(rollover_id=asked.pk, by=ada, tell=lambda _: None) is not None


def test_what_fails_on_our_side_is_said_and_can_be_tried_again(
    oak: School, ada: User, in_july: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with school_scope(oak.pk):
        asked = ask_to_rehearse(rollover=start(school_year=2026, by=ada, source=Source.MIS), by=ada)
    with monkeypatch.context() as broken:
        broken.setattr(rehearsing, "_save", breaks)
        with pytest.raises(ZeroDivisionError):
            rehearse_rollover(school_id=oak.pk, rollover_id=asked.pk, user_id=ada.pk)
    with school_scope(oak.pk):
        failed = Rollover.objects.get()
        assert (failed.state, failed.problem) == (State.PREPARING, OUR_MISTAKE)
        assert ask_to_rehearse(rollover=failed, by=ada).problem == ""


def test_data_that_cannot_be_believed_leaves_the_reason_in_place_of_a_plan(
    oak: School, ada: User, connection: Connection, in_july: None
) -> None:
    fetched(connection, ada, Sends(staff=THIS_YEAR.staff))
    with school_scope(oak.pk):
        asked = ask_to_rehearse(rollover=start(school_year=2026, by=ada, source=Source.MIS), by=ada)
    rehearse_rollover(school_id=oak.pk, rollover_id=asked.pk, user_id=ada.pk)
    with school_scope(oak.pk):
        failed = Rollover.objects.get()
        assert (failed.state, failed.plan) == (State.PREPARING, None)
        assert "Nothing" in failed.problem


def test_given_up_while_it_is_worked_out_nothing_comes_of_it(oak: School, ada: User, in_july: None) -> None:
    with school_scope(oak.pk):
        asked = ask_to_rehearse(rollover=start(school_year=2026, by=ada, source=Source.MIS), by=ada)
        cancel(rollover=asked, by=ada)
        assert rehearse_now(rollover_id=asked.pk, by=ada, tell=lambda _: None) is None
        assert not Plan.objects.filter(title__startswith="Rollover")
