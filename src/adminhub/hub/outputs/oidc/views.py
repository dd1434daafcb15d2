"""Signing in to a service with the hub: allauth's authorization endpoint behind our own rules."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

from allauth.core.internal import ratelimit
from allauth.idp.oidc.internal.clientkit import is_redirect_uri_allowed
from allauth.idp.oidc.models import Client
from allauth.idp.oidc.views import authorization, token
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt

from adminhub.hub.outputs.oidc.queries import grants_for_client, service_of_client
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.schools.queries import coordinators_of, grants_of

WRONG_SECRETS = {"wrong_secret": "20/m/ip"}


@csrf_exempt
def authorise(request: HttpRequest) -> HttpResponseBase:
    """OpenID Connect Core 1.0 §3.1.2, with PKCE (RFC 7636, S256) from every client, confidential ones too.

    Who has no role for the client's service gets a page that says so and whom to ask; the service learns
    nothing of them.
    """
    asked = request.POST if request.method == "POST" else request.GET
    if "\0" in asked.get("client_id", ""):
        raise BadRequest("No client's name has a NUL in it.")
    client = Client.objects.filter(pk=asked.get("client_id", "")).first()
    if client is None or not is_redirect_uri_allowed(
        asked.get("redirect_uri", ""), client.get_redirect_uris(), client.allow_uri_wildcards
    ):
        return _explained(authorization(request))
    if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
        return _send_back(asked, "invalid_request", "PKCE with S256 is required.")
    if request.user.is_authenticated:
        user: User = request.user
        if not grants_for_client(user, client_id=client.pk):
            if "none" in asked.get("prompt", "").split():
                return _send_back(asked, "access_denied", "This person has no role for the service.")
            return _no_role(request, user, service_of_client(client.pk))
    return cast(HttpResponseBase, authorization(request))


@csrf_exempt
@transaction.non_atomic_requests
def issue_token(request: HttpRequest) -> HttpResponseBase:
    """RFC 6749 §3.2. Wrong secrets are counted by address: each costs us a slow hash."""
    limit = {"app": "adminhub.oidc", "action": "wrong_secret", "config": WRONG_SECRETS}
    if not ratelimit.consume(request, dry_run=True, **limit):
        body = {"error": "temporarily_unavailable", "error_description": "Too many wrong secrets."}
        return JsonResponse(body, status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "60"})
    response = cast(HttpResponseBase, token(request))
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        ratelimit.consume(request, **limit)
    return response


def _explained(response: HttpResponseBase) -> HttpResponseBase:
    """allauth's page says what is wrong and sends nobody anywhere, but says 200."""
    if response.status_code == HTTPStatus.OK:
        response.status_code = HTTPStatus.BAD_REQUEST
    return response


def _send_back(asked: QueryDict, error: str, why: str) -> HttpResponse:
    """RFC 6749 §4.1.2.1: an error goes to the redirect address, which is the client's own."""
    answer = {"error": error, "error_description": why}
    if asked.get("state"):
        answer["state"] = str(asked["state"])
    redirect_uri = asked.get("redirect_uri", "")
    response = HttpResponse(status=HTTPStatus.FOUND)
    response["Location"] = f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(answer)}"
    return response


def _no_role(request: HttpRequest, user: User, service: Service | None) -> HttpResponse:
    schools: dict[int, School] = {grant.school_id: grant.school for grant in grants_of(user)}
    whom: list[dict[str, Any]] = [
        {"school": school, "people": coordinators_of(school=school, service=service)}
        for school in (schools.values() if service else ())
        if service and service.subscriptions.filter(school=school).exists()
    ]
    context = {"service": service, "whom": whom}
    return render(request, "outputs/not_yours.html", context, status=HTTPStatus.FORBIDDEN)
