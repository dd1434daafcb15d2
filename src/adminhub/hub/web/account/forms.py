"""The log-in form: one message for wrong details, whichever was wrong."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.forms import LoginForm
from django.core.exceptions import ValidationError

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
