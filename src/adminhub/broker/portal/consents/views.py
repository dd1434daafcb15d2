"""One app at one school: seeing what is asked, and deciding."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from adminhub.broker.consent.actions import approve, decline, revoke, update_permissions
from adminhub.broker.consent.erasing import DAYS_TO_DELETE, facts_to_delete
from adminhub.broker.consent.models import Consent
from adminhub.broker.consent.queries import what_is_missing
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.portal.access import ConsentRequest, consent_page, deciding
from adminhub.broker.portal.consents.forms import DeclineForm, RevokeForm
from adminhub.broker.portal.consents.previewing import (
    identities_as_things_stand,
    preview,
    required_identities,
)
from adminhub.broker.portal.queries import (
    choices,
    documents_of,
    receipts,
    sharing_with,
    source_of,
    with_parents,
)


@consent_page
@require_GET
def show(request: ConsentRequest) -> HttpResponse:
    """What is asked and why; what was decided, found and done."""
    return _page(request)


@consent_page
@require_http_methods(["GET", "POST"])
def show_preview(request: ConsentRequest) -> HttpResponse:
    """Exactly what the app gets about whom. POST: with the optional permissions as they are switched on the page."""
    consent = request.consent
    identities = identities_as_things_stand(consent)
    if request.method == "POST":
        ticked = with_parents(consent, request.POST.getlist("permission"))
        identities = required_identities(consent) | ticked
    context = {
        "consent": consent,
        "app": consent.app,
        "school": consent.school,
        "parts": preview(consent, identities, sharing_with(consent).reach),
        "is_as_ticked": request.method == "POST",
        "tab": "apps",
    }
    return render(request, "portal/consents/preview.html", context)


@consent_page
@deciding
@require_http_methods(["GET", "POST"])
def approve_access(request: ConsentRequest) -> HttpResponseBase:
    """Allow the app its required permissions, and the optional ones that were switched on."""
    if request.method != "POST":
        return _back(request)
    granted = with_parents(request.consent, request.POST.getlist("permission"))
    try:
        approve(consent=request.consent, by=request.user, granted=granted)
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Access of {request.consent.app} was approved. A receipt is on its way.")
    return _back(request)


@consent_page
@deciding
@require_http_methods(["GET", "POST"])
def decline_access(request: ConsentRequest) -> HttpResponseBase:
    """Say no, with a reason."""
    form = DeclineForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _confirm(request, form, "portal/consents/decline.html")
    try:
        decline(consent=request.consent, by=request.user, reason=form.cleaned_data["reason"])
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Access of {request.consent.app} was declined. A receipt is on its way.")
    return _back(request)


@consent_page
@deciding
@require_http_methods(["GET", "POST"])
def revoke_access(request: ConsentRequest) -> HttpResponseBase:
    """End access, with a reason."""
    form = RevokeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _confirm(request, form, "portal/consents/revoke.html")
    try:
        revoke(consent=request.consent, by=request.user, reason=form.cleaned_data["reason"])
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Access of {request.consent.app} was revoked. A receipt is on its way.")
    return _back(request)


@consent_page
@deciding
@require_http_methods(["GET", "POST"])
def change_permissions(request: ConsentRequest) -> HttpResponseBase:
    """Switch an approved app's optional permissions on or off."""
    if request.method != "POST":
        return _back(request)
    granted = with_parents(request.consent, request.POST.getlist("permission"))
    try:
        update_permissions(consent=request.consent, by=request.user, granted=granted)
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The permissions were changed. A receipt is on its way.")
    return _back(request)


def _page(request: ConsentRequest) -> HttpResponse:
    consent = request.consent
    events = list(consent.events.all())
    may_decide = not request.administration.is_read_only
    shared = sharing_with(consent)
    context: dict[str, Any] = {
        "consent": consent,
        "app": consent.app,
        "school": consent.school,
        "state": Consent.State,
        "groups": choices(consent),
        "documents": documents_of(consent.app),
        "sharing": shared,
        "reach": shared.reach,
        "source": source_of(consent.school),
        "events": events,
        "receipts": receipts(consent, events),
        "erasures": [(erasure, facts_to_delete(erasure)) for erasure in consent.erasures.all()],
        "missing": what_is_missing(consent.school)
        if consent.state == Consent.State.WAITING_FOR_SETUP
        else [],
        "decline_form": DeclineForm(),
        "revoke_form": RevokeForm(),
        "days_to_delete": DAYS_TO_DELETE,
        "needs_review": consent.needs_review,
        "may_decide": may_decide,
        "can_approve": may_decide and consent.state == Consent.State.PENDING,
        "can_decline": may_decide and consent.is_waiting_for_school,
        "can_change": may_decide and consent.is_approved,
        "is_checked_by_person": settings.BROKER_AUDIT_MODE == "person",
        "tab": "apps",
    }
    return render(request, "portal/consents/show.html", context)


def _confirm(request: ConsentRequest, form: DeclineForm | RevokeForm, template: str) -> HttpResponse:
    context: dict[str, Any] = {
        "consent": request.consent,
        "app": request.consent.app,
        "school": request.school,
        "form": form,
        "days_to_delete": DAYS_TO_DELETE,
    }
    return render(request, template, context, status=422 if form.is_bound else 200)


def _back(request: ConsentRequest) -> HttpResponseBase:
    return redirect("consents:show", public_id=request.consent.public_id)
