"""Writing a sync: start, save or skip a panel, fetch again, finish. Every write has a `by` and an audit entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError
from django.utils import timezone
from procrastinate.contrib.django import app as jobs

from adminhub.hub.applying.actions import apply
from adminhub.hub.connections.actions import went_through_another_mis
from adminhub.hub.connections.models import Connection, State
from adminhub.hub.core import audit
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning import actions as planning
from adminhub.hub.planning.guards import Thresholds
from adminhub.hub.planning.models import Plan, PlanState, Purpose
from adminhub.hub.planning.narrowing import note_settled
from adminhub.hub.planning.scoping import GROUPS, YEARS
from adminhub.hub.planning.unlinking import follow_unlinks
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import Service, User
from adminhub.hub.staging.actions import close_snapshot, open_snapshot
from adminhub.hub.staging.models import Snapshot
from adminhub.hub.staging.news import forget
from adminhub.hub.syncs.errors import NotConnected, PanelNotReady
from adminhub.hub.syncs.models import (
    FETCHING,
    LIVE,
    Mode,
    Outcome,
    Panel,
    PanelState,
    Policy,
    RunState,
    Scope,
    SyncClock,
    SyncRun,
    SyncSettings,
    Trigger,
)
from adminhub.hub.syncs.outcome import counts_of, outcome_of
from adminhub.hub.syncs.queries import (
    OPENED,
    ORDER,
    base_of,
    live_run,
    next_panel,
    panels_of,
    results_of,
    settings_of,
)
from adminhub.hub.syncs.schedule import next_look

PULL = "hub.pull_snapshot"
"""The job of the room above, by name."""
STILL_FRESH = timedelta(hours=1)
"""Start sync returns to a review whose data is no older than this."""
A_NIGHT = timedelta(hours=12)
"""A full sync due within the coming half day is done now, for the nights do not come to the minute."""


def start_sync(*, connection: Connection, by: User, fresh: bool = False) -> SyncRun:
    """Start a sync that a person goes through, or return to the one that is live. The data is fetched by a job.

    A live sync goes on where it was; one that waits for the broker tries again now. With `fresh`, or once its
    data is old, a new one takes its place; people's decisions stay. Raises NotConnected.
    """
    return _once(connection, lambda current: _start(current, by, fresh))


def sync_by_itself(*, connection: Connection, by: User | None, trigger: Trigger) -> SyncRun:
    """Start a sync that nobody needs to go through: what is safe is applied if the school wants that.

    Fetches only what has changed while that is enough, else everything. One that is being fetched is returned
    as it is, and is tried again now. Raises NotConnected.
    """
    return _once(connection, lambda current: _start_by_itself(current, by, trigger))


def _once(connection: Connection, start: Callable[[Connection], SyncRun]) -> SyncRun:
    try:
        with school_scope(connection.school_id):
            return start(_authorised(connection))
    except IntegrityError:  # two windows pressed at the same moment: the other one's sync is ours
        with school_scope(connection.school_id):
            run = live_run()
            if run is None:
                raise
            return run


def _authorised(connection: Connection) -> Connection:
    """The connection, locked, if it is authorised."""
    current: Connection = Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
    if current.state != State.AUTHORISED:
        raise NotConnected("Nothing was fetched: the school's connection is not authorised.")
    return current


def _start(connection: Connection, by: User, fresh: bool) -> SyncRun:
    live = list(SyncRun.objects.select_for_update(of=("self",)).filter(state__in=LIVE).order_by("-pk"))
    ours = [run for run in live if run.connection_id == connection.pk]
    reviews = (run for run in ours if run.state == RunState.REVIEWING and not _is_old(run))
    review: SyncRun | None = next(reviews, None)
    fetching: SyncRun | None = next((run for run in ours if run.is_fetching), None)
    if not fresh and review is not None:
        return review
    if not fresh and fetching is not None:
        return _try_now(fetching)
    for run in live:
        if run.is_fetching or run.connection_id != connection.pk:
            _end(run, RunState.STOPPED, problem="A newer sync took its place.")
    run = _open_run(connection, by=by, trigger=Trigger.PERSON, is_attended=True)
    audit.record(by=by, action="sync.started", subject=f"run:{run.pk}")
    return run


def _start_by_itself(connection: Connection, by: User | None, trigger: Trigger) -> SyncRun:
    fetching = SyncRun.objects.select_for_update(of=("self",)).filter(state__in=FETCHING).first()
    if fetching is not None and fetching.connection_id == connection.pk:
        return _try_now(fetching)
    if fetching is not None:
        _end(fetching, RunState.STOPPED, problem="A newer sync took its place.")
    run = _open_run(connection, by=by, trigger=trigger, is_attended=False, base=_base(connection))
    if by is not None:
        audit.record(by=by, action="sync.started", subject=f"run:{run.pk}")
    return run


def _base(connection: Connection) -> SyncRun | None:
    """The run to go on from, unless it is time to fetch everything again."""
    base = base_of(connection)
    full = SyncRun.objects.filter(connection=connection, mode=Mode.FULL, as_at__isnull=False)
    newest = full.order_by("-as_at").values_list("as_at", flat=True).first()
    is_due = newest is None or timezone.now() - newest >= timedelta(days=settings_of().full_every) - A_NIGHT
    return None if is_due else base


def _open_run(
    connection: Connection,
    *,
    by: User | None,
    trigger: Trigger,
    is_attended: bool,
    base: SyncRun | None = None,
) -> SyncRun:
    run: SyncRun = SyncRun.objects.create(
        school_id=connection.school_id,
        connection=connection,
        snapshot=base.snapshot if base else open_snapshot(connection),
        mode=Mode.INCREMENTAL if base else Mode.FULL,
        trigger=trigger,
        is_attended=is_attended,
        started_by=by,
    )
    if base is None:
        open_panels(run)
    _defer_pull(run)
    return run


def open_panels(run: SyncRun) -> None:
    """Give a run its four panels, waiting for data."""
    Panel.objects.bulk_create(Panel(school_id=run.school_id, run=run, kind=kind.value) for kind in ORDER)


def fetch_everything(run: SyncRun, *, why: str) -> None:
    """Have a run that fetched only changes fetch everything instead. Needs the school's scope."""
    run.snapshot, run.mode = open_snapshot(run.connection), Mode.FULL
    run.progress = {"why_full": why}
    run.save(update_fields=["snapshot", "mode", "progress"])
    open_panels(run)


