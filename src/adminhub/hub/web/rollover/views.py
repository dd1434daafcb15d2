"""Promotion: choose, preview, promote at once or on a day, undo."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from adminhub.hub.applying.actions import apply
from adminhub.hub.core.errors import NotNow
from adminhub.hub.jobs.outputs import announce
from adminhub.hub.rollover import actions, queries
from adminhub.hub.rollover.choosing import is_choice, tidy_name
from adminhub.hub.rollover.listing import HEADINGS, LARGEST_FILE
from adminhub.hub.rollover.models import Rollover, Source, State
from adminhub.hub.rollover.predicting import predict
from adminhub.hub.rollover.values import LEAVE, Choices, Now, Outcome
from adminhub.hub.roster.queries import member_counts
from adminhub.hub.roster.years import school_year_name, year_name
from adminhub.hub.schools.permissions import Ability
from adminhub.hub.web.rollover import shown
from adminhub.hub.web.rollover.files import as_list
from adminhub.hub.web.shared.access import SchoolRequest, school_page
from adminhub.hub.web.shared.lists import page_of

LIST = "list"
"""The choices are filled in from an uploaded class list."""


def _url(request: SchoolRequest, name: str, **rest: Any) -> str:
    return reverse(
        f"rollover:{name}",
        kwargs={"centre_id": request.school.centre_id, "service": request.service.slug, **rest},
    )


def _plan_url(request: SchoolRequest, plan_id: int) -> str:
    where = {"centre_id": request.school.centre_id, "service": request.service.slug}
    return reverse("plans:plan", kwargs={**where, "plan_id": plan_id})


def _base(request: SchoolRequest, **context: Any) -> dict[str, Any]:
    return {"tab": "school", "subtab": "promotion", **context}


def _step(request: SchoolRequest, rollover: Rollover, current: str) -> dict[str, Any]:
    hrefs = {slug: _url(request, slug) for slug, _ in shown.STEPS}
    reached = 2 if rollover.plan_id and rollover.state in (State.PREPARING, State.SCHEDULED) else 1
    return _base(
        request,
        rollover=rollover,
        ending=school_year_name(rollover.school_year),
        coming=school_year_name(rollover.school_year + 1),
        steps=list(shown.steps(current, hrefs, reached=reached)),
    )


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def start(request: SchoolRequest) -> HttpResponse:
    """What a promotion is, the one that is being prepared, and those before."""
    found = queries.open_rollover()
    context = _base(
        request,
        rollover=found,
        ending=school_year_name(found.school_year) if found else "",
        school_years=shown.school_years(queries.ended_years()),
        data=queries.newest_data(),
        ended=queries.ended_classes().count(),
        before=[(one, school_year_name(one.school_year)) for one in queries.rollovers()[:20]],
    )
    return render(request, "hub/rollover/start.html", context)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def begin(request: SchoolRequest) -> HttpResponse:
    """Begin to prepare."""
    years = dict(shown.school_years(queries.ended_years()))
    chosen = request.POST.get("school_year", "")
    source = Source.MIS if request.POST.get("source") == Source.MIS else Source.CHAINS
    try:
        with transaction.atomic():
            started = actions.start(
                school_year=int(chosen if chosen in years else next(iter(years))),
                by=request.user,
                source=source,
            )
            if started.source == Source.MIS and started.plan_id is None and started.state != State.WORKING:
                actions.ask_to_rehearse(rollover=started, by=request.user)
    except NotNow as problem:
        messages.error(request, str(problem))
        return redirect(_url(request, "start"))
    if started.source == Source.MIS:
        return redirect(_url(request, "preview"))
    return redirect(_url(request, "class_list" if request.POST.get("source") == LIST else "year_groups"))


def _open(request: SchoolRequest) -> Rollover | None:
    found = queries.open_rollover()
    if found is None:
        messages.info(request, "No promotion is being prepared. Nothing has changed.")
    return found


def _read(rollover: Rollover) -> tuple[Now, Choices]:
    now = queries.now_for(rollover)
    return now, queries.choices_of(rollover, now)


@require_http_methods(["GET", "HEAD", "POST"])
@school_page(Ability.MANAGE_SCHOOL)
def year_groups(request: SchoolRequest) -> HttpResponse:
    """What each year group becomes."""
    rollover = _open(request)
    if rollover is None or rollover.state == State.SCHEDULED or rollover.source == Source.MIS:
        return redirect(_url(request, "start" if rollover is None else "preview"))
    now, choices = _read(rollover)
    lines = shown.year_lines(now, choices)
    if request.method == "POST":
        years = {line.year: after for line in lines if is_choice(after := request.POST.get(line.field, ""))}
        return _chosen(
            request, rollover, "classes", years=years, withdraws=request.POST.get("withdraws") == "yes"
        )
    context = _step(request, rollover, "year_groups")
    return render(
        request,
        "hub/rollover/year_groups.html",
        {
            **context,
            "lines": lines,
            "choices": choices,
            "no_year": sum(not pupil.year for pupil in now.pupils.values()),
            "synced": sum(pupil.is_synced for pupil in now.pupils.values()),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@school_page(Ability.MANAGE_SCHOOL)
def classes(request: SchoolRequest) -> HttpResponse:
    """Where the pupils of each class go."""
    rollover = _open(request)
    if rollover is None or rollover.state == State.SCHEDULED or rollover.source == Source.MIS:
        return redirect(_url(request, "start" if rollover is None else "preview"))
    now, choices = _read(rollover)
    lines = shown.place_lines(now, choices)
    subjects = [one for one in now.classes.values() if not one.is_registration and not one.is_synced]
    if request.method == "POST":
        places = {
            (line.key, line.year): name
            for line in lines
            if line.field in request.POST and (name := tidy_name(request.POST[line.field])) != line.suggested
        }
        return _chosen(
            request,
            rollover,
            to if (to := request.POST.get("to", "")) in ("pupils", "class_list") else "preview",
            places=places,
            teachers_keep_names=request.POST.get("teachers") == "names",
            fills=request.POST.get("fills") == "yes",
            kept=actions.known_keys(request.POST.getlist("keep"), (one.key for one in subjects)),
        )
    context = _step(request, rollover, "classes")
    return render(
        request,
        "hub/rollover/classes.html",
        {
            **context,
            "lines": lines,
            "choices": choices,
            "known": sorted({line.name for line in lines} | {line.group for line in lines} - {""}),
            "subjects": [
                (one, one.key in choices.kept) for one in sorted(subjects, key=lambda one: one.name)
            ],
            "synced_subjects": sum(not one.is_registration and one.is_synced for one in now.classes.values()),
            "singles": len(choices.pupils.keys() & now.pupils.keys()),
            "leaving": [line.name for line in shown.year_lines(now, choices) if line.after == LEAVE],
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@school_page(Ability.MANAGE_SCHOOL)
def pupils(request: SchoolRequest) -> HttpResponse:
    """Hold a single pupil back, or have them go another way than the others."""
    rollover = _open(request)
    if rollover is None or rollover.state == State.SCHEDULED or rollover.source == Source.MIS:
        return redirect(_url(request, "start" if rollover is None else "preview"))
    now, choices = _read(rollover)
    if request.method == "POST":
        keys = actions.known_keys(request.POST.getlist("row"), now.pupils)
        chosen = dict(choices.pupils)
        for line in shown.pupil_lines(now, choices, keys):
            year = request.POST.get(f"year-{line.key}", line.year)
            found = shown.chosen_for(
                line,
                year=year if year == "" or is_choice(year) else line.year,
                group=tidy_name(request.POST.get(f"group-{line.key}", line.group)),
                before=choices.pupils.get(line.key),
            )
            chosen.pop(line.key, None)
            if found is not None:
                chosen[line.key] = found
        answer = _chosen(request, rollover, "preview", pupils=chosen)
        return answer if request.POST.get("to") == "preview" else redirect(request.get_full_path())
    search, group = tidy_name(request.GET.get("q", ""))[:100], request.GET.get("group", "")
    listed = shown.found_pupils(now, choices, search=search, group=group)
    page = Paginator(listed, shown.PUPILS_SHOWN).get_page(request.GET.get("page"))
    context = {
        **_step(request, rollover, "classes"),
        "search": search,
        "group": group,
        "groups": shown.group_options(now),
        "page": page,
        "lines": shown.pupil_lines(now, choices, page.object_list),
        "known": sorted({one.name for one in predict(now, choices).of_registration()}),
        "singles": len(choices.pupils.keys() & now.pupils.keys()),
    }
    return render(request, "hub/rollover/pupils.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@school_page(Ability.MANAGE_SCHOOL)
def class_list(request: SchoolRequest) -> HttpResponse:
    """Fill the choices in from a list of next year's classes, and see which rows name nobody for sure."""
    rollover = _open(request)
    if rollover is None or rollover.state == State.SCHEDULED or rollover.source == Source.MIS:
        return redirect(_url(request, "start" if rollover is None else "preview"))
    sent = request.FILES.get("list")
    if request.method == "POST":
        return _take_list(request, rollover, sent)
    now = queries.now_for(rollover)
    context = {
        **_step(request, rollover, "classes"),
        "headings": HEADINGS,
        "taken": shown.list_taken(now, rollover.listing),
    }
    return render(request, "hub/rollover/class_list.html", context)


