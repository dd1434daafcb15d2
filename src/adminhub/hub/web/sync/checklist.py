"""After a sync: who is synced and not to be seen in the service, why, and the one-press way out."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from adminhub.hub.jobs.outputs import announce
from adminhub.hub.roster.actions import grant_access
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.syncs.queries import Why, hidden_people
from adminhub.hub.web.access.views import LAST_CHANGE
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.lists import page_of

SAID = {
    Why.NO_ACCESS: (
        "Synced pupils without access",
        "{service} shows a pupil only once access is given. Results and everything else stay with them meanwhile.",
    ),
    Why.STAFF_NO_ACCESS: ("Synced teachers without access", "They teach, and cannot use {service} yet."),
    Why.NO_YEAR_GROUP: (
        "Synced pupils without a year group",
        "{service} puts pupils into lists by year group. Add it in your MIS, and it comes with the next sync.",
    ),
    Why.NO_REGISTRATION_GROUP: (
        "Synced pupils in no registration group",
        "Put them in a group in your MIS, or tick the missing groups under Registration groups and save the "
        "pupils again.",
    ),
}
CAN_BE_GIVEN = {Why.NO_ACCESS: Kind.PUPIL, Why.STAFF_NO_ACCESS: Kind.EMPLOYEE}


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def listed(request: SchoolRequest, why: str) -> HttpResponse:
    """Who it is, by name."""
    reason = _why(why)
    title, said = SAID[reason]
    context = {
        "tab": "school",
        "subtab": "mis_sync",
        "why": reason.value,
        "title": title,
        "why_said": said.format(service=request.service.name),
        "page": page_of(request, hidden_people(request.service, reason)),
        "is_staff": reason is Why.STAFF_NO_ACCESS,
        "noun": "teacher" if reason is Why.STAFF_NO_ACCESS else "pupil",
        "can_give": reason in CAN_BE_GIVEN and request.may_grant_access,
    }
    return render(request, "hub/sync/checklist.html", context)


@require_POST
@school_page(Ability.GRANT_ACCESS)
def give_access(request: SchoolRequest, why: str) -> HttpResponse:
    """Give access to everybody on one list; the toast undoes it for exactly them."""
    kind = CAN_BE_GIVEN.get(_why(why))
    if kind is None:
        raise Http404
    ids = list(hidden_people(request.service, _why(why)).values_list("pk", flat=True))
    given = grant_access(service=request.service, kind=kind, ids=ids, by=request.user)
    if given:
        announce(request.school.pk)
        request.session[LAST_CHANGE] = {
            "school": request.school.pk,
            "service": request.service.pk,
            "kind": kind.value,
            "deed": "grant",
            "ids": given,
        }
    noun = ("pupil" if kind == Kind.PUPIL else "teacher") + ("" if len(given) == 1 else "s")
    have = "has" if len(given) == 1 else "have"
    messages.success(
        request,
        f"{len(given):,} {noun} now {have} access to {request.service.name}.",
        extra_tags="undo" if given else "",
    )
    back = request.POST.get("back", "")
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("connect:mis_sync", centre_id=request.school.centre_id, service=request.service.slug)


def _why(word: str) -> Why:
    if word not in {why.value for why in Why}:
        raise Http404
    return Why(word)
