"""What an operator says."""

from __future__ import annotations

from django import forms


class NoteForm(forms.Form):
    """What was said when the school was contacted."""

    note = forms.CharField(
        label="What was agreed",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Nothing was noted. Write what was agreed with the school."},
    )


class VerdictForm(forms.Form):
    """An operator's own verdict on a connection."""

    reason = forms.CharField(
        label="Reason",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The school and the app see it. Do not name anybody.",
        error_messages={"required": "Nothing was changed. Say why, so that the school knows what to do."},
    )


class DeveloperForm(forms.Form):
    """Whom to invite to register apps."""

    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "off"}))


class ResetForm(forms.Form):
    """How the operator knows that it is the person who asks."""

    how_checked = forms.CharField(
        label="How you made sure who asks",
        max_length=200,
        help_text="E.g. called back on the school's own number. It is kept in the history, which the school sees.",
        error_messages={
            "required": "Nothing was changed. Say how you made sure that it is the person who asks."
        },
    )
