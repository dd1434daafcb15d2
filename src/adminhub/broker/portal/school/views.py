"""A school's own pages: its apps, its data source, its administrators."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from adminhub.broker.directory.actions import (
    ask_for_second_factor,
    change_administrator,
    remove_administrator,
    withdraw_invitation,
)
from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.models import Invitation, SchoolAdministrator
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.portal.access import SchoolRequest, deciding, school_page
from adminhub.broker.portal.account.second_factor import has_second_factor
from adminhub.broker.portal.inviting import AdministratorForm, InviteForm, invite
from adminhub.broker.portal.quality import ReportQuery, quality_report, report_as_csv
from adminhub.broker.portal.queries import marked_for_review, recent_uploads, sections, sharing, source_of
from adminhub.broker.portal.school.forms import PartsForm
from adminhub.broker.portal.uploading import UploadForm, publish_uploaded
from adminhub.broker.sources.models import SourcePart
from adminhub.broker.sources.parts import forget_part, set_joining

PER_PAGE = 50

RECENT_EVENTS = 50


@school_page
@require_GET
def apps(request: SchoolRequest) -> HttpResponseBase:
    """My apps: what waits for a decision, what is approved, what has ended."""
    consents = marked_for_review(
        request.school.consents.select_related("app", "school").order_by("app__name")
    )
    context = {
        "school": request.school,
        "sections": sections(consents, whose=request.school.name),
        "is_read_only": request.administration.is_read_only,
        "tab": "apps",
    }
    return render(request, "portal/school/apps.html", context)


@school_page
@require_http_methods(["GET", "POST"])
def data_source(request: SchoolRequest) -> HttpResponseBase:
    """What the broker holds of the school's MIS data, and sending a new export."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        _must_not_be_read_only(request)
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            publish_uploaded(school=request.school, files=form.cleaned_data["export"], by=request.user)
            return redirect("school:source", school_id=request.school.broker_id)
    source = source_of(request.school)
    context = {
        "school": request.school,
        "source": source,
        "sharing": sharing(request.school),
        "uploads": recent_uploads(request.school),
        "form": form,
        "is_read_only": request.administration.is_read_only,
        "tab": "source",
    }
    return render(request, "portal/school/source.html", context, status=422 if form.is_bound else 200)


@school_page
@require_GET
def quality(request: SchoolRequest) -> HttpResponseBase:
    """What the latest reading leaves to be desired, and where each thing is put right."""
    asked = _asked_of_report(request)
    report = quality_report(request.school, asked)
    context = {
        "school": request.school,
        "report": report,
        "asked": asked,
        "page": Paginator(report.findings, PER_PAGE).get_page(request.GET.get("page")),
        "check_choices": [("", "Everything"), *((line.check.key, line.check.title) for line in report.lines)],
        "shows_all": not asked.weight and not asked.check,
        "shows_problems": asked.weight == "problem",
        "shows_looks": asked.weight == "look",
        "shows_notes": asked.weight == "note",
        "tab": "source",
    }
    return render(request, "portal/school/quality.html", context)


@school_page
@require_GET
def quality_csv(request: SchoolRequest) -> HttpResponseBase:
    """The same as a file, for whoever puts it right."""
    content = report_as_csv(quality_report(request.school, _asked_of_report(request)))
    name = f"quality-report-{request.school.broker_id}.csv"
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _asked_of_report(request: SchoolRequest) -> ReportQuery:
    asked = request.GET
    return ReportQuery(
        check=asked.get("check", ""), weight=asked.get("weight", ""), text=asked.get("q", "").strip()
    )


@school_page
@require_http_methods(["GET", "POST"])
def parts(request: SchoolRequest) -> HttpResponseBase:
    """Which file is believed about what, where several make one source."""
    source = source_of(request.school)
    with school_scope(request.school.pk):
        kept = list(SourcePart.objects.select_related("by"))
    form = PartsForm(request.POST or None, source=source, kept=kept)
    if request.method == "POST":
        _must_not_be_read_only(request)
        if form.is_valid():
            set_joining(
                school=request.school,
                is_joined=form.cleaned_data["is_joined"],
                believed=form.believed,
                by=request.user,
            )
            messages.success(request, "It was saved. The next file that comes is put together like this.")
            return redirect("school:parts", school_id=request.school.broker_id)
    context = {
        "school": request.school,
        "source": source,
        "parts": kept,
        "form": form,
        "is_read_only": request.administration.is_read_only,
        "tab": "source",
    }
    return render(request, "portal/school/parts.html", context, status=422 if form.is_bound else 200)


