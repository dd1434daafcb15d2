"""Writing the broker's e-mails: kept with the change they tell of, sent by a job."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from adminhub.broker.directory.models import Letter
from adminhub.broker.directory.tasks import send_letter


def post(*, to: Iterable[str], kind: str, subject: str, context: dict[str, Any]) -> list[Letter]:
    """Write one letter to each address and have a job send it once the transaction is committed.

    `kind` names the templates broker/letters/<kind>.txt and .html.
    """
    addresses = sorted({address.strip().lower() for address in to if address.strip()})
    if not addresses:
        return []
    values = {
        "broker_name": settings.BROKER_NAME,
        "broker_url": settings.BROKER_URL,
        "support_phone": settings.BROKER_SUPPORT_PHONE,
        "support_email": settings.BROKER_SUPPORT_EMAIL,
        "subject": subject,
        **context,
    }
    text = render_to_string(f"broker/letters/{kind}.txt", values)
    html = render_to_string(f"broker/letters/{kind}.html", values)
    letters = Letter.objects.bulk_create(
        Letter(to=address, kind=kind, subject=subject, text=text, html=html) for address in addresses
    )
    for letter in letters:
        send_letter.defer(letter_id=str(letter.pk))
    return letters
