"""Next year from this year: who moves where, which class is which, and the changes that make it so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adminhub.hub.planning.values import ChangeKind
from adminhub.hub.rollover.drafting import draft
from adminhub.hub.rollover.predicting import could_be, next_name, predict, suggest
from adminhub.hub.rollover.values import (
    LEAVE,
    STAY,
    Choices,
    ClassNow,
    Leader,
    Now,
    Outcome,
    Prediction,
    PupilChoice,
    PupilNow,
)

IN_2026 = Choices(school_year=2026)


def a_school(*classes: tuple[str, dict[str, int]], without: Iterable[str] = (), **fields: Any) -> Now:
    """Classes with how many pupils of each year group they have, and pupils in no class."""
    pupils: dict[int, PupilNow] = {}
    groups: dict[int, ClassNow] = {}
    for key, (name, years) in enumerate(classes, 1):
        places = {}
        for year in [year for year, count in years.items() for _ in range(count)]:
            number = len(pupils) + 100
            pupils[number] = PupilNow(
                key=number, sourced_id=UUID(int=number), name=f"Ray {number}", year=year, group=key
            )
            places[number] = 1000 + number
        groups[key] = ClassNow(
            key=key, sourced_id=UUID(int=key), name=name, years=tuple(years), places=places
        )
    for year in without:
        number = len(pupils) + 100
        pupils[number] = PupilNow(key=number, sourced_id=UUID(int=number), name=f"Ray {number}", year=year)
    return Now(pupils=pupils, classes=groups, **fields)


def next_year_of(now: Now, choices: Choices = IN_2026) -> Prediction:
    return predict(now, suggest(now, choices))


def classes(predicted: Prediction) -> dict[str, tuple[Outcome, str]]:
    """What becomes of each class: by next year's name, with this year's."""
    return {
        f"{one.name} (archived)" if one.outcome is Outcome.ARCHIVED else one.name: (one.outcome, one.before)
        for one in predicted.classes
    }


@pytest.mark.parametrize(
    ("name", "year", "after", "wanted"),
    [
        ("7A", "7", "8", "8A"),
        ("Year 4 Oak", "4", "5", "Year 5 Oak"),
        ("10 Blue", "10", "11", "11 Blue"),
        ("RB", "R", "1", "1B"),
        ("Reception Oak", "R", "1", "Year 1 Oak"),
        ("Nursery", "N2", "R", "Reception"),
        ("Rowan", "R", "1", "Rowan"),
        ("Acorn", "1", "2", "Acorn"),
        ("17B", "7", "8", "17B"),
    ],
)
def test_a_name_that_says_its_year_says_the_next(name: str, year: str, after: str, wanted: str) -> None:
    assert next_name(name, year, after) == wanted


def test_everybody_moves_up_the_oldest_leave_and_groups_go_on_under_their_new_names() -> None:
    predicted = next_year_of(a_school(("7A", {"7": 5}), ("8A", {"8": 4}), ("9A", {"9": 3})))
    assert [(one.before, one.after, one.count) for one in predicted.years] == [
        ("7", "8", 5),
        ("8", "9", 4),
        ("9", LEAVE, 3),
    ]
    assert classes(predicted) == {
        "8A": (Outcome.RENAMED, "7A"),
        "9A": (Outcome.RENAMED, "8A"),
        "9A (archived)": (Outcome.ARCHIVED, "9A"),
    }
    assert len(predicted.leavers) == 3
    assert [(one.name, one.now) for one in predicted.reused] == [("8A", "9A"), ("9A", "")]


def test_a_primary_school_whose_classes_are_rooms_moves_from_room_to_room() -> None:
    predicted = next_year_of(a_school(("Acorn", {"1": 5}), ("Beech", {"2": 5}), ("Cedar", {"3": 5})))
    assert classes(predicted) == {
        "Beech": (Outcome.RENAMED, "Acorn"),
        "Cedar": (Outcome.RENAMED, "Beech"),
        "Cedar (archived)": (Outcome.ARCHIVED, "Cedar"),
    }


def test_a_mixed_age_class_keeps_its_younger_half_and_hands_on_the_older() -> None:
    predicted = next_year_of(a_school(("Acorn", {"1": 6, "2": 6}), ("Beech", {"3": 6, "4": 6})))
    acorn, beech = (one for one in predicted.classes if one.outcome is Outcome.SAME)
    assert (acorn.name, len(acorn.pupils), acorn.years) == ("Acorn", 6, ("2",))
    assert (beech.name, len(beech.pupils), beech.years) == ("Beech", 12, ("3", "4"))
    assert [(one.name, one.count) for one in beech.origins] == [("Acorn", 6), ("Beech", 6)]


def test_where_two_classes_could_be_meant_nothing_is_put_together_unasked() -> None:
    now = a_school(("Ash", {"R": 6}), ("Birch", {"1": 3, "2": 3}), ("Cedar", {"1": 3, "2": 3}))
    chosen = suggest(now, IN_2026)
    assert chosen.places[1, "R"] == ""
    assert could_be(now, chosen, (1, "R")) == ["Birch", "Cedar"]
    assert len(predict(now, chosen).without_group) == 6


def test_two_groups_that_become_one_are_a_new_class_and_both_are_archived() -> None:
    now = a_school(("7A", {"7": 5}), ("7B", {"7": 5}), ("8A", {"8": 5}))
    merged = replace(IN_2026, places={(1, "7"): "8X", (2, "7"): "8x "})
    predicted = next_year_of(now, merged)
    assert classes(predicted) == {
        "8X": (Outcome.NEW, ""),
        "7A (archived)": (Outcome.ARCHIVED, "7A"),
        "7B (archived)": (Outcome.ARCHIVED, "7B"),
        "8A (archived)": (Outcome.ARCHIVED, "8A"),
    }


def test_a_chosen_year_group_may_stay_or_leave() -> None:
    now = a_school(("11A", {"11": 3}), ("12A", {"12": 2}), ("13A", {"13": 2}))
    chosen = replace(IN_2026, years={"11": LEAVE, "12": STAY})
    predicted = next_year_of(now, chosen)
    assert len(predicted.leavers) == 5
    assert classes(predicted)["12A"] == (Outcome.SAME, "12A")


def test_a_free_name_gets_an_empty_class_only_if_asked_for() -> None:
    now = a_school(("7A", {"7": 5}), ("8A", {"8": 5}))
    assert "7A" not in classes(next_year_of(now))
    assert classes(next_year_of(now, replace(IN_2026, fills=True)))["7A"] == (Outcome.NEW, "")


def test_pupils_without_a_year_group_or_a_class_are_named_and_left_alone() -> None:
    now = a_school(("7A", {"7": 5, "": 1}), ("8A", {"8": 5}), without=["7"])
    predicted = next_year_of(now)
    assert len(predicted.without_year) == 1
    assert len(predicted.without_group) == 1
    assert len(next(one for one in predicted.classes if one.name == "8A").pupils) == 6


def test_whoever_has_moved_up_meanwhile_does_not_move_again() -> None:
    now = a_school(("8A", {"8": 5}), ("9A", {"9": 5}))
    moved = dict.fromkeys(now.classes[1].places, "7")
    now = replace(now, moved=moved, renamed=frozenset({1}))
    predicted = next_year_of(now)
    assert len(predicted.moved) == 5
    assert classes(predicted)["8A"] == (Outcome.SAME, "8A")
    planned = draft(now, suggest(now, IN_2026), predicted)
    assert not [change for _, change in planned if change.key in moved]


def test_one_who_moved_up_early_stays_with_their_class() -> None:
    now = a_school(("7A", {"7": 4, "8": 1}), ("8A", {"8": 5}))
    early = next(pupil.key for pupil in now.pupils.values() if pupil.group == 1 and pupil.year == "8")
    predicted = next_year_of(replace(now, moved={early: "7"}))
    assert classes(predicted)["8A"] == (Outcome.RENAMED, "7A")
    assert len(predicted.of(Outcome.RENAMED)[0].pupils) == 5


# The changes.


def changes_of(now: Now, choices: Choices = IN_2026) -> list[tuple[str, ChangeKind, str]]:
    chosen = suggest(now, choices)
    return [
        (subject, change.kind, change.reason) for subject, change in draft(now, chosen, predict(now, chosen))
    ]


def test_a_class_that_goes_on_moves_nobody_from_place_to_place() -> None:
    planned = changes_of(a_school(("7A", {"7": 2}), ("8A", {"8": 2})))
    assert planned == [
        ("registration", ChangeKind.UPDATE, "The same pupils, renamed from 7A"),
        ("registration", ChangeKind.ARCHIVE, "Last year's class, with its pupils"),
        ("pupil", ChangeKind.UPDATE, "Moves up a year"),
        ("pupil", ChangeKind.UPDATE, "Moves up a year"),
        ("pupil", ChangeKind.UPDATE, "Left at the end of Year 8"),
        ("pupil", ChangeKind.UPDATE, "Left at the end of Year 8"),
    ]


def test_leavers_lose_access_unless_it_was_chosen_otherwise() -> None:
    now = a_school(("6A", {"6": 2}))
    seen = {key: replace(pupil, has_access=key == 100) for key, pupil in now.pupils.items()}
    now = replace(now, pupils=seen)
    kinds = [kind for _, kind, _ in changes_of(now)]
    assert kinds.count(ChangeKind.WITHDRAW) == 1
    assert ChangeKind.WITHDRAW not in [
        kind for _, kind, _ in changes_of(now, replace(IN_2026, withdraws=False))
    ]


def test_leavers_of_a_class_that_goes_on_leave_it() -> None:
    planned = changes_of(a_school(("Oak", {"5": 2, "6": 2})))
    assert [reason for _, kind, reason in planned if kind is ChangeKind.LEAVE_CLASS] == [
        "No longer in Oak"
    ] * 2


def test_teachers_move_up_with_their_pupils_or_keep_the_name_of_their_class() -> None:
    now = a_school(("4B", {"4": 2}), ("5B", {"5": 2}))
    carter, okafor = UUID(int=901), UUID(int=902)
    led = {
        1: replace(now.classes[1], leaders=(Leader(enrolment=71, employee=carter, is_main=True),)),
        2: replace(now.classes[2], leaders=(Leader(enrolment=72, employee=okafor),)),
    }
    now = replace(now, classes=led)
    assert not [one for one in changes_of(now) if one[0] == "employee"]
    chosen = suggest(now, replace(IN_2026, teachers_keep_names=True, fills=True))
    planned = draft(now, chosen, predict(now, chosen))
    moves = [
        (change.sourced_id, change.kind, change.row) for subject, change in planned if subject == "employee"
    ]
    assert sorted(moves, key=str) == sorted(
        [
            (carter, ChangeKind.LEAVE_CLASS, 71),
            (carter, ChangeKind.ENROL, None),
            (okafor, ChangeKind.ENROL, None),
        ],
        key=str,
    )


def test_subject_classes_end_unless_they_are_kept_or_the_mis_decides() -> None:
    now = a_school(("7A", {"7": 2}))
    subjects = {
        11: ClassNow(key=11, sourced_id=UUID(int=11), name="7A/En", is_registration=False),
        12: ClassNow(key=12, sourced_id=UUID(int=12), name="Choir", is_registration=False),
        13: ClassNow(key=13, sourced_id=UUID(int=13), name="7A/Ma", is_registration=False, is_synced=True),
    }
    now = replace(now, classes={**now.classes, **subjects})
    predicted = next_year_of(now, replace(IN_2026, kept=frozenset({12})))
    assert [one.name for one in predicted.of(Outcome.ARCHIVED) if not one.is_registration] == ["7A/En"]


# Whatever comes.

YEAR = st.sampled_from(["R", "1", "2", "3", ""])
NAME = st.sampled_from(["RA", "1A", "2A", "3A", "Oak", "Elm", "Year 1 A", ""])


@given(
    st.lists(st.tuples(NAME.filter(bool), st.dictionaries(YEAR, st.integers(0, 3), max_size=3)), max_size=5),
    st.lists(YEAR, max_size=2),
    st.dictionaries(st.tuples(st.integers(1, 5), YEAR), NAME, max_size=4),
    st.dictionaries(YEAR.filter(bool), st.sampled_from([LEAVE, STAY, "2", "3"]), max_size=3),
    st.booleans(),
)
def test_whatever_is_chosen_each_pupil_has_one_place_and_each_class_one_identity(
    groups: list[tuple[str, dict[str, int]]],
    without: list[str],
    places: dict[tuple[int, str], str],
    years: dict[str, str],
    fills: bool,
) -> None:
    now = a_school(*groups, without=without)
    chosen = suggest(now, replace(IN_2026, places=places, years=years, fills=fills))
    predicted = predict(now, chosen)
    going_on = [one for one in predicted.classes if one.outcome is not Outcome.ARCHIVED]
    placed = [pupil for one in going_on for pupil in one.pupils]
    assert len(placed) == len(set(placed))
    keys = [one.key for one in predicted.classes if one.key is not None]
    assert len(keys) == len(set(keys))
    names = [one.name for one in going_on]
    assert len(names) == len(set(names))
    assert set(placed) | set(predicted.leavers) | set(predicted.without_group) == set(now.pupils)
    assert not set(placed) & set(predicted.leavers)

    # The changes, carried out on paper, come to what was predicted.
    at = {pupil: {key for key, one in now.classes.items() if pupil in one.places} for pupil in now.pupils}
    ids: dict[str, Any] = {str(one.sourced_id): one.key for one in now.classes.values()}
    enrolments = {
        place: (pupil, key) for key, one in now.classes.items() for pupil, place in one.places.items()
    }
    by_id = {pupil.sourced_id: pupil.key for pupil in now.pupils.values()}
    archived = {one.key for one in predicted.of(Outcome.ARCHIVED)}
    planned = draft(now, chosen, predicted)
    for _, change in planned:
        if change.kind is ChangeKind.JOIN:
            ids[str(change.sourced_id)] = str(change.after["name"])
    for _, change in planned:
        if change.kind is ChangeKind.ENROL:
            at[by_id[change.sourced_id]].add(ids[str(change.after["school_class"])])
        elif change.kind is ChangeKind.LEAVE_CLASS:
            pupil, key = enrolments[change.row or 0]
            at[pupil].remove(key)
    wanted = {pupil: one.key if one.key is not None else one.name for one in going_on for pupil in one.pupils}
    for pupil, where in at.items():
        assert {key for key in where if key not in archived} == (
            {wanted[pupil]} if pupil in wanted else set()
        )


def test_a_pupil_held_back_stays_in_the_year_group_and_joins_the_next_class_of_the_name() -> None:
    now = a_school(("7A", {"7": 5}), ("8A", {"8": 5}), ("9A", {"9": 5}))
    choices = suggest(now, replace(IN_2026, pupils={105: PupilChoice(year=STAY)}))
    predicted = predict(now, choices)
    by_name = {one.name: one for one in predicted.of_registration()}
    assert 105 in by_name["8A"].pupils
    assert by_name["8A"].before == "7A"
    assert [
        (one.before, one.after, one.count, one.is_single) for one in predicted.years if one.before == "8"
    ] == [
        ("8", "9", 4, False),
        ("8", STAY, 1, True),
    ]
    of_pupil = [
        change for subject, change in draft(now, choices, predicted) if change.sourced_id == UUID(int=105)
    ]
    assert [(one.kind, one.is_skipped, one.reason) for one in of_pupil] == [
        (ChangeKind.UPDATE, True, "Held back: stays in Year 8"),
        (ChangeKind.ENROL, False, "In 8A next year"),
        (ChangeKind.LEAVE_CLASS, False, "No longer in 8A"),
    ]


def test_pupils_held_back_do_not_make_the_class_stay_that_everybody_else_leaves() -> None:
    now = a_school(("7A", {"7": 4}), ("8A", {"8": 4}))
    chosen = replace(
        IN_2026, years={"8": LEAVE}, pupils={104: PupilChoice(year=STAY), 105: PupilChoice(year=STAY)}
    )
    assert classes(next_year_of(now, chosen)) == {
        "8A": (Outcome.RENAMED, "7A"),
        "8A (archived)": (Outcome.ARCHIVED, "8A"),
    }


def test_a_single_pupil_leaves_skips_a_year_or_changes_class_and_the_others_do_not() -> None:
    now = a_school(("7A", {"7": 5}), ("7B", {"7": 5}))
    pupils = {
        100: PupilChoice(year=LEAVE),
        101: PupilChoice(year="9", group="9 Oak"),
        102: PupilChoice(group="8B"),
        103: PupilChoice(group=""),
    }
    chosen = replace(IN_2026, years={"7": "8"}, pupils=pupils)
    predicted = next_year_of(now, chosen)
    by_name = {one.name: one.pupils for one in predicted.of_registration()}
    assert predicted.leavers == (100,)
    assert by_name == {"8A": {104}, "8B": {102, *range(105, 110)}, "9 Oak": {101}}
    assert predicted.without_group == (103,)
    assert predicted.singles == (100, 101, 102, 103)
