"""Whom of a school an app may see: chosen, checked, saved. Until it is saved, nothing has changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from adminhub.broker.consent.access import (
    Choice,
    access_in_force,
    choice_of,
    reach,
    rules_of,
    strangers,
    vanished_groups,
)
from adminhub.broker.consent.actions import change_access
from adminhub.broker.consent.models import AccessRule
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.portal.access import ConsentRequest, consent_page, deciding
from adminhub.broker.portal.people.forms import as_fields, read_choice, read_looked_at
from adminhub.broker.portal.people.queries import chosen_people, differences, find_people, group_sets

LONGEST_QUESTION = 100
NOBODY = "Nobody was chosen. Choose people or groups, or “Everyone”."


@consent_page
@require_http_methods(["GET", "POST"])
def choose(request: ConsentRequest) -> HttpResponse:
    """Whom the app may see, and choosing others. POST looks for people and keeps what was ticked on the page."""
    with school_scope(request.school.pk):
        in_force = access_in_force(request.consent)
        choice = read_choice(request.POST) if request.method == "POST" else in_force
        return _page(request, in_force=in_force, choice=choice)


@consent_page
@deciding
@require_POST
def check(request: ConsentRequest) -> HttpResponseBase:
    """What would change, in numbers and names, before anything does."""
    choice = read_choice(request.POST)
    with school_scope(request.school.pk):
        in_force = access_in_force(request.consent)
        if not choice.is_everyone and choice.names_nobody:
            return _page(request, in_force=in_force, choice=choice, problem=NOBODY)
        if strangers(choice):
            return _page(
                request, in_force=in_force, choice=in_force, problem="Somebody chosen is not at the school."
            )
        context = {
            "consent": request.consent,
            "app": request.consent.app,
            "school": request.school,
            "choice": choice,
            "is_same": choice == in_force,
            "before": reach(in_force),
            "after": reach(choice),
            "differences": differences(in_force, choice),
            "fields": as_fields(choice),
            "instead_of": read_looked_at(request.POST),
            "tab": "apps",
        }
        return render(request, "portal/people/check.html", context)


@consent_page
@deciding
@require_http_methods(["GET", "POST"])
def save(request: ConsentRequest) -> HttpResponseBase:
    """Put the checked choice into force."""
    if request.method == "POST":
        try:
            rule = change_access(
                consent=request.consent,
                by=request.user,
                choice=read_choice(request.POST),
                instead_of=read_looked_at(request.POST),
            )
        except NotPossible as refusal:
            messages.error(request, str(refusal))
        else:
            said = "Saved. It counts from the app's next request on. A receipt is on its way."
            messages.success(request, said if rule is not None else "Nothing was changed: it is as it was.")
    return redirect("consents:people", public_id=request.consent.public_id)


def _page(request: ConsentRequest, *, in_force: Choice, choice: Choice, problem: str = "") -> HttpResponse:
    """Called inside the school's scope; rendered inside it, as the history is read there."""
    q = request.POST.get("q", "").replace("\x00", "").strip()[:LONGEST_QUESTION]
    found = find_people(q, besides=choice)
    people = chosen_people(choice)
    rules = [(rule, as_fields(choice_of(rule))) for rule in rules_of(request.consent)[:20]]
    context: dict[str, Any] = {
        "consent": request.consent,
        "app": request.consent.app,
        "school": request.school,
        "choice": choice,
        "is_everyone": choice.mode == AccessRule.Mode.EVERYONE,
        "is_exclude": choice.mode == AccessRule.Mode.EXCLUDE,
        "is_only": choice.mode == AccessRule.Mode.ONLY,
        "reach": reach(in_force),
        "in_force": in_force,
        "people": people,
        "gone": [person for person in people if person.is_gone],
        "group_sets": group_sets(choice),
        "vanished": vanished_groups(in_force),
        "rules": rules,
        "q": q,
        "found": found,
        "is_sought": bool(q),
        "problem": problem,
        "is_fixed": request.administration.is_read_only,
        "may_decide": not request.administration.is_read_only,
        "instead_of": read_looked_at(request.POST)
        if request.method == "POST"
        else request.consent.access_rule_id,
        "tab": "apps",
    }
    return render(request, "portal/people/choose.html", context, status=422 if problem else 200)
