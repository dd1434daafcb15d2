"""After a sync: who is synced and not shown in the service is named, with the reason, and given access with a press."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.roster.models import Access, FeedEntry, Pupil
from adminhub.hub.schools.models import Role, School, Service, User
from adminhub.hub.syncs.models import SyncRun
from adminhub.hub.syncs.queries import Why, hidden_people, invisible_people
from tests.unit.hub.cast import a_grant, a_school, a_user
from tests.unit.hub.syncs.cast import an_mis_employee, an_mis_pupil, fetched, save_everything
from tests.unit.hub.syncs.test_sync import oaks_mis
from tests.unit.hub.syncs.test_wizard import address, window

__all__ = ["window"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def run(oak: School, ada: User, wellbeing: Service, connection: Connection) -> SyncRun:
    """Ben and Cat are synced, and Kit and Ola, of whom Ola has no year group; nobody has access."""
    staff = [
        an_mis_employee("ben"),
        an_mis_employee("cat", forename="Cat", surname="Cook", is_teaching=False, job="Cook"),
    ]
    children = [
        an_mis_pupil("kit", registration_group="Bg1"),
        an_mis_pupil("ola", forename="Ola", surname="Other", year_group="", registration_group=""),
    ]
    run = fetched(connection, ada, oaks_mis(staff=staff, children=children))
    save_everything(run, ada, wellbeing)
    return run


def listed(oak: School, wellbeing: Service, why: Why) -> list[str]:
    with school_scope(oak.pk):
        return [person.forename for person in hidden_people(wellbeing, why)]


def url(oak: School, name: str, why: str = "no-access") -> str:
    return reverse(f"sync:{name}", kwargs={"centre_id": oak.centre_id, "service": "wellbeing", "why": why})


def test_each_reason_names_exactly_those_it_is_true_of(oak: School, wellbeing: Service, run: SyncRun) -> None:
    assert listed(oak, wellbeing, Why.NO_ACCESS) == ["Ola", "Kit"]
    assert listed(oak, wellbeing, Why.NO_YEAR_GROUP) == ["Ola"]
    assert listed(oak, wellbeing, Why.NO_REGISTRATION_GROUP) == ["Ola"]
    assert listed(oak, wellbeing, Why.STAFF_NO_ACCESS) == ["Ben"]  # a cook is no teacher


def test_finished_and_mis_user_sync_say_how_many_and_lead_to_their_names(
    oak: School, run: SyncRun, window: Client
) -> None:
    mis_sync = reverse("connect:mis_sync", kwargs={"centre_id": oak.centre_id, "service": "wellbeing"})
    for page in (address(run, "finished"), mis_sync):
        text = window.get(page).content.decode()
        assert "Give access to 2 pupils" in text
        assert "Give access to 1 teacher" in text
    assert b"Ola Other" in window.get(url(oak, "checklist", "no-year-group")).content


def test_one_press_gives_access_to_all_of_them_tells_the_services_and_is_undone(
    oak: School, wellbeing: Service, run: SyncRun, window: Client
) -> None:
    page = window.post(url(oak, "give_access"), follow=True)
    assert b"2 pupils now have access to Wellbeing." in page.content
    assert listed(oak, wellbeing, Why.NO_ACCESS) == []
    with school_scope(oak.pk):
        assert FeedEntry.objects.filter(change="granted").count() == 2
    window.post(reverse("access:undo", kwargs={"centre_id": oak.centre_id, "service": "wellbeing"}))
    assert listed(oak, wellbeing, Why.NO_ACCESS) == ["Ola", "Kit"]


def test_who_is_archived_or_has_left_is_not_counted(oak: School, wellbeing: Service, run: SyncRun) -> None:
    with school_scope(oak.pk):
        Pupil.objects.filter(forename="Ola").update(archived_at=timezone.now())
        assert (invisible_people(wellbeing).synced, invisible_people(wellbeing).no_year_group) == (1, 0)


@pytest.mark.parametrize("back", ["nonsense", "sync:give_access", "//evil.example/", "https://evil.example/"])
def test_after_giving_access_one_stays_in_the_hub(
    oak: School, run: SyncRun, window: Client, back: str
) -> None:
    answer = window.post(url(oak, "give_access"), {"back": back})
    where = {"centre_id": oak.centre_id, "service": "wellbeing"}
    assert answer["Location"] == reverse("connect:mis_sync", kwargs=where)


def test_what_cannot_be_given_is_not_found(oak: School, run: SyncRun, window: Client) -> None:
    assert window.post(url(oak, "give_access", "no-year-group")).status_code == 404
    assert window.get(url(oak, "checklist", "nonsense")).status_code == 404


def test_only_the_access_coordinator_of_the_school(oak: School, wellbeing: Service, run: SyncRun) -> None:
    ben, cal = a_user("Ben"), a_user("Cal")
    a_grant(ben, oak, wellbeing, Role.TEACHER_ADMIN)
    a_grant(cal, a_school("Elm Primary School"), wellbeing)
    for user, status in ((ben, 403), (cal, 404)):
        client = Client()
        client.force_login(user)
        assert client.get(url(oak, "checklist")).status_code == status
        assert client.post(url(oak, "give_access")).status_code == status
    with school_scope(oak.pk):
        assert not Access.objects.exists()


def test_no_query_count_grows_with_the_people(
    oak: School, run: SyncRun, window: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(20):
        assert window.get(url(oak, "checklist")).status_code == 200
