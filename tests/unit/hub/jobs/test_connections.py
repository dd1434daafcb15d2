"""The jobs about connections: asking, polling in case a webhook was lost, writing to the coordinators once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from adminhub.hub.connections import actions
from adminhub.hub.connections.models import BrokerSchool, State
from adminhub.hub.connections.sealing import seal
from adminhub.hub.core.scope import school_scope
from adminhub.hub.jobs import connections as jobs
from adminhub.hub.jobs.letters import tell_coordinators
from adminhub.hub.providers.errors import TryLater
from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.schools.models import Role, School, Service, User
from tests.unit.hub.cast import (
    OAK_AT_BROKER,
    a_broker,
    a_candidate,
    a_grant,
    a_school,
    a_service,
    a_user,
    connection_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def oak() -> School:
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
def broker(oak: School, monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    fake = a_broker(oak)
    for module in (jobs, actions):
        monkeypatch.setattr(module, "provider_of", lambda *_, **__: fake)
    return fake


@pytest.fixture
def requested(oak: School, ada: User, broker: FakeProvider) -> School:
    actions.request_access(school=oak, candidate=a_candidate(oak), by=ada, provider=broker)
    return oak


def waiting(name: str) -> list[dict[str, object]]:
    return list(ProcrastinateJob.objects.filter(task_name=name).values_list("args", flat=True))


def test_a_lost_webhook_is_healed_by_polling(requested: School, broker: FakeProvider) -> None:
    broker.approve(OAK_AT_BROKER)
    jobs.poll_connections(timestamp=0)
    [args] = waiting("hub.check_connection")
    jobs.check_connection(**args)
    assert connection_of(requested).state == State.AUDITING


def test_polling_twice_asks_once(requested: School) -> None:
    jobs.poll_connections(timestamp=0)
    jobs.poll_connections(timestamp=0)
    assert len(waiting("hub.check_connection")) == 1


def test_who_was_asked_a_moment_ago_is_not_due(requested: School, broker: FakeProvider) -> None:
    jobs.check_connection(school_id=requested.pk)
    jobs.poll_connections(timestamp=0)
    assert waiting("hub.check_connection") == []


def test_an_ended_connection_is_not_polled(requested: School, broker: FakeProvider) -> None:
    broker.decline(OAK_AT_BROKER, "No.")
    jobs.check_connection(school_id=requested.pk)
    BrokerSchool.objects.filter(poll_at__isnull=False).update(poll_at=timezone.now() - timedelta(days=1))
    jobs.poll_connections(timestamp=0)
    assert waiting("hub.check_connection") == []


def test_a_broker_that_is_down_leaves_everything_as_it_is(requested: School, broker: FakeProvider) -> None:
    broker.fail_with(TryLater("down"), on="state")
    with pytest.raises(TryLater):
        jobs.check_connection(school_id=requested.pk)
    assert connection_of(requested).state == State.REQUESTED


def test_a_token_the_broker_does_not_know_is_not_kept(requested: School, broker: FakeProvider) -> None:
    broker.approve(OAK_AT_BROKER)
    jobs.check_connection(school_id=requested.pk, sealed_token=seal("forged").decode())
    assert connection_of(requested).token_sealed is None


# Letters


def tell(school: School, kind: str) -> None:
    tell_coordinators(school_id=school.pk, connection_id=connection_of(school).pk, kind=kind)


@pytest.mark.parametrize(
    ("what", "kind", "subject", "words"),
    [
        ("audit", "authorised", "authorised and established", "press Start sync"),
        ("decline", "declined", "was rejected", "No agreement yet."),
        ("withdraw", "revoked", "was revoked", "stay as they are"),
        ("fail", "audit_failed", "check of your MIS connection failed", "There are no pupils."),
    ],
)
def test_the_coordinator_is_told_with_the_reason_and_the_next_step(
    requested: School, broker: FakeProvider, what: str, kind: str, subject: str, words: str
) -> None:
    {
        "audit": lambda: broker.audit(OAK_AT_BROKER),
        "decline": lambda: broker.decline(OAK_AT_BROKER, "No agreement yet."),
        "withdraw": lambda: broker.withdraw(OAK_AT_BROKER),
        "fail": lambda: broker.audit(OAK_AT_BROKER, "There are no pupils."),
    }[what]()
    jobs.check_connection(school_id=requested.pk)
    [args] = waiting("hub.tell_coordinators")
    jobs.tell(**args)
    [letter] = mail.outbox
    assert letter.to == ["ada@oak.example"]
    assert subject in letter.subject
    assert words in str(letter.body)
    assert "What to do next" in str(letter.body)
    assert f"/{requested.centre_id}/wellbeing/school/mis-sync/" in str(letter.body)
    assert len(letter.alternatives) == 1


def test_a_letter_is_sent_once_even_when_its_job_runs_twice(requested: School, broker: FakeProvider) -> None:
    broker.audit(OAK_AT_BROKER)
    jobs.check_connection(school_id=requested.pk)
    tell(requested, "authorised")
    tell(requested, "authorised")
    assert len(mail.outbox) == 1
    with school_scope(requested.pk):
        assert connection_of(requested).events.filter(kind="told_authorised").count() == 1


def test_a_deputy_is_told_too_and_a_teacher_is_not(
    requested: School, wellbeing: Service, broker: FakeProvider
) -> None:
    a_grant(a_user("Kim"), requested, wellbeing, Role.DEPUTY_COORDINATOR)
    a_grant(a_user("Ben"), requested, wellbeing, Role.TEACHER)
    broker.audit(OAK_AT_BROKER)
    jobs.check_connection(school_id=requested.pk)
    tell(requested, "authorised")
    assert sorted(letter.to[0] for letter in mail.outbox) == ["ada@oak.example", "kim@oak.example"]
