"""The form of one person or class: what is the school's, and what is the MIS's unless a value of its own is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.forms.models import fields_for_model

from adminhub.hub.jobs.outputs import announce
from adminhub.hub.roster.editing import Record, edit_record, give_up_own_value, kind_of, version_of
from adminhub.hub.roster.errors import BelongsToMIS, ChangedMeanwhile
from adminhub.hub.roster.models import FieldOverride, Kind
from adminhub.hub.roster.ownership import MIS_FIELDS, SCHOOL_FIELDS
from adminhub.hub.roster.queries import is_synced, overrides_of
from adminhub.hub.roster.years import YEARS, year_name
from adminhub.hub.web.shared.access import SchoolRequest
from adminhub.hub.web.shared.words import LABELS, in_sentence, text_of

KEEP = "keep_"


@dataclass(frozen=True, slots=True)
class Row:
    """One field of the form: its input, the box that keeps an own value, or the own value that is kept."""

    field: forms.BoundField
    keep: forms.BoundField | None
    override: FieldOverride | None

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def mis_says(self) -> str:
        """What the MIS said last of a field that the school keeps."""
        return text_of(self.name, self.override.mis_value) if self.override else ""


def own_values_of(record: Record) -> list[tuple[str, str, str, FieldOverride]]:
    """The school's own values of a record as its page lists them: field, label, what the MIS says, and whose it is."""
    return [
        (one.field, LABELS[one.field], text_of(one.field, one.mis_value), one) for one in overrides_of(record)
    ]


class RecordForm(forms.Form):
    """Made for one person or class: of one that is synced, a field of the MIS has a box beside it.

    It knows which state of the record was looked at, so that of two people who change it at once nobody undoes
    unawares what the other has saved.
    """

    looked_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, record: Record, data: Mapping[str, Any] | None = None) -> None:
        kind = kind_of(record)
        names = (*MIS_FIELDS[kind], *SCHOOL_FIELDS[kind])
        super().__init__(data, initial={name: getattr(record, name) for name in names})
        self.initial["looked_at"] = version_of(record)
        self._record, self._names = record, names
        self._overrides = {override.field: override for override in overrides_of(record)}
        self.is_synced = is_synced(record)
        self._owned = [name for name in MIS_FIELDS[kind] if self.is_synced and name not in self._overrides]
        made = fields_for_model(type(record), fields=names)
        for name in names:
            field = _YEARS[name](record) if name in _YEARS else made[name]
            field.label = LABELS[name]
            self.fields[name] = field
            if name in self._owned:
                self.fields[f"{KEEP}{name}"] = forms.BooleanField(
                    required=False, label=f"Keep our own {in_sentence(LABELS[name])}"
                )
        if kind == Kind.PUPIL:
            self.fields["birthday"].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def clean(self) -> None:
        """The same year groups in another order are the same."""
        before, typed = self.initial.get("year_groups"), self.cleaned_data.get("year_groups")
        if before is not None and typed is not None and set(before) == set(typed):
            self.cleaned_data["year_groups"] = before

    @property
    def rows(self) -> list[Row]:
        """The fields in their order."""
        return [
            Row(
                field=self[name],
                keep=self[f"{KEEP}{name}"] if name in self._owned else None,
                override=self._overrides.get(name),
            )
            for name in self._names
        ]

    def write(self, request: SchoolRequest) -> bool:
        """Write what was typed, and say so. False when it is not valid, or the MIS's; then the form says which."""
        if not self.is_valid():
            return False
        values = {name: self.cleaned_data[name] for name in self._names}
        own = [name for name in self._owned if self.cleaned_data[f"{KEEP}{name}"]]
        try:
            changed = edit_record(
                record=self._record,
                values=values,
                own=own,
                by=request.user,
                looked_at=self.cleaned_data["looked_at"],
            )
        except BelongsToMIS as problem:
            self._refuse(problem)
            return False
        except ChangedMeanwhile as problem:
            self._show_what_is_there(problem, request, typed=values)
            return False
        announce(request.school.pk)
        said = ", ".join(LABELS[name] for name in changed)
        messages.success(request, f"Saved: {said}." if said else "Saved. No field is otherwise than before.")
        return True

    def _show_what_is_there(
        self, problem: ChangedMeanwhile, request: SchoolRequest, *, typed: Mapping[str, Any]
    ) -> None:
        """Say what is otherwise by now than what was typed; who then presses Save has seen it."""
        self._record.refresh_from_db()
        there = [
            f"{LABELS[name]} is {text_of(name, getattr(self._record, name)) or 'empty'}"
            for name in self._names
            if getattr(self._record, name) != typed[name]
        ]
        now = f" By now, {'; '.join(there)}." if there else ""
        self.add_error(None, f"{problem}{now} What you typed is below: correct it, and save once more.")
        sent = request.POST.copy()
        sent["looked_at"] = version_of(self._record)
        self.data = sent

    def _refuse(self, problem: BelongsToMIS) -> None:
        """Say beside each field that is the MIS's where it is changed."""
        for name in problem.fields:
            label = LABELS[name]
            self.add_error(
                name,
                f"{label} comes from your MIS: change it there, or tick “Keep our own {in_sentence(label)}”.",
            )


def form_for(request: SchoolRequest, record: Record) -> RecordForm:
    """The record's form, with what was typed if anything was sent."""
    return RecordForm(record, request.POST if request.method == "POST" else None)


def give_up_field(request: SchoolRequest, record: Record) -> None:
    """Let the field that was sent be the MIS's again, and say so."""
    field = request.POST.get("field", "")
    if give_up_own_value(record=record, field=field, by=request.user):
        announce(request.school.pk)
        messages.success(request, f"{LABELS[field]} comes from your MIS again.")


def _year_group(record: Record) -> forms.Field:
    now = getattr(record, "year_group", "")
    years = [*YEARS, *([now] if now and now not in YEARS else [])]
    return forms.ChoiceField(
        required=False, choices=[("", "None"), *((year, year_name(year)) for year in years)]
    )


def _year_groups(record: Record) -> forms.Field:
    now = getattr(record, "year_groups", ())
    years = [*YEARS, *(year for year in now if year not in YEARS)]
    return forms.MultipleChoiceField(
        required=False,
        choices=[(year, year_name(year)) for year in years],
        widget=forms.CheckboxSelectMultiple,
    )


_YEARS: Mapping[str, Callable[[Record], forms.Field]] = {
    "year_group": _year_group,
    "year_groups": _year_groups,
}
