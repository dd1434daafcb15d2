"""Granting and withdrawing access to the service, for the people ticked or for all that a list shows; with undo."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from adminhub.hub.jobs.outputs import announce
from adminhub.hub.roster.actions import grant_access, withdraw_access
from adminhub.hub.roster.models import Kind
from adminhub.hub.roster.queries import employees_listed, pupils_listed
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.lists import wanted_from

ACTIONS = {"grant": grant_access, "withdraw": withdraw_access}
OPPOSITE = {"grant": "withdraw", "withdraw": "grant"}
WORDS = {
    "grant": ("now has access to", "now have access to"),
    "withdraw": ("no longer has access to", "no longer have access to"),
}
NOUNS = {Kind.EMPLOYEE: ("teacher", "teachers"), Kind.PUPIL: ("pupil", "pupils")}
LIST_PAGES = {Kind.EMPLOYEE: "people:teachers", Kind.PUPIL: "people:pupils"}
LAST_CHANGE = "last_access_change"


@require_POST
@school_page(Ability.GRANT_ACCESS)
def change(request: SchoolRequest, kind: str) -> HttpResponse:
    """Grant or withdraw, as the button pressed says."""
    people = _kind(kind)
    deed = request.POST.get("deed", "")
    if deed not in ACTIONS:
        raise Http404
    ids = _ids(request, people)
    changed = ACTIONS[deed](service=request.service, kind=people, ids=ids, by=request.user)
    _say(request, people, deed, len(changed))
    if changed:
        announce(request.school.pk)
        request.session[LAST_CHANGE] = {
            "school": request.school.pk,
            "service": request.service.pk,
            "kind": people.value,
            "deed": deed,
            "ids": changed,
        }
    return _back(request, people)


@require_POST
@school_page(Ability.GRANT_ACCESS)
def undo(request: SchoolRequest) -> HttpResponse:
    """Take the last change back, for exactly the people it changed."""
    last: dict[str, Any] = request.session.pop(LAST_CHANGE, {})
    if (last.get("school"), last.get("service")) != (request.school.pk, request.service.pk):
        messages.info(request, "There is nothing to undo. Nothing was changed.")
        return _back(request, Kind.PUPIL)
    people, deed = _kind(last["kind"]), OPPOSITE[last["deed"]]
    changed = ACTIONS[deed](service=request.service, kind=people, ids=last["ids"], by=request.user)
    if changed:
        announce(request.school.pk)
    _say(request, people, deed, len(changed), undone=True)
    return _back(request, people)


def _kind(word: str) -> Kind:
    if word not in (Kind.EMPLOYEE.value, Kind.PUPIL.value):
        raise Http404
    return Kind(word)


def _ids(request: SchoolRequest, kind: Kind) -> list[int]:
    """The people ticked, or everybody whom the list's search and filters show, on all its pages."""
    if request.POST.get("everybody") != "1":
        return [int(pk) for pk in request.POST.getlist("pick") if pk.isdecimal() and len(pk) < 19]
    wanted = wanted_from(QueryDict(request.POST.get("query", "")))
    if kind == Kind.EMPLOYEE:
        return list(employees_listed(request.service, wanted).values_list("pk", flat=True))
    return list(pupils_listed(request.service, wanted).values_list("pk", flat=True))


def _say(request: SchoolRequest, kind: Kind, deed: str, count: int, *, undone: bool = False) -> None:
    if not count:
        messages.info(request, "Nothing was changed: tick somebody for whom this is new.")
        return
    place = 0 if count == 1 else 1
    start = "Undone: " if undone else ""
    tags = "" if undone else "undo"
    messages.success(
        request,
        f"{start}{count:,} {NOUNS[kind][place]} {WORDS[deed][place]} {request.service.name}.",
        extra_tags=tags,
    )


def _back(request: SchoolRequest, kind: Kind) -> HttpResponse:
    """To the page the button was on, if it is one of ours."""
    back = request.POST.get("next", "")
    if back and url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        return HttpResponseRedirect(back)
    return redirect(LIST_PAGES[kind], centre_id=request.school.centre_id, service=request.service.slug)
