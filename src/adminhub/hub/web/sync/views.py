"""The sync wizard. Every view checks the ability, reads or writes one thing, and shows the panel again."""

from __future__ import annotations

from html import escape
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST

from adminhub.hub.connections.queries import live_connection
from adminhub.hub.core.errors import NotNow
from adminhub.hub.core.scope import school_scope
from adminhub.hub.jobs.outputs import announce
from adminhub.hub.moving import queries as moving
from adminhub.hub.planning import actions as planning
from adminhub.hub.planning import queries
from adminhub.hub.planning.models import NEEDS_FIRST, MatchStatus, Plan, PlanState
from adminhub.hub.roster.models import Kind
from adminhub.hub.roster.years import YEARS, year_name
from adminhub.hub.schools.models import Service
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.staging.models import StagedIssue
from adminhub.hub.syncs import actions
from adminhub.hub.syncs.models import Panel, PanelState, RunState, SyncRun
from adminhub.hub.syncs.outcome import written
from adminhub.hub.syncs.queries import (
    DONE,
    invisible_people,
    panels_of,
    settings_of,
    synced_counts,
    waiting_for_a_person,
)
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.lists import page_of
from adminhub.hub.web.shared.sharing import not_shared
from adminhub.hub.web.sync.groups import offers, words_of
from adminhub.hub.web.sync.lines import shown
from adminhub.hub.web.sync.pages import (
    asked_of,
    back_to_list,
    keep_ticks,
    panel_url,
    query_of,
    run_of,
    said,
    url,
    wizard,
)
from adminhub.hub.web.sync.panels import BY_KIND, FACES, PanelFace
from adminhub.hub.web.sync.scope import said as said_of_scope

ICONS = {
    MatchStatus.MAY_MATCH: "question",
    MatchStatus.NEW: "plus",
    MatchStatus.NOT_MATCHED: "minus",
    MatchStatus.DESYNCED: "chain-off",
    MatchStatus.MATCHED: "check",
    MatchStatus.SYNCED: "chain",
    MatchStatus.IGNORED: "eye-off",
}
GRANTS = ("pupils", "teaching", "non_teaching")
USUAL_GRANTS = ("pupils", "teaching")


