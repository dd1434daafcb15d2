"""Who is asking: a service with a client-credentials token, and which parts of OneRoster it covers."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from allauth.idp.oidc.models import Token
from django.http import HttpRequest

from adminhub.hub.outputs.oneroster.errors import Refused
from adminhub.hub.schools.models import Service

_SCOPE = "https://purl.imsglobal.org/spec/or/v1p2/scope/"
CORE = f"{_SCOPE}roster-core.readonly"
ROSTER = f"{_SCOPE}roster.readonly"
DEMOGRAPHICS = f"{_SCOPE}roster-demographics.readonly"
SCOPES = (CORE, ROSTER, DEMOGRAPHICS)


@dataclass(frozen=True)
class Caller:
    """A service that may ask."""

    service: Service
    scopes: frozenset[str]


def caller_of(request: HttpRequest, *, any_of: tuple[str, ...]) -> Caller:
    """The service whose token this is.

    Raises Refused: 401 without a valid token, 403 when it has none of the scopes. A person's token (from a
    sign-in) opens nothing here: OneRoster 1.2 knows client credentials only.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    token = Token.objects.lookup(Token.Type.ACCESS_TOKEN, value.strip()) if value else None
    if scheme.lower() != "bearer" or token is None or token.client_id is None:
        raise Refused(
            HTTPStatus.UNAUTHORIZED,
            "unauthorisedrequest",
            "A valid bearer token is needed. Ask for a new one.",
        )
    service = Service.objects.filter(oidc_client_id=token.client_id).exclude(oidc_client_id="").first()
    scopes = frozenset(token.get_scopes())
    if service is None or token.user_id is not None or not scopes.intersection(any_of):
        raise Refused(HTTPStatus.FORBIDDEN, "forbidden", f"The token lacks the scope {any_of[0]}.")
    return Caller(service=service, scopes=scopes)