def take_the_place(run: SyncRun) -> None:
    """End the review that this run replaces, now that it has data of its own. Needs the school's scope."""
    older = SyncRun.objects.select_for_update(of=("self",)).filter(state=RunState.REVIEWING)
    for review in older.exclude(pk=run.pk):
        _end(review, RunState.STOPPED, problem="A newer sync took its place.")


def _try_now(run: SyncRun) -> SyncRun:
    run.state, run.retry_at = RunState.PULLING, None
    run.save(update_fields=["state", "retry_at"])
    _defer_pull(run)  # in case its job was lost; a second one finds nothing to do
    return run


def _is_old(run: SyncRun) -> bool:
    return timezone.now() - (run.as_at or run.started_at) > STILL_FRESH


def _defer_pull(run: SyncRun, *, at: datetime | None = None) -> None:
    # A job that waits for its time holds up every later one with its lock, so it has none: "Try again now" is
    # now. Should two pull at once, each step is still taken once.
    lock = f"sync:{run.school_id}" if at is None else None
    jobs.configure_task(PULL, queue="hub", lock=lock, schedule_at=at).defer(
        school_id=run.school_id, run_id=run.pk
    )


def change_settings(*, by: User, **values: Any) -> SyncSettings:
    """Store what the school wants of its syncs. The next look is at the new time. Needs the school's scope."""
    wanted = settings_of()
    changed = sorted(name for name, value in values.items() if getattr(wanted, name) != value)
    for name in changed:
        setattr(wanted, name, values[name])
    wanted.changed_by = by
    wanted.save()
    audit.record(by=by, action="sync.settings_changed", subject=f"school:{wanted.school_id}", fields=changed)
    if "nightly_at" in changed:
        due = next_look(at=wanted.nightly_at, after=timezone.now(), zone=timezone.get_default_timezone())
        SyncClock.objects.update_or_create(school_id=wanted.school_id, defaults={"due_at": due})
    return wanted


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
    now = timezone.now()
    if run.snapshot.finished_at is None:
        close_snapshot(run.snapshot, problem=problem)
    if run.is_fetching:
        run.duration = now - run.started_at
    run.state, run.problem, run.finished_at, run.retry_at = state, problem[:1000], now, None
    note_outcome(run)
    run.save(update_fields=["state", "problem", "finished_at", "retry_at", "duration", "outcome", "counts"])


