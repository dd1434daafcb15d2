"""Registering a service at the identity provider."""

from __future__ import annotations

from allauth.idp.oidc.models import Client
from django.db import transaction

from adminhub.hub.schools.models import Service


@transaction.atomic
def register_client(
    *,
    service: Service,
    client_id: str,
    client_secret: str,
    redirect_uris: list[str],
    post_logout_redirect_uris: list[str],
    roster_scopes: tuple[str, ...] = (),
) -> Client:
    """Let a service sign its users in with the hub and, with `roster_scopes`, ask for the roster itself.

    Safe to repeat; the secret is kept only as a hash. No consent is asked of the person who signs in: the
    school bought the service, and only people with a role for it get through.
    """
    client = Client.objects.filter(pk=client_id).first() or Client(pk=client_id)
    client.name = service.name
    client.type = Client.Type.CONFIDENTIAL
    client.skip_consent = True
    client.set_grant_types(
        [
            Client.GrantType.AUTHORIZATION_CODE,
            *([Client.GrantType.CLIENT_CREDENTIALS] if roster_scopes else []),
        ]
    )
    client.set_response_types([Client.ResponseType.CODE])
    client.set_scopes(["openid", "profile", "email", *roster_scopes])
    client.set_redirect_uris(redirect_uris)
    client.set_post_logout_redirect_uris(post_logout_redirect_uris)
    if client._state.adding or not client.check_secret(client_secret):
        client.set_secret(client_secret)
    client.save()
    if service.oidc_client_id != client_id:
        service.oidc_client_id = client_id
        service.save(update_fields=["oidc_client_id"])
    return client
