"""A school synced some year groups at a time ends where one that is synced whole ends, however it is split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.decisions import keep_apart, match_by_hand
from adminhub.hub.planning.models import MatchRow, MatchStatus
from adminhub.hub.planning.scoping import NONE
from adminhub.hub.roster.models import Kind, MISLink, Pupil
from adminhub.hub.staging.models import StagedPupil
from adminhub.hub.syncs.actions import choose_scope
from adminhub.hub.syncs.models import Scope, SyncRun
from tests.unit.hub.syncs.cast import a_upn, an_mis_pupil
from tests.unit.hub.syncs.test_properties import PATIENT, an_example, writes
from tests.unit.hub.syncs.worlds import DEEPER, WORLD, Oak, Seen, World, given_known, seen

pytestmark = pytest.mark.django_db
YEARS = ("3", "4", NONE)
ROUNDS, QUESTIONS = 6, 60
SPLIT = st.permutations(YEARS).flatmap(
    lambda years: st.sampled_from([[years[:1], years[1:]], [years[:2], years[2:]], [[one] for one in years]])
)
"""Every year group in one of the parts, the parts in any order."""


def a_pupil(number: int, **said: Any) -> Any:
    has_upn = said.pop("has_upn", False)
    return an_mis_pupil(f"p{number}", upn=a_upn(number) if has_upn else "", **said)


PUPILS = st.lists(
    st.builds(
        a_pupil,
        st.integers(0, 7),
        forename=st.sampled_from(["Kit", "Kim", "Kate", "Jo"]),
        surname=st.sampled_from(["Ray", "Rae", "Novák"]),
        birthday=st.sampled_from([date(2015, 3, 4), date(2015, 3, 5), date(2015, 3, 14)]),
        has_upn=st.booleans(),
        year_group=st.sampled_from(["3", "4", "", None]),
        registration_group=st.sampled_from(["", "Bg1", "Bg2"]),
        classes=st.lists(st.sampled_from(["Bc1", "Bc2"]), max_size=2, unique=True).map(tuple),
    ),
    max_size=7,
    unique_by=lambda pupil: pupil.mis_id,
).map(tuple)
"""Namesakes, twins and siblings whom nobody could tell apart by what the hub knows."""
KNOWN = st.lists(
    st.tuples(st.integers(0, 7), st.booleans(), st.booleans()), unique_by=lambda one: one[0], max_size=6
)
"""Whom the hub knew: which of them, and whether with UPN and with birthday."""


def as_known(pupils: tuple[Any, ...], number: int, with_upn: bool, with_birthday: bool) -> dict[str, Any]:
    """What the hub has of this pupil; of whom the MIS has not, somebody like nobody else."""
    found = next((one for one in pupils if one.mis_id == f"p{number}"), None)
    pupil = found or a_pupil(number, forename="Zed", surname="Quill", birthday=date(2014, 9, 9), has_upn=True)
    return {
        "forename": pupil.forename,
        "surname": pupil.surname,
        "upn": pupil.upn if with_upn else "",
        "birthday": pupil.birthday if with_birthday else None,
    }


def answer(oak: Oak, run: SyncRun, truth: Callable[[int], str]) -> None:
    """A person who knows everybody answers every question of the review."""
    waits = MatchRow.objects.filter(snapshot=run.snapshot, kind=Kind.PUPIL, status=MatchStatus.MAY_MATCH)
    mis = dict(StagedPupil.objects.filter(snapshot=run.snapshot).values_list("pk", "mis_id"))
    for _ in range(QUESTIONS):
        row = waits.order_by("pk").first()
        if row is None:
            return
        ours = [row.hub_id] if row.hub_id else row.candidates
        theirs = [row.staged_id] if row.staged_id else []
        theirs += row.candidates if row.hub_id else []
        same = [(hub, one) for hub in ours for one in theirs if truth(hub) == mis[one]]
        if same:
            match_by_hand(run.snapshot, Kind.PUPIL, hub_id=same[0][0], staged_id=same[0][1], by=oak.ada)
        else:
            keep_apart(run.snapshot, Kind.PUPIL, row_ids=[row.pk], by=oak.ada)
    raise AssertionError("The same is asked again and again.")


def synced(world: World, known: list[tuple[str, dict[str, Any]]], parts: list[list[str]]) -> Seen:
    """The school after a sync of each part, again until nothing is left to write; one part may wait for another."""
    with an_example():
        oak = Oak(world=world)
        given_known(oak.school, [fields for _, fields in known])
        with school_scope(oak.school.pk):
            keys = Pupil.objects.order_by("pk").values_list("pk", flat=True)
            who = dict(zip(keys, [mis_id for mis_id, _ in known], strict=True))

        def truth(hub: int) -> str:
            return who.get(hub) or MISLink.objects.get(pupil=hub).mis_id

        for _ in range(ROUNDS):
            written = [counts for part in parts for counts in writes(_sync(oak, part, truth))]
            if not any(written):
                return replace(seen(oak.school), review=[])
        raise AssertionError("Each sync changes back what another has written.")


def _sync(oak: Oak, part: list[str], truth: Callable[[int], str]) -> list[Any]:
    run = oak.fetch()
    with school_scope(oak.school.pk):
        whole = set(part) == set(YEARS)
        choose_scope(run=run, scope=Scope.ALL if whole else Scope.YEAR_GROUPS, chosen=part, by=oak.ada)
        answer(oak, run, truth)
    return oak.save(run)


@given(WORLD, PUPILS, KNOWN, SPLIT)
@settings(PATIENT, max_examples=3 * DEEPER)
def test_split_by_year_groups_a_sync_ends_where_a_whole_one_ends(
    db: None,
    world: World,
    pupils: tuple[Any, ...],
    of_hub: list[tuple[int, bool, bool]],
    parts: list[list[str]],
) -> None:
    world = structs.replace(world, pupils=pupils)
    known = [(f"p{number}", as_known(pupils, number, *said)) for number, *said in of_hub]
    whole = synced(world, known, [list(YEARS)])

    assert synced(world, known, parts) == whole
    assert sum(person[0] == "pupil" for person in whole.people) == len(
        {pupil.mis_id for pupil in pupils} | {mis_id for mis_id, _ in known}
    )
