"""What a person may change of their own account at the broker: the password, not who they are."""

import pytest
from django.core.cache import cache

from adminhub.broker.directory.actions import invite_administrator
from adminhub.broker.directory.models import Letter, SchoolAdministrator
from tests.unit.broker.cast import a_school
from tests.unit.broker.portal.cast import a_request, an_operator, browser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget_tries():
    cache.clear()


def test_nobody_takes_another_e_mail_address_and_with_it_anothers_invitation():
    _, pat = a_request()
    before, client = pat.email, browser(pat)
    client.post("/account/email/", {"action_add": "", "email": "head@elm.example"})
    client.post("/account/email/", {"action_primary": "", "email": "head@elm.example"})
    pat.refresh_from_db()
    assert pat.email == before
    elm = a_school("Elm Park School", 199777)
    invite_administrator(school=elm, email="head@elm.example", by=an_operator())
    link = Letter.objects.get(kind="invitation").text.split("/invitations/")[1].split("/")[0]
    browser().post(f"/invitations/{link}/", {})
    assert not SchoolAdministrator.objects.filter(school=elm, user=pat).exists()


@pytest.mark.parametrize("path", ["email/", "confirm-email/", "confirm-email/Mg:1xWCtv:guessed/"])
def test_the_pages_that_change_who_somebody_is_are_shut(path: str):
    _, pat = a_request()
    assert browser(pat).get(f"/account/{path}").status_code == 404


@pytest.mark.parametrize("path", ["password/change/", "password/reset/"])
def test_the_password_is_theirs_to_change(path: str):
    _, pat = a_request()
    assert browser(pat).get(f"/account/{path}").status_code == 200
