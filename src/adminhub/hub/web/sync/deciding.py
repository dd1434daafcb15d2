"""The review's decisions as pages: one line, a group of lines with a preview, and undo. Nothing here is saved yet."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from adminhub.hub.core.errors import NotNow
from adminhub.hub.planning import decisions, queries
from adminhub.hub.planning.agreement import Agreement
from adminhub.hub.planning.models import MatchStatus
from adminhub.hub.planning.queries import Asked
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.syncs.models import SyncRun
from adminhub.hub.syncs.queries import panels_of
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.lists import PAGE_SIZE
from adminhub.hub.web.sync.groups import offers, words_of
from adminhub.hub.web.sync.lines import compared, shown
from adminhub.hub.web.sync.pages import (
    asked_of,
    back_to_list,
    clean,
    keep_ticks,
    number_in,
    panel_url,
    query_of,
    run_of,
    safe_back,
    said,
    url,
    wizard,
)
from adminhub.hub.web.sync.panels import PanelFace

MOST = 500
"""So many lines a preview lists, and one press decides; the rest are listed after it."""


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def match(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """A person says: these two are the same. `row` is a line with both sides, or `row` and `with` have one each."""
    run = run_of(run_id)
    keep_ticks(request, run, panel)
    hub_id, staged_id = _two_sides(request, run, panel)
    try:
        if hub_id is None or staged_id is None:
            raise NotNow("Nothing was matched: choose one record of each side.")
        decisions.match_by_hand(run.snapshot, panel.kind, hub_id=hub_id, staged_id=staged_id, by=request.user)
    except NotNow as problem:
        messages.warning(request, str(problem))
    return back_to_list(request, run, panel)


def _two_sides(request: SchoolRequest, run: SyncRun, face: PanelFace) -> tuple[int | None, int | None]:
    rows = [
        queries.line(run.snapshot, face.kind, number)
        for name in ("row", "with")
        if (number := number_in(request.POST.get(name))) is not None
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
    run = run_of(run_id)
    keep_ticks(request, run, panel)
    row_id = number_in(request.POST.get("row")) or 0
    try:
        decisions.unmatch_by_hand(run.snapshot, panel.kind, row_id=row_id, by=request.user)
    except NotNow as problem:
        messages.warning(request, str(problem))
    return back_to_list(request, run, panel)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def pick(request: SchoolRequest, run_id: int, panel: PanelFace, row_id: int) -> HttpResponse:
    """The window in which a line's partner is searched for."""
    run = run_of(run_id)
    row = queries.line(run.snapshot, panel.kind, row_id)
    if row is None:
        messages.warning(request, "That line has changed meanwhile. Nothing has changed.")
        return redirect(panel_url(request, run, panel))
    search = clean(request.GET.get("q", ""))
    keys = queries.partners_for(run.snapshot, panel.kind, row, search)
    page = Paginator(keys, PAGE_SIZE).get_page(request.GET.get("page"))
    close = list(queries.alike(run.snapshot, panel.kind, row)) if row.candidates and not search else []
    context = {
        **wizard(request, run, panels_of(run), current=panel),
        "face": panel,
        "line": shown(panel.kind, run.snapshot_id, [row])[0],
        "page": page,
        "alike": shown(panel.kind, run.snapshot_id, close),
        "lines": shown(panel.kind, run.snapshot_id, queries.lines_of(list(page.object_list))),
        "search": search,
        "back": safe_back(request, request.GET.get("back", ""), run, panel),
        "looks_in_mis": row.hub_id is not None,
    }
    return render(request, "hub/sync/pick.html", context)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def line(request: SchoolRequest, run_id: int, panel: PanelFace, row_id: int) -> HttpResponse:
    """One line, side by side with every field, its reasons, who else could be meant, and the decision."""
    run = run_of(run_id)
    row = queries.line(run.snapshot, panel.kind, row_id)
    if row is None:
        messages.warning(request, "That line has changed meanwhile. Nothing has changed.")
        return redirect(panel_url(request, run, panel))
    asked = asked_of(request.GET)
    place = queries.place_of(run.snapshot, panel.kind, asked, row)
    close = list(queries.alike(run.snapshot, panel.kind, row)) if row.candidates else []
    step = queries.last_step(run.snapshot, panel.kind)
    both = shown(panel.kind, run.snapshot_id, [row, *close])
    context = {
        **wizard(request, run, panels_of(run), current=panel),
        "face": panel,
        "line": both[0],
        "fields": compared(panel.kind, run.snapshot, row),
        "alike": both[1:],
        "looks_in_mis": row.hub_id is not None,
        "before": _line_url(request, run, panel, place.before, asked),
        "after": _line_url(request, run, panel, place.after, asked),
        "ahead": place.after or "",
        "back": panel_url(request, run, panel) + query_of(asked),
        "here": request.get_full_path(),
        "asked_query": query_of(asked),
        "step": step,
        "step_said": said(step, panel),
    }
    return render(request, "hub/sync/line.html", context)


