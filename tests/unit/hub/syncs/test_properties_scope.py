"""A school synced some year groups at a time ends where one that is synced whole ends, however it is split."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.scoping import NONE
from adminhub.hub.syncs.actions import choose_scope
from adminhub.hub.syncs.models import Scope
from tests.unit.hub.syncs.cast import a_upn, an_mis_pupil
from tests.unit.hub.syncs.test_properties import PATIENT, an_example, writes
from tests.unit.hub.syncs.worlds import DEEPER, WORLD, Oak, Seen, World, given_known, seen

pytestmark = pytest.mark.django_db
YEARS = ("3", "4", NONE)
ROUNDS = 6
SPLIT = st.permutations(YEARS).flatmap(
    lambda years: st.sampled_from([[years[:1], years[1:]], [years[:2], years[2:]], [[one] for one in years]])
)
"""Every year group in one of the parts, the parts in any order."""


NAMES = (
    "Kit Ray",
    "Amy Okafor",
    "Jo Novák",
    "Zoe Adams",
    "Max Singh",
    "Lea Murphy",
    "Ivo Haddad",
    "Una Price",
)
"""Of pupils that nobody takes for one another: else it is asked about whoever comes second."""


def a_pupil(number: int, year: str | None, group: str, classes: list[str]) -> Any:
    forename, surname = NAMES[number].split()
    return an_mis_pupil(
        f"p{number}",
        forename=forename,
        surname=surname,
        upn=a_upn(number),
        birthday=date(2015, 1 + number, 3 * number + 1),
        year_group=year,
        registration_group=group,
        classes=tuple(classes),
    )


PUPILS = st.lists(
    st.builds(
        a_pupil,
        st.integers(0, len(NAMES) - 1),
        st.sampled_from(["3", "4", "", None]),
        st.sampled_from(["", "Bg1", "Bg2", "Bg9"]),
        st.lists(st.sampled_from(["Bc1", "Bc2", "Bc9"]), max_size=2, unique=True),
    ),
    unique_by=lambda pupil: pupil.mis_id,
).map(tuple)
KNOWN = st.lists(
    st.tuples(st.integers(0, len(NAMES) - 1), st.booleans(), st.booleans()), unique_by=lambda one: one[0]
)
"""Whom the hub knew: which of them, and whether with UPN and with birthday."""


def as_known(number: int, with_upn: bool, with_birthday: bool) -> dict[str, Any]:
    pupil = a_pupil(number, "4", "", [])
    return {
        "forename": pupil.forename,
        "surname": pupil.surname,
        "upn": pupil.upn if with_upn else "",
        "birthday": pupil.birthday if with_birthday else None,
    }


def synced(world: World, known: list[dict[str, Any]], parts: list[list[str]]) -> Seen:
    """The school after a sync of each part, again until nothing is left to write; one part may wait for another."""
    with an_example():
        oak = Oak(world=world)
        given_known(oak.school, known)
        for _ in range(ROUNDS):
            written = [counts for part in parts for counts in writes(_sync(oak, part))]
            if not any(written):
                return replace(seen(oak.school), review=[])
        raise AssertionError("Each sync changes back what another has written.")


def _sync(oak: Oak, part: list[str]) -> list[Any]:
    run = oak.fetch()
    with school_scope(oak.school.pk):
        whole = set(part) == set(YEARS)
        choose_scope(run=run, scope=Scope.ALL if whole else Scope.YEAR_GROUPS, chosen=part, by=oak.ada)
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
    world, known = structs.replace(world, pupils=pupils), [as_known(*one) for one in of_hub]
    assert synced(world, known, parts) == synced(world, known, [list(YEARS)])
