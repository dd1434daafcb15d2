"""A school administrator reads, switches, approves, declines, revokes."""

import re

import pytest

from adminhub.broker.apps.models import App
from adminhub.broker.consent.actions import approve, decline, request_access
from adminhub.broker.consent.models import Consent
from adminhub.broker.consent.queries import granted_identities
from adminhub.broker.directory.actions import add_administrator
from adminhub.broker.directory.models import Letter
from tests.unit.broker.cast import a_person, a_school, an_administrator
from tests.unit.broker.portal.cast import (
    EMAIL,
    REQUIRED,
    a_read_only_administrator,
    a_request,
    an_app_with_agreement,
    browser,
)

pytestmark = pytest.mark.django_db
State = Consent.State


def section(page: str, title: str) -> str:
    """The part of My apps under a heading."""
    return page.split(f">{title}", 1)[1].split("</section>", 1)[0]


def test_my_apps_has_a_tile_in_the_section_of_its_state():
    consent, pat = a_request()
    path = f"/schools/{consent.school.broker_id}/"
    page = browser(pat).get(path).content.decode()
    assert "Admin Hub" in section(page, "Pending approval")
    assert "Admin Hub" not in section(page, "Declined / revoked")
    decline(consent=consent, by=pat, reason="Not now")
    page = browser(pat).get(path).content.decode()
    assert "Admin Hub" in section(page, "Declined / revoked")
    assert "No app is waiting" in section(page, "Pending approval")


def test_one_school_is_opened_at_once_and_of_several_one_chooses():
    consent, pat = a_request()
    assert browser(pat).get("/").url == f"/schools/{consent.school.broker_id}/"
    add_administrator(school=a_school("Maple Primary School", 199002), user=pat)
    page = browser(pat).get("/").content.decode()
    assert "Maple Primary School" in page
    assert "Admin Hub" in section(page, "Pending approval")


def test_optional_permissions_are_off_and_required_ones_have_no_switch():
    consent, pat = a_request()
    page = browser(pat).get(f"/consents/{consent.public_id}/").content.decode()
    switches = re.findall(r'<input type="checkbox" role="switch"[^>]*>', page)
    assert len(switches) == 2
    assert not any("checked" in switch for switch in switches)
    assert not any(f'value="{identity}"' in switch for switch in switches for identity in REQUIRED)
    assert "Why students.date_of_birth.read" in page
    assert "Kept for a year" in page


def test_approving_allows_what_was_switched_on_and_what_opens_it():
    consent, pat = a_request()
    answer = browser(pat).post(
        f"/consents/{consent.public_id}/approve/",
        {"permission": [EMAIL, "no.such.permission"]},
    )
    assert answer.status_code == 302
    consent.refresh_from_db()
    assert consent.state == State.APPROVED
    assert granted_identities(consent) == {*REQUIRED, "students.contact_details.read", EMAIL}


@pytest.mark.parametrize("agreement", ["You are the controller.", ""])
def test_approving_says_when_it_accepts_an_agreement(agreement):
    consent, pat = a_request(an_app_with_agreement(agreement=agreement))
    page = browser(pat).get(f"/consents/{consent.public_id}/").content.decode()
    assert ("By approving you accept the data handling agreement" in page) is bool(agreement)


def test_every_administrator_gets_the_receipt():
    consent, pat = a_request()
    an_administrator(consent.school, "head@oakhill.example")
    looks = a_read_only_administrator(consent)
    browser(pat).post(f"/consents/{consent.public_id}/approve/")
    receipts = Letter.objects.filter(kind="receipt")
    assert {letter.to for letter in receipts} >= {pat.email, "head@oakhill.example", looks.email}
    text = receipts[0].text
    assert "Who: Pat Osei, Data manager" in text
    assert re.search(r"When: \d+ \w+ \d{4}, \d\d:\d\d:\d\d", text)
    assert "Pupils' dates of birth" in text


def test_declining_needs_a_reason():
    consent, pat = a_request()
    answer = browser(pat).post(f"/consents/{consent.public_id}/decline/", {"reason": "   "})
    assert answer.status_code == 422
    assert "Nothing was declined." in answer.content.decode()
    consent.refresh_from_db()
    assert consent.state == State.PENDING
    browser(pat).post(f"/consents/{consent.public_id}/decline/", {"reason": "We use another service"})
    consent.refresh_from_db()
    assert (consent.state, consent.reason) == (State.DECLINED, "We use another service")
    assert "We use another service" in Letter.objects.filter(kind="receipt")[0].text


def test_revoking_needs_a_reason_and_says_what_the_app_must_delete():
    consent, pat = a_request()
    approve(consent=consent, by=pat)
    client = browser(pat)
    page = client.get(f"/consents/{consent.public_id}/revoke/").content.decode()
    assert "It has read nothing yet" in page
    assert client.post(f"/consents/{consent.public_id}/revoke/", {"reason": ""}).status_code == 422
    client.post(f"/consents/{consent.public_id}/revoke/", {"reason": "The contract has ended"})
    consent.refresh_from_db()
    assert consent.state == State.REVOKED
    assert granted_identities(consent) == frozenset()
    page = client.get(f"/consents/{consent.public_id}/").content.decode()
    assert "The contract has ended" in page
    assert "dpo@oakfield.example" in page


def test_an_approved_apps_optional_permissions_can_be_switched():
    consent, pat = a_request()
    approve(consent=consent, by=pat)
    browser(pat).post(f"/consents/{consent.public_id}/permissions/", {"permission": [EMAIL]})
    assert EMAIL in granted_identities(consent)
    browser(pat).post(f"/consents/{consent.public_id}/permissions/", {})
    assert EMAIL not in granted_identities(consent)
    assert set(REQUIRED) <= granted_identities(consent)


def test_deciding_twice_says_that_nothing_was_done():
    consent, pat = a_request()
    decline(consent=consent, by=pat, reason="No")
    answer = browser(pat).post(f"/consents/{consent.public_id}/approve/", follow=True)
    assert "Nothing was approved" in answer.content.decode()
    consent.refresh_from_db()
    assert consent.state == State.DECLINED


def test_a_school_that_is_being_set_up_can_decline_and_not_yet_approve():
    school = a_school()
    pat = an_administrator(school)
    app: App = an_app_with_agreement()
    consent = request_access(app=app, school=school, by=app)
    page = browser(pat).get(f"/consents/{consent.public_id}/").content.decode()
    assert "Your school is being set up" in page
    assert "Decline access" in page
    assert "Approve access" not in page


def test_somebody_without_a_school_is_told_whom_to_ask():
    page = browser(a_person("new@oakhill.example")).get("/").content.decode()
    assert "Ask an administrator of your school" in page


def test_a_pages_queries_do_not_grow_with_the_apps(django_assert_max_num_queries):
    consent, pat = a_request()
    for number in range(12):
        app = an_app_with_agreement(f"App {number}")
        request_access(app=app, school=consent.school, by=app)
    client = browser(pat)
    with django_assert_max_num_queries(10):
        client.get(f"/schools/{consent.school.broker_id}/")


def test_the_opened_request_takes_few_queries(django_assert_max_num_queries):
    consent, pat = a_request()
    client = browser(pat)
    with django_assert_max_num_queries(20):
        client.get(f"/consents/{consent.public_id}/")
