"""The second factor at log-in: a passkey, a code of an app, or a recovery code. allauth does it; we seal it."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from qrcode.image.svg import SvgPathFillImage

from adminhub.broker.apps.sealing import seal, unseal
from adminhub.broker.directory.models import User

SECOND_FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes stand in for one of these, and are no factor by themselves."""


class SealedSecrets(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no stubs
    """Keeps the shared secrets sealed, so that a stolen database opens no account."""

    error_messages = {  # noqa: RUF012 as allauth declares it
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "The code is not right. You are not logged in. Codes change every 30 seconds: try the next.",
    }

    def get_totp_issuer(self) -> str:
        """What the authenticator app calls us."""
        return str(settings.BROKER_NAME)

    def build_totp_svg(self, url: str) -> str:
        """On white, so that a phone reads it in dark mode too."""
        drawn = BytesIO()
        qrcode.make(url, image_factory=SvgPathFillImage).save(drawn)
        return drawn.getvalue().decode()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """What a passkey is called until its person says otherwise."""
        others: int = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {others + 1}" if others else "Passkey"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Passkeys belong to the host they were made at; people see our name beside it."""
        return {**super().get_public_key_credential_rp_entity(), "name": str(settings.BROKER_NAME)}

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)


def has_second_factor(user: User) -> bool:
    """Whether logging in takes more than this person's password."""
    found: Any = Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS)
    return bool(found.exists())
