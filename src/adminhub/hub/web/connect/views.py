"""Screens of connect."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from adminhub.hub.schools.permissions import Ability
from adminhub.hub.web.shared.access import SchoolRequest, school_page


@school_page(Ability.MANAGE_SCHOOL)
def mis_sync(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "school"})


@school_page(Ability.MANAGE_SCHOOL)
def state(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "school"})


@school_page(Ability.MANAGE_SCHOOL)
def confirm_details(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "school"})


@school_page(Ability.MANAGE_SCHOOL)
def search(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "school"})


@school_page(Ability.MANAGE_SCHOOL)
def compare(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "school"})


@school_page(Ability.MANAGE_SCHOOL)
def submit(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "school"})


@school_page(Ability.MANAGE_SCHOOL)
def remind(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "school"})


@school_page(Ability.MANAGE_SCHOOL)
def deauthorise(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "school"})
