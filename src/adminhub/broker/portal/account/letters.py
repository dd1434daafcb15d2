"""The letters about a person's own log-in: each change of how one gets in is told to whose log-in it is."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone

from adminhub.broker.directory.letters import post
from adminhub.broker.directory.models import User
from adminhub.runtime.accounts import ClosedSignUp

CHANGES: Final = {
    "mfa/email/webauthn_added": "A passkey was added",
    "mfa/email/webauthn_removed": "A passkey was removed",
    "mfa/email/totp_activated": "An authenticator app was turned on",
    "mfa/email/totp_deactivated": "The authenticator app was turned off",
    "mfa/email/recovery_codes_generated": "New recovery codes were made",
    "account/email/password_changed": "The password was changed",
    "account/email/password_reset": "The password was set anew, by the link in an e-mail",
    "account/email/password_set": "A password was set",
}
"""What allauth tells of, in our words."""


class LettersAboutTheLogIn(ClosedSignUp):
    """Has what allauth tells a person written as the broker's letters, kept with the change and sent by a job."""

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        tell_of_log_in(user, what=CHANGES[template_prefix])


def tell_of_log_in(user: User, *, what: str, by_operator: bool = False) -> None:
    """Tell a person what was done to their log-in, when, and what to do if it was not them."""
    post(
        to=[user.email],
        kind="log_in_changed",
        subject=f"Your log-in: {what[:1].lower()}{what[1:]}",
        context={"what": what, "at": timezone.localtime(), "by_operator": by_operator, "person": user},
    )
