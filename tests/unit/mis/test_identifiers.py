"""Numbers of pupils, staff and schools."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adminhub.mis import identifiers

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"

rests = st.from_regex(r"[1-9][0-9]{11}", fullmatch=True)
temporary_rests = st.from_regex(rf"[1-9][0-9]{{10}}[{LETTERS}]", fullmatch=True)


@given(st.one_of(rests, temporary_rests), st.integers(0, 12), st.sampled_from("0123456789" + LETTERS))
def test_the_check_letter_of_a_upn_shows_any_single_wrong_character(
    rest: str, place: int, other: str
) -> None:
    upn = identifiers.upn_check_letter(rest) + rest
    wrong = upn[:place] + other + upn[place + 1 :]

    assert identifiers.is_valid_upn(upn)
    assert wrong == upn or not identifiers.is_valid_upn(wrong) or upn_shape_differs(upn, wrong, place)


def upn_shape_differs(upn: str, wrong: str, place: int) -> bool:
    """A last digit typed as the letter that counts the same makes a temporary UPN: no check letter can see that."""
    return place == 12 and upn[place].isdigit() != wrong[place].isdigit()


@given(rests)
def test_a_upn_is_the_same_however_it_is_spaced_and_cased(rest: str) -> None:
    upn = identifiers.upn_check_letter(rest) + rest
    written = f" {upn[0].lower()} {upn[1:5]} {upn[5:]} "

    assert identifiers.tidy_upn(written) == upn


def test_a_upn_that_ends_in_a_letter_is_temporary() -> None:
    rest = "99921972500A"
    upn = identifiers.upn_check_letter(rest) + rest

    assert identifiers.is_temporary_upn(upn)
    assert identifiers.upn_kind("A123") is None


@pytest.mark.parametrize("text", ["", "0", "n/a", "1.23457E+12", "Ａ999219725001", "S999219725001"])
def test_nonsense_is_no_upn(text: str) -> None:
    assert not identifiers.is_valid_upn(identifiers.tidy_upn(text))


def test_a_uln_is_told_by_its_check_digit() -> None:
    assert identifiers.is_valid_uln("9276308686")
    assert not identifiers.is_valid_uln("9276308687")
    assert not identifiers.is_valid_uln("0276308686")


@pytest.mark.parametrize(
    ("label", "year"),
    [
        ("Year  7", "7"),
        ("Year 10", "10"),
        ("Yr3", "3"),
        ("YEAR 3", "3"),
        ("Year 01", "1"),
        ("year three", "3"),
        ("YR", "R"),
        ("Year  R", "R"),
        ("Reception", "R"),
        ("Nursery 2", "N2"),
        ("Year N1", "N1"),
        ("N2", "N2"),
        ("14", "14"),
        ("Year 27", None),
        ("Butterflies", None),
        ("", None),
    ],
)
def test_year_labels_are_read_as_people_write_them(label: str, year: str | None) -> None:
    assert identifiers.year_group(label) == year


@pytest.mark.parametrize("written", ["9992197", "999/2197", "999-2197", "999 2197"])
def test_a_dfe_number_is_seven_digits_however_it_is_written(written: str) -> None:
    assert identifiers.laestab(written) == "9992197"


def test_a_urn_is_no_dfe_number() -> None:
    assert identifiers.laestab("906743") is None
    assert identifiers.is_urn("906743")
