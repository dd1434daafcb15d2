"""Who sees which page, and that consent is never the hub's to give."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from adminhub.hub.connections.models import State
from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.providers.values import ConsentWord
from adminhub.hub.schools.models import Role, School, Service, User
from tests.unit.hub.cast import OAK_AT_BROKER, a_grant, a_school, a_service, a_user, connection_of

pytestmark = pytest.mark.django_db
LogIn = Callable[[User], Client]
At = Callable[[str], str]

LISTS = ["teachers/", "pupils/", "classes/", "groups/"]
SCHOOL_TAB = [
    "school/",
    "school/mis-sync/",
    "school/mis-sync/authorise/",
    "school/mis-sync/state/",
    "school/mis-sync/move/",
    "school/duplicates/pupils/",
    "school/duplicates/teachers/",
]
MANAGERS = [Role.ACCESS_COORDINATOR, Role.DEPUTY_COORDINATOR]
OTHERS = [Role.TEACHER_ADMIN, Role.TEACHER]


@pytest.mark.parametrize("role", [*MANAGERS, *OTHERS])
@pytest.mark.parametrize("path", LISTS)
def test_every_role_sees_the_lists(
    oak: School, wellbeing: Service, logged_in: LogIn, at: At, role: Role, path: str
) -> None:
    user = a_user("Kim")
    a_grant(user, oak, wellbeing, role)
    assert logged_in(user).get(at(path)).status_code == 200


@pytest.mark.parametrize("role", OTHERS)
@pytest.mark.parametrize("path", SCHOOL_TAB)
def test_the_school_tab_is_closed_to_others_and_says_who_the_coordinator_is(
    ada: User, oak: School, wellbeing: Service, logged_in: LogIn, at: At, role: Role, path: str
) -> None:
    user = a_user("Kim")
    a_grant(user, oak, wellbeing, role)
    response = logged_in(user).get(at(path))
    assert response.status_code == 403
    assert "ada@oak.example" in response.content.decode()
    assert ">School<" not in logged_in(user).get(at("teachers/")).content.decode()


@pytest.mark.parametrize("path", [*LISTS, *SCHOOL_TAB])
def test_cal_of_elm_does_not_learn_that_oak_exists(ada: User, logged_in: LogIn, at: At, path: str) -> None:
    elm = a_school("Elm School")
    cal = a_user("Cal")
    a_grant(cal, elm, a_service("Wellbeing", elm))
    assert logged_in(cal).get(at(path)).status_code == 404


@pytest.mark.parametrize("powers", [{"is_staff": True}, {"is_staff": True, "is_superuser": True}])
@pytest.mark.parametrize("path", [*LISTS, *SCHOOL_TAB])
def test_hub_support_has_no_power_over_a_school(
    ada: User, logged_in: LogIn, at: At, powers: dict[str, bool], path: str
) -> None:
    assert logged_in(a_user("Sue", **powers)).get(at(path)).status_code == 404


def test_a_service_the_school_no_longer_buys_is_closed(client_of_ada: Client, oak: School, at: At) -> None:
    oak.subscriptions.all().delete()
    assert client_of_ada.get(at("teachers/")).status_code == 404


# Consent


def routes(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry)
        else:
            yield entry


def test_the_hub_has_no_address_that_approves() -> None:
    names = [f"{route.pattern} {route.name}".lower() for route in routes()]
    assert not [name for name in names if "approve" in name or ("consent" in name and "oidc" not in name)]


POSTS = ["authorise/A1000000001/submit/", "remind/", "deauthorise/", "start/"]


@pytest.mark.parametrize(
    "who",
    [*Role, "is_staff", "is_superuser"],
)
def test_nobody_of_the_hub_can_approve(
    ada: User, oak: School, wellbeing: Service, logged_in: LogIn, at: At, broker: FakeProvider, who: str
) -> None:
    broker.request(OAK_AT_BROKER)
    if who in Role.values:
        person = ada if who == Role.ACCESS_COORDINATOR else a_user("Kim")
        if person != ada:
            a_grant(person, oak, wellbeing, Role(who))
    else:
        person = a_user("Sue", **{who: True})
    client = logged_in(person)
    everything = {
        "state": "approved",
        "approve": "1",
        "mis_ids": "keep",
        "approved": "true",
        "deed": "approve",
    }
    for path in POSTS:
        client.post(at(f"school/mis-sync/{path}"), everything)
    assert broker.state(OAK_AT_BROKER).word in (ConsentWord.PENDING, ConsentWord.REVOKED)


def test_not_even_the_coordinators_own_request_approves_itself(
    client_of_ada: Client, oak: School, at: At, broker: FakeProvider
) -> None:
    client_of_ada.post(at("school/mis-sync/authorise/A1000000001/submit/"))
    client_of_ada.get(at("school/mis-sync/state/"))
    assert connection_of(oak).state == State.REQUESTED
