"""The School tab: what the hub knows of the school, and who administers which service."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from adminhub.hub.roster.queries import school_counts
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.schools.queries import coordinators_by_service
from adminhub.hub.web.shared.access import SchoolRequest, school_page


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def details(request: SchoolRequest) -> HttpResponse:
    """The school's details."""
    context = {
        "tab": "school",
        "subtab": "details",
        "counts": school_counts(),
        "services": coordinators_by_service(request.school),
    }
    return render(request, "hub/school/details.html", context)
