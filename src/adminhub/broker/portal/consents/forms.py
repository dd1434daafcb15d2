"""What a school says when it decides."""

from __future__ import annotations

from typing import Any

from django import forms


class ApproveForm(forms.Form):
    """The agreement, acknowledged; the optional permissions come beside it, as `permission`."""

    # The browser could not show its own message behind the confirmation.
    use_required_attribute = False
    has_read_agreement = forms.BooleanField(
        label="I have read the data handling agreement and accept it for the school.",
        error_messages={
            "required": "Access was not approved. Read the data handling agreement, then tick that you accept it."
        },
    )

    def __init__(self, *args: Any, has_agreement: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_agreement:
            del self.fields["has_read_agreement"]


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