def _line_url(request: SchoolRequest, run: SyncRun, face: PanelFace, row_id: int | None, asked: Asked) -> str:
    if row_id is None:
        return ""
    return url(request, "sync:line", run_id=run.pk, panel=face.slug, row_id=row_id) + query_of(asked)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def decide(request: SchoolRequest, run_id: int, panel: PanelFace, deed: str) -> HttpResponse:
    """Decide the lines named: accept, apart, ignore or show. From a line's page, on to the next line."""
    run = run_of(run_id)
    keep_ticks(request, run, panel)
    rows = [number for word in request.POST.getlist("row") if (number := number_in(word)) is not None]
    if deed not in decisions.DEEDS:
        raise Http404
    count = decisions.DEEDS[deed](run.snapshot, panel.kind, row_ids=rows[:MOST], by=request.user)
    if not count:
        messages.warning(
            request, "Nothing was decided: those lines have changed meanwhile. Look at the list."
        )
    ahead = number_in(request.POST.get("ahead"))
    if count and ahead is not None:
        asked = asked_of_form(request)
        return redirect(_line_url(request, run, panel, ahead, asked))
    return back_to_list(request, run, panel)


def asked_of_form(request: SchoolRequest) -> Asked:
    """What the list beside a form showed."""
    return asked_of(QueryDict(request.POST.get("asked", "").removeprefix("?")))


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def together(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """The preview of a decision on many lines: all of them, with ticks, before anything is decided."""
    run = run_of(run_id)
    asked = asked_of(request.GET)
    is_ignoring = request.GET.get("deed") == "ignore"
    wanted = replace(asked, status=(MatchStatus.NEW if is_ignoring else MatchStatus.MAY_MATCH).value)
    rows = queries.lines(run.snapshot, panel.kind, wanted)
    found = rows.count()
    listed = list(rows[:MOST])
    offer = (
        next(iter(offers(panel, {Agreement(asked.group): found})), None)
        if words_of(panel, asked.group)
        else None
    )
    context = {
        **wizard(request, run, panels_of(run), current=panel),
        "face": panel,
        "is_ignoring": is_ignoring,
        "offer": offer,
        "words": words_of(panel, asked.group),
        "lines": shown(panel.kind, run.snapshot_id, listed),
        "found": found,
        "is_cut": found > len(listed),
        "most": MOST,
        "back": panel_url(request, run, panel) + query_of(replace(asked, group="")),
        "asked_query": query_of(wanted),
        "here": request.get_full_path(),
    }
    return render(request, "hub/sync/together.html", context)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def undo(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """Take the last press back. From a line's page, to the line that is open again."""
    run = run_of(run_id)
    keep_ticks(request, run, panel)
    try:
        step = decisions.undo(run.snapshot, panel.kind, by=request.user)
    except NotNow as problem:
        messages.warning(request, str(problem))
        return back_to_list(request, run, panel)
    messages.success(request, f"Undone: {step.count} {said(step, panel)}.")
    if "to_line" in request.POST and step.lines:
        return redirect(_line_url(request, run, panel, step.lines[0]["id"], asked_of_form(request)))
    return back_to_list(request, run, panel)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def show_gone(request: SchoolRequest, run_id: int, panel: PanelFace) -> HttpResponse:
    """Ignore no longer somebody whom the MIS does not send at present."""
    run = run_of(run_id)
    chosen = [number for word in request.POST.getlist("decision") if (number := number_in(word)) is not None]
    decisions.forget_ignored(panel.kind, decision_ids=chosen, by=request.user)
    return back_to_list(request, run, panel)
