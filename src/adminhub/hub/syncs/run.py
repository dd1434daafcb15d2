"""One sync, in the order of its steps: pull, stage, match, then people review. Resumes where it was killed.

A kind is pulled to its end before any of it is staged; it is staged, matched and checked off in one
transaction. So it came whole or not at all, and a killed worker repeats only the step it was in. A sync by
itself may bring the newest complete snapshot up to date instead, in one step, and settles its panels by the
school's policy.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from django.utils import timezone

from adminhub.hub.connections.actions import check_soon
from adminhub.hub.connections.models import Connection, State
from adminhub.hub.connections.queries import provider_of
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.actions import match_what_is_new
from adminhub.hub.planning.elsewhere import alike, keys_of_unlinked
from adminhub.hub.providers.errors import ConsentLost, ProviderError, TryLater
from adminhub.hub.providers.values import Elsewhere, Provider
from adminhub.hub.roster.models import Kind
from adminhub.hub.roster.queries import people_linked
from adminhub.hub.staging.actions import (
    close_snapshot,
    hide,
    note_listed,
    stage_classes,
    stage_elsewhere,
    stage_employees,
    stage_pupils,
    withhold,
)
from adminhub.hub.staging.amending import amend, must_share_as_before
from adminhub.hub.staging.errors import NotAmendable
from adminhub.hub.syncs.actions import (
    conclude,
    fetch_everything,
    found_nothing,
    note_outcome,
    open_panels,
    stop,
    take_in,
    take_the_place,
    takes_in,
    wait_for_broker,
)
from adminhub.hub.syncs.models import FETCHING, Mode, PanelState, RunState, SyncRun, SyncStep
from adminhub.hub.syncs.queries import ORDER, ended_badly_before, known_as_at, settings_of
from adminhub.hub.syncs.settling import settle

T = TypeVar("T")
WAITS = (2, 5, 15, 60, 300, 900, 1800)
"""Seconds until the next try, for each time in a row that the broker does not answer; then the run stops."""
TELL_EVERY = 0.5
"""Seconds between two notes of how far a fetch is."""
OVERLAP = timedelta(minutes=15)
"""Asked for once more each time: clocks differ, and what a MIS was writing while we read counts from before."""
TOUCHED_BY = {
    "employee": (Kind.EMPLOYEE,),
    "registration": (Kind.REGISTRATION,),
    "teaching": (Kind.TEACHING,),
    "pupil": (Kind.REGISTRATION, Kind.TEACHING, Kind.PUPIL),
}
"""Which panels a change in one list can change: classes take their year groups from their pupils."""


def carry_on(*, school_id: int, run_id: int, provider: Provider | None = None) -> bool:
    """Take the steps of a run that are not taken yet. A run that has ended is left alone.

    Trouble with the broker ends on the run, in words for the screen: the run waits, or it stops. Returns
    whether it wrote to the roster, so that outputs can be told.
    """
    with school_scope(school_id):
        run = _fetching(run_id)
        connection = run.connection if run else None
        if run is not None and run.connection.state != State.AUTHORISED:
            stop(run=run, problem="The school's connection is no longer authorised. Nothing has changed.")
            return False
    if run is None or connection is None:
        return False
    broker = provider or provider_of(connection)
    school = connection.broker_school_id
    try:
        if run.mode == Mode.INCREMENTAL:
            bring_up_to_date(run, broker, school)
        if run.mode == Mode.FULL:
            pull_employees(run, broker, school)
            pull_classes(run, broker, school)
            pull_pupils(run, broker, school)
    except TryLater as trouble:
        _wait(run, trouble)
        return False
    except ProviderError as trouble:
        _stop(run, trouble)
        return False
    return False if run.is_attended else settle_panels(run)


def bring_up_to_date(run: SyncRun, broker: Provider, school: str) -> None:
    """Take in what has changed since the snapshot was last up to date; where that is not enough, fetch all.

    When nothing has, the run ends here: one row of history, and whatever waits for a person goes on waiting.
    """
    if _is_taken(run, "changes"):
        return
    began = timezone.now()
    with school_scope(run.school_id):
        since = known_as_at(run) - OVERLAP
    changes = broker.changes(school, since=since)
    withheld, hidden = broker.withheld(school), _hidden(run, broker, school)

    def take(run: SyncRun) -> dict[str, Any] | None:
        must_share_as_before(run.snapshot, withheld, hidden)
        amended = amend(run.snapshot, changes)
        touched = {kind for name in amended.kinds for kind in TOUCHED_BY[name]}
        is_other = ended_badly_before(run) or not takes_in(run.snapshot, settings_of())
        kinds = set(ORDER) if is_other else touched
        if not kinds:
            found_nothing(run, as_at=began)
            return None
        open_panels(run)
        run.panels.exclude(kind__in=[kind.value for kind in kinds]).update(state=PanelState.UNCHANGED)
        for kind in _in_matching_order(kinds):
            _open_panel(run, kind)
        run.as_at, run.progress = began, amended.as_counts()
        run.save(update_fields=["as_at", "progress"])
        Connection.objects.filter(pk=run.connection_id).update(pulled_at=began)
        return amended.as_counts()

    try:
        _take(run, "changes", take)
    except NotAmendable as reason:
        with school_scope(run.school_id):
            current = _fetching(run.pk)
            if current is not None and current.mode == Mode.INCREMENTAL:
                fetch_everything(current, why=str(reason))
        run.mode = Mode.FULL


def _in_matching_order(kinds: set[Kind]) -> list[Kind]:
    """Pupils before classes, which are matched by who is in them."""
    return [kind for kind in (Kind.EMPLOYEE, Kind.PUPIL, Kind.REGISTRATION, Kind.TEACHING) if kind in kinds]


def settle_panels(run: SyncRun) -> bool:
    """Settle each panel by the school's policy, each in a transaction of its own, then say what came of it all."""
    wrote = False
    for kind in ORDER:
        step = f"settle {kind.value}"
        _take(run, step, partial(settle, kind=kind))
        wrote = wrote or bool(_result(run, step).get("wrote"))
    _take(run, "conclude", conclude)
    return wrote


