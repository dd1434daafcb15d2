"""Reading consents."""

from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from adminhub.broker.apps.catalogue import effective
from adminhub.broker.apps.models import App
from adminhub.broker.consent.models import Consent, ConsentPermission
from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.queries import has_administrator
from adminhub.broker.sources.models import ANSWERING, Source

_ALLOWED = (
    ConsentPermission.objects.filter(is_approved=True, permission__withdrawn_at=None)
    .order_by()
    .values_list("permission__identity", flat=True)
)
_OF_A_CALL = (
    "app_id",
    "school_id",
    "access_rule_id",
    "shared_otherwise_at",
    "state",
    "school__broker_id",
    "school__source__school_id",
    "school__source__last_changed_at",
)


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
    return effective(set(_ALLOWED.filter(consent=consent)))


def consent_and_granted(*, app: App, broker_id: str) -> tuple[Consent | None, frozenset[str]]:
    """An app's consent at the school of this id, and what it grants; None and nothing where there is none.

    Every call of the API asks this: it is one query, and of only what a call needs.
    """
    consents = Consent.objects.filter(app=app, school__broker_id=broker_id).select_related("school__source")
    allowed = ArraySubquery(_ALLOWED.filter(consent=OuterRef("pk")))
    consent = consents.only(*_OF_A_CALL).annotate(allowed=allowed).first()
    return (consent, effective(set(consent.allowed))) if consent is not None else (None, frozenset())


def what_is_missing(school: School) -> list[str]:
    """What a school needs before it can be asked, in words; empty when it is set up."""
    missing = []
    if not has_administrator(school):
        missing.append("an administrator who can decide")
    if not Source.objects.filter(school=school, state__in=ANSWERING).exists():
        missing.append("a working link to its MIS")
    return missing