def _take_list(request: SchoolRequest, rollover: Rollover, sent: UploadedFile[Any] | None) -> HttpResponse:
    if sent is None:
        messages.error(request, "No file was chosen, so nothing was read. Choose your class list.")
    elif (sent.size or 0) > LARGEST_FILE:
        messages.error(
            request, "Nothing was read: the file is larger than 10 MB. Check that it is the class list."
        )
    else:
        try:
            current = actions.take_list(
                rollover=rollover, name=(sent.name or "the file")[:100], content=sent.read(), by=request.user
            )
            actions.work_out(rollover=current, by=request.user)
        except NotNow as problem:
            messages.error(request, str(problem))
    return redirect(_url(request, "class_list"))


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def class_list_to_fill_in(request: SchoolRequest) -> HttpResponse:
    """Every pupil with what is predicted for them, as a list to correct and send back."""
    rollover = queries.open_rollover()
    if rollover is None:
        raise Http404
    now, choices = _read(rollover)
    answer = HttpResponse(as_list(now, choices), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="next-years-classes.csv"'
    return answer


def _chosen(request: SchoolRequest, rollover: Rollover, to: str, **chosen: Any) -> HttpResponse:
    try:
        current = actions.choose(rollover=rollover, by=request.user, **chosen)
        if to != "classes":
            actions.work_out(rollover=current, by=request.user)
    except NotNow as problem:
        messages.error(request, str(problem))
    return redirect(_url(request, to))


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def preview(request: SchoolRequest) -> HttpResponse:
    """Everything that would change, before anything does."""
    rollover = _open(request)
    if rollover is not None and rollover.source == Source.MIS:
        return _rehearsal(request, rollover)
    if rollover is None or (rollover.plan is None and rollover.state != State.HELD):
        return redirect(_url(request, "start" if rollover is None else "year_groups"))
    now, choices = _read(rollover)
    predicted = predict(now, choices)
    groups = shown.class_lines(predicted, registration=True)
    subjects = shown.class_lines(predicted, registration=False)
    counts = rollover.plan.counts if rollover.plan else {}
    context = {
        **_step(request, rollover, "preview"),
        "predicted": predicted,
        "choices": choices,
        "years": shown.year_rows(predicted, choices),
        "singles": shown.pupil_lines(now, choices, predicted.singles[: shown.SHOWN_AT_ONCE]),
        "groups": groups,
        "groups_height": "tall" if len(groups) > shown.CLASSES_SHOWN else "",
        "subjects": subjects,
        "subjects_height": "tall" if len(subjects) > shown.CLASSES_SHOWN else "",
        "leavers": shown.names(now, predicted.leavers),
        "without_group": shown.names(now, predicted.without_group),
        "without_year": shown.names(now, predicted.without_year),
        "moved": shown.names(now, predicted.moved),
        "going_on": len(now.pupils) - len(predicted.leavers),
        "everybody_leaves": bool(predicted.leavers) and len(predicted.leavers) == len(now.pupils),
        "new_classes": len(predicted.of(Outcome.NEW)),
        "archived": len(predicted.of(Outcome.ARCHIVED)),
        "counts": counts,
        "changes": sum(counts.values()),
        "is_outdated": queries.is_outdated(rollover),
        "usual_day": shown.usual_day(rollover),
    }
    return render(request, "hub/rollover/preview.html", context)


def _rehearsal(request: SchoolRequest, rollover: Rollover) -> HttpResponse:
    """What the MIS's data comes to, how far working it out is, or why there is nothing to show."""
    found = queries.rehearsal_of(rollover.plan) if rollover.plan else None
    counts = rollover.plan.counts if rollover.plan else {}
    context = {
        **_step(request, rollover, "preview"),
        "steps": [],
        "ticks": shown.ticks(rollover),
        "is_slow": shown.is_slow(rollover),
        "found": found,
        "years": [
            (year_name(before) or "no year group", year_name(after), count)
            for before, after, count in found.years
        ]
        if found
        else [],
        "lists": shown.lists_of(found) if found else [],
        "leavers": shown.some(found.leavers) if found else None,
        "joiners": shown.some(found.joiners) if found else None,
        "counts": counts,
        "changes": sum(counts.values()),
        "is_outdated": queries.is_outdated(rollover),
        "usual_day": shown.usual_day(rollover),
    }
    return render(request, "hub/rollover/rehearsal.html", context)


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def again(request: SchoolRequest) -> HttpResponse:
    """Work the preview out again, with the roster as it is now."""
    rollover = _open(request)
    if rollover is not None:
        work_out = actions.ask_to_rehearse if rollover.source == Source.MIS else actions.work_out
        try:
            work_out(rollover=rollover, by=request.user)
        except NotNow as problem:
            messages.error(request, str(problem))
    return redirect(_url(request, "start" if rollover is None else "preview"))


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def promote(request: SchoolRequest) -> HttpResponse:
    """Promote all pupils, as previewed."""
    rollover = _open(request)
    if rollover is None:
        return redirect(_url(request, "start"))
    if request.POST.get("plan") != str(rollover.plan_id):
        messages.error(
            request, "Nothing was changed: the preview was worked out again meanwhile. Look at it once more."
        )
        return redirect(_url(request, "preview"))
    try:
        actions.promote(rollover=rollover, by=request.user, confirmed=request.POST.getlist("confirm"))
    except NotNow as problem:
        messages.error(request, str(problem))
        return redirect(_url(request, "preview"))
    announce(request.school.pk)
    messages.success(request, "All pupils are promoted. Nobody and no result was deleted.")
    return redirect(_url(request, "done", rollover_id=rollover.pk))


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def schedule(request: SchoolRequest) -> HttpResponse:
    """Have it applied on a day."""
    rollover = _open(request)
    if rollover is None:
        return redirect(_url(request, "start"))
    try:
        on = date.fromisoformat(request.POST.get("on", ""))
    except ValueError:
        messages.error(request, "No day was set. Choose a day, such as 1 September.")
        return redirect(_url(request, "preview"))
    try:
        actions.schedule(rollover=rollover, on=on, by=request.user, confirmed=request.POST.getlist("confirm"))
    except NotNow as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"It will be applied early on {on:%-d %B %Y}. You will get an e-mail.")
    return redirect(_url(request, "preview"))


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def unschedule(request: SchoolRequest) -> HttpResponse:
    """Take it off its day."""
    return _simply(request, actions.unschedule, "preview", "It is off that day. Nothing has changed.")


