"""Ada at Oak with Wellbeing, logged in, and a broker in memory behind the screens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from adminhub.hub.connections import actions
from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.schools.models import Role, School, Service, User
from adminhub.hub.web.connect import views
from tests.unit.hub.cast import a_broker, a_grant, a_school, a_service, a_user


@pytest.fixture
def oak(db: None) -> School:
    return a_school()


@pytest.fixture
def wellbeing(oak: School) -> Service:
    return a_service("Wellbeing", oak)


@pytest.fixture
def ada(oak: School, wellbeing: Service) -> User:
    user = a_user()
    a_grant(user, oak, wellbeing)
    return user


@pytest.fixture
def logged_in() -> Callable[[User], Client]:
    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def client_of_ada(ada: User, logged_in: Callable[[User], Client]) -> Client:
    return logged_in(ada)


@pytest.fixture
def ben(oak: School, wellbeing: Service) -> User:
    user = a_user("Ben")
    a_grant(user, oak, wellbeing, Role.TEACHER)
    return user


@pytest.fixture
def broker(oak: School, monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    fake = a_broker(oak)
    for module in (views, actions):
        monkeypatch.setattr(module, "provider_of", lambda *_, **__: fake)
    return fake


@pytest.fixture
def at(oak: School) -> Callable[[str], str]:
    """The address of one of Oak's pages."""
    return lambda path: f"/{oak.centre_id}/wellbeing/{path}"
