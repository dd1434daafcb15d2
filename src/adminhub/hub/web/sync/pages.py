"""What the wizard's pages share: whose run and panel an address names, what was asked for, and the way back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from adminhub.hub.planning import actions as planning
from adminhub.hub.planning.models import ReviewStep
from adminhub.hub.planning.queries import Asked
from adminhub.hub.roster.models import Kind
from adminhub.hub.syncs.models import Panel, PanelState, RunState, SyncRun
from adminhub.hub.syncs.queries import next_panel
from adminhub.hub.web.shared.access import SchoolRequest
from adminhub.hub.web.sync.panels import BY_KIND, PanelFace

STEP_OF = {
    PanelState.SAVED: "done",
    PanelState.SKIPPED: "done",
    PanelState.UNCHANGED: "done",
    PanelState.READY: "todo",
    PanelState.WAITING: "todo",
}

KEYS = (
    ("j↓", "the next line"),
    ("k↑", "the line before"),
    ("n", "the next line that needs a person"),
    ("a", "match: the two are the same"),
    ("x", "unmatch: never these two"),
    ("p", "pick another record"),
    ("i", "ignore this person"),
    ("u", "undo the last decision"),
    (("Enter",), "compare every field"),
    (("Space",), "tick"),
    ("/", "search"),
    ("?", "show these keys"),
)
DONE_TO = {
    "matched": "matched",
    "apart": "kept apart",
    "ignored": "ignored from now on",
    "shown": "shown again",
}


def said(step: ReviewStep | None, face: PanelFace) -> str:
    """What a press did, to follow its number: "pupils matched"."""
    return f"{face.one if step.count == 1 else face.noun} {DONE_TO[step.deed]}" if step else ""


def run_of(run_id: int) -> SyncRun:
    """The school's sync of this number; another school's does not exist."""
    run: SyncRun | None = SyncRun.objects.select_related("snapshot", "connection").filter(pk=run_id).first()
    if run is None:
        raise Http404
    return run


def wizard(
    request: SchoolRequest, run: SyncRun, panels: list[Panel], *, current: PanelFace | None
) -> dict[str, Any]:
    """What every page of the wizard shows: the stepper, the data's age, the run's trouble."""
    steps = []
    for one in panels:
        face = BY_KIND[Kind(one.kind)]
        state = "current" if face is current else STEP_OF[PanelState(one.state)]
        steps.append((face.title, state, panel_url(request, run, face), _note(one)))
    is_done = next_panel(panels) is None
    last = "current" if current is None else "done" if is_done else "todo"
    finish = url(request, "sync:finished", run_id=run.pk) if is_done else ""
    return {
        "tab": "school",
        "subtab": "mis_sync",
        "run": run,
        "key_list": KEYS,
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


def keep_ticks(request: SchoolRequest, run: SyncRun, face: PanelFace) -> None:
    """A form of the list names the lines it showed; those of them without a tick were unticked."""
    lines = [number for word in request.POST.getlist("shown") if (number := number_in(word)) is not None]
    ticked = [number for word in request.POST.getlist("tick") if (number := number_in(word)) is not None]
    if lines:
        planning.set_ticks(run.snapshot, face.kind, shown=lines, ticked=ticked)


def asked_of(query: QueryDict) -> Asked:
    """What of a review an address asks for."""
    return Asked(
        status=query.get("status", "")[:12],
        search=clean(query.get("q", "")),
        part=clean(query.get("part", "")),
        school_class=clean(query.get("class", "")),
        group=query.get("group", "")[:10],
    )


def query_of(asked: Asked, **changes: str) -> str:
    """The query that asks for this, changed as said: "?status=new&q=ann"."""
    wanted = replace(asked, **changes)
    words = {
        "status": wanted.status,
        "q": wanted.search,
        "part": wanted.part,
        "class": wanted.school_class,
        "group": wanted.group,
    }
    return "?" + urlencode({name: word for name, word in words.items() if word})


def clean(text: str) -> str:
    """A short line of text from an address."""
    return " ".join(text.replace("\x00", "").split())[:100]


def number_in(word: str | None) -> int | None:
    """The number a form or address gives; None when it gives none."""
    return int(word) if word and word.isascii() and word.isdigit() and len(word) < 19 else None


def url(request: SchoolRequest, name: str, **rest: Any) -> str:
    """An address of this school and service."""
    where = {"centre_id": request.school.centre_id, "service": request.service.slug}
    return reverse(name, kwargs={**where, **rest})


def panel_url(request: SchoolRequest, run: SyncRun, face: PanelFace) -> str:
    """The address of a panel's list."""
    return url(request, "sync:panel", run_id=run.pk, panel=face.slug)


def back_to_list(request: SchoolRequest, run: SyncRun, face: PanelFace) -> HttpResponse:
    """To the list as it was, search, filter and page included."""
    return redirect(safe_back(request, request.POST.get("back", ""), run, face))


def safe_back(request: SchoolRequest, address: str, run: SyncRun, face: PanelFace) -> str:
    """The address, if it is one of this panel's pages; else its list."""
    panel = panel_url(request, run, face)
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith(panel)
    return address if is_ours else panel
