"""Lines that May match are sorted by what they have in common, so that a person can decide them together."""

from __future__ import annotations

from typing import Any

import pytest

from adminhub.hub.planning.agreement import Agreement, Seen, agreement_of


def jo(**fields: Any) -> Seen:
    values: dict[str, Any] = {"forenames": ("jo",), "surnames": ("novak",), "year": "4"}
    return Seen(**{**values, **fields})


@pytest.mark.parametrize(
    ("ours", "theirs", "word"),
    [
        (jo(number="A1"), jo(number="A1", surnames=("nowak",)), Agreement.NUMBER),
        (jo(number="A1", birthday="2015-03-02"), jo(number="A1", birthday="2015-03-12"), Agreement.NUMBER),
        (jo(number="A1", birthday="2015-03-02"), jo(number="A1", birthday="2014-11-12"), Agreement.MIXED),
        (jo(birthday="2015-03-02"), jo(birthday="2015-02-03"), Agreement.SLIP),
        (jo(number="A1", birthday="2015-03-02"), jo(number="B2", birthday="2015-03-02"), Agreement.MIXED),
        (jo(birthday="2015-03-02"), jo(birthday="2013-11-12"), Agreement.AGAINST),
        (jo(email="jo@oak.example"), jo(email="jo@oak.example"), Agreement.EMAIL),
        (jo(birthday="2015-03-02"), jo(birthday="2015-03-02"), Agreement.BIRTHDAY),
        (jo(), jo(), Agreement.YEAR),
        (jo(), jo(birthday="2015-03-02", number="A1"), Agreement.YEAR),
        (jo(year=""), jo(), Agreement.NAME),
        (jo(year="3"), jo(), Agreement.WEAK),
        (jo(birthday="2015-03-02"), jo(birthday="2015-03-02", surnames=("nowak",)), Agreement.ALIKE),
        (jo(), jo(surnames=("nowak",)), Agreement.WEAK),
        (jo(forenames=("kit",)), jo(forenames=("kim",), surnames=("ray",)), Agreement.AGAINST),
        (Seen(surnames=("4 oak",)), Seen(surnames=("4 oak",)), Agreement.NAME),
    ],
)
def test_a_pair_is_sorted_by_the_surest_thing_it_has_in_common(ours: Seen, theirs: Seen, word: str) -> None:
    assert agreement_of(ours, theirs, has_rivals=False) == word


def test_where_several_could_be_meant_nothing_else_counts() -> None:
    assert agreement_of(jo(number="A1"), jo(number="A1"), has_rivals=True) == Agreement.RIVALS
