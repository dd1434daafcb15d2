"""The form of one person or class: what is the school's, and what is the MIS's unless a value of its own is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.models import fields_for_model

from adminhub.hub.roster.editing import Record, kind_of
from adminhub.hub.roster.errors import BelongsToMIS
from adminhub.hub.roster.models import FieldOverride, Kind
from adminhub.hub.roster.ownership import MIS_FIELDS, SCHOOL_FIELDS
from adminhub.hub.roster.queries import overrides_of
from adminhub.hub.roster.years import YEARS, year_name
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
    """Made for one person or class: of one that is synced, a field of the MIS has a box beside it."""

    def __init__(
        self,
        record: Record,
        *,
        is_synced: bool,
        overrides: Mapping[str, FieldOverride],
        data: Mapping[str, Any] | None = None,
    ) -> None:
        kind = kind_of(record)
        names = (*MIS_FIELDS[kind], *SCHOOL_FIELDS[kind])
        super().__init__(data, initial={name: getattr(record, name) for name in names})
        self._owned = [name for name in MIS_FIELDS[kind] if is_synced and name not in overrides]
        self._names, self._overrides = names, overrides
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

    @property
    def values(self) -> dict[str, Any]:
        """What was typed."""
        return {name: self.cleaned_data[name] for name in self._names}

    @property
    def own(self) -> frozenset[str]:
        """The fields of the MIS that the school wants to keep its own value of."""
        return frozenset(name for name in self._owned if self.cleaned_data[f"{KEEP}{name}"])

    def refuse(self, problem: BelongsToMIS) -> None:
        """Say beside each field that is the MIS's where it is changed."""
        for name in problem.fields:
            label = LABELS[name]
            self.add_error(
                name,
                f"{label} comes from your MIS: change it there, or tick “Keep our own {in_sentence(label)}”.",
            )


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
