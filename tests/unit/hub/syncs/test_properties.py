"""What holds whatever the MIS sends and whatever people decide, sync after sync."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from adminhub.hub.applying.actions import apply
from adminhub.hub.applying.undoing import draft_undo
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.decisions import ignore, match_by_hand, unmatch_by_hand
from adminhub.hub.planning.models import (
    STANDING,
    MatchRow,
    MatchStatus,
    Plan,
    PlannedChange,
    PlanState,
)
from adminhub.hub.providers.errors import IncompletePull, TryLater, UnreadablePage
from adminhub.hub.roster.models import Employee, Enrolment, Kind, MISLink, Pupil, SchoolClass
from adminhub.hub.syncs.models import SyncRun
from adminhub.hub.syncs.queries import ORDER
from tests.unit.hub.syncs.cast import fetched, save, state
from tests.unit.hub.syncs.worlds import (
    CLASS,
    DEEPER,
    EMPLOYEE,
    EVERY_HOLD,
    GROUP,
    KINDS,
    KNOWN,
    PUPIL,
    PUPIL_FIELDS,
    WORLD,
    Oak,
    Seen,
    World,
    a_broker_with,
    given_known,
    seen,
)

pytestmark = pytest.mark.django_db
PATIENT = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a sync is too slow to shrink by running it again
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SEED = st.integers(0, 2**16)


@contextmanager
def an_example() -> Iterator[None]:
    """Whatever one example writes is gone before the next."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def writes(plans: list[Plan]) -> list[dict[str, int]]:
    """What the plans change, without what they leave for later."""
    return [
        {name: count for name, count in plan.counts.items() if not name.endswith("_left")}
        for plan in plans
        if plan.state == PlanState.APPLIED
    ]


def in_doubt(plans: list[Plan]) -> int:
    """How many lines waited for a person when the plans were drafted."""
    return sum(plan.counts.get("may_match_left", 0) for plan in plans)


@given(WORLD, KNOWN, SEED, st.integers(1, 4))
@settings(PATIENT, max_examples=5 * DEEPER)
def test_the_order_of_rows_pages_and_classes_does_not_matter(
    db: None, world: World, known: list[dict[str, Any]], seed: int, per_page: int
) -> None:
    found: list[Seen] = []
    for sent, size in ((world, 200), (world.shuffled(random.Random(seed)), per_page)):
        with an_example():
            oak = Oak()
            given_known(oak.school, known)
            oak.sync(world=sent, per_page=size)
            found.append(seen(oak.school))
    assert found[0] == found[1]


