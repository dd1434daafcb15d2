"""A hub to read from, as Wellbeing meets it over HTTP, and Oak Primary with its people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import httpx2
import pytest
from django.test import Client

from adminhub.wellbeing.roster import actions
from adminhub.wellbeing.roster.handed import PATH, HubRoster
from adminhub.wellbeing.roster.models import Membership, School, User


@dataclass
class AHub:
    """Answers OneRoster for one school from lists that a test changes; `fails_with` answers instead."""

    school_id: UUID = field(default_factory=uuid4)
    users: list[dict[str, Any]] = field(default_factory=list)
    classes: list[dict[str, Any]] = field(default_factory=list)
    enrollments: list[dict[str, Any]] = field(default_factory=list)
    demographics: list[dict[str, Any]] = field(default_factory=list)
    fails_with: httpx2.Response | Exception | None = None
    fails_on: str = ""
    tokens: int = 0
    asked: list[str] = field(default_factory=list)

    def client(self) -> HubRoster:
        return HubRoster(
            hub_url="http://hub.example", client_id="wellbeing", client_secret="secret",
            transport=httpx2.MockTransport(self.answer),
        )  # fmt: skip

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix(PATH)
        self.asked.append(path)
        if self.fails_with is not None and (not self.fails_on or self.fails_on in path):
            if isinstance(self.fails_with, Exception):
                raise self.fails_with
            return self.fails_with
        if path == "/identity/o/api/token":
            self.tokens += 1
            assert parse_qs(request.content.decode())["grant_type"] == ["client_credentials"]
            return httpx2.Response(200, json={"access_token": f"t{self.tokens}", "expires_in": 3600})
        assert request.headers["authorization"] == f"Bearer t{self.tokens}"
        if path == f"/schools/{self.school_id}":
            return httpx2.Response(
                200, json={"org": {"sourcedId": str(self.school_id), "name": "Oak Primary"}}
            )
        name = path.rsplit("/", 1)[-1]
        rows = getattr(self, name, None)
        if rows is None or (path.startswith("/schools/") and str(self.school_id) not in path):
            return httpx2.Response(404, json={})
        limit, offset = (int(request.url.params[name]) for name in ("limit", "offset"))
        return httpx2.Response(
            200, json={name: rows[offset : offset + limit]}, headers={"X-Total-Count": str(len(rows))}
        )

    def user(self, role: str = "student", **fields: Any) -> str:
        key = str(uuid4())
        given = {
            "sourcedId": key, "status": "active", "givenName": "Kit", "familyName": "Ray",
            "roles": [{"role": role}], **({"grades": ["5"]} if role == "student" else {}), **fields,
        }  # fmt: skip
        self.users.append(given)
        return key

    def school_class(self, *people: str, **fields: Any) -> str:
        key = str(uuid4())
        given = {"sourcedId": key, "status": "active", "title": "5R", "classType": "homeroom", **fields}
        self.classes.append(given)
        for person in people:
            self.enrollments.append(
                {
                    "sourcedId": f"enrolment-{len(self.enrollments)}", "status": "active",
                    "user": {"sourcedId": person}, "class": {"sourcedId": key},
                }
            )  # fmt: skip
        return key

    def without(self, person: str) -> None:
        """The hub hands this person over no more."""
        self.users = [row for row in self.users if row["sourcedId"] != person]
        self.enrollments = [row for row in self.enrollments if row["user"]["sourcedId"] != person]


@pytest.fixture
def hub(db: None, monkeypatch: pytest.MonkeyPatch) -> AHub:
    hub = AHub()
    client = hub.client()
    monkeypatch.setattr(actions, "hub_roster", lambda: client)
    return hub


@pytest.fixture
def oak(hub: AHub) -> School:
    return School.objects.create(sourced_id=hub.school_id, name="Oak Primary", coordinators="Ada Okafor")


@pytest.fixture
def ben(oak: School) -> User:
    user = User.objects.create_user("ben@oak.example", first_name="Ben", last_name="Carter")
    Membership.objects.create(user=user, school=oak, role="teacher", sees_hub=True)
    return user


@pytest.fixture
def browser(ben: User) -> Client:
    """Ben's browser."""
    browser = Client()
    browser.force_login(ben, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser
