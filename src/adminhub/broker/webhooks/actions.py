"""Telling an app that something about a school has changed."""

from typing import Any

from adminhub.broker.apps.models import App
from adminhub.broker.apps.sealing import seal
from adminhub.broker.directory.models import School
from adminhub.broker.webhooks.models import Delivery
from adminhub.broker.webhooks.tasks import deliver

# As the wire documents it, this one has no more of the school than id and name.
NAMES_NO_NUMBERS = frozenset({"schoolMigration"})


def announce(
    *, app: App, school: School, payload_type: str, school_token: str = "", **fields: Any
) -> Delivery | None:
    """Write the message in the caller's transaction and have a job deliver it. None: the app has no webhook.

    The school token is kept sealed until delivered.
    """
    if not app.webhook_url:
        return None
    payload = {
        "payload_type": payload_type,
        "school_id": school.broker_id,
        "school_name": school.name,
        **({} if payload_type in NAMES_NO_NUMBERS else _numbers(school)),
        **fields,
    }
    delivery = Delivery.objects.create(
        app=app,
        school=school,
        payload_type=payload_type,
        payload=payload,
        sealed_school_token=seal(school_token),
    )
    deliver.defer(delivery_id=str(delivery.pk))
    return delivery


def announce_test(*, app: App) -> Delivery | None:
    """A message that only says that it is a test, for a developer trying the webhook. None: there is no webhook."""
    if not app.webhook_url:
        return None
    delivery = Delivery.objects.create(app=app, payload_type="test", payload={"payload_type": "test"})
    deliver.defer(delivery_id=str(delivery.pk))
    return delivery


def _numbers(school: School) -> dict[str, Any]:
    return {
        "school_la_code": school.la_code,
        "school_urn": school.urn,
        "school_establishment_number": school.establishment_number,
    }


def send_again(*, delivery: Delivery) -> None:
    """Try a delivery once more from the start. Its school token is gone once delivered."""
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.WAITING, attempts=0)
    deliver.defer(delivery_id=str(delivery.pk))
