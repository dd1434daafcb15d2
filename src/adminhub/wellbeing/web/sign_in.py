"""Signing in: always by the hub, which says who somebody is and at which schools."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import requests
import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.openid_connect.views import login as openid_login
from django.conf import settings
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods, require_POST

from adminhub.wellbeing.roster.actions import welcome
from adminhub.wellbeing.roster.models import User

PROVIDER = "adminhub"
TAKEN_AT_ITS_WORD = timedelta(minutes=30)
"""For so long the hub's word on somebody's schools holds; then the hub is asked again, without a click."""
log = structlog.get_logger(__name__)


@transaction.non_atomic_requests
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponseBase:
    """One button; pressed, it goes straight on to the hub."""
    goes_to = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(goes_to, allowed_hosts={request.get_host()}):
        goes_to = "/"
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect(goes_to)
        return render(request, "wellbeing/log_in.html")
    try:
        return cast(HttpResponseBase, openid_login(request, PROVIDER))
    except requests.RequestException:
        return render(request, "wellbeing/log_in.html", {"is_hub_away": True}, status=503)


def ask_the_hub_again(request: HttpRequest) -> HttpResponseBase | None:
    """The way by the hub and back, when it last said long ago who this is; None when there is no need.

    So a role that was withdrawn at the hub ends here too. What is being sent has twice the time, as a form
    cannot go round by the hub. While the hub is away, its last word holds.
    """
    said_at = cast(User, request.user).last_login
    holds_for = TAKEN_AT_ITS_WORD if request.method in ("GET", "HEAD") else 2 * TAKEN_AT_ITS_WORD
    if said_at is not None and timezone.now() - said_at < holds_for:
        return None
    provider = get_adapter().get_provider(request, PROVIDER)
    goes_to = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    try:
        return cast(HttpResponseBase, provider.redirect(request, process=AuthProcess.LOGIN, next_url=goes_to))
    except requests.RequestException:
        log.warning("the hub cannot be asked who somebody is")
        return None


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the visit here, then ask at the hub whether to end it there too: the computer may be shared."""
    logout(request)
    back = {
        "client_id": settings.WELLBEING_CLIENT_ID,
        "post_logout_redirect_uri": f"{settings.WELLBEING_URL}/",
    }
    return redirect(f"{settings.WELLBEING_HUB_URL}/identity/o/logout?{urlencode(back)}")


class Visitors(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no stubs
    """Notes what the hub says of somebody each time they sign in. Nobody signs up here."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no: people come by the hub."""
        return False

    def pre_login(
        self, request: HttpRequest, user: User, *, signal_kwargs: dict[str, Any] | None, **rest: Any
    ) -> HttpResponse | None:
        """Take over name, address and schools before the visit begins."""
        stopped = super().pre_login(request, user, signal_kwargs=signal_kwargs, **rest)
        login = (signal_kwargs or {}).get("sociallogin")
        if stopped is None and isinstance(login, SocialLogin):
            welcome(user=user, claims=claims_of(login))
        return cast("HttpResponse | None", stopped)


class HubVisitors(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no stubs
    """Lets in whom the hub sends, when it names a school of theirs."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """A first visit makes the account."""
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse who has no school here; no account is made."""
        if not claims_of(sociallogin).get("schools"):
            raise ImmediateHttpResponse(render(request, "wellbeing/no_school.html", status=403))


def claims_of(login: SocialLogin) -> Mapping[str, Any]:
    """What the hub's userinfo said at this sign-in."""
    said = login.account.extra_data.get("userinfo")
    return said if isinstance(said, dict) else {}
