"""Duplicates: whom the hub may know twice, the comparison and the merge."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from adminhub.hub.core.errors import NotNow
from adminhub.hub.duplicates import actions, queries
from adminhub.hub.duplicates.finding import without_doubt
from adminhub.hub.duplicates.merging import FIELDS, Refusal, Side, field_lines, plan_merge, which_stays
from adminhub.hub.jobs.outputs import announce
from adminhub.hub.planning.models import Plan
from adminhub.hub.planning.reading import MIS_FIELDS
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import Service
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.web.duplicates.people import (
    BOTH,
    PUPILS,
    People,
    consequences,
    fields_shown,
    shown,
    shown_apart,
    shown_together,
)
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.words import text_of

PAGE_SIZE = 25
SURE, PERHAPS = "sure", "perhaps"
KEYS = (
    (("j", "↓"), "the next pair"),
    (("k", "↑"), "the pair before"),
    (("Enter",), "compare the two"),
    (("x",), "they are two people"),
)


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def found(request: SchoolRequest) -> HttpResponse:
    """Pupils first: they are doubled more often."""
    return redirect(_url(request, "found_of", people=PUPILS))


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def found_of(request: SchoolRequest, people: People) -> HttpResponse:
    """Everybody who is or may be known twice, the sure ones first; what was told apart, and what was merged."""
    pairs = queries.found(people.kind)
    sure = [pair for pair in pairs if pair.is_sure]
    only = request.GET.get("only", "")
    asked = (
        sure if only == SURE else [pair for pair in pairs if not pair.is_sure] if only == PERHAPS else pairs
    )
    page = Paginator(asked, PAGE_SIZE).get_page(request.GET.get("page"))
    counts = {each: len(pairs) if each is people else len(queries.found(each.kind)) for each in BOTH}
    merges, merged = _merges(request, people)
    context = {
        **_page(people),
        "tabs": [(each, counts[each], each is people) for each in BOTH],
        "chips": [
            ("", "All", len(pairs), not only),
            (SURE, "The same person", len(sure), only == SURE),
            (PERHAPS, "Look closely", len(pairs) - len(sure), only == PERHAPS),
        ],
        "page": page,
        "pairs": shown(people.kind, list(page.object_list)),
        "apart": shown_apart(people.kind, queries.told_apart_listed(people.kind)[:PAGE_SIZE]),
        "without_doubt": len(without_doubt(pairs)),
        "merges": merges,
        "merged": merged,
        "key_list": KEYS,
    }
    return render(request, "hub/duplicates/found.html", context)


def _merges(request: SchoolRequest, people: People) -> tuple[Page[Plan], list[tuple[Plan, str]]]:
    """The merges of these people, newest first, each with the name of the record that stays."""
    page = Paginator(queries.merges(people.kind), PAGE_SIZE).get_page(request.GET.get("merged"))
    plans = list(page.object_list)
    into = queries.merged_into(plans)
    names = queries.names_of(people.kind, list(into.values()))
    return page, [(plan, names.get(into.get(plan.pk, ""), "")) for plan in plans]


@require_http_methods(["GET", "HEAD", "POST"])
@school_page(Ability.MANAGE_SCHOOL)
def together(request: SchoolRequest, people: People) -> HttpResponse:
    """Merge several pairs that are without doubt, after a look at what becomes of each."""
    if request.method == "POST":
        return _merge_together(request, people)
    pairs = without_doubt(queries.found(people.kind))
    if not pairs:
        return redirect(_url(request, "found_of", people=people))
    page = Paginator(pairs, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        **_page(people),
        "page": page,
        "pairs": shown_together(people.kind, list(page.object_list), frozenset(MIS_FIELDS[people.kind])),
    }
    return render(request, "hub/duplicates/together.html", context)


def _merge_together(request: SchoolRequest, people: People) -> HttpResponse:
    ticked = [value.partition("-") for value in request.POST.getlist("pair")[:PAGE_SIZE]]
    pairs = {(int(one), int(two)) for one, _, two in ticked if one.isdecimal() and two.isdecimal()}
    done = actions.merge_without_doubt(people.kind, pairs=pairs, by=request.user)
    if done.plans:
        announce(request.school.pk)
        count = len(done.plans)
        said = f"{count} pair{'s are' if count > 1 else ' is'} merged, each with an undo of its own below."
        messages.success(request, said)
    for problem in dict.fromkeys(done.left):
        messages.error(request, problem)
    if not done.plans and not done.left:
        messages.info(request, "Nothing was merged: no pair was ticked, or the pairs have changed meanwhile.")
    return redirect(f"{_url(request, 'found_of', people=people)}#merged")


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def compare(request: SchoolRequest, people: People, first: int, second: int) -> HttpResponse:
    """Two records side by side: which stays, which value of each field is right, and what comes of it."""
    stays, goes = _sides(people.kind, first, second)
    asked = request.GET.get("stays", "")
    if asked.isdigit() and int(asked) == goes.record.key:
        stays, goes = goes, stays
    owned = frozenset(MIS_FIELDS[people.kind])
    lines = field_lines(stays, goes, owned_by_mis=owned)
    taken = frozenset(line.name for line in lines if line.takes_other)
    planned = plan_merge(stays, goes, taken=taken, owned_by_mis=owned)
    alike = next(
        (pair for pair in queries.found(people.kind) if {pair.first, pair.second} == {first, second}), None
    )
    services = dict(Service.objects.values_list("slug", "name"))
    context = {
        **_page(people),
        "stays": stays,
        "goes": goes,
        "stays_name": _name(stays),
        "goes_name": _name(goes),
        "fields": fields_shown(lines, {}),
        "is_twice_in_mis": stays.is_in_mis and goes.is_in_mis,
        "refusal": planned.message if isinstance(planned, Refusal) else "",
        "consequences": [] if isinstance(planned, Refusal) else consequences(planned, stays, services),
        "alike": alike,
        "one": first,
        "other": second,
    }
    return render(request, "hub/duplicates/compare.html", context)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def merge(request: SchoolRequest, people: People, first: int, second: int) -> HttpResponse:
    """Make one of the two, as chosen."""
    asked = request.POST.get("stays", "")
    stays = int(asked) if asked.isdigit() and int(asked) in (first, second) else first
    goes = second if stays == first else first
    taken = frozenset(name for name in FIELDS if request.POST.get(f"field-{name}") == "other")
    try:
        plan = actions.merge(people.kind, stays=stays, goes=goes, taken=taken, by=request.user)
    except NotNow as problem:
        messages.error(request, str(problem))
        return redirect(_url(request, "compare", people=people, first=first, second=second))
    announce(request.school.pk)
    told = " Services with access are told." if plan.counts.get("withdraw") else ""
    messages.success(request, f"The two records are one {people.one} now.{told} You can undo it below.")
    return redirect(f"{_url(request, 'found_of', people=people)}#merged")


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def tell_apart(request: SchoolRequest, people: People) -> HttpResponse:
    """Note that two are two; they are not proposed again."""
    return _noted(
        request, people, actions.tell_apart, "Noted: these are two people. They are not named again."
    )


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def ask_again(request: SchoolRequest, people: People) -> HttpResponse:
    """Take back that two are two."""
    return _noted(request, people, actions.ask_again, "Taken back. If they look alike, they are named again.")


def _noted(request: SchoolRequest, people: People, note: Any, said: str) -> HttpResponse:
    one, other = (request.POST.get(name, "") for name in ("one", "other"))
    if not (one.isdigit() and other.isdigit() and len(one) < 19 and len(other) < 19):
        raise Http404
    try:
        note(people.kind, one=int(one), other=int(other), by=request.user)
    except NotNow as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, said)
    return redirect(_url(request, "found_of", people=people))


def _sides(kind: Kind, one: int, other: int) -> tuple[Side, Side]:
    first, second = queries.side_of(kind, one), queries.side_of(kind, other)
    if first is None or second is None or one == other:
        raise Http404
    return which_stays(first, second)


def _name(side: Side) -> str:
    fields = side.record.fields
    return " ".join(filter(None, (text_of(name, fields.get(name)) for name in ("forename", "surname"))))


def _page(people: People) -> dict[str, Any]:
    return {"tab": "school", "subtab": "duplicates", "people": people}


def _url(request: SchoolRequest, name: str, **rest: Any) -> str:
    where = {"centre_id": request.school.centre_id, "service": request.service.slug}
    return reverse(f"duplicates:{name}", kwargs={**where, **rest})
