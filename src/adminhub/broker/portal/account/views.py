"""Logging in, where a log-in arrives, and accepting an invitation."""

from __future__ import annotations

from typing import cast

from allauth.account.views import LoginView, LogoutView
from django.contrib import messages
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from adminhub.broker.consent.actions import continue_waiting_requests
from adminhub.broker.consent.queries import consents_of_administrator
from adminhub.broker.directory.actions import accept_invitation, find_invitation
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.models import Invitation, User
from adminhub.broker.portal.access import PersonRequest, person_page
from adminhub.broker.portal.account.forms import TOO_MANY, AcceptForm, LogInForm
from adminhub.broker.portal.queries import WAITING, administrations_of
from adminhub.broker.portal.several.queries import apps_waiting_at_several

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class LogIn(LoginView):  # type: ignore[misc]  # allauth has no stubs
    """The log-in: e-mail and password."""

    template_name = "portal/account/login.html"
    form_class = LogInForm

    def form_invalid(self, form: LogInForm) -> HttpResponse:
        """Show the form again; 429 when the trouble is too many tries."""
        response = cast(HttpResponse, super().form_invalid(form))
        if form.has_error("__all__", TOO_MANY):
            response.status_code = 429
        return response


class LogOut(LogoutView):  # type: ignore[misc]  # allauth has no stubs
    """The log-out: asks on GET, does it on POST."""

    template_name = "portal/account/logout.html"


# Counting a failed try must not be rolled back with the request.
log_in = transaction.non_atomic_requests(LogIn.as_view())
log_out = LogOut.as_view()


@person_page
@require_GET
def home(request: PersonRequest) -> HttpResponseBase:
    """Where a log-in arrives: the school's apps, a choice of schools, or the operators' page."""
    schools = list(administrations_of(request.user))
    if not schools and request.user.is_operator:
        return redirect("operators:tasks")
    if not schools and request.user.is_developer:
        return redirect("developers:apps")
    if len(schools) == 1 and not request.user.is_operator and not request.user.is_developer:
        return redirect("school:apps", school_id=schools[0].school.broker_id)
    waiting = consents_of_administrator(request.user).filter(state__in=WAITING)
    context = {
        "administrations": schools,
        "waiting": waiting,
        "several": apps_waiting_at_several(request.user),
    }
    return render(request, "portal/account/home.html", context)


@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponseBase:
    """Let an invited person become an administrator; the link works once."""
    invitation = find_invitation(token)
    if invitation is None:
        return render(request, "portal/account/invitation_over.html", status=410)
    if User.objects.filter(email=invitation.email).exists():
        return _accept_as_known(request, token, invitation)
    form = AcceptForm(request.POST or None, invitation=invitation)
    if request.method == "POST" and form.is_valid():
        try:
            user = accept_invitation(token=token, **form.cleaned_data)
        except NotPossible:
            return render(request, "portal/account/invitation_over.html", status=410)
        login(request, user, backend=BACKEND)
        _welcome(request, invitation)
        return redirect("home")
    return render(request, "portal/account/invitation.html", {"invitation": invitation, "form": form})


def _accept_as_known(request: HttpRequest, token: str, invitation: Invitation) -> HttpResponseBase:
    """Somebody with a log-in keeps it: the link adds the school and does not log them in."""
    if request.method == "POST":
        accept_invitation(token=token, password="", first_name="", last_name="")
        _welcome(request, invitation)
        return redirect("home")
    return render(request, "portal/account/invitation.html", {"invitation": invitation, "form": None})


def _welcome(request: HttpRequest, invitation: Invitation) -> None:
    if invitation.school is None:
        messages.success(request, "You can now register apps.")
        return
    continue_waiting_requests(school=invitation.school)
    messages.success(request, f"You can now act for {invitation.school}.")
