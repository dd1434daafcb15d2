"""Screens of Wellbeing: the school, its staff, classes and pupils as the hub handed them over."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from adminhub.wellbeing.notes.actions import write
from adminhub.wellbeing.roster import queries
from adminhub.wellbeing.roster.actions import refresh, refresh_in_the_background
from adminhub.wellbeing.roster.errors import RosterTrouble
from adminhub.wellbeing.roster.models import User
from adminhub.wellbeing.web.access import SchoolRequest, school_page

ROWS = 50
LONGEST_NOTE = 1000
KINDS = (("", "All classes"), ("registration", "Registration groups"), ("teaching", "Subject classes"))


@login_required
@require_safe
def front(request: HttpRequest) -> HttpResponseBase:
    """Go to the only school, or ask which."""
    memberships = queries.memberships_of(cast(User, request.user))
    if len(memberships) == 1:
        return redirect("school", school_id=memberships[0].school_id)
    return render(request, "wellbeing/choose.html", {"memberships": memberships})


@require_safe
@school_page
def school(request: SchoolRequest) -> HttpResponse:
    """What Wellbeing knows of the school, and since when."""
    is_refreshing = refresh_in_the_background(request.school)
    registration = queries.classes_of(request.school, kind="registration")
    context = {
        "tab": "school",
        "counts": queries.counts_of(request.school),
        "registration_groups": registration[:ROWS],
        "is_refreshing": is_refreshing,
    }
    return _render(request, "school.html", context)


@require_POST
@transaction.non_atomic_requests
@school_page
def refresh_roster(request: SchoolRequest) -> HttpResponseBase:
    """Read the roster from the hub now."""
    try:
        refresh(school_id=request.school.sourced_id)
    except RosterTrouble as trouble:
        messages.error(request, str(trouble))
    else:
        messages.success(request, "The roster is up to date.")
    return redirect("school", school_id=request.school.pk)


@require_safe
@school_page
def staff(request: SchoolRequest) -> HttpResponse:
    """Staff with access."""
    search = request.GET.get("q", "").strip()
    rows = queries.employees_of(request.school, search=search)
    return _render(request, "staff.html", {"tab": "staff", "q": search, "page": _page(request, rows)})


@require_safe
@school_page
def classes(request: SchoolRequest) -> HttpResponse:
    """Classes, and how many of each are ready to be asked."""
    search, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    rows = queries.classes_of(request.school, search=search, kind=kind)
    context = {"tab": "classes", "q": search, "kind": kind, "kinds": KINDS, "page": _page(request, rows)}
    return _render(request, "classes.html", context)


@require_safe
@school_page
def one_class(request: SchoolRequest, *, class_id: int) -> HttpResponse:
    """A class: its staff and its pupils."""
    found = get_object_or_404(queries.classes_of(request.school), pk=class_id)
    context = {
        "tab": "classes",
        "school_class": found,
        "staff": queries.employees_of(request.school).filter(enrolments__school_class=found),
        "pupils": queries.pupils_of(request.school).filter(enrolments__school_class=found),
    }
    return _render(request, "class.html", context)


@require_safe
@school_page
def pupils(request: SchoolRequest) -> HttpResponse:
    """Pupils with access."""
    search, year = request.GET.get("q", "").strip(), request.GET.get("year", "")
    rows = queries.pupils_of(request.school, search=search, year=year)
    years = [("", "All year groups"), *((one, _year_name(one)) for one in queries.years_of(request.school))]
    context = {"tab": "pupils", "q": search, "year": year, "years": years, "page": _page(request, rows)}
    return _render(request, "pupils.html", context)


@require_safe
@school_page
def one_pupil(request: SchoolRequest, *, pupil_id: int) -> HttpResponse:
    """A pupil, and what staff noted about them."""
    found = get_object_or_404(queries.pupils_of(request.school), pk=pupil_id)
    context = {"tab": "pupils", "pupil": found, "notes": queries.notes_on(found), "longest": LONGEST_NOTE}
    return _render(request, "pupil.html", context)


@require_POST
@school_page
def write_note(request: SchoolRequest, *, pupil_id: int) -> HttpResponseBase:
    """Note something about a pupil."""
    found = get_object_or_404(queries.pupils_of(request.school), pk=pupil_id)
    text = request.POST.get("text", "").replace("\x00", "").strip()
    if not text:
        messages.warning(request, "Nothing was noted: the note was empty.")
    elif len(text) > LONGEST_NOTE:
        messages.warning(request, f"Nothing was noted: a note has at most {LONGEST_NOTE} characters.")
    else:
        write(pupil_id=found.pk, text=text, by_id=request.user.pk)
        messages.success(request, "Noted.")
    return redirect("pupil", school_id=request.school.pk, pupil_id=found.pk)


def _render(request: SchoolRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    shared = {
        "school": request.school,
        "membership": request.membership,
        "hub_url": f"{settings.WELLBEING_HUB_URL}/open/wellbeing/",
        **{f"on_{tab}": tab == context["tab"] for tab in ("school", "staff", "classes", "pupils")},
    }
    return render(request, f"wellbeing/{template}", shared | context)


def _page(request: HttpRequest, rows: QuerySet[Any]) -> Any:
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))


def _year_name(year: str) -> str:
    return {"R": "Reception", "N1": "Nursery 1", "N2": "Nursery 2"}.get(year, f"Year {year}")