@school_page
@require_POST
def remove_part(request: SchoolRequest, *, part_id: int) -> HttpResponseBase:
    """Leave a part out of what is put together next. What was published stays."""
    _must_not_be_read_only(request)
    forget_part(school=request.school, part_id=part_id, by=request.user)
    messages.success(request, "The part is left out from the next file on. What was published stays.")
    return redirect("school:parts", school_id=request.school.broker_id)


@school_page
@require_http_methods(["GET", "POST"])
def administrators(request: SchoolRequest) -> HttpResponseBase:
    """Who acts for the school, and inviting another."""
    form = InviteForm(request.POST or None)
    if request.method == "POST":
        _must_not_be_read_only(request)
        if form.is_valid():
            invitation = invite(form=form, school=request.school, by=request.user)
            messages.success(request, f"An invitation is on its way to {invitation.email}.")
            return redirect("school:administrators", school_id=request.school.broker_id)
    context = {
        "school": request.school,
        "administrators": request.school.administrators.select_related("user").order_by("user__last_name"),
        "invitations": Invitation.objects.filter(
            school=request.school, accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now()
        ),
        "form": form,
        "events": request.school.events.all()[:RECENT_EVENTS],
        "may_ask_for_second_factor": has_second_factor(request.user),
        "is_read_only": request.administration.is_read_only,
        "tab": "administrators",
    }
    return render(request, "portal/school/administrators.html", context, status=422 if form.is_bound else 200)


@school_page
@deciding
@require_http_methods(["GET", "POST"])
def administrator(request: SchoolRequest, *, number: int) -> HttpResponseBase:
    """What one administrator may and is responsible for, and ending it."""
    found = get_object_or_404(request.school.administrators.select_related("user"), pk=number)
    held = {"is_read_only": found.is_read_only, "responsible_for": found.responsible_for}
    form = AdministratorForm(request.POST or None, initial=held)
    if request.method == "POST":
        form = AdministratorForm(request.POST)
        if form.is_valid():
            return _change(request, found, form)
    context = {"school": request.school, "found": found, "form": form, "tab": "administrators"}
    return render(request, "portal/school/administrator.html", context, status=422 if form.is_bound else 200)


def _change(request: SchoolRequest, found: SchoolAdministrator, form: AdministratorForm) -> HttpResponseBase:
    try:
        if request.POST.get("do") == "remove":
            remove_administrator(administrator=found, by=request.user)
        else:
            change_administrator(administrator=found, by=request.user, **form.cleaned_data)
    except NotPossible as refusal:
        messages.error(request, str(refusal))
        return redirect("school:administrator", school_id=request.school.broker_id, number=found.pk)
    messages.success(request, "Saved. The school's administrators were told by e-mail.")
    if found.user_id == request.user.pk and request.POST.get("do") == "remove":
        return redirect("home")
    return redirect("school:administrators", school_id=request.school.broker_id)


@school_page
@deciding
@require_POST
def withdraw(request: SchoolRequest, *, number: int) -> HttpResponseBase:
    """Withdraw an invitation."""
    found = get_object_or_404(Invitation, school=request.school, pk=number)
    withdraw_invitation(invitation=found, by=request.user)
    messages.success(request, f"The invitation of {found.email} was withdrawn.")
    return redirect("school:administrators", school_id=request.school.broker_id)


@school_page
@deciding
@require_POST
def second_factor(request: SchoolRequest) -> HttpResponseBase:
    """Ask every administrator for a second factor, or stop asking. Who asks must have one."""
    is_needed = request.POST.get("needed") == "yes"
    if is_needed and not has_second_factor(request.user):
        messages.error(request, "Nothing was changed: turn on two-factor log-in for yourself first.")
    else:
        ask_for_second_factor(school=request.school, is_needed=is_needed, by=request.user)
        messages.success(request, "Saved. The school's administrators were told by e-mail.")
    return redirect("school:administrators", school_id=request.school.broker_id)


def _must_not_be_read_only(request: SchoolRequest) -> None:
    if request.administration.is_read_only:
        raise NotAllowed(
            f"You may look at {request.school}'s pages and change nothing. Nothing was changed. "
            "Ask another administrator of the school."
        )
