"""Two records of one person become one: what hung on either hangs on the one that stays, and nothing is lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError

from adminhub.hub.applying.actions import apply
from adminhub.hub.applying.models import JournalEntry
from adminhub.hub.applying.undoing import draft_undo
from adminhub.hub.connections.models import Connection
from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.duplicates import queries
from adminhub.hub.duplicates.actions import ask_again, draft_merge, merge, merge_without_doubt, tell_apart
from adminhub.hub.duplicates.errors import NotMergeable
from adminhub.hub.duplicates.merging import field_lines
from adminhub.hub.planning.models import Decision, Plan, PlanState
from adminhub.hub.roster.models import (
    Access,
    ClassKind,
    Employee,
    Enrolment,
    Group,
    GroupMembership,
    Kind,
    MISLink,
    Pupil,
    SchoolClass,
)
from adminhub.hub.roster.queries import Wanted, pupils_listed
from adminhub.hub.schools.models import School, Service, User
from tests.unit.hub.cast import a_pupil, a_school, a_service, an_employee
from tests.unit.hub.syncs.cast import Sends, a_upn, an_mis_pupil, fetched, save_everything

pytestmark = pytest.mark.django_db
SPRING = date(2016, 3, 4)


def jo(oak: School, **fields: Any) -> Pupil:
    return a_pupil(
        oak, **{"forename": "Jo", "surname": "Novák", "birthday": SPRING, "upn": a_upn(1), **fields}
    )


def a_class(oak: School, name: str, *people: Pupil | Employee, **fields: Any) -> SchoolClass:
    values = {"kind": ClassKind.TEACHING, **fields}
    made: SchoolClass = SchoolClass.objects.create(school=oak, name=name, **values)
    for person in people:
        who = {"pupil" if isinstance(person, Pupil) else "employee": person}
        Enrolment.objects.create(school=oak, school_class=made, **who)
    return made


def a_link(oak: School, pupil: Pupil, mis_id: str, **fields: Any) -> MISLink:
    made: MISLink = MISLink.objects.create(
        school=oak, kind=Kind.PUPIL, pupil=pupil, provider="wonde", mis_id=mis_id, **fields
    )
    return made


def merged(oak: School, by: User, stays: Pupil | Employee, goes: Pupil | Employee, *taken: str) -> Plan:
    kind = Kind.PUPIL if isinstance(stays, Pupil) else Kind.EMPLOYEE
    with school_scope(oak.pk):
        return merge(kind, stays=stays.pk, goes=goes.pk, taken=frozenset(taken), by=by)


def classes_of(pupil: Pupil) -> set[str]:
    rows = Enrolment.objects.filter(pupil=pupil, ends_on__isnull=True)
    return set(rows.values_list("school_class__name", flat=True))


def test_a_pupil_known_twice_is_found(oak: School, ada: User) -> None:
    one, other = jo(oak), jo(oak, surname="Novak")
    jo(oak, forename="Ida", upn=a_upn(2))
    with school_scope(oak.pk):
        (found,) = queries.found(Kind.PUPIL)
    assert (found.first, found.second, found.is_sure) == (one.pk, other.pk, True)


def test_what_hung_on_either_hangs_on_the_one_that_stays(oak: School, ada: User, wellbeing: Service) -> None:
    ladder = a_service("Reading Ladder", oak)
    stays, goes = jo(oak), jo(oak, email="jo@oak.example")
    with school_scope(oak.pk):
        a_class(oak, "4B", stays, goes, kind=ClassKind.REGISTRATION)
        a_class(oak, "4x/Ma1", goes)
        last_year = a_class(oak, "3x/Ma1", goes)
        Enrolment.objects.filter(school_class=last_year).update(ends_on=date(2026, 7, 20))
        for service, pupils in ((wellbeing, (stays, goes)), (ladder, (goes,))):
            for pupil in pupils:
                Access.objects.create(school=oak, service=service, pupil=pupil)
        choir, chess = (Group.objects.create(school=oak, name=name) for name in ("Choir", "Chess"))
        for group, pupil in ((choir, stays), (choir, goes), (chess, goes)):
            GroupMembership.objects.create(school=oak, group=group, pupil=pupil)
        a_link(oak, goes, "77")
    plan = merged(oak, ada, stays, goes, "email")
    with school_scope(oak.pk):
        assert plan.state == PlanState.APPLIED
        assert classes_of(stays) == {"4B", "4x/Ma1"}
        assert Enrolment.objects.get(school_class=last_year).pupil_id == stays.pk
        assert classes_of(goes) == set()
        assert set(Access.objects.values_list("pupil_id", "service__slug")) == {
            (stays.pk, "wellbeing"), (stays.pk, "reading-ladder"),
        }  # fmt: skip
        assert set(stays.groups.values_list("name", flat=True)) == {"Choir", "Chess"}
        assert MISLink.objects.get().pupil_id == stays.pk
        stays.refresh_from_db()
        goes.refresh_from_db()
        assert stays.email == "jo@oak.example"
        assert goes.merged_into_id == stays.pk
        assert goes.archived_at is not None
        assert [one.pk for one in pupils_listed(wellbeing, Wanted())] == [stays.pk]
        assert queries.found(Kind.PUPIL) == []
        assert AuditEntry.objects.filter(action="people.merged", by=ada).count() == 1
        assert JournalEntry.objects.filter(plan=plan).exists()


def test_the_one_that_stays_keeps_its_registration_group(oak: School, ada: User) -> None:
    stays, goes = jo(oak), jo(oak)
    with school_scope(oak.pk):
        a_class(oak, "4B", stays, kind=ClassKind.REGISTRATION)
        a_class(oak, "3B", goes, kind=ClassKind.REGISTRATION)
    merged(oak, ada, stays, goes)
    with school_scope(oak.pk):
        assert classes_of(stays) == {"4B"}


def test_two_records_of_the_mis_are_joined_there_first(oak: School, ada: User) -> None:
    stays, goes = jo(oak), jo(oak)
    with school_scope(oak.pk):
        a_link(oak, stays, "76")
        a_link(oak, goes, "77")
    with pytest.raises(NotMergeable, match="Join the two in your MIS first"):
        merged(oak, ada, stays, goes)
    with school_scope(oak.pk):
        assert Pupil.objects.filter(archived_at__isnull=True).count() == 2
        assert not Plan.objects.exists()


def test_the_link_that_the_mis_still_knows_stays(oak: School, ada: User) -> None:
    stays, goes = jo(oak), jo(oak)
    with school_scope(oak.pk):
        a_link(oak, stays, "76", lost_at="2026-01-01T00:00:00Z", lost_why="left_mis")
        a_link(oak, goes, "77")
    merged(oak, ada, stays, goes)
    with school_scope(oak.pk):
        link = MISLink.objects.get()
        assert (link.pupil_id, link.mis_id) == (stays.pk, "77")


def test_fields_from_the_mis_stay_as_the_mis_has_them(oak: School, ada: User) -> None:
    stays, goes = jo(oak, year_group="4"), jo(oak, year_group="5", admission_number="1044")
    with school_scope(oak.pk):
        a_link(oak, stays, "76")
    merged(oak, ada, stays, goes, "year_group", "admission_number")
    with school_scope(oak.pk):
        now = Pupil.objects.get(pk=stays.pk)
        assert (now.year_group, now.admission_number) == ("4", "1044")


def test_the_sync_after_a_merge_finds_one_person_and_adds_nobody(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    stays, goes = jo(oak), jo(oak, surname="Novak")
    merged(oak, ada, stays, goes)
    broker = Sends(
        children=[an_mis_pupil("p1", forename="Jo", surname="Novák", upn=a_upn(1), birthday=SPRING)]
    )
    save_everything(fetched(connection, ada, broker), ada, wellbeing)
    with school_scope(oak.pk):
        assert Pupil.objects.count() == 2
        assert MISLink.objects.get(kind=Kind.PUPIL).pupil_id == stays.pk


def test_staff_are_merged_with_what_they_teach(oak: School, ada: User) -> None:
    stays, goes = an_employee(oak), an_employee(oak, teacher_number="1234567")
    with school_scope(oak.pk):
        a_class(oak, "4x/Ma1", goes)
    merged(oak, ada, stays, goes, "teacher_number")
    with school_scope(oak.pk):
        assert Enrolment.objects.get(ends_on__isnull=True).employee_id == stays.pk
        assert Employee.objects.get(pk=stays.pk).teacher_number == "1234567"


def test_not_the_same_person_is_remembered_and_can_be_taken_back(oak: School, ada: User) -> None:
    one, other = jo(oak), jo(oak)
    with school_scope(oak.pk):
        for _ in range(2):
            tell_apart(Kind.PUPIL, one=other.pk, other=one.pk, by=ada)
        assert queries.found(Kind.PUPIL) == []
        assert [row.by_id for row in queries.told_apart_listed(Kind.PUPIL)] == [ada.pk]
        ask_again(Kind.PUPIL, one=one.pk, other=other.pk, by=ada)
        assert len(queries.found(Kind.PUPIL)) == 1
        actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
        assert list(actions) == ["people.told_apart", "people.asked_again"]


def test_whom_the_other_record_is_not_in_the_mis_the_one_that_stays_is_not_either(
    oak: School, ada: User
) -> None:
    stays, goes = jo(oak), jo(oak)
    with school_scope(oak.pk):
        Decision.objects.create(school=oak, kind=Kind.PUPIL, hub_id=goes.pk, mis_id="p9", is_same=False)
    merged(oak, ada, stays, goes)
    with school_scope(oak.pk):
        assert Decision.objects.filter(hub_id=stays.pk, mis_id="p9", is_same=False).exists()


def test_a_draft_writes_nothing_but_the_plan(oak: School, ada: User) -> None:
    stays, goes = jo(oak), jo(oak)
    with school_scope(oak.pk):
        plan = draft_merge(Kind.PUPIL, stays=stays.pk, goes=goes.pk, by=ada)
        assert plan.state == PlanState.DRAFTED
        assert plan.counts == {"merge": 1}
        assert Pupil.objects.filter(archived_at__isnull=True).count() == 2


def test_nobody_is_merged_with_themselves_with_another_schools_pupil_or_twice(oak: School, ada: User) -> None:
    stays, goes, third = jo(oak), jo(oak), jo(oak)
    elm = a_pupil(a_school("Elm Primary School"), forename="Jo")
    for one, other in ((stays, stays), (stays, elm), (elm, stays)):
        with pytest.raises(NotMergeable):
            merged(oak, ada, one, other)
    merged(oak, ada, stays, goes)
    for one, other in ((goes, third), (third, goes)):
        with pytest.raises(NotMergeable, match="not in the school's list any more"):
            merged(oak, ada, one, other)


def test_the_database_refuses_a_merged_person_who_is_not_archived(oak: School, ada: User) -> None:
    stays, goes = jo(oak), jo(oak)
    with pytest.raises(IntegrityError, match="who_was_merged_is_archived"), school_scope(oak.pk):
        Pupil.objects.filter(pk=goes.pk).update(merged_into=stays)


def test_a_legal_name_that_is_the_name_in_use_is_not_offered(oak: School, ada: User) -> None:
    stays, goes = jo(oak), jo(oak, legal_forename="Jo", legal_surname="Novák-Ray")
    with school_scope(oak.pk):
        sides = [queries.side_of(Kind.PUPIL, pupil.pk) for pupil in (stays, goes)]
    assert sides[0] is not None
    assert sides[1] is not None
    choices = [
        line.name for line in field_lines(sides[0], sides[1], owned_by_mis=frozenset()) if line.has_choice
    ]
    assert choices == ["legal_surname"]


def test_an_archived_class_that_both_were_in_stands_in_nobodys_way(oak: School, ada: User) -> None:
    stays, goes = jo(oak), jo(oak)
    with school_scope(oak.pk):
        both = a_class(oak, "3B", stays, goes, kind=ClassKind.REGISTRATION)
        one = a_class(oak, "3x/Ma1", goes)
        SchoolClass.objects.filter(pk__in=[both.pk, one.pk]).update(archived_at="2026-08-31T00:00:00Z")
    merged(oak, ada, stays, goes)
    with school_scope(oak.pk):
        assert set(Enrolment.objects.filter(pupil=stays).values_list("school_class__name", flat=True)) == {
            "3B",
            "3x/Ma1",
        }


def test_pairs_without_doubt_are_merged_together_and_undone_one_by_one(oak: School, ada: User) -> None:
    kit = {"forename": "Kit", "surname": "Ray", "upn": a_upn(2)}
    pupils = [jo(oak), jo(oak, email="jo@oak.example"), jo(oak, **kit), jo(oak, **kit)]
    lund = {"forename": "Ida", "surname": "Lund", "upn": ""}
    doubtful = [jo(oak, **lund), jo(oak, **lund)]
    first, second, third = (tuple(one.pk for one in pair) for pair in (pupils[:2], pupils[2:], doubtful))
    with school_scope(oak.pk):
        done = merge_without_doubt(Kind.PUPIL, pairs={first, second, third}, by=ada)  # type: ignore[arg-type]
        assert (len(done.plans), done.left) == (2, [])
        assert set(Pupil.objects.filter(archived_at=None)) == {pupils[0], pupils[2], *doubtful}
        assert Pupil.objects.get(pk=pupils[0].pk).email == "jo@oak.example"
        of_kit = next(plan for plan in done.plans if plan.changes.filter(hub_id=pupils[3].pk).exists())
        apply(draft_undo([of_kit], by=ada), by=ada)
        assert set(Pupil.objects.filter(archived_at=None)) == {pupils[0], pupils[2], pupils[3], *doubtful}
        assert merge_without_doubt(Kind.PUPIL, pairs={first}, by=ada).plans == []  # type: ignore[arg-type]
