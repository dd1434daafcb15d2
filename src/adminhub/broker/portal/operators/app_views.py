"""The operators' pages about apps: who develops them, releasing them, stopping them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from adminhub.broker.apps.developing import release_app, stop_app, what_is_missing_to_release
from adminhub.broker.apps.models import App
from adminhub.broker.consent.models import Consent, Erasure
from adminhub.broker.directory.actions import invite_developer
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.models import Invitation
from adminhub.broker.portal.access import PersonRequest, operator_page
from adminhub.broker.portal.operators.forms import DeveloperForm
from adminhub.broker.portal.queries import documents_of, to_do


@operator_page
@require_GET
def apps(request: PersonRequest) -> HttpResponseBase:
    """Every app, those that wait to be released first, and the developers invited."""
    return _list(request, DeveloperForm())


@operator_page
@require_POST
def invite(request: PersonRequest) -> HttpResponseBase:
    """Invite a developer."""
    form = DeveloperForm(request.POST)
    if not form.is_valid():
        return _list(request, form)
    invitation = invite_developer(email=form.cleaned_data["email"], by=request.user)
    messages.success(request, f"An invitation is on its way to {invitation.email}.")
    return redirect("operators:apps")


@operator_page
@require_GET
def app(request: PersonRequest, *, app_id: UUID) -> HttpResponseBase:
    """One app as a school would see it, and what is missing to release it."""
    found = get_object_or_404(App, public_id=app_id)
    asked = list(found.permissions.filter(withdrawn_at=None))
    retentions = {one.retention for one in asked}
    context = {
        "app": found,
        "asked": asked,
        "kept": retentions.pop() if len(retentions) == 1 else "",
        "documents": documents_of(found),
        "missing": what_is_missing_to_release(found),
        "developers": found.developers.select_related("user"),
        "events": found.events.all()[:50],
        "to_do": to_do(),
        "tab": "apps",
    }
    return render(request, "portal/operators/app.html", context)


@operator_page
@require_POST
def release(request: PersonRequest, *, app_id: UUID) -> HttpResponseBase:
    """Let the app ask every school."""
    try:
        released = release_app(app=get_object_or_404(App, public_id=app_id), by=request.user)
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{released} may ask every school now.")
    return redirect("operators:app", app_id=app_id)


@operator_page
@require_POST
def stop(request: PersonRequest, *, app_id: UUID) -> HttpResponseBase:
    """Make the app's keys useless, or useful again."""
    is_stopped = request.POST.get("stop") == "yes"
    stopped = stop_app(app=get_object_or_404(App, public_id=app_id), by=request.user, is_stopped=is_stopped)
    messages.success(request, f"{stopped} was stopped." if is_stopped else f"{stopped} was started again.")
    return redirect("operators:app", app_id=app_id)


def _list(request: PersonRequest, form: DeveloperForm) -> HttpResponseBase:
    live = Count("consents", filter=Q(consents__state=Consent.State.AUDITED))
    context = {
        "apps": App.objects.annotate(live=live).order_by("released_at", "name"),
        "invitations": Invitation.objects.filter(
            school=None, accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now()
        ),
        "overdue": Erasure.objects.filter(
            confirmed_at=None, lapsed_at=None, due_on__lt=timezone.localdate()
        ).select_related("consent__app", "consent__school"),
        "form": form,
        "to_do": to_do(),
        "tab": "apps",
    }
    return render(request, "portal/operators/apps.html", context, status=422 if form.is_bound else 200)
