"""September in an MIS whose class ids are its class names: everybody moves up and every name is used again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Count
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import MatchRow, MatchStatus, PlannedChange, PlanState
from adminhub.hub.roster.models import Enrolment, Group, GroupMembership, Kind, MISLink, Pupil, SchoolClass
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.syncs.models import SyncRun
from tests.unit.hub.syncs.cast import (
    Sends,
    a_upn,
    an_mis_class,
    an_mis_group,
    an_mis_pupil,
    fetched,
    save,
    save_everything,
)

pytestmark = pytest.mark.django_db
CONFIRMED = frozenset({"shrunk", "new_ids", "renamed"})
A_FORM = 8


def named(name: str) -> str:
    """The key that such an MIS gives a class."""
    return name.replace("/", "-")


def pupils(first: int, year: str, form: str, classes: Iterable[str] = ()) -> list[Any]:
    """A form of eight, from this number on."""
    return [
        an_mis_pupil(
            f"p{number}",
            forename=f"Child{chr(97 + number % 26)}{chr(97 + number // 26)}",
            surname=f"Ray{chr(97 + number % 26)}{chr(97 + number // 26)}",
            upn=a_upn(number),
            year_group=year,
            registration_group=f"B{named(form)}" if form else "",
            classes=tuple(f"B{named(name)}" for name in classes),
        )
        for number in range(first, first + A_FORM)
    ]


def sent(children: list[Any], forms: Iterable[str], teaching: Iterable[tuple[str, str]] = ()) -> Sends:
    return Sends(
        groups=[an_mis_group(named(name), name) for name in forms],
        teaching=[an_mis_class(named(name), name, subject=subject) for name, subject in teaching],
        children=children,
    )


LAST_YEAR = sent(
    [
        *pupils(1, "7", "7A", ["7A/En", "7A/Ma"]),
        *pupils(11, "8", "8A", ["8A/En"]),
        *pupils(21, "9", "9A"),
    ],
    ["7A", "8A", "9A"],
    [("7A/En", "English"), ("7A/Ma", "Maths"), ("8A/En", "English")],
)
THIS_YEAR = sent(
    [
        *pupils(31, "7", "7A", ["7A/En", "7A/Ma"]),
        *pupils(1, "8", "8A", ["8A/En"]),
        *pupils(11, "9", "9A", ["9A/En"]),
    ],
    ["7A", "8A", "9A"],
    [("7A/En", "English"), ("7A/Ma", "Maths"), ("8A/En", "English"), ("9A/En", "English")],
)


def class_ids() -> dict[str, UUID]:
    """The classes that the MIS knows, by name."""
    rows = MISLink.objects.filter(kind__in=(Kind.REGISTRATION, Kind.TEACHING), lost_at__isnull=True)
    return dict(rows.values_list("school_class__name", "school_class__sourced_id"))


def in_class(name: str) -> set[str]:
    """The surnames of those who are in a class that the MIS knows."""
    rows = Enrolment.objects.filter(
        ends_on__isnull=True,
        school_class__mis_links__lost_at__isnull=True,
        school_class__mis_links__isnull=False,
    )
    return set(rows.filter(school_class__name=name).values_list("pupil__surname", flat=True))


def surnames(children: Iterable[Any]) -> set[str]:
    return {one.surname for one in children}


def test_classes_keep_their_identity_with_their_pupils_and_a_reused_name_is_a_new_class(
    ada: User, wellbeing: Service, connection: Connection, oak: School
) -> None:
    save_everything(fetched(connection, ada, LAST_YEAR), ada, wellbeing)
    with school_scope(oak.pk):
        before = class_ids()
    plans = save_everything(fetched(connection, ada, THIS_YEAR), ada, wellbeing, confirmed=CONFIRMED)
    assert {plan.state for plan in plans} == {PlanState.APPLIED}
    with school_scope(oak.pk):
        after = class_ids()
        assert after["8A"] == before["7A"]
        assert after["9A"] == before["8A"]
        assert after["8A/En"] == before["7A/En"]
        assert after["9A/En"] == before["8A/En"]
        assert after["7A"] not in before.values()
        assert after["7A/Ma"] not in before.values()
        assert in_class("7A") == surnames(pupils(31, "7", ""))
        assert in_class("8A") == surnames(pupils(1, "8", ""))
        assert in_class("7A/Ma") == surnames(pupils(31, "7", ""))
        leavers = SchoolClass.objects.get(sourced_id=before["9A"])
        assert leavers.name == "9A"  # last year's leavers keep their class
        assert leavers.enrolments.filter(ends_on__isnull=True).count() == A_FORM


def test_the_history_counts_each_class_that_ended_though_its_mis_id_goes_on_as_anothers(
    ada: User, wellbeing: Service, connection: Connection, oak: School
) -> None:
    save_everything(fetched(connection, ada, LAST_YEAR), ada, wellbeing)
    run = fetched(connection, ada, THIS_YEAR)
    save_everything(run, ada, wellbeing, confirmed=CONFIRMED)
    with school_scope(oak.pk):
        counts = SyncRun.objects.get(pk=run.pk).counts
    ended = {kind: counts[kind]["left"] for kind in (Kind.REGISTRATION, Kind.TEACHING)}
    assert ended == {Kind.REGISTRATION: 1, Kind.TEACHING: 1}  # 9A and 7A/Ma


def test_the_same_september_twice_changes_nothing(
    ada: User, wellbeing: Service, connection: Connection, oak: School
) -> None:
    save_everything(fetched(connection, ada, LAST_YEAR), ada, wellbeing)
    save_everything(fetched(connection, ada, THIS_YEAR), ada, wellbeing, confirmed=CONFIRMED)
    again = save_everything(fetched(connection, ada, THIS_YEAR), ada, wellbeing, confirmed=CONFIRMED)
    assert [set(plan.counts) for plan in again] == [{"may_match_left", "new_left"}] * 4


def test_nobody_is_put_into_last_years_class_before_its_panel_is_saved(
    ada: User, wellbeing: Service, connection: Connection, oak: School
) -> None:
    save_everything(fetched(connection, ada, LAST_YEAR), ada, wellbeing)
    run = fetched(connection, ada, THIS_YEAR)
    with school_scope(oak.pk):
        MatchRow.objects.filter(status=MatchStatus.NEW).update(is_ticked=True)
        before = {name: in_class(name) for name in ("7A", "7A/Ma")}
    save(run, Kind.PUPIL, ada, wellbeing, confirmed=CONFIRMED)
    with school_scope(oak.pk):
        assert {name: in_class(name) for name in ("7A", "7A/Ma")} == before


def test_the_plan_says_that_a_class_was_renamed_and_which_id_came_to_others(
    ada: User, wellbeing: Service, connection: Connection, oak: School
) -> None:
    save_everything(fetched(connection, ada, LAST_YEAR), ada, wellbeing)
    run = fetched(connection, ada, THIS_YEAR)
    plan = save(run, Kind.REGISTRATION, ada, wellbeing, confirmed=CONFIRMED)
    with school_scope(oak.pk):
        changes = list(
            PlannedChange.objects.filter(plan=plan).values_list("kind", "before", "after", "reason")
        )
        renamed = [(before["name"], after["name"]) for kind, before, after, _ in changes if kind == "update"]
        assert sorted(renamed) == [("7A", "8A"), ("8A", "9A")]
        assert [change[3] for change in changes if change[0] == "unlink"] == [
            "Its MIS ID belongs to another now"
        ]


FORM = st.sampled_from(["", "7A", "8A", "9A"])


@given(st.lists(st.lists(FORM, min_size=4, max_size=4), min_size=1, max_size=3))
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_forms_come_a_pupil_has_one_registration_group_and_own_groups_are_never_touched(
    oak: School, ada: User, wellbeing: Service, connection: Connection, terms: list[list[str]]
) -> None:
    save_everything(fetched(connection, ada, LAST_YEAR), ada, wellbeing, confirmed=CONFIRMED)
    with school_scope(oak.pk):
        choir, _ = Group.objects.get_or_create(school=oak, name="Choir")
        for pupil in Pupil.objects.all()[:3]:
            GroupMembership.objects.get_or_create(school=oak, group=choir, pupil=pupil)
        own = list(GroupMembership.objects.order_by("pk").values())
    for forms in terms:
        children = [
            child
            for first, form in zip((1, 11, 21, 31), forms, strict=True)
            for child in pupils(first, "7", form)
        ]
        said = sent(children, sorted({form for form in forms if form} or {"7A"}))
        save_everything(fetched(connection, ada, said), ada, wellbeing, confirmed=CONFIRMED)
        with school_scope(oak.pk):
            registered = Enrolment.objects.filter(
                ends_on__isnull=True, pupil__isnull=False, school_class__kind=Kind.REGISTRATION
            )
            per_pupil = registered.order_by().values("pupil").annotate(how_many=Count("pk"))
            assert {row["how_many"] for row in per_pupil} <= {1}
            assert list(GroupMembership.objects.order_by("pk").values()) == own
            assert list(Group.objects.values_list("name", flat=True)) == ["Choir"]
