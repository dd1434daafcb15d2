"""Changing one person by hand: their fields, the school's own values, and their link with the MIS."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from adminhub.hub.core.errors import NotNow
from adminhub.hub.jobs.outputs import announce
from adminhub.hub.planning.unlinking import draft_unlink
from adminhub.hub.roster.editing import Person, edit_record, give_up_own_value, kind_of
from adminhub.hub.roster.errors import BelongsToMIS
from adminhub.hub.roster.models import Employee, Kind, MISLink, Pupil
from adminhub.hub.roster.queries import overrides_of
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.own_values import RecordForm
from adminhub.hub.web.shared.words import LABELS

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
    is_synced = MISLink.objects.filter(**{kind.value: person}, lost_at__isnull=True).exists()
    kept = {override.field: override for override in overrides_of(person)}
    data = request.POST if request.method == "POST" else None
    form = RecordForm(person, is_synced=is_synced, overrides=kept, data=data)
    if form.is_valid():
        try:
            changed = edit_record(record=person, values=form.values, own=form.own, by=request.user)
        except BelongsToMIS as problem:
            form.refuse(problem)
        else:
            announce(request.school.pk)
            said = ", ".join(LABELS[name] for name in changed)
            messages.success(
                request, f"Saved: {said}." if said else "Saved. No field is otherwise than before."
            )
            return _to_page(request, person)
    context = {
        "tab": "teachers" if kind == Kind.EMPLOYEE else "pupils",
        "kind": kind.value,
        "page_name": _PAGES[kind],
        "person": person,
        "form": form,
        "is_synced": is_synced,
    }
    return render(request, "hub/people/edit.html", context)


@require_POST
@school_page(Ability.EDIT_PEOPLE)
def give_up(request: SchoolRequest, sourced_id: UUID) -> HttpResponse:
    """Let a field be the MIS's again."""
    person, field = _person(sourced_id), request.POST.get("field", "")
    if give_up_own_value(record=person, field=field, by=request.user):
        announce(request.school.pk)
        messages.success(request, f"{LABELS[field]} comes from your MIS again.")
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
