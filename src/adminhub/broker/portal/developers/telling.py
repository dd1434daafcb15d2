"""An app's webhook, its secret, and every message it was sent."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from adminhub.broker.apps.developing import new_webhook_secret, set_webhook
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.portal.access import AppRequest, app_page
from adminhub.broker.portal.developers.forms import WebhookForm
from adminhub.broker.portal.developers.views import PER_PAGE, show
from adminhub.broker.webhooks.actions import announce_test, send_again
from adminhub.broker.webhooks.models import Delivery


@app_page
@require_http_methods(["GET", "POST"])
def webhook(request: AppRequest) -> HttpResponseBase:
    """Where the app is told of what happens, and what it was told."""
    form = WebhookForm(request.POST or None, initial={"url": request.app.webhook_url})
    if request.method == "POST" and form.is_valid():
        try:
            secret = set_webhook(app=request.app, by=request.user, url=form.cleaned_data["url"])
        except NotPossible as refusal:
            form.add_error("url", str(refusal))
        else:
            messages.success(request, "Saved.")
            return _page(request, WebhookForm(initial={"url": request.app.webhook_url}), new=secret)
    return _page(request, form)


@app_page
@require_POST
def secret(request: AppRequest) -> HttpResponseBase:
    """A new secret, shown this once."""
    new = new_webhook_secret(app=request.app, by=request.user)
    return _page(request, WebhookForm(initial={"url": request.app.webhook_url}), new=new)


@app_page
@require_POST
def try_it(request: AppRequest) -> HttpResponseBase:
    """Send a message that says it is a test."""
    if announce_test(app=request.app) is None:
        messages.error(request, "Nothing was sent: there is no address to send to.")
    else:
        messages.success(request, "A test is on its way. The log shows what came of it.")
    return redirect("developers:webhook", app_id=request.app.public_id)


@app_page
@require_POST
def again(request: AppRequest, *, delivery_id: UUID) -> HttpResponseBase:
    """Send one message once more."""
    send_again(delivery=get_object_or_404(Delivery, pk=delivery_id, app=request.app))
    messages.success(request, "It is on its way again.")
    return redirect("developers:webhook", app_id=request.app.public_id)


def _page(request: AppRequest, form: WebhookForm, *, new: str = "") -> HttpResponseBase:
    found = request.app.deliveries.select_related("school").prefetch_related("log")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "new": new}
    return show(request, "webhook", context, status=422 if form.is_bound else 200)
