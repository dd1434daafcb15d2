"""The form of one person: what is the school's, and what is the MIS's unless the school keeps its own value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.models import fields_for_model

from adminhub.hub.roster.editing import kind_of
from adminhub.hub.roster.errors import BelongsToMIS
from adminhub.hub.roster.models import Employee, FieldOverride, Kind, Pupil
from adminhub.hub.roster.ownership import MIS_FIELDS, SCHOOL_FIELDS
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


class PersonForm(forms.Form):
    """Made for one person: of somebody who is synced, a field of the MIS has a box beside it."""

    def __init__(
        self,
        person: Employee | Pupil,
        *,
        is_synced: bool,
        overrides: Mapping[str, FieldOverride],
        data: Mapping[str, Any] | None = None,
    ) -> None:
        kind = kind_of(person)
        names = (*MIS_FIELDS[kind], *SCHOOL_FIELDS[kind])
        super().__init__(data, initial={name: getattr(person, name) for name in names})
        self._owned = [name for name in MIS_FIELDS[kind] if is_synced and name not in overrides]
        self._names, self._overrides = names, overrides
        made = fields_for_model(type(person), fields=names)
        for name in names:
            field = _years(person) if name == "year_group" else made[name]
            field.label = LABELS[name]
            self.fields[name] = field
            if name in self._owned:
                self.fields[f"{KEEP}{name}"] = forms.BooleanField(
                    required=False, label=f"Keep our own {in_sentence(LABELS[name])}"
                )
        if kind == Kind.PUPIL:
            self.fields["birthday"].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

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


def _years(person: Employee | Pupil) -> forms.Field:
    now = getattr(person, "year_group", "")
    years = [*YEARS, *([now] if now and now not in YEARS else [])]
    return forms.ChoiceField(
        required=False, choices=[("", "None"), *((year, year_name(year)) for year in years)]
    )
