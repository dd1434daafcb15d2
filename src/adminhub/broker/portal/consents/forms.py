"""What a school says when it decides."""

from __future__ import annotations

from django import forms


class DeclineForm(forms.Form):
    """Why not."""

    reason = forms.CharField(
        label="Reason",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The app's people are told, so that they know what to do. Do not name pupils.",
        error_messages={
            "required": "Nothing was declined. Say why, so that the app's people know what to do."
        },
    )


class RevokeForm(forms.Form):
    """Why access ends."""

    reason = forms.CharField(
        label="Reason",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The app's people are told. Do not name pupils.",
        error_messages={
            "required": "Nothing was revoked. Say why, so that the app's people know what to do."
        },
    )
