"""Who may open a school's page: the permission is part of finding the school, so it cannot be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRedirect

from adminhub.hub.core.scope import school_scope
from adminhub.hub.schools.models import RoleGrant, School, Service, User
from adminhub.hub.schools.permissions import Ability, may
from adminhub.hub.schools.queries import coordinators_of, grant_at


class SchoolRequest(HttpRequest):
    """A request for a page of one school and service, by somebody who has a role there."""

    user: User
    school: School
    service: Service
    grant: RoleGrant
    may_manage_school: bool
    may_grant_access: bool


SchoolView = Callable[..., HttpResponseBase]


def school_page(ability: Ability, *, talks_to_the_world: bool = False) -> Callable[[SchoolView], SchoolView]:
    """Let a view `(request: SchoolRequest, **rest)` be opened only by who has the ability at the school.

    The address gives `centre_id` and `service`. Not logged in: to the log-in. No role there: 404, as if the
    school did not exist. Not able: a 403 page that says who the Access Coordinator is. Otherwise sets
    `request.school`, `.service`, `.grant` and runs the view inside `school_scope`. A view that
    `talks_to_the_world` runs without a scope or transaction, and opens its own around what it reads and writes.
    """

    def decorate(view: SchoolView) -> SchoolView:
        @wraps(view)
        def open_page(request: HttpRequest, *, centre_id: int, service: str, **rest: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_log_in(request)
            grant = grant_at(request.user, centre_id=centre_id, service=service)
            if grant is None:
                raise Http404
            page = cast(SchoolRequest, request)
            page.school, page.service, page.grant = grant.school, grant.service, grant
            page.may_manage_school = may(grant, Ability.MANAGE_SCHOOL)
            page.may_grant_access = may(grant, Ability.GRANT_ACCESS)
            if not may(grant, ability):
                return not_allowed(page)
            if talks_to_the_world:
                return view(page, **rest)
            with school_scope(page.school.pk):
                return view(page, **rest)

        if talks_to_the_world:
            return cast(SchoolView, transaction.non_atomic_requests(open_page))
        return open_page

    return decorate


def _to_log_in(request: HttpRequest) -> HttpResponseBase:
    """To the log-in and back: to the page a form was sent from, as the form's own address cannot be opened.

    A part of a page that htmx asked for takes the whole page there.
    """
    is_part = bool(request.headers.get("HX-Request"))
    if request.method in ("GET", "HEAD") and not is_part:
        return redirect_to_login(request.get_full_path())
    page = urlsplit(request.headers.get("HX-Current-URL" if is_part else "Referer", ""))
    back = f"{page.path}?{page.query}" if page.query else page.path or "/"
    to_log_in = redirect_to_login(back)
    return HttpResponseClientRedirect(to_log_in.url) if is_part else to_log_in


def not_allowed(request: SchoolRequest) -> HttpResponse:
    """Say that this page is not theirs, that nothing has changed, and whom to ask."""
    coordinators = coordinators_of(school=request.school, service=request.service)
    return render(request, "hub/not_allowed.html", {"coordinators": coordinators}, status=403)
