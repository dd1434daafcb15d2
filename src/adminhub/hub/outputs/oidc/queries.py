"""Who may sign in to which service."""

from __future__ import annotations

from adminhub.hub.schools.models import RoleGrant, Service, User
from adminhub.hub.schools.queries import grants_of


def service_of_client(client_id: str) -> Service | None:
    """The service behind a client of the identity provider."""
    return Service.objects.filter(oidc_client_id=client_id).first() if client_id else None


def grants_for_client(user: User, *, client_id: str) -> list[RoleGrant]:
    """The user's roles for the client's service, at schools that have bought it."""
    service = service_of_client(client_id)
    if service is None:
        return []
    return [grant for grant in grants_of(user) if grant.service_id == service.pk]
