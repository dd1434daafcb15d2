"""Screens of classes."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from adminhub.hub.schools.permissions import Ability
from adminhub.hub.web.shared.access import SchoolRequest, school_page


@school_page(Ability.VIEW_HUB)
def classes(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "classes"})


@school_page(Ability.VIEW_HUB)
def school_class(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "school_class"})


@school_page(Ability.VIEW_HUB)
def groups(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "groups"})


@school_page(Ability.VIEW_HUB)
def group(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "group"})
