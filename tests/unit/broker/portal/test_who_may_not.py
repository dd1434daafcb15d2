"""Nobody but the school's own administrators decides, whatever address is asked for."""

import pytest

from adminhub.broker.consent.actions import approve
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.actions import add_administrator
from adminhub.broker.directory.models import Invitation, User
from adminhub.broker.sources.models import SourceUpload
from tests.unit.broker.cast import in_every_school
from tests.unit.broker.portal.cast import (
    a_read_only_administrator,
    a_request,
    an_operator,
    another_schools_administrator,
    browser,
)

pytestmark = pytest.mark.django_db
FORM = {"reason": "Because", "email": "new@oakhill.example"}


def somebody(who: str, consent: Consent) -> User | None:
    if who == "anonymous":
        return None
    if who == "operator":
        return an_operator()
    if who == "read-only":
        return a_read_only_administrator(consent)
    return another_schools_administrator()


NOT_THEIRS = [("anonymous", 302), ("operator", 403), ("read-only", 403), ("other school", 404)]


@pytest.mark.parametrize(("who", "status"), NOT_THEIRS)
@pytest.mark.parametrize("button", ["approve", "decline"])
def test_a_pending_request_is_decided_by_nobody_else(who: str, status: int, button: str):
    consent, _ = a_request()
    client = browser(somebody(who, consent))
    answer = client.post(f"/consents/{consent.public_id}/{button}/", FORM)
    assert answer.status_code == status
    consent.refresh_from_db()
    assert consent.state == Consent.State.PENDING
    assert not consent.permissions.filter(is_approved=True).exists()


@pytest.mark.parametrize(("who", "status"), NOT_THEIRS)
@pytest.mark.parametrize("button", ["revoke", "permissions"])
def test_an_approved_app_is_changed_by_nobody_else(who: str, status: int, button: str):
    consent, pat = a_request()
    approve(consent=consent, by=pat)
    before = list(consent.permissions.values_list("permission__identity", "is_approved"))
    answer = browser(somebody(who, consent)).post(
        f"/consents/{consent.public_id}/{button}/", {**FORM, "permission": ["students.middle_names.read"]}
    )
    assert answer.status_code == status
    consent.refresh_from_db()
    assert consent.state == Consent.State.APPROVED
    assert list(consent.permissions.values_list("permission__identity", "is_approved")) == before


@pytest.mark.parametrize(
    ("who", "status"), [("anonymous", 302), ("operator", 404), ("read-only", 403), ("other school", 404)]
)
@pytest.mark.parametrize("page", ["data-source", "administrators"])
def test_a_schools_pages_are_changed_by_nobody_else(who: str, status: int, page: str):
    consent, _ = a_request()
    uploads, invitations = in_every_school(SourceUpload.objects.count), Invitation.objects.count()
    answer = browser(somebody(who, consent)).post(f"/schools/{consent.school.broker_id}/{page}/", FORM)
    assert answer.status_code == status
    assert in_every_school(SourceUpload.objects.count) == uploads
    assert Invitation.objects.count() == invitations


@pytest.mark.parametrize("who", ["read-only", "other school", "administrator"])
def test_the_operators_pages_are_the_operators(who: str):
    consent, pat = a_request()
    client = browser(pat if who == "administrator" else somebody(who, consent))
    for path in (
        "",
        "audits/",
        "schools/",
        f"schools/{consent.school.broker_id}/",
        f"consents/{consent.public_id}/",
    ):
        assert client.get(f"/operator/{path}").status_code == 403, path
    for path in ("check/", "pass/", "fail/"):
        assert client.post(f"/operator/consents/{consent.public_id}/{path}", FORM).status_code == 403, path
    for path in ("upload/", "invite/"):
        assert client.post(f"/operator/schools/{consent.school.broker_id}/{path}", FORM).status_code == 403


def test_a_read_only_administrator_sees_everything_and_no_button():
    consent, _ = a_request()
    answer = browser(a_read_only_administrator(consent)).get(f"/consents/{consent.public_id}/")
    page = answer.content.decode()
    assert "What we do" in page
    assert "Pupils&#x27; dates of birth" in page
    assert "You are a read-only administrator" in page
    assert "Approve access" not in page
    assert "Decline access" not in page


def test_an_operator_following_the_schools_link_comes_to_the_operators_page():
    consent, _ = a_request()
    answer = browser(an_operator()).get(f"/consents/{consent.public_id}/")
    assert answer.status_code == 302
    assert answer.url == f"/operator/consents/{consent.public_id}/"


def test_the_link_in_the_letter_leads_through_the_log_in_to_the_request():
    consent, pat = a_request()
    client = browser()
    answer = client.get(f"/consents/{consent.public_id}/")
    assert answer.status_code == 302
    answer = client.post(answer.url, {"login": pat.email, "password": "correct horse battery"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/consents/{consent.public_id}/"
    assert "Admin Hub asks for access" in answer.content.decode()


@pytest.mark.parametrize("button", ["approve", "decline"])
def test_an_operator_who_becomes_the_schools_administrator_still_decides_nothing(button: str):
    consent, _ = a_request()
    operator = an_operator()
    add_administrator(school=consent.school, user=operator)
    answer = browser(operator).post(f"/consents/{consent.public_id}/{button}/", FORM)
    assert answer.status_code == 403
    consent.refresh_from_db()
    assert consent.state == Consent.State.PENDING
