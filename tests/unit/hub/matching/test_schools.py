"""Whole invented schools, drawn from a seed: above everything, nobody is taken for somebody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adminhub.hub.matching.columns import _proofs
from adminhub.hub.matching.files import Table, match_rows
from adminhub.hub.matching.values import Who
from adminhub.mis.identifiers import is_temporary_upn, is_valid_upn
from benchmarks._schools import Maker, communities
from benchmarks._scoring import Score, score
from tests.unit.hub.matching.cast import a_temporary_upn, a_upn

NAMES = communities()


def a_school(seed: int, *, profile: str, quality: str = "typical") -> Score:
    made = Maker(pupils=240, seed=seed, profile=profile, quality=quality, names=NAMES).make()
    predictions = match_rows(Table.of(made.hub), Table.of(made.mis))
    return score(made, [(hub, mis, status) for hub, mis, status, _, _ in predictions])


@pytest.mark.parametrize(
    ("profile", "quality"), [("realistic", "good"), ("realistic", "poor"), ("hard", "typical")]
)
def test_nobody_is_matched_to_somebody_else(profile: str, quality: str) -> None:
    total = Score()
    for seed in range(4):
        total += a_school(seed, profile=profile, quality=quality)
    assert (total.wrong, total.doubled) == (0, 0)


def test_most_are_matched_and_nearly_all_the_others_are_offered() -> None:
    total = Score()
    for seed in range(10, 16):
        total += a_school(seed, profile="realistic")
    assert total.recall > 0.8
    assert total.coverage > 0.99
    assert total.review_share < 0.2


NUMBERS = st.one_of(
    st.sampled_from(
        [a_upn(1), a_upn(2), a_temporary_upn(1), "", "A999200024001", "I999200024001", "Ä999200024001"]
    ),
    st.text("ABCIZ0123456789", max_size=14),
)


@given(st.lists(NUMBERS, max_size=8))
def test_a_column_of_upns_is_judged_as_each_one_is(numbers: list[str]) -> None:
    proofs, broken = _proofs(numbers, Who.PUPILS)
    assert proofs == [one if is_valid_upn(one) and not is_temporary_upn(one) else "" for one in numbers]
    assert broken.tolist() == [bool(one) and not is_valid_upn(one) for one in numbers]
