"""A decision outlives the number the MIS gave a person, and never falls on another person who got that number."""

from __future__ import annotations

from datetime import date
from typing import Any

from adminhub.hub.matching.values import MISPerson
from adminhub.hub.planning.identity import Remembered, keys_of, resolve

BORN = date(2015, 3, 2)


def an_mis_person(mis_id: str, **fields: Any) -> MISPerson:
    values: dict[str, Any] = {"forename": "Jo", "surname": "Novák", "birthday": BORN, "number": "A1"}
    return MISPerson(key=1, mis_id=mis_id, **{**values, **fields})


JO = an_mis_person("17")
KEYS = keys_of(JO)


def present(*people: MISPerson) -> dict[str, tuple[str, ...]]:
    return {person.mis_id: keys_of(person) for person in people}


def said(is_same: bool | None, **fields: Any) -> Remembered:
    values: dict[str, Any] = {"hub": None if is_same is None else 5, "mis_id": "17", "keys": KEYS}
    return Remembered(is_same=is_same, **{**values, **fields})


def test_a_decision_stands_while_the_number_is_the_same_persons() -> None:
    decided = resolve([said(True)], present(JO))
    assert decided.same == {(5, "17")}


def test_a_change_of_mis_keeps_the_decision_by_upn() -> None:
    moved = an_mis_person("X-9", surname="Novak-Ray")
    assert resolve([said(False)], present(moved)).different == {(5, "X-9")}


def test_a_change_of_mis_keeps_the_decision_by_name_and_birthday() -> None:
    assert resolve([said(True)], present(an_mis_person("X-9", number=""))).same == {(5, "X-9")}


def test_the_old_number_in_the_new_mis_is_somebody_else() -> None:
    kit = an_mis_person("17", forename="Kit", surname="Ray", birthday=date(2014, 1, 9), number="B2")
    assert resolve([said(True)], present(kit)).same == set()
    assert resolve([said(None)], present(kit)).ignored == set()


def test_two_namesakes_with_one_birthday_leave_the_decision_open() -> None:
    twice = present(an_mis_person("X-1", number=""), an_mis_person("X-2", number=""))
    assert resolve([said(True)], twice).same == {(5, "17")}


def test_nobody_is_taken_for_the_same_on_a_bare_name() -> None:
    bare = an_mis_person("17", birthday=None, number="")
    elsewhere = present(an_mis_person("X-9", birthday=None, number=""))
    assert resolve([said(True, keys=keys_of(bare))], elsewhere).same == {(5, "17")}
    assert resolve([said(None, keys=keys_of(bare))], elsewhere).ignored == {"X-9"}


def test_a_name_changed_by_marriage_does_not_lose_the_decision() -> None:
    married = an_mis_person("17", surname="Ray", number="")
    assert resolve([said(True)], present(married)).same == {(5, "17")}


def test_the_newest_decision_stands() -> None:
    assert resolve([said(True), said(False)], present(JO)).same == set()
    kim = an_mis_person("18", forename="Kim", number="C3")
    other = said(True, mis_id="18", keys=keys_of(kim))
    assert resolve([said(True), other], present(JO, kim)).same == {(5, "18")}


def test_a_decision_from_before_keys_were_kept_goes_by_the_number() -> None:
    assert resolve([said(True, keys=())], present(JO)).same == {(5, "17")}
