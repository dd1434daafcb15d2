"""A pupil's address from the MIS is taken only by a person, who is told what speaks against it."""

from __future__ import annotations

import pytest

from adminhub.hub.planning.addresses import Address, Doubt, Known, warnings_of

SCHOOL = [Address(row=90 + n, email=f"pupil{n}@oak.example", surname=f"s{n}") for n in range(5)]


def said(email: str, *others: Address, known: Known | None = None, hub: int | None = None) -> set[Doubt]:
    """The warnings on Kit Ray's address, beside five pupils of the school's own domain."""
    kit = Address(row=1, email=email, surname="ray", hub=hub)
    return set(warnings_of([kit, *SCHOOL, *others], known or Known())[1])


def test_an_address_of_the_schools_own_has_nothing_against_it() -> None:
    assert said("kit@oak.example") == set()


@pytest.mark.parametrize("email", ["ray.family@gmail.com", "J.Ray@Hotmail.co.uk", "ray@btinternet.com"])
def test_a_personal_mail_service_is_perhaps_a_parents(email: str) -> None:
    assert said(email) == {Doubt.PERSONAL}


def test_an_address_shared_with_a_sibling_is_probably_a_parents() -> None:
    kim = Address(row=2, email="RAY@oak.example", surname="ray")
    assert said("ray@oak.example", kim) == {Doubt.SIBLINGS}


def test_an_address_shared_with_somebody_else_is_shared() -> None:
    jo = Address(row=2, email="year4@oak.example", surname="novak")
    assert said("year4@oak.example", jo) == {Doubt.SHARED}


def test_an_address_of_staff_or_of_another_pupil_is_theirs() -> None:
    assert said("ben@oak.example", known=Known(staff=frozenset({"ben@oak.example"}))) == {Doubt.STAFF}
    taken = Known(pupils={"kit@oak.example": frozenset({7})})
    assert said("kit@oak.example", known=taken) == {Doubt.TAKEN}
    assert said("kit@oak.example", known=taken, hub=7) == set()


def test_another_domain_than_most_pupils_have_is_to_be_looked_at() -> None:
    assert said("kit@elm.example") == {Doubt.OTHER_DOMAIN}


@pytest.mark.parametrize("email", ["kit", "kit@", "@oak.example", "kit ray@oak.example", "kit@oak"])
def test_what_is_no_address_is_said_to_be_none(email: str) -> None:
    assert said(email) == {Doubt.NOT_ONE}
