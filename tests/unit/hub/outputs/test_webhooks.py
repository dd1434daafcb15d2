"""Services hear of changes: signed, once for many changes, again until taken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import httpx2
import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from standardwebhooks import Webhook

from adminhub.hub.jobs.outputs import WAITS, announce, sweep
from adminhub.hub.outputs.models import Delivery, Shown
from adminhub.hub.outputs.webhooks.actions import give_up, tell
from adminhub.hub.outputs.webhooks.errors import NotDelivered
from adminhub.hub.schools.models import Service
from tests.unit.hub.outputs.conftest import WEBHOOK_SECRET, ASchool

Committing = Callable[..., AbstractContextManager[list[Callable[[], object]]]]


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Committing) -> Committing:
    """A block whose end is the commit of what is written in it."""
    return django_capture_on_commit_callbacks


class AService:
    """A service's server that keeps what it is sent and answers as told."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.requests: list[httpx2.Request] = []

    @property
    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._answer)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return httpx2.Response(self.statuses.pop(0) if self.statuses else 204)


def tell_about(oak: ASchool, server: AService) -> bool:
    return tell(school_id=oak.school.pk, service_id=oak.service.pk, transport=server.transport)


def test_many_changes_make_one_signed_message(oak: ASchool) -> None:
    server = AService()
    for _ in range(3):
        oak.pupil()
    assert tell_about(oak, server)
    (request,) = server.requests
    assert str(request.url) == "http://wellbeing.example/hooks/roster/"
    said = Webhook(WEBHOOK_SECRET).verify(request.content, dict(request.headers))
    assert said["type"] == "roster.changed"
    assert said["school"] == str(oak.school.sourced_id)
    assert b"Ray" not in request.content
    assert not tell_about(oak, server)
    oak.pupil()
    assert tell_about(oak, server)


def test_a_message_that_is_not_taken_is_sent_again_with_the_same_id(oak: ASchool) -> None:
    server = AService(503, 200)
    oak.pupil()
    with pytest.raises(NotDelivered, match="503"):
        tell_about(oak, server)
    oak.pupil()
    assert tell_about(oak, server)
    first, second = server.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    with oak.scope():
        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.attempts) == (Delivery.State.DELIVERED, 2)
    assert not tell_about(oak, server)


def test_a_message_given_up_is_not_sent_again_by_itself_but_the_next_change_is(oak: ASchool) -> None:
    server = AService(500)
    oak.pupil()
    with pytest.raises(NotDelivered):
        tell_about(oak, server)
    give_up(school_id=oak.school.pk, service_id=oak.service.pk)
    assert not tell_about(oak, server)
    oak.pupil()
    assert tell_about(oak, server)


def test_what_a_service_may_see_is_noted_by_key_only(oak: ASchool) -> None:
    kit, kim = oak.pupil(), oak.pupil(access=False)
    oak.school_class(kit, kim, oak.employee())
    tell_about(oak, AService())
    with oak.scope():
        shown = list(Shown.objects.values_list("kind", "key"))
    assert ("pupil", str(kit.sourced_id)) in shown
    assert ("pupil", str(kim.sourced_id)) not in shown
    assert sorted(kind for kind, _ in shown) == ["class", "employee", "enrolment", "enrolment", "pupil"]


def jobs(status: str = "todo") -> QuerySet[ProcrastinateJob]:
    found: QuerySet[ProcrastinateJob] = ProcrastinateJob.objects.filter(
        task_name="outputs.tell_service", status=status
    )
    return found


def set_job(**fields: object) -> None:
    with connection.cursor() as cursor:
        for name, value in fields.items():
            cursor.execute(f"update procrastinate_jobs set {name} = %s", [value])


def test_announcing_twice_leaves_one_job(oak: ASchool, committing: Committing) -> None:
    with committing(execute=True):
        announce(oak.school.pk)
    with committing(execute=True):
        announce(oak.school.pk)
    assert jobs().count() == 1


def test_a_change_is_announced_once_it_is_committed(oak: ASchool, committing: Committing) -> None:
    with committing(execute=False) as callbacks:
        announce(oak.school.pk)
    assert not jobs().exists()
    assert len(callbacks) == 1


def test_a_new_change_does_not_wait_for_the_next_attempt_at_an_old_one(
    oak: ASchool, committing: Committing
) -> None:
    with committing(execute=True):
        announce(oak.school.pk)
    set_job(scheduled_at=timezone.now() + timedelta(hours=1))
    with committing(execute=True):
        announce(oak.school.pk)
    assert jobs().get().scheduled_at is None


def test_the_sweep_finds_changes_nobody_announced(oak: ASchool) -> None:
    sweep(timestamp=0)
    assert not jobs().exists()
    oak.pupil()
    sweep(timestamp=0)
    assert jobs().count() == 1


def test_the_sweep_does_not_hurry_a_service_that_is_being_told(oak: ASchool) -> None:
    oak.pupil()
    sweep(timestamp=0)
    set_job(status="doing")
    sweep(timestamp=0)
    assert not jobs().exists()


def test_a_service_without_a_webhook_is_not_told(oak: ASchool, committing: Committing) -> None:
    Service.objects.update(webhook_url="")
    oak.pupil()
    with committing(execute=True):
        announce(oak.school.pk)
    sweep(timestamp=0)
    assert not jobs().exists()


def test_waits_grow() -> None:
    assert list(WAITS) == sorted(WAITS)
