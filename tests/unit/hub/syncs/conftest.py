"""Ada at Oak, connected, with Wellbeing."""

from __future__ import annotations

import pytest

from adminhub.hub.connections.models import Connection
from adminhub.hub.providers.fake import FakeProvider, FakeSchool
from adminhub.hub.providers.values import Candidate, ConsentState, ConsentWord
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.syncs.models import SyncRun
from tests.unit.hub.cast import a_grant, a_school, a_service, a_user
from tests.unit.hub.syncs.cast import (
    a_connection,
    again,
    an_mis_class,
    an_mis_employee,
    an_mis_group,
    fetched,
    save_everything,
)
from tests.unit.hub.syncs.nights import pupils


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


@pytest.fixture
def broker(oak: School) -> FakeProvider:
    """Oak's MIS: Ben, class 4B and a subject class, twelve pupils."""
    school = FakeSchool(
        Candidate(school_id=f"A{oak.pk}", name=oak.name),
        state=ConsentState(word=ConsentWord.AUDITED),
        employees=[an_mis_employee("e1", email="ben@oak.example")],
        registration_groups=[an_mis_group("g1", "4B", employees=("Be1",))],
        classes=[an_mis_class("c1", "4x/Ma1", subject="Mathematics")],
        pupils=pupils(12),
    )
    return FakeProvider([school])


@pytest.fixture
def synced(connection: Connection, ada: User, wellbeing: Service, broker: FakeProvider) -> SyncRun:
    """Ada has gone through a whole sync once."""
    run = fetched(connection, ada, broker)
    save_everything(run, ada, wellbeing)
    return again(run)
