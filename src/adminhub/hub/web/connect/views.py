"""Connecting a school to its MIS through the broker: from Authorise to Start sync, and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_GET, require_POST

from adminhub.hub.connections import actions
from adminhub.hub.connections.errors import TooSoon
from adminhub.hub.connections.lifecycle import next_reminder_at
from adminhub.hub.connections.models import Connection, State
from adminhub.hub.connections.queries import latest_connection, live_connection, provider_of
from adminhub.hub.core.errors import HubError, NotNow
from adminhub.hub.core.scope import school_scope
from adminhub.hub.leavers.queries import leavers_waiting
from adminhub.hub.moving import queries as moving
from adminhub.hub.providers.directory import postcode_key
from adminhub.hub.providers.errors import ProviderError, SchoolUnknown, TryLater
from adminhub.hub.providers.values import Candidate, Provider
from adminhub.hub.schools.models import School
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.syncs.queries import invisible_people, latest_run, review_run
from adminhub.hub.web.connect.forms import ApproverForm, DeauthoriseForm, DetailsForm
from adminhub.hub.web.connect.story import PILLS, lines_of, stages_of, waiting_for
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.syncing.health import standing_of

ASK_AT_MOST_EVERY = timedelta(seconds=3)
"""However many windows are open, the broker is asked about one connection no more often than this."""
LEFT_ALONE = timedelta(seconds=15)


def _provider(connection: Connection | None = None) -> Provider:
    """For a person who waits: two tries, five seconds each."""
    return provider_of(connection, attempts=2, timeout=5.0)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def mis_sync(request: SchoolRequest) -> HttpResponse:
    """The MIS user sync page: the broker's tile, and what is being waited for."""
    context = _standing(latest_connection())
    if context.get("is_authorised"):
        invisible = invisible_people(request.service)
        context |= {"invisible": invisible if invisible.synced else None, "leavers": leavers_waiting()}
    return render(request, "hub/connect/mis_sync.html", context)


@require_GET
@school_page(Ability.MANAGE_SCHOOL, talks_to_the_world=True)
def state(request: SchoolRequest) -> HttpResponse:
    """The changing part of that page, after asking the broker; without htmx the whole page."""
    trouble = _ask_broker(request.school)
    with school_scope(request.school.pk):
        context = {**_standing(latest_connection()), "trouble": trouble}
        whole = not request.headers.get("HX-Request")
        return render(request, f"hub/connect/{'mis_sync' if whole else 'standing'}.html", context)


def _ask_broker(school: School) -> str:
    """Ask about the live connection, unless it was asked a moment ago. Returns what went wrong, or nothing.

    A broker in trouble is left alone for a while, whoever looks at the page.
    """
    with school_scope(school.pk):
        connection = live_connection()
    if connection is None:
        return ""
    if connection.checked_at and timezone.now() - connection.checked_at < ASK_AT_MOST_EVERY:
        return ""
    key = f"broker-trouble:{school.pk}"
    if known := cache.get(key):
        return str(known)
    try:
        actions.check(school_id=school.pk, provider=provider_of(connection, attempts=1, timeout=4.0))
    except ProviderError as problem:
        cache.set(key, str(problem), timeout=LEFT_ALONE.total_seconds())
        return str(problem)
    return ""


