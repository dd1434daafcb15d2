"""A plan as a page: every change, before it is written and after; its files; and undoing it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_GET, require_POST

from adminhub.hub.applying.errors import CannotUndo, Stale
from adminhub.hub.applying.undoing import CHANGED_SINCE, Narrowed, draft_again, draft_undo, drop
from adminhub.hub.core import audit
from adminhub.hub.core.errors import NotNow
from adminhub.hub.jobs.outputs import announce
from adminhub.hub.planning.models import Plan, PlannedChange, PlanState, Purpose
from adminhub.hub.planning.queries import plan_of, plans_listed, standing_plans_of
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.syncs import actions
from adminhub.hub.syncs.models import SyncRun
from adminhub.hub.web.plans.changes import SKIPPED, Asked, changes_asked, groups_of, shown
from adminhub.hub.web.plans.files import as_csv, as_json
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.lists import PAGE_SIZE
from adminhub.hub.web.sync.pages import keep_ticks
from adminhub.hub.web.sync.panels import BY_KIND, BY_SLUG
from adminhub.hub.web.sync.views import GRANTS

ON_ONE_PAGE = 5000
"""So many changes are printed; more are for a file."""
PURPOSES_HERE = (Purpose.UNDO, Purpose.UNLINK)
"""Plans that are applied from their page; a sync's are too, and the others from where they were made."""


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def index(request: SchoolRequest) -> HttpResponse:
    """Every plan that was written, or may yet be, newest first."""
    page = Paginator(plans_listed(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "tab": "school",
        "subtab": "mis_sync",
        "page": page,
        "rows": [(one, heading_of(one), _written(one)) for one in page.object_list],
    }
    return render(request, "hub/plans/index.html", context)


def _written(plan: Plan) -> int:
    """How many changes a plan writes."""
    return sum(count for kind, count in plan.counts.items() if kind in _WRITES)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def plan(request: SchoolRequest, plan_id: int) -> HttpResponse:
    """Every change of a plan: filtered, searched, page by page or all of it to print."""
    this = _plan(plan_id)
    asked = Asked(what=request.GET.get("what", "")[:40], search=_clean(request.GET.get("q", "")))
    is_whole = request.GET.get("all") == "yes"
    rows = changes_asked(this, asked)
    page = Paginator(rows, ON_ONE_PAGE if is_whole else PAGE_SIZE).get_page(request.GET.get("page"))
    groups = groups_of(this, asked.search)
    context = {
        "tab": "school",
        "subtab": "promotion" if this.purpose in (Purpose.PROMOTION, Purpose.ROLLOVER) else "mis_sync",
        "plan": this,
        "heading": heading_of(this),
        "asked": asked,
        "page": page,
        "lines": shown(this, list(page.object_list)),
        "chips": [(key, what, count, _query(asked, what=key)) for key, what, count in groups],
        "everything": sum(count for _, _, count in groups),
        "all_query": _query(asked, what=""),
        "print_query": f"{_query(asked, what=asked.what)}&all=yes".replace("?&", "?"),
        "is_whole": is_whole,
        **_standing(this),
    }
    return render(request, "hub/plans/plan.html", context)


def heading_of(plan: Plan) -> str:
    """What a plan's page is called."""
    if plan.title:
        return plan.title
    if plan.purpose == Purpose.SYNC and plan.kind:
        return f"Changes to {BY_KIND[Kind(plan.kind)].noun}"
    return Purpose(plan.purpose).label


def _standing(plan: Plan) -> dict[str, Any]:
    """How far the plan is, and what can be done with it now."""
    is_sync = plan.purpose == Purpose.SYNC and bool(plan.kind) and plan.run is not None
    is_drafted = plan.state == PlanState.DRAFTED
    left = PlannedChange.objects.filter(plan=plan, is_skipped=True, reason=CHANGED_SINCE).count()
    can_undo_now = is_drafted and plan.purpose in PURPOSES_HERE
    can_be_undone = plan.can_be_undone and any(key in plan.counts for key in _WRITES)
    return {
        "face": BY_KIND[Kind(plan.kind)] if plan.kind else None,
        "can_save": is_drafted and is_sync,
        "can_undo_now": can_undo_now,
        "can_be_undone": can_be_undone,
        "has_actions": can_undo_now or (can_be_undone and plan.purpose != Purpose.MERGE),
        "changed_since": left if is_drafted else 0,
        "gone": plan.counts.get("gone", 0) if is_drafted else 0,
        "skipped_key": SKIPPED,
        "undone": [(one, heading_of(one)) for one in Plan.objects.filter(pk__in=plan.undoes).order_by("-pk")],
    }


_WRITES = {
    *("join", "link", "relink", "unlink", "update", "lose", "return", "enrol", "leave_class"),
    *("grant", "withdraw", "archive", "unarchive", "merge", "set_row", "remove_row", "add_row"),
}


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def csv_file(request: SchoolRequest, plan_id: int) -> HttpResponse:
    """Every change as a spreadsheet reads it."""
    return _file(request, plan_id, "csv", "text/csv; charset=utf-8")


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def json_file(request: SchoolRequest, plan_id: int) -> HttpResponse:
    """Every change as a program reads it."""
    return _file(request, plan_id, "json", "application/json")


def _file(request: SchoolRequest, plan_id: int, form: str, content_type: str) -> HttpResponse:
    this = _plan(plan_id)
    content = as_csv(this) if form == "csv" else as_json(this)
    audit.record(by=request.user, action="plan.exported", subject=f"plan:{this.pk}", form=form)
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="plan-{this.pk}.{form}"'
    return answer


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def draft(request: SchoolRequest, run_id: int, panel: str) -> HttpResponse:
    """Draft what saving a panel as it stands would write, and show it. Nothing else is written."""
    run = SyncRun.objects.select_related("snapshot").filter(pk=run_id).first()
    face = BY_SLUG.get(panel)
    if run is None or face is None:
        raise Http404
    keep_ticks(request, run, face)
    grants = frozenset(word for word in request.POST.getlist("grant") if word in GRANTS)
    try:
        made = actions.draft_panel(
            run=run,
            kind=face.kind,
            by=request.user,
            service=request.service,
            grants=grants,
            confirmed=frozenset(request.POST.getlist("confirm")),
        )
    except NotNow as problem:
        messages.error(request, str(problem))
        return _to(request, "sync:panel", run_id=run.pk, panel=face.slug)
    return _to(request, "plans:plan", plan_id=made.pk)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def apply(request: SchoolRequest, plan_id: int) -> HttpResponse:
    """Write the very plan that was looked at. One whose records have changed since is drafted again."""
    this = _plan(plan_id)
    try:
        if this.purpose == Purpose.SYNC:
            actions.save_drafted(plan=this, by=request.user)
        elif this.purpose in PURPOSES_HERE:
            actions.take_back(plan=this, by=request.user)
        else:
            raise Http404
    except Stale as problem:
        messages.warning(request, str(problem))
        return _drafted_again(request, this)
    except NotNow as problem:
        messages.error(request, str(problem))
        return _to(request, "plans:plan", plan_id=this.pk)
    announce(request.school.pk)
    if this.purpose == Purpose.SYNC:
        messages.success(request, f"{BY_KIND[Kind(this.kind)].title} saved, just as you saw it.")
        return _to(request, "sync:run", run_id=this.run)
    done = "Unlinked" if this.purpose == Purpose.UNLINK else "Undone"
    messages.success(request, f"{done}. Every change is listed here, and can be taken back.")
    return _to(request, "plans:plan", plan_id=this.pk)


def _drafted_again(request: SchoolRequest, plan: Plan) -> HttpResponse:
    if plan.purpose == Purpose.SYNC:
        face = BY_KIND[Kind(plan.kind)]
        return _to(request, "sync:panel", run_id=plan.run, panel=face.slug)
    try:
        made = draft_again(plan, by=request.user)
    except CannotUndo:
        return _to(request, "plans:plan", plan_id=plan.pk)
    return _to(request, "plans:plan", plan_id=made.pk)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def choose(request: SchoolRequest, plan_id: int) -> HttpResponse:
    """Have more put back although it has changed since: one row, or everything of that sort."""
    this = _plan(plan_id, state=PlanState.DRAFTED)
    if this.purpose != Purpose.UNDO:
        raise Http404
    left = PlannedChange.objects.filter(plan=this, is_skipped=True, reason=CHANGED_SINCE)
    rows = {(table, row_id or 0) for table, row_id in left.values_list("table", "row_id")}
    if "everything" not in request.POST:
        named = set(request.POST.getlist("row"))
        rows = {(table, row_id) for table, row_id in rows if f"{table}:{row_id}" in named}
    try:
        made = draft_again(this, by=request.user, chosen=rows)
    except CannotUndo as problem:
        messages.error(request, str(problem))
        made = this
    return _to(request, "plans:plan", plan_id=made.pk)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def leave(request: SchoolRequest, plan_id: int) -> HttpResponse:
    """Put a drafted undo away. Nothing has changed."""
    this = _plan(plan_id, state=PlanState.DRAFTED)
    if this.purpose not in PURPOSES_HERE:
        raise Http404
    drop(this)
    messages.info(request, "Nothing was changed. Everything is as it was.")
    return _to(request, "plans:plan", plan_id=this.undoes[0] if this.undoes else this.pk)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def undo(request: SchoolRequest, plan_id: int) -> HttpResponse:
    """Show what undoing a plan would do, for everybody or for one person or class. Nothing is undone yet."""
    this = _plan(plan_id)
    only = [key for word in request.POST.getlist("only") if (key := _uuid(word))]
    title = f"Undo: {_in_sentence(heading_of(this))}, {_day(this)}"
    try:
        made = draft_undo([this], by=request.user, title=title[:200], narrowed=Narrowed(sourced_ids=only))
    except CannotUndo as problem:
        messages.error(request, str(problem))
        return _to(request, "plans:plan", plan_id=this.pk)
    return _to(request, "plans:plan", plan_id=made.pk)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def undo_run(request: SchoolRequest, run_id: int) -> HttpResponse:
    """Show what undoing everything a sync wrote would do. Nothing is undone yet."""
    run = SyncRun.objects.filter(pk=run_id).first()
    if run is None:
        raise Http404
    began = date_format(timezone.localtime(run.started_at), "j F Y, H:i")
    try:
        made = draft_undo(
            list(standing_plans_of(run.pk)), by=request.user, title=f"Undo: the sync of {began}"
        )
    except CannotUndo as problem:
        messages.error(request, str(problem))
        return _to(request, "sync:finished", run_id=run.pk)
    return _to(request, "plans:plan", plan_id=made.pk)


def _plan(plan_id: int, *, state: PlanState | None = None) -> Plan:
    """The school's plan of this number; another school's does not exist."""
    found = plan_of(plan_id)
    if found is None or (state and found.state != state):
        raise Http404
    return found


def _to(request: SchoolRequest, name: str, **rest: Any) -> HttpResponse:
    where = {"centre_id": request.school.centre_id, "service": request.service.slug}
    return redirect(reverse(name, kwargs={**where, **rest}))


def _query(asked: Asked, *, what: str) -> str:
    words = {"what": what, "q": asked.search}
    return "?" + urlencode({name: word for name, word in words.items() if word})


def _clean(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())[:100]


def _uuid(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None


def _day(plan: Plan) -> str:
    return date_format(timezone.localtime(plan.applied_at or plan.drafted_at), "j F Y, H:i")


def _in_sentence(text: str) -> str:
    return text[:1].lower() + text[1:]
