"""The cast: Oak Hill bought Wellbeing, Elm did not; Ada coordinates, Ben teaches, Cal is of Elm."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from adminhub.hub.core.scope import school_scope
from adminhub.hub.outputs.actions import connect_service
from adminhub.hub.outputs.oneroster.credentials import SCOPES
from adminhub.hub.roster.models import Access, Employee, Enrolment, FeedEntry, Pupil, SchoolClass
from adminhub.hub.schools.models import Role, RoleGrant, School, Service, Subscription, User

ROOT = "/ims/oneroster/rostering/v1p2"
CLIENT_SECRET = "a secret of the test"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"twenty-four bytes of test").decode()
REDIRECT = "http://wellbeing.example/account/oidc/adminhub/login/callback/"

_numbers = itertools.count(1000)


@dataclass
class ASchool:
    """A school and builders of its roster. Each builder returns the row it made."""

    school: School
    service: Service

    def scope(self) -> Any:
        return school_scope(self.school.pk)

    def pupil(self, *, access: bool = True, **fields: Any) -> Pupil:
        with self.scope():
            given = {"forename": "Kit", "surname": "Ray", **fields}
            pupil = Pupil.objects.create(school=self.school, **given)
            if access:
                self.grant(pupil=pupil)
            return pupil

    def employee(self, *, access: bool = True, **fields: Any) -> Employee:
        with self.scope():
            given = {"forename": "Ben", "surname": "Carter", "is_teaching": True, **fields}
            employee = Employee.objects.create(school=self.school, **given)
            if access:
                self.grant(employee=employee)
            return employee

    def grant(self, **person: Any) -> None:
        with self.scope():
            Access.objects.create(school=self.school, service=self.service, **person)
            FeedEntry.objects.create(school=self.school, kind="access", change="granted")

    def withdraw(self, **person: Any) -> None:
        with self.scope():
            Access.objects.filter(service=self.service, **person).delete()
            FeedEntry.objects.create(school=self.school, kind="access", change="withdrawn")

    def school_class(self, *people: Pupil | Employee, **fields: Any) -> SchoolClass:
        with self.scope():
            given = {"kind": "teaching", "name": "9x/En1", "subject": "English", **fields}
            made = SchoolClass.objects.create(school=self.school, **given)
            for person in people:
                who = {"pupil" if isinstance(person, Pupil) else "employee": person}
                Enrolment.objects.create(school=self.school, school_class=made, **who)
            return made


@dataclass
class Roster:
    """A client of the OneRoster API with a token."""

    token: str
    client: Client = field(default_factory=Client)

    def get(self, path: str, **parameters: Any) -> Any:
        return self.client.get(
            f"{ROOT}/{path}", parameters, headers={"authorization": f"Bearer {self.token}"}
        )


def make_school(name: str, **fields: Any) -> School:
    number = next(_numbers)
    return School.objects.create(
        centre_id=number, sourced_id=uuid4(), name=name, urn=str(100000 + number), **fields
    )


@pytest.fixture
def wellbeing(db: None) -> Service:
    service = Service.objects.create(
        slug="wellbeing", name="Wellbeing", pupil_fields=["year_group", "birthday", "sex"]
    )
    connect_service(
        service=service,
        client_id="wellbeing",
        client_secret=CLIENT_SECRET,
        redirect_uris=[REDIRECT],
        post_logout_redirect_uris=["http://wellbeing.example/"],
        webhook_url="http://wellbeing.example/hooks/roster/",
        webhook_secret=WEBHOOK_SECRET,
    )
    return service


@pytest.fixture
def oak(wellbeing: Service) -> ASchool:
    school = make_school("Oak Primary")
    Subscription.objects.create(school=school, service=wellbeing)
    return ASchool(school, wellbeing)


@pytest.fixture
def elm(wellbeing: Service) -> ASchool:
    """Elm has not bought Wellbeing."""
    return ASchool(make_school("Elm Park"), wellbeing)


@pytest.fixture
def ada(oak: ASchool) -> User:
    user = User.objects.create_user(
        "ada@oak.example", "a long password", first_name="Ada", last_name="Okafor"
    )
    RoleGrant.objects.create(user=user, school=oak.school, service=oak.service, role=Role.ACCESS_COORDINATOR)
    return user


@pytest.fixture
def cal(elm: ASchool) -> User:
    return User.objects.create_user("cal@elm.example", "a long password", first_name="Cal", last_name="Dunn")


@pytest.fixture
def token_for(wellbeing: Service) -> Callable[..., str]:
    """Asks for a client-credentials token over HTTP with these scopes."""

    def ask(*scopes: str) -> str:
        basic = base64.b64encode(f"wellbeing:{CLIENT_SECRET}".encode()).decode()
        answer = Client().post(
            "/identity/o/api/token",
            {"grant_type": "client_credentials", "scope": " ".join(scopes)},
            headers={"authorization": f"Basic {basic}"},
        )
        assert answer.status_code == 200, answer.content
        assert answer.json()["expires_in"] > 0
        return str(answer.json()["access_token"])

    return ask


@pytest.fixture
def roster(token_for: Callable[..., str]) -> Roster:
    """A client with every scope."""
    return Roster(token_for(*SCOPES))


@pytest.fixture(autouse=True)
def _one_address(settings: Any) -> None:
    settings.HUB_URL = "http://testserver"


assert settings.HUB_TOKEN_KEY, "the test plugin makes one"
