"""Sync now, the history of every sync, and the settings of syncs by themselves."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from adminhub.hub.connections.queries import latest_connection, live_connection
from adminhub.hub.core.errors import NotNow
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import Plan, PlanState
from adminhub.hub.planning.queries import standing_plans_of, undo_of
from adminhub.hub.planning.scoping import NONE
from adminhub.hub.roster.queries import registration_groups_by_mis_id, years_in_use
from adminhub.hub.roster.years import YEARS
from adminhub.hub.schools.models import Service
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.syncs.actions import change_settings, sync_by_itself
from adminhub.hub.syncs.models import Outcome, RunState, SyncRun, Trigger
from adminhub.hub.syncs.queries import ORDER, held_in, history, settings_of
from adminhub.hub.web.plans.views import heading_of
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.lists import page_of, year_options
from adminhub.hub.web.shared.sharing import not_shared
from adminhub.hub.web.sync.panels import BY_KIND
from adminhub.hub.web.syncing.exports import NUMBERS, TYPES, as_file
from adminhub.hub.web.syncing.forms import SettingsForm
from adminhub.hub.web.syncing.health import standing_of

FACES = {
    Outcome.COMPLETE: ("good", "check"),
    Outcome.UNCHANGED: ("muted", "check"),
    Outcome.PARTIAL: ("warn", "differs"),
    Outcome.HELD: ("warn", "pause"),
    Outcome.FAILED: ("bad", "warning"),
}


@require_POST
@school_page(Ability.MANAGE_SCHOOL, talks_to_the_world=True)
def sync_now(request: SchoolRequest) -> HttpResponse:
    """Do now what tonight's sync would do."""
    with school_scope(request.school.pk):
        connection = live_connection()
    try:
        if connection is None:
            raise NotNow("Nothing was fetched: the school is not connected. Press Authorise first.")
        run = sync_by_itself(connection=connection, by=request.user, trigger=Trigger.PERSON)
    except NotNow as problem:
        messages.error(request, str(problem))
        return _to(request, "connect:mis_sync")
    return _to(request, "syncing:run", run_id=run.pk)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def history_page(request: SchoolRequest) -> HttpResponse:
    """Every sync, newest first."""
    page = page_of(request, history())
    context = {
        **_page(),
        **standing_of(latest_connection()),
        "page": page,
        "lines": [(run, *_face(run), _sums(run), held_in(run)) for run in page.object_list],
    }
    return render(request, "hub/syncing/history.html", context)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def run_page(request: SchoolRequest, run_id: int) -> HttpResponse:
    """One sync: what started it, what it fetched, what came of it and why."""
    run = _run(run_id)
    tone, icon, word = _face(run)
    context = {
        **_page(),
        "run": run,
        "tone": tone,
        "icon": icon,
        "word": word,
        "is_fetching": run.is_fetching,
        "is_reviewing": run.state == RunState.REVIEWING,
        "is_waiting": run.state == RunState.WAITING,
        "rows": [
            (BY_KIND[kind], [numbers.get(name, 0) for name in NUMBERS], numbers.get("why", []))
            for kind in ORDER
            if (numbers := run.counts.get(kind.value)) is not None
        ],
        "not_shared": not_shared(run.snapshot),
        "why_full": run.progress.get("why_full", ""),
        "has_reasons": any(numbers.get("why") for numbers in run.counts.values()),
        "plans": [
            (plan, heading_of(plan))
            for plan in Plan.objects.filter(run=run.pk).exclude(state=PlanState.DROPPED).order_by("pk")
        ],
        "can_undo": standing_plans_of(run.pk).exists(),
        "undo": undo_of(run.pk),
        "held": held_in(run),
        "maybe": sum(int(numbers.get("may_match", 0)) for numbers in run.counts.values()),
    }
    return render(request, "hub/syncing/run.html", context)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def download(request: SchoolRequest, kind: str) -> HttpResponse:
    """The whole history as a file."""
    return _file(as_file(history().iterator(chunk_size=500), kind), kind, "sync-history")


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def download_run(request: SchoolRequest, run_id: int, kind: str) -> HttpResponse:
    """One sync as a file."""
    return _file(as_file([_run(run_id)], kind), kind, f"sync-{run_id}")


@require_http_methods(["GET", "POST"])
@school_page(Ability.MANAGE_SCHOOL)
def settings_page(request: SchoolRequest) -> HttpResponse:
    """When the school is synced by itself, what such a sync may write, and when it pauses."""
    form = SettingsForm(
        settings_of(),
        request.POST if request.method == "POST" else None,
        years=[
            *(option for option in year_options(years_in_use()) if option[0] in YEARS),
            (NONE, "No year group"),
        ],
        groups=[*registration_groups_by_mis_id(), (NONE, "In no registration group")],
        services=list(Service.objects.filter(subscriptions__school=request.school).order_by("name")),
    )
    if form.is_bound and form.is_valid():
        change_settings(by=request.user, **form.values())
        messages.success(request, "The settings are saved. They hold from the next sync on.")
        return _to(request, "syncing:settings")
    context = {**_page(), **standing_of(latest_connection()), "form": form}
    return render(
        request, "hub/syncing/settings.html", context, status=422 if form.is_bound and form.errors else 200
    )


def _to(request: SchoolRequest, name: str, **rest: int) -> HttpResponse:
    where: dict[str, Any] = {"centre_id": request.school.centre_id, "service": request.service.slug}
    return redirect(reverse(name, kwargs={**where, **rest}))


def _page() -> dict[str, Any]:
    return {"tab": "school", "subtab": "mis_sync"}


def _run(run_id: int) -> SyncRun:
    """The school's sync of this number; another school's does not exist."""
    run: SyncRun | None = (
        SyncRun.objects.select_related("connection", "started_by", "snapshot").filter(pk=run_id).first()
    )
    if run is None:
        raise Http404
    return run


def _face(run: SyncRun) -> tuple[str, str, str]:
    """Tone, icon and word of what came of a sync."""
    if run.is_fetching:
        return "info", "clock", run.get_state_display()
    if not run.outcome:  # from before outcomes were kept
        return "muted", "dot", run.get_state_display()
    return (*FACES[Outcome(run.outcome)], run.get_outcome_display())


def _sums(run: SyncRun) -> list[int]:
    """Over all kinds: added, updated, moved, left, skipped."""
    names = ("added", "updated", "moved", "left", "skipped")
    return [sum(int(numbers.get(name, 0)) for numbers in run.counts.values()) for name in names]


def _file(text: str, kind: str, name: str) -> HttpResponse:
    return HttpResponse(
        text,
        content_type=TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
    )
