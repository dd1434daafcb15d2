"""Who is who: the rules one by one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from adminhub.hub.matching.people import Who, match_people
from adminhub.hub.matching.values import Decided, HubPerson, LostWhy, MISPerson, Status, Verdict
from tests.unit.hub.matching.cast import (
    BIRTHDAY,
    OTHER_DAY,
    a_temporary_upn,
    a_upn,
    as_pairs,
    matched,
    ours,
    theirs,
)


def only(hub: list[HubPerson], mis: list[MISPerson], who: Who = Who.PUPILS, **more: Any) -> Verdict:
    found = match_people(hub, mis, who=who, **more)
    assert len(found) == 1
    return found[0]


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
        (
            {"number": a_upn(1), "birthday": BIRTHDAY, "forename": "Kristopher"},
            {"number": a_upn(1), "birthday": BIRTHDAY, "forename": "Christopher"},
            "First name is a short form or another spelling",
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


def test_a_staff_code_given_to_a_newcomer_is_no_link() -> None:
    verdict = only(
        [ours(mis_id="m101", forename="Jane", surname="Smith", code="JSM")],
        [theirs(forename="John", surname="Smith", code="JSM")],
        who=Who.EMPLOYEES,
    )
    assert verdict.status is Status.MAY_MATCH
    assert "Another first name: perhaps a twin or sibling" in verdict.reasons


def test_a_new_surname_or_a_short_form_does_not_break_a_link() -> None:
    for hub, mis in (
        ({"surname": "Price"}, {"surname": "Gilbey"}),
        ({"forename": "Chris"}, {"forename": "Christopher"}),
    ):
        verdict = only([ours(mis_id="m101", **hub)], [theirs(**mis)], who=Who.EMPLOYEES)
        assert verdict.status is Status.SYNCED


def test_of_two_accounts_linked_to_one_record_neither_link_is_believed() -> None:
    found = match_people([ours(1, mis_id="m101"), ours(2, mis_id="m101")], [theirs()], who=Who.PUPILS)
    assert Status.SYNCED not in {verdict.status for verdict in found}


@pytest.mark.parametrize("why", LostWhy)
def test_why_a_person_is_desynced_is_what_the_caller_knows(why: LostWhy) -> None:
    verdict = only([ours(mis_id="gone", lost_why=why)], [])
    assert (verdict.status, verdict.why) == (Status.DESYNCED, why)


def test_a_leaver_of_the_mis_is_nobody_else_and_never_new() -> None:
    leaver = theirs(101, birthday=BIRTHDAY, number=a_upn(1), is_current=False)
    joiner = theirs(102, birthday=BIRTHDAY)
    found = match_people([ours(birthday=BIRTHDAY, number=a_upn(1))], [leaver, joiner], who=Who.PUPILS)
    assert matched(found) == set()
    assert [verdict.mis for verdict in found if verdict.mis] == [102]
    assert match_people([], [leaver], who=Who.PUPILS) == []


def test_whoever_starts_later_is_not_here_yet_and_no_candidate() -> None:
    later = theirs(-101, birthday=BIRTHDAY, is_current=False, is_expected=True)
    alike = theirs(102, forename="Katharine", birthday=BIRTHDAY)
    found = match_people([ours(1, birthday=BIRTHDAY), ours(2)], [later, alike], who=Who.PUPILS)
    assert found[0].reasons == ("Not here yet: found among those whom the MIS expects later",)
    assert all(key > 0 for verdict in found for key in (verdict.mis or 1, *verdict.candidates))


def test_whom_a_person_ignored_is_not_offered_but_whoever_is_linked_stays() -> None:
    ignored = Decided(ignored={"m101"})
    alone = match_people(
        [ours(birthday=BIRTHDAY)], [theirs(birthday=BIRTHDAY)], who=Who.PUPILS, decided=ignored
    )
    assert as_pairs(alone) == {(Status.NOT_MATCHED, 1, None), (Status.IGNORED, None, 101)}
    assert only([ours(mis_id="m101")], [theirs()], decided=ignored).status is Status.SYNCED


def test_close_candidates_are_both_offered_best_first_with_what_differs() -> None:
    hub = [ours(birthday=BIRTHDAY)]
    mis = [theirs(101, birthday=BIRTHDAY), theirs(102)]
    verdict = match_people(hub, mis, who=Who.PUPILS)[0]
    assert (verdict.status, verdict.mis, verdict.candidates) == (Status.MAY_MATCH, 101, (102,))
    assert "1 more in the MIS could be meant" in verdict.reasons
    assert verdict.score > verdict.scores[0]


# The pitfalls that matching.md measured, each as a case.


def test_a_twin_of_a_similar_name_is_not_matched_however_much_agrees() -> None:
    shared = {"surname": "Lefevre", "birthday": BIRTHDAY, "postcode": "M1 1AA", "registration_group": "7A"}
    found = match_people(
        [ours(forename="Daniel", **shared)], [theirs(forename="Danielle", **shared)], who=Who.PUPILS
    )
    assert matched(found) == set()


def test_upns_one_after_the_other_are_two_people() -> None:
    hub = [ours(forename="Noah", birthday=BIRTHDAY, number=a_upn(1))]
    mis = [theirs(forename="Nora", birthday=BIRTHDAY, number=a_upn(2))]
    assert as_pairs(match_people(hub, mis, who=Who.PUPILS)) == {
        (Status.NOT_MATCHED, 1, None),
        (Status.NEW, None, 101),
    }


def test_a_typed_form_that_is_a_name_is_no_slip_but_one_that_is_not_is() -> None:
    def seen(forename: str) -> set[tuple[int | None, int | None]]:
        hub = [ours(forename=forename, birthday=BIRTHDAY, number=a_upn(1))]
        mis = [theirs(forename="Ella", birthday=BIRTHDAY, number=a_upn(1))]
        return matched(match_people(hub, mis, who=Who.PUPILS))

    assert seen("Elal") == {(1, 101)}
    assert seen("Etta") == set()


def test_a_short_form_matches_only_where_number_birthday_and_class_agree_and_no_twin_is_in_sight() -> None:
    known = {"birthday": BIRTHDAY, "number": a_upn(1), "registration_group": "7A", "year_group": "7"}
    hub, mis = ours(forename="Ollie", **known), theirs(forename="Oliver", **known)
    assert matched(match_people([hub], [mis], who=Who.PUPILS)) == {(1, 101)}
    for missing in ("number", "registration_group"):
        less = theirs(forename="Oliver", **{**known, missing: ""})
        assert matched(match_people([hub], [less], who=Who.PUPILS)) == set()
    twin = theirs(102, forename="Zac", birthday=BIRTHDAY)
    assert matched(match_people([hub], [mis, twin], who=Who.PUPILS)) == set()


def test_a_default_birthday_is_as_good_as_none() -> None:
    hub, mis = ours(birthday=date(2015, 9, 1)), theirs(birthday=date(2015, 12, 23))
    verdict = only([hub], [mis])
    assert (verdict.status, "Nothing but the name agrees" in verdict.reasons) == (Status.MAY_MATCH, True)


def test_a_joiner_with_a_leavers_name_is_not_the_leavers_account() -> None:
    """Nothing is known but a rare name, the class, and when the account was made and the pupil came."""
    known = {"surname": "Okonkwo", "registration_group": "7A", "year_group": "7"}
    hub = [ours(since=date(2022, 10, 1), **known), *(ours(key, **one) for key, one in a_crowd(1002))]
    for came, is_matched in ((date(2022, 9, 1), True), (date(2025, 9, 1), False), (None, False)):
        mis = [theirs(started=came, **known), *(theirs(key, **one) for key, one in a_crowd(2002))]
        assert ((1, 101) in matched(match_people(hub, mis, who=Who.PUPILS))) is is_matched


def a_crowd(first: int) -> list[tuple[int, dict[str, Any]]]:
    """Five hundred others, so that a name can be rare."""
    starts, ends = (
        ("Ab", "Bel", "Cor", "Dun", "El", "Far", "Gil", "Hol", "Ib", "Jor"),
        ("den", "ham", "ley", "ton"),
    )
    names = [(f"{one}a", f"{other}{end}") for one in starts for other in starts for end in (*ends, "ford")]
    return [(first + place, {"forename": one, "surname": other}) for place, (one, other) in enumerate(names)]


def test_an_address_given_to_the_next_teacher_matches_nobody_by_an_initial() -> None:
    hub = ours(forename="J", surname="Smith", email="j.smith@oak.example", since=date(2022, 10, 1))
    mis = {"forename": "Jack", "surname": "Smith", "email": "j.smith@oak.example"}
    found = match_people([hub], [theirs(started=date(2025, 9, 1), **mis)], who=Who.EMPLOYEES)
    assert matched(found) == set()
    found = match_people([hub], [theirs(started=date(2019, 9, 1), **mis)], who=Who.EMPLOYEES)
    assert matched(found) == {(1, 101)}


@pytest.mark.parametrize("address", ["office@oak.example", "ray.family12@home.example"])
def test_an_offices_or_a_familys_address_says_nothing(address: str) -> None:
    assert only([ours(email=address)], [theirs(email=address)]).status is Status.MAY_MATCH


def test_last_years_year_group_is_no_difference_where_all_are_a_year_behind() -> None:
    names = ("Ada", "Ben", "Cal", "Dev", "Eli", "Fay", "Gus")
    hub = [
        ours(place, forename=name, surname=f"{name}son", birthday=BIRTHDAY, year_group="6")
        for place, name in enumerate(names, start=1)
    ]
    mis = [
        theirs(100 + place, forename=name, surname=f"{name}son", birthday=BIRTHDAY, year_group="7")
        for place, name in enumerate(names, start=1)
    ]
    found = match_people(hub, mis, who=Who.PUPILS)
    assert {verdict.status for verdict in found} == {Status.MATCHED}
    assert all("Same year group" in verdict.reasons for verdict in found)


@pytest.mark.parametrize(
    ("hub", "mis"),
    [
        (("Anna", "Kowalska"), ("Anna", "Kowalski")),
        (("Sean", "O Brien"), ("Seán", "O’Brien")),
        (("Maria", "Santos"), ("María", "dos Santos")),
        (("Ali", "MacDonald"), ("Ali", "McDonald")),
        (("Jo", "Novak"), ("Jo", "Novák-Marsh")),
        (("Jo", "Marsh-Novak"), ("Jo", "Novak-Marsh")),
        (("", "Jo Novak"), ("Jo", "Novák")),
        (("", "Novak, Jo"), ("Jo", "Novák")),
        (("Li", "Wei"), ("Wei", "Li")),
        (("Jo Ann", "Ray"), ("Jo", "Ray")),
    ],
)
def test_a_name_written_another_way_is_found_and_with_a_upn_it_matches(
    hub: tuple[str, str], mis: tuple[str, str]
) -> None:
    one = ours(forename=hub[0], surname=hub[1], birthday=BIRTHDAY, number=a_upn(1))
    other = theirs(forename=mis[0], surname=mis[1], birthday=BIRTHDAY, number=a_upn(1))
    assert matched(match_people([one], [other], who=Who.PUPILS)) == {(1, 101)}


def test_another_middle_name_sex_or_school_address_leaves_it_to_a_person() -> None:
    for field, one, other in (
        ("middle_names", "Rose", "Anne"),
        ("sex", "F", "M"),
        ("email", "14rayk@oak.example", "14rayk2@oak.example"),
        ("uln", "1000000003", "1000000011"),
    ):
        found = match_people(
            [ours(birthday=BIRTHDAY, **{field: one})],
            [theirs(birthday=BIRTHDAY, **{field: other})],
            who=Who.PUPILS,
        )
        assert matched(found) == set(), field


def test_pupils_of_one_name_match_where_both_birthdays_are_known_and_differ() -> None:
    hub = [ours(1, birthday=BIRTHDAY), ours(2, birthday=OTHER_DAY)]
    mis = [theirs(101, birthday=BIRTHDAY), theirs(102, birthday=OTHER_DAY)]
    assert matched(match_people(hub, mis, who=Who.PUPILS)) == {(1, 101), (2, 102)}


def test_in_a_crowd_of_one_name_only_a_number_or_an_email_tells_who_is_who() -> None:
    others = [date(2008, 1, 1) + timedelta(days=37 * number) for number in range(120)]
    hub = [ours(key, birthday=day) for key, day in enumerate(others[:60], start=2)]
    mis = [theirs(key, birthday=day) for key, day in enumerate(others[60:], start=102)]
    known = {"birthday": BIRTHDAY}
    assert matched(match_people([ours(**known), *hub], [theirs(**known), *mis], who=Who.PUPILS)) == set()
    known |= {"number": a_upn(1), "registration_group": "4A", "year_group": "4"}
    assert matched(match_people([ours(**known), *hub], [theirs(**known), *mis], who=Who.PUPILS)) == {(1, 101)}


def test_reasons_read_as_sentences() -> None:
    known = {"birthday": BIRTHDAY, "registration_group": "4B", "year_group": "4", "surname": "Raye"}
    verdict = only([ours(forename="Kim", **known)], [theirs(forename="Kit", **{**known, "surname": "Ray"})])
    assert verdict.reasons == (
        "Same birthday",
        "Same class",
        "Same year group",
        "First name only similar: perhaps a twin",
        "Surname a letter or two apart",
    )


def person_fields(person: HubPerson | MISPerson) -> set[str]:
    return set(person.__struct_fields__)


def test_both_sides_know_the_same_of_a_person() -> None:
    only_hub = person_fields(ours()) - person_fields(theirs())
    only_mis = person_fields(theirs()) - person_fields(ours())
    assert (only_hub, only_mis) == (
        {"since", "lost_why"},
        {"former_number", "started", "is_current", "is_expected"},
    )


def test_a_second_account_of_somebody_linked_is_offered_and_never_matched_to_a_joiner() -> None:
    hub = [ours(1, mis_id="m101", birthday=BIRTHDAY), ours(2)]
    found = match_people(hub, [theirs(101, birthday=BIRTHDAY)], who=Who.PUPILS)
    assert as_pairs(found) == {(Status.SYNCED, 1, 101), (Status.MAY_MATCH, 2, None)}
    assert found[1].candidates == (101,)


def test_what_is_known_of_the_linked_is_learned_for_the_others() -> None:
    """All year groups of the hub are a year behind, which only the linked can tell."""
    names = ("Ada", "Ben", "Cal", "Dev", "Eli", "Fay")
    known = [{"forename": name, "surname": f"{name}son", "birthday": BIRTHDAY} for name in names]
    hub = [
        ours(place, mis_id=f"m{100 + place}", year_group="6", **one)
        for place, one in enumerate(known, start=2)
    ]
    mis = [theirs(100 + place, year_group="7", **one) for place, one in enumerate(known, start=2)]
    found = match_people([ours(year_group="6"), *hub], [theirs(year_group="7"), *mis], who=Who.PUPILS)
    assert "Same year group" in found[0].reasons


def test_whoever_was_linked_and_is_gone_has_left_however_alike_a_linked_pupil_is() -> None:
    hub = [
        ours(1, mis_id="m101", birthday=BIRTHDAY),
        ours(2, surname="Rae", mis_id="gone", birthday=BIRTHDAY),
    ]
    found = match_people(hub, [theirs(101, birthday=BIRTHDAY)], who=Who.PUPILS)
    assert as_pairs(found) == {(Status.SYNCED, 1, 101), (Status.DESYNCED, 2, None)}
