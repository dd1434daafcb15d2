"""Whom of the pupils a sync takes in: the choice before the Pupils panel, kept for the syncs that follow."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from adminhub.hub.core.errors import NotNow
from adminhub.hub.planning import queries
from adminhub.hub.planning.scoping import NONE, is_narrowed
from adminhub.hub.roster.years import YEARS, year_name
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.staging.models import Snapshot
from adminhub.hub.syncs.actions import choose_scope
from adminhub.hub.syncs.models import Scope, SyncRun, SyncSettings
from adminhub.hub.syncs.queries import panels_of, settings_of
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.sync.pages import panel_url, run_of, wizard
from adminhub.hub.web.sync.panels import BY_SLUG

PUPILS = BY_SLUG["pupils"]
FIELD = {Scope.YEAR_GROUPS: "year", Scope.REGISTRATION_GROUPS: "group"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A year group or registration group that can be chosen."""

    value: str
    name: str
    pupils: int
    is_chosen: bool


@require_http_methods(["GET", "HEAD", "POST"])
@school_page(Ability.MANAGE_SCHOOL)
def choose(request: SchoolRequest, run_id: int) -> HttpResponse:
    """The whole school, some year groups or some registration groups."""
    run = run_of(run_id)
    if request.method == "POST":
        return _chosen(request, run)
    settings = settings_of()
    context = {
        **wizard(request, run, panels_of(run), current=PUPILS),
        "face": PUPILS,
        "scope": settings.scope,
        "years": _choices(settings, Scope.YEAR_GROUPS, _years(run.snapshot)),
        "groups": _choices(settings, Scope.REGISTRATION_GROUPS, queries.groups_with_sizes(run.snapshot)),
        "back": panel_url(request, run, PUPILS),
    }
    return render(request, "hub/sync/scope.html", context)


def _years(snapshot: Snapshot) -> list[tuple[str, str, int]]:
    sizes = queries.years_with_sizes(snapshot)
    named = [(year, year_name(year), sizes[year]) for year in YEARS if year in sizes]
    return [*named, (NONE, "No year group", sizes[""])] if sizes.get("") else named


def _choices(settings: SyncSettings, scope: Scope, found: list[tuple[str, str, int]]) -> list[Choice]:
    chosen = set(settings.chosen) if settings.scope == scope else set()
    return [Choice(value, name, pupils, value in chosen) for value, name, pupils in found]


def _chosen(request: SchoolRequest, run: SyncRun) -> HttpResponse:
    word = request.POST.get("scope", "")
    scope = Scope(word) if word in Scope.values else Scope.ALL
    field = FIELD.get(scope, "")
    chosen = [value[:100] for value in request.POST.getlist(field)] if field else []
    try:
        choose_scope(run=run, scope=scope, chosen=chosen, by=request.user)
    except NotNow as problem:
        messages.warning(request, str(problem))
        return redirect(request.path)
    messages.success(request, f"This sync takes in {said(run_of(run.pk).snapshot)}. Nothing was written.")
    return redirect(panel_url(request, run, PUPILS))


def said(snapshot: Snapshot) -> str:
    """Whom a review takes in, in words: "the whole school", "Year 4 and Year 5"."""
    if not is_narrowed(snapshot):
        return "the whole school"
    by_year = snapshot.scope.get("years")
    known = _years(snapshot) if by_year else queries.groups_with_sizes(snapshot)
    chosen = by_year or snapshot.scope.get("groups", [])
    names = [name for value, name, _ in known if value in chosen]
    if not names:
        return "nobody whom the MIS has now"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
