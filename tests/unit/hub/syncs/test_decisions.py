"""What a person decides in a review: together or one by one, undone, and remembered for ever."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning import decisions
from adminhub.hub.planning.errors import RowGone
from adminhub.hub.planning.models import Decision, MatchRow, MatchStatus
from adminhub.hub.roster.models import Employee, Kind, MISLink
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.syncs.models import SyncRun
from tests.unit.hub.cast import a_pupil, a_school
from tests.unit.hub.syncs.cast import an_mis_employee, an_mis_pupil, fetched, save, statuses
from tests.unit.hub.syncs.test_sync import oaks_mis

pytestmark = pytest.mark.django_db
MAYBES = 4


@pytest.fixture
def run(oak: School, ada: User, connection: Connection) -> SyncRun:
    """A review in which four pupils of the same name and year May match."""
    for number in range(MAYBES):
        a_pupil(oak, forename=f"Name{number}", surname=f"Sur{number}")
    return fetched(connection, ada, oaks_mis(children=maybes()))


def maybes(prefix: str = "p", **fields: Any) -> list[Any]:
    """The same children in the MIS, whose birthdays the hub does not know."""
    born = {"birthday": date(2015, 3, 2)}
    return [
        an_mis_pupil(f"{prefix}{n}", forename=f"Name{n}", surname=f"Sur{n}", **{**born, **fields})
        for n in range(MAYBES)
    ]


def rows(run: SyncRun, status: str, kind: Kind = Kind.PUPIL) -> list[int]:
    found = MatchRow.objects.filter(snapshot=run.snapshot, kind=kind, status=status)
    return list(found.order_by("name").values_list("pk", flat=True))


def everything(run: SyncRun) -> tuple[Any, ...]:
    """The review and the decisions, as they would be compared."""
    lines = MatchRow.objects.filter(snapshot=run.snapshot).order_by("pk").values()
    return list(lines), list(
        Decision.objects.order_by("mis_id", "hub_id").values("mis_id", "hub_id", "is_same")
    )


def test_maybes_of_one_sort_are_accepted_together(oak: School, ada: User, run: SyncRun) -> None:
    with school_scope(oak.pk):
        waiting = rows(run, MatchStatus.MAY_MATCH)
        assert set(MatchRow.objects.filter(pk__in=waiting).values_list("agreement", flat=True)) == {"year"}
        assert decisions.accept(run.snapshot, Kind.PUPIL, row_ids=waiting, by=ada) == MAYBES
        entry = AuditEntry.objects.latest("pk")
        assert (entry.action, entry.by_id, entry.detail["lines"]) == ("match.decided", ada.pk, MAYBES)
    assert statuses(run, Kind.PUPIL) == {"matched": MAYBES}


def test_only_a_line_that_waits_can_be_accepted(oak: School, ada: User, run: SyncRun) -> None:
    with school_scope(oak.pk):
        waiting = rows(run, MatchStatus.MAY_MATCH)
        decisions.keep_apart(run.snapshot, Kind.PUPIL, row_ids=waiting, by=ada)
        assert decisions.accept(run.snapshot, Kind.PUPIL, row_ids=waiting, by=ada) == 0
    assert statuses(run, Kind.PUPIL) == {"not_matched": MAYBES, "new": MAYBES}


@pytest.fixture
def namesakes(oak: School, ada: User, connection: Connection) -> SyncRun:
    """A review with two Kit Nováks on each side, of whom the hub knows nothing else."""
    for _ in range(2):
        a_pupil(oak, forename="Kit", surname="Novák")
    born = (date(2015, 3, 5), date(2015, 9, 14))
    children = [
        an_mis_pupil(f"p{n}", forename="Kit", surname="Novák", birthday=day) for n, day in enumerate(born)
    ]
    return fetched(connection, ada, oaks_mis(children=children))


def test_who_is_left_over_after_a_match_by_hand_is_asked_about_and_not_made_anew(
    oak: School, ada: User, namesakes: SyncRun
) -> None:
    assert statuses(namesakes, Kind.PUPIL) == {"may_match": 2}
    with school_scope(oak.pk):
        one, other = MatchRow.objects.filter(snapshot=namesakes.snapshot, kind=Kind.PUPIL)
        pair = {"hub_id": one.hub_id, "staged_id": other.staged_id}
        decisions.match_by_hand(namesakes.snapshot, Kind.PUPIL, **pair, by=ada)
        left = MatchRow.objects.get(
            snapshot=namesakes.snapshot, kind=Kind.PUPIL, status=MatchStatus.MAY_MATCH
        )
        assert (left.hub_id, left.staged_id) == (other.hub_id, one.staged_id)
    assert statuses(namesakes, Kind.PUPIL) == {"matched": 1, "may_match": 1}


def test_of_two_kept_apart_neither_is_new_while_another_could_be_meant(
    oak: School, ada: User, namesakes: SyncRun
) -> None:
    with school_scope(oak.pk):
        one, _ = MatchRow.objects.filter(snapshot=namesakes.snapshot, kind=Kind.PUPIL)
        decisions.keep_apart(namesakes.snapshot, Kind.PUPIL, row_ids=[one.pk], by=ada)
        assert statuses(namesakes, Kind.PUPIL) == {"may_match": 3}
        for _ in range(3):
            waiting = rows(namesakes, MatchStatus.MAY_MATCH)
            decisions.keep_apart(namesakes.snapshot, Kind.PUPIL, row_ids=waiting, by=ada)
    assert statuses(namesakes, Kind.PUPIL) == {"not_matched": 2, "new": 2}


@pytest.mark.parametrize("deed", ["accept", "apart", "ignore"])
def test_a_press_is_undone_whole(oak: School, ada: User, run: SyncRun, deed: str) -> None:
    with school_scope(oak.pk):
        decisions.keep_apart(run.snapshot, Kind.PUPIL, row_ids=rows(run, MatchStatus.MAY_MATCH)[:1], by=ada)
        before = everything(run)
        decisions.DEEDS[deed](run.snapshot, Kind.PUPIL, row_ids=rows(run, MatchStatus.MAY_MATCH), by=ada)
        assert everything(run) != before
        assert decisions.undo(run.snapshot, Kind.PUPIL, by=ada).count == MAYBES - 1
        assert everything(run) == before


def test_presses_are_undone_the_last_first_until_none_is_left(oak: School, ada: User, run: SyncRun) -> None:
    with school_scope(oak.pk):
        before = everything(run)
        for row in rows(run, MatchStatus.MAY_MATCH):
            decisions.accept(run.snapshot, Kind.PUPIL, row_ids=[row], by=ada)
        for _ in range(MAYBES):
            decisions.undo(run.snapshot, Kind.PUPIL, by=ada)
        assert everything(run) == before
        with pytest.raises(RowGone, match="nothing left to undo"):
            decisions.undo(run.snapshot, Kind.PUPIL, by=ada)


def test_a_match_by_hand_that_broke_up_two_lines_is_undone_to_both(
    oak: School, ada: User, run: SyncRun
) -> None:
    with school_scope(oak.pk):
        before = everything(run)
        first, second = MatchRow.objects.filter(pk__in=rows(run, MatchStatus.MAY_MATCH)[:2]).order_by("name")
        decisions.match_by_hand(
            run.snapshot, Kind.PUPIL, hub_id=first.hub_id or 0, staged_id=second.staged_id or 0, by=ada
        )
        assert len(rows(run, MatchStatus.MAY_MATCH)) == MAYBES - 2
        decisions.undo(run.snapshot, Kind.PUPIL, by=ada)
        assert everything(run) == before


def test_after_a_save_the_presses_before_it_are_no_longer_undone_here(
    oak: School, ada: User, wellbeing: Service, run: SyncRun
) -> None:
    with school_scope(oak.pk):
        decisions.accept(run.snapshot, Kind.PUPIL, row_ids=rows(run, MatchStatus.MAY_MATCH), by=ada)
    save(run, Kind.PUPIL, ada, wellbeing)
    with school_scope(oak.pk), pytest.raises(RowGone):
        decisions.undo(run.snapshot, Kind.PUPIL, by=ada)


def test_never_these_two_survives_a_sync_and_a_change_of_mis(
    oak: School, ada: User, connection: Connection, run: SyncRun
) -> None:
    with school_scope(oak.pk):
        decisions.keep_apart(run.snapshot, Kind.PUPIL, row_ids=rows(run, MatchStatus.MAY_MATCH), by=ada)
    apart = {"not_matched": MAYBES, "new": MAYBES}
    assert statuses(fetched(connection, ada, oaks_mis(children=maybes())), Kind.PUPIL) == apart
    assert statuses(fetched(connection, ada, oaks_mis(children=maybes("new-"))), Kind.PUPIL) == apart


def test_the_same_survives_a_change_of_mis_before_it_was_saved(
    oak: School, ada: User, connection: Connection, run: SyncRun
) -> None:
    with school_scope(oak.pk):
        decisions.accept(run.snapshot, Kind.PUPIL, row_ids=rows(run, MatchStatus.MAY_MATCH), by=ada)
    moved = fetched(connection, ada, oaks_mis(children=maybes("new-")))
    assert statuses(moved, Kind.PUPIL) == {"matched": MAYBES}


def the_cook(mis_id: str = "e9") -> Any:
    return an_mis_employee(mis_id, forename="Cat", surname="Cook", is_teaching=False, job="Cook")


def test_who_is_ignored_stays_ignored_after_a_sync_and_a_change_of_mis(
    oak: School, ada: User, connection: Connection
) -> None:
    run = fetched(connection, ada, oaks_mis(staff=[the_cook()]))
    with school_scope(oak.pk):
        assert (
            decisions.ignore(run.snapshot, Kind.EMPLOYEE, row_ids=rows(run, "new", Kind.EMPLOYEE), by=ada)
            == 1
        )
    for mis_id in ("e9", "another"):
        run = fetched(connection, ada, oaks_mis(staff=[the_cook(mis_id)]))
        assert statuses(run, Kind.EMPLOYEE) == {"ignored": 1}


def test_who_is_ignored_is_not_saved_even_when_everything_is_ticked(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    run = fetched(connection, ada, oaks_mis(staff=[the_cook()]))
    with school_scope(oak.pk):
        MatchRow.objects.update(is_ticked=True)
        decisions.ignore(run.snapshot, Kind.EMPLOYEE, row_ids=rows(run, "new", Kind.EMPLOYEE), by=ada)
    save(run, Kind.EMPLOYEE, ada, wellbeing)
    with school_scope(oak.pk):
        assert not Employee.objects.exists()


def test_who_was_ignored_can_be_shown_again_also_after_a_change_of_mis(
    oak: School, ada: User, connection: Connection
) -> None:
    run = fetched(connection, ada, oaks_mis(staff=[the_cook()]))
    with school_scope(oak.pk):
        decisions.ignore(run.snapshot, Kind.EMPLOYEE, row_ids=rows(run, "new", Kind.EMPLOYEE), by=ada)
    run = fetched(connection, ada, oaks_mis(staff=[the_cook("another")]))
    with school_scope(oak.pk):
        decisions.show_again(run.snapshot, Kind.EMPLOYEE, row_ids=rows(run, "ignored", Kind.EMPLOYEE), by=ada)
    assert statuses(run, Kind.EMPLOYEE) == {"new": 1}
    again = fetched(connection, ada, oaks_mis(staff=[the_cook("another")]))
    assert statuses(again, Kind.EMPLOYEE) == {"new": 1}


def test_who_is_synced_cannot_be_ignored_for_it_would_look_as_if_they_had_left(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    run = fetched(connection, ada, oaks_mis(staff=[the_cook()]))
    with school_scope(oak.pk):
        MatchRow.objects.update(is_ticked=True)
    save(run, Kind.EMPLOYEE, ada, wellbeing)
    with school_scope(oak.pk):
        synced = rows(run, "synced", Kind.EMPLOYEE)
        assert len(synced) == 1
        assert not decisions.ignore(run.snapshot, Kind.EMPLOYEE, row_ids=synced, by=ada)
        Decision.objects.create(school=oak, kind=Kind.EMPLOYEE, mis_id="e9")  # as an old decision might
    run = fetched(connection, ada, oaks_mis(staff=[the_cook()]))
    save(run, Kind.EMPLOYEE, ada, wellbeing)
    with school_scope(oak.pk):
        assert MISLink.objects.get(kind=Kind.EMPLOYEE).lost_at is None


def test_cals_school_knows_nothing_of_what_oak_decided(oak: School, ada: User, run: SyncRun) -> None:
    with school_scope(oak.pk):
        decisions.accept(run.snapshot, Kind.PUPIL, row_ids=rows(run, MatchStatus.MAY_MATCH), by=ada)
    with school_scope(a_school("Elm Primary School").pk):
        assert not Decision.objects.exists()
        with pytest.raises(RowGone):
            decisions.undo(run.snapshot, Kind.PUPIL, by=ada)