@require_POST
@school_page(Ability.MANAGE_SCHOOL, talks_to_the_world=True)
def start(request: SchoolRequest) -> HttpResponse:
    """Start a sync, go back to the live one, or fetch everything again."""
    with school_scope(request.school.pk):
        connection = live_connection()
    try:
        if connection is None:
            raise NotNow("Nothing was fetched: the school is not connected. Press Authorise first.")
        run = actions.start_sync(connection=connection, by=request.user, fresh="fresh" in request.POST)
    except NotNow as problem:
        messages.error(request, str(problem))
        return redirect("connect:mis_sync", centre_id=request.school.centre_id, service=request.service.slug)
    with school_scope(request.school.pk):
        return _to_next(request, run)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def resume(request: SchoolRequest, run_id: int) -> HttpResponse:
    """Go to where this sync stands."""
    return _to_next(request, run_of(run_id))


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def panel(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """One panel: what is being fetched, or hub records beside MIS records."""
    run = run_of(run_id)
    panels = panels_of(run)
    this = next(one for one in panels if one.kind == panel.kind)
    context = {**wizard(request, run, panels, current=panel), "panel": this, "face": panel}
    if this.state == PanelState.WAITING:
        return render(request, "hub/sync/fetching.html", {**context, "fetched": _fetched(run)})
    return render(request, "hub/sync/panel.html", {**context, **_review(request, run, this, panel)})


def _review(request: SchoolRequest, run: SyncRun, panel: Panel, face: PanelFace) -> dict[str, Any]:
    asked = asked_of(request.GET)
    counts = queries.status_counts(run.snapshot, face.kind, asked)
    page = page_of(request, queries.lines(run.snapshot, face.kind, asked))
    held = queries.held_plan(run.snapshot, face.kind)
    everything = sum(count for status, count in counts.items() if status != MatchStatus.IGNORED)
    step = queries.last_step(run.snapshot, face.kind)
    is_of_ignored = asked.status == MatchStatus.IGNORED
    return {
        "asked": asked,
        "page": page,
        "lines": shown(face.kind, run.snapshot_id, list(page.object_list)),
        "everything": everything,
        "chips": [
            (status, counts[status.value], ICONS[status], query_of(asked, status=status.value, group=""))
            for status in NEEDS_FIRST
            if counts.get(status.value)
        ],
        "all_query": query_of(asked, status="", group=""),
        "here": request.get_full_path(),
        "asked_query": query_of(asked),
        "scope_said": said_of_scope(run.snapshot) if face.kind == Kind.PUPIL else "",
        "has_emails": face.kind == Kind.PUPIL and queries.has_emails(run.snapshot),
        "emails_taken": queries.emails_taken(run.snapshot) if face.kind == Kind.PUPIL else 0,
        "outside": queries.outside(run.snapshot) if face.kind == Kind.PUPIL else 0,
        "parts": _parts(run, face),
        "classes": _classes(run, face, asked.school_class),
        "groups": offers(face, queries.groups(run.snapshot, face.kind)),
        "group_words": words_of(face, asked.group),
        "step": step,
        "step_said": said(step, face),
        "grants": _grants_ticked(request.service),
        "is_of_ignored": is_of_ignored,
        "ignored_elsewhere": list(queries.ignored_elsewhere(run.snapshot, face.kind))
        if is_of_ignored
        else [],
        "preview": queries.preview(run.snapshot, face.kind),
        "has_new": counts.get(MatchStatus.NEW.value, 0) if asked.status in ("", MatchStatus.NEW) else 0,
        "held": held,
        "looks_like_a_move": _looks_like_a_move(run, held),
        "can_save": run.state != RunState.STOPPED and not (held and _is_shut(held)),
        "rejects": StagedIssue.objects.filter(
            snapshot=run.snapshot, is_reject=True, kind=_staged_kind(face.kind)
        ).count(),
    }


def _looks_like_a_move(run: SyncRun, held: Plan | None) -> bool:
    """Whether the change-of-MIS assistant should lead: the IDs are of another MIS, and no move was made yet."""
    if run.state != RunState.REVIEWING or moving.is_moved(run.snapshot):
        return False
    # Classes get other IDs every September: only people say that the MIS is another.
    codes = (
        {hold["code"] for hold in held.holds} if held and held.kind in (Kind.EMPLOYEE, Kind.PUPIL) else set()
    )
    return bool(codes & {"new_ids", "other_ids"}) or moving.ids_of_another_mis(run.snapshot)


def _is_shut(plan: Plan) -> bool:
    return any(not hold["can_confirm"] for hold in plan.holds)


def _staged_kind(kind: Kind) -> str:
    return {Kind.EMPLOYEE: "employee", Kind.PUPIL: "pupil"}.get(kind, "class")


def _parts(run: SyncRun, face: PanelFace) -> list[tuple[str, str]]:
    """The filter by role for staff, by year group for the others."""
    if face.kind == Kind.EMPLOYEE:
        roles = [("", "All staff"), ("teaching", "Teaching staff"), ("other", "Other staff")]
        return [
            *roles,
            *[(f"{queries.POST}{post}", f"{post} ({count})") for post, count in queries.posts(run.snapshot)],
        ]
    found = queries.years(run.snapshot, face.kind)
    return (
        [("", "Every year group"), *[(year, year_name(year)) for year in YEARS if year in found]]
        if found
        else []
    )


def _classes(run: SyncRun, face: PanelFace, chosen: str) -> SafeString:
    """The options of the filter by class, for pupils. A school has hundreds, so they are joined here."""
    if face.kind != Kind.PUPIL:
        return SafeString("")
    options = [("", "Every class"), *queries.class_options(run.snapshot)]
    return SafeString(
        "".join(
            f'<option value="{escape(key)}"{" selected" if key == chosen else ""}>{escape(name)}</option>'
            for key, name in options
        )
    )


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def ticks(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """Remember the ticks of the lines shown; answers htmx with what Save would do now."""
    run = run_of(run_id)
    keep_ticks(request, run, panel)
    if request.headers.get("HX-Request"):
        context = {"preview": queries.preview(run.snapshot, panel.kind), "face": panel}
        return render(request, "hub/sync/preview.html", context)
    return back_to_list(request, run, panel)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def tick_all(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """Tick or untick every new line that the search and filters find, on every page."""
    run = run_of(run_id)
    asked = asked_of(QueryDict(request.POST.get("asked", "")))
    on = request.POST.get("on") == "yes"
    planning.tick_all(
        run.snapshot, panel.kind, matching=queries.matching(run.snapshot, panel.kind, asked), on=on
    )
    return back_to_list(request, run, panel)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def save(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """Save and sync one panel. Whatever is held is shown with its reasons; then nothing has been written."""
    run = run_of(run_id)
    keep_ticks(request, run, panel)
    try:
        plan = actions.save_panel(
            run=run,
            kind=panel.kind,
            by=request.user,
            service=request.service,
            grants=frozenset(word for word in request.POST.getlist("grant") if word in GRANTS),
            confirmed=frozenset(request.POST.getlist("confirm")),
        )
    except NotNow as problem:
        messages.error(request, str(problem))
        return redirect(panel_url(request, run, panel))
    if plan.state == PlanState.HELD:
        return redirect(panel_url(request, run, panel))
    announce(request.school.pk)
    messages.success(request, told(plan, panel))
    return _to_next(request, run, after=panel)


def told(plan: Plan, face: PanelFace) -> str:
    """What a Save has written, in a sentence."""
    counts = plan.counts
    said = [
        (counts.get("join", 0), "added"),
        (counts.get("link", 0) - counts.get("join", 0), "linked"),
        (counts.get("update", 0), "brought up to date"),
        (counts.get("unlink", 0), "unlinked"),
        (counts.get("lose", 0), "marked Desynced"),
        (counts.get("grant", 0), "given access"),
    ]
    parts = [f"{count} {what}" for count, what in said if count]
    return (
        f"{face.title} saved: {', '.join(parts) or 'everything was up to date already'}. Nobody was deleted."
    )


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def skip(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """Leave the subject classes out of this sync."""
    if panel.kind != Kind.TEACHING:
        raise Http404
    run = run_of(run_id)
    try:
        actions.skip_panel(run=run, kind=panel.kind, by=request.user)
    except NotNow as problem:
        messages.error(request, str(problem))
        return redirect(panel_url(request, run, panel))
    return _to_next(request, run, after=panel)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def finished(request: SchoolRequest, run_id: int) -> HttpResponse:
    """What was written, who is synced but not to be seen in the service and why, and where to go next."""
    run = run_of(run_id)
    panels = panels_of(run)
    waiting, synced = waiting_for_a_person(run), synced_counts()
    context = {
        **wizard(request, run, panels, current=None),
        "rows": [
            (BY_KIND[Kind(one.kind)], one, _counts(one.plan), waiting.get(one.kind, 0)) for one in panels
        ],
        "synced": synced,
        "synced_classes": synced.get(Kind.REGISTRATION, 0) + synced.get(Kind.TEACHING, 0),
        "waiting": sum(waiting.values()),
        "invisible": invisible_people(request.service),
        "undone": [BY_KIND[Kind(one.kind)] for one in panels if one.state not in DONE],
        "can_undo": queries.standing_plans_of(run.pk).exists(),
        "not_shared": not_shared(run.snapshot),
    }
    return render(request, "hub/sync/finished.html", context)


def _grants_ticked(service: Service) -> dict[str, bool]:
    """Which ticks for access stand when a panel is opened: those of the school's settings, once it has saved any."""
    chosen = settings_of().grant_on_sync.get(service.slug, USUAL_GRANTS)
    return {word: word in chosen for word in GRANTS}


def _counts(plan: Plan | None) -> dict[str, int]:
    """What a panel's plan has written, in the history's numbers, and how many new ones it left."""
    counts: dict[str, int] = plan.counts if plan else {}
    return {**written(counts), "new_left": counts.get("new_left", 0)}


def _fetched(run: SyncRun) -> list[tuple[str, int | None]]:
    words = (
        ("employees", "Teachers and other staff"),
        ("registration_groups", "Registration groups"),
        ("classes", "Subject classes"),
        ("pupils", "Pupils"),
    )
    return [(label, run.progress.get(key)) for key, label in words]


def _to_next(request: SchoolRequest, run: SyncRun, *, after: PanelFace | None = None) -> HttpResponse:
    """To the panel that comes next: behind this one, or the first that is not done; else to Finished."""
    panels = panels_of(run)
    waiting = [BY_KIND[Kind(one.kind)] for one in panels if one.state not in DONE]
    behind = [face for face in waiting if after is None or FACES.index(face) > FACES.index(after)]
    face = next(iter([*behind, *waiting]), None)
    if face is not None:
        return redirect(panel_url(request, run, face))
    return redirect(url(request, "sync:finished", run_id=run.pk))
