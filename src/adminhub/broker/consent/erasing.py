"""After access has ended: what the app must delete, by when, and its signed word that it has."""

import hashlib
import hmac
from datetime import timedelta

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from adminhub.broker.apps.catalogue import BY_IDENTITY, Permission
from adminhub.broker.apps.models import App
from adminhub.broker.consent import letters
from adminhub.broker.consent.access import access_in_force, reach
from adminhub.broker.consent.models import Consent, ConsentEvent, Erasure
from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.models import User
from adminhub.broker.directory.scope import school_scope

DAYS_TO_DELETE = 30
REMINDED_BEFORE = timedelta(days=7)


def open_erasure(consent: Consent, *, permissions: list[str]) -> Erasure | None:
    """Note what the app must delete now. None: it never could read anything. Part of `revoke`'s transaction."""
    if consent.audited_at is None or not consent.is_approved:
        return None
    with school_scope(consent.school_id):
        seen = reach(access_in_force(consent))
    now = timezone.now()
    return Erasure.objects.create(
        consent=consent,
        permissions=permissions,
        pupils=seen.pupils,
        employees=seen.employees,
        opened_at=now,
        due_on=timezone.localdate(now) + timedelta(days=DAYS_TO_DELETE),
    )


def let_lapse(consent: Consent) -> None:
    """The school has approved the app again: it need not delete what it may read anew."""
    consent.erasures.filter(confirmed_at=None, lapsed_at=None).update(lapsed_at=timezone.now())


@transaction.atomic
def confirm_deletion(
    *, consent: Consent, by: App | User, signed_by: str, statement: str, signature: str = ""
) -> Erasure:
    """Keep the app's word that it has deleted the school's data, and tell the school's administrators.

    `by` is the app itself or a developer of it; the caller has made sure. Raises NotAllowed for another app,
    NotPossible when nothing is to be confirmed or nobody signs.
    """
    if isinstance(by, App) and by.pk != consent.app_id:
        raise NotAllowed("An app confirms its own deletions only. Nothing was confirmed.")
    erasure = consent.erasures.select_for_update().filter(confirmed_at=None, lapsed_at=None).first()
    if erasure is None:
        raise NotPossible("Nothing was confirmed: there is no deletion of this school's data to confirm.")
    if not (signed_by.strip() and statement.strip()):
        raise NotPossible("Nothing was confirmed: say who confirms it, and what has been deleted.")
    erasure.signed_by, erasure.statement = signed_by.strip()[:320], statement.strip()
    erasure.signature = signature
    erasure.confirmed_at = timezone.now()
    erasure.seal = seal_of(erasure)
    erasure.save()
    ConsentEvent.objects.create(
        consent=consent,
        kind=ConsentEvent.Kind.DELETION_CONFIRMED,
        at=erasure.confirmed_at,
        by_user=by if isinstance(by, User) else None,
        by_app=by if isinstance(by, App) else None,
        by_name=f"{erasure.signed_by} ({consent.app})",
        detail={"reason": erasure.statement},
    )
    letters.tell_of_deletion(erasure)
    return erasure


def seal_of(erasure: Erasure) -> str:
    """Our mark over what was confirmed: the same again as long as nobody has changed a word of it."""
    said = msgspec.json.encode(
        [
            str(erasure.consent.public_id),
            erasure.permissions,
            erasure.pupils,
            erasure.employees,
            erasure.opened_at,
            erasure.confirmed_at,
            erasure.signed_by,
            erasure.statement,
            erasure.signature,
        ]
    )
    key = f"erasure|{settings.SECRET_KEY}".encode()
    return hmac.new(key, said, hashlib.sha256).hexdigest()


def facts_to_delete(erasure: Erasure) -> list[Permission]:
    """What the app was allowed, in the catalogue's words."""
    return [BY_IDENTITY[identity] for identity in erasure.permissions if identity in BY_IDENTITY]


@transaction.atomic
def remind_of_deletions() -> int:
    """Write to the apps whose deletions are due within a week or overdue, and to the schools of the overdue ones."""
    now = timezone.now()
    waiting = Erasure.objects.select_for_update(of=("self",), skip_locked=True).filter(
        confirmed_at=None, lapsed_at=None, due_on__lte=timezone.localdate(now + REMINDED_BEFORE)
    )
    found = [
        erasure
        for erasure in waiting.select_related("consent__app", "consent__school")
        if erasure.reminded_at is None or now - erasure.reminded_at >= REMINDED_BEFORE
    ]
    for erasure in found:
        letters.remind_of_deletion(erasure)
    Erasure.objects.filter(pk__in=[erasure.pk for erasure in found]).update(reminded_at=now)
    return len(found)
