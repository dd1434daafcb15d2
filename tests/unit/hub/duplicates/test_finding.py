"""Whom the hub may know twice: what is sure, what is asked about, and who is never named."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adminhub.hub.duplicates.finding import Alike, Known, find_duplicates, without_doubt
from adminhub.hub.matching.people import Who
from adminhub.mis.identifiers import upn_check_letter

SPRING, SUMMER = date(2015, 3, 4), date(2015, 7, 8)


def a_person(key: int, forename: str = "Jo", surname: str = "Novák", **fields: Any) -> Known:
    return Known(key=key, forename=forename, surname=surname, **fields)


def valid_upn(rest: str) -> str:
    return upn_check_letter(rest) + rest


def pupils(*people: Known, never: frozenset[tuple[int, int]] = frozenset()) -> list[Alike]:
    return find_duplicates(people, who=Who.PUPILS, never=never)


def staff(*people: Known) -> list[Alike]:
    return find_duplicates(people, who=Who.EMPLOYEES)


def test_the_same_upn_and_name_is_sure() -> None:
    upn = valid_upn("801200001001")
    born: dict[str, Any] = {"number": upn, "birthday": SPRING}
    found = pupils(a_person(1, **born), a_person(2, surname="Novak", **born))
    assert [(one.first, one.second, one.is_sure) for one in found] == [(1, 2, True)]
    assert found[0].reasons == ("Same UPN", "Same name", "Same birthday")


def test_a_upn_without_a_birthday_to_compare_is_never_sure() -> None:
    """A twin of the same first name, with the other's UPN beside it, looks just so."""
    upn = valid_upn("801200001001")
    (found,) = pupils(a_person(1, number=upn, birthday=SPRING), a_person(2, number=upn))
    assert not found.is_sure
    assert found.doubts == ("No birthday to compare: perhaps a twin's number",)


def test_the_same_name_and_birthday_alone_is_never_sure() -> None:
    """Namesakes with one birthday exist, and so do twins who share a first name."""
    (found,) = pupils(a_person(1, birthday=SPRING), a_person(2, birthday=SPRING))
    assert not found.is_sure
    assert found.doubts == ("Namesakes and twins can share a name and a birthday: look closely",)


def test_an_admission_number_makes_name_and_birthday_sure() -> None:
    (found,) = pupils(
        a_person(1, birthday=SPRING, admission_number="1044"),
        a_person(2, birthday=SPRING, admission_number="1044"),
    )
    assert found.is_sure


def test_twins_are_not_named() -> None:
    ray: dict[str, Any] = {"surname": "Ray", "birthday": SPRING}
    assert pupils(a_person(1, "Kit", **ray), a_person(2, "Kim", **ray)) == []
    assert pupils(a_person(1, "Daniel", **ray), a_person(2, "Danielle", **ray)) == []
    assert pupils(a_person(1, "Ella", **ray, email="ray@home.example"), a_person(2, "Zoe", **ray)) == []


def test_a_twins_upn_is_asked_about_and_never_sure() -> None:
    upn = valid_upn("801200001001")
    (found,) = pupils(
        a_person(1, "Kit", "Ray", birthday=SPRING, number=upn),
        a_person(2, "Zoe", "Ray", birthday=SPRING, number=upn),
    )
    assert not found.is_sure
    assert found.doubts == ("Another first name: perhaps twins, with one UPN mistyped",)


def test_two_valid_upns_are_two_children() -> None:
    one, other = valid_upn("801200001001"), valid_upn("801200001002")
    assert pupils(a_person(1, birthday=SPRING, number=one), a_person(2, birthday=SPRING, number=other)) == []


def test_a_temporary_upn_is_no_number() -> None:
    temporary = valid_upn("80120000100A")
    (found,) = pupils(
        a_person(1, birthday=SPRING, number=temporary), a_person(2, birthday=SPRING, number=temporary)
    )
    assert not found.is_sure


def test_two_records_of_the_mis_are_two_children_unless_they_share_a_upn() -> None:
    mis: dict[str, Any] = {"birthday": SPRING, "is_in_mis": True}
    assert pupils(a_person(1, **mis), a_person(2, **mis)) == []
    upn = valid_upn("801200001001")
    (found,) = pupils(a_person(1, number=upn, **mis), a_person(2, number=upn, **mis))
    assert not found.is_sure
    assert found.doubts == ("Your MIS has both records: join them there first",)


