"""Duplicates on screen: what is said of a pair, the merge as chosen, and its undo."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import Plan
from adminhub.hub.roster.models import Access, Kind, MISLink, Pupil
from adminhub.hub.schools.models import School, Service, User
from tests.unit.hub.cast import a_grant, a_pupil, a_school, a_service, a_user, an_employee
from tests.unit.hub.syncs.cast import a_upn

pytestmark = pytest.mark.django_db
At = Callable[[str], str]
SPRING = date(2016, 3, 4)


def jo(oak: School, **fields: Any) -> Pupil:
    values = {"forename": "Jo", "surname": "Novák", "birthday": SPRING, "upn": a_upn(1)}
    return a_pupil(oak, **{**values, **fields})


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_an_empty_list_says_what_was_compared(client_of_ada: Client, at: At) -> None:
    assert client_of_ada.get(at("school/duplicates/")).headers["location"] == at("school/duplicates/pupils/")
    text = page(client_of_ada, at("school/duplicates/pupils/"))
    assert "No pupil seems to be known twice" in text
    assert "Twins and namesakes are never taken for one person" in text
    assert "No teacher seems to be known twice" in page(client_of_ada, at("school/duplicates/teachers/"))


def test_a_pair_is_shown_with_reasons_and_doubts(client_of_ada: Client, oak: School, at: At) -> None:
    jo(oak)
    jo(oak, surname="Novak")
    a_pupil(oak, forename="Ida", surname="Lund", birthday=SPRING)
    a_pupil(oak, forename="Ida", surname="Lund", birthday=SPRING)
    text = page(client_of_ada, at("school/duplicates/pupils/"))
    assert "Same UPN · Same name" in text
    assert "Namesakes and twins can share a name and a birthday: look closely" in text
    assert "Lund" not in page(client_of_ada, at("school/duplicates/pupils/?only=sure"))
    assert "Novák" not in page(client_of_ada, at("school/duplicates/pupils/?only=perhaps"))


def test_what_is_chosen_is_merged_and_can_be_undone(
    client_of_ada: Client, oak: School, wellbeing: Service, at: At
) -> None:
    stays, goes = jo(oak), jo(oak, surname="Novak", email="jo@oak.example", year_group="5")
    with school_scope(oak.pk):
        Access.objects.create(school=oak, service=wellbeing, pupil=goes)
        MISLink.objects.create(school=oak, kind=Kind.PUPIL, pupil=stays, provider="wonde", mis_id="7")
    address = at(f"school/duplicates/pupils/{stays.pk}/{goes.pk}/")
    text = page(client_of_ada, address)
    assert "We are sure that this is the same person" in text
    assert "The record that stays gets access to Wellbeing." in text
    assert "from your MIS" in text
    sent = client_of_ada.post(
        f"{address}merge/",
        {"stays": stays.pk, "field-email": "other", "field-surname": "other"},
        follow=True,
    )
    assert "The two records are one pupil now." in sent.content.decode()
    with school_scope(oak.pk):
        kept = Pupil.objects.get(archived_at__isnull=True)
        assert (kept.pk, kept.email, kept.surname) == (stays.pk, "jo@oak.example", "Novák")
        assert Access.objects.get().pupil_id == stays.pk
        plan = Plan.objects.get()
    old = client_of_ada.get(at(f"pupils/{goes.sourced_id}/"))
    assert old.headers["location"] == at(f"pupils/{stays.sourced_id}/")
    text = page(client_of_ada, at(f"school/plans/{plan.pk}/"))
    assert "Merged into another" in text
    assert "Undo for" not in text  # half a merge would be neither one nor two
    shown = client_of_ada.post(at(f"school/plans/{plan.pk}/undo/"), follow=True)
    client_of_ada.post(f"{shown.redirect_chain[-1][0]}apply/")
    with school_scope(oak.pk):
        assert Pupil.objects.filter(archived_at__isnull=True).count() == 2
        assert Access.objects.get().pupil_id == goes.pk


def test_the_other_record_can_be_the_one_that_stays(client_of_ada: Client, oak: School, at: At) -> None:
    one, other = jo(oak), jo(oak)
    address = at(f"school/duplicates/pupils/{one.pk}/{other.pk}/")
    assert f'name="stays" value="{other.pk}"' in page(client_of_ada, f"{address}?stays={other.pk}")
    client_of_ada.post(f"{address}merge/", {"stays": other.pk})
    with school_scope(oak.pk):
        assert Pupil.objects.get(archived_at__isnull=True).pk == other.pk


def test_two_records_of_the_mis_are_not_offered_to_be_merged(
    client_of_ada: Client, oak: School, at: At
) -> None:
    one, other = jo(oak), jo(oak)
    with school_scope(oak.pk):
        for pupil in (one, other):
            MISLink.objects.create(
                school=oak, kind=Kind.PUPIL, pupil=pupil, provider="wonde", mis_id=str(pupil.pk)
            )
    address = at(f"school/duplicates/pupils/{one.pk}/{other.pk}/")
    text = page(client_of_ada, address)
    assert "Join the two in your MIS first" in text
    assert "Merge into one" not in text
    sent = client_of_ada.post(f"{address}merge/", {"stays": one.pk}, follow=True)
    assert "Nothing was merged" in sent.content.decode()


def test_two_people_are_not_named_again_until_it_is_taken_back(
    client_of_ada: Client, oak: School, at: At
) -> None:
    one, other = an_employee(oak), an_employee(oak)
    pair = {"one": one.pk, "other": other.pk}
    client_of_ada.post(at("school/duplicates/teachers/tell-apart/"), pair)
    text = page(client_of_ada, at("school/duplicates/teachers/"))
    assert "No teacher seems to be known twice" in text
    assert "Two people, you said" in text
    client_of_ada.post(at("school/duplicates/teachers/ask-again/"), pair)
    assert "Same e-mail" in page(client_of_ada, at("school/duplicates/teachers/"))


def test_cal_and_ben_can_neither_see_nor_merge_oaks_people(
    ada: User, ben: User, oak: School, at: At, logged_in: Callable[[User], Client]
) -> None:
    one, other = jo(oak), jo(oak)
    cal = a_user("Cal")
    elm = a_school("Elm School")
    a_grant(cal, elm, a_service("Wellbeing", elm))
    address = at(f"school/duplicates/pupils/{one.pk}/{other.pk}/")
    for user, status in ((cal, 404), (ben, 403)):
        client = logged_in(user)
        assert client.get(address).status_code == status
        assert client.post(f"{address}merge/", {"stays": one.pk}).status_code == status
    ours = address.replace(str(oak.centre_id), str(elm.centre_id))
    assert logged_in(cal).get(ours).status_code == 404
    logged_in(cal).post(f"{ours}merge/", {"stays": one.pk})
    with school_scope(oak.pk):
        assert Pupil.objects.filter(archived_at__isnull=True).count() == 2


def test_pairs_without_doubt_are_looked_at_together_and_the_ticked_ones_merged(
    client_of_ada: Client, oak: School, at: At
) -> None:
    of_jo = (jo(oak, email="jo@oak.example"), jo(oak, year_group="5", email="novak@oak.example"))
    kit = {"forename": "Kit", "surname": "Ray", "upn": a_upn(2)}
    of_kit = (jo(oak, **kit), jo(oak, **kit))
    assert "2 pairs are without doubt" in page(client_of_ada, at("school/duplicates/pupils/"))
    text = page(client_of_ada, at("school/duplicates/pupils/together/"))
    assert "E-mail: keeps jo@oak.example, not novak@oak.example" in text
    ticked = [f"{of_jo[0].pk}-{of_jo[1].pk}", "1-x", "no"]
    answer = client_of_ada.post(at("school/duplicates/pupils/together/"), {"pair": ticked}, follow=True)
    assert "1 pair is merged" in answer.content.decode()
    with school_scope(oak.pk):
        assert set(Pupil.objects.filter(archived_at=None)) == {of_jo[0], *of_kit}
    assert "without doubt" not in page(client_of_ada, at("school/duplicates/pupils/"))


def test_looking_at_pairs_together_asks_the_database_no_more_for_more_of_them(
    client_of_ada: Client, oak: School, at: At
) -> None:
    counts = []
    for number in (1, 2, 3, 4):
        for _ in range(2):
            jo(oak, forename=f"Jo{'abcd'[number - 1] * 3}", upn=a_upn(number))
        with CaptureQueriesContext(connection) as asked:
            page(client_of_ada, at("school/duplicates/pupils/together/"))
        counts.append(len(asked))
    assert len(set(counts[1:])) == 1
