"""What is implausible waits for a person, and says why and how to go on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adminhub.hub.planning.guards import Figures, Part, Thresholds, holds, is_summer

NOVEMBER, SEPTEMBER = date(2026, 11, 25), date(2026, 9, 3)


def codes(*, day: date = NOVEMBER, limits: Thresholds | None = None, **figures: Any) -> list[str]:
    values = {"noun": "pupils", "missing": 0, **figures}
    return [hold.code for hold in holds(Figures(**values), day=day, limits=limits)]


def test_an_ordinary_day_is_not_held() -> None:
    assert codes(sent=980, linked=1000, missing=20, renamed=4, sent_before=1000) == []
    assert codes(sent=0, linked=0) == []


def test_what_is_implausible_is_held() -> None:
    assert codes(sent=0, linked=3) == ["empty"]
    assert codes(sent=500, linked=1000, missing=500) == ["shrunk"]
    assert codes(sent=100, linked=100, relinked=60) == ["new_ids"]
    assert codes(sent=100, linked=100, renamed=60) == ["renamed"]
    assert codes(sent=100, linked=100, doubled=1) == ["double_upns"]
    assert codes(sent=100, linked=100, hours_old=25) == ["old_data"]
    assert codes(sent=150, linked=0, sent_before=300) == ["fewer"]
    assert codes(sent=0, linked=0, unplaced=240, noun="registration groups") == ["none_sent"]
    assert codes(sent=0, linked=0, unplaced=240, noun="subject classes") == ["none_sent"]


def test_everybody_vanishing_is_held_however_few_they_are() -> None:
    assert codes(sent=1, linked=1, missing=1) == ["shrunk"]
    assert codes(sent=4, linked=4, missing=3) == []


def test_an_empty_list_cannot_be_confirmed_away() -> None:
    (hold,) = holds(Figures(noun="pupils", sent=0, linked=3, missing=3), day=NOVEMBER)
    assert not hold.can_confirm


def test_in_september_more_may_leave_and_classes_may_be_new() -> None:
    assert codes(sent=200, linked=240, missing=40) == ["shrunk"]
    assert codes(sent=200, linked=240, missing=40, day=SEPTEMBER) == []
    assert codes(sent=140, linked=240, missing=100, day=SEPTEMBER) == ["shrunk"]
    classes = {"noun": "subject classes", "are_classes": True, "sent": 90, "linked": 100}
    assert codes(**classes, missing=80, added=70, relinked=15, day=SEPTEMBER) == []
    assert codes(**classes, missing=80, added=70) == ["other_classes"]


def test_classes_with_other_ids_are_not_called_a_change_of_mis() -> None:
    classes = Figures(
        noun="registration groups", are_classes=True, sent=43, linked=43, missing=0, relinked=32
    )
    (hold,) = holds(classes, day=NOVEMBER)
    assert hold.code == "new_ids"
    assert "usual when a school year or a timetable begins" in hold.message
    assert "looks like a change of MIS" not in hold.message


def test_the_window_is_from_20_august_to_30_september() -> None:
    window = [date(2026, 8, 19), date(2026, 8, 20), date(2026, 9, 30), date(2026, 10, 1)]
    assert [is_summer(day) for day in window] == [False, True, True, False]


def test_a_year_group_or_class_that_vanishes_is_held_though_the_school_is_large() -> None:
    gone = Part(name="4B", linked=30, missing=30)
    assert codes(sent=970, linked=1000, missing=30, parts=[gone]) == ["part_shrunk"]
    assert codes(sent=970, linked=1000, missing=30, parts=[gone], day=SEPTEMBER) == ["part_shrunk"]
    assert codes(sent=997, linked=1000, missing=3, parts=[Part(name="Hub", linked=3, missing=3)]) == [
        "part_shrunk"
    ]
    assert codes(sent=998, linked=1000, missing=2, parts=[Part(name="4B", linked=30, missing=2)]) == []


def test_three_groups_that_vanish_are_named_and_the_rest_counted() -> None:
    parts = [Part(name=name, linked=9, missing=9) for name in ("4A", "4B", "4C", "4D")]
    (hold,) = holds(
        Figures(noun="pupils", sent=964, linked=1000, missing=36, parts=tuple(parts)), day=NOVEMBER
    )
    assert hold.message.startswith(
        "9 of 9 in 4A, 9 of 9 in 4B, 9 of 9 in 4C, many in 1 other group are missing"
    )


def test_the_last_year_may_leave_in_september_and_not_in_november() -> None:
    year_6 = Part(name="Year 6", linked=30, missing=30, is_leaving=True)
    asked = {"sent": 380, "linked": 410, "missing": 30, "parts": [year_6]}
    assert codes(**asked, day=SEPTEMBER) == []
    assert codes(**asked) == ["part_shrunk"]


def test_strangers_in_the_place_of_most_look_like_a_change_of_mis_and_nobody_is_doubled() -> None:
    (hold,) = holds(Figures(noun="pupils", sent=240, linked=240, missing=238, added=238), day=NOVEMBER)
    assert (hold.code, hold.can_confirm) == ("other_ids", False)
    assert "assistant" in hold.message
    assert codes(sent=240, linked=240, missing=130, added=120, day=SEPTEMBER) == ["shrunk"]


def test_a_school_sets_its_own_limits() -> None:
    wide = Thresholds.read({"leavers": 60, "hours": 72})
    assert codes(sent=500, linked=1000, missing=500, hours_old=50, limits=wide) == []
    assert Thresholds.read({"leavers": "all", "hours": 0, "unheard_of": 3, "part": True}) == Thresholds()


def test_a_hold_says_the_number_what_has_not_happened_and_the_way_out() -> None:
    (hold,) = holds(Figures(noun="pupils", sent=50, linked=100, missing=50), day=NOVEMBER)
    assert hold.message.startswith("50 of 100 synced pupils are missing from the MIS, more than the 10%")
    assert "Nothing has changed." in hold.message
    assert "confirm" in hold.message


NUMBER = st.integers(0, 300)


@given(
    st.builds(
        Figures,
        noun=st.just("pupils"),
        sent=NUMBER,
        linked=NUMBER,
        missing=NUMBER,
        renamed=NUMBER,
        relinked=NUMBER,
        added=NUMBER,
        sent_before=NUMBER,
        doubled=NUMBER,
        unplaced=NUMBER,
        hours_old=NUMBER,
    ),
    st.sampled_from([NOVEMBER, SEPTEMBER]),
)
def test_every_hold_says_that_nothing_has_changed_and_none_is_said_twice(figures: Figures, day: date) -> None:
    found = holds(figures, day=day)
    assert len({hold.code for hold in found}) == len(found)
    assert all("Nothing has changed" in hold.message for hold in found)
    if 0 < figures.linked <= figures.missing:
        assert found, "everybody vanished"


@pytest.mark.parametrize("missing", [100, 101])
def test_the_limit_itself_is_still_within_it(missing: int) -> None:
    assert (codes(sent=1000, linked=1000, missing=missing) == []) == (missing == 100)
