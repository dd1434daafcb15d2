"""What the hub says of a person to a service: OpenID Connect Core 1.0 §5.1, and `schools`, which is ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

# allauth names these two modules when it signs a token, and leaves it to others to import them.
import cryptography.hazmat.primitives.asymmetric.rsa
import cryptography.hazmat.primitives.serialization  # noqa: F401
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client
from django.conf import settings

from adminhub.hub.outputs.oidc.queries import grants_for_client
from adminhub.hub.schools.models import User
from adminhub.hub.schools.permissions import Ability, may
from adminhub.hub.schools.queries import coordinators_of


class HubIdentity(DefaultOIDCAdapter):  # type: ignore[misc]  # allauth has no stubs
    """Tells a service the name, the address and the schools of who signs in, of that service only."""

    def get_issuer(self) -> str:
        """The hub's address, whatever name the request came by."""
        return str(settings.HUB_URL)

    def get_claims(
        self,
        purpose: Literal["id_token", "userinfo"],
        user: User,
        client: Client,
        scopes: Iterable[str],
        email: str | None = None,
        **rest: Any,
    ) -> dict[str, Any]:
        """The claims for the scopes; `schools` only when asked for by userinfo, so that it is fresh."""
        claims: dict[str, Any] = {"sub": self.get_user_sub(client, user)}
        if "email" in scopes:
            claims |= {"email": user.email, "email_verified": True}
        if "profile" in scopes:
            names = {
                "name": user.get_full_name(),
                "given_name": user.first_name,
                "family_name": user.last_name,
            }
            claims |= {name: value for name, value in names.items() if value}
        if "profile" in scopes and purpose == "userinfo":
            claims["schools"] = [
                {
                    "sourced_id": str(grant.school.sourced_id),
                    "name": grant.school.name,
                    "role": grant.role,
                    "sees_hub": may(grant, Ability.VIEW_HUB),
                    "access_coordinators": [
                        person.get_full_name()
                        for person in coordinators_of(school=grant.school, service=grant.service)
                    ],
                }
                for grant in grants_for_client(user, client_id=client.id)
            ]
        return claims
