"""The letters about a consent: the request, the receipt, the operator's task. No pupil is ever named in one."""

from django.conf import settings
from django.utils import timezone

from adminhub.broker.consent.access import Reach
from adminhub.broker.consent.models import Consent, Erasure, OperatorTask
from adminhub.broker.directory.letters import post
from adminhub.broker.directory.links import consent_link, task_link
from adminhub.broker.directory.queries import administrators_of, operators

DONE = {
    "approved": "approved",
    "declined": "declined",
    "revoked": "revoked",
    "permissions_updated": "changed",
    "access_changed": "changed",
}


def ask_administrators(consent: Consent, *, is_reminder: bool = False) -> None:
    """Put the request to everybody who can decide for the school."""
    deciders = administrators_of(consent.school).filter(
        administrations__school=consent.school, administrations__is_read_only=False
    )
    start = "Reminder: " if is_reminder else ""
    post(
        to=[user.email for user in deciders.distinct()],
        kind="request",
        subject=f"{start}{consent.app} asks {consent.school} for access",
        context={
            "consent": consent,
            "app": consent.app,
            "school": consent.school,
            "link": consent_link(consent.public_id),
            "is_reminder": is_reminder,
        },
    )


def ask_for_review(consent: Consent, what: str) -> None:
    """Tell everybody who can decide for the school that an app it approved asks for something else."""
    deciders = administrators_of(consent.school).filter(
        administrations__school=consent.school, administrations__is_read_only=False
    )
    post(
        to=[user.email for user in deciders.distinct()],
        kind="review",
        subject=f"{consent.app} asks {consent.school} for something else",
        context={
            "consent": consent,
            "app": consent.app,
            "school": consent.school,
            "what": what,
            "link": consent_link(consent.public_id),
        },
    )


def give_receipt(
    consent: Consent,
    what: str,
    *,
    by_name: str = "",
    reach: Reach | None = None,
    erasure: Erasure | None = None,
) -> None:
    """Tell all administrators of the school, and the app's contact, what was decided, by whom and when."""
    allowed = [row for row in consent.permissions.select_related("permission") if row.is_approved]
    addresses = [user.email for user in administrators_of(consent.school)]
    post(
        to=[*addresses, consent.app.contact_email],
        kind="receipt",
        subject=f"Receipt: access of {consent.app} to {consent.school} was {DONE[what]}",
        context={
            "consent": consent,
            "app": consent.app,
            "school": consent.school,
            "what": what,
            "done": DONE[what],
            "by_name": by_name or consent.decided_by_name,
            "at": timezone.now(),
            "is_checked_next": what == "approved" and consent.audited_at is None,
            "reach": reach,
            "erasure": erasure,
            "permissions": [row.permission for row in allowed],
            "link": consent_link(consent.public_id),
        },
    )


def tell_of_deletion(erasure: Erasure) -> None:
    """Tell all administrators of the school that the app has confirmed the deletion."""
    consent = erasure.consent
    _post_about(
        erasure,
        to=[user.email for user in administrators_of(consent.school)],
        kind="deletion_confirmed",
        subject=f"{consent.app} confirms that it has deleted the data of {consent.school}",
    )


def remind_of_deletion(erasure: Erasure) -> None:
    """Ask the app's contact to delete and confirm; once it is overdue, tell the school as well."""
    consent = erasure.consent
    deciders = administrators_of(consent.school) if erasure.is_overdue else []
    _post_about(
        erasure,
        to=[consent.app.contact_email, consent.app.dpo_email, *(user.email for user in deciders)],
        kind="deletion_due",
        subject=f"{consent.app} has not confirmed that it deleted the data of {consent.school}",
    )


def _post_about(erasure: Erasure, *, to: list[str], kind: str, subject: str) -> None:
    consent = erasure.consent
    context = {
        "erasure": erasure,
        "consent": consent,
        "app": consent.app,
        "school": consent.school,
        "link": consent_link(consent.public_id),
    }
    post(to=to, kind=kind, subject=subject, context=context)


def tell_operators(task: OperatorTask, consent: Consent, *, is_reminder: bool = False) -> None:
    """Tell the people who run the broker that there is something to do."""
    start = "Reminder: " if is_reminder else ""
    addresses = [user.email for user in operators()] or [settings.BROKER_SUPPORT_EMAIL]
    post(
        to=addresses,
        kind="task",
        subject=f"{start}{task.get_kind_display()}: {task.school}",
        context={
            "task": task,
            "consent": consent,
            "app": consent.app,
            "school": task.school,
            "link": task_link(task.pk),
        },
    )
