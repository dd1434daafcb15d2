"""Reading consents."""

from uuid import UUID

from django.db.models import QuerySet

from adminhub.broker.apps.catalogue import effective
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.queries import has_administrator
from adminhub.broker.sources.models import ANSWERING, Source


def consents_of_administrator(user: User) -> QuerySet[Consent]:
    """Every app's consent at every school this person acts for or may look at."""
    return (
        Consent.objects.filter(school__administrators__user=user)
        .select_related("app", "school")
        .order_by("school__name", "app__name")
    )


def consent_for(*, user: User, public_id: UUID | str) -> Consent | None:
    """This consent, if the person acts for its school or may look at it; None otherwise."""
    return consents_of_administrator(user).filter(public_id=public_id).first()


def granted_identities(consent: Consent) -> frozenset[str]:
    """The permissions that give something right now: allowed, still asked for, and with their parents allowed."""
    allowed = consent.permissions.filter(is_approved=True, permission__withdrawn_at=None)
    return effective(set(allowed.values_list("permission__identity", flat=True)))


def what_is_missing(school: School) -> list[str]:
    """What a school needs before it can be asked, in words; empty when it is set up."""
    missing = []
    if not has_administrator(school):
        missing.append("an administrator who can decide")
    if not Source.objects.filter(school=school, state__in=ANSWERING).exists():
        missing.append("a working link to its MIS")
    return missing
