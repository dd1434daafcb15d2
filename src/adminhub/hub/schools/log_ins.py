"""Ending the log-ins of people who are deleted for good."""

from __future__ import annotations

from collections.abc import Collection

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Token
from django.db import transaction

from adminhub.hub.schools.models import Role, RoleGrant, User


@transaction.atomic
def end_log_ins(*, school_id: int, user_ids: Collection[int]) -> int:
    """Take these people's roles at the school away, and forget whoever has none at any other. Returns how many.

    What they did stays told as somebody's. Whoever coordinates the school is left alone until somebody else does.
    """
    of_school = RoleGrant.objects.filter(school_id=school_id)
    coordinators = of_school.filter(user__in=user_ids, role=Role.ACCESS_COORDINATOR).values_list(
        "user", flat=True
    )
    leaving = set(user_ids) - set(coordinators)
    of_school.filter(user__in=leaving).delete()
    forgotten = User.objects.select_for_update(of=("self",)).filter(
        pk__in=leaving, is_staff=False, role_grants__isnull=True
    )
    for user in forgotten:
        user.email = f"deleted-{user.pk}@deleted.invalid"
        user.title = user.first_name = user.last_name = ""
        user.is_active = False
        user.set_unusable_password()
        user.save()
        EmailAddress.objects.filter(user=user).delete()
        Token.objects.filter(user=user).delete()
    return len(forgotten)
