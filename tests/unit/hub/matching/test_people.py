"""Who is who: the rules one by one, and what holds whatever the input."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adminhub.hub.matching.people import Who, match_people
from adminhub.hub.matching.values import Decided, HubPerson, MISPerson, Status, Verdict
from adminhub.mis.identifiers import upn_check_letter

BIRTHDAY = date(2015, 5, 6)
OTHER_DAY = date(2014, 11, 12)


def a_upn(number: int) -> str:
    rest = f"999200024{number:03d}"
    return upn_check_letter(rest) + rest


def a_temporary_upn(number: int) -> str:
    rest = f"999200024{number:02d}A"
    return upn_check_letter(rest) + rest


def ours(key: int = 1, **fields: Any) -> HubPerson:
    return HubPerson(key=key, **{"forename": "Kit", "surname": "Ray", **fields})


def theirs(key: int = 101, **fields: Any) -> MISPerson:
    return MISPerson(key=key, **{"mis_id": f"m{key}", "forename": "Kit", "surname": "Ray", **fields})


def only(hub: list[HubPerson], mis: list[MISPerson], who: Who = Who.PUPILS, **more: Any) -> Verdict:
    found = match_people(hub, mis, who=who, **more)
    assert len(found) == 1
    return found[0]


def as_pairs(found: list[Verdict]) -> set[tuple[Status, int | None, int | None]]:
    return {(verdict.status, verdict.hub, verdict.mis) for verdict in found}


def test_a_linked_pair_is_synced_whatever_its_names() -> None:
    verdict = only([ours(mis_id="m101", surname="Old")], [theirs(surname="New")])
    assert verdict.status is Status.SYNCED


def test_a_link_whose_record_became_somebody_else_goes_to_a_person() -> None:
    verdict = only(
        [ours(mis_id="m101", birthday=BIRTHDAY)],
        [theirs(forename="Zoe", surname="Adams", birthday=OTHER_DAY)],
    )
    assert verdict.status is Status.MAY_MATCH
    assert verdict.reasons[0].startswith("Linked earlier, but")


def test_a_linked_person_the_mis_no_longer_has_is_desynced() -> None:
    assert only([ours(mis_id="m999")], []).status is Status.DESYNCED


@pytest.mark.parametrize(
    ("hub", "mis", "reasons"),
    [
        ({"number": a_upn(1)}, {"number": a_upn(1), "surname": "Ray"}, ("Same UPN", "Same name")),
        ({"birthday": BIRTHDAY}, {"birthday": BIRTHDAY}, ("Same name", "Same birthday")),
        ({"email": "Kit@oak.example"}, {"email": "kit@oak.example"}, ("Same e-mail", "Same name")),
        (
            {"number": a_upn(1)},
            {"number": a_upn(2), "former_number": a_upn(1)},
            ("Same UPN", "Same name"),
        ),
        (
            {"number": a_upn(1), "birthday": BIRTHDAY, "forename": "Kristopher"},
            {
                "number": a_upn(1),
                "birthday": BIRTHDAY,
                "forename": "Christopher",
                "legal_forename": "Kristofer",
            },
            ("Same UPN", "Same surname", "Same birthday"),
        ),
        (
            {"forename": "Jo", "surname": "O’Neill-Novák", "birthday": BIRTHDAY},
            {"forename": "JO", "surname": "ONeill Novak", "birthday": BIRTHDAY},
            ("Same name", "Same birthday"),
        ),
        (
            {"forename": "Ray", "surname": "Kit", "birthday": BIRTHDAY},
            {"birthday": BIRTHDAY},
            ("Same name", "Same birthday", "First name and surname exchanged"),
        ),
    ],
)
def test_one_clear_candidate_is_matched(
    hub: dict[str, Any], mis: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    verdict = only([ours(**hub)], [theirs(**mis)])
    assert (verdict.status, verdict.reasons) == (Status.MATCHED, reasons)


@pytest.mark.parametrize(
    ("hub", "mis", "why"),
    [
        ({}, {}, "Nothing but the name agrees"),
        ({"surname": "Rae", "birthday": BIRTHDAY}, {"birthday": BIRTHDAY}, "Surname a letter or two apart"),
        (
            {"birthday": date(2015, 6, 5)},
            {"birthday": BIRTHDAY},
            "Birthday only similar",
        ),
        (
            {"number": a_upn(1), "birthday": BIRTHDAY},
            {"number": a_upn(1), "birthday": OTHER_DAY, "surname": "Zeal"},
            "Another surname",
        ),
        (
            {"number": a_upn(1), "birthday": BIRTHDAY},
            {"number": a_upn(1), "birthday": BIRTHDAY, "forename": "Kim"},
            "First name only similar: perhaps a twin",
        ),
        (
            {"number": a_upn(1), "birthday": BIRTHDAY},
            {"number": a_upn(1), "birthday": BIRTHDAY, "forename": "Willow"},
            "Another first name: perhaps a twin or sibling",
        ),
        ({"number": a_temporary_upn(1)}, {"number": a_temporary_upn(1)}, "Nothing but the name agrees"),
        ({"number": "A999200024001"}, {"number": "A999200024001"}, "Nothing but the name agrees"),
    ],
)
def test_anything_less_is_left_to_a_person(hub: dict[str, Any], mis: dict[str, Any], why: str) -> None:
    verdict = only([ours(**hub)], [theirs(**mis)])
    assert verdict.status is Status.MAY_MATCH
    assert why in verdict.reasons


def test_the_same_name_with_other_birthdays_is_two_people() -> None:
    found = match_people([ours(birthday=BIRTHDAY)], [theirs(birthday=OTHER_DAY)], who=Who.PUPILS)
    assert as_pairs(found) == {(Status.NOT_MATCHED, 1, None), (Status.NEW, None, 101)}


def test_two_valid_but_different_upns_are_never_matched_by_name_and_birthday() -> None:
    found = match_people(
        [ours(number=a_upn(1), birthday=BIRTHDAY)],
        [theirs(number=a_upn(2), birthday=BIRTHDAY)],
        who=Who.PUPILS,
    )
    assert Status.MATCHED not in {verdict.status for verdict in found}


def test_twins_are_not_matched_to_each_other() -> None:
    kit, kim = ours(1, birthday=BIRTHDAY), ours(2, forename="Kim", birthday=BIRTHDAY)
    mis_kim = theirs(102, forename="Kim", birthday=BIRTHDAY)
    for hub, mis in (([kit], [mis_kim]), ([kit, kim], [mis_kim])):
        found = match_people(hub, mis, who=Who.PUPILS)
        assert (Status.MATCHED, 1, 102) not in as_pairs(found)


def test_a_twins_upn_typed_into_the_other_twin_goes_to_a_person() -> None:
    hub = [ours(1, birthday=BIRTHDAY, number=a_upn(2)), ours(2, forename="Kim", birthday=BIRTHDAY)]
    mis = [
        theirs(101, birthday=BIRTHDAY, number=a_upn(1)),
        theirs(102, forename="Kim", birthday=BIRTHDAY, number=a_upn(2)),
    ]
    found = match_people(hub, mis, who=Who.PUPILS)
    assert Status.MATCHED not in {verdict.status for verdict in found}


def test_namesakes_with_nothing_else_known_go_to_a_person() -> None:
    found = match_people([ours(1), ours(2)], [theirs(101), theirs(102)], who=Who.PUPILS)
    assert {verdict.status for verdict in found} == {Status.MAY_MATCH}


def test_a_person_known_twice_is_offered_not_created_again() -> None:
    hub = [ours(1, birthday=BIRTHDAY), ours(2, birthday=BIRTHDAY)]
    found = match_people(hub, [theirs(birthday=BIRTHDAY, number=a_upn(1))], who=Who.PUPILS)
    assert {verdict.status for verdict in found} == {Status.MAY_MATCH}
    assert {verdict.hub for verdict in found} == {1, 2}


def test_of_a_person_known_twice_the_account_with_the_upn_matches_and_the_other_is_offered() -> None:
    hub = [ours(1, birthday=BIRTHDAY, number=a_upn(1)), ours(2, birthday=BIRTHDAY)]
    found = match_people(hub, [theirs(birthday=BIRTHDAY, number=a_upn(1))], who=Who.PUPILS)
    assert as_pairs(found) == {(Status.MATCHED, 1, 101), (Status.MAY_MATCH, 2, None)}
    assert found[1].candidates == (101,)


def test_a_familys_shared_email_is_no_evidence() -> None:
    hub = [ours(1, email="ray@home.example"), ours(2, forename="Kim", email="ray@home.example")]
    mis = [theirs(101, email="ray@home.example"), theirs(102, forename="Kim", email="ray@home.example")]
    assert {verdict.status for verdict in match_people(hub, mis, who=Who.PUPILS)} == {Status.MAY_MATCH}


def test_staff_with_only_a_name_in_common_go_to_a_person() -> None:
    assert only([ours()], [theirs()], who=Who.EMPLOYEES).status is Status.MAY_MATCH


def test_staff_with_the_same_teacher_number_match() -> None:
    verdict = only([ours(number="1234567")], [theirs(number="1234567")], who=Who.EMPLOYEES)
    assert verdict.reasons == ("Same teacher number", "Same name")


def test_a_changed_mis_id_is_recognised_by_the_upn() -> None:
    verdict = only([ours(mis_id="old", number=a_upn(1))], [theirs(number=a_upn(1))])
    assert verdict.status is Status.MATCHED
    assert "The MIS ID has changed" in verdict.reasons


def test_what_a_person_decided_outranks_every_rule() -> None:
    hub, mis = ours(number=a_upn(1)), theirs(number=a_upn(1))
    apart = match_people([hub], [mis], who=Who.PUPILS, decided=Decided(different={(1, "m101")}))
    assert as_pairs(apart) == {(Status.NOT_MATCHED, 1, None), (Status.NEW, None, 101)}
    stranger = theirs(forename="Zoe", surname="Adams")
    assert only([hub], [stranger], decided=Decided(same={(1, "m101")})).status is Status.MATCHED


NAMES = st.sampled_from(["Kit", "Kim", "Ella", "Ellie", "Jo", "Mohammed", "Muhammad", "K", ""])
SURNAMES = st.sampled_from(["Ray", "Rae", "Smith", "Smyth", "Novák", "Novak", "Smith-Ray"])
DAYS = st.sampled_from([None, BIRTHDAY, date(2015, 6, 5), OTHER_DAY])
NUMBERS = st.sampled_from(["", a_upn(1), a_upn(2), a_upn(3), a_temporary_upn(1), "nonsense"])
EMAILS = st.sampled_from(["", "a@x.example", "b@x.example"])
ROWS = st.lists(st.tuples(NAMES, SURNAMES, DAYS, NUMBERS, EMAILS), max_size=7)
Row = tuple[str, str, date | None, str, str]


def hub_side(rows: list[Row]) -> list[HubPerson]:
    return [
        HubPerson(key=key, forename=fore, surname=sur, birthday=day, number=number, email=email)
        for key, (fore, sur, day, number, email) in enumerate(rows, start=1)
    ]


def mis_side(rows: list[Row]) -> list[MISPerson]:
    return [
        MISPerson(
            key=key, mis_id=f"m{key}", forename=fore, surname=sur, birthday=day, number=number, email=email
        )
        for key, (fore, sur, day, number, email) in enumerate(rows, start=101)
    ]


@given(ROWS, ROWS)
@settings(max_examples=150, deadline=None)
def test_everybody_gets_exactly_one_verdict(hub: list[Row], mis: list[Row]) -> None:
    found = match_people(hub_side(hub), mis_side(mis), who=Who.PUPILS)
    assert sorted(verdict.hub for verdict in found if verdict.hub is not None) == list(range(1, len(hub) + 1))
    assert sorted(verdict.mis for verdict in found if verdict.mis is not None) == list(
        range(101, 101 + len(mis))
    )
    assert all(verdict.reasons for verdict in found)


@given(ROWS, ROWS, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_the_order_of_the_input_does_not_matter(hub: list[Row], mis: list[Row], rng: random.Random) -> None:
    one, other = hub_side(hub), mis_side(mis)
    before = match_people(one, other, who=Who.PUPILS)
    rng.shuffle(one)
    rng.shuffle(other)
    assert match_people(one, other, who=Who.PUPILS) == before


@given(ROWS, ROWS)
@settings(max_examples=150, deadline=None)
def test_a_match_is_never_made_where_a_second_record_says_the_same(hub: list[Row], mis: list[Row]) -> None:
    for doubled, single in ((hub + hub, mis), (hub, mis + mis)):
        found = match_people(hub_side(doubled), mis_side(single), who=Who.PUPILS)
        assert Status.MATCHED not in {verdict.status for verdict in found}


@given(ROWS, ROWS)
@settings(max_examples=150, deadline=None)
def test_a_match_never_joins_two_first_names_that_differ(hub: list[Row], mis: list[Row]) -> None:
    by_hub = {person.key: person for person in hub_side(hub)}
    by_mis = {person.key: person for person in mis_side(mis)}
    twins = {frozenset(("Kit", "Jo")), frozenset(("Kim", "Jo")), frozenset(("Ella", "Kit"))}
    for verdict in match_people(list(by_hub.values()), list(by_mis.values()), who=Who.PUPILS):
        if verdict.status is Status.MATCHED and verdict.hub and verdict.mis:
            pair = frozenset((by_hub[verdict.hub].forename, by_mis[verdict.mis].forename))
            assert pair not in twins