def note_outcome(run: SyncRun) -> None:
    """Work out what came of a run so far; the caller saves it. Needs the school's scope."""
    results = results_of(run)
    policy = Policy(settings_of().policy)
    run.outcome = outcome_of(list(results.values()), has_data=run.as_at is not None)
    run.counts = {kind.value: counts_of(result, policy) for kind, result in results.items()}


def conclude(run: SyncRun) -> dict[str, str]:
    """End a run by itself: finished, or waiting for a person where something is left open. Needs the scope.

    Returns what came of it.
    """
    now = timezone.now()
    is_done = next_panel(panels_of(run)) is None
    run.state = RunState.FINISHED if is_done else RunState.REVIEWING
    run.problem, run.retry_at, run.duration = "", None, now - run.started_at
    run.finished_at = now if is_done else None
    note_outcome(run)
    run.save(update_fields=["state", "problem", "retry_at", "finished_at", "duration", "outcome", "counts"])
    return {"outcome": run.outcome}


def found_nothing(run: SyncRun, *, as_at: datetime) -> None:
    """Note that the MIS says what it said before. This history row is all that is written."""
    now = timezone.now()
    run.state, run.problem, run.retry_at = RunState.FINISHED, "", None
    run.as_at, run.finished_at, run.duration = as_at, now, now - run.started_at
    run.outcome = Outcome.UNCHANGED
    run.save(update_fields=["state", "problem", "retry_at", "as_at", "finished_at", "duration", "outcome"])


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
    plan = _draft(panel, by=by, service=service, grants=grants, confirmed=confirmed)
    if plan.state == PlanState.HELD:
        return plan
    return _write(panel, plan, by)


def save_drafted(*, plan: Plan, by: User) -> Plan:
    """Apply the very plan that a person has looked at. Needs the school's scope.

    Raises Stale when its records have changed since, PanelNotReady or NotConnected; then nothing has changed.
    """
    run = SyncRun.objects.filter(pk=plan.run).first()
    if run is None or plan.purpose != Purpose.SYNC or not plan.kind:
        raise PanelNotReady("Nothing was written: this plan belongs to no sync. Start a new one.")
    return _write(_panel_to_save(run, Kind(plan.kind)), plan, by)


def _write(panel: Panel, plan: Plan, by: User) -> Plan:
    applied = apply(plan, by=by)
    planning.match_what_is_new(panel.run.snapshot, Kind(panel.kind), written=applied)
    note_settled(applied)
    panel.state, panel.plan, panel.saved_at, panel.saved_by = PanelState.SAVED, applied, timezone.now(), by
    panel.save(update_fields=["state", "plan", "saved_at", "saved_by"])
    _finish_if_done(panel.run, by)
    return applied


def draft_panel(
    *,
    run: SyncRun,
    kind: Kind,
    by: User,
    service: Service,
    grants: frozenset[str],
    confirmed: frozenset[str] = frozenset(),
) -> Plan:
    """Draft what saving a panel would write, to look at first. Needs the school's scope; writes only the plan.

    Raises PanelNotReady or NotConnected.
    """
    panel = _panel_to_save(run, kind)
    return _draft(panel, by=by, service=service, grants=grants, confirmed=confirmed)


