"""Reading what a school shares of its people, and what it no longer does. Of the school in scope."""

from __future__ import annotations

from adminhub.hub.staging.models import Snapshot, SnapshotState


def newest_snapshot() -> Snapshot | None:
    """The newest one that came whole, of whatever connection."""
    return Snapshot.objects.filter(state=SnapshotState.COMPLETE).order_by("-pk").first()


def no_longer_shared(snapshot: Snapshot, kind: str) -> list[str]:
    """The fields of a kind that this connection once shared and does not in this snapshot."""
    now = snapshot.withheld.get(kind, [])
    before = Snapshot.objects.filter(
        connection_id=snapshot.connection_id, pk__lt=snapshot.pk, state=SnapshotState.COMPLETE
    )
    told = [one[kind] for one in before.values_list("withheld", flat=True) if kind in one] if now else []
    return [field for field in now if any(field not in names for names in told)]
