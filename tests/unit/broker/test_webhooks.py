"""Webhooks: signed, tried again, logged, and their secrets forgotten."""

import json

import httpx2
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from adminhub.broker.consent.actions import tell_of_new_data
from adminhub.broker.webhooks.actions import announce, send_again
from adminhub.broker.webhooks.models import Delivery
from adminhub.broker.webhooks.tasks import WAITS, record_answer, send, signature
from tests.unit.broker.cast import a_live_consent, a_school, a_set_up_school, an_app

pytestmark = pytest.mark.django_db


def an_announcement(**fields: str) -> Delivery:
    delivery = announce(app=an_app(), school=a_school(), payload_type="schoolApproved", **fields)
    assert delivery is not None
    return delivery


def answering(status: int, seen: list[httpx2.Request] | None = None) -> httpx2.Client:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if seen is not None:
            seen.append(request)
        return httpx2.Response(status)

    return httpx2.Client(transport=httpx2.MockTransport(answer))


def test_new_data_is_told_to_the_apps_that_read_the_school_and_to_no_others():
    school, pat = a_set_up_school()
    a_live_consent(an_app(), school, pat)
    a_live_consent(an_app("Reading Ladder"), *a_set_up_school(pupils=1, name="Elm", urn=199002))
    Delivery.objects.all().delete()
    tell_of_new_data(school=school)
    [told] = Delivery.objects.all()
    assert (told.payload_type, told.payload["school_id"]) == ("schoolDataChanged", school.broker_id)


def test_a_delivery_carries_the_documented_fields_and_a_signature_over_them():
    seen: list[httpx2.Request] = []
    delivery = an_announcement(school_token="t" * 40)
    assert "t" * 40 not in json.dumps(delivery.payload) + delivery.sealed_school_token
    record_answer(delivery=delivery, answer=send(delivery=delivery, client=answering(200, seen)))
    body = json.loads(seen[0].content)
    assert list(body)[:6] == [
        "payload_type",
        "school_id",
        "school_name",
        "school_la_code",
        "school_urn",
        "school_establishment_number",
    ]
    assert body["school_token"] == "t" * 40
    header = seen[0].headers["X-Broker-Signature"]
    at = int(header.partition(",")[0].removeprefix("t="))
    assert header == signature(secret="whisper", body=seen[0].content, at=at)
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.DELIVERED
    assert delivery.sealed_school_token == ""


def test_a_refused_delivery_is_tried_again_later_and_fails_in_the_end():
    delivery = an_announcement()
    for attempt in range(len(WAITS)):
        record_answer(delivery=delivery, answer=send(delivery=delivery, client=answering(500)))
        delivery.refresh_from_db()
        assert delivery.state == Delivery.State.WAITING
        assert delivery.attempts == attempt + 1
        assert delivery.next_attempt_at is not None
    record_answer(delivery=delivery, answer=send(delivery=delivery, client=answering(500)))
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.FAILED
    assert delivery.log.count() == len(WAITS) + 1
    planned = ProcrastinateJob.objects.filter(task_name="broker.deliver_webhook")
    assert planned.count() == 1 + len(WAITS)
    send_again(delivery=delivery)
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.WAITING


def test_no_answer_at_all_is_an_attempt_too():
    def fail(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    delivery = an_announcement()
    answer = send(delivery=delivery, client=httpx2.Client(transport=httpx2.MockTransport(fail)))
    record_answer(delivery=delivery, answer=answer)
    attempt = delivery.log.get()
    assert (attempt.status, attempt.problem) == (None, "ConnectError")


def test_an_app_without_a_webhook_is_not_announced_to():
    app = an_app()
    app.webhook_url = ""
    app.save()
    assert announce(app=app, school=a_school(), payload_type="schoolApproved") is None
