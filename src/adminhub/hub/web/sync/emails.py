"""Pupils' e-mail addresses: off unless a person takes them, for one save, each shown with what speaks against it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from adminhub.hub.planning import actions as planning
from adminhub.hub.planning import queries
from adminhub.hub.planning.queries import EmailLine
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.syncs.models import SyncRun
from adminhub.hub.syncs.queries import panels_of
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.sync.pages import clean, number_in, panel_url, run_of, wizard
from adminhub.hub.web.sync.panels import BY_SLUG

PUPILS = BY_SLUG["pupils"]
A_PAGE = 100


@require_http_methods(["GET", "HEAD", "POST"])
@school_page(Ability.MANAGE_SCHOOL)
def choose(request: SchoolRequest, run_id: int) -> HttpResponse:
    """Every address that is another in the MIS, with its warnings and a tick."""
    run = run_of(run_id)
    everything = queries.email_lines(run.snapshot)
    if request.method == "POST":
        return _chosen(request, run, everything)
    search = clean(request.GET.get("q", "")).lower()
    only = request.GET.get("only", "")
    lines = [line for line in everything if _is_asked(line, search, only)]
    warned = sum(bool(line.warnings) for line in everything)
    context = {
        **wizard(request, run, panels_of(run), current=PUPILS),
        "face": PUPILS,
        "page": Paginator(lines, A_PAGE).get_page(request.GET.get("page")),
        "everything": len(everything),
        "warned": warned,
        "clear": len(everything) - warned,
        "taken": sum(line.is_taken for line in everything),
        "only": only,
        "search": search,
        "back": panel_url(request, run, PUPILS),
        "here": request.get_full_path(),
    }
    return render(request, "hub/sync/emails.html", context)


def _is_asked(line: EmailLine, search: str, only: str) -> bool:
    if search and search not in f"{line.name} {line.theirs} {line.ours}".lower():
        return False
    return only not in ("warned", "clear") or bool(line.warnings) == (only == "warned")


def _chosen(request: SchoolRequest, run: SyncRun, everything: list[EmailLine]) -> HttpResponse:
    """What was ticked among those shown, or all without a warning, or none."""
    which = request.POST.get("which", "")
    known = {line.row: line for line in everything}
    if which == "clear":
        among, chosen = list(known), [line.row for line in everything if not line.warnings]
    elif which == "none":
        among, chosen = list(known), []
    else:
        among = _rows(request.POST.getlist("shown"), known)
        chosen = _rows(request.POST.getlist("take"), known)
    taken = planning.take_emails(run.snapshot, row_ids=chosen, among=among, by=request.user)
    messages.success(
        request,
        f"{taken} e-mail address{'' if taken == 1 else 'es'} will be taken with the next save. "
        "Nothing was written yet.",
    )
    return redirect(request.path if which in ("", "clear", "none") else panel_url(request, run, PUPILS))


def _rows(words: list[str], known: dict[int, EmailLine]) -> list[int]:
    return [number for word in words if (number := number_in(word)) is not None and number in known]