@require_POST
@school_page(Ability.MANAGE_SCHOOL)
def cancel(request: SchoolRequest) -> HttpResponse:
    """Give it up."""
    return _simply(request, actions.cancel, "start", "The promotion was given up. Nothing has changed.")


def _simply(request: SchoolRequest, action: Any, to: str, said: str) -> HttpResponse:
    rollover = _open(request)
    if rollover is None:
        return redirect(_url(request, "start"))
    try:
        action(rollover=rollover, by=request.user)
    except NotNow as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, said)
    return redirect(_url(request, to))


@require_GET
@school_page(Ability.MANAGE_SCHOOL)
def done(request: SchoolRequest, rollover_id: int) -> HttpResponse:
    """What a promotion changed, and the way back."""
    rollover = _ended(rollover_id)
    plan = rollover.plan
    context = _base(
        request,
        rollover=rollover,
        plan=plan,
        ending=school_year_name(rollover.school_year),
        counts=plan.counts if plan else {},
        stands=plan is not None and plan.stands,
    )
    return render(request, "hub/rollover/done.html", context)


def _ended(rollover_id: int) -> Rollover:
    found: Rollover | None = (
        Rollover.objects.filter(pk=rollover_id, state=State.APPLIED)
        .select_related("plan", "plan__applied_by", "plan__undone_by")
        .first()
    )
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@school_page(Ability.MANAGE_SCHOOL)
def ended_classes(request: SchoolRequest) -> HttpResponse:
    """Last year's classes, which the MIS no longer has: archive them with their pupils."""
    if request.method == "POST":
        plan = actions.plan_archiving(by=request.user)
        if plan is None:
            messages.info(request, "Nothing was archived: the MIS has every class.")
        else:
            apply(plan, by=request.user)
            announce(request.school.pk)
            messages.success(request, "The classes are archived, with their pupils. Results stay.")
            return redirect(_plan_url(request, plan.pk))
        return redirect(_url(request, "start"))
    page = page_of(request, queries.ended_classes())
    counts = member_counts(list(page.object_list))
    rows = [(one, counts[one.pk]) for one in page.object_list]
    return render(request, "hub/rollover/ended_classes.html", _base(request, page=page, rows=rows))
