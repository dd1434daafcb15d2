"""The column assistant: upload a table, correct what was guessed, see it on real rows, save and publish."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib import messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from adminhub.broker.directory.scope import school_scope
from adminhub.broker.portal.access import SchoolRequest, deciding, school_page
from adminhub.broker.portal.columns.forms import ColumnsForm, TableForm
from adminhub.broker.portal.uploading import publish_uploaded
from adminhub.broker.sources.models import ColumnProfile, TableDraft
from adminhub.broker.sources.profiles import (
    as_file,
    forget_profile,
    save_profile,
    start_draft,
    throw_away_draft,
)
from adminhub.mis import Employee, Pupil, Refused, read
from adminhub.mis.columns import Profile, look_at

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Preview:
    """What the whole file gives with these columns, and its first people. `refusal`: it gives nothing."""

    pupils: int = 0
    employees: int = 0
    classes: int = 0
    rejects: tuple[str, ...] = ()
    reject_count: int = 0
    issues: tuple[str, ...] = ()
    issue_count: int = 0
    people: tuple[Pupil | Employee, ...] = ()
    refusal: str = ""


@school_page
@require_http_methods(["GET", "POST"])
def profiles(request: SchoolRequest) -> HttpResponseBase:
    """The profiles there are, and starting with a table."""
    form = TableForm()
    if request.method == "POST":
        return _start(request)
    return _list(request, form)


@deciding
def _start(request: SchoolRequest) -> HttpResponseBase:
    form = TableForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, status=422)
    file = form.cleaned_data["table"]
    draft = start_draft(
        school=request.school,
        file_name=Path(file.name or "table.csv").name[-100:],
        content=file.read(),
        by=request.user,
    )
    try:
        look_at(as_file(draft))
    except Refused as refusal:
        throw_away_draft(school=request.school, draft_id=draft.pk)
        form.add_error("table", str(refusal))
        return _list(request, form, status=422)
    return redirect("columns:draft", school_id=request.school.broker_id, draft_id=draft.pk)


@school_page
@deciding
@require_http_methods(["GET", "POST"])
def draft(request: SchoolRequest, *, draft_id: int) -> HttpResponseBase:
    """What each column holds: guessed, to be corrected, and shown on real rows."""
    with school_scope(request.school.pk):
        found = get_object_or_404(TableDraft, pk=draft_id)
        table = look_at(as_file(found))
        known = ColumnProfile.objects.filter(fingerprint=table.fingerprint).first()
    form = ColumnsForm(table, request.POST or None, known=known, file_name=found.file_name)
    is_saving = form.is_bound and request.POST.get("do") == "save"
    if is_saving and form.is_valid():
        save_profile(
            school=request.school, name=form.cleaned_data["name"], profile=form.profile, by=request.user
        )
        file = SimpleUploadedFile(found.file_name, bytes(found.content))
        publish_uploaded(school=request.school, files=[file], by=request.user)
        throw_away_draft(school=request.school, draft_id=found.pk)
        messages.success(
            request, "The profile was saved. Files with these headings are read like this from now on."
        )
        return redirect("school:source", school_id=request.school.broker_id)
    if form.is_bound:
        form.is_valid()
    context = {
        "school": request.school,
        "draft": found,
        "form": form,
        "known": known,
        "preview": _preview(found, form.profile),
        "tab": "source",
    }
    return render(request, "portal/columns/draft.html", context, status=422 if is_saving else 200)


@school_page
@deciding
@require_POST
def forget(request: SchoolRequest, *, profile_id: int) -> HttpResponseBase:
    """No longer read files like this."""
    forget_profile(school=request.school, profile_id=profile_id)
    messages.success(request, "The profile is gone. What was published stays.")
    return redirect("columns:list", school_id=request.school.broker_id)


def _list(request: SchoolRequest, form: TableForm, *, status: int = 200) -> HttpResponseBase:
    with school_scope(request.school.pk):
        saved = list(ColumnProfile.objects.select_related("by"))
    context = {
        "school": request.school,
        "profiles": saved,
        "form": form,
        "is_read_only": request.administration.is_read_only,
        "tab": "source",
    }
    return render(request, "portal/columns/list.html", context, status=status)


def _preview(found: TableDraft, profile: Profile) -> Preview:
    """Read the whole file with these columns and publish nothing."""
    with TemporaryDirectory(prefix="draft-") as folder:
        path = Path(folder) / (found.file_name or "table.csv")
        path.write_bytes(bytes(found.content))
        try:
            roster = read([path], profiles=[profile])
        except Refused as refusal:
            return Preview(refusal=str(refusal))
    people: list[Pupil | Employee] = [*roster.pupils[:SHOWN], *roster.employees[:SHOWN]]
    return Preview(
        pupils=len(roster.pupils),
        employees=len(roster.employees),
        classes=len(roster.classes),
        rejects=tuple(f"{reject.record}: {reject.reason}" for reject in roster.rejects[:SHOWN]),
        reject_count=len(roster.rejects),
        issues=tuple(
            f"{issue.record}{f', {issue.field}' if issue.field else ''}: {issue.message}"
            for issue in roster.issues[:SHOWN]
        ),
        issue_count=len(roster.issues),
        people=tuple(people[:SHOWN]),
    )
