"""What the coordinator types when connecting a school."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from adminhub.hub.providers.values import Contact, SchoolDetails
from adminhub.hub.schools.models import School


class DetailsForm(forms.Form):
    """The school's details to search by; used for the search only."""

    name = forms.CharField(label="School name", max_length=200, required=False)
    postcode = forms.CharField(label="Postcode", max_length=10, required=False)
    urn = forms.CharField(label="URN", max_length=10, required=False, help_text="Six digits.")
    dfe_number = forms.CharField(
        label="DfE number", max_length=12, required=False, help_text="Seven digits, such as 123/4567."
    )

    @classmethod
    def of(cls, school: School) -> DetailsForm:
        """Prefill with what the hub knows."""
        return cls(
            initial={
                "name": school.name,
                "postcode": school.postcode,
                "urn": school.urn,
                "dfe_number": school.dfe_number,
            }
        )

    def clean_urn(self) -> str:
        """Six digits, or nothing."""
        urn = re.sub(r"\s", "", self.cleaned_data["urn"])
        if urn and not re.fullmatch(r"\d{6}", urn):
            raise forms.ValidationError("A URN has six digits. Correct it, or leave it empty.")
        return urn

    def clean_dfe_number(self) -> str:
        """Seven digits, however separated, or nothing."""
        digits = re.sub(r"[\s/\-]", "", self.cleaned_data["dfe_number"])
        if digits and not re.fullmatch(r"\d{7}", digits):
            raise forms.ValidationError(
                "A DfE number has seven digits: three of the local authority, four of the school. "
                "Correct it, or leave it empty."
            )
        return digits

    def clean(self) -> dict[str, Any]:
        """Any one detail is enough to search by."""
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.values()):
            raise forms.ValidationError(
                "Nothing was searched for. Give the school's name, postcode or a number."
            )
        return cleaned

    def details(self) -> SchoolDetails:
        """The cleaned values."""
        return SchoolDetails(
            name=self.cleaned_data["name"].strip(),
            postcode=self.cleaned_data["postcode"].strip().upper(),
            urn=self.cleaned_data["urn"],
            laestab=self.cleaned_data["dfe_number"],
        )


class ApproverForm(forms.Form):
    """Whom at the school the broker should ask; all of it optional."""

    first_name = forms.CharField(label="First name", max_length=100, required=False)
    last_name = forms.CharField(label="Last name", max_length=100, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    phone = forms.CharField(label="Phone", max_length=40, required=False)

    def contact(self) -> Contact | None:
        """The cleaned values; None when nothing was given."""
        contact = Contact(**{key: value.strip() for key, value in self.cleaned_data.items()})
        return contact if contact != Contact() else None


class DeauthoriseForm(forms.Form):
    """Whether MIS IDs are kept or cleared."""

    mis_ids = forms.ChoiceField(choices=(("keep", "Keep MIS IDs"), ("clear", "Clear MIS IDs")))

    @property
    def clear_mis_ids(self) -> bool:
        return bool(self.cleaned_data["mis_ids"] == "clear")
