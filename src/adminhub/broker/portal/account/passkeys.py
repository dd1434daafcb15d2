"""Passkeys: the forms behind adding, naming and using one, in our words. allauth and fido2 do the checking."""

from __future__ import annotations

from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError

from adminhub.broker.portal.account.forms import TOO_MANY, WAIT

LONGEST_NAME: Final = 100
NOT_ADDED: Final = "The passkey was not accepted and not added. Try again, or use an authenticator app."
NOT_LOGGED_IN: Final = (
    "That passkey is not right here. You are not logged in. Try again, or log in with your password."
)
NOT_YOU: Final = "That passkey is not right here. Nothing was changed. Try again, or use your password."


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth has no stubs
    """A new passkey and its name. Each can log in alone: the settings ask every device to check its person."""

    passwordless = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = name_field(is_needed=False)

    def clean_credential(self) -> dict[str, Any]:
        """Take nothing but an object: the checks below look names up in it."""
        return an_object(self.cleaned_data["credential"], refusal=NOT_ADDED)

    def clean(self) -> dict[str, Any]:
        """Check the ceremony, in our words."""
        try:
            checked: dict[str, Any] = super().clean()
        except ValidationError as problem:
            raise ValidationError(NOT_ADDED, code=problem.code) from None
        return checked


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = name_field(is_needed=True)


class _InOurWords(AuthenticateWebAuthnForm):  # type: ignore[misc]
    refusal = NOT_LOGGED_IN

    def clean_credential(self) -> Authenticator:
        an_object(self.cleaned_data["credential"], refusal=self.refusal)
        try:
            return super().clean_credential()
        except ValidationError as problem:
            message = WAIT if problem.code == TOO_MANY else self.refusal
            raise ValidationError(message, code=problem.code) from None


class SecondFactorForm(_InOurWords):
    """After the password: a passkey of this person."""


class LogInForm(LoginWebAuthnForm, _InOurWords):  # type: ignore[misc]
    """Instead of the password: the passkey says whose it is."""


class StillYouForm(ReauthenticateWebAuthnForm, _InOurWords):  # type: ignore[misc]
    """Before a change of how one logs in."""

    refusal = NOT_YOU


def name_field(*, is_needed: bool) -> forms.CharField:
    """The field for what a person calls a passkey."""
    return forms.CharField(
        label="Name",
        max_length=LONGEST_NAME,
        required=is_needed,
        help_text="So that you know it again, e.g. Office computer, or My phone.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def an_object(credential: Any, *, refusal: str) -> dict[str, Any]:
    """A browser's answer; anything but a JSON object of the right build is refused."""
    if not isinstance(credential, dict) or not isinstance(credential.get("response"), dict):
        raise ValidationError(refusal, code="incorrect_code")
    return credential
