"""Withdrawing leavers' access, archiving them and bringing them back. Needs the school's scope.

Each press is a stored plan, applied at once, so that its journal undoes it. Nobody is deleted, and nobody is
touched who has not left. Whoever is brought back is no longer to be deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from django.db import transaction

from adminhub.hub.applying.actions import apply
from adminhub.hub.leavers.deletion import cancel
from adminhub.hub.leavers.queries import Asked, leavers
from adminhub.hub.planning.actions import store_plan
from adminhub.hub.planning.models import Plan, Purpose
from adminhub.hub.planning.values import Change, ChangeKind
from adminhub.hub.roster.models import Employee, Kind, Pupil
from adminhub.hub.schools.models import Service, User


class Deed(StrEnum):
    """What can be done with leavers."""

    WITHDRAW = "withdraw"
    """They are no longer seen in the service, or may no longer use it."""
    ARCHIVE = "archive"
    """They are in no list and no service; everything of theirs stays."""
    BRING_BACK = "bring_back"
    """They are no longer archived."""


TITLES = {
    Deed.WITHDRAW: "Leavers: access withdrawn",
    Deed.ARCHIVE: "Leavers: archived",
    Deed.BRING_BACK: "Leavers: brought back",
}
_KINDS = {
    Deed.WITHDRAW: ChangeKind.WITHDRAW,
    Deed.ARCHIVE: ChangeKind.ARCHIVE,
    Deed.BRING_BACK: ChangeKind.UNARCHIVE,
}


@transaction.atomic
def act(deed: Deed, *, kind: Kind, ids: Sequence[int], service: Service, by: User) -> Plan | None:
    """Do this to those of these people who have left and for whom it is new. The caller announces it.

    Returns the plan that was applied, or None when there was nothing to do.
    """
    if deed is Deed.BRING_BACK:
        cancel(kind=kind, ids=ids, by=by)
    asked = Asked(kind=kind, has_access=deed is Deed.WITHDRAW, is_archived=deed is Deed.BRING_BACK)
    changes = list(_changes(deed, leavers(service, asked).filter(pk__in=ids), service))
    if not changes:
        return None
    plan = store_plan(
        purpose=Purpose.LEAVERS,
        kind=kind,
        title=TITLES[deed],
        changes=[(kind, change) for change in changes],
        service=service,
        by=by,
    )
    return apply(plan, by=by)


def _changes(deed: Deed, people: Iterable[Pupil | Employee], service: Service) -> Iterable[Change]:
    for person in people:
        yield Change(
            kind=_KINDS[deed],
            sourced_id=person.sourced_id,
            key=person.pk,
            before={"service": service.slug} if deed is Deed.WITHDRAW else {},
            reason="Left the MIS" if deed is not Deed.BRING_BACK else "Brought back",
        )