def _standing(connection: Connection | None) -> dict[str, Any]:
    """Everything the page says about the connection. Needs the school's scope."""
    broker = settings.HUB_BROKER_NAME
    context: dict[str, Any] = {"tab": "school", "subtab": "mis_sync", "connection": connection, **_broker()}
    if connection is None:
        return context
    again_at = next_reminder_at(reminded_at=connection.reminded_at)
    tone, icon = PILLS[State(connection.state)]
    problems = [found for found in connection.findings if found.get("weight") == "problem"]
    return {
        **context,
        "approval_url": settings.HUB_BROKER_APPROVAL_URL.replace("{school_id}", connection.broker_school_id),
        "tone": tone,
        "icon": icon,
        "waiting": waiting_for(connection, broker=broker),
        "stages": stages_of(connection, broker=broker) if connection.is_live else [],
        "lines": lines_of(connection.events.select_related("by"), broker=broker),
        "can_remind": connection.state == State.REQUESTED,
        "is_authorised": connection.state == State.AUTHORISED,
        "problems": problems,
        "passed": [found for found in connection.findings if found.get("weight") != "problem"],
        "reminder_at": again_at if again_at and again_at > timezone.now() else None,
        "polls": connection.state in (State.REQUESTED, State.AUDITING, State.AUDIT_FAILED),
        "run": review_run() or latest_run(connection),
        "move_hint": moving.hint(connection) if connection.state == State.AUTHORISED else None,
        **standing_of(connection),
    }


def _broker() -> dict[str, str]:
    return {
        "broker": settings.HUB_BROKER_NAME,
        "broker_logo": settings.HUB_BROKER_LOGO,
        "broker_phone": settings.HUB_BROKER_SUPPORT_PHONE,
        "broker_email": settings.HUB_BROKER_SUPPORT_EMAIL,
    }


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def confirm_details(request: SchoolRequest) -> HttpResponse:
    """Confirm your school's details: prefilled, to be searched by."""
    if live_connection() is not None:
        return _to_mis_sync(request)
    return render(
        request, "hub/connect/confirm_details.html", {**_page(), "form": DetailsForm.of(request.school)}
    )


@require_GET
@school_page(Ability.MANAGE_SCHOOL, talks_to_the_world=True)
def search(request: SchoolRequest) -> HttpResponse:
    """The broker's candidates, best first. Searching requests nothing."""
    form = DetailsForm(request.GET)
    context: dict[str, Any] = {**_page(), "form": form}
    if not form.is_valid():
        return render(request, "hub/connect/confirm_details.html", context, status=422)
    try:
        candidates = _provider().search(form.details())
    except ProviderError as problem:
        return _trouble(request, problem)
    context |= {"searched": True, "candidates": candidates}
    return render(request, "hub/connect/confirm_details.html", context)


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of the comparison. `same` is None when one side says nothing."""

    name: str
    ours: str
    theirs: str
    same: bool | None


def compare_schools(school: School, candidate: Candidate) -> list[Compared]:
    """The hub's own details beside the broker's, line by line."""
    address = candidate.address
    theirs_dfe = f"{candidate.laestab[:3]}/{candidate.laestab[3:]}" if candidate.laestab else ""
    pairs = (
        ("School name", school.name, candidate.name),
        ("URN", school.urn, candidate.urn),
        ("DfE number", school.dfe_number, theirs_dfe),
        ("Address", school.address_line_1, address.line_1),
        ("Address, second line", school.address_line_2, address.line_2),
        ("Town", school.town, address.town),
        ("Postcode", school.postcode, address.postcode),
    )
    return [
        Compared(name, ours, theirs, _same(ours, theirs)) for name, ours, theirs in pairs if ours or theirs
    ]


def _same(ours: str, theirs: str) -> bool | None:
    if not ours or not theirs:
        return None
    return postcode_key(ours) == postcode_key(theirs)


@require_GET
@school_page(Ability.MANAGE_SCHOOL, talks_to_the_world=True)
def compare(request: SchoolRequest, broker_school_id: str) -> HttpResponse:
    """The broker's address details beside the hub's own; nothing is requested before Submit."""
    try:
        candidate = _provider().school(broker_school_id)
    except ProviderError as problem:
        return _trouble(request, problem)
    return _show_comparison(request, candidate, ApproverForm())


def _show_comparison(
    request: SchoolRequest, candidate: Candidate, form: ApproverForm, *, status: int = 200
) -> HttpResponse:
    compared = compare_schools(request.school, candidate)
    context = {
        **_page(),
        "candidate": candidate,
        "compared": compared,
        "differences": sum(line.same is False for line in compared),
        "form": form,
    }
    return render(request, "hub/connect/compare.html", context, status=status)


@require_POST
@school_page(Ability.MANAGE_SCHOOL, talks_to_the_world=True)
def submit(request: SchoolRequest, broker_school_id: str) -> HttpResponse:
    """Request access: the first and only thing that leaves the hub."""
    form = ApproverForm(request.POST)
    provider = _provider()
    try:
        candidate = provider.school(broker_school_id)
        if not form.is_valid():
            return _show_comparison(request, candidate, form, status=422)
        connection = actions.request_access(
            school=request.school,
            candidate=candidate,
            by=request.user,
            contact=form.contact(),
            provider=provider,
        )
    except NotNow as problem:
        messages.warning(request, str(problem))
        return _to_mis_sync(request)
    except ProviderError as problem:
        return _trouble(request, problem)
    if connection.needs_setup:
        messages.success(
            request, f"Your request is kept. {settings.HUB_BROKER_NAME} sets the school up first."
        )
    else:
        messages.success(request, f"Your request was sent to the broker administrator of {candidate.name}.")
    return _to_mis_sync(request)


@require_POST
@school_page(Ability.MANAGE_SCHOOL, talks_to_the_world=True)
def remind(request: SchoolRequest) -> HttpResponse:
    """Send a reminder to the school's broker administrator."""
    with school_scope(request.school.pk):
        connection = live_connection()
    if connection is None:
        return _to_mis_sync(request)
    try:
        actions.remind(connection=connection, by=request.user, provider=_provider(connection))
    except TooSoon as problem:
        at = date_format(timezone.localtime(problem.again_at), "H:i")
        messages.warning(request, f"{problem} The next may be sent at {at}.")
    except HubError as problem:
        messages.warning(request, str(problem))
    else:
        whom = settings.HUB_BROKER_NAME if connection.needs_setup else "the school's broker administrator"
        messages.success(request, f"A reminder was sent to {whom}.")
    return _to_mis_sync(request)


