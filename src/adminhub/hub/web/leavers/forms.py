"""On what day leavers are deleted, and the word that a person types for it."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils import timezone

from adminhub.hub.leavers.deletion import EARLIEST

WORD = "DELETE"


class DeletionForm(forms.Form):
    """The day, and the word."""

    on = forms.DateField(
        label="Delete on",
        help_text="Admin Hub proposes a day; your school's own number of months stands in the settings of syncs.",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Give a day.", "invalid": "Give a day, such as 2027-07-31."},
    )
    typed = forms.CharField(
        label=f"Type {WORD} to confirm",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": f"Nothing was scheduled. Type {WORD} if you mean it."},
    )

    def clean_on(self) -> date:
        """Not before the coordinators can have been written to."""
        on: date = self.cleaned_data["on"]
        if on < timezone.localdate() + EARLIEST:
            raise forms.ValidationError(
                f"Choose a day at least {EARLIEST.days} days from now: you get an e-mail before it, and can cancel."
            )
        return on

    def clean_typed(self) -> str:
        """The very word, in capitals or not."""
        typed: str = self.cleaned_data["typed"]
        if typed.strip().upper() != WORD:
            raise forms.ValidationError(f"Nothing was scheduled. Type {WORD} if you mean it.")
        return typed
