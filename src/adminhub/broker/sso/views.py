"""Single sign-on over HTTP: the page that asks, the exchange of the code, and who it is (wonde-api §4)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from oauthlib.oauth2 import FatalClientError, OAuth2Error

from adminhub.broker.apps.actions import hash_of
from adminhub.broker.directory.models import School
from adminhub.broker.portal.account.second_factor import has_second_factor
from adminhub.broker.sso import graph
from adminhub.broker.sso.flow import client_id_of, server
from adminhub.broker.sso.models import Client, Session
from adminhub.broker.sso.people import Known, known, live_consent, schools_of, user_object

WRONG_SECRETS = {"wrong_secret": "20/5m/key"}


@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponseBase:
    """Ask the person whether to log in to the app, as of which school; then send them back with a code."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    try:
        address = _https(request)
        _, asked = server.validate_authorization_request(address)
        redirect_uri = str(asked["redirect_uri"])
        client = Client.objects.select_related("app").get(client_id=asked["client_id"])
    except ValueError:
        why = "The address holds signs that no address has."
        return render(request, "sso/refused.html", {"why": why}, status=400)
    except FatalClientError as problem:
        return render(request, "sso/refused.html", {"why": problem.description or problem.error}, status=400)
    except OAuth2Error as problem:
        return redirect(problem.in_uri(problem.redirect_uri))
    schools = _schools_for(request, client)
    if request.method == "POST":
        chosen = next((one for one in schools if one.broker_id == request.POST.get("school")), None)
        if request.POST.get("do") != "yes" or chosen is None:
            return redirect(_with(redirect_uri, error="access_denied", state=asked.get("state")))
        headers, _, _ = server.create_authorization_response(
            address, scopes=["me"], credentials={"user": request.user, "school": chosen}
        )
        return redirect(headers["Location"])
    context = {"app": client.app, "schools": schools, "query": request.GET.urlencode()}
    response = render(request, "sso/authorize.html", context, status=200 if schools else 403)
    parts = urlsplit(redirect_uri)
    response._csp_update = {"form-action": [f"{parts.scheme}://{parts.netloc}"]}  # type: ignore[attr-defined]
    return response


@csrf_exempt
@require_POST
@transaction.non_atomic_requests
def token(request: HttpRequest) -> HttpResponse:
    """Exchange a code, or a refresh token, for tokens: form or JSON, the secret in the body or as Basic.

    Wrong secrets are counted for each app and address: one app's mistake, or a stranger's guess, stops no other.
    """
    form, said = _form(request), {"Authorization": request.headers.get("Authorization", "")}
    who = f"{client_id_of(form, said)} {ratelimit.get_ip(request)}"
    limit = {"app": "adminhub.sso", "action": "wrong_secret", "config": WRONG_SECRETS, "key": who}
    if not ratelimit.consume(request, dry_run=True, **limit):
        return JsonResponse({"error": "slow_down"}, status=429, headers={"Retry-After": "300"})
    try:
        with transaction.atomic():
            headers, body, status = server.create_token_response(_https(request), "POST", form, said)
    except ValueError:  # oauthlib's, for signs that no address and no form has
        return JsonResponse({"error": "invalid_request"}, status=400)
    if status == 401:
        ratelimit.consume(request, **limit)
    return HttpResponse(body, status=status, headers=headers)


def bearer(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only with a live access token, while the person, the app and the school's approval stand."""

    @csrf_exempt
    @functools.wraps(view)
    def open_page(request: HttpRequest) -> HttpResponse:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        found = Session.objects.select_related("user", "school", "client__app").filter(
            access_hash=hash_of(text.strip())
        )
        session = found.first() if scheme.lower() == "bearer" else None
        if session is None or not session.is_live or not session.user.is_active:
            return _refuse(401, "invalid_token", "This access token is unknown, has run out or was revoked.")
        consent = live_consent(app_id=session.client.app_id, school=session.school)
        if consent is None or session.school not in schools_of(session.user):
            return _refuse(
                403, "forbidden", "The school does not allow this app, or the person left the school."
            )
        response = view(request, known(user=session.user, school=session.school, consent=consent))
        response.headers["Cache-Control"] = "no-store"
        return response

    return open_page


@bearer
@require_http_methods(["GET", "POST"])
def me(request: HttpRequest, person: Known) -> HttpResponse:
    """`/graphql/me`: the query in the address (GET), or in the body (POST, JSON or form)."""
    query: Any = request.GET.get("query", "")
    variables: Any = None
    if request.method == "POST":
        asked: dict[str, Any] = _json(request.body) or dict(request.POST.items())
        query, variables = asked.get("query", query), asked.get("variables")
    variables = variables if isinstance(variables, dict) else None
    if not isinstance(query, str) or not query.strip():
        return JsonResponse({"errors": [{"message": "Send a query."}]}, status=400)
    return JsonResponse(graph.answer(query, variables, person))


@bearer
@require_GET
def user(request: HttpRequest, person: Known) -> HttpResponse:
    """`/api/user`, the newer flow."""
    return JsonResponse({"data": user_object(person)})


@require_GET
def log_out(request: HttpRequest) -> HttpResponseBase:
    """End the person's session here; the app ends its own. Another site's link may do this, and nothing else."""
    logout(request)
    return redirect("account_login")


def _schools_for(request: HttpRequest, client: Client) -> list[School]:
    """The person's schools that allow the app now, and what they ask of a log-in."""
    person: Any = request.user
    is_twice = has_second_factor(person)
    return [
        school
        for school in schools_of(person)
        if live_consent(app_id=client.app_id, school=school) and (is_twice or not school.needs_second_factor)
    ]


def _https(request: HttpRequest) -> str:
    """The address as oauthlib must see it: TLS is the proxy's affair, and nothing is decided by it here."""
    return f"https://{urlsplit(settings.BROKER_URL).netloc}{request.get_full_path()}"


def _form(request: HttpRequest) -> str:
    sent = _json(request.body)
    if sent is not None:
        return urlencode({key: value for key, value in sent.items() if isinstance(value, str)})
    return request.body.decode("utf-8", "replace")


def _json(body: bytes) -> dict[str, Any] | None:
    if not body.lstrip().startswith(b"{"):
        return None
    try:
        read = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return read if isinstance(read, dict) else None


def _with(uri: str, **values: str | None) -> str:
    more = urlencode({key: value for key, value in values.items() if value})
    return f"{uri}{'&' if urlsplit(uri).query else '?'}{more}"


def _refuse(status: int, error: str, description: str) -> HttpResponse:
    return JsonResponse({"error": error, "error_description": description}, status=status)