def test_a_third_with_the_name_makes_it_unsure() -> None:
    upn = valid_upn("801200001001")
    born: dict[str, Any] = {"number": upn, "birthday": SPRING}
    found = pupils(a_person(1, **born), a_person(2, **born), a_person(3, birthday=SUMMER))
    assert not any(one.is_sure for one in found)


def test_another_birthday_is_another_child() -> None:
    assert pupils(a_person(1, birthday=SPRING), a_person(2, birthday=SUMMER)) == []


def test_a_swapped_birthday_is_asked_about() -> None:
    (found,) = pupils(a_person(1, birthday=date(2015, 3, 4)), a_person(2, birthday=date(2015, 4, 3)))
    assert found.doubts == ("Birthday only similar",)


def test_the_name_alone_is_asked_about_only_within_a_year_group() -> None:
    (found,) = pupils(a_person(1, year_group="4"), a_person(2, birthday=SPRING, year_group="4"))
    assert found.doubts == ("Nothing but the name agrees",)
    assert pupils(a_person(1, year_group="4"), a_person(2, birthday=SPRING, year_group="9")) == []


def test_a_short_form_with_the_birthday_is_asked_about() -> None:
    (found,) = pupils(
        a_person(1, "Elizabeth", "Ash", birthday=SPRING), a_person(2, "Beth", "Ash", birthday=SPRING)
    )
    assert found.doubts == ("First name only similar",)


def test_staff_with_the_same_name_and_e_mail_are_sure() -> None:
    ben = {"forename": "Ben", "surname": "Carter", "email": "ben@oak.example"}
    (found,) = staff(a_person(1, **ben), a_person(2, **ben))
    assert found.is_sure
    (married,) = staff(a_person(1, **ben), a_person(2, **{**ben, "surname": "Ash"}))
    assert not married.is_sure
    assert married.doubts == ("Another surname",)


def test_an_office_address_joins_nobody() -> None:
    office = {"email": "office@oak.example"}
    assert staff(a_person(1, "Ben", "Carter", **office), a_person(2, "Ada", "Okafor", **office)) == []


def test_what_a_person_said_is_never_asked_again() -> None:
    two = (a_person(1, birthday=SPRING), a_person(2, birthday=SPRING))
    assert pupils(*two, never=frozenset({(1, 2)})) == []


@st.composite
def schools(draw: st.DrawFn) -> list[Known]:
    size = draw(st.integers(0, 12))
    return [
        a_person(
            key,
            draw(st.sampled_from(["Kit", "Kim", "Ella", "Elizabeth", "Beth", ""])),
            draw(st.sampled_from(["Ray", "Rey", "Ash", "Ash-Ray"])),
            birthday=draw(st.sampled_from([None, SPRING, SUMMER, date(2015, 4, 3)])),
            number=draw(st.sampled_from(["", *(valid_upn(f"80120000100{n}") for n in range(3))])),
            email=draw(st.sampled_from(["", "ray@home.example"])),
            is_in_mis=draw(st.booleans()),
        )
        for key in range(1, size + 1)
    ]


@given(schools(), st.randoms())
def test_the_order_of_people_does_not_matter(people: list[Known], chance: Any) -> None:
    shuffled = list(people)
    chance.shuffle(shuffled)
    assert pupils(*people) == pupils(*shuffled)


@given(schools())
def test_sure_never_crosses_two_first_names_two_numbers_or_two_records_of_the_mis(
    people: list[Known],
) -> None:
    by_key = {person.key: person for person in people}
    for found in pupils(*people):
        assert found.first < found.second
        if found.is_sure:
            one, other = by_key[found.first], by_key[found.second]
            assert one.forename == other.forename
            assert not (one.number and other.number and one.number != other.number)
            assert not (one.is_in_mis and other.is_in_mis)


def test_only_sure_pairs_with_one_permanent_number_are_without_doubt_and_nobody_in_two() -> None:
    kit, jo = valid_upn("801200001001"), valid_upn("801200001002")
    found = pupils(
        a_person(1, "Kit", "Ray", number=kit, birthday=SPRING),
        a_person(2, "Kit", "Ray", number=kit, birthday=SPRING),
        a_person(3, number=jo, birthday=SUMMER),
        a_person(4, number=jo),
        a_person(5, "Ida", "Lund", birthday=SPRING, admission_number="7"),
        a_person(6, "Ida", "Lund", birthday=SPRING, admission_number="7"),
    )
    assert [(one.first, one.second) for one in found if one.is_sure] == [(5, 6), (1, 2)]
    assert [(one.first, one.second) for one in without_doubt(found)] == [(1, 2)]
    assert without_doubt([*found, Alike(first=2, second=9, is_sure=False, reasons=())]) == []
