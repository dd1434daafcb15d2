"""Leavers are deleted on a day that a person chose, after a letter, unless they are back; and then for good."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from adminhub.hub.applying.errors import CannotUndo
from adminhub.hub.applying.models import JournalEntry
from adminhub.hub.applying.undoing import draft_undo
from adminhub.hub.connections.models import Connection
from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.jobs.tidying import tidy_school
from adminhub.hub.leavers.actions import Deed, act
from adminhub.hub.leavers.deletion import schedule
from adminhub.hub.leavers.errors import TooEarly
from adminhub.hub.leavers.models import ScheduledDeletion
from adminhub.hub.planning.models import Plan, Purpose
from adminhub.hub.roster.models import Employee, FeedEntry, Kind, MISLink, Pupil
from adminhub.hub.schools.models import Role, School, Service, User
from tests.unit.hub.cast import a_grant, a_school, a_user, an_employee
from tests.unit.hub.leavers.test_leavers import address, window
from tests.unit.hub.syncs.cast import Sends, an_mis_group, an_mis_pupil, fetched, save_everything
from tests.unit.hub.syncs.conftest import ada, connection, oak, wellbeing

__all__ = ["ada", "connection", "oak", "wellbeing", "window"]
pytestmark = pytest.mark.django_db
NONE = frozenset({"none_sent"})


def a_mis(*numbers: int) -> Sends:
    children = [
        an_mis_pupil(f"p{n}", forename=f"Kit{n}", surname="Quillfeather", registration_group="Bg1")
        for n in numbers
    ]
    return Sends(groups=[an_mis_group("g1", "4B")], children=children)


@pytest.fixture
def gone(oak: School, ada: User, wellbeing: Service, connection: Connection) -> Pupil:
    """Kit0 of ten pupils has left Oak's MIS, after syncs that added, and then archived, somebody else's record."""
    sync(connection, ada, wellbeing, a_mis(*range(10)))
    sync(connection, ada, wellbeing, a_mis(*range(1, 10)))
    with school_scope(oak.pk):
        return Pupil.objects.get(forename="Kit0")


def sync(connection: Connection, ada: User, service: Service, mis: Sends) -> None:
    save_everything(fetched(connection, ada, mis), ada, service, confirmed=NONE)


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def on_day(days: int) -> datetime:
    return timezone.now() + timedelta(days=days)


def scheduled(school: School, by: User, *people: Pupil, days: int = 10) -> int:
    with school_scope(school.pk):
        return schedule(kind=Kind.PUPIL, ids=[person.pk for person in people], on=in_days(days), by=by)


def heard_lately(school: School) -> None:
    with school_scope(school.pk):
        Connection.objects.update(pulled_at=timezone.now())


def tidied(school: School, days: int) -> None:
    with time_machine.travel(on_day(days)):
        heard_lately(school)
        tidy_school(school.pk)


def is_here(school: School, person: Pupil) -> bool:
    with school_scope(school.pk):
        return Pupil.objects.filter(pk=person.pk).exists()


def rows_with(word: str) -> dict[str, int]:
    """In which tables any row has this word, whatever its column."""
    with database.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.columns where table_schema = 'public' "
            "and column_name = 'school_id'"
        )
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f'select count(*) from "{table}" t where t::text ilike %s', [f"%{word}%"])
            if count := cursor.fetchone()[0]:
                found[table] = count
        return found


def test_a_leaver_is_deleted_on_the_day_after_a_letter_and_nothing_says_anything_about_them(
    oak: School, ada: User, wellbeing: Service, gone: Pupil
) -> None:
    with school_scope(oak.pk):
        act(Deed.ARCHIVE, kind=Kind.PUPIL, ids=[gone.pk], service=wellbeing, by=ada)
        assert {"journal_entry", "planned_change", "match_row"} <= rows_with("Kit0").keys()
    assert scheduled(oak, ada, gone) == 1
    tidied(oak, 1)
    assert mail.outbox == []
    tidied(oak, 4)
    [letter] = mail.outbox
    assert "1 leaver will be deleted for good" in letter.subject
    assert "Kit0" not in letter.body
    tidied(oak, 9)
    assert is_here(oak, gone)
    tidied(oak, 11)
    assert not is_here(oak, gone)
    with school_scope(oak.pk):
        assert rows_with("Kit0") == {}
        assert Pupil.objects.count() == 9
        plan = Plan.objects.get(purpose=Purpose.ERASURE)
        assert plan.counts == {"erase": 1}
        assert FeedEntry.objects.filter(change="deleted", sourced_id=gone.sourced_id).exists()
        [said] = AuditEntry.objects.filter(action="leavers.deleted").values_list("detail", flat=True)
        assert said == {"count": 1, "asked_by": [ada.pk]}
        with pytest.raises(CannotUndo):
            draft_undo([plan], by=ada)
    tidied(oak, 12)
    assert len(mail.outbox) == 1


def test_with_a_teacher_goes_their_log_in_but_not_one_that_another_school_needs(
    oak: School, ada: User, wellbeing: Service
) -> None:
    ben, cat = a_user("Ben"), a_user("Cat")
    elm = a_school("Elm Park School")
    for user in (ben, cat):
        a_grant(user, oak, wellbeing, Role.TEACHER)
        a_leaver(oak, user)
    a_grant(cat, elm, wellbeing, Role.TEACHER)
    with school_scope(oak.pk):
        staff = list(Employee.objects.values_list("pk", flat=True))
        schedule(kind=Kind.EMPLOYEE, ids=staff, on=in_days(10), by=ada)
    for day in (4, 11):
        tidied(oak, day)
    ben.refresh_from_db()
    cat.refresh_from_db()
    assert (ben.is_active, ben.has_usable_password(), ben.get_full_name()) == (
        False,
        False,
        f"deleted-{ben.pk}@deleted.invalid",
    )
    assert (cat.is_active, cat.first_name) == (True, "Cat")
    assert [grant.school for grant in cat.role_grants.all()] == [elm]


def a_leaver(school: School, user: User) -> None:
    """A teacher with a log-in who has left the MIS."""
    teacher = an_employee(school, forename=user.first_name, email=user.email, user=user)
    with school_scope(school.pk):
        MISLink.objects.create(
            school=school,
            kind=Kind.EMPLOYEE,
            employee=teacher,
            mis_id=f"e{user.pk}",
            broker_id=f"Be{user.pk}",
            lost_at=timezone.now(),
            lost_why="left_mis",
        )


def test_whoever_is_back_or_may_be_back_is_not_deleted(
    oak: School, ada: User, wellbeing: Service, connection: Connection, gone: Pupil
) -> None:
    scheduled(oak, ada, gone)
    fetched(connection, ada, a_mis(*range(10)))  # it waits for a person, who has not saved it yet
    tidied(oak, 4)
    assert mail.outbox == []
    with school_scope(oak.pk):
        assert not ScheduledDeletion.objects.exists()
        cancelled = AuditEntry.objects.get(action="leavers.deletion_cancelled")
        assert (cancelled.subject, cancelled.by) == ("returned", None)


def test_nobody_is_deleted_of_whom_nobody_was_told_or_while_the_mis_was_not_heard(
    oak: School, ada: User, gone: Pupil
) -> None:
    scheduled(oak, ada, gone)
    tidied(oak, 11)  # the letters of the days before were missed: this one is the first
    assert is_here(oak, gone)
    assert len(mail.outbox) == 1
    with time_machine.travel(on_day(40)):
        tidy_school(oak.pk)
    assert is_here(oak, gone)
    tidied(oak, 40)
    assert not is_here(oak, gone)


def test_only_leavers_are_scheduled_and_not_for_tomorrow(oak: School, ada: User, gone: Pupil) -> None:
    with school_scope(oak.pk):
        others = list(Pupil.objects.exclude(pk=gone.pk))
    assert scheduled(oak, ada, *others) == 0
    with pytest.raises(TooEarly):
        scheduled(oak, ada, gone, days=1)


def delete(window: Client, school: School, person: Pupil, **data: Any) -> str:
    return window.post(
        address(school, "schedule"), {"pick": [person.pk], **data}, follow=True
    ).content.decode()


def test_the_page_asks_for_a_day_and_a_word_and_takes_it_back(
    oak: School, ada: User, gone: Pupil, window: Client
) -> None:
    asked = delete(window, oak, gone)
    assert "Delete 1 pupil for good?" in asked
    assert "cannot be undone" in asked
    refused = delete(window, oak, gone, on=str(in_days(30)), typed="yes")
    assert "Nothing was scheduled" in refused
    early = delete(window, oak, gone, on=str(in_days(2)), typed="DELETE")
    assert "at least 8 days" in early
    with school_scope(oak.pk):
        assert not ScheduledDeletion.objects.exists()
    listed = delete(window, oak, gone, on=str(in_days(30)), typed="delete")
    assert "1 pupil will be deleted for good on" in listed
    assert "Cancel deletion" in listed
    kept = window.post(address(oak, "keep"), {"pick": [gone.pk]}, follow=True).content.decode()
    assert "Cancelled: 1 pupil will not be deleted." in kept
    with school_scope(oak.pk):
        assert not ScheduledDeletion.objects.exists()


def test_a_teacher_and_another_school_cannot_schedule(oak: School, wellbeing: Service, gone: Pupil) -> None:
    cal, ben = a_user("Cal"), a_user("Ben")
    a_grant(cal, a_school("Elm Primary School"), wellbeing)
    a_grant(ben, oak, wellbeing, Role.TEACHER)
    for person in (cal, ben):
        other = Client()
        other.force_login(person)
        answer = other.post(
            address(oak, "schedule"), {"pick": [gone.pk], "on": str(in_days(30)), "typed": "DELETE"}
        )
        assert answer.status_code in (403, 404)
    with school_scope(oak.pk):
        assert not ScheduledDeletion.objects.exists()
        assert MISLink.objects.filter(pupil=gone).exists()
        assert JournalEntry.objects.exists()
