"""Ada at Oak, connected, with Wellbeing."""

from __future__ import annotations

import pytest

from adminhub.hub.connections.models import Connection
from adminhub.hub.schools.models import School, Service, User
from tests.unit.hub.cast import a_grant, a_school, a_service, a_user
from tests.unit.hub.syncs.cast import a_connection


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
def connection(oak: School, ada: User) -> Connection:
    return a_connection(oak, ada)
