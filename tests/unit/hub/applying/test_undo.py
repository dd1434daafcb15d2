"""Undoing: what was changed goes back, what has changed since stays, and an undo can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adminhub.hub.applying.actions import apply
from adminhub.hub.applying.errors import CannotUndo, Stale
from adminhub.hub.applying.models import JournalEntry
from adminhub.hub.applying.undoing import CHANGED_SINCE, NEEDED, Narrowed, draft_undo
from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.actions import store_plan
from adminhub.hub.planning.models import STANDING, MatchRow, MatchStatus, Plan, PlannedChange, Purpose
from adminhub.hub.planning.values import Change, ChangeKind
from adminhub.hub.roster.models import (
    Access,
    Employee,
    Enrolment,
    FeedEntry,
    Group,
    GroupMembership,
    Kind,
    MISLink,
    Origin,
    Pupil,
    SchoolClass,
)
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.syncs.queries import saved_before
from tests.unit.hub.cast import a_pupil, an_employee
from tests.unit.hub.syncs.cast import (
    Sends,
    a_upn,
    an_mis_class,
    an_mis_employee,
    an_mis_group,
    an_mis_pupil,
    fetched,
    save,
    save_everything,
    state,
)

pytestmark = pytest.mark.django_db
GRANTS = frozenset({"pupils", "teaching"})
BORN = date(2016, 5, 4)
CONFIRMED = frozenset({"shrunk", "new_ids", "renamed"})


def a_mis(*, children: Sequence[Any] | None = None, group: str = "4B") -> Sends:
    """A teacher, a registration group, a subject class, three pupils."""
    three = [
        an_mis_pupil("p1", upn=a_upn(1), registration_group="Bg1", classes=("Bc1",)),
        an_mis_pupil("p2", forename="Kim", upn=a_upn(2), registration_group="Bg1"),
        an_mis_pupil("p3", forename="Jo", surname="Novák", upn=a_upn(3), registration_group="Bg1"),
    ]
    return Sends(
        staff=[an_mis_employee("e1", email="ben@oak.example")],
        groups=[an_mis_group("g1", group, employees=("Be1",))],
        teaching=[an_mis_class("c1", "4x/Ma1", subject="Mathematics", employees=("Be1",))],
        children=three if children is None else children,
    )


def sync(connection: Connection, ada: User, wellbeing: Service, mis: Sends) -> list[Plan]:
    run = fetched(connection, ada, mis)
    save_everything(run, ada, wellbeing, grants=GRANTS, confirmed=CONFIRMED)
    with school_scope(run.school_id):
        return list(Plan.objects.filter(STANDING, run=run.pk))


def undo(plans: Sequence[Plan], by: User, **options: Any) -> Plan:
    drafted = draft_undo(plans, by=by, narrowed=Narrowed(**options))
    return apply(drafted, by=by)


def skipped(plan: Plan) -> dict[str, int]:
    found: dict[str, int] = {}
    for reason in PlannedChange.objects.filter(plan=plan, is_skipped=True).values_list("reason", flat=True):
        found[reason] = found.get(reason, 0) + 1
    return found


def test_a_whole_first_sync_undone_leaves_the_school_just_as_it_was(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    a_pupil(oak, upn=a_upn(1), year_group="3")
    an_employee(oak)
    with school_scope(oak.pk):
        before = state()
    plans = sync(connection, ada, wellbeing, a_mis())
    with school_scope(oak.pk):
        after = state()
        assert after != before
        undone = undo(plans, ada)
        assert state() == before
        assert not Plan.objects.filter(STANDING).exclude(pk=undone.pk).exists()
        assert {entry.sourced_id for entry in FeedEntry.objects.filter(change="changed")} >= {
            change.sourced_id for change in PlannedChange.objects.filter(plan=undone)
        }
        undo([undone], ada)
        assert state() == after
        assert set(Plan.objects.filter(STANDING, run__isnull=False)) == set(plans)


def test_a_later_sync_is_undone_by_itself_and_the_first_stands(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    sync(connection, ada, wellbeing, a_mis())
    with school_scope(oak.pk):
        before = state()
    moved = [
        an_mis_pupil("p1x", upn=a_upn(1), surname="Rae", year_group="5", classes=()),
        an_mis_pupil("p2", forename="Kim", upn=a_upn(2), registration_group="Bg1", classes=("Bc1",)),
        an_mis_pupil("p4", forename="New", surname="Girl", upn=a_upn(4), registration_group="Bg1"),
    ]
    plans = sync(connection, ada, wellbeing, a_mis(children=moved, group="4 Beech"))
    with school_scope(oak.pk):
        assert state() != before
        undo(plans, ada)
        assert state() == before


def test_what_has_changed_since_stays_unless_chosen(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    kit = a_pupil(oak, upn=a_upn(1), year_group="3", surname="Rey")
    plans = sync(connection, ada, wellbeing, a_mis())
    with school_scope(oak.pk):
        Pupil.objects.filter(pk=kit.pk).update(surname="Ray-Jones")
        of_pupils = [plan for plan in plans if plan.kind == Kind.PUPIL]
        drafted = draft_undo(of_pupils, by=ada)
        left = PlannedChange.objects.get(plan=drafted, is_skipped=True)
        assert (left.reason, left.before, left.after) == (
            CHANGED_SINCE,
            {"surname": "Ray-Jones"},
            {"surname": "Rey"},
        )
        apply(drafted, by=ada)
        kit.refresh_from_db()
        assert (kit.surname, kit.year_group) == ("Ray-Jones", "3")

        undo([Plan.objects.get(pk=drafted.pk)], ada)
        undo(of_pupils, ada, chosen={("pupil", kit.pk)})
        kit.refresh_from_db()
        assert (kit.surname, kit.year_group) == ("Rey", "3")


def test_who_was_added_stays_with_everything_once_something_else_needs_them(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    plans = sync(connection, ada, wellbeing, a_mis())
    with school_scope(oak.pk):
        kim = Pupil.objects.get(forename="Kim")
        chess = Group.objects.create(school=oak, name="Chess")
        GroupMembership.objects.create(school=oak, group=chess, pupil=kim)
        undone = undo(plans, ada)
        assert list(Pupil.objects.all()) == [kim]
        assert MISLink.objects.filter(pupil=kim).count() == 1
        assert Access.objects.filter(pupil=kim).count() == 1
        assert Enrolment.objects.get().pupil == kim
        assert skipped(undone)[NEEDED] == 2, "Kim, and the group she is registered in"


def test_one_person_can_be_undone_and_the_rest_stands(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    plans = sync(connection, ada, wellbeing, a_mis())
    with school_scope(oak.pk):
        jo = Pupil.objects.get(forename="Jo")
        undo(plans, ada, sourced_ids=[jo.sourced_id])
        assert set(Pupil.objects.values_list("forename", flat=True)) == {"Kit", "Kim"}
        assert Enrolment.objects.filter(pupil__isnull=False).count() == 3
        assert all(plan.stands for plan in Plan.objects.filter(run__isnull=False))


def test_an_undo_is_not_undone_twice_and_nothing_unsaved_is_undone(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    plans = sync(connection, ada, wellbeing, a_mis())
    with school_scope(oak.pk):
        first, second = draft_undo(plans, by=ada), draft_undo(plans, by=ada)
        apply(first, by=ada)
        with pytest.raises(Stale):
            apply(second, by=ada)
        with pytest.raises(CannotUndo):
            draft_undo(Plan.objects.filter(pk__in=[plan.pk for plan in plans]), by=ada)
        with pytest.raises(CannotUndo):
            draft_undo([], by=ada)


def test_a_link_that_was_given_to_another_record_since_does_not_come_back(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    plans = sync(connection, ada, wellbeing, a_mis())
    with school_scope(oak.pk):
        undone = undo(plans, ada)
    again = sync(connection, ada, wellbeing, a_mis())
    with school_scope(oak.pk):
        now = state()
        redone = undo([undone], ada)
        links = list(MISLink.objects.values_list("kind", "mis_id"))
        assert len(links) == len(set(links)) == len(now["mis_link"])
        assert skipped(redone)
        assert again


SINCE_ADDED = (
    "former_surname",
    "year_groups",
    "is_teaching",
    "is_main_teacher",
    "origin",
    "created_at",
    "upi",
)


def test_what_comes_back_takes_defaults_where_its_journal_is_older_than_a_column_and_no_column_that_has_gone(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    kit = a_pupil(oak, birthday=BORN, upn=a_upn(1), year_group="3")
    children = [
        an_mis_pupil("p1", birthday=BORN, upn=a_upn(1), registration_group="Bg1"),
        an_mis_pupil("p2", forename="Kim", upn=a_upn(2), registration_group="Bg1"),
    ]
    plans = sync(connection, ada, wellbeing, a_mis(children=children))
    with school_scope(oak.pk):
        undone = undo(plans, ada)
        for entry in JournalEntry.objects.filter(plan=undone, before__isnull=False):
            kept = {name: was for name, was in (entry.before or {}).items() if name not in SINCE_ADDED}
            JournalEntry.objects.filter(pk=entry.pk).update(before={**kept, "shoe_size": 9})
        redone = undo([undone], ada)
        assert skipped(redone) == {}
        assert not PlannedChange.objects.filter(plan=redone, after__has_key="shoe_size").exists()
        kim, group = Pupil.objects.get(forename="Kim"), SchoolClass.objects.get(kind="registration")
        assert (kim.former_surname, kim.origin, group.year_groups) == ("", Origin.TYPED, [])
        assert not Enrolment.objects.get(school_class=group, employee__isnull=False).is_main_teacher
        kit.refresh_from_db()
        assert (kit.year_group, kit.mis_links.get().mis_id) == ("4", "p1")


CHILD = st.builds(
    lambda n, surname, year, group, classes: an_mis_pupil(
        f"p{n}",
        upn=a_upn(n),
        forename=f"Kit{n}",
        surname=surname,
        year_group=year,
        registration_group=group,
        classes=tuple(classes),
    ),
    st.integers(1, 4),
    st.sampled_from(["Ray", "Rae"]),
    st.sampled_from(["4", "5"]),
    st.sampled_from(["", "Bg1", "Bg2"]),
    st.lists(st.sampled_from(["Bc1", "Bc2"]), max_size=2, unique=True),
)
SENT = st.builds(
    lambda children, names: Sends(
        staff=[an_mis_employee("e1", email="ben@oak.example")],
        groups=[an_mis_group(f"g{n}", f"4{name}", employees=("Be1",)) for n, name in enumerate(names, 1)],
        teaching=[an_mis_class("c1", "Maths"), an_mis_class("c2", "Art")],
        children=children,
    ),
    st.lists(CHILD, max_size=4, unique_by=lambda child: child.mis_id),
    st.lists(st.sampled_from("ABC"), min_size=2, max_size=2, unique=True),
)


@given(st.lists(SENT, min_size=1, max_size=3))
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_undoing_every_sync_newest_first_goes_back_through_the_same_states(
    oak: School, ada: User, wellbeing: Service, connection: Connection, sent: list[Sends]
) -> None:
    with school_scope(oak.pk):
        MatchRow.objects.all().delete()
    walked: list[tuple[dict[str, Any], list[Plan]]] = []
    for mis in sent:
        with school_scope(oak.pk):
            before = state()
        walked.append((before, sync(connection, ada, wellbeing, mis)))
    with school_scope(oak.pk):
        for before, plans in reversed(walked):
            if plans:
                undone = undo(plans, ada)
                assert skipped(undone) == {}
            assert state() == before


def test_days_and_lists_go_back_as_they_were(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    kit = a_pupil(oak, upn=a_upn(1), birthday=date(2016, 3, 4))
    children = [an_mis_pupil("p1", upn=a_upn(1), birthday=date(2016, 3, 5))]
    plans = sync(connection, ada, wellbeing, a_mis(children=children))
    with school_scope(oak.pk):
        kit.refresh_from_db()
        assert kit.birthday == date(2016, 3, 5)
        undo(plans, ada)
        kit.refresh_from_db()
        assert kit.birthday == date(2016, 3, 4)


def test_what_was_archived_and_withdrawn_comes_back_just_as_it_was(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    sync(connection, ada, wellbeing, a_mis())
    with school_scope(oak.pk):
        before = state()
        kim, group = Pupil.objects.get(forename="Kim"), SchoolClass.objects.get(name="4B")
        changes = [
            (Kind.PUPIL, Change(kind=kind, sourced_id=kim.sourced_id, key=kim.pk))
            for kind in (ChangeKind.ARCHIVE, ChangeKind.WITHDRAW)
        ]
        put_away = Change(kind=ChangeKind.ARCHIVE, sourced_id=group.sourced_id, key=group.pk)
        plan = store_plan(purpose=Purpose.LEAVERS, changes=[*changes, (Kind.REGISTRATION, put_away)], by=ada)
        apply(plan, by=ada)
        assert not Access.objects.filter(pupil=kim).exists()
        undo([Plan.objects.get(pk=plan.pk)], ada)
        assert state() == before


def test_what_a_person_has_undone_the_hub_does_not_do_again_by_itself(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    plans = sync(connection, ada, wellbeing, a_mis())
    with school_scope(oak.pk):
        undo([plan for plan in plans if plan.kind == Kind.PUPIL], ada)
    later = fetched(connection, ada, a_mis())
    with school_scope(oak.pk):
        assert Kind.PUPIL not in saved_before(later)
        assert Kind.EMPLOYEE in saved_before(later)
    save_everything(later, ada, wellbeing, grants=GRANTS, confirmed=CONFIRMED)
    newest = fetched(connection, ada, a_mis())
    with school_scope(oak.pk):
        assert Kind.PUPIL in saved_before(newest)


def test_a_surname_that_the_mis_changes_is_kept_as_the_former_one_until_that_is_undone(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    for surname in ("Ionescu", "Tilley"):
        lisa = an_mis_employee("e9", forename="Lisa", surname=surname, email="lisa@oak.example")
        run = fetched(connection, ada, Sends(staff=[lisa]))
        with school_scope(oak.pk):
            MatchRow.objects.filter(status=MatchStatus.NEW).update(is_ticked=True)
        plan = save(run, Kind.EMPLOYEE, ada, wellbeing, confirmed=CONFIRMED)
    with school_scope(oak.pk):
        assert Employee.objects.values_list("surname", "former_surname").get() == ("Tilley", "Ionescu")
        apply(draft_undo([plan], by=ada), by=ada)
        assert Employee.objects.values_list("surname", "former_surname").get() == ("Ionescu", "")
