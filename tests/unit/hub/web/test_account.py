"""Logging in, and arriving at the right school and service."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from adminhub.hub.schools.models import Role, School, Service, User
from tests.unit.hub.cast import PASSWORD, a_grant, a_school, a_service

pytestmark = pytest.mark.django_db
LogIn = Callable[[User], Client]
WRONG = "The e-mail address or the password is not right."


@pytest.fixture(autouse=True)
def _forget_tries(db: None) -> None:
    cache.clear()


def log_in(email: str, password: str, client: Client | None = None) -> tuple[int, str]:
    response = (client or Client()).post("/login/", {"login": email, "password": password})
    return response.status_code, response.content.decode()


def test_the_log_in_asks_for_e_mail_and_password_only() -> None:
    page = Client().get("/login/").content.decode()
    assert 'name="login"' in page
    assert 'name="password"' in page
    assert 'name="centre' not in page


def test_an_e_mail_and_its_password_log_in(ada: User) -> None:
    assert log_in("ADA@oak.example", PASSWORD)[0] == 302


@pytest.mark.parametrize("email", ["ada@oak.example", "nobody@oak.example"])
def test_wrong_details_do_not_say_which_was_wrong(ada: User, email: str) -> None:
    status, page = log_in(email, "not the password")
    assert status == 200
    assert WRONG in page


@pytest.mark.parametrize("email", ["ada@oak.example", "nobody@oak.example"])
def test_repeated_failures_are_throttled_with_a_sentence(ada: User, email: str) -> None:
    answers = [log_in(email, "not the password") for _ in range(7)]
    status, page = answers[-1]
    assert status == 429
    assert "Too many failed log-ins" in page
    assert WRONG not in page


def test_who_is_not_logged_in_is_sent_to_the_log_in_and_back(oak: School) -> None:
    response = Client().get(f"/{oak.centre_id}/wellbeing/teachers/")
    assert response.headers["Location"] == f"/login/?next=/{oak.centre_id}/wellbeing/teachers/"


def test_one_service_goes_straight_in(client_of_ada: Client, oak: School) -> None:
    response = client_of_ada.get("/choose/")
    assert response.headers["Location"] == f"/{oak.centre_id}/wellbeing/teachers/"


def test_several_services_are_asked_for(client_of_ada: Client, ada: User, oak: School) -> None:
    a_grant(ada, oak, a_service("Reading Ladder", oak), Role.DEPUTY_COORDINATOR)
    page = client_of_ada.get("/choose/").content.decode()
    assert ">Wellbeing</a>" in page
    assert ">Reading Ladder</a>" in page


def test_home_offers_the_coordinator_to_manage_the_hub(client_of_ada: Client) -> None:
    assert "Manage Admin Hub" in client_of_ada.get("/").content.decode()


def test_home_offers_a_teacher_only_to_view_it(ben: User, logged_in: LogIn) -> None:
    assert "Manage Admin Hub" not in logged_in(ben).get("/").content.decode()


def test_a_services_icon_opens_the_right_service(client_of_ada: Client, ada: User, oak: School) -> None:
    a_grant(ada, oak, a_service("Reading Ladder", oak), Role.DEPUTY_COORDINATOR)
    response = client_of_ada.get("/open/reading-ladder/")
    assert response.headers["Location"] == f"/{oak.centre_id}/reading-ladder/teachers/"


def test_of_several_schools_the_icon_asks_which(client_of_ada: Client, ada: User, wellbeing: Service) -> None:
    elm = a_school("Elm School")
    a_service("Wellbeing", elm)
    a_grant(ada, elm, wellbeing)
    page = client_of_ada.get("/open/wellbeing/").content.decode()
    assert "Oak Primary School" in page
    assert "Elm School" in page


def test_who_has_no_role_for_a_service_is_told_whom_to_ask(
    ada: User, ben: User, oak: School, logged_in: LogIn
) -> None:
    ladder = a_service("Reading Ladder", oak)
    a_grant(ada, oak, ladder)
    response = logged_in(ben).get("/open/reading-ladder/")
    assert response.status_code == 403
    assert "ada@oak.example" in response.content.decode()
