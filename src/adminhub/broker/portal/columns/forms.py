"""A table, and what is said about its columns."""

from __future__ import annotations

from typing import Any

from django import forms

from adminhub.broker.portal.templatetags.portal import FORMAT_NAMES
from adminhub.broker.sources.models import ColumnProfile
from adminhub.mis.columns import FIELDS, Profile, RawTable, TableKind, guess, guess_kind, what_is_missing
from adminhub.mis.csv_file import normal

LARGEST = 20 * 1024 * 1024
SYSTEMS = ("sims", "integris", "scholarpack", "arbor", "bromcom", "isams")


class TableForm(forms.Form):
    """One table: CSV, Excel or OpenDocument."""

    table = forms.FileField(
        label="Table",
        help_text="CSV, Excel (.xlsx) or OpenDocument (.ods), with headings in its first rows. 20 MB at most.",
        error_messages={
            "required": "No file was chosen, so nothing was read. Choose the table.",
            "empty": "The file is empty. Nothing was read. Export it again.",
        },
    )

    def clean_table(self) -> Any:
        """Refuse what is too large."""
        file = self.cleaned_data["table"]
        if file.size > LARGEST:
            raise forms.ValidationError("The file is larger than 20 MB. Nothing was read. Give one table.")
        return file


class ColumnsForm(forms.Form):
    """A select for each column, set to what was guessed or said before."""

    kind = forms.ChoiceField(label="Each row is about", choices=ColumnProfile.Kind.choices)
    system = forms.ChoiceField(
        label="It comes from",
        required=False,
        choices=[("", "no MIS, or another one"), *((key, FORMAT_NAMES[key]) for key in SYSTEMS)],
    )
    name = forms.CharField(
        label="Name of this profile",
        max_length=100,
        help_text="Such as Autumn class list. For you to know it by.",
    )

    def __init__(
        self, table: RawTable, data: Any = None, *, known: ColumnProfile | None, file_name: str
    ) -> None:
        kind = (data or {}).get("kind") or (known.kind if known else guess_kind(table))
        self.table_kind: TableKind = kind if kind in FIELDS else "pupils"
        said = (
            dict(known.columns) if known and known.kind == self.table_kind else guess(table, self.table_kind)
        )
        named = known.name if known else file_name.rpartition(".")[0] or file_name
        first = {"kind": self.table_kind, "system": known.system if known else "", "name": named}
        # After another kind is chosen the columns' fields are others: they are guessed anew.
        is_of_kind = data is not None and data.get("columns_of") == self.table_kind
        super().__init__(data if is_of_kind else None, initial=first)
        self.table = table
        if data is not None and not is_of_kind:
            self.initial.update({name: data.get(name, "") for name in ("system", "name")})
        choices = [("", "not used"), *FIELDS[self.table_kind].items()]
        for place, heading in enumerate(table.headings):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=f"Column {heading or place + 1}",
                required=False,
                choices=choices,
                initial=said.get(normal(heading), ""),
            )

    @property
    def columns(self) -> list[tuple[str, tuple[str, ...], forms.BoundField]]:
        """Each column's heading, the cells below it, and its select."""
        return [
            (heading or f"(column {place + 1})", self._below(place), self[f"column_{place}"])
            for place, heading in enumerate(self.table.headings)
        ]

    @property
    def profile(self) -> Profile:
        """What is said now, whether sent or guessed."""
        columns = {
            normal(heading): str(self[f"column_{place}"].value() or "")
            for place, heading in enumerate(self.table.headings)
        }
        fields = FIELDS[self.table_kind]
        return Profile(
            self.table_kind,
            {heading: field for heading, field in columns.items() if heading and field in fields},
            self.table.fingerprint,
            system=str(self["system"].value() or ""),
        )

    def clean(self) -> dict[str, Any]:
        """Somebody must be readable by these columns."""
        for said in what_is_missing(self.table_kind, self.profile.columns):
            self.add_error(None, said)
        return self.cleaned_data

    def _below(self, place: int) -> tuple[str, ...]:
        return tuple(row[place] for row in self.table.samples if row[place])[:3]
