"""Who acts for a school: what each may, is responsible for, and how somebody's acting ends."""

import pytest

from adminhub.broker.directory.actions import invite_administrator
from adminhub.broker.directory.models import Invitation, Letter, SchoolAdministrator
from tests.unit.broker.cast import an_administrator
from tests.unit.broker.portal.cast import (
    a_read_only_administrator,
    a_request,
    another_schools_administrator,
    browser,
)

pytestmark = pytest.mark.django_db


def page_of(administrator: SchoolAdministrator) -> str:
    return f"/schools/{administrator.school.broker_id}/administrators/{administrator.pk}/"


def acting(user: object) -> SchoolAdministrator:
    return SchoolAdministrator.objects.get(user=user)


def test_responsibilities_and_rights_are_changed_and_everybody_is_told():
    consent, pat = a_request()
    head = acting(an_administrator(consent.school, "head@oakhill.example"))
    answer = browser(pat).post(
        page_of(head),
        {"is_read_only": "on", "responsible_for": ["data_protection"], "do": "change"},
        follow=True,
    )
    page = answer.content.decode()
    assert "Data protection" in page
    assert "may look only, responsible for Data protection" in page
    head.refresh_from_db()
    assert head.is_read_only
    told = Letter.objects.filter(kind="administrators_changed")
    assert {letter.to for letter in told} == {pat.email, "head@oakhill.example"}
    assert "Changed by: Pat Osei, Data manager" in told[0].text


def test_somebody_removed_opens_nothing_from_the_next_click_on():
    consent, pat = a_request()
    head = an_administrator(consent.school, "head@oakhill.example")
    client = browser(head)
    assert client.get(f"/consents/{consent.public_id}/").status_code == 200
    browser(pat).post(page_of(acting(head)), {"do": "remove"})
    assert client.get(f"/consents/{consent.public_id}/").status_code == 404
    assert Letter.objects.filter(kind="administrators_changed", to="head@oakhill.example").exists()


@pytest.mark.parametrize("form", [{"do": "remove"}, {"do": "change", "is_read_only": "on"}])
def test_somebody_is_always_left_who_can_decide(form):
    consent, pat = a_request()
    a_read_only_administrator(consent)
    answer = browser(pat).post(page_of(acting(pat)), form, follow=True)
    assert "somebody must be left who can decide" in answer.content.decode()
    assert not acting(pat).is_read_only


def test_a_withdrawn_invitation_lets_nobody_in():
    consent, pat = a_request()
    invite_administrator(school=consent.school, email="new@oakhill.example", by=pat)
    link = Letter.objects.get(kind="invitation").text.split("/invitations/")[1].split("/")[0]
    number = Invitation.objects.get().pk
    browser(pat).post(f"/schools/{consent.school.broker_id}/invitations/{number}/withdraw/")
    assert browser().get(f"/invitations/{link}/").status_code == 410


def test_nobody_else_changes_who_acts_for_a_school():
    consent, pat = a_request()
    number = acting(pat)
    looks, cal = a_read_only_administrator(consent), another_schools_administrator()
    school = f"/schools/{consent.school.broker_id}/"
    for person, status in ((looks, 403), (cal, 404), (None, 302)):
        client = browser(person)
        assert client.post(page_of(number), {"do": "remove"}).status_code == status
        assert client.post(f"{school}administrators/second-factor/", {"needed": "no"}).status_code == status
        assert client.post(f"{school}invitations/1/withdraw/").status_code == status
    assert SchoolAdministrator.objects.filter(user=pat).exists()


def test_another_schools_administrator_cannot_be_changed_through_ones_own_school():
    consent, pat = a_request()
    theirs = acting(another_schools_administrator())
    path = f"/schools/{consent.school.broker_id}/administrators/{theirs.pk}/"
    assert browser(pat).post(path, {"do": "remove"}).status_code == 404
