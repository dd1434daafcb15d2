"""The operators' pages: schools to set up, audits, the directory."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from adminhub.broker.arrivals.actions import agree_to_next
from adminhub.broker.arrivals.queries import channels_of
from adminhub.broker.consent.actions import audit, fail_audit, note_on_task, pass_audit
from adminhub.broker.consent.audit import find, is_sound
from adminhub.broker.consent.models import Consent, OperatorTask
from adminhub.broker.consent.queries import what_is_missing
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.models import Invitation, School
from adminhub.broker.directory.queries import open_successors, search_schools
from adminhub.broker.portal.access import PersonRequest, operator_page
from adminhub.broker.portal.inviting import InviteForm, invite
from adminhub.broker.portal.operators.forms import NoteForm, VerdictForm
from adminhub.broker.portal.queries import (
    consents_to_audit,
    open_set_up_tasks,
    recent_uploads,
    sharing,
    source_of,
    to_do,
)
from adminhub.broker.portal.uploading import OperatorUploadForm, publish_uploaded
from adminhub.broker.sources.queries import facts

PER_PAGE = 50
RECENT_TASKS = 10
POSTCODE = re.compile(r"[A-Za-z]{1,2}\d[A-Za-z\d]?\s*(\d[A-Za-z]{0,2})?")


@operator_page
@require_GET
def tasks(request: PersonRequest) -> HttpResponseBase:
    """Schools to contact: each has been asked by an app and is not set up."""
    waiting = list(open_set_up_tasks())
    asking: dict[int, list[Consent]] = {}
    found = Consent.objects.filter(
        school__in=[task.school_id for task in waiting], state=Consent.State.WAITING_FOR_SETUP
    )
    for consent in found.select_related("app"):
        asking.setdefault(consent.school_id, []).append(consent)
    done = OperatorTask.objects.filter(kind=OperatorTask.Kind.SET_UP_SCHOOL).exclude(completed_at=None)
    context = {
        "rows": [
            {
                "task": task,
                "consents": asking.get(task.school_id, []),
                "missing": what_is_missing(task.school),
            }
            for task in waiting
        ],
        "done": done.select_related("school").order_by("-completed_at")[:RECENT_TASKS],
        "to_do": to_do(),
        "tab": "tasks",
    }
    return render(request, "portal/operators/tasks.html", context)


@operator_page
@require_http_methods(["GET", "POST"])
def task(request: PersonRequest, *, task_id: int) -> HttpResponseBase:
    """One school to contact and set up, or the way to the audit a task asks for."""
    found = get_object_or_404(OperatorTask.objects.select_related("school", "consent"), pk=task_id)
    if found.consent is not None:
        return redirect("operators:consent", public_id=found.consent.public_id)
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        note_on_task(task=found, by=request.user, note=form.cleaned_data["note"])
        messages.success(request, "Noted.")
        return redirect("operators:task", task_id=found.pk)
    context = {"task": found, "note_form": form, "tab": "tasks", **_school_context(found.school)}
    return render(request, "portal/operators/task.html", context, status=422 if form.is_bound else 200)


@operator_page
@require_GET
def audits(request: PersonRequest) -> HttpResponseBase:
    """Connections that wait for a person."""
    recent = Consent.objects.exclude(audited_at=None).select_related("app", "school").order_by("-audited_at")
    context = {
        "waiting": consents_to_audit(),
        "recent": recent[:RECENT_TASKS],
        "to_do": to_do(),
        "tab": "audits",
    }
    return render(request, "portal/operators/audits.html", context)


@operator_page
@require_GET
def consent(request: PersonRequest, *, public_id: UUID) -> HttpResponseBase:
    """One connection as an operator sees it: what the checks find now, and the verdict."""
    return _consent_page(request, _consent(public_id))


@operator_page
@require_POST
def check(request: PersonRequest, *, public_id: UUID) -> HttpResponseBase:
    """Run the checks again; sound data makes the connection live."""
    checked = audit(consent=_consent(public_id), by=request.user)
    if checked.is_live:
        messages.success(request, "The checks passed. The connection is live.")
    else:
        messages.error(request, "The checks failed again. The app still gets nothing.")
    return redirect("operators:consent", public_id=public_id)


@operator_page
@require_POST
def let_pass(request: PersonRequest, *, public_id: UUID) -> HttpResponseBase:
    """Let the connection go live on a person's word."""
    return _verdict(request, public_id, is_sound=True)


@operator_page
@require_POST
def let_fail(request: PersonRequest, *, public_id: UUID) -> HttpResponseBase:
    """Stop the connection on a person's word."""
    return _verdict(request, public_id, is_sound=False)


