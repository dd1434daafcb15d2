"""Changing one class by hand: what is the school's, and its own values of what is the MIS's."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from adminhub.hub.roster.models import SchoolClass
from adminhub.hub.roster.queries import PRESENT
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.own_values import form_for, give_up_field


@require_http_methods(["GET", "POST"])
@school_page(Ability.EDIT_PEOPLE)
def school_class(request: SchoolRequest, sourced_id: UUID) -> HttpResponse:
    """Change a class. One that is archived stays as it was."""
    found = get_object_or_404(SchoolClass.objects.filter(PRESENT), sourced_id=sourced_id)
    form = form_for(request, found)
    if form.write(request):
        return _to_page(request, found)
    return render(request, "hub/classes/edit.html", {"tab": "classes", "class": found, "form": form})


@require_POST
@school_page(Ability.EDIT_PEOPLE)
def give_up(request: SchoolRequest, sourced_id: UUID) -> HttpResponse:
    """Let a field be the MIS's again."""
    found = get_object_or_404(SchoolClass, sourced_id=sourced_id)
    give_up_field(request, found)
    return _to_page(request, found)


def _to_page(request: SchoolRequest, found: SchoolClass) -> HttpResponse:
    where = {"centre_id": request.school.centre_id, "service": request.service.slug}
    return redirect(reverse("classes:class", kwargs={**where, "sourced_id": found.sourced_id}))
