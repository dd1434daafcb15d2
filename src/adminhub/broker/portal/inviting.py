"""Inviting an administrator, by an operator or by another administrator of the school."""

from __future__ import annotations

from django import forms

from adminhub.broker.directory.actions import invite_administrator
from adminhub.broker.directory.models import Invitation, Responsibility, School, User


class InviteForm(forms.Form):
    """Whom to invite."""

    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    first_name = forms.CharField(label="First name", max_length=100, required=False)
    last_name = forms.CharField(label="Last name", max_length=100, required=False)
    position = forms.CharField(label="Position at the school", max_length=100, required=False)
    is_read_only = forms.BooleanField(
        label="Read-only", required=False, help_text="Sees everything and decides nothing."
    )


class AdministratorForm(forms.Form):
    """What somebody may and is responsible for."""

    is_read_only = forms.BooleanField(
        label="Read-only", required=False, help_text="Sees everything and decides nothing."
    )
    responsible_for = forms.MultipleChoiceField(
        label="Responsible for",
        required=False,
        choices=Responsibility.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="Whom colleagues and apps ask. It gives no further rights.",
    )


def invite(*, form: InviteForm, school: School, by: User) -> Invitation:
    """Send the invitation described by a valid form. Raises NotAllowed."""
    return invite_administrator(school=school, by=by, **form.cleaned_data)
