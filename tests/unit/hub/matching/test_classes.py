"""Which class is which: by link, by who is in it, by name. The rules are in docs/reference/class-pairing-rules.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adminhub.hub.matching.classes import class_key, match_classes, stem
from adminhub.hub.matching.values import Decided, HubClass, MISClass, Status, Verdict

OAK, ELM, ASH = range(100, 126), range(200, 226), range(300, 326)
"""The pupils of three forms, 26 each."""


def a_class(key: int, name: str, pupils: Iterable[int] = (), **fields: Any) -> HubClass:
    return HubClass(key=key, name=name, members=frozenset(pupils), **fields)


def an_mis_class(
    key: int, name: str, pupils: Iterable[int] = (), *, joiners: int = 0, **fields: Any
) -> MISClass:
    """Its MIS id is its name, as SIMS has it, unless the test says otherwise."""
    known = frozenset(pupils)
    return MISClass(
        key=key, name=name, members=known, size=len(known) + joiners, **{"mis_id": name, **fields}
    )


def pairs(found: Sequence[Verdict]) -> dict[int, tuple[Status, int | None]]:
    return {one.hub: (one.status, one.mis) for one in found if one.hub is not None}


def of_mis(found: Sequence[Verdict], key: int) -> Verdict:
    return next(one for one in found if one.mis == key)


def of_hub(found: Sequence[Verdict], key: int) -> Verdict:
    return next(one for one in found if one.hub == key)


# Names.


def test_a_class_is_found_by_its_name_however_it_is_written() -> None:
    assert class_key("Year 7 A") == class_key("7A") == class_key("7a ")
    assert class_key("Form 7/A") == class_key("7-A")


def test_a_name_keeps_its_stem_when_the_class_moves_up_a_year() -> None:
    assert stem("7A/En") == stem("8a/en") == "aen"
    assert stem("8y/Ma1") != stem("9y/Ma2")


def test_a_unique_name_matches_and_a_name_that_several_have_is_left_to_a_person() -> None:
    found = match_classes(
        [a_class(1, "7A"), a_class(2, "7B"), a_class(3, "7b")],
        [an_mis_class(11, "7a"), an_mis_class(12, "7B")],
    )
    statuses = {verdict.hub: verdict.status for verdict in found if verdict.hub}
    assert statuses == {1: Status.MATCHED, 2: Status.MAY_MATCH, 3: Status.NOT_MATCHED}


def test_two_subjects_with_sets_of_one_name_are_told_apart() -> None:
    found = match_classes(
        [a_class(1, "Set 1", subject="English"), a_class(2, "Set 1", subject="Maths")],
        [
            an_mis_class(11, "Set 1", subject="Maths", mis_id="m"),
            an_mis_class(12, "Set 1", subject="English", mis_id="e"),
        ],
        of_subjects=True,
    )
    assert pairs(found) == {1: (Status.MATCHED, 12), 2: (Status.MATCHED, 11)}


# Links.


def test_a_linked_class_stays_linked_through_a_new_name() -> None:
    (verdict,) = match_classes([a_class(1, "7A", OAK, mis_id="a")], [an_mis_class(11, "8A", OAK, mis_id="a")])
    assert (verdict.status, verdict.reasons) == (Status.SYNCED, ("Linked earlier", "Renamed from 7A"))


def test_a_linked_class_whose_pupils_did_not_come_stays_linked() -> None:
    (verdict,) = match_classes([a_class(1, "7A", OAK, mis_id="a")], [an_mis_class(11, "7A", mis_id="a")])
    assert verdict.status is Status.SYNCED


def test_a_tutor_group_of_all_years_stays_itself_when_its_oldest_leave_and_new_ones_join() -> None:
    ours = a_class(1, "Kestrel", OAK, mis_id="Kestrel")
    theirs = an_mis_class(11, "Kestrel", list(OAK)[6:], joiners=6)
    (verdict,) = match_classes([ours], [theirs])
    assert verdict.status is Status.SYNCED


def test_mixed_age_classes_that_hand_on_half_their_pupils_stay_themselves() -> None:
    found = match_classes(
        [a_class(1, "Acorns", OAK, mis_id="Acorns"), a_class(2, "Beeches", ELM, mis_id="Beeches")],
        [
            an_mis_class(11, "Acorns", list(OAK)[:13], joiners=13),
            an_mis_class(12, "Beeches", [*list(OAK)[13:], *list(ELM)[:13]]),
        ],
    )
    assert pairs(found) == {1: (Status.SYNCED, 11), 2: (Status.SYNCED, 12)}


# September.


def test_in_september_groups_move_up_with_their_pupils_and_a_reused_name_is_a_new_class() -> None:
    found = match_classes(
        [
            a_class(1, "7A", OAK, mis_id="7A"),
            a_class(2, "8A", ELM, mis_id="8A"),
            a_class(3, "9A", ASH, mis_id="9A"),
        ],
        [an_mis_class(11, "7A", joiners=28), an_mis_class(12, "8A", OAK), an_mis_class(13, "9A", ELM)],
    )
    assert pairs(found) == {1: (Status.MATCHED, 12), 2: (Status.MATCHED, 13), 3: (Status.DESYNCED, None)}
    assert of_hub(found, 1).reasons == (
        "26 of 26 pupils in both",
        "Renamed from 7A",
        "The MIS ID has changed",
    )
    assert of_hub(found, 3).reasons == ("Its name is used for other pupils now",)
    assert of_mis(found, 11).status is Status.NEW
    assert of_mis(found, 11).reasons == ("Name reused: other pupils than were in 7A",)


def test_a_class_reborn_with_another_mis_id_keeps_its_identity() -> None:
    (verdict,) = match_classes(
        [a_class(1, "7A", OAK, mis_id="old")],
        [an_mis_class(11, "7A", list(OAK)[2:], joiners=2, mis_id="new")],
    )
    assert verdict.status is Status.MATCHED
    assert verdict.reasons == ("24 of 26 pupils in both", "Same name", "The MIS ID has changed")


def test_a_class_reborn_without_known_pupils_is_not_added_again_and_not_taken_for_granted() -> None:
    (verdict,) = match_classes([a_class(1, "7A", mis_id="old")], [an_mis_class(11, "7A", mis_id="new")])
    assert (verdict.status, verdict.hub, verdict.mis) == (Status.MAY_MATCH, 1, 11)


def test_a_tutor_group_reborn_for_its_second_year_is_itself_though_half_its_pupils_are_new() -> None:
    ours = a_class(1, "6AMR", OAK, mis_id="old")
    (verdict,) = match_classes([ours], [an_mis_class(11, "6AMR", OAK[:9], joiners=14, mis_id="new")])
    assert (verdict.status, verdict.reasons[0]) == (Status.MATCHED, "9 of 23 pupils in both")


def test_a_set_of_the_same_name_with_a_quarter_of_its_pupils_is_left_to_a_person() -> None:
    ours = a_class(1, "Phonics 1", OAK[:16], subject="Phonics", mis_id="old")
    theirs = an_mis_class(11, "Phonics 1", [*OAK[:4], *ELM[:12]], subject="Phonics", mis_id="new")
    others = an_mis_class(12, "Phonics 2", OAK[4:], subject="Phonics", mis_id="x")
    found = match_classes([ours], [theirs, others], of_subjects=True)
    assert of_hub(found, 1).status is Status.MAY_MATCH


def test_a_new_course_is_a_new_class_with_the_same_pupils() -> None:
    found = match_classes(
        [a_class(1, "9X/En1", OAK, subject="English", mis_id="1")],
        [an_mis_class(11, "10X/En1", OAK, subject="English")],
        of_subjects=True,
    )
    assert of_mis(found, 11).status is Status.NEW
    assert of_mis(found, 11).reasons == ("26 of its 26 pupils were in 9X/En1",)


def test_an_empty_class_of_next_year_does_not_keep_the_pupils_class_from_moving_up() -> None:
    found = match_classes(
        [a_class(1, "7A", OAK, mis_id="7A")], [an_mis_class(11, "7A"), an_mis_class(12, "8A", OAK)]
    )
    assert pairs(found) == {1: (Status.MATCHED, 12)}


def test_last_years_class_of_the_same_name_gives_nothing_to_other_children() -> None:
    found = match_classes([a_class(1, "7A", range(1, 21))], [an_mis_class(11, "7A", range(40, 60))])
    assert [one.status for one in found] == [Status.NOT_MATCHED, Status.NEW]


def test_a_small_class_with_wholly_other_pupils_is_left_to_a_person() -> None:
    for link in ("Flute", None):
        ours = a_class(1, "Flute", [1, 2, 3], mis_id=link)
        (verdict,) = match_classes([ours], [an_mis_class(11, "Flute", [7, 8, 9])])
        assert verdict.status is Status.MAY_MATCH


def test_pupils_who_are_not_decided_yet_prove_nothing() -> None:
    ours = a_class(1, "7A", OAK, undecided=20, mis_id="a")
    theirs = an_mis_class(11, "7A", joiners=26, undecided=20, mis_id="a")
    (verdict,) = match_classes([ours], [theirs])
    assert verdict.status is Status.SYNCED


# Subject classes.


def test_a_form_that_has_all_its_subjects_together_keeps_each_subject_apart() -> None:
    subjects = ("English", "Maths", "Science")
    found = match_classes(
        [
            a_class(place, f"7A/{name[:2]}", OAK, subject=name, mis_id=f"7A/{name[:2]}")
            for place, name in enumerate(subjects, 1)
        ],
        [
            an_mis_class(10 + place, f"8A/{name[:2]}", OAK, subject=name)
            for place, name in enumerate(subjects, 1)
        ],
        of_subjects=True,
    )
    assert pairs(found) == {place: (Status.MATCHED, 10 + place) for place in (1, 2, 3)}
    assert "Same subject" in of_hub(found, 1).reasons


def test_subject_codes_tell_subjects_apart_where_the_mis_names_none() -> None:
    found = match_classes(
        [a_class(1, "7A/En", OAK, mis_id="7A/En"), a_class(2, "7A/Ma", OAK, mis_id="7A/Ma")],
        [an_mis_class(11, "8x/Ma1", OAK), an_mis_class(12, "8x/Hi1", OAK)],
        of_subjects=True,
    )
    assert of_hub(found, 1).status is not Status.MATCHED
    assert of_mis(found, 12).status is not Status.MATCHED


def test_the_same_pupils_in_another_subject_are_a_new_class() -> None:
    found = match_classes(
        [a_class(1, "7A/En", OAK, subject="English", mis_id="7A/En")],
        [an_mis_class(11, "8A/Fr", OAK, subject="French")],
        of_subjects=True,
    )
    assert [one.status for one in found] == [Status.DESYNCED, Status.NEW]


def test_a_set_that_was_made_anew_is_a_new_class_that_says_where_its_pupils_were() -> None:
    found = match_classes(
        [a_class(1, "8y/Ma1", OAK, subject="Maths", mis_id="8y/Ma1")],
        [an_mis_class(11, "9y/Ma1", [*list(OAK)[:14], *list(ELM)[:12]], subject="Maths")],
        of_subjects=True,
    )
    assert of_mis(found, 11).status is Status.NEW
    assert of_mis(found, 11).reasons == ("14 of its 26 pupils were in 8y/Ma1",)


def test_the_set_still_synced_goes_on_and_an_older_one_with_the_same_pupils_does_not() -> None:
    found = match_classes(
        [
            a_class(1, "7A/En", OAK, subject="English"),
            a_class(2, "8A/En", OAK, subject="English", mis_id="8A/En"),
        ],
        [an_mis_class(11, "9A/En", OAK, subject="English")],
        of_subjects=True,
    )
    assert pairs(found) == {1: (Status.NOT_MATCHED, None), 2: (Status.MATCHED, 11)}


# Renamed, merged, split.


def test_a_group_half_remade_is_left_to_a_person() -> None:
    found = match_classes(
        [a_class(1, "7A", OAK, mis_id="7A")], [an_mis_class(11, "8A", [*list(OAK)[:15], *list(ELM)[:11]])]
    )
    assert pairs(found) == {1: (Status.MAY_MATCH, 11)}


def test_two_groups_merged_into_one_are_left_to_a_person_who_sees_both() -> None:
    found = match_classes(
        [a_class(1, "7A", OAK[:13], mis_id="7A"), a_class(2, "7B", ELM[:13], mis_id="7B")],
        [an_mis_class(11, "8A", [*OAK[:13], *ELM[:13]])],
    )
    merged = of_mis(found, 11)
    assert (merged.status, merged.candidates) == (Status.MAY_MATCH, (1, 2))
    assert merged.reasons == ("Merged: 13 of 13 of 7A, 13 of 13 of 7B",)
    assert of_hub(found, 1).reasons == ("13 of its 13 pupils are in 8A now",)


def test_a_group_split_in_two_is_left_to_a_person_who_sees_both() -> None:
    found = match_classes(
        [a_class(1, "7A", OAK, mis_id="7A")],
        [an_mis_class(11, "8A", OAK[:13]), an_mis_class(12, "8B", OAK[13:])],
    )
    split = of_hub(found, 1)
    assert (split.status, split.mis, split.candidates) == (Status.MAY_MATCH, None, (11, 12))
    assert {of_mis(found, key).status for key in (11, 12)} == {Status.NEW}


def test_an_archived_class_comes_back_by_nothing_but_its_link() -> None:
    put_away = a_class(1, "7A", OAK, is_archived=True)
    found = match_classes([put_away], [an_mis_class(11, "7A", OAK)])
    assert [one.status for one in found] == [Status.NOT_MATCHED, Status.NEW]


# Decisions.


def test_two_classes_that_a_person_told_apart_are_never_paired() -> None:
    apart = Decided(different=frozenset({(1, "7A")}))
    found = match_classes([a_class(1, "7A", OAK, mis_id="7A")], [an_mis_class(11, "7A", OAK)], decided=apart)
    assert [one.status for one in found] == [Status.DESYNCED, Status.NEW]


def test_a_decision_stands_whatever_the_names_and_pupils_say() -> None:
    same = Decided(same=frozenset({(1, "Z")}))
    (verdict,) = match_classes([a_class(1, "7A", OAK)], [an_mis_class(11, "Z", ELM)], decided=same)
    assert (verdict.status, verdict.reasons) == (Status.MATCHED, ("Matched by hand",))


def test_a_decision_of_last_year_is_asked_again_when_the_id_has_come_to_other_pupils() -> None:
    same = frozenset({(1, "7A")})
    (verdict,) = match_classes(
        [a_class(1, "7A", OAK, mis_id="7A")],
        [an_mis_class(11, "7A", joiners=26)],
        decided=Decided(same=same, earlier=same),
    )
    assert verdict.status is Status.MAY_MATCH


# Whatever comes.

SOME = st.frozensets(st.integers(1, 12), max_size=9)
NAMES = st.sampled_from(["7A", "8A", "7B", "Year 7 A", "7A/En", "8A/En", "Set 1", "", "x" * 200])
SUBJECTS = st.sampled_from(["", "English", "Maths"])
OURS = st.lists(
    st.builds(
        lambda name, subject, members, open_, link, lost, archived: {
            "name": name,
            "subject": subject,
            "members": members,
            "undecided": min(open_, len(members)),
            "mis_id": link,
            "is_lost": lost and link is not None,
            "is_archived": archived,
        },
        NAMES,
        SUBJECTS,
        SOME,
        st.integers(0, 3),
        st.sampled_from([None, None, "a", "b", "c", "z"]),
        st.booleans(),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=6,
    unique_by=lambda one: one["mis_id"] or id(one),
)
THEIRS = st.lists(
    st.tuples(NAMES, SUBJECTS, SOME, st.integers(0, 6), st.integers(0, 3)),
    max_size=6,
)
DECISIONS = st.sets(st.tuples(st.integers(1, 6), st.sampled_from("abc")), max_size=3)


def _both_sides(ours: list[dict[str, Any]], theirs: list[Any]) -> tuple[list[HubClass], list[MISClass]]:
    hub = [HubClass(key=key, **fields) for key, fields in enumerate(ours, 1)]
    mis = [
        MISClass(
            key=10 + place,
            mis_id="abcdef"[place],
            name=name,
            subject=subject,
            members=members,
            size=len(members) + joiners,
            undecided=min(open_, joiners),
        )
        for place, (name, subject, members, joiners, open_) in enumerate(theirs)
    ]
    return hub, mis


@given(OURS, THEIRS, DECISIONS, DECISIONS, st.booleans(), st.randoms(use_true_random=False))
def test_whatever_comes_each_class_stands_once_in_any_order_and_decisions_are_obeyed(
    ours: list[dict[str, Any]],
    theirs: list[Any],
    same: set[tuple[int, str]],
    different: set[tuple[int, str]],
    of_subjects: bool,
    chance: Random,
) -> None:
    hub, mis = _both_sides(ours, theirs)
    decided = Decided(same=frozenset(same - different), different=frozenset(different))
    found = match_classes(hub, mis, decided=decided, of_subjects=of_subjects)

    assert sorted(one.hub for one in found if one.hub is not None) == [one.key for one in hub]
    assert sorted(one.mis for one in found if one.mis is not None) == [one.key for one in mis]
    assert all(reason and len(reason) <= 200 for one in found for reason in one.reasons)

    mis_ids = {one.key: one.mis_id for one in mis}
    together = {(one.hub, mis_ids[one.mis]) for one in found if one.hub is not None and one.mis is not None}
    assert not together & decided.different
    partners = dict(together)
    known = {one.key for one in hub}
    for hub_key, mis_id in decided.same:
        if hub_key in known and mis_id in mis_ids.values():
            rivals = [one for one in decided.same if (one[0] == hub_key) != (one[1] == mis_id)]
            assert partners.get(hub_key) == mis_id or rivals

    chance.shuffle(hub)
    chance.shuffle(mis)
    assert match_classes(hub, mis, decided=decided, of_subjects=of_subjects) == found


@given(OURS, THEIRS, st.booleans())
def test_whatever_comes_no_class_is_given_to_wholly_other_children_by_itself(
    ours: list[dict[str, Any]], theirs: list[Any], of_subjects: bool
) -> None:
    hub, mis = _both_sides(ours, theirs)
    before, after = {one.key: one for one in hub}, {one.key: one for one in mis}
    for one in match_classes(hub, mis, of_subjects=of_subjects):
        if one.status in (Status.SYNCED, Status.MATCHED) and one.hub is not None and one.mis is not None:
            was, now = before[one.hub], after[one.mis]
            is_unknown = not was.members or not now.size or min(was.undecided, now.undecided) > 0
            assert is_unknown or was.members & now.members


@given(OURS, THEIRS, st.booleans())
def test_whatever_comes_what_was_paired_is_synced_the_next_time(
    ours: list[dict[str, Any]], theirs: list[Any], of_subjects: bool
) -> None:
    hub, mis = _both_sides(ours, theirs)
    found = match_classes(hub, mis, of_subjects=of_subjects)
    new = {one.key: one for one in mis}
    paired = {
        one.hub: new[one.mis] for one in found if one.status in (Status.SYNCED, Status.MATCHED) and one.mis
    }
    saved = [
        HubClass(
            key=one.key,
            name=paired[one.key].name,
            subject=paired[one.key].subject,
            members=paired[one.key].members,
            mis_id=paired[one.key].mis_id,
        )
        for one in hub
        if one.key in paired
    ]
    again = match_classes(
        saved, list({one.key: one for one in paired.values()}.values()), of_subjects=of_subjects
    )
    assert {one.status for one in again} <= {Status.SYNCED}
