"""A night that looks only at what is new ends where one that looks at the whole school ends, whatever happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.decisions import keep_apart, match_by_hand
from adminhub.hub.planning.models import MatchRow, MatchStatus, Plan
from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.roster.editing import edit_record
from adminhub.hub.roster.models import Kind, Pupil
from adminhub.hub.staging.models import Snapshot
from adminhub.hub.syncs.models import Policy, RunState, SyncRun
from tests.unit.hub.syncs.cast import save_everything
from tests.unit.hub.syncs.nights import at_night, say, with_settings
from tests.unit.hub.syncs.test_properties import an_example
from tests.unit.hub.syncs.worlds import (
    CLASS,
    DEEPER,
    EMPLOYEE,
    EVERY_HOLD,
    GROUP,
    KINDS,
    KNOWN,
    PUPIL,
    WORLD,
    Oak,
    World,
    a_broker_with,
    given_known,
    seen,
)

pytestmark = pytest.mark.django_db
PLACE = st.integers(0, 7)
DEED = st.one_of(
    *(
        st.tuples(st.just("comes"), st.just(kind), row)
        for kind, row in zip(KINDS, (EMPLOYEE, GROUP, CLASS, PUPIL), strict=True)
    ),
    st.tuples(st.just("goes"), st.sampled_from(KINDS), PLACE),
    st.tuples(st.sampled_from(["saves", "edits", "keeps apart", "matches"]), st.just(""), PLACE),
)
"""What happens by day: in the MIS, or by a person's hand."""


@dataclass
class Nights:
    """A school and its nights; `looks_at_all` forgets before each what is new."""

    looks_at_all: bool
    world: World
    known: list[dict[str, Any]]
    oak: Oak = field(default_factory=Oak)
    run: SyncRun = field(init=False)
    broker: FakeProvider = field(init=False)

    def __post_init__(self) -> None:
        given_known(self.oak.school, self.known)
        self.oak.world = self.world
        self.broker = a_broker_with(self.oak.connection, self.world)
        self.oak.sync()
        with_settings(self.oak.school, policy=Policy.SAFE)

    def day(self, deeds: list[tuple[str, str, Any]]) -> None:
        for what, kind, of in deeds:
            if what in ("comes", "goes"):
                rows = {row.mis_id: row for row in getattr(self.world, kind)}
                if what == "comes":
                    rows[of.mis_id] = of
                elif of < len(rows):
                    del rows[list(rows)[of]]
                self.world = World(
                    **{**{one: getattr(self.world, one) for one in KINDS}, kind: tuple(rows.values())}
                )
            else:
                with school_scope(self.oak.school.pk):
                    self._by_hand(what, of)
        say(self.broker, self.oak.school, **{kind: getattr(self.world, kind) for kind in KINDS})

    def _by_hand(self, what: str, place: int) -> None:
        run = SyncRun.objects.select_related("snapshot").order_by("-pk").first()
        lines = MatchRow.objects.filter(snapshot=run.snapshot, kind=Kind.PUPIL).order_by(
            "name", "status", "score"
        )
        if what == "edits":
            pupil = (
                Pupil.objects.filter(archived_at__isnull=True)
                .order_by("surname", "forename", "pk")[place:]
                .first()
            )
            if pupil is not None:
                edit_record(record=pupil, values={"forename": "Kitty"}, own=["forename"], by=self.oak.ada)
        elif run.state != RunState.REVIEWING:
            return
        elif what == "saves":
            save_everything(run, self.oak.ada, self.oak.service, confirmed=EVERY_HOLD)
        elif what == "keeps apart":
            line = lines.filter(hub_id__isnull=False, staged_id__isnull=False)[place:].first()
            if line is not None:
                keep_apart(run.snapshot, Kind.PUPIL, row_ids=[line.pk], by=self.oak.ada)
        else:
            ours = lines.filter(status=MatchStatus.NOT_MATCHED)[place:].first()
            theirs = lines.filter(status=MatchStatus.NEW).first()
            if ours is not None and theirs is not None:
                match_by_hand(
                    run.snapshot, Kind.PUPIL, hub_id=ours.hub_id, staged_id=theirs.staged_id, by=self.oak.ada
                )

    def night(self) -> list[Any]:
        if self.looks_at_all:
            with school_scope(self.oak.school.pk):
                Snapshot.objects.update(news={})
        run = at_night(self.oak.connection, self.broker)
        with school_scope(self.oak.school.pk):
            plans = [
                (plan.kind, plan.state, plan.counts, plan.holds)
                for plan in Plan.objects.filter(run=run.pk).order_by("pk")
            ]
        return [run.mode, run.state, run.outcome, plans, seen(self.oak.school)]


@given(WORLD, KNOWN, st.lists(st.lists(DEED, min_size=1, max_size=4), min_size=1, max_size=4))
@settings(
    deadline=None,
    max_examples=4 * DEEPER,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_night_that_looks_at_what_is_new_ends_where_one_that_looks_at_all_ends(
    db: None, world: World, known: list[dict[str, Any]], days: list[list[tuple[str, str, Any]]]
) -> None:
    found = []
    for looks_at_all in (False, True):
        with an_example():
            nights = Nights(looks_at_all, world, known)
            told = []
            for deeds in days:
                nights.day(deeds)
                told.append(nights.night())
            found.append(told)
    assert found[0] == found[1]
