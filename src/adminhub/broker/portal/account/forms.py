"""The log-in form, with one message for wrong details, and the form behind an invitation."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.forms import LoginForm
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.http import QueryDict

from adminhub.broker.directory.models import Invitation

TOO_MANY: Final = "too_many_login_attempts"
WRONG: Final = "The e-mail address or the password is not right. You are not logged in."
WAIT: Final = "Too many failed log-ins. You are not logged in. Wait five minutes, then try again."


class LogInForm(LoginForm):  # type: ignore[misc]  # allauth has no stubs
    """E-mail and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"
        self.fields["password"].label = "Password"
        self.fields["password"].help_text = ""
        for name, completion in (("login", "username"), ("password", "current-password")):
            self.fields[name].widget.attrs.pop("placeholder", None)
            self.fields[name].widget.attrs["autocomplete"] = completion

    def clean(self) -> dict[str, Any] | None:
        """Check the details, in our words."""
        try:
            checked: dict[str, Any] | None = super().clean()
        except ValidationError as problem:
            message = WAIT if problem.code == TOO_MANY else WRONG
            raise ValidationError(message, code=problem.code) from None
        return checked


class AcceptForm(forms.Form):
    """Names, position and a password, chosen by the invited person."""

    first_name = forms.CharField(label="First name", max_length=100)
    last_name = forms.CharField(label="Last name", max_length=100)
    position = forms.CharField(
        label="Position at the school", max_length=100, help_text="Printed on receipts, e.g. Data manager."
    )
    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: QueryDict | None = None, *, invitation: Invitation) -> None:
        known = {name: getattr(invitation, name) for name in ("first_name", "last_name", "position")}
        super().__init__(data, initial=known)
        self.fields["password"].help_text = " ".join(password_validators_help_texts())
        for name, completion in (
            ("first_name", "given-name"),
            ("last_name", "family-name"),
            ("position", "organization-title"),
        ):
            self.fields[name].widget.attrs["autocomplete"] = completion

    def clean_password(self) -> str:
        """Refuse a password that is too easy to guess."""
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password
