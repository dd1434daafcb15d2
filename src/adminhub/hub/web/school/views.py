"""Screens of school."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from adminhub.hub.schools.permissions import Ability
from adminhub.hub.web.shared.access import SchoolRequest, school_page


@school_page(Ability.MANAGE_SCHOOL)
def details(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "school"})
