"""Taking one record's link with the MIS apart, for good: a plan, and a decision that no later sync overrules."""

from __future__ import annotations

from django.db import transaction

from adminhub.hub.core import audit
from adminhub.hub.core.scope import current_school_id
from adminhub.hub.planning.actions import store_plan
from adminhub.hub.planning.errors import NotLinked
from adminhub.hub.planning.models import Decision, Plan, PlannedChange, Purpose
from adminhub.hub.planning.reading import hub_records, hub_rows, identities
from adminhub.hub.planning.values import Change, ChangeKind
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import User
from adminhub.hub.staging.models import StagedEmployee, StagedPupil


@transaction.atomic
def draft_unlink(*, kind: Kind, key: int, by: User) -> Plan:
    """Write down what unlinking one person or class would change. Raises NotLinked."""
    record = hub_records(kind, hub_rows(kind, [key])).get(key)
    if record is None or record.link is None:
        raise NotLinked("Nothing was unlinked: there is no link with your MIS.")
    change = Change(
        kind=ChangeKind.UNLINK,
        sourced_id=record.sourced_id,
        key=key,
        before={"mis_id": record.link.mis_id, "broker_id": record.link.broker_id},
        reason="Unlinked by hand",
    )
    return store_plan(
        purpose=Purpose.UNLINK, kind=kind, title="Unlink from your MIS", changes=[(kind, change)], by=by
    )


def follow_unlinks(plan: Plan, *, by: User) -> None:
    """Keep what people said by unlinking, after a plan was applied: the pairs are apart for good while it stands.

    Where the unlinking was undone, nothing is said of them any more; where that was undone, it is said again.
    """
    near = Plan.objects.filter(pk__in=[plan.pk, *plan.undoes])
    keys = {plan.pk, *plan.undoes, *(key for one in near for key in one.undoes)}
    for unlinking in Plan.objects.filter(pk__in=keys, purpose=Purpose.UNLINK):
        changes = PlannedChange.objects.filter(plan=unlinking, kind=ChangeKind.UNLINK)
        for change in changes:
            _decide(change, by) if unlinking.stands else _forget(change, by)


def _decide(change: PlannedChange, by: User) -> None:
    kind, mis_id = Kind(change.subject), change.before["mis_id"]
    Decision.objects.update_or_create(
        school_id=current_school_id(),
        kind=kind.value,
        hub_id=change.hub_id,
        mis_id=mis_id,
        defaults={"is_same": False, "by": by, "keys": _identity(kind, mis_id)},
    )
    audit.record(by=by, action="match.decided", subject=f"{kind.value}:{change.hub_id}", is_same=False)


def _forget(change: PlannedChange, by: User) -> None:
    said = Decision.objects.filter(
        kind=change.subject, hub_id=change.hub_id, mis_id=change.before["mis_id"], is_same=False
    )
    if said.delete()[0]:
        audit.record(by=by, action="match.forgotten", subject=f"{change.subject}:{change.hub_id}")


def _identity(kind: Kind, mis_id: str) -> list[str]:
    """Who the MIS record is, in keys that outlive its number, as far as a sync has it at hand."""
    staged = {Kind.EMPLOYEE: StagedEmployee, Kind.PUPIL: StagedPupil}.get(kind)
    newest = staged.objects.filter(mis_id=mis_id).order_by("-snapshot").first() if staged else None
    return list(identities({newest.pk: newest}).get(mis_id, ())) if newest else []
