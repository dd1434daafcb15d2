"""Who has left the MIS: listed, put away or taken out of a service with one press, and back with another."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from adminhub.hub.applying.actions import apply
from adminhub.hub.applying.undoing import draft_undo
from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.leavers import queries
from adminhub.hub.leavers.queries import Asked
from adminhub.hub.planning.models import Plan
from adminhub.hub.roster.actions import grant_access
from adminhub.hub.roster.models import Access, FeedEntry, Kind, MISLink, Pupil
from adminhub.hub.schools.models import Role, School, Service, User
from tests.unit.hub.cast import a_grant, a_pupil, a_school, a_user, an_employee
from tests.unit.hub.syncs.conftest import ada, oak, wellbeing

__all__ = ["ada", "oak", "wellbeing"]
pytestmark = pytest.mark.django_db


def a_link(school: School, *, lost_why: str = "", **whose: Any) -> MISLink:
    kind = Kind.PUPIL if "pupil" in whose else Kind.EMPLOYEE
    lost_at = timezone.now() if lost_why else None
    number = f"m{MISLink.objects.count()}"
    return MISLink.objects.create(
        school=school, kind=kind, provider="wonde", mis_id=number, lost_at=lost_at, lost_why=lost_why, **whose
    )


@pytest.fixture
def kit(oak: School, ada: User, wellbeing: Service) -> Pupil:
    """Kit has left Oak's MIS and has access to Wellbeing; Jo is still there, and Kim is outside a sync's scope."""
    kit, jo, kim = (a_pupil(oak, forename=name) for name in ("Kit", "Jo", "Kim"))
    with school_scope(oak.pk):
        a_link(oak, pupil=kit, lost_why="left_mis")
        a_link(oak, pupil=jo)
        a_link(oak, pupil=kim, lost_why="out_of_scope")
        people = [kit.pk, jo.pk, kim.pk]
        grant_access(service=wellbeing, kind=Kind.PUPIL, ids=people, by=ada)
    return kit


@pytest.fixture
def window(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def address(school: School, name: str = "listed") -> str:
    return reverse(f"leavers:{name}", kwargs={"centre_id": school.centre_id, "service": "wellbeing"})


def do(window: Client, school: School, deed: str, *people: Pupil, **more: str) -> bytes:
    data = {"deed": deed, "pick": [person.pk for person in people], **more}
    return window.post(address(school, "do"), data, follow=True).content


def names(school: School, service: Service, **asked: Any) -> list[str]:
    with school_scope(school.pk):
        return [person.forename for person in queries.leavers(service, Asked(**asked))]


def test_only_who_left_the_mis_is_listed(oak: School, wellbeing: Service, kit: Pupil, window: Client) -> None:
    ben = an_employee(oak, forename="Ben")
    with school_scope(oak.pk):
        a_link(oak, employee=ben, lost_why="left_mis")
    assert names(oak, wellbeing) == ["Kit"]
    assert names(oak, wellbeing, kind=Kind.EMPLOYEE) == ["Ben"]
    page = window.get(address(oak)).content
    assert b"Kit Ray" in page
    assert b"Jo Ray" not in page


def test_withdrawing_access_takes_them_out_of_the_service_and_is_undone(
    oak: School, ada: User, wellbeing: Service, kit: Pupil, window: Client
) -> None:
    page = do(window, oak, "withdraw", kit)
    assert b"1 pupil no longer in Wellbeing. Nobody was deleted." in page
    with school_scope(oak.pk):
        assert not Access.objects.filter(pupil=kit).exists()
        assert Access.objects.count() == 2
        assert FeedEntry.objects.filter(sourced_id=kit.sourced_id, change="withdrawn").exists()
        assert AuditEntry.objects.filter(action="plan.applied", by=ada).exists()
        apply(draft_undo([Plan.objects.get()], by=ada), by=ada)
        assert Access.objects.filter(pupil=kit).exists()


def test_archiving_keeps_everything_and_bringing_back_shows_them_again(
    oak: School, wellbeing: Service, kit: Pupil, window: Client
) -> None:
    do(window, oak, "archive", kit)
    assert names(oak, wellbeing) == []
    assert names(oak, wellbeing, is_archived=True) == ["Kit"]
    with school_scope(oak.pk):
        assert Pupil.objects.filter(pk=kit.pk).exists()
        assert MISLink.objects.filter(pupil=kit).exists()
    do(window, oak, "bring_back", kit, query="archived=yes")
    assert names(oak, wellbeing) == ["Kit"]


def test_who_has_not_left_is_never_touched(oak: School, kit: Pupil, window: Client) -> None:
    with school_scope(oak.pk):
        others = list(Pupil.objects.exclude(pk=kit.pk))
    for deed in ("withdraw", "archive", "bring_back"):
        assert b"Nothing was changed" in do(window, oak, deed, *others)
    with school_scope(oak.pk):
        assert Access.objects.count() == 3
        assert not Plan.objects.exists()


def test_everybody_found_is_done_with_one_press_and_nobody_else(
    oak: School, wellbeing: Service, kit: Pupil, window: Client
) -> None:
    ola = a_pupil(oak, forename="Ola", surname="Other")
    with school_scope(oak.pk):
        a_link(oak, pupil=ola, lost_why="left_mis")
    do(window, oak, "archive", everybody="1", query="q=ray")
    assert names(oak, wellbeing) == ["Ola"]


def test_an_unknown_deed_is_not_found(oak: School, kit: Pupil, window: Client) -> None:
    assert window.post(address(oak, "do"), {"deed": "delete", "pick": kit.pk}).status_code == 404


def test_only_the_access_coordinator_of_the_school(oak: School, wellbeing: Service, kit: Pupil) -> None:
    ben, cal = a_user("Ben"), a_user("Cal")
    a_grant(ben, oak, wellbeing, Role.TEACHER_ADMIN)
    a_grant(cal, a_school("Elm Primary School"), wellbeing)
    for user, status in ((ben, 403), (cal, 404)):
        client = Client()
        client.force_login(user)
        assert client.get(address(oak)).status_code == status
        assert client.post(address(oak, "do"), {"deed": "archive", "pick": kit.pk}).status_code == status
    assert names(oak, wellbeing) == ["Kit"]


def test_no_query_count_grows_with_the_leavers(
    oak: School, kit: Pupil, window: Client, django_assert_max_num_queries: Any
) -> None:
    with school_scope(oak.pk):
        for number in range(40):
            a_link(oak, pupil=a_pupil(oak, forename=f"N{number}"), lost_why="left_mis")
    with django_assert_max_num_queries(20):
        assert window.get(address(oak)).status_code == 200