def pull_employees(run: SyncRun, broker: Provider, school: str) -> None:
    """The first step, for the first panel: teachers can be reviewed while the rest is fetched."""
    if _is_taken(run, "employees"):
        return
    withheld, hidden = broker.withheld(school), _hidden(run, broker, school)
    listed = broker.totals(school).get("employees")
    rows = _gather(run, "employees", broker.employees(school))
    elsewhere = _elsewhere(run, broker, school, Kind.EMPLOYEE)

    def take(run: SyncRun) -> dict[str, int]:
        withhold(run.snapshot, withheld)
        hide(run.snapshot, hidden)
        count = stage_employees(run.snapshot, rows)
        note_listed(run.snapshot, listed)
        stage_elsewhere(run.snapshot, Kind.EMPLOYEE.value, elsewhere)
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
    elsewhere = _elsewhere(run, broker, school, Kind.PUPIL)

    def take(run: SyncRun) -> dict[str, int]:
        count = stage_pupils(run.snapshot, rows)
        stage_elsewhere(run.snapshot, Kind.PUPIL.value, elsewhere)
        for kind in (Kind.PUPIL, Kind.REGISTRATION, Kind.TEACHING):
            _open_panel(run, kind)
        close_snapshot(run.snapshot)
        now = timezone.now()
        Connection.objects.filter(pk=run.connection_id).update(pulled_at=now)
        run.as_at, run.duration = run.started_at, now - run.started_at
        run.problem, run.retry_at = "", None
        if run.is_attended:
            run.state = RunState.REVIEWING
            note_outcome(run)
        run.save(update_fields=["as_at", "duration", "state", "problem", "retry_at", "outcome", "counts"])
        return {"pupils": count}

    _take(run, "pupils", take)


def _hidden(run: SyncRun, broker: Provider, school: str) -> frozenset[str]:
    """The linked people whom the school keeps from us: they have not left."""
    with school_scope(run.school_id):
        linked = people_linked()
    return broker.hidden(school, linked) if linked else frozenset()


def _elsewhere(run: SyncRun, broker: Provider, school: str, kind: Kind) -> list[Elsewhere] | None:
    """Leavers and later starters who look like somebody unlinked; None: they cannot be read, and we go on without.

    They only help: without them nobody is taken for gone, and nobody is matched who would not be otherwise.
    """
    with school_scope(run.school_id):
        known = keys_of_unlinked(kind)
    if not known:
        return []
    try:
        return alike((row for page in broker.elsewhere(school, kind.value) for row in page), known)
    except ProviderError:
        return None


def _open_panel(run: SyncRun, kind: Kind) -> None:
    take_the_place(run)
    if kind == Kind.PUPIL:
        take_in(run.snapshot, settings_of())
    match_what_is_new(run.snapshot, kind)
    run.panels.filter(kind=kind.value, state=PanelState.WAITING).update(state=PanelState.READY)


def _is_taken(run: SyncRun, step: str) -> bool:
    with school_scope(run.school_id):
        return SyncStep.objects.filter(run=run, name=step).exists()


def _result(run: SyncRun, step: str) -> dict[str, Any]:
    with school_scope(run.school_id):
        taken = SyncStep.objects.filter(run=run, name=step).first()
        return taken.result if taken else {}


def _take(run: SyncRun, step: str, action: Callable[[SyncRun], dict[str, Any] | None]) -> None:
    """Take one step and check it off, in one transaction, unless it was taken or the run has ended meanwhile.

    An action that has ended the run returns None: there is nothing more to resume.
    """
    with school_scope(run.school_id):
        # The connection before its run, as `start_sync` does: in the other order they would wait for each other.
        Connection.objects.select_for_update(no_key=True).filter(pk=run.connection_id).first()
        current = _fetching(run.pk)
        if current is not None and not SyncStep.objects.filter(run=current, name=step).exists():
            result = action(current)
            if result is not None:
                SyncStep.objects.create(school_id=run.school_id, run=current, name=step, result=result)
            if current.attempts:
                SyncRun.objects.filter(pk=run.pk).update(attempts=0)


def _fetching(run_id: int) -> SyncRun | None:
    """The run, locked, if it is still being fetched."""
    runs = SyncRun.objects.select_for_update(of=("self",)).select_related("snapshot", "connection")
    return runs.filter(pk=run_id, state__in=FETCHING).first()


def _gather(run: SyncRun, what: str, pages: Iterable[list[T]]) -> list[T]:
    """Read a pull to its end, telling the page how far it is. Raises what the provider raises."""
    rows: list[T] = []
    told = -TELL_EVERY
    for page in pages:
        rows += page
        if time.monotonic() - told < TELL_EVERY:
            continue
        told = time.monotonic()
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
