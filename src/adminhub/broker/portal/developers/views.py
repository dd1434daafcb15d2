"""A developer's apps, what each says of itself, and its schools."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from adminhub.broker.apps.developing import describe_app, start_app, what_is_missing_to_release
from adminhub.broker.apps.models import App
from adminhub.broker.consent.actions import request_access
from adminhub.broker.consent.erasing import confirm_deletion, facts_to_delete
from adminhub.broker.consent.models import Consent, Erasure
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.models import School
from adminhub.broker.portal.access import AppRequest, PersonRequest, app_page, developer_page
from adminhub.broker.portal.developers.forms import AboutForm, DeletionForm, NewAppForm

PER_PAGE = 50


@developer_page
@require_GET
def apps(request: PersonRequest) -> HttpResponse:
    """The apps this person looks after."""
    found = App.objects.filter(developers__user=request.user)
    return render(request, "portal/developers/apps.html", {"apps": found})


@developer_page
@require_http_methods(["GET", "POST"])
def new_app(request: PersonRequest) -> HttpResponseBase:
    """Register an app."""
    form = NewAppForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            app = start_app(by=request.user, **form.cleaned_data)
        except NotPossible as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"{app} is registered. It may ask test schools now.")
            return redirect("developers:about", app_id=app.public_id)
    return render(request, "portal/developers/new.html", {"form": form}, status=422 if form.is_bound else 200)


@app_page
@require_http_methods(["GET", "POST"])
def about(request: AppRequest) -> HttpResponseBase:
    """What the app says of itself, what is missing to release it, and its history."""
    held = {name: getattr(request.app, name) for name in AboutForm.base_fields}
    form = AboutForm(request.POST or None, initial=held)
    if request.method == "POST" and form.is_valid():
        describe_app(app=request.app, by=request.user, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("developers:about", app_id=request.app.public_id)
    context = {
        "form": form,
        "missing": what_is_missing_to_release(request.app),
        "events": request.app.events.all()[:PER_PAGE],
    }
    return show(request, "about", context, status=422 if form.is_bound else 200)


@app_page
@require_GET
def schools(request: AppRequest) -> HttpResponse:
    """Where the app has asked, what each school says, which deletions wait for its word, and the test schools."""
    consents = Consent.objects.filter(app=request.app).select_related("school").order_by("school__name")
    page = Paginator(consents, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "erasures": _open_erasures(request.app),
        "test_schools": School.objects.filter(is_test=True).exclude(consents__app=request.app),
    }
    return show(request, "schools", context)


@app_page
@require_POST
def ask_test_school(request: AppRequest, *, school_id: str) -> HttpResponseBase:
    """Ask a test school, which says yes by itself."""
    school = get_object_or_404(School, broker_id=school_id, is_test=True)
    request_access(app=request.app, school=school, by=request.user)
    messages.success(request, f"{school} says yes to everything. Its data can be read in a few seconds.")
    return redirect("developers:schools", app_id=request.app.public_id)


@app_page
@require_http_methods(["GET", "POST"])
def deletion(request: AppRequest, *, school_id: str) -> HttpResponseBase:
    """Give the publisher's word that a school's data has been deleted."""
    erasure = get_object_or_404(_open_erasures(request.app), consent__school__broker_id=school_id)
    form = DeletionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        confirm_deletion(
            consent=erasure.consent,
            by=request.user,
            signed_by=form.cleaned_data["signed_by"],
            statement=form.cleaned_data["statement"],
        )
        messages.success(request, "Confirmed. The school's administrators are told.")
        return redirect("developers:schools", app_id=request.app.public_id)
    context = {"form": form, "erasure": erasure, "facts": facts_to_delete(erasure)}
    return show(request, "deletion", context, tab="schools", status=422 if form.is_bound else 200)


def show(
    request: AppRequest, name: str, context: dict[str, Any], *, tab: str = "", status: int = 200
) -> HttpResponse:
    """One of the pages about an app."""
    page = {"app": request.app, "part": tab or name, **context}
    return render(request, f"portal/developers/{name}.html", page, status=status)


def _open_erasures(app: App) -> Any:
    return Erasure.objects.filter(consent__app=app, confirmed_at=None, lapsed_at=None).select_related(
        "consent__app", "consent__school"
    )
