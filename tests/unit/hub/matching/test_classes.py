"""Which class is which."""

from __future__ import annotations

from adminhub.hub.matching.classes import class_key, match_classes
from adminhub.hub.matching.values import HubClass, MISClass, Status


def test_a_class_is_found_by_its_name_however_it_is_written() -> None:
    assert class_key("Year 7 A") == class_key("7A") == class_key("7a ")
    assert class_key("Form 7/A") == class_key("7-A")


def test_a_unique_name_matches_and_a_name_that_several_have_is_left_to_a_person() -> None:
    found = match_classes(
        [HubClass(key=1, name="7A"), HubClass(key=2, name="7B"), HubClass(key=3, name="7b")],
        [MISClass(key=11, mis_id="a", name="7a"), MISClass(key=12, mis_id="b", name="7B")],
    )
    statuses = {verdict.hub: verdict.status for verdict in found if verdict.hub}
    assert statuses == {1: Status.MATCHED, 2: Status.MAY_MATCH, 3: Status.NOT_MATCHED}


def test_last_years_class_of_the_same_name_is_left_to_a_person() -> None:
    ours = HubClass(key=1, name="7A", members=frozenset(range(1, 21)))
    theirs = MISClass(key=11, mis_id="a", name="7A", members=frozenset(range(40, 60)), size=20)
    (verdict,) = match_classes([ours], [theirs])
    assert verdict.status is Status.MAY_MATCH


def test_a_linked_class_stays_linked_through_a_new_name() -> None:
    (verdict,) = match_classes(
        [HubClass(key=1, name="7A", mis_id="a")], [MISClass(key=11, mis_id="a", name="8A")]
    )
    assert verdict.status is Status.SYNCED


def test_a_class_reborn_with_another_mis_id_is_not_added_again() -> None:
    (verdict,) = match_classes(
        [HubClass(key=1, name="7A", mis_id="old")], [MISClass(key=11, mis_id="new", name="7A")]
    )
    assert (verdict.status, verdict.reasons) == (Status.MATCHED, ("Same name", "The MIS ID has changed"))
