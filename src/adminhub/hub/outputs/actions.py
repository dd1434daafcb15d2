"""Setting up everything a service gets from the hub, in one go."""

from __future__ import annotations

from django.db import transaction

from adminhub.hub.outputs.oidc.actions import register_client
from adminhub.hub.outputs.oneroster.credentials import SCOPES
from adminhub.hub.outputs.webhooks.credentials import keep_secret
from adminhub.hub.schools.models import Service


@transaction.atomic
def connect_service(
    *,
    service: Service,
    client_id: str,
    client_secret: str,
    redirect_uris: list[str],
    post_logout_redirect_uris: list[str],
    webhook_url: str = "",
    webhook_secret: str = "",
) -> None:
    """Let a service sign people in, read the roster and be told of changes. Safe to repeat."""
    register_client(
        service=service,
        client_id=client_id,
        client_secret=client_secret,
        redirect_uris=redirect_uris,
        post_logout_redirect_uris=post_logout_redirect_uris,
        roster_scopes=SCOPES,
    )
    if service.webhook_url != webhook_url:
        service.webhook_url = webhook_url
        service.save(update_fields=["webhook_url"])
    if webhook_url:
        keep_secret(service=service, secret=webhook_secret)
