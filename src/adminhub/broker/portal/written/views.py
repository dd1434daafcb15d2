"""A school sees what apps wrote into its records, and takes it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.portal.access import SchoolRequest, deciding, school_page
from adminhub.broker.portal.written.queries import KINDS, count_lines, lines_of, writers, written
from adminhub.broker.records.actions import take_back
from adminhub.broker.records.models import Writeback

PER_PAGE = 50


@school_page
@require_GET
def writebacks(request: SchoolRequest) -> HttpResponseBase:
    """What which app wrote when."""
    apps = writers(request.school)
    app = next((each for each in apps if str(each.public_id) == request.GET.get("app")), None)
    kind = request.GET.get("kind", "")
    rows = written(request.school, app=app, kind=kind if kind in KINDS else "")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "school": request.school,
        "page": page,
        "rows": [(each, KINDS.get(each.type, each.type)) for each in page],
        "kind": kind,
        "app_choices": [("", "Every app"), *((str(each.public_id), each.name) for each in apps)],
        "kind_choices": [("", "Everything"), *KINDS.items()],
        "app": str(app.public_id) if app else "",
        "is_narrowed": app is not None or kind in KINDS,
        "tab": "written",
    }
    return render(request, "portal/written/list.html", context)


@school_page
@require_GET
def writeback(request: SchoolRequest, *, writeback_id: UUID) -> HttpResponse:
    """One write-back, record by record."""
    found = _found(request, writeback_id)
    page = Paginator(range(count_lines(found)), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "school": request.school,
        "writeback": found,
        "what": KINDS.get(found.type, found.type),
        "lines": lines_of(found, start=max(0, page.start_index() - 1), count=PER_PAGE),
        "page": page,
        "may_take_back": found.status == Writeback.Status.COMPLETED
        and not request.administration.is_read_only,
        "tab": "written",
    }
    return render(request, "portal/written/show.html", context)


@school_page
@deciding
@require_POST
def reverse_writeback(request: SchoolRequest, *, writeback_id: UUID) -> HttpResponseBase:
    """Make every record it touched as it was before."""
    found = _found(request, writeback_id)
    try:
        take_back(writeback=found, by=request.user)
    except NotPossible as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"Taken back. {found.app.name} is told.")
    return redirect("school:writeback", school_id=request.school.broker_id, writeback_id=writeback_id)


def _found(request: SchoolRequest, writeback_id: UUID) -> Writeback:
    found = written(request.school).filter(public_id=writeback_id).first()
    if found is None:
        raise Http404
    return found