@operator_page
@require_GET
def schools(request: PersonRequest) -> HttpResponseBase:
    """The directory, searched by name, postcode, URN or DfE number."""
    q = request.GET.get("q", "").strip()[:200]
    rows = School.objects.select_related("source").annotate(
        people=Count("administrators", distinct=True),
        live=Count("consents", filter=Q(consents__state=Consent.State.AUDITED), distinct=True),
    )
    if q:
        order = [candidate.school.pk for candidate in search_schools(**_typed(q), limit=PER_PAGE)]
        known = rows.in_bulk(order)
        page = Paginator([known[pk] for pk in order if pk in known], PER_PAGE).get_page(1)
    else:
        page = Paginator(rows.order_by("name", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {"q": q, "page": page, "to_do": to_do(), "tab": "schools"}
    return render(request, "portal/operators/schools.html", context)


@operator_page
@require_GET
def school(request: PersonRequest, *, school_id: str) -> HttpResponseBase:
    """One school: its data source, its administrators, its apps."""
    found = _school(school_id)
    return render(request, "portal/operators/school.html", {"tab": "schools", **_school_context(found)})


@operator_page
@require_POST
def upload(request: PersonRequest, *, school_id: str) -> HttpResponseBase:
    """Publish an export for the school."""
    found = _school(school_id)
    form = OperatorUploadForm(request.POST, request.FILES)
    if not form.is_valid():
        context = {"tab": "schools", **_school_context(found), "upload_form": form}
        return render(request, "portal/operators/school.html", context, status=422)
    publish_uploaded(
        school=found,
        files=form.cleaned_data["export"],
        by=request.user,
        is_agreed=form.cleaned_data["is_agreed"],
    )
    return _to_task_or_school(request, found)


@operator_page
@require_POST
def agree(request: PersonRequest, *, school_id: str, channel_id: int) -> HttpResponseBase:
    """Have the next export of this channel published though much has changed."""
    found = _school(school_id)
    agree_to_next(channel=get_object_or_404(channels_of(found), pk=channel_id), by=request.user)
    messages.success(request, "The next export that comes this way is published, whatever has changed.")
    return redirect("operators:school", school_id=found.broker_id)


@operator_page
@require_POST
def invite_for(request: PersonRequest, *, school_id: str) -> HttpResponseBase:
    """Invite an administrator for the school."""
    found = _school(school_id)
    form = InviteForm(request.POST)
    if not form.is_valid():
        context = {"tab": "schools", **_school_context(found), "invite_form": form}
        return render(request, "portal/operators/school.html", context, status=422)
    invitation = invite(form=form, school=found, by=request.user)
    messages.success(request, f"An invitation is on its way to {invitation.email}.")
    return _to_task_or_school(request, found)


def _to_task_or_school(request: PersonRequest, found: School) -> HttpResponseBase:
    number = request.POST.get("task", "")
    if (
        number.isdecimal()
        and len(number) < 19
        and OperatorTask.objects.filter(pk=int(number), school=found).exists()
    ):
        return redirect("operators:task", task_id=int(number))
    return redirect("operators:school", school_id=found.broker_id)


def _verdict(request: PersonRequest, public_id: UUID, *, is_sound: bool) -> HttpResponseBase:
    found = _consent(public_id)
    form = VerdictForm(request.POST, auto_id="pass_%s" if is_sound else "fail_%s")
    if not form.is_valid():
        return _consent_page(request, found, **{"pass_form" if is_sound else "fail_form": form})
    act = pass_audit if is_sound else fail_audit
    try:
        act(consent=found, by=request.user, reason=form.cleaned_data["reason"])
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The connection is live." if is_sound else "The connection was stopped.")
    return redirect("operators:consent", public_id=public_id)


def _consent_page(request: PersonRequest, found: Consent, **forms: VerdictForm) -> HttpResponseBase:
    is_waiting = found.state in (Consent.State.APPROVED, Consent.State.AUDIT_FAILED)
    findings = find(facts(found.school)) if is_waiting else []
    context: dict[str, Any] = {
        "consent": found,
        "findings_now": [finding.as_json() for finding in findings],
        "is_sound_now": is_sound(findings),
        "is_waiting": is_waiting,
        "events": list(found.events.all()),
        "pass_form": VerdictForm(auto_id="pass_%s"),
        "fail_form": VerdictForm(auto_id="fail_%s"),
        "to_do": to_do(),
        "tab": "audits",
        **forms,
    }
    return render(request, "portal/operators/consent.html", context, status=422 if forms else 200)


def _school_context(found: School) -> dict[str, Any]:
    source = source_of(found)
    consents = found.consents.select_related("app", "school").order_by("app__name")
    return {
        "school": found,
        "source": source,
        "sharing": sharing(found),
        "uploads": recent_uploads(found),
        "channels": channels_of(found),
        "missing": what_is_missing(found),
        "successors": open_successors(found) if not found.is_open else [],
        "predecessors": found.predecessors.select_related("before"),
        "consents": consents,
        "waiting": [one for one in consents if one.state == Consent.State.WAITING_FOR_SETUP],
        "administrators": found.administrators.select_related("user").order_by("user__last_name"),
        "invitations": Invitation.objects.filter(
            school=found, accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now()
        ),
        "upload_form": OperatorUploadForm(),
        "invite_form": InviteForm(),
        "to_do": to_do(),
    }


def _consent(public_id: UUID) -> Consent:
    return get_object_or_404(Consent.objects.select_related("app", "school"), public_id=public_id)


def _school(school_id: str) -> School:
    return get_object_or_404(School, broker_id=school_id)


def _typed(q: str) -> dict[str, str]:
    """What a line typed into the search box can mean."""
    digits = re.sub(r"[\s/]", "", q)
    if digits.isdecimal() and len(digits) == 7:
        return {"la_code": digits[:3], "establishment_number": digits[3:]}
    if digits.isdecimal():
        return {"urn": digits}
    if POSTCODE.fullmatch(q):
        return {"postcode": q}
    return {"name": q}
