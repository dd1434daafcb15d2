"""Deciding about one app for several schools: chosen, checked, approved school by school."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from adminhub.broker.apps.models import App
from adminhub.broker.consent.actions import approve_several
from adminhub.broker.portal.access import PersonRequest, person_page
from adminhub.broker.portal.queries import choices, documents_of, with_parents
from adminhub.broker.portal.several.queries import Row, pending_of, rows


@person_page
@require_http_methods(["GET", "POST"])
def decide(request: PersonRequest, *, app_id: UUID) -> HttpResponse:
    """Choose the schools and the permissions; `do=check` shows what would happen, `do=approve` does it."""
    app = get_object_or_404(App, public_id=app_id)
    consents = pending_of(request.user, app)
    if not consents:
        raise Http404
    is_sent = request.method == "POST"
    found = rows(consents, request.user, ticked=set(request.POST.getlist("consent")) if is_sent else None)
    chosen = [row for row in found if row.is_ticked]
    granted = request.POST.getlist("permission")
    if is_sent and chosen and request.POST.get("do") == "approve":
        return _approve(request, app, chosen, granted)
    if is_sent and chosen and request.POST.get("do") == "check":
        return _check(request, app, found, granted)
    context = {
        "app": app,
        "rows": found,
        "groups": choices(consents[0]),
        "documents": documents_of(app),
        "problem": is_sent and not chosen,
    }
    return render(request, "portal/several/choose.html", context, status=422 if context["problem"] else 200)


def _check(request: PersonRequest, app: App, found: list[Row], granted: list[str]) -> HttpResponse:
    chosen = [row for row in found if row.is_ticked]
    asked = choices(chosen[0].consent)
    wanted = with_parents(chosen[0].consent, granted)
    context = {
        "app": app,
        "chosen": chosen,
        "left_out": [row for row in found if not row.is_ticked],
        "required": [choice.asked for group in asked for choice in group.required],
        "optional": [
            choice.asked for group in asked for choice in group.optional if choice.asked.identity in wanted
        ],
        "withheld": [
            choice.asked
            for group in asked
            for choice in group.optional
            if choice.asked.identity not in wanted
        ],
        "granted": granted,
        "pupils": sum(row.sharing.pupils for row in chosen if row.sharing),
        "employees": sum(row.sharing.employees for row in chosen if row.sharing),
    }
    return render(request, "portal/several/check.html", context)


def _approve(request: PersonRequest, app: App, chosen: list[Row], granted: list[str]) -> HttpResponse:
    wanted = {row.consent.pk: with_parents(row.consent, granted) for row in chosen}
    outcomes = approve_several(
        consents=[row.consent for row in chosen], by=request.user, granted=lambda consent: wanted[consent.pk]
    )
    return render(request, "portal/several/done.html", {"app": app, "outcomes": outcomes})
