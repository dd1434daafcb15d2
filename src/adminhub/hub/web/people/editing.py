"""Changing one person by hand: their fields, the school's own values, and their link with the MIS."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from adminhub.hub.core.errors import NotNow
from adminhub.hub.planning.unlinking import draft_unlink
from adminhub.hub.roster.editing import Person, kind_of
from adminhub.hub.roster.models import Employee, Kind, Pupil
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.own_values import form_for, give_up_field

_PAGES = {Kind.EMPLOYEE: "people:teacher", Kind.PUPIL: "people:pupil"}


@require_http_methods(["GET", "POST"])
@school_page(Ability.EDIT_PEOPLE)
def teacher(request: SchoolRequest, sourced_id: UUID) -> HttpResponse:
    """Change a member of staff."""
    return _edit(request, get_object_or_404(Employee, sourced_id=sourced_id))


@require_http_methods(["GET", "POST"])
@school_page(Ability.EDIT_PEOPLE)
def pupil(request: SchoolRequest, sourced_id: UUID) -> HttpResponse:
    """Change a pupil."""
    return _edit(request, get_object_or_404(Pupil, sourced_id=sourced_id))


def _edit(request: SchoolRequest, person: Person) -> HttpResponse:
    kind = kind_of(person)
    form = form_for(request, person)
    if form.write(request):
        return _to_page(request, person)
    context = {
        "tab": "teachers" if kind == Kind.EMPLOYEE else "pupils",
        "kind": kind.value,
        "page_name": _PAGES[kind],
        "person": person,
        "form": form,
    }
    return render(request, "hub/people/edit.html", context)


@require_POST
@school_page(Ability.EDIT_PEOPLE)
def give_up(request: SchoolRequest, sourced_id: UUID) -> HttpResponse:
    """Let a field be the MIS's again."""
    person = _person(sourced_id)
    give_up_field(request, person)
    return _to_page(request, person)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def unlink(request: SchoolRequest, sourced_id: UUID) -> HttpResponse:
    """Show what unlinking somebody from their MIS record would do. Nothing is unlinked yet."""
    person = _person(sourced_id)
    try:
        plan = draft_unlink(kind=kind_of(person), key=person.pk, by=request.user)
    except NotNow as problem:
        messages.error(request, str(problem))
        return _to_page(request, person)
    where = {"centre_id": request.school.centre_id, "service": request.service.slug}
    return redirect(reverse("plans:plan", kwargs={**where, "plan_id": plan.pk}))


def _person(sourced_id: UUID) -> Person:
    found: Person | None = (
        Pupil.objects.filter(sourced_id=sourced_id).first()
        or Employee.objects.filter(sourced_id=sourced_id).first()
    )
    if found is None:
        raise Http404
    return found


def _to_page(request: SchoolRequest, person: Person) -> HttpResponse:
    where = {"centre_id": request.school.centre_id, "service": request.service.slug}
    return redirect(reverse(_PAGES[kind_of(person)], kwargs={**where, "sourced_id": person.sourced_id}))
