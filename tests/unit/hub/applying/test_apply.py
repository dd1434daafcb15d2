"""A plan of any kind is made so whole, once, or not at all."""

from __future__ import annotations

import uuid

import pytest

from adminhub.hub.applying.actions import apply
from adminhub.hub.applying.errors import OnHold, Stale
from adminhub.hub.applying.models import JournalEntry
from adminhub.hub.applying.writing import MANY
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.actions import store_plan
from adminhub.hub.planning.models import Plan, PlanState, Purpose
from adminhub.hub.planning.values import Change, ChangeKind, Hold
from adminhub.hub.roster.actions import grant_access
from adminhub.hub.roster.models import Access, Enrolment, FeedEntry, Kind, Pupil, SchoolClass
from adminhub.hub.schools.models import School, Service, User
from tests.unit.hub.cast import a_pupil

pytestmark = pytest.mark.django_db


def of(pupil: Pupil, kind: ChangeKind, **values: object) -> tuple[Kind, Change]:
    return Kind.PUPIL, Change(kind=kind, sourced_id=pupil.sourced_id, key=pupil.pk, **values)  # type: ignore[arg-type]


def test_a_plan_over_several_kinds_joins_enrols_and_grants_in_one_go(
    oak: School, ada: User, wellbeing: Service
) -> None:
    kit = a_pupil(oak)
    group = uuid.uuid4()
    changes = [
        of(kit, ChangeKind.ENROL, after={"school_class": str(group), "origin": "typed"}),
        of(kit, ChangeKind.GRANT, after={"service": "wellbeing"}),
        of(kit, ChangeKind.UPDATE, before={"year_group": "4"}, after={"year_group": "5"}),
        (
            Kind.REGISTRATION,
            Change(kind=ChangeKind.JOIN, sourced_id=group, after={"name": "5B", "year_groups": ["5"]}),
        ),
    ]
    with school_scope(oak.pk):
        plan = store_plan(purpose=Purpose.ROLLOVER, title="September", changes=changes, by=ada)
        apply(plan, by=ada)
        apply(plan, by=ada)
        kit.refresh_from_db()
        assert kit.year_group == "5"
        assert Enrolment.objects.get(pupil=kit).school_class.name == "5B"
        assert Access.objects.filter(pupil=kit, service=wellbeing).count() == 1
        assert JournalEntry.objects.filter(plan=plan).count() == 4
        assert {(entry.kind, entry.change) for entry in FeedEntry.objects.all()} == {
            ("class", "changed"),
            ("pupil", "changed"),
            ("pupil", "granted"),
        }


def test_archiving_keeps_members_and_withdrawing_keeps_the_access_in_the_journal(
    oak: School, ada: User, wellbeing: Service
) -> None:
    kit = a_pupil(oak)
    with school_scope(oak.pk):
        group = SchoolClass.objects.create(school=oak, kind="registration", name="4B")
        Enrolment.objects.create(school=oak, school_class=group, pupil=kit)
        grant_access(service=wellbeing, kind=Kind.PUPIL, ids=[kit.pk], by=ada)
        changes = [
            (Kind.REGISTRATION, Change(kind=ChangeKind.ARCHIVE, sourced_id=group.sourced_id, key=group.pk)),
            of(kit, ChangeKind.WITHDRAW, before={"service": "wellbeing"}),
        ]
        apply(store_plan(purpose=Purpose.LEAVERS, changes=changes, by=ada), by=ada)
        group.refresh_from_db()
        assert group.archived_at is not None
        assert Enrolment.objects.filter(school_class=group, ends_on=None).count() == 1
        assert not Access.objects.exists()
        was = JournalEntry.objects.get(table="access").before
        assert was is not None
        assert (was["pupil_id"], was["granted_by_id"]) == (kit.pk, ada.pk)


def test_a_skipped_change_is_shown_and_not_written(oak: School, ada: User) -> None:
    kit = a_pupil(oak)
    with school_scope(oak.pk):
        rename = of(
            kit, ChangeKind.UPDATE, before={"surname": "Ray"}, after={"surname": "Rae"}, is_skipped=True
        )
        plan = apply(store_plan(purpose=Purpose.SYNC, changes=[rename], by=ada), by=ada)
        kit.refresh_from_db()
        assert kit.surname == "Ray"
        assert plan.counts == {"skipped": 1}
        assert not FeedEntry.objects.exists()


def test_a_plan_older_than_its_data_is_refused_and_nothing_of_it_is_written(oak: School, ada: User) -> None:
    kit, kim = a_pupil(oak), a_pupil(oak, forename="Kim")
    with school_scope(oak.pk):
        changes = [
            of(one, ChangeKind.UPDATE, before={"year_group": "4"}, after={"year_group": "5"})
            for one in (kit, kim)
        ]
        plan = store_plan(purpose=Purpose.PROMOTION, changes=changes, by=ada)
        Pupil.objects.filter(pk=kim.pk).update(year_group="6")
        FeedEntry.objects.create(school=oak, kind="pupil", sourced_id=kim.sourced_id, change="changed")
        with pytest.raises(Stale, match="Nothing was written: 1 of the changes"):
            apply(plan, by=ada)
        kit.refresh_from_db()
        assert kit.year_group == "4"
        assert Plan.objects.get().state == PlanState.DRAFTED


def test_a_change_elsewhere_does_not_make_a_plan_stale(oak: School, ada: User) -> None:
    kit = a_pupil(oak)
    with school_scope(oak.pk):
        change = of(kit, ChangeKind.UPDATE, before={"year_group": "4"}, after={"year_group": "5"})
        plan = store_plan(purpose=Purpose.PROMOTION, changes=[change], by=ada)
        other = Pupil.objects.create(school=oak, surname="Novák")
        FeedEntry.objects.create(school=oak, kind="pupil", sourced_id=other.sourced_id, change="changed")
        assert apply(plan, by=ada).state == PlanState.APPLIED


@pytest.mark.parametrize("size", [1, MANY + 1])
def test_who_is_in_a_class_already_or_twice_in_a_plan_is_in_it_once(
    oak: School, ada: User, size: int
) -> None:
    kit, kim = a_pupil(oak), a_pupil(oak, forename="Kim")
    with school_scope(oak.pk):
        jo = Pupil.objects.bulk_create(Pupil(school=oak, surname="Novák") for _ in range(size))
        group = SchoolClass.objects.create(school=oak, kind="registration", name="4B")
        Enrolment.objects.create(school=oak, school_class=group, pupil=kit)
        places = [
            of(pupil, ChangeKind.ENROL, after={"school_class": str(group.sourced_id)})
            for pupil in (kit, kim, kim, *jo)
        ]
        plan = store_plan(purpose=Purpose.ROLLOVER, changes=places, by=ada)
        apply(plan, by=ada)
        assert Enrolment.objects.filter(school_class=group, ends_on__isnull=True).count() == size + 2
        assert JournalEntry.objects.filter(plan=plan).count() == size + 1


def test_a_held_plan_waits(oak: School, ada: User) -> None:
    hold = Hold(code="shrunk", message="5 of 6 pupils are missing.")
    with school_scope(oak.pk):
        plan = store_plan(purpose=Purpose.SYNC, changes=[], by=ada, holds=[hold])
        with pytest.raises(OnHold):
            apply(plan, by=ada)
        confirmed = store_plan(purpose=Purpose.SYNC, changes=[], by=ada, holds=[hold], confirmed={"shrunk"})
        assert apply(confirmed, by=ada).state == PlanState.APPLIED
