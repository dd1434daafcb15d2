"""Who may open which page of the portal: the permission is part of finding the object."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from adminhub.broker.apps.models import App
from adminhub.broker.consent.models import Consent
from adminhub.broker.consent.queries import consent_for
from adminhub.broker.directory.errors import NotAllowed
from adminhub.broker.directory.models import School, SchoolAdministrator, User
from adminhub.broker.portal.account.second_factor import has_second_factor

View = Callable[..., HttpResponseBase]


class PersonRequest(HttpRequest):
    """A request by somebody who is logged in."""

    user: User


class SchoolRequest(PersonRequest):
    """A request by an administrator, perhaps a read-only one, of this school."""

    school: School
    administration: SchoolAdministrator


class ConsentRequest(SchoolRequest):
    """A request for the page of one app at one school."""

    consent: Consent


class AppRequest(PersonRequest):
    """A request by a developer of this app."""

    app: App


def person_page(view: View) -> View:
    """Anybody with a log-in."""

    @wraps(view)
    def open_page(request: HttpRequest, **rest: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(cast(PersonRequest, request), **rest)

    return open_page


def school_page(view: View) -> View:
    """An administrator of the school; for everybody else it does not exist (404)."""

    @wraps(view)
    @person_page
    def open_page(request: HttpRequest, *, school_id: str, **rest: Any) -> HttpResponseBase:
        page = cast(SchoolRequest, request)
        page.administration = _administration(page.user, school__broker_id=school_id)
        page.school = page.administration.school
        return _ask_for_second_factor(page) or view(page, **rest)

    return open_page


def consent_page(view: View) -> View:
    """An administrator of the consent's school. Operators are sent to their own page about it; others get 404."""

    @wraps(view)
    @person_page
    def open_page(request: HttpRequest, *, public_id: UUID, **rest: Any) -> HttpResponseBase:
        page = cast(ConsentRequest, request)
        consent = consent_for(user=page.user, public_id=public_id)
        if consent is None:
            if page.user.is_operator and page.method == "GET":
                return redirect("operators:consent", public_id=public_id)
            if page.user.is_operator:
                raise NotAllowed("Only the school's own administrators can decide this. Nothing was changed.")
            raise Http404
        page.consent, page.school = consent, consent.school
        page.administration = _administration(page.user, school=consent.school)
        return _ask_for_second_factor(page) or view(page, **rest)

    return open_page


def deciding(view: View) -> View:
    """Inside `school_page` or `consent_page`: a read-only administrator may look, not do this."""

    @wraps(view)
    def open_page(request: SchoolRequest, **rest: Any) -> HttpResponseBase:
        if request.administration.is_read_only:
            raise NotAllowed(
                f"You may look at {request.school}'s connections and decide nothing. Nothing was changed. "
                "Ask another administrator of the school."
            )
        return view(request, **rest)

    return open_page


def developer_page(view: View) -> View:
    """The people who may register apps."""

    @wraps(view)
    @person_page
    def open_page(request: HttpRequest, **rest: Any) -> HttpResponseBase:
        page = cast(PersonRequest, request)
        if not page.user.is_developer:
            raise PermissionDenied("This page is for the developers of apps. Nothing was changed.")
        return _ask_staff_for_second_factor(page) or view(page, **rest)

    return open_page


def app_page(view: View) -> View:
    """A developer of this app; for everybody else it does not exist (404)."""

    @wraps(view)
    @developer_page
    def open_page(request: HttpRequest, *, app_id: UUID, **rest: Any) -> HttpResponseBase:
        page = cast(AppRequest, request)
        page.app = get_object_or_404(App, public_id=app_id, developers__user=page.user)
        return view(page, **rest)

    return open_page


def operator_page(view: View) -> View:
    """The people who run the broker."""

    @wraps(view)
    @person_page
    def open_page(request: HttpRequest, **rest: Any) -> HttpResponseBase:
        page = cast(PersonRequest, request)
        if not page.user.is_operator:
            raise PermissionDenied("This page is for the people who run the broker. Nothing was changed.")
        return _ask_staff_for_second_factor(page) or view(page, **rest)

    return open_page


def _ask_for_second_factor(page: SchoolRequest) -> HttpResponseBase | None:
    """The way to turn it on, for somebody whose password alone would open a school that asks for more."""
    if not page.school.needs_second_factor or has_second_factor(page.user):
        return None
    why = "Its administrators decided that nobody opens its pages with a password alone."
    return _second_factor_needed(page, whose=page.school.name, why=why)


def _ask_staff_for_second_factor(page: PersonRequest) -> HttpResponseBase | None:
    """The same for operators and developers, whose pages reach beyond one school."""
    if not settings.BROKER_STAFF_NEED_SECOND_FACTOR or has_second_factor(page.user):
        return None
    why = "A password alone opens no page of those who run it, or who develop apps for it."
    return _second_factor_needed(page, whose=settings.BROKER_NAME, why=why)


def _second_factor_needed(page: PersonRequest, *, whose: str, why: str) -> HttpResponseBase:
    context = {"whose": whose, "why": why}
    return render(page, "portal/account/second_factor_needed.html", context, status=403)


def _administration(user: User, **where: Any) -> SchoolAdministrator:
    found = SchoolAdministrator.objects.select_related("school").filter(user=user, **where).first()
    if found is None:
        raise Http404
    return found
