"""The second factor at log-in: a code of an authenticator app, or a recovery code. allauth does it; we seal it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from qrcode.image.svg import SvgPathFillImage

from adminhub.broker.apps.sealing import seal, unseal
from adminhub.broker.directory.models import User


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

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)


def has_second_factor(user: User) -> bool:
    """Whether logging in takes more than this person's password."""
    found: Any = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP)
    return bool(found.exists())