@require_POST
@school_page(Ability.MANAGE_SCHOOL, talks_to_the_world=True)
def deauthorise(request: SchoolRequest) -> HttpResponse:
    """Give the access up, keeping or clearing MIS IDs as chosen."""
    form = DeauthoriseForm(request.POST)
    with school_scope(request.school.pk):
        connection = live_connection()
    if connection is None:
        return _to_mis_sync(request)
    if not form.is_valid():
        messages.error(request, "Nothing was changed. Say whether MIS IDs are kept or cleared.")
        return _to_mis_sync(request)
    was_requested = connection.state == State.REQUESTED
    try:
        actions.deauthorise(
            connection=connection,
            clear_mis_ids=form.clear_mis_ids,
            by=request.user,
            provider=_provider(connection),
        )
    except (NotNow, ProviderError) as problem:
        messages.error(request, str(problem))
    else:
        kept = "cleared" if form.clear_mis_ids else "kept"
        said = f"Deauthorised. MIS IDs were {kept}. Nobody was removed from Admin Hub."
        messages.success(request, "The request was withdrawn." if was_requested else said)
    return _to_mis_sync(request)


def _page() -> dict[str, Any]:
    return {"tab": "school", "subtab": "mis_sync", **_broker()}


def _to_mis_sync(request: SchoolRequest) -> HttpResponse:
    return redirect("connect:mis_sync", centre_id=request.school.centre_id, service=request.service.slug)


def _trouble(request: SchoolRequest, problem: ProviderError) -> HttpResponse:
    """Say what went wrong with the broker, what has not happened, and what to do."""
    status = 503 if isinstance(problem, TryLater) else 404 if isinstance(problem, SchoolUnknown) else 502
    return render(request, "hub/connect/trouble.html", {**_page(), "problem": problem}, status=status)
