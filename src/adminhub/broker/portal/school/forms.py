"""Which of several files is believed about what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from adminhub.broker.portal.templatetags.portal import FORMAT_NAMES
from adminhub.broker.sources.models import Source, SourcePart
from adminhub.mis.joining import KINDS

LABELS = {
    "pupils": "Who the pupils are, is said by",
    "employees": "Who the staff are, is said by",
    "registration": "Registration groups are those of",
    "teaching": "Classes are those of",
}
USUAL = "the usual order"


class PartsForm(forms.Form):
    """A select for pupils, staff, registration groups and classes."""

    is_joined = forms.BooleanField(
        label="Our files come at different times",
        required=False,
        help_text="Each new file then replaces its own part, and what the other files said stays. Otherwise everything "
        "must come together each time.",
    )

    def __init__(self, data: Any = None, *, source: Source | None, kept: Sequence[SourcePart]) -> None:
        said = source.believed if source else {}
        super().__init__(data, initial={"is_joined": source.is_joined if source else False, **said})
        known = dict.fromkeys([*(part.format for part in kept), *FORMAT_NAMES])
        choices = [("", USUAL), *((format, FORMAT_NAMES.get(format, format)) for format in known)]
        for kind in KINDS:
            self.fields[kind] = forms.ChoiceField(label=LABELS[kind], choices=choices, required=False)

    @property
    def believed(self) -> dict[str, str]:
        return {kind: self.cleaned_data[kind] for kind in KINDS if self.cleaned_data[kind]}
