"""The list of leavers, its one-press actions, and the scheduling of their deletion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from adminhub.hub.core.errors import NotNow
from adminhub.hub.core.months import months_from
from adminhub.hub.jobs.outputs import announce
from adminhub.hub.leavers import deletion, queries
from adminhub.hub.leavers.actions import Deed, act
from adminhub.hub.leavers.queries import Asked
from adminhub.hub.roster.models import Employee, Kind, Pupil
from adminhub.hub.roster.queries import classes_taught_by, registration_groups_of
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.syncs.queries import settings_of
from adminhub.hub.web.leavers.forms import DeletionForm
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.lists import page_of

SHOWN = 50
"""So many names stand on the page that asks whether to delete them."""
NOUNS = {Kind.PUPIL: ("pupil", "pupils"), Kind.EMPLOYEE: ("teacher", "teachers")}
SAID = {
    Deed.WITHDRAW: "no longer in {service}",
    Deed.ARCHIVE: "archived: in no list and no service, with everything of theirs kept",
    Deed.BRING_BACK: "brought back",
}


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def listed(request: SchoolRequest) -> HttpResponse:
    """Who has left the MIS: pupils or teachers, still here or archived."""
    asked = _asked(request.GET)
    page = page_of(request, queries.leavers(request.service, asked))
    people = list(page.object_list)
    counts = queries.counts(asked.kind)
    context = {
        "tab": "school",
        "subtab": "leavers",
        "asked": asked,
        "page": page,
        "rows": [(person, where) for person, where in zip(people, _places(people), strict=True)],
        "counts": counts,
        "is_pupils": asked.kind == Kind.PUPIL,
        "noun": NOUNS[asked.kind][1],
        "queries": {
            "pupils": _query(asked, kind="pupils", archived="", scheduled=""),
            "teachers": _query(asked, kind="teachers", archived="", scheduled=""),
            "archived": _query(asked, archived="yes", scheduled=""),
            "scheduled": _query(asked, archived="", scheduled="yes"),
        },
        "query": _query(asked).removeprefix("?"),
        "here": request.get_full_path(),
        "plan": queries.last_plan(),
    }
    return render(request, "hub/leavers/leavers.html", context)


def _places(people: list[Any]) -> list[str]:
    """A pupil's year and registration group, or an employee's post."""
    pupils = [person for person in people if isinstance(person, Pupil)]
    groups = registration_groups_of(pupils) if pupils else {}
    staff = [person for person in people if isinstance(person, Employee)]
    taught = classes_taught_by(staff) if staff else {}
    return [
        ", ".join(filter(None, [person.year_group and f"Year {person.year_group}", _name(groups, person.pk)]))
        if isinstance(person, Pupil)
        else ", ".join(filter(None, [person.job, *(each.name for each in taught.get(person.pk, [])[:3])]))
        for person in people
    ]


def _name(groups: dict[int, Any], pk: int) -> str:
    return str(groups[pk].name) if pk in groups else ""


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def do(request: SchoolRequest) -> HttpResponse:
    """Withdraw, archive or bring back those ticked, or everybody whom the list shows."""
    word = request.POST.get("deed", "")
    if word not in {deed.value for deed in Deed}:
        raise Http404
    deed = Deed(word)
    asked, ids = _picked(request)
    try:
        plan = act(deed, kind=asked.kind, ids=ids, service=request.service, by=request.user)
    except NotNow as problem:
        messages.error(request, str(problem))
        return redirect(_url(request) + _query(asked))
    if plan is None:
        messages.info(request, "Nothing was changed: tick somebody for whom this is new.")
        return redirect(_url(request) + _query(asked))
    announce(request.school.pk)
    count = plan.changes.count()
    said = SAID[deed].format(service=request.service.name)
    noun = NOUNS[asked.kind][count != 1]
    messages.success(request, f"{count:,} {noun} {said}. Nobody was deleted. You can undo it below.")
    return redirect(_url(request) + _query(asked))


def _picked(request: SchoolRequest) -> tuple[Asked, list[int]]:
    """What the list was asked for, and the keys of those ticked, or of everybody whom it shows."""
    asked = _asked(QueryDict(request.POST.get("query", "")))
    if request.POST.get("everybody") == "1":
        return asked, list(queries.leavers(request.service, asked).values_list("pk", flat=True))
    picked = request.POST.getlist("pick")
    return asked, [int(pk) for pk in picked if pk.isascii() and pk.isdecimal() and len(pk) < 19]


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def schedule(request: SchoolRequest) -> HttpResponse:
    """Ask for the day and for a typed word, then have those ticked deleted on that day."""
    asked, ids = _picked(request)
    people = list(queries.leavers(request.service, replace(asked, has_access=False)).filter(pk__in=ids))
    if not people:
        messages.info(request, "Nothing was scheduled: tick somebody who has left.")
        return redirect(_url(request) + _query(asked))
    form = DeletionForm(
        request.POST if "typed" in request.POST else None,
        initial={"on": months_from(timezone.localdate(), settings_of().delete_after_months)},
    )
    if form.is_valid():
        on, picked = form.cleaned_data["on"], [person.pk for person in people]
        count = deletion.schedule(kind=asked.kind, ids=picked, on=on, by=request.user)
        said = f"{count:,} {NOUNS[asked.kind][count != 1]} will be deleted for good on {on.day} {on:%B %Y}."
        messages.success(
            request, f"{said} You get an e-mail a week before it. Until then it can be cancelled."
        )
        return redirect(_url(request) + _query(asked, scheduled="yes", archived=""))
    context = {
        "tab": "school",
        "subtab": "leavers",
        "people": people,
        "shown": people[:SHOWN],
        "more": len(people) - SHOWN,
        "noun": NOUNS[asked.kind][len(people) != 1],
        "query": _query(asked).removeprefix("?"),
        "back": _url(request) + _query(asked),
        "form": form,
    }
    return render(request, "hub/leavers/schedule.html", context)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def keep(request: SchoolRequest) -> HttpResponse:
    """Cancel the deletion of those ticked."""
    asked, ids = _picked(request)
    count = deletion.cancel(kind=asked.kind, ids=ids, by=request.user)
    noun = NOUNS[asked.kind][count != 1]
    if count:
        messages.success(request, f"Cancelled: {count:,} {noun} will not be deleted.")
    else:
        messages.info(request, "Nothing was cancelled: tick somebody who is to be deleted.")
    return redirect(_url(request) + _query(asked))


def _asked(query: QueryDict) -> Asked:
    return Asked(
        kind=Kind.EMPLOYEE if query.get("kind") == "teachers" else Kind.PUPIL,
        search=" ".join(query.get("q", "").replace("\x00", "").split())[:100],
        has_access=query.get("access") == "with",
        is_archived=query.get("archived") == "yes",
        is_scheduled=query.get("scheduled") == "yes",
    )


def _query(asked: Asked, **changes: str) -> str:
    words = {
        "kind": "teachers" if asked.kind == Kind.EMPLOYEE else "pupils",
        "q": asked.search,
        "access": "with" if asked.has_access else "",
        "archived": "yes" if asked.is_archived else "",
        "scheduled": "yes" if asked.is_scheduled else "",
        **changes,
    }
    return "?" + urlencode({name: word for name, word in words.items() if word})


def _url(request: SchoolRequest) -> str:
    where = {"centre_id": request.school.centre_id, "service": request.service.slug}
    return reverse("leavers:listed", kwargs=where)
