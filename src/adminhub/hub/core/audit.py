"""Write the audit trail."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser

from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import current_school_id


def record(*, by: AbstractBaseUser | None, action: str, subject: str, **detail: Any) -> None:
    """Note a deed on the school in scope. Call it inside the transaction of the deed.

    `subject` is kind:id. `detail` holds numbers and states, never personal data.
    """
    AuditEntry.objects.create(
        school_id=current_school_id(),
        by_id=by.pk if by else None,
        action=action,
        subject=subject,
        detail=detail,
    )
