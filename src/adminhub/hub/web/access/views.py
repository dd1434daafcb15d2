"""Screens of access."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from adminhub.hub.schools.permissions import Ability
from adminhub.hub.web.shared.access import SchoolRequest, school_page


@school_page(Ability.GRANT_ACCESS)
def change(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "change"})


@school_page(Ability.GRANT_ACCESS)
def undo(request: SchoolRequest, **rest: Any) -> HttpResponse:
    """Still to come."""
    return render(request, "hub/page.html", {"tab": "undo"})
