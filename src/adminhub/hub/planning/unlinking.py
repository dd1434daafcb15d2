"""Taking one record's link with the MIS apart, for good: a plan, and a decision that no later sync overrules."""

from __future__ import annotations

from django.db import transaction

from adminhub.hub.core import audit
from adminhub.hub.core.scope import current_school_id
from adminhub.hub.planning.actions import store_plan
from adminhub.hub.planning.errors import NotLinked
from adminhub.hub.planning.models import Decision, Plan, PlannedChange, Purpose
from adminhub.hub.planning.reading import hub_records, hub_rows
from adminhub.hub.planning.values import Change, ChangeKind
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import User


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


def keep_apart_for_good(plan: Plan, *, by: User) -> None:
    """Note of every pair that an unlinking plan has taken apart that a person said they are not the same."""
    taken_apart = PlannedChange.objects.filter(plan=plan, kind=ChangeKind.UNLINK)
    for change in taken_apart:
        Decision.objects.update_or_create(
            school_id=current_school_id(),
            kind=change.subject,
            hub_id=change.hub_id,
            mis_id=change.before["mis_id"],
            defaults={"is_same": False, "by": by},
        )
        audit.record(
            by=by, action="match.decided", subject=f"{change.subject}:{change.hub_id}", is_same=False
        )
