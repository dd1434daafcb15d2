"""Signing in to a service with the hub: code with PKCE, for people with a role, and nobody else."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from adminhub.hub.schools.models import Role, RoleGrant, Service, User
from tests.unit.hub.outputs.conftest import CLIENT_SECRET, REDIRECT, ASchool

VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def asked(**changes: str) -> dict[str, str]:
    parameters = {
        "response_type": "code",
        "client_id": "wellbeing",
        "redirect_uri": REDIRECT,
        "scope": "openid profile email",
        "state": "of the test",
        "nonce": "once",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in parameters.items() if value}


def authorise(user: User | None, **changes: str) -> Any:
    browser = Client()
    if user:
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser.get("/identity/o/authorize", asked(**changes))


def answer_in(response: Any) -> dict[str, str]:
    assert response.status_code == 302, response.content
    assert response["Location"].startswith(REDIRECT)
    return {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}


def exchange(code: str, *, secret: str = CLIENT_SECRET, verifier: str = VERIFIER) -> Any:
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "client_id": "wellbeing",
        "client_secret": secret, "code_verifier": verifier,
    }  # fmt: skip
    return Client().post("/identity/o/api/token", {name: value for name, value in form.items() if value})


def test_a_round_trip_tells_the_service_who_it_is_and_where(ada: User, oak: ASchool) -> None:
    answer = answer_in(authorise(ada))
    assert answer["state"] == "of the test"
    tokens = exchange(answer["code"]).json()
    claims = (
        Client()
        .get("/identity/o/api/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
        .json()
    )
    assert claims == {
        "sub": str(ada.pk),
        "email": "ada@oak.example",
        "email_verified": True,
        "name": "Ada Okafor",
        "given_name": "Ada",
        "family_name": "Okafor",
        "schools": [
            {
                "sourced_id": str(oak.school.sourced_id),
                "name": "Oak Primary",
                "role": "access_coordinator",
                "sees_hub": True,
                "access_coordinators": ["Ada Okafor"],
            }
        ],
    }
    assert "id_token" in tokens


def test_roles_for_other_services_are_not_told(ada: User, oak: ASchool, elm: ASchool) -> None:
    other = Service.objects.create(slug="ladder", name="Reading Ladder")
    RoleGrant.objects.create(user=ada, school=elm.school, service=other, role=Role.TEACHER)
    tokens = exchange(answer_in(authorise(ada))["code"]).json()
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    claims = Client().get("/identity/o/api/userinfo", headers=headers).json()
    assert [school["name"] for school in claims["schools"]] == ["Oak Primary"]


def test_pkce_is_required_with_s256(ada: User) -> None:
    for changes in (
        {"code_challenge": "", "code_challenge_method": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": ""},
    ):
        answer = answer_in(authorise(ada, **changes))
        assert answer["error"] == "invalid_request"
        assert "code" not in answer


@pytest.mark.parametrize("verifier", ["", "another-verifier-of-at-least-forty-three-characters-000"])
def test_a_code_without_its_verifier_is_worth_nothing(ada: User, verifier: str) -> None:
    code = answer_in(authorise(ada))["code"]
    assert exchange(code, verifier=verifier).status_code == 400


def test_a_code_works_once(ada: User) -> None:
    code = answer_in(authorise(ada))["code"]
    assert exchange(code).status_code == 200
    assert exchange(code).status_code == 400


def test_who_has_no_role_for_the_service_is_told_whom_to_ask(ada: User, oak: ASchool, cal: User) -> None:
    ladder = Service.objects.create(slug="ladder", name="Reading Ladder")
    from adminhub.hub.schools.models import Subscription

    Subscription.objects.create(school=oak.school, service=ladder)
    RoleGrant.objects.create(user=cal, school=oak.school, service=ladder, role=Role.TEACHER)
    response = authorise(cal)
    assert response.status_code == 403
    assert "Ada Okafor" in response.content.decode()
    assert answer_in(authorise(cal, prompt="none"))["error"] == "access_denied"


@pytest.mark.parametrize("changes", [{}, {"code_challenge": "", "code_challenge_method": ""}])
def test_no_other_method_gets_around_the_role_and_pkce(
    ada: User, cal: User, oak: ASchool, changes: dict[str, str]
) -> None:
    browser = Client()
    for user in (cal, ada) if changes else (cal,):
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        response = browser.head("/identity/o/authorize", asked(**changes))
        assert "code=" not in response.headers.get("Location", "")


def test_a_client_that_cannot_be_is_a_bad_request(wellbeing: Service) -> None:
    assert authorise(None, client_id="well\0being").status_code == 400


def test_support_staff_without_a_role_do_not_get_through(wellbeing: Service) -> None:
    support = User.objects.create_superuser("support@hub.example", "a long password")
    assert authorise(support).status_code == 403


def test_an_address_that_is_not_the_clients_gets_nobody(ada: User) -> None:
    response = authorise(ada, redirect_uri="https://evil.example/")
    assert response.status_code == 400
    assert "Location" not in response


def test_who_is_not_logged_in_logs_in_first(wellbeing: Service) -> None:
    response = authorise(None)
    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=/identity/o/authorize")


def test_wrong_secrets_are_throttled(ada: User) -> None:
    statuses = [exchange("code", secret="wrong").status_code for _ in range(22)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_the_configuration_names_the_hub_as_issuer(wellbeing: Service) -> None:
    found = Client().get("/.well-known/openid-configuration").json()
    assert found["issuer"] == "http://testserver"


def test_logging_out_at_the_service_asks_about_the_hub_and_returns(ada: User) -> None:
    browser = Client()
    browser.force_login(ada, backend="allauth.account.auth_backends.AuthenticationBackend")
    back = {"client_id": "wellbeing", "post_logout_redirect_uri": "http://wellbeing.example/"}
    page = browser.get("/identity/o/logout", back)
    assert page.status_code == 200
    assert "_auth_user_id" in browser.session
    token = page.context["csrf_token"]
    done = browser.post("/identity/o/logout", {**back, "action": "logout", "csrfmiddlewaretoken": str(token)})
    assert done["Location"] == "http://wellbeing.example/"
    assert "_auth_user_id" not in browser.session
