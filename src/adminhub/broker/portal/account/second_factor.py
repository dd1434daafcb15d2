"""The second factor at log-in: a passkey, a code of an app, or a recovery code. allauth does it; we seal it."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from qrcode.image.svg import SvgPathFillImage

from adminhub.broker.apps.developing import note_app
from adminhub.broker.apps.sealing import seal, unseal
from adminhub.broker.directory.actions import note_school
from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.models import User
from adminhub.broker.portal.account.letters import tell_of_log_in

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
    return bool(who_has_second_factor([user.pk]))


def who_has_second_factor(numbers: Iterable[int]) -> frozenset[int]:
    """Of these people, by the numbers of their log-ins, those whose password alone lets nobody in."""
    found: Any = Authenticator.objects.filter(user__in=numbers, type__in=SECOND_FACTORS)
    return frozenset(found.values_list("user_id", flat=True))


@transaction.atomic
def reset_second_factor(*, person: User, by: User, how_checked: str) -> None:
    """Take away every passkey, app and recovery code of somebody who has lost them: the password lets them in again.

    It is told to the person, and kept in the history of their schools and apps with how the operator made sure who
    asked. Schools that need a second factor stay shut to the person until there is a new one. Raises NotAllowed,
    NotPossible.
    """
    if not by.is_operator or by.pk == person.pk:
        raise NotAllowed("Only an operator can do this, and for somebody else. Nothing was changed.")
    person = User.objects.select_for_update().get(pk=person.pk)
    if not has_second_factor(person):
        raise NotPossible(f"{person.full_name} has no second factor. Nothing was changed.")
    Authenticator.objects.filter(user=person).delete()
    checked = how_checked.strip().rstrip(".")
    what = f"The second factor of {person.full_name} was reset. How it was checked who asked: {checked}."
    for administration in person.administrations.select_related("school"):
        note_school(administration.school, what, by=by)
    for developer in person.develops.select_related("app"):
        note_app(developer.app, what, by=by)
    tell_of_log_in(person, what="Your second factor was reset", by_operator=True)