def _draft(
    panel: Panel, *, by: User, service: Service, grants: frozenset[str], confirmed: frozenset[str]
) -> Plan:
    return planning.draft(
        panel.run.snapshot,
        Kind(panel.kind),
        by=by,
        run=panel.run.pk,
        service=service,
        grants=grants,
        confirmed=confirmed,
        limits=Thresholds.read(settings_of().thresholds),
        as_at=panel.run.as_at,
    )


def take_back(*, plan: Plan, by: User) -> Plan:
    """Apply an undo or an unlink, and review again what the newest sync has fetched. Needs the school's scope.

    Raises Stale; then nothing has changed.
    """
    applied = apply(plan, by=by)
    follow_unlinks(applied, by=by)
    newest: SyncRun | None = (
        SyncRun.objects.filter(panels__state__in=OPENED, snapshot__emptied_at__isnull=True)
        .select_related("snapshot")
        .order_by("-pk")
        .first()
    )
    if newest is not None:
        for panel in newest.panels.filter(state__in=OPENED):
            planning.match_kind(newest.snapshot, Kind(panel.kind))
    return applied


def take_in(snapshot: Snapshot, settings: SyncSettings) -> None:
    """Have a review take in the pupils whom the school's settings name. Needs the school's scope."""
    if not takes_in(snapshot, settings):
        snapshot.scope = _scope_of(settings)
        snapshot.save(update_fields=["scope"])
        forget(snapshot)


def takes_in(snapshot: Snapshot, settings: SyncSettings) -> bool:
    """Whether a snapshot's review takes in whom the school's settings name."""
    return bool(snapshot.scope == _scope_of(settings))


def _scope_of(settings: SyncSettings) -> dict[str, list[str]]:
    by = {Scope.YEAR_GROUPS: YEARS, Scope.REGISTRATION_GROUPS: GROUPS}.get(Scope(settings.scope))
    return {by: settings.chosen} if by and settings.chosen else {}


def choose_scope(*, run: SyncRun, scope: Scope, chosen: Sequence[str], by: User) -> None:
    """Say which pupils this sync and those after it take in, and review them so. Who is outside has not left.

    Needs the school's scope. Raises PanelNotReady or NotConnected; then nothing has changed.
    """
    panel = _panel_to_save(run, Kind.PUPIL)
    if scope != Scope.ALL and not chosen:
        raise PanelNotReady("Nothing was changed: tick at least one, or choose the whole school.")
    settings = settings_of()
    settings.scope, settings.chosen = scope, [] if scope == Scope.ALL else list(chosen)
    settings.changed_by = by
    settings.save(update_fields=["scope", "chosen", "changed_by", "changed_at"])
    take_in(panel.run.snapshot, settings)
    planning.match_kind(panel.run.snapshot, Kind.PUPIL)
    audit.record(
        by=by,
        action="sync.scope_chosen",
        subject=f"run:{run.pk}",
        scope=scope.value,
        chosen=len(settings.chosen),
    )


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
    if Panel.objects.filter(run__gt=locked.pk, state__in=OPENED).exists():
        raise PanelNotReady("Nothing was written: a newer sync has taken this one's place.")
    if panel.state == PanelState.WAITING:
        raise PanelNotReady("Nothing was written: the data has not come whole from the MIS yet.")
    return panel


def _finish_if_done(run: SyncRun, by: User) -> None:
    if run.state == RunState.REVIEWING and next_panel(panels_of(run)) is None:
        _end(run, RunState.FINISHED)
        went_through_another_mis(run.connection, by=by)
        audit.record(by=by, action="sync.finished", subject=f"run:{run.pk}")
        return
    note_outcome(run)
    run.save(update_fields=["outcome", "counts"])
