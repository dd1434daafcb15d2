"""Writing a sync: start, save or skip a panel, fetch again, finish. Every write has a `by` and an audit entry."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError
from django.utils import timezone
from procrastinate.contrib.django import app as jobs

from adminhub.hub.applying.actions import apply
from adminhub.hub.connections.models import Connection, State
from adminhub.hub.core import audit
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning import actions as planning
from adminhub.hub.planning.models import Plan, PlanState
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import Service, User
from adminhub.hub.staging.actions import close_snapshot, open_snapshot
from adminhub.hub.syncs.errors import NotConnected, PanelNotReady
from adminhub.hub.syncs.models import LIVE, Panel, PanelState, RunState, SyncRun
from adminhub.hub.syncs.queries import ORDER, live_run, next_panel, panels_of

PULL = "hub.pull_snapshot"
"""The job of the room above, by name."""
STILL_FRESH = timedelta(hours=1)
"""Start sync returns to a review whose data is no older than this."""


def start_sync(*, connection: Connection, by: User, fresh: bool = False) -> SyncRun:
    """Start a sync, or return to the one that is live. The data is fetched by a job.

    A live sync goes on where it was; one that waits for the broker tries again now. With `fresh`, or once its
    data is old, a new one takes its place; people's decisions stay. Raises NotConnected.
    """
    try:
        with school_scope(connection.school_id):
            return _start(connection, by, fresh)
    except IntegrityError:  # two windows pressed at the same moment: the other one's sync is ours
        with school_scope(connection.school_id):
            run = live_run()
            if run is None:
                raise
            return run


def _start(connection: Connection, by: User, fresh: bool) -> SyncRun:
    current = Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
    if current.state != State.AUTHORISED:
        raise NotConnected("Nothing was fetched: the school's connection is not authorised.")
    live: SyncRun | None = SyncRun.objects.select_for_update(of=("self",)).filter(state__in=LIVE).first()
    if live is not None and live.connection_id == current.pk and not fresh and not _is_old(live):
        if live.state != RunState.REVIEWING:
            live.state, live.retry_at = RunState.PULLING, None
            live.save(update_fields=["state", "retry_at"])
            _defer_pull(live)  # in case its job was lost; a second one finds nothing to do
        return live
    if live is not None:
        _end(live, RunState.STOPPED, problem="A newer sync took its place.")
    run: SyncRun = SyncRun.objects.create(
        school_id=current.school_id, connection=current, snapshot=open_snapshot(current), started_by=by
    )
    Panel.objects.bulk_create(Panel(school_id=run.school_id, run=run, kind=kind.value) for kind in ORDER)
    audit.record(by=by, action="sync.started", subject=f"run:{run.pk}")
    _defer_pull(run)
    return run


def _is_old(run: SyncRun) -> bool:
    return run.state == RunState.REVIEWING and timezone.now() - run.started_at > STILL_FRESH


def _defer_pull(run: SyncRun, *, at: datetime | None = None) -> None:
    # A job that waits for its time holds up every later one with its lock, so it has none: "Try again now" is
    # now. Should two pull at once, each step is still taken once.
    lock = f"sync:{run.school_id}" if at is None else None
    jobs.configure_task(PULL, queue="hub", lock=lock, schedule_at=at).defer(
        school_id=run.school_id, run_id=run.pk
    )


def wait_for_broker(*, run: SyncRun, problem: str, at: datetime) -> None:
    """Note that the broker did not answer, and have the job try again at that time. Needs the school's scope."""
    run.state, run.problem, run.retry_at = RunState.WAITING, problem[:1000], at
    run.attempts += 1
    run.save(update_fields=["state", "problem", "retry_at", "attempts"])
    _defer_pull(run, at=at)


def stop(*, run: SyncRun, problem: str) -> None:
    """End a run that cannot go on. What panels have saved stays; nothing else was written. Needs the scope."""
    if run.state not in LIVE:
        return
    _end(run, RunState.STOPPED, problem=problem)
    audit.record(by=None, action="sync.stopped", subject=f"run:{run.pk}")


def _end(run: SyncRun, state: RunState, *, problem: str = "") -> None:
    if run.snapshot.finished_at is None:
        close_snapshot(run.snapshot, problem=problem)
    run.state, run.problem, run.finished_at, run.retry_at = state, problem[:1000], timezone.now(), None
    run.save(update_fields=["state", "problem", "finished_at", "retry_at"])


def save_panel(
    *,
    run: SyncRun,
    kind: Kind,
    by: User,
    service: Service,
    grants: frozenset[str] = frozenset(),
    confirmed: frozenset[str] = frozenset(),
) -> Plan:
    """Plan and apply one panel, in one transaction. Returns the plan: applied, or held with its reasons.

    Needs the school's scope. Raises PanelNotReady or NotConnected; then nothing has changed.
    """
    panel = _panel_to_save(run, kind)
    plan = planning.draft(
        panel.run.snapshot,
        kind,
        by=by,
        run=run.pk,
        service=service,
        grants=grants,
        confirmed=confirmed,
    )
    if plan.state == PlanState.HELD:
        return plan
    applied = apply(plan, by=by)
    planning.match_kind(panel.run.snapshot, kind)
    panel.state, panel.plan, panel.saved_at, panel.saved_by = PanelState.SAVED, applied, timezone.now(), by
    panel.save(update_fields=["state", "plan", "saved_at", "saved_by"])
    _finish_if_done(panel.run, by)
    return applied


def skip_panel(*, run: SyncRun, kind: Kind, by: User) -> Panel:
    """Leave a panel out of this run; nothing of it is written. Needs the school's scope."""
    panel = _panel_to_save(run, kind)
    panel.state = PanelState.SKIPPED
    panel.save(update_fields=["state"])
    audit.record(by=by, action="sync.panel_skipped", subject=f"run:{run.pk}", kind=kind.value)
    _finish_if_done(panel.run, by)
    return panel


def _panel_to_save(run: SyncRun, kind: Kind) -> Panel:
    """The panel, locked with its run, if it may be saved now."""
    locked = (
        SyncRun.objects.select_for_update(of=("self",))
        .select_related("snapshot", "connection")
        .get(pk=run.pk)
    )
    panel: Panel = Panel.objects.select_for_update(of=("self",)).get(run=locked, kind=kind.value)
    panel.run = locked
    if locked.connection.state != State.AUTHORISED:
        raise NotConnected("Nothing was written: the school's connection is no longer authorised.")
    if locked.state == RunState.STOPPED:
        raise PanelNotReady("Nothing was written: this sync has stopped. Start a new one.")
    if SyncRun.objects.filter(pk__gt=locked.pk).exists():
        raise PanelNotReady("Nothing was written: a newer sync has taken this one's place.")
    if panel.state == PanelState.WAITING:
        raise PanelNotReady("Nothing was written: the data has not come whole from the MIS yet.")
    return panel


def _finish_if_done(run: SyncRun, by: User) -> None:
    if run.state == RunState.REVIEWING and next_panel(panels_of(run)) is None:
        _end(run, RunState.FINISHED)
        audit.record(by=by, action="sync.finished", subject=f"run:{run.pk}")
