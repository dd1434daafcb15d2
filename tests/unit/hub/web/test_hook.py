"""The broker's webhook: a hint, checked for its key and signature, never trusted by itself."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from adminhub.hub.connections.actions import went_through_another_mis
from adminhub.hub.connections.models import BrokerSchool, Connection, State
from adminhub.hub.core.scope import school_scope
from adminhub.hub.schools.models import School, User
from adminhub.hub.staging.models import Snapshot
from adminhub.hub.syncs.actions import change_settings
from adminhub.hub.syncs.health import CHANGING_MIS, health_of
from adminhub.hub.syncs.looking import look
from adminhub.hub.syncs.models import RunState, SyncClock, SyncRun
from adminhub.hub.syncs.queries import facts_of
from tests.unit.hub.cast import OAK_AT_BROKER, a_grant, a_service, a_user, connection_of

pytestmark = pytest.mark.django_db
APPROVED = {"payload_type": "schoolApproved", "school_id": OAK_AT_BROKER, "school_token": "a-school-token"}


@pytest.fixture
def known(oak: School) -> School:
    BrokerSchool.objects.create(provider="wonde", broker_school_id=OAK_AT_BROKER, school=oak)
    return oak


def signature(body: bytes, *, at: int | None = None, secret: str = "") -> str:
    moment = at or int(time.time())
    key = (secret or settings.HUB_WEBHOOK_SECRET).encode()
    return f"t={moment},v1={hmac.new(key, f'{moment}.'.encode() + body, hashlib.sha256).hexdigest()}"


def hook(body: bytes | dict[str, Any], *, key: str | None = None, signed: str | None = None) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    header = signature(raw) if signed is None else signed
    response = Client(enforce_csrf_checks=True).post(
        f"/hooks/broker/?key={settings.HUB_WEBHOOK_KEY if key is None else key}",
        raw,
        content_type="application/json",
        headers={"X-Broker-Signature": header},
    )
    assert isinstance(response, HttpResponse)
    return response


def checks() -> list[dict[str, Any]]:
    return list(
        ProcrastinateJob.objects.filter(task_name="hub.check_connection").values_list("args", flat=True)
    )


def an_authorised(school: School) -> Connection:
    ada = a_user()
    a_grant(ada, school, a_service("Wellbeing", school))
    with school_scope(school.pk):
        now = timezone.now()
        connection = Connection.objects.create(
            school=school,
            provider="wonde",
            state=State.AUTHORISED,
            state_since=now,
            broker_school_id=OAK_AT_BROKER,
            broker_school_name=school.name,
            requested_at=now,
        )
        SyncRun.objects.create(
            school=school,
            connection=connection,
            snapshot=Snapshot.objects.create(school=school, connection=connection),
            state=RunState.FINISHED,
            as_at=now,
        )
        SyncRun.objects.update(started_at=now - timedelta(hours=3))
    SyncClock.objects.create(school=school, due_at=now + timedelta(hours=9))
    return connection


def due_at() -> datetime:
    return SyncClock.objects.get().due_at


CHANGED = {"payload_type": "schoolDataChanged", "school_id": OAK_AT_BROKER}


def test_a_hint_that_data_has_changed_brings_the_next_look_forward_once_and_never_while_paused(
    known: School,
) -> None:
    an_authorised(known)
    planned, today = due_at(), timezone.localdate()
    with school_scope(known.pk):
        change_settings(by=User.objects.get(), paused_from=today, paused_until=today + timedelta(days=7))
    hook(CHANGED)
    assert due_at() == planned
    with school_scope(known.pk):
        change_settings(by=User.objects.get(), paused_from=None, paused_until=None)
    hook(CHANGED)
    soon = due_at()
    assert soon < timezone.now() + timedelta(minutes=5)
    hook(CHANGED)
    assert due_at() == soon


def test_a_change_of_mis_that_is_told_holds_syncs_by_themselves_until_a_person_has_gone_through_it(
    known: School,
) -> None:
    connection = an_authorised(known)
    told = {"payload_type": "schoolMigration", "school_id": OAK_AT_BROKER, "migrate_to": "Arbor"}
    in_a_month = (timezone.now() + timedelta(days=30)).isoformat()
    hook({**told, "scheduled_at": in_a_month, "completed_at": None})
    assert connection_of(known).mis_changing_at is None
    hook({**told, "scheduled_at": in_a_month, "completed_at": {"date": "2026-11-25 10:00:00.000000"}})
    assert look(school_id=known.pk, now=timezone.now()) is None
    with school_scope(known.pk):
        assert health_of(facts_of(connection_of(known), now=timezone.now())).sentence == CHANGING_MIS
        went_through_another_mis(connection, by=User.objects.get())
        assert connection_of(known).mis_changing_at is None


def test_a_hint_about_our_school_has_the_broker_asked(known: School) -> None:
    assert hook(APPROVED).status_code == 200
    [job] = checks()
    assert job["school_id"] == known.pk


def test_a_token_is_sealed_before_it_waits_in_the_queue(known: School) -> None:
    hook(APPROVED)
    assert "a-school-token" not in json.dumps(checks())
    assert checks()[0]["sealed_token"]


def test_a_hint_about_an_unknown_school_does_nothing(oak: School) -> None:
    assert hook(APPROVED).json() == {"received": True, "known": False}  # type: ignore[attr-defined]
    assert checks() == []


@pytest.mark.parametrize("key", ["", "wrong", "ü"])
def test_without_the_key_nothing_is_taken(known: School, key: str) -> None:
    assert hook(APPROVED, key=key).status_code == 403
    assert checks() == []


def test_a_signature_that_is_missing_wrong_or_old_is_refused(known: School) -> None:
    body = json.dumps(APPROVED).encode()
    old = signature(body, at=int(time.time()) - 3600)
    for signed in ("", "t=x,v1=y", signature(body, secret="another"), signature(b"other"), old):
        assert hook(body, signed=signed).status_code == 403
    assert checks() == []


def test_without_a_secret_no_signature_is_asked_for_as_wonde_sends_none(known: School, settings: Any) -> None:
    settings.HUB_WEBHOOK_SECRET = ""
    assert hook(APPROVED, signed="").status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"[]", b'{"payload_type": 1}', b"\xff"])
def test_what_is_no_webhook_is_refused(known: School, body: bytes) -> None:
    assert hook(body).status_code == 400


def test_a_huge_body_is_refused(known: School) -> None:
    assert hook(b"x" * 100_000).status_code == 413


def test_only_post_is_taken(known: School) -> None:
    assert Client().get("/hooks/broker/").status_code == 405


@pytest.mark.parametrize("signed", ["t=1,v1=é", f"t={'9' * 5000},v1=a", "t=٣,v1=a", "v1=,t=", "é"])
def test_a_signature_that_is_none_is_refused_not_a_fault(known: School, signed: str) -> None:
    signed = signed.replace("t=1,", f"t={int(time.time())},")
    assert hook(APPROVED, signed=signed).status_code == 403
    assert checks() == []
