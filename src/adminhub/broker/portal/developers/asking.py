"""What an app asks for, and its data handling agreement."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from adminhub.broker.apps.developing import declare_permission, withdraw_permission, write_document
from adminhub.broker.consent.actions import ask_anew
from adminhub.broker.portal.access import AppRequest, app_page
from adminhub.broker.portal.developers.forms import DocumentForm, PermissionForm
from adminhub.broker.portal.developers.views import show


@app_page
@require_http_methods(["GET", "POST"])
def permissions(request: AppRequest) -> HttpResponseBase:
    """What the app asks for, and asking for one thing more or saying it otherwise."""
    declared = list(request.app.permissions.filter(withdrawn_at=None))
    chosen = next((one for one in declared if one.identity == request.GET.get("change")), None)
    held = {name: getattr(chosen, name) for name in PermissionForm.base_fields} if chosen else {}
    form = PermissionForm(request.POST or None, initial=held)
    if request.method == "POST" and form.is_valid():
        changed = declare_permission(app=request.app, by=request.user, **form.cleaned_data)
        ask_anew(app=request.app, changed=changed, by=request.user)
        messages.success(request, "Declared. Schools that have approved the app are asked to review it.")
        return redirect("developers:permissions", app_id=request.app.public_id)
    context = {"declared": declared, "form": form, "chosen": chosen}
    return show(request, "permissions", context, status=422 if form.is_bound else 200)


@app_page
@require_POST
def withdraw(request: AppRequest) -> HttpResponseBase:
    """Ask for one thing no more."""
    withdraw_permission(app=request.app, by=request.user, identity=request.POST.get("identity", ""))
    messages.success(request, "Withdrawn. No school gives it any more, from the next request on.")
    return redirect("developers:permissions", app_id=request.app.public_id)


@app_page
@require_http_methods(["GET", "POST"])
def agreement(request: AppRequest) -> HttpResponseBase:
    """The text schools accept when they approve."""
    document = request.app.documents.filter(kind="data_handling_agreement").first()
    held = (
        {"title": document.title, "body": document.body} if document else {"title": "Data handling agreement"}
    )
    form = DocumentForm(request.POST or None, initial=held)
    if request.method == "POST" and form.is_valid():
        write_document(app=request.app, by=request.user, **form.cleaned_data)
        messages.success(request, "Saved as a new version.")
        return redirect("developers:agreement", app_id=request.app.public_id)
    return show(
        request, "agreement", {"form": form, "document": document}, status=422 if form.is_bound else 200
    )
