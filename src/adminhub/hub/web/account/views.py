"""Logging in by e-mail and password, the home page, and choosing the school and service."""

from __future__ import annotations

from itertools import groupby
from typing import Any, cast

from allauth.account.views import LoginView, LogoutView
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from adminhub.hub.schools.models import RoleGrant, School, Service, User
from adminhub.hub.schools.permissions import Ability, may
from adminhub.hub.schools.queries import coordinators_of, grants_of
from adminhub.hub.web.account.forms import TOO_MANY, LogInForm


class LogIn(LoginView):  # type: ignore[misc]  # allauth has no stubs
    """The log-in: e-mail and password, no centre ID."""

    template_name = "hub/account/login.html"
    form_class = LogInForm

    def form_invalid(self, form: LogInForm) -> HttpResponse:
        """Show the form again; 429 when the trouble is too many tries."""
        response = cast(HttpResponse, super().form_invalid(form))
        if form.has_error("__all__", TOO_MANY):
            response.status_code = 429
        return response


class LogOut(LogoutView):  # type: ignore[misc]  # allauth has no stubs
    """The log-out: asks on GET, does it on POST."""

    template_name = "hub/account/logout.html"


# Counting a failed try must not be rolled back with the request.
log_in = transaction.non_atomic_requests(LogIn.as_view())
log_out = LogOut.as_view()


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Where a log-in arrives: the way into the hub, and the services."""
    grants = grants_of(cast(User, request.user))
    services = {grant.service_id: grant.service for grant in grants if grant.service.url}
    context = {
        "grants": grants,
        "is_coordinator": any(may(grant, Ability.MANAGE_SCHOOL) for grant in grants),
        "schools": sorted({grant.school.name for grant in grants}),
        "services": services.values(),
    }
    return render(request, "hub/account/home.html", context)


@login_required
@require_GET
def choose(request: HttpRequest) -> HttpResponseBase:
    """Ask which school and service; with one there is nothing to ask."""
    return _ask_or_enter(request, grants_of(cast(User, request.user)))


@login_required
@require_GET
def open_service(request: HttpRequest, service: str) -> HttpResponseBase:
    """Enter from a service's Admin Hub icon: on that service, at the school if it is the only one."""
    found = Service.objects.filter(slug=service).first()
    if found is None:
        raise Http404
    grants = [grant for grant in grants_of(cast(User, request.user)) if grant.service_id == found.pk]
    if not grants:
        return _no_role(request, found)
    return _ask_or_enter(request, grants)


def _ask_or_enter(request: HttpRequest, grants: list[RoleGrant]) -> HttpResponseBase:
    if len(grants) == 1:
        return redirect(front_page(grants[0]))
    by_school: list[tuple[School, list[RoleGrant]]] = [
        (school, list(rows)) for school, rows in groupby(grants, key=lambda grant: grant.school)
    ]
    for _, rows in by_school:
        for grant in rows:
            grant.front_page = front_page(grant)  # type: ignore[attr-defined]
    return render(request, "hub/account/choose.html", {"by_school": by_school})


def front_page(grant: RoleGrant) -> str:
    """The first page of a school and service."""
    return reverse(
        "people:teachers",
        kwargs={"centre_id": grant.school.centre_id, "service": grant.service.slug},
    )


def _no_role(request: HttpRequest, service: Service) -> HttpResponse:
    """Say that the person has no role for this service, and whom to ask, school by school."""
    schools: dict[int, School] = {
        grant.school_id: grant.school for grant in grants_of(cast(User, request.user))
    }
    whom: list[dict[str, Any]] = [
        {"school": school, "people": coordinators_of(school=school, service=service)}
        for school in schools.values()
    ]
    return render(request, "hub/account/no_role.html", {"service": service, "whom": whom}, status=403)
