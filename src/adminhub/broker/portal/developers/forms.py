"""What a developer says of an app."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms

from adminhub.broker.apps.catalogue import PERMISSIONS
from adminhub.broker.directory.models import School

LIFETIMES = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "no end"))


class AboutForm(forms.Form):
    """What schools read about the app before they decide."""

    publisher = forms.CharField(label="Publisher", max_length=100)
    purpose = forms.CharField(
        label="What it does with the data",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="A paragraph a parent could read.",
    )
    website = forms.URLField(label="Web site", required=False, assume_scheme="https")
    contact_email = forms.EmailField(label="Contact for schools")
    dpo_name = forms.CharField(label="Data protection officer", max_length=100)
    dpo_email = forms.EmailField(label="Their e-mail")


class NewAppForm(AboutForm):
    """The same, with the name, which stays."""

    name = forms.CharField(label="Name", max_length=100, help_text="Schools know the app by it, so it stays.")
    field_order = ("name",)


class PermissionForm(forms.Form):
    """One thing the app asks for, why, and how long it is kept."""

    identity = forms.ChoiceField(label="What", choices=[])
    purpose = forms.CharField(label="What it is for", max_length=300, help_text="As the school reads it.")
    retention = forms.CharField(
        label="Kept", max_length=200, help_text="E.g. “until the end of the school year”."
    )
    is_optional = forms.BooleanField(
        label="Optional", required=False, help_text="The school may leave it off, and the app still works."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["identity"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [
                (group, [(one.identity, one.plain) for one in found])
                for group, found in groupby(PERMISSIONS, key=lambda one: one.group)
            ]


class DocumentForm(forms.Form):
    """The data handling agreement."""

    title = forms.CharField(label="Title", max_length=200)
    body = forms.CharField(
        label="Text",
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text="Blank lines part paragraphs; a line starting with # is a heading.",
    )


class WebhookForm(forms.Form):
    """Where the app is told."""

    url = forms.URLField(
        label="Address",
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text="Begins with https:// and can be reached from the internet. Empty: nothing is sent.",
    )


class LogInForm(forms.Form):
    """Where people who log in may be sent back to."""

    redirect_uris = forms.CharField(
        label="Addresses people are sent back to",
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line, each beginning with https://, letter for letter as the app sends it.",
    )

    def addresses(self) -> list[str]:
        """The lines that say something."""
        return str(self.cleaned_data["redirect_uris"]).split()


class TokenForm(forms.Form):
    """A new key."""

    label = forms.CharField(
        label="What it is for", max_length=100, help_text="So that you can tell keys apart."
    )
    days = forms.ChoiceField(label="Works for", choices=LIFETIMES, initial="365", required=False)
    school = forms.ModelChoiceField(
        label="For one school only", queryset=School.objects.none(), required=False, empty_label="All schools"
    )
    scopes = forms.MultipleChoiceField(
        label="May read",
        required=False,
        choices=sorted({(name, name) for name in (one.identity.split(".")[0] for one in PERMISSIONS)}),
        widget=forms.CheckboxSelectMultiple,
        help_text="Of what each school allows. Tick none for all of it.",
    )

    def __init__(self, *args: Any, schools: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["school"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = schools


class DeletionForm(forms.Form):
    """The word that a school's data has been deleted."""

    signed_by = forms.CharField(label="Your name and position", max_length=300)
    statement = forms.CharField(
        label="What has been deleted",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Backups and copies with others too. Do not name anybody.",
    )
    is_true = forms.BooleanField(
        label="I may say this for the publisher, and it is true.",
        error_messages={"required": "Nothing was confirmed. Tick that it is true."},
    )
