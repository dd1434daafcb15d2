"""Operators set schools up and look after audits; they never decide for a school."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from adminhub.broker.consent.actions import approve, audit, request_access
from adminhub.broker.consent.actors import TheBroker
from adminhub.broker.consent.models import Consent, OperatorTask
from adminhub.broker.directory.models import Letter
from adminhub.broker.sources.actions import publish
from adminhub.broker.sources.models import Source
from tests.unit.broker.cast import a_roster, a_school, an_administrator, an_app
from tests.unit.broker.portal.cast import a_request, an_app_with_agreement, an_operator, browser

pytestmark = pytest.mark.django_db
State = Consent.State


def a_school_to_set_up() -> tuple[Consent, OperatorTask]:
    school = a_school("Elm Park School", 199003)
    app = an_app_with_agreement()
    contacts = [{"first_name": "Eli", "last_name": "Nowak", "phone_number": "01632 960 203"}]
    consent = request_access(app=app, school=school, by=app, contacts=contacts)
    return consent, OperatorTask.objects.get(school=school)


def test_a_school_to_contact_shows_who_asks_and_whom_to_call():
    consent, task = a_school_to_set_up()
    client = browser(an_operator())
    page = client.get("/operator/").content.decode()
    assert "Elm Park School" in page
    assert "a working link to its MIS" in page
    page = client.get(f"/operator/tasks/{task.pk}/").content.decode()
    assert "Eli Nowak" in page
    assert "01632 960 203" in page
    assert consent.app.name in page


def test_a_contact_is_noted_with_who_and_when():
    _, task = a_school_to_set_up()
    client = browser(an_operator())
    assert client.post(f"/operator/tasks/{task.pk}/", {"note": " "}).status_code == 422
    client.post(f"/operator/tasks/{task.pk}/", {"note": "They send the export on Monday"})
    client.post(f"/operator/tasks/{task.pk}/", {"note": "Export has come"})
    task.refresh_from_db()
    first, second = task.note.splitlines()
    assert first.endswith("Olu, Support: They send the export on Monday")
    assert second.endswith("Export has come")
    assert task.completed_at is None


def test_the_request_continues_by_itself_once_data_and_an_administrator_exist():
    consent, task = a_school_to_set_up()
    publish(school=consent.school, roster=a_roster(), by=None)
    operator = an_operator()
    answer = browser(operator).post(
        f"/operator/schools/{consent.school.broker_id}/invite/",
        {"email": "Head@elmpark.example", "position": "Headteacher", "task": task.pk},
    )
    assert answer.url == f"/operator/tasks/{task.pk}/"
    letter = Letter.objects.get(kind="invitation")
    assert letter.to == "head@elmpark.example"
    path = "/invitations/" + letter.text.split("/invitations/", 1)[1].split()[0]
    visitor = browser()
    assert "Headteacher" in visitor.get(path).content.decode()
    details = {"first_name": "Hana", "last_name": "Lowe", "position": "Headteacher"}
    assert visitor.post(path, {**details, "password": "12345"}).status_code == 200
    answer = visitor.post(path, {**details, "password": "correct horse battery"}, follow=True)
    assert answer.status_code == 200
    assert "Admin Hub" in answer.content.decode()
    consent.refresh_from_db()
    task.refresh_from_db()
    assert consent.state == State.PENDING
    assert task.completed_at is not None
    assert Letter.objects.filter(kind="request", to="head@elmpark.example").exists()
    assert browser().get(path).status_code == 410
    assert "The school is set up" in browser(operator).get(f"/operator/tasks/{task.pk}/").content.decode()


def test_somebody_with_a_log_in_keeps_it_when_invited_again():
    consent, pat = a_request()
    elm = a_school("Elm Park School", 199003)
    browser(an_operator()).post(f"/operator/schools/{elm.broker_id}/invite/", {"email": pat.email})
    letter = Letter.objects.get(kind="invitation")
    path = "/invitations/" + letter.text.split("/invitations/", 1)[1].split()[0]
    visitor = browser()
    assert "You have a log-in already" in visitor.get(path).content.decode()
    answer = visitor.post(path, {"password": "taken over 12345"})
    assert answer.status_code == 302
    assert visitor.get("/").status_code == 302
    assert "login" in visitor.get("/").url
    pat.refresh_from_db()
    assert pat.check_password("correct horse battery")
    assert elm.administrators.filter(user=pat).exists()
    assert consent.school.administrators.filter(user=pat).exists()


def test_an_unreadable_upload_is_told_on_the_page_and_publishes_nothing():
    school = a_school("Elm Park School", 199003)
    answer = browser(an_operator()).post(
        f"/operator/schools/{school.broker_id}/upload/",
        {"export": [SimpleUploadedFile("report.xml", b"<html>not a report")]},
        follow=True,
    )
    page = answer.content.decode()
    assert "Not readable" in page
    assert "report.xml" in page
    assert Source.objects.get(school=school).last_published_at is None


def test_two_files_of_one_name_are_refused_unread():
    school = a_school("Elm Park School", 199003)
    files = [SimpleUploadedFile("pupils.csv", b"a"), SimpleUploadedFile("pupils.csv", b"b")]
    answer = browser(an_operator()).post(f"/operator/schools/{school.broker_id}/upload/", {"export": files})
    assert answer.status_code == 422
    assert "Two of the files have the same name" in answer.content.decode()
    assert not Source.objects.filter(school=school).exists()


def a_failed_audit() -> Consent:
    school = a_school()
    pat = an_administrator(school)
    publish(school=school, roster=a_roster(), by=None)
    consent = request_access(app=(app := an_app()), school=school, by=app)
    approve(consent=consent, by=pat)
    Source.objects.filter(school=school).update(state=Source.State.FAILING)
    return audit(consent=consent, by=TheBroker())


def test_a_failed_check_waits_under_audits_and_passes_when_the_data_is_sound_again():
    consent = a_failed_audit()
    client = browser(an_operator())
    assert consent.school.name in client.get("/operator/audits/").content.decode()
    page = client.get(f"/operator/consents/{consent.public_id}/").content.decode()
    assert "The last reading of the MIS data failed" in page
    client.post(f"/operator/consents/{consent.public_id}/check/")
    consent.refresh_from_db()
    assert consent.state == State.AUDIT_FAILED
    Source.objects.filter(school=consent.school).update(state=Source.State.OK)
    client.post(f"/operator/consents/{consent.public_id}/check/")
    consent.refresh_from_db()
    assert consent.state == State.AUDITED
    assert "Nothing to audit" in client.get("/operator/audits/").content.decode()


@pytest.mark.parametrize(("button", "state"), [("pass", State.AUDITED), ("fail", State.AUDIT_FAILED)])
def test_an_operators_verdict_needs_a_reason_that_the_school_can_read(button: str, state: str):
    consent, pat = a_request()
    consent = approve(consent=consent, by=pat)
    client = browser(an_operator())
    path = f"/operator/consents/{consent.public_id}/{button}/"
    assert client.post(path, {"reason": ""}).status_code == 422
    consent.refresh_from_db()
    assert consent.state == State.APPROVED
    client.post(path, {"reason": "Looked at with the school"})
    consent.refresh_from_db()
    assert consent.state == state
    assert "Looked at with the school" in browser(pat).get(f"/consents/{consent.public_id}/").content.decode()


def test_where_a_person_is_asked_an_approval_waits_for_the_operator(settings):
    settings.BROKER_AUDIT_MODE = "person"
    consent, pat = a_request()
    approve(consent=consent, by=pat)
    assert "A person at" in browser(pat).get(f"/consents/{consent.public_id}/").content.decode()
    operator = browser(an_operator())
    assert consent.school.name in operator.get("/operator/audits/").content.decode()
    operator.post(f"/operator/consents/{consent.public_id}/check/")
    consent.refresh_from_db()
    assert consent.state == State.AUDITED


@pytest.mark.parametrize("typed", ["Oak Hil", "WX1 1AA", "wx11", "199001", "999/9001", "9999001"])
def test_the_directory_is_searched_by_whatever_is_typed(typed: str):
    a_school("Oak Hill School", 199001)
    a_school("Zebra Street School", 199555, postcode="ZZ9 9ZZ")
    page = browser(an_operator()).get("/operator/schools/", {"q": typed}).content.decode()
    assert "Oak Hill School" in page
    assert "Zebra" not in page


def test_the_directory_takes_the_same_queries_for_many_schools(django_assert_max_num_queries):
    for number in range(30):
        a_school(f"School {number}", 199100 + number)
    client = browser(an_operator())
    with django_assert_max_num_queries(10):
        client.get("/operator/schools/")
