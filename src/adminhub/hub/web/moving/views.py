"""A change of MIS or provider: the rehearsal, who would be carried or lost, decisions, and the move."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from adminhub.hub.connections.models import State
from adminhub.hub.connections.queries import live_connection
from adminhub.hub.core.errors import NotNow
from adminhub.hub.core.scope import school_scope
from adminhub.hub.jobs.outputs import announce
from adminhub.hub.moving import actions, queries
from adminhub.hub.moving.models import Move, MoveState
from adminhub.hub.moving.queries import CARRIED, LOST, NEW, OTHERS, PERSON
from adminhub.hub.planning import decisions
from adminhub.hub.planning.models import MatchRow, PlanState
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.staging.models import SnapshotState
from adminhub.hub.syncs.actions import start_sync
from adminhub.hub.syncs.models import Mode, RunState, SyncRun
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.lists import page_of
from adminhub.hub.web.sync.lines import Line, shown
from adminhub.hub.web.sync.panels import FACES, PanelFace

PARTS = {
    PERSON: ("Need a person", "question"),
    LOST: ("Would be lost", "chain-off"),
    CARRIED: ("Carried", "chain"),
    NEW: ("Only in the new MIS", "plus"),
    OTHERS: ("Never linked", "minus"),
}
"""The parts of a rehearsal, what needs a person first."""
KEYS = (
    (("j", "↓"), "the next line"),
    (("k", "↑"), "the line before"),
    (("n",), "the next line that needs a person"),
    (("a",), "the same person or class"),
    (("x",), "not the same"),
    (("u",), "undo what was decided last"),
    (("Space",), "tick the line"),
    (("/",), "search"),
)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def begin_here(request: SchoolRequest) -> HttpResponse:
    """What a change of MIS is, whether it looks like one, and the way in."""
    connection = live_connection()
    is_authorised = connection is not None and connection.state == State.AUTHORISED
    context = {
        **_page(),
        "connection": connection,
        "is_authorised": is_authorised,
        "hint": queries.hint(connection),
        "open_move": queries.open_move(),
        "moves": queries.latest_moves(),
        "linked": queries.linked_count(),
    }
    return render(request, "hub/moving/start.html", context)


@require_POST
@school_page(Ability.MANAGE_SCHOOL, talks_to_the_world=True)
def begin(request: SchoolRequest) -> HttpResponse:
    """Rehearse: on the data of the sync that is named, or on what is fetched now."""
    try:
        with school_scope(request.school.pk):
            run = _named_run(request.POST.get("run", ""))
            connection = live_connection()
        if run is None:
            if connection is None:
                raise NotNow("Nothing was fetched: the school is not connected. Press Authorise first.")
            run = start_sync(connection=connection, by=request.user, fresh=True)
        with school_scope(request.school.pk):
            move = actions.begin(run.snapshot, by=request.user)
    except NotNow as problem:
        messages.error(request, str(problem))
        return redirect(_url(request, "start"))
    return redirect(_url(request, "rehearsal", move_id=move.pk))


def _named_run(word: str) -> SyncRun | None:
    """The live sync of this number whose data has come whole, so that it need not be fetched again."""
    if not (word.isdigit() and len(word) < 19):
        return None
    return (
        SyncRun.objects.filter(pk=int(word), state=RunState.REVIEWING, mode=Mode.FULL)
        .filter(snapshot__emptied_at__isnull=True)
        .select_related("snapshot", "connection")
        .first()
    )


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def rehearsal(request: SchoolRequest, move_id: int) -> HttpResponse:
    """Where the move stands: being fetched, rehearsed, or made."""
    move = _move(move_id)
    run = _run_of(move)
    context = {**_page(), "move": move, "run": run, "broker": settings.HUB_BROKER_NAME}
    if move.state == MoveState.MOVED:
        counts = move.plan.counts if move.plan else {}
        lost = counts.get("lose", 0) + counts.get("unlink", 0)
        carried = sum(one["carried"] + one["linked_anew"] for one in move.outcomes.values())
        told = {"counts": counts, "carried": carried, "lost": lost}
        return render(request, "hub/moving/moved.html", {**context, **told})
    if move.state == MoveState.DROPPED:
        messages.warning(request, "That rehearsal is over. Nothing was changed by it.")
        return redirect(_url(request, "start"))
    if move.snapshot.state != SnapshotState.COMPLETE or move.snapshot.emptied_at is not None:
        fetched = [(label, run.progress.get(key) if run else None) for key, label in _FETCHED]
        return render(request, "hub/moving/fetching.html", {**context, "fetched": fetched})
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(request.path)
    if queries.is_out_of_date(move):
        actions.rehearse(move)
    kinds = [(face, queries.part_counts(move, face.kind)) for face in FACES]
    totals = {part: sum(counts[part] for _, counts in kinds) for part in PARTS}
    plan = move.plan if move.plan and move.plan.state == PlanState.HELD else None
    rows = [(face, [(part, counts[part]) for part in (CARRIED, PERSON, LOST, NEW)]) for face, counts in kinds]
    return render(
        request, "hub/moving/rehearsal.html", {**context, "rows": rows, "totals": totals, "held": plan}
    )


_FETCHED = (
    ("employees", "Teachers and other staff"),
    ("registration_groups", "Registration groups"),
    ("classes", "Subject classes"),
    ("pupils", "Pupils"),
)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def lines(request: SchoolRequest, move_id: int, panel: PanelFace) -> HttpResponse:
    """The people or classes of one kind, by what the move would do to them."""
    move = _rehearsing(move_id)
    counts = queries.part_counts(move, panel.kind)
    asked = request.GET.get("part", "")
    part = asked if asked in PARTS else next((each for each in PARTS if counts[each]), CARRIED)
    search = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    found: QuerySet[MatchRow] = queries.lines(move, panel.kind, part, search)
    page = page_of(request, found)
    context = {
        **_page(),
        "move": move,
        "face": panel,
        "part": part,
        "title": PARTS[part][0],
        "search": search,
        "chips": [
            (each, *PARTS[each], counts[each], each == part) for each in PARTS if counts[each] or each == part
        ],
        "page": page,
        "lines": [
            (line, _others(move, panel, line))
            for line in shown(panel.kind, move.snapshot_id, list(page.object_list))
        ],
        "last": queries.last_decision(move, panel.kind),
        "key_list": KEYS,
        "here": request.get_full_path(),
        "needs_a_person": part == PERSON,
        "is_lost": part == LOST,
    }
    return render(request, "hub/moving/lines.html", context)


def _others(move: Move, face: PanelFace, line: Line) -> list[Line]:
    """For a line that needs a person: the other records that may be meant."""
    if not line.needs_a_person or not line.row.candidates:
        return []
    rows = queries.lines_of_candidates(move, face.kind, line.row)
    return shown(face.kind, move.snapshot_id, rows)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def decide(request: SchoolRequest, move_id: int, panel: PanelFace) -> HttpResponse:
    """A person says: the same, another one, not the same; or takes the last word back."""
    move = _rehearsing(move_id)
    try:
        _decide(request, move, panel.kind)
    except NotNow as problem:
        messages.warning(request, str(problem))
    address = request.POST.get("back", "")
    ours = _url(request, "lines", move_id=move.pk, panel=panel)
    return redirect(address if address.startswith(ours) else ours)


def _decide(request: SchoolRequest, move: Move, kind: Kind) -> None:
    """What was pressed: a line's button, one of several candidates, the ticked lines, or Undo."""
    said, snapshot, by = request.POST, move.snapshot, request.user
    picked = [_number(word) for word in said.getlist("pick")]
    if "undo" in said:
        decisions.undo(snapshot, kind, by=by)
    elif "pair" in said:
        hub, _, mis = said["pair"].partition(":")
        decisions.match_by_hand(snapshot, kind, hub_id=_number(hub), staged_id=_number(mis), by=by)
    elif "accept" in said or ("accept_picked" in said and picked):
        rows = [_number(said["accept"])] if "accept" in said else picked
        decisions.accept(snapshot, kind, row_ids=rows, by=by)
    elif "apart" in said or ("apart_picked" in said and picked):
        rows = [_number(said["apart"])] if "apart" in said else picked
        decisions.keep_apart(snapshot, kind, row_ids=rows, by=by)
    else:
        raise NotNow("Nothing was decided: tick the lines first.")


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def move_everybody(request: SchoolRequest, move_id: int) -> HttpResponse:
    """Make the move. What is held is shown with its reasons; then nothing has been written."""
    move = _move(move_id)
    try:
        plan = actions.move_everybody(
            move,
            by=request.user,
            clear_lost=request.POST.get("lost_ids") == "clear",
            confirmed=frozenset(request.POST.getlist("confirm")),
        )
    except NotNow as problem:
        messages.error(request, str(problem))
        return redirect(_url(request, "rehearsal", move_id=move.pk))
    if plan.state != PlanState.HELD:
        announce(request.school.pk)
    return redirect(_url(request, "rehearsal", move_id=move.pk))


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def give_up(request: SchoolRequest, move_id: int) -> HttpResponse:
    """End the rehearsal; nothing was moved."""
    try:
        actions.give_up(_move(move_id), by=request.user)
    except NotNow as problem:
        messages.warning(request, str(problem))
    else:
        messages.success(request, "The rehearsal is over. Nothing was changed.")
    return redirect(_url(request, "start"))


def _move(move_id: int) -> Move:
    move = queries.move_numbered(move_id)
    if move is None:
        raise Http404
    return move


def _rehearsing(move_id: int) -> Move:
    move = _move(move_id)
    snapshot = move.snapshot
    is_whole = snapshot.state == SnapshotState.COMPLETE and snapshot.emptied_at is None
    if move.state != MoveState.REHEARSING or not is_whole:
        raise Http404
    if queries.is_out_of_date(move, but_decisions=True):
        actions.rehearse(move)
    return move


def _run_of(move: Move) -> SyncRun | None:
    return SyncRun.objects.filter(snapshot=move.snapshot).select_related("connection").first()


def _number(word: str) -> int:
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else 0


def _page() -> dict[str, Any]:
    return {"tab": "school", "subtab": "moving"}


def _url(request: SchoolRequest, name: str, **rest: Any) -> str:
    where = {"centre_id": request.school.centre_id, "service": request.service.slug}
    return reverse(f"moving:{name}", kwargs={**where, **rest})
