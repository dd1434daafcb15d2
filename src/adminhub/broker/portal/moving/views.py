"""A change of MIS: rehearse it, see who keeps an id and who would lose it, carry it out."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.moving.actions import TOLD, carry_out, give_up, rehearse_files
from adminhub.broker.moving.models import MISMove
from adminhub.broker.moving.queries import rehearsal_of
from adminhub.broker.portal.access import SchoolRequest, deciding, school_page
from adminhub.broker.portal.queries import source_of
from adminhub.broker.portal.uploading import UploadForm, on_disk
from adminhub.mis import Refused

PER_PAGE = 50


@school_page
@require_GET
def show(request: SchoolRequest) -> HttpResponseBase:
    """The rehearsal there is, or how to start one, and past changes."""
    return _page(request, UploadForm())


@school_page
@deciding
@require_POST
def rehearse(request: SchoolRequest) -> HttpResponseBase:
    """Read the new MIS's export; nothing is published."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        with on_disk(form.cleaned_data["export"]) as paths:
            rehearse_files(school=request.school, paths=paths, by=request.user)
    except (Refused, NotPossible) as refusal:
        form.add_error("export", str(refusal))
        return _page(request, form, status=422)
    return _back(request)


@school_page
@deciding
@require_POST
def go(request: SchoolRequest, *, move_id: int) -> HttpResponseBase:
    """Carry out what was shown."""
    try:
        carry_out(
            school=request.school, move_id=move_id, shown=request.POST.get("shown", ""), by=request.user
        )
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The change was carried out, and the apps are being told.")
    return _back(request)


@school_page
@deciding
@require_POST
def stop(request: SchoolRequest, *, move_id: int) -> HttpResponseBase:
    """Forget the rehearsal."""
    give_up(school=request.school, move_id=move_id, by=request.user)
    messages.success(request, "The rehearsal was given up. Nothing was changed by it.")
    return _back(request)


def _page(request: SchoolRequest, form: UploadForm, *, status: int = 200) -> HttpResponseBase:
    context: dict[str, Any] = {
        "school": request.school,
        "source": source_of(request.school),
        "form": form,
        "apps": [
            consent.app
            for consent in Consent.objects.filter(school=request.school, state__in=TOLD).select_related("app")
        ],
        "is_read_only": request.administration.is_read_only,
        "tab": "source",
    }
    with school_scope(request.school.pk):
        moves = list(MISMove.objects.select_related("by", "over_by"))
        context["past"] = [move for move in moves if move.state != MISMove.State.REHEARSED]
        move = next((move for move in moves if move.state == MISMove.State.REHEARSED), None)
        if move is not None:
            found = rehearsal_of(request.school, move)
            lists = {"losing": found.losing, "fresh": found.fresh, "kept": found.carried}
            asked = request.GET.get("show", "")
            context |= {
                "move": move,
                "shown": found.fingerprint,
                "counts": {name: len(people) for name, people in lists.items()},
                "show": {name: name == (asked if asked in lists else "losing") for name in lists},
                "page": Paginator(lists.get(asked, found.losing), PER_PAGE).get_page(request.GET.get("page")),
            }
    return render(request, "portal/moving/show.html", context, status=status)


def _back(request: SchoolRequest) -> HttpResponseBase:
    return redirect("moving:show", school_id=request.school.broker_id)
