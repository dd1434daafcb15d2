"""Settle a panel without a person: apply what the school lets the hub apply, leave everything else for review."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.utils import timezone

from adminhub.hub.applying.actions import apply
from adminhub.hub.core.errors import NotNow
from adminhub.hub.planning.actions import draft, match_what_is_new
from adminhub.hub.planning.certain import uncertain_joins, uncertain_links
from adminhub.hub.planning.guards import Thresholds
from adminhub.hub.planning.models import Plan, PlanState
from adminhub.hub.planning.narrowing import note_settled
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import Service
from adminhub.hub.syncs.models import Panel, PanelState, Policy, SyncRun, SyncSettings
from adminhub.hub.syncs.outcome import CHANGES
from adminhub.hub.syncs.queries import saved_before, settings_of


def settle(run: SyncRun, kind: Kind) -> dict[str, Any]:
    """Draft what one panel would write; apply it if that is safe and wanted, and the guards let it.

    Safe are updates, moves, joins and links that are certain, and marking leavers within the guards. A panel that
    no person has saved before always waits. Part of the caller's transaction. Returns what became of the panel.
    """
    panel: Panel | None = (
        run.panels.select_for_update(of=("self",)).filter(kind=kind.value, state=PanelState.READY).first()
    )
    if panel is None:
        return {}
    settings = settings_of()
    is_safe = (
        settings.policy == Policy.SAFE
        and kind.value in saved_before(run)
        and run.connection.mis_changing_at is None
    )
    joins = uncertain_joins(run.snapshot, kind) if is_safe else frozenset()
    left_out = joins | uncertain_links(run.snapshot, kind) if is_safe else frozenset()
    plan = draft(
        run.snapshot,
        kind,
        by=None,
        run=run.pk,
        also=_grants(settings),
        leaving=left_out,
        limits=Thresholds.read(settings.thresholds),
        as_at=run.as_at or run.started_at,
    )
    if left_out:
        plan.counts = {**plan.counts, "uncertain_left": len(left_out), "uncertain_joins": len(joins)}
        plan.save(update_fields=["counts"])
    panel.plan, has_changes = plan, _changes(plan) > 0
    if is_safe and has_changes and plan.state == PlanState.DRAFTED:
        with suppress(NotNow):  # somebody was quicker: it waits for a person
            panel.plan = apply(plan, by=None)
            match_what_is_new(run.snapshot, kind, written=panel.plan)
            note_settled(panel.plan)
            panel.state, panel.saved_at = PanelState.SAVED, timezone.now()
    elif not has_changes and plan.state != PlanState.HELD:
        plan.state, panel.state = PlanState.DROPPED, PanelState.UNCHANGED
        plan.save(update_fields=["state"])
        note_settled(plan)
    if left_out:
        panel.state = PanelState.READY
    panel.save(update_fields=["state", "plan", "saved_at"])
    return {"state": panel.state, "wrote": panel.plan.state == PlanState.APPLIED}


def _changes(plan: Plan) -> int:
    return sum(plan.counts.get(kind, 0) for kind in CHANGES)


def _grants(settings: SyncSettings) -> list[tuple[Service, frozenset[str]]]:
    """The services to which those newly synced are given access, and whom of them."""
    services = Service.objects.filter(slug__in=settings.grant_on_sync).order_by("slug")
    return [(service, frozenset(settings.grant_on_sync[service.slug])) for service in services]
