"""Screens of people."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from adminhub.hub.schools.permissions import Ability
from adminhub.hub.web.shared.access import SchoolRequest, school_page


@school_page(Ability.VIEW_HUB)
def teachers(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "teachers"})


@school_page(Ability.VIEW_HUB)
def teacher(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "teacher"})


@school_page(Ability.VIEW_HUB)
def pupils(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "pupils"})


@school_page(Ability.VIEW_HUB)
def pupil(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "pupil"})
