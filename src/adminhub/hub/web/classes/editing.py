"""Changing one class by hand: what is the school's, and its own values of what is the MIS's."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from adminhub.hub.jobs.outputs import announce
from adminhub.hub.roster.editing import edit_record, give_up_own_value
from adminhub.hub.roster.errors import BelongsToMIS
from adminhub.hub.roster.models import SchoolClass
from adminhub.hub.roster.queries import PRESENT, overrides_of
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.own_values import RecordForm
from adminhub.hub.web.shared.words import LABELS


@require_http_methods(["GET", "POST"])
@school_page(Ability.EDIT_PEOPLE)
def school_class(request: SchoolRequest, sourced_id: UUID) -> HttpResponse:
    """Change a class. One that is archived stays as it was."""
    found = get_object_or_404(SchoolClass.objects.filter(PRESENT), sourced_id=sourced_id)
    is_synced = found.mis_links.filter(lost_at__isnull=True).exists()
    kept = {override.field: override for override in overrides_of(found)}
    data = request.POST if request.method == "POST" else None
    form = RecordForm(found, is_synced=is_synced, overrides=kept, data=data)
    if form.is_valid():
        try:
            changed = edit_record(record=found, values=form.values, own=form.own, by=request.user)
        except BelongsToMIS as problem:
            form.refuse(problem)
        else:
            announce(request.school.pk)
            said = ", ".join(LABELS[name] for name in changed)
            messages.success(
                request, f"Saved: {said}." if said else "Saved. No field is otherwise than before."
            )
            return _to_page(request, found)
    context = {"tab": "classes", "class": found, "form": form, "is_synced": is_synced}
    return render(request, "hub/classes/edit.html", context)


@require_POST
@school_page(Ability.EDIT_PEOPLE)
def give_up(request: SchoolRequest, sourced_id: UUID) -> HttpResponse:
    """Let a field be the MIS's again."""
    found = get_object_or_404(SchoolClass, sourced_id=sourced_id)
    field = request.POST.get("field", "")
    if give_up_own_value(record=found, field=field, by=request.user):
        announce(request.school.pk)
        messages.success(request, f"{LABELS[field]} comes from your MIS again.")
    return _to_page(request, found)


def _to_page(request: SchoolRequest, found: SchoolClass) -> HttpResponse:
    where = {"centre_id": request.school.centre_id, "service": request.service.slug}
    return redirect(reverse("classes:class", kwargs={**where, "sourced_id": found.sourced_id}))