class Years(RuleBasedStateMachine):
    """A school over the years: its MIS changes, syncs run, break off and are decided upon."""

    def __init__(self) -> None:
        super().__init__()
        self.example = an_example()
        self.example.__enter__()
        self.oak = Oak()
        self.same: dict[tuple[Kind, int], str] = {}
        self.different: set[tuple[Kind, int, str]] = set()
        self.ignored: set[tuple[Kind, str]] = set()
        self.most = (0, 0, 0, 0)
        self.saved: list[tuple[dict[str, list[dict[str, Any]]], list[Plan]]] = []
        """What was saved, the newest last: the roster before, and the plans."""

    @initialize(world=WORLD, known=KNOWN)
    def the_hub_knows_some(self, world: World, known: list[dict[str, Any]]) -> None:
        given_known(self.oak.school, known)
        self.oak.world = world

    def teardown(self) -> None:
        try:
            while sys.exc_info()[0] is None and self.saved:
                self.what_was_saved_last_is_undone(runs=1 + len(self.saved) % 2)
        finally:
            self.example.__exit__(None, None, None)

    # What happens in the MIS

    @rule(pupil=PUPIL)
    def a_pupil_comes_or_is_changed(self, pupil: Any) -> None:
        self._put("pupils", pupil)

    @rule(employee=EMPLOYEE)
    def an_employee_comes_or_is_changed(self, employee: Any) -> None:
        self._put("employees", employee)

    @rule(group=GROUP)
    def a_registration_group_comes_or_is_changed(self, group: Any) -> None:
        self._put("registration_groups", group)

    @rule(taught=CLASS)
    def a_class_comes_or_is_changed(self, taught: Any) -> None:
        self._put("classes", taught)

    @rule(kind=st.sampled_from(KINDS), place=st.integers(0, 7))
    def somebody_or_something_goes(self, kind: str, place: int) -> None:
        rows = list(getattr(self.oak.world, kind))
        if place < len(rows):
            del rows[place]
            self._world(**{kind: tuple(rows)})

    @rule(data=st.data(), name=st.sampled_from(sorted(PUPIL_FIELDS)))
    def a_pupil_gets_another_value(self, data: st.DataObject, name: str) -> None:
        if self.oak.world.pupils:
            row = data.draw(st.sampled_from(self.oak.world.pupils))
            self._put("pupils", msgspec.structs.replace(row, **{name: data.draw(PUPIL_FIELDS[name])}))

    @rule()
    def the_broker_gives_every_record_another_key(self) -> None:
        """Only the broker's keys: they are also what rows refer to each other by."""

        def other(row: Any) -> Any:
            changed = {
                name: tuple(f"{one}x" for one in getattr(row, name))
                for name in ("classes", "employees")
                if getattr(row, name, ())
            }
            if getattr(row, "registration_group", ""):
                changed["registration_group"] = f"{row.registration_group}x"
            return msgspec.structs.replace(row, broker_id=f"{row.broker_id}x", **changed)

        self._world(**{kind: tuple(other(row) for row in getattr(self.oak.world, kind)) for kind in KINDS})

    def _put(self, kind: str, row: Any) -> None:
        rows = {one.mis_id: one for one in getattr(self.oak.world, kind)}
        rows[row.mis_id] = row
        self._world(**{kind: tuple(rows.values())})

    def _world(self, **changes: Any) -> None:
        self.oak.world = msgspec.structs.replace(self.oak.world, **changes)

    # What happens at the hub

    @rule(seed=SEED, per_page=st.integers(1, 5))
    def it_is_synced(self, seed: int, per_page: int) -> None:
        sent = self.oak.world.shuffled(random.Random(seed))
        plans = self._save(self.oak.fetch(world=sent, per_page=per_page), ORDER)
        self._decisions_are_obeyed()
        while True:
            doubts, plans = in_doubt(plans), self._save(self.oak.fetch(), ORDER)
            if not any(writes(plans)):
                return
            # What a sync has linked may clear a doubt: that alone may be written by another of the same data.
            assert in_doubt(plans) < doubts, writes(plans)

    @rule(runs=st.integers(1, 3))
    @precondition(lambda self: self.saved)
    def what_was_saved_last_is_undone(self, runs: int) -> None:
        undone = self.saved[-runs:]
        del self.saved[-runs:]
        with school_scope(self.oak.school.pk):
            plans = list(Plan.objects.filter(pk__in=[plan.pk for _, plans in undone for plan in plans]))
            if plans:
                drafted = draft_undo(plans, by=self.oak.ada)
                assert not PlannedChange.objects.filter(plan=drafted, is_skipped=True).exists()
                apply(drafted, by=self.oak.ada)
            assert state() == undone[0][0]
            there = {Kind.EMPLOYEE: Employee.objects, Kind.PUPIL: Pupil.objects}
            self.same = {
                (kind, hub_id): mis_id
                for (kind, hub_id), mis_id in self.same.items()
                if there.get(kind, SchoolClass.objects).filter(pk=hub_id).exists()
            }
        self.most = (0, 0, 0, 0)  # who had come has gone again

    def _save(self, run: SyncRun, kinds: Sequence[Kind]) -> list[Plan]:
        with school_scope(self.oak.school.pk):
            before = state()
            MatchRow.objects.filter(status=MatchStatus.NEW).update(is_ticked=True)
        plans = [save(run, kind, self.oak.ada, self.oak.service, confirmed=EVERY_HOLD) for kind in kinds]
        with school_scope(self.oak.school.pk):
            written = list(Plan.objects.filter(STANDING, pk__in=[plan.pk for plan in plans]))
        self.saved.append((before, written))
        return plans

    @rule(
        kind=st.sampled_from(KINDS),
        pages=st.integers(0, 2),
        trouble=st.sampled_from([TryLater, IncompletePull, UnreadablePage]),
    )
    def a_fetch_breaks_off(self, kind: str, pages: int, trouble: Callable[[str], Any]) -> None:
        before = seen(self.oak.school)
        broker = a_broker_with(self.oak.connection, self.oak.world, per_page=2)
        broker.fail_with(trouble("The broker is resting."), on=kind, after_pages=pages)
        fetched(self.oak.connection, self.oak.ada, broker)
        now = seen(self.oak.school)
        assert (now.people, now.classes, now.enrolments) == (before.people, before.classes, before.enrolments)

    @rule(kind=st.sampled_from(ORDER))
    def one_panel_is_saved_alone(self, kind: Kind) -> None:
        self._save(self.oak.fetch(), [kind])

    @rule(kind=st.sampled_from(ORDER), data=st.data())
    def a_person_says_who_is_who(self, kind: Kind, data: st.DataObject) -> None:
        run = self.oak.fetch()
        with school_scope(self.oak.school.pk):
            rows = list(MatchRow.objects.filter(snapshot=run.snapshot, kind=kind).order_by("name", "pk"))
            hubs = [row.hub_id for row in rows if row.hub_id is not None]
            records = _records(run, kind, rows)
            if not hubs or not records:
                return
            hub_id, staged_id = data.draw(st.sampled_from(hubs)), data.draw(st.sampled_from(sorted(records)))
            match_by_hand(run.snapshot, kind, hub_id=hub_id, staged_id=staged_id, by=self.oak.ada)
        mis_id = records[staged_id]
        self.same = {
            (of, hub): record
            for (of, hub), record in self.same.items()
            if of != kind or (hub != hub_id and record != mis_id)
        }
        self.same[kind, hub_id] = mis_id
        self.different.discard((kind, hub_id, mis_id))
        self.ignored.discard((kind, mis_id))

    @rule(kind=st.sampled_from(ORDER), data=st.data())
    def a_person_says_who_is_not_who(self, kind: Kind, data: st.DataObject) -> None:
        run = self.oak.fetch()
        with school_scope(self.oak.school.pk):
            rows = list(
                MatchRow.objects.filter(
                    snapshot=run.snapshot, kind=kind, hub_id__isnull=False, staged_id__isnull=False
                ).order_by("name", "pk")
            )
            if not rows:
                return
            row = data.draw(st.sampled_from(rows))
            mis_id = _records(run, kind, [row])[row.staged_id]
            unmatch_by_hand(run.snapshot, kind, row_id=row.pk, by=self.oak.ada)
        if self.same.get((kind, row.hub_id)) == mis_id:
            del self.same[kind, row.hub_id]
        self.different.add((kind, row.hub_id, mis_id))

    @rule(kind=st.sampled_from(ORDER), data=st.data())
    def a_person_ignores_a_new_record(self, kind: Kind, data: st.DataObject) -> None:
        run = self.oak.fetch()
        with school_scope(self.oak.school.pk):
            rows = list(
                MatchRow.objects.filter(snapshot=run.snapshot, kind=kind, status=MatchStatus.NEW).order_by(
                    "name", "pk"
                )
            )
            if not rows:
                return
            row = data.draw(st.sampled_from(rows))
            mis_id = _records(run, kind, [row])[row.staged_id]
            ignore(run.snapshot, kind, row_ids=[row.pk], by=self.oak.ada)
        self.ignored.add((kind, mis_id))

    # What never changes

    @invariant()
    def nobody_is_deleted(self) -> None:
        with school_scope(self.oak.school.pk):
            now = tuple(model.objects.count() for model in (Employee, Pupil, SchoolClass, Enrolment))
        assert all(new >= old for new, old in zip(now, self.most, strict=True))
        self.most = now

    @invariant()
    def no_two_share_a_link(self) -> None:
        with school_scope(self.oak.school.pk):
            links = list(MISLink.objects.all())
        records = [(link.kind, link.mis_id) for link in links]
        ours = [(link.kind, link.employee_id or link.pupil_id or link.school_class_id) for link in links]
        assert len(records) == len(set(records))
        assert len(ours) == len(set(ours))

    def _decisions_are_obeyed(self) -> None:
        """After a sync: who was said to be the same is linked if the MIS has them; who was not, is not."""
        with school_scope(self.oak.school.pk):
            linked = {
                (Kind(link.kind), link.employee_id or link.pupil_id or link.school_class_id): link.mis_id
                for link in MISLink.objects.all()
            }
        sent = {(kind, row.mis_id) for kind, rows in _by_kind(self.oak.world).items() for row in rows}
        for (kind, hub_id), mis_id in self.same.items():
            if (kind, mis_id) in sent:
                assert linked.get((kind, hub_id)) == mis_id
        for kind, hub_id, mis_id in self.different:
            assert linked.get((kind, hub_id)) != mis_id
        for kind, mis_id in self.ignored:
            assert mis_id not in {record for (of, _), record in linked.items() if of == kind}


def _by_kind(world: World) -> dict[Kind, tuple[Any, ...]]:
    return {
        Kind.EMPLOYEE: world.employees,
        Kind.PUPIL: world.pupils,
        Kind.REGISTRATION: world.registration_groups,
        Kind.TEACHING: world.classes,
    }


def _records(run: SyncRun, kind: Kind, rows: list[MatchRow]) -> dict[int, str]:
    """The MIS IDs of the lines' records, by their staged key."""
    snapshot = run.snapshot
    staged = {
        Kind.EMPLOYEE: snapshot.employees,
        Kind.PUPIL: snapshot.pupils,
    }.get(kind, snapshot.classes)
    keys = [row.staged_id for row in rows if row.staged_id is not None]
    return dict(staged.filter(pk__in=keys).values_list("pk", "mis_id"))


def test_over_the_years_nothing_is_lost_and_no_decision_is_overruled(db: None) -> None:
    run_state_machine_as_test(
        Years, settings=settings(PATIENT, max_examples=4 * DEEPER, stateful_step_count=8)
    )
