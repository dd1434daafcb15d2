"""One sync, in the order of its steps: pull, stage, match, then people review. Resumes where it was killed.

A kind is pulled to its end before any of it is staged; it is staged, matched and checked off in one
transaction. So it came whole or not at all, and a killed worker repeats only the step it was in.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeVar

from django.utils import timezone

from adminhub.hub.connections.actions import check_soon
from adminhub.hub.connections.models import Connection, State
from adminhub.hub.connections.queries import provider_of
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.actions import match_kind
from adminhub.hub.providers.errors import ConsentLost, ProviderError, TryLater
from adminhub.hub.providers.values import Provider
from adminhub.hub.roster.models import Kind
from adminhub.hub.staging.actions import close_snapshot, stage_classes, stage_employees, stage_pupils
from adminhub.hub.syncs.actions import stop, wait_for_broker
from adminhub.hub.syncs.models import PanelState, RunState, SyncRun, SyncStep

T = TypeVar("T")
WAITS = (2, 5, 15, 60, 300, 900, 1800)
"""Seconds until the next try, for each time in a row that the broker does not answer; then the run stops."""
FETCHING = (RunState.PULLING, RunState.WAITING)


def carry_on(*, school_id: int, run_id: int, provider: Provider | None = None) -> None:
    """Take the steps of a run that are not taken yet. A run that has ended is left alone.

    Trouble with the broker ends on the run, in words for the screen: the run waits, or it stops.
    """
    with school_scope(school_id):
        run = _fetching(run_id)
        connection = run.connection if run else None
        if run is not None and run.connection.state != State.AUTHORISED:
            stop(run=run, problem="The school's connection is no longer authorised. Nothing has changed.")
            return
    if run is None or connection is None:
        return
    broker = provider or provider_of(connection)
    school = connection.broker_school_id
    try:
        pull_employees(run, broker, school)
        pull_classes(run, broker, school)
        pull_pupils(run, broker, school)
    except TryLater as trouble:
        _wait(run, trouble)
    except ProviderError as trouble:
        _stop(run, trouble)


def pull_employees(run: SyncRun, broker: Provider, school: str) -> None:
    """The first step, for the first panel: teachers can be reviewed while the rest is fetched."""
    if _is_taken(run, "employees"):
        return
    rows = _gather(run, "employees", broker.employees(school))

    def take(run: SyncRun) -> dict[str, int]:
        count = stage_employees(run.snapshot, rows)
        _open_panel(run, Kind.EMPLOYEE)
        return {"employees": count}

    _take(run, "employees", take)


def pull_classes(run: SyncRun, broker: Provider, school: str) -> None:
    """Registration groups and subject classes. Their panels open once it is known who is in them."""
    if _is_taken(run, "classes"):
        return
    groups = _gather(run, "registration_groups", broker.registration_groups(school))
    classes = _gather(run, "classes", broker.classes(school))
    _take(run, "classes", lambda run: {"classes": stage_classes(run.snapshot, [*groups, *classes])})


def pull_pupils(run: SyncRun, broker: Provider, school: str) -> None:
    """The last step. With everybody known, the remaining panels open and the snapshot is complete."""
    if _is_taken(run, "pupils"):
        return
    rows = _gather(run, "pupils", broker.pupils(school))

    def take(run: SyncRun) -> dict[str, int]:
        count = stage_pupils(run.snapshot, rows)
        for kind in (Kind.PUPIL, Kind.REGISTRATION, Kind.TEACHING):
            _open_panel(run, kind)
        close_snapshot(run.snapshot)
        Connection.objects.filter(pk=run.connection_id).update(pulled_at=timezone.now())
        run.state, run.problem, run.retry_at = RunState.REVIEWING, "", None
        run.save(update_fields=["state", "problem", "retry_at"])
        return {"pupils": count}

    _take(run, "pupils", take)


def _open_panel(run: SyncRun, kind: Kind) -> None:
    match_kind(run.snapshot, kind)
    run.panels.filter(kind=kind.value, state=PanelState.WAITING).update(state=PanelState.READY)


def _is_taken(run: SyncRun, step: str) -> bool:
    with school_scope(run.school_id):
        return SyncStep.objects.filter(run=run, name=step).exists()


def _take(run: SyncRun, step: str, action: Callable[[SyncRun], dict[str, Any]]) -> None:
    """Take one step and check it off, in one transaction, unless it was taken or the run has ended meanwhile."""
    with school_scope(run.school_id):
        # The connection before its run, as `start_sync` does: in the other order they would wait for each other.
        Connection.objects.select_for_update(no_key=True).filter(pk=run.connection_id).first()
        current = _fetching(run.pk)
        if current is not None and not SyncStep.objects.filter(run=current, name=step).exists():
            result = action(current)
            SyncStep.objects.create(school_id=run.school_id, run=current, name=step, result=result)
            SyncRun.objects.filter(pk=run.pk).update(attempts=0)


def _fetching(run_id: int) -> SyncRun | None:
    """The run, locked, if it is still being fetched."""
    runs = SyncRun.objects.select_for_update(of=("self",)).select_related("snapshot", "connection")
    return runs.filter(pk=run_id, state__in=FETCHING).first()


def _gather(run: SyncRun, what: str, pages: Iterable[list[T]]) -> list[T]:
    """Read a pull to its end, telling the page how far it is. Raises what the provider raises."""
    rows: list[T] = []
    for page in pages:
        rows += page
        with school_scope(run.school_id):
            current = _fetching(run.pk)
            if current is not None:
                current.progress = {**current.progress, what: len(rows)}
                current.state, current.problem, current.retry_at = RunState.PULLING, "", None
                current.save(update_fields=["progress", "state", "problem", "retry_at"])
    return rows


def _wait(run: SyncRun, trouble: TryLater) -> None:
    """Try again later and later, or when the broker asked us to; give up after a day's patience."""
    with school_scope(run.school_id):
        current = _fetching(run.pk)
        if current is None:
            return
        if current.attempts >= len(WAITS):
            stop(
                run=current,
                problem=f"{trouble} We tried {current.attempts} times. Start the sync again later.",
            )
            return
        seconds = max(WAITS[current.attempts] * random.uniform(1, 1.2), trouble.retry_after or 0)  # noqa: S311
        wait_for_broker(run=current, problem=str(trouble), at=timezone.now() + timedelta(seconds=seconds))


def _stop(run: SyncRun, trouble: ProviderError) -> None:
    with school_scope(run.school_id):
        current = _fetching(run.pk)
        if current is None:
            return
        stop(run=current, problem=str(trouble))
        if isinstance(trouble, ConsentLost):
            check_soon(school_id=run.school_id)
