"""Lists and pages of classes and groups."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from adminhub.hub.roster.models import ClassKind, Group, SchoolClass
from adminhub.hub.roster.queries import (
    classes_listed,
    groups_listed,
    member_counts,
    members_of,
    members_of_group,
)
from adminhub.hub.schools.permissions import Ability, may
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.lists import list_context, page_of, wanted_from
from adminhub.hub.web.shared.own_values import own_values_of

SHOWS = [("", "In use"), ("archived", "Archived")]
KINDS = [
    ("", "Every kind"),
    (ClassKind.REGISTRATION.value, "Registration groups"),
    (ClassKind.TEACHING.value, "Subject classes"),
]


@require_GET
@school_page(Ability.VIEW_HUB)
def classes(request: SchoolRequest) -> HttpResponse:
    """The classes."""
    wanted = wanted_from(request.GET)
    kind = request.GET.get("kind", "")
    archived = request.GET.get("show") == "archived"
    found = classes_listed(search=wanted.search, kind=kind, sync=wanted.sync, archived=archived)
    page = page_of(request, found)
    counts = member_counts(list(page.object_list))
    context = {
        **list_context(request, wanted),
        "tab": "classes",
        "page": page,
        "rows": [(each, counts[each.pk]) for each in page.object_list],
        "kinds": KINDS,
        "kind": kind,
        "shows": SHOWS,
        "show": "archived" if archived else "",
    }
    return render(request, "hub/classes/classes.html", context)


@require_GET
@school_page(Ability.VIEW_HUB)
def school_class(request: SchoolRequest, sourced_id: UUID) -> HttpResponse:
    """One class and who is in it."""
    found = get_object_or_404(SchoolClass, sourced_id=sourced_id)
    teachers, pupils = members_of(found, request.service)
    context = {
        "tab": "classes",
        "class": found,
        "link": found.mis_links.first(),
        "teachers": teachers,
        "pupils": pupils,
        "overrides": own_values_of(found),
        "may_edit": may(request.grant, Ability.EDIT_PEOPLE) and found.archived_at is None,
    }
    return render(request, "hub/classes/class.html", context)


@require_GET
@school_page(Ability.VIEW_HUB)
def groups(request: SchoolRequest) -> HttpResponse:
    """The school's own groups."""
    wanted = wanted_from(request.GET)
    page = page_of(request, groups_listed(search=wanted.search))
    return render(
        request, "hub/classes/groups.html", {**list_context(request, wanted), "tab": "groups", "page": page}
    )


@require_GET
@school_page(Ability.VIEW_HUB)
def group(request: SchoolRequest, group_id: int) -> HttpResponse:
    """One group and who is in it."""
    found = get_object_or_404(Group, pk=group_id)
    context = {"tab": "groups", "group": found, "pupils": members_of_group(found, request.service)}
    return render(request, "hub/classes/group.html", context)
