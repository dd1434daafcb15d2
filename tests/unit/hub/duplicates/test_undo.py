"""A merge that was undone leaves no trace in the roster, whatever hung on the two."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection as database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adminhub.hub.applying.actions import apply
from adminhub.hub.applying.undoing import draft_undo
from adminhub.hub.applying.writing import ROWS
from adminhub.hub.core.scope import school_scope
from adminhub.hub.duplicates import queries
from adminhub.hub.duplicates.actions import merge
from adminhub.hub.duplicates.errors import NotMergeable
from adminhub.hub.duplicates.merging import FIELDS
from adminhub.hub.planning.models import Plan, PlannedChange
from adminhub.hub.roster.models import (
    Access,
    ClassKind,
    Enrolment,
    FeedEntry,
    Group,
    GroupMembership,
    Kind,
    MISLink,
    Pupil,
    SchoolClass,
)
from adminhub.hub.schools.models import School, Service, User
from tests.unit.hub.cast import a_pupil, a_service

pytestmark = pytest.mark.django_db


def state() -> dict[str, list[str]]:
    """Everything the roster holds, but for when a person was last changed: going back is a change."""
    found = {}
    with database.cursor() as cursor:
        for table in ROWS:
            cursor.execute(f"select to_jsonb(t) - 'changed_at' from {table} t order by id")
            found[table] = [row for (row,) in cursor.fetchall()]
    return found


def undone(plan: Plan, by: User) -> Plan:
    plan.refresh_from_db()
    return apply(draft_undo([plan], by=by), by=by)


def two_of_one(oak: School, hung: dict[str, Any]) -> tuple[Pupil, Pupil]:
    """Two records of Jo, with as much hanging on each as was drawn."""
    pupils = tuple(
        a_pupil(oak, forename="Jo", surname=surname, email=hung["emails"][place])
        for place, surname in enumerate(("Novák", "Novak"))
    )
    form = SchoolClass.objects.create(school=oak, kind=ClassKind.REGISTRATION, name="4B")
    other = SchoolClass.objects.create(school=oak, kind=ClassKind.REGISTRATION, name="3B")
    maths = SchoolClass.objects.create(school=oak, kind=ClassKind.TEACHING, name="4x/Ma1")
    group = Group.objects.create(school=oak, name="Choir")
    services = (a_service("Wellbeing", oak), a_service("Reading Ladder", oak))
    for place, pupil in enumerate(pupils):
        for where, is_in in zip((form, other, maths), hung["classes"][place], strict=True):
            if is_in:
                ends = date(2026, 7, 20) if is_in == "was" else None
                Enrolment.objects.create(school=oak, school_class=where, pupil=pupil, ends_on=ends)
        for service, has in zip(services, hung["services"][place], strict=True):
            if has:
                Access.objects.create(school=oak, service=service, pupil=pupil)
        if hung["groups"][place]:
            GroupMembership.objects.create(school=oak, group=group, pupil=pupil)
        if hung["links"][place]:
            lost = {"lost_at": "2026-01-01T00:00:00Z", "lost_why": "left_mis"}
            more = lost if hung["links"][place] == "lost" else {}
            MISLink.objects.create(
                school=oak, kind=Kind.PUPIL, pupil=pupil, provider="wonde", mis_id=str(place), **more
            )
    return pupils[0], pupils[1]


def each(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, Any]]:
    return st.tuples(strategy, strategy)


HUNG = st.fixed_dictionaries(
    {
        "emails": each(st.sampled_from(("", "jo@oak.example", "j@home.example"))),
        "classes": each(st.tuples(*[st.sampled_from(("", "is", "was"))] * 3)),
        "services": each(st.tuples(st.booleans(), st.booleans())),
        "groups": each(st.booleans()),
        "links": each(st.sampled_from(("", "linked", "lost"))),
        "taken": st.sets(st.sampled_from(sorted(FIELDS))),
    }
)


@given(HUNG)
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
def test_merge_then_undo_gives_the_same_state(oak: School, ada: User, wellbeing: Service, hung: Any) -> None:
    with school_scope(oak.pk):
        for model in (Access, Enrolment, MISLink, GroupMembership, Group, SchoolClass, Pupil):
            model.objects.all().delete()
        stays, goes = two_of_one(oak, hung)
        before = state()
        try:
            plan = merge(Kind.PUPIL, stays=stays.pk, goes=goes.pk, taken=frozenset(hung["taken"]), by=ada)
        except NotMergeable:
            assert hung["links"] == ("linked", "linked")
            assert state() == before
            return
        after = state()
        assert after != before
        undo = undone(plan, ada)
        assert not PlannedChange.objects.filter(plan=undo, is_skipped=True).exists()
        assert state() == before
        undone(undo, ada)
        assert state()["pupil"] == after["pupil"]


def test_undoing_a_merge_brings_the_pair_back_to_be_looked_at(
    oak: School, ada: User, wellbeing: Service
) -> None:
    upn = "T999200024001"
    one, other = a_pupil(oak, upn=upn), a_pupil(oak, upn=upn)
    with school_scope(oak.pk):
        Access.objects.create(school=oak, service=wellbeing, pupil=other)
        found = queries.found(Kind.PUPIL)
        plan = merge(Kind.PUPIL, stays=one.pk, goes=other.pk, by=ada)
        assert queries.found(Kind.PUPIL) == []
        told = FeedEntry.objects.count()
        undone(plan, ada)
        assert queries.found(Kind.PUPIL) == found
        assert FeedEntry.objects.count() > told
        assert Access.objects.get().pupil_id == other.pk
