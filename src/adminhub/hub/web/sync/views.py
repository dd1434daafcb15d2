"""The sync wizard. Every view checks the ability, reads or writes one thing, and shows the panel again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from adminhub.hub.connections.queries import live_connection
from adminhub.hub.core.errors import NotNow
from adminhub.hub.core.scope import school_scope
from adminhub.hub.jobs.outputs import announce
from adminhub.hub.planning import actions as planning
from adminhub.hub.planning import decisions, queries
from adminhub.hub.planning.models import NEEDS_FIRST, MatchStatus, Plan, PlanState
from adminhub.hub.planning.queries import Asked
from adminhub.hub.roster.models import Kind
from adminhub.hub.roster.queries import YEARS
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.staging.models import StagedIssue, StagedPupil
from adminhub.hub.syncs import actions
from adminhub.hub.syncs.models import Panel, PanelState, RunState, SyncRun
from adminhub.hub.syncs.queries import (
    DONE,
    invisible_pupils,
    next_panel,
    panels_of,
    synced_counts,
    waiting_for_a_person,
)
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.lists import PAGE_SIZE, page_of
from adminhub.hub.web.sync.lines import shown, year_name
from adminhub.hub.web.sync.panels import BY_KIND, FACES, PanelFace

ICONS = {
    MatchStatus.MAY_MATCH: "question",
    MatchStatus.NEW: "plus",
    MatchStatus.NOT_MATCHED: "minus",
    MatchStatus.DESYNCED: "chain-off",
    MatchStatus.MATCHED: "check",
    MatchStatus.SYNCED: "chain",
}
GRANTS = ("pupils", "teaching", "non_teaching")
STEP_OF = {
    PanelState.SAVED: "done",
    PanelState.SKIPPED: "done",
    PanelState.UNCHANGED: "done",
    PanelState.READY: "todo",
    PanelState.WAITING: "todo",
}


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
    return _to_next(request, _run(run_id))


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def panel(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """One panel: what is being fetched, or hub records beside MIS records."""
    run = _run(run_id)
    panels = panels_of(run)
    this = next(one for one in panels if one.kind == panel.kind)
    context = {**_wizard(request, run, panels, current=panel), "panel": this, "face": panel}
    if this.state == PanelState.WAITING:
        return render(request, "hub/sync/fetching.html", {**context, "fetched": _fetched(run)})
    return render(request, "hub/sync/panel.html", {**context, **_review(request, run, this, panel)})


def _review(request: SchoolRequest, run: SyncRun, panel: Panel, face: PanelFace) -> dict[str, Any]:
    asked = _asked(request.GET)
    counts = queries.status_counts(run.snapshot, face.kind, asked)
    page = page_of(request, queries.lines(run.snapshot, face.kind, asked))
    held = queries.held_plan(run.snapshot, face.kind)
    everything = sum(counts.values())
    return {
        "asked": asked,
        "page": page,
        "lines": shown(face.kind, run.snapshot_id, list(page.object_list)),
        "everything": everything,
        "chips": [
            (status, counts[status.value], ICONS[status], _query(asked, status=status.value))
            for status in NEEDS_FIRST
            if counts.get(status.value)
        ],
        "all_query": _query(asked, status=""),
        "here": request.get_full_path(),
        "parts": _parts(run, face),
        "preview": queries.preview(run.snapshot, face.kind),
        "has_new": counts.get(MatchStatus.NEW.value, 0),
        "held": held,
        "can_save": run.state != RunState.STOPPED and not (held and _is_shut(held)),
        "rejects": StagedIssue.objects.filter(
            snapshot=run.snapshot, is_reject=True, kind=_staged_kind(face.kind)
        ).count(),
    }


def _is_shut(plan: Plan) -> bool:
    return any(not hold["can_confirm"] for hold in plan.holds)


def _staged_kind(kind: Kind) -> str:
    return {Kind.EMPLOYEE: "employee", Kind.PUPIL: "pupil"}.get(kind, "class")


def _parts(run: SyncRun, face: PanelFace) -> list[tuple[str, str]]:
    if face.kind == Kind.EMPLOYEE:
        return [("", "All staff"), ("teaching", "Teaching staff"), ("other", "Other staff")]
    if face.kind == Kind.PUPIL:
        found = set(
            StagedPupil.objects.filter(snapshot=run.snapshot).values_list("year_group", flat=True).distinct()
        )
        return [("", "Every year group"), *[(year, year_name(year)) for year in YEARS if year in found]]
    return []


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def ticks(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """Remember the ticks of the lines shown; answers htmx with what Save would do now."""
    run = _run(run_id)
    _keep_ticks(request, run, panel)
    if request.headers.get("HX-Request"):
        context = {"preview": queries.preview(run.snapshot, panel.kind), "face": panel}
        return render(request, "hub/sync/preview.html", context)
    return _back(request, run, panel)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def tick_all(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """Tick or untick every new line that the search and filters find, on every page."""
    run = _run(run_id)
    asked = _asked(QueryDict(request.POST.get("asked", "")))
    on = request.POST.get("on") == "yes"
    planning.tick_all(
        run.snapshot, panel.kind, matching=queries.matching(run.snapshot, panel.kind, asked), on=on
    )
    return _back(request, run, panel)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def match(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """A person says: these two are the same. `row` is a line with both sides, or `row` and `with` have one each."""
    run = _run(run_id)
    _keep_ticks(request, run, panel)
    hub_id, staged_id = _two_sides(request, run, panel)
    try:
        if hub_id is None or staged_id is None:
            raise NotNow("Nothing was matched: choose one record of each side.")
        decisions.match_by_hand(run.snapshot, panel.kind, hub_id=hub_id, staged_id=staged_id, by=request.user)
    except NotNow as problem:
        messages.warning(request, str(problem))
    return _back(request, run, panel)


def _two_sides(request: SchoolRequest, run: SyncRun, face: PanelFace) -> tuple[int | None, int | None]:
    rows = [
        queries.line(run.snapshot, face.kind, number)
        for name in ("row", "with")
        if (number := _number(request.POST.get(name))) is not None
    ]
    found = [row for row in rows if row is not None]
    if len(found) == 2 and found[0].hub_id is None:
        found.reverse()
    hub_id = found[0].hub_id if found else None
    staged_id = found[-1].staged_id if found else None
    return hub_id, staged_id


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def unmatch(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """A person says: these two are not the same."""
    run = _run(run_id)
    _keep_ticks(request, run, panel)
    row_id = _number(request.POST.get("row")) or 0
    try:
        decisions.unmatch_by_hand(run.snapshot, panel.kind, row_id=row_id, by=request.user)
    except NotNow as problem:
        messages.warning(request, str(problem))
    return _back(request, run, panel)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def pick(request: SchoolRequest, run_id: int, panel: PanelFace, row_id: int) -> HttpResponse:
    """The window in which a line's partner is searched for."""
    run = _run(run_id)
    row = queries.line(run.snapshot, panel.kind, row_id)
    if row is None:
        messages.warning(request, "That line has changed meanwhile. Nothing has changed.")
        return redirect(_panel_url(request, run, panel))
    search = _clean(request.GET.get("q", ""))
    keys = queries.partners_for(run.snapshot, panel.kind, row, search)
    page = Paginator(keys, PAGE_SIZE).get_page(request.GET.get("page"))
    close = list(queries.alike(run.snapshot, panel.kind, row)) if row.candidates and not search else []
    context = {
        **_wizard(request, run, panels_of(run), current=panel),
        "face": panel,
        "line": shown(panel.kind, run.snapshot_id, [row])[0],
        "page": page,
        "alike": shown(panel.kind, run.snapshot_id, close),
        "lines": shown(panel.kind, run.snapshot_id, queries.lines_of(list(page.object_list))),
        "search": search,
        "back": _safe_back(request, request.GET.get("back", ""), run, panel),
        "looks_in_mis": row.hub_id is not None,
    }
    return render(request, "hub/sync/pick.html", context)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def save(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """Save and sync one panel. Whatever is held is shown with its reasons; then nothing has been written."""
    run = _run(run_id)
    _keep_ticks(request, run, panel)
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
        return redirect(_panel_url(request, run, panel))
    if plan.state == PlanState.HELD:
        return redirect(_panel_url(request, run, panel))
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
    run = _run(run_id)
    try:
        actions.skip_panel(run=run, kind=panel.kind, by=request.user)
    except NotNow as problem:
        messages.error(request, str(problem))
        return redirect(_panel_url(request, run, panel))
    return _to_next(request, run, after=panel)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def finished(request: SchoolRequest, run_id: int) -> HttpResponse:
    """What was written, who is synced but not to be seen in the service and why, and where to go next."""
    run = _run(run_id)
    panels = panels_of(run)
    waiting, synced = waiting_for_a_person(run), synced_counts()
    context = {
        **_wizard(request, run, panels, current=None),
        "rows": [
            (BY_KIND[Kind(one.kind)], one, _counts(one.plan), waiting.get(one.kind, 0)) for one in panels
        ],
        "synced": synced,
        "synced_classes": synced.get(Kind.REGISTRATION, 0) + synced.get(Kind.TEACHING, 0),
        "waiting": sum(waiting.values()),
        "invisible": invisible_pupils(request.service),
        "undone": [BY_KIND[Kind(one.kind)] for one in panels if one.state not in DONE],
    }
    return render(request, "hub/sync/finished.html", context)


def _counts(plan: Plan | None) -> dict[str, int]:
    """A plan's counts as the screen says them: whoever is added is not counted as linked again."""
    counts: dict[str, int] = plan.counts if plan else {}
    return {**counts, "link": counts.get("link", 0) - counts.get("join", 0)}


def _run(run_id: int) -> SyncRun:
    """The school's sync of this number; another school's does not exist."""
    run: SyncRun | None = SyncRun.objects.select_related("snapshot", "connection").filter(pk=run_id).first()
    if run is None:
        raise Http404
    return run


def _wizard(
    request: SchoolRequest, run: SyncRun, panels: list[Panel], *, current: PanelFace | None
) -> dict[str, Any]:
    """What every page of the wizard shows: the stepper, the data's age, the run's trouble."""
    steps = []
    for one in panels:
        face = BY_KIND[Kind(one.kind)]
        state = "current" if face is current else STEP_OF[PanelState(one.state)]
        steps.append((face.title, state, _panel_url(request, run, face), _note(one)))
    is_done = next_panel(panels) is None
    last = "current" if current is None else "done" if is_done else "todo"
    finish = _url(request, "sync:finished", run_id=run.pk) if is_done else ""
    return {
        "tab": "school",
        "subtab": "mis_sync",
        "run": run,
        "steps": [*steps, ("Finished", last, finish, "")],
        "broker": settings.HUB_BROKER_NAME,
        "is_fetching": run.state in (RunState.PULLING, RunState.WAITING),
        "is_waiting": run.state == RunState.WAITING,
        "is_stopped": run.state == RunState.STOPPED,
    }


def _note(panel: Panel) -> str:
    notes = {
        PanelState.SAVED: "saved",
        PanelState.SKIPPED: "skipped",
        PanelState.UNCHANGED: "nothing changed",
    }
    return notes.get(PanelState(panel.state), "")


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
        return redirect(_panel_url(request, run, face))
    return redirect(_url(request, "sync:finished", run_id=run.pk))


def _keep_ticks(request: SchoolRequest, run: SyncRun, face: PanelFace) -> None:
    """A form of the list names the lines it showed; those of them without a tick were unticked."""
    lines = [number for word in request.POST.getlist("shown") if (number := _number(word)) is not None]
    ticked = [number for word in request.POST.getlist("tick") if (number := _number(word)) is not None]
    if lines:
        planning.set_ticks(run.snapshot, face.kind, shown=lines, ticked=ticked)


def _asked(query: QueryDict) -> Asked:
    return Asked(
        status=query.get("status", "")[:12],
        search=_clean(query.get("q", "")),
        part=query.get("part", "")[:10],
    )


def _clean(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())[:100]


def _query(asked: Asked, *, status: str) -> str:
    words = {"status": status, "q": asked.search, "part": asked.part}
    return "?" + urlencode({name: word for name, word in words.items() if word})


def _number(word: str | None) -> int | None:
    return int(word) if word and word.isascii() and word.isdigit() and len(word) < 19 else None


def _url(request: SchoolRequest, name: str, **rest: Any) -> str:
    where = {"centre_id": request.school.centre_id, "service": request.service.slug}
    return reverse(name, kwargs={**where, **rest})


def _panel_url(request: SchoolRequest, run: SyncRun, face: PanelFace) -> str:
    return _url(request, "sync:panel", run_id=run.pk, panel=face.slug)


def _back(request: SchoolRequest, run: SyncRun, face: PanelFace) -> HttpResponse:
    """To the list as it was, search, filter and page included."""
    return redirect(_safe_back(request, request.POST.get("back", ""), run, face))


def _safe_back(request: SchoolRequest, address: str, run: SyncRun, face: PanelFace) -> str:
    panel = _panel_url(request, run, face)
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith(panel)
    return address if is_ours else panel
