"""Lists and pages of teachers and pupils."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from adminhub.hub.roster.models import Access, Employee, Kind, MISLink, Pupil
from adminhub.hub.roster.queries import (
    access_counts,
    classes_of,
    classes_taught_by,
    employees_listed,
    pupils_listed,
    registration_groups_of,
    years_in_use,
)
from adminhub.hub.schools.permissions import Ability, may
from adminhub.hub.schools.queries import roles_by_email
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.lists import list_context, page_of, wanted_from, year_options
from adminhub.hub.web.shared.own_values import own_values_of
from adminhub.hub.web.shared.sharing import no_longer_shared_of


@require_GET
@school_page(Ability.VIEW_HUB)
def teachers(request: SchoolRequest) -> HttpResponse:
    """The teachers and other staff."""
    wanted = wanted_from(request.GET)
    page = page_of(request, employees_listed(request.service, wanted))
    people = list(page.object_list)
    taught = classes_taught_by(people)
    roles = roles_by_email(
        school=request.school, service=request.service, emails=[person.email for person in people]
    )
    rows = [(person, taught.get(person.pk, []), roles.get(person.email.lower(), "")) for person in people]
    context = {
        **list_context(request, wanted),
        "tab": "teachers",
        "kind": Kind.EMPLOYEE.value,
        "page": page,
        "rows": rows,
        "counts": access_counts(Kind.EMPLOYEE, request.service),
    }
    return render(request, "hub/people/teachers.html", context)


@require_GET
@school_page(Ability.VIEW_HUB)
def pupils(request: SchoolRequest) -> HttpResponse:
    """The pupils."""
    wanted = wanted_from(request.GET)
    page = page_of(request, pupils_listed(request.service, wanted))
    people = list(page.object_list)
    groups = registration_groups_of(people)
    context = {
        **list_context(request, wanted),
        "tab": "pupils",
        "kind": Kind.PUPIL.value,
        "page": page,
        "rows": [(person, groups.get(person.pk)) for person in people],
        "counts": access_counts(Kind.PUPIL, request.service),
        "years": year_options(years_in_use()),
    }
    return render(request, "hub/people/pupils.html", context)


@require_GET
@school_page(Ability.VIEW_HUB)
def teacher(request: SchoolRequest, sourced_id: UUID) -> HttpResponse:
    """One member of staff."""
    person = get_object_or_404(Employee.objects.select_related("merged_into"), sourced_id=sourced_id)
    if person.merged_into is not None:
        return _to_the_one_that_stays(request, "people:teacher", person.merged_into)
    context = {**_person(request, person), "tab": "teachers", "kind": Kind.EMPLOYEE.value}
    return render(request, "hub/people/teacher.html", context)


@require_GET
@school_page(Ability.VIEW_HUB)
def pupil(request: SchoolRequest, sourced_id: UUID) -> HttpResponse:
    """One pupil."""
    person = get_object_or_404(Pupil.objects.select_related("merged_into"), sourced_id=sourced_id)
    if person.merged_into is not None:
        return _to_the_one_that_stays(request, "people:pupil", person.merged_into)
    context = {**_person(request, person), "tab": "pupils", "kind": Kind.PUPIL.value}
    return render(request, "hub/people/pupil.html", context)


def _to_the_one_that_stays(request: SchoolRequest, page: str, stays: Employee | Pupil) -> HttpResponse:
    """An old link to a record that was merged leads to the record that took its place."""
    messages.info(request, "The record you asked for was merged into this one.")
    centre_id, slug = request.school.centre_id, request.service.slug
    return redirect(page, centre_id=centre_id, service=slug, sourced_id=stays.sourced_id)


def _person(request: SchoolRequest, person: Employee | Pupil) -> dict[str, Any]:
    column = "employee" if isinstance(person, Employee) else "pupil"
    link = MISLink.objects.filter(**{column: person}).first()
    return {
        "person": person,
        "classes": classes_of(person),
        "overrides": own_values_of(person),
        "no_longer_shared": no_longer_shared_of(person) if link and not link.lost_at else [],
        "may_edit": may(request.grant, Ability.EDIT_PEOPLE),
        "link": link,
        "access": Access.objects.filter(service=request.service, **{column: person})
        .select_related("granted_by")
        .first(),
    }
