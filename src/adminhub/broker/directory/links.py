"""Addresses of the portal's pages, for letters: written where no request is at hand."""

from uuid import UUID

from django.conf import settings


def consent_link(public_id: UUID) -> str:
    """The page on which a school decides about one app."""
    return f"{settings.BROKER_URL}/consents/{public_id}/"


def invitation_link(token: str) -> str:
    """The page on which an invited person chooses a password."""
    return f"{settings.BROKER_URL}/invitations/{token}/"


def task_link(task_id: int) -> str:
    """The operator's page about one task."""
    return f"{settings.BROKER_URL}/operator/tasks/{task_id}/"


def channel_link(school_broker_id: str, channel_id: int) -> str:
    """The school's page about one way by which its exports come."""
    return f"{settings.BROKER_URL}/schools/{school_broker_id}/data-source/ways/{channel_id}/"


def sources_link() -> str:
    """The operators' page of schools whose data does not come as it should."""
    return f"{settings.BROKER_URL}/operator/sources/"
