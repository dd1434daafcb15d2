"""A school sends its own exports and sees what became of them."""

from dataclasses import replace

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from adminhub.broker.arrivals.values import LARGEST_TOTAL
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.actions import publish
from adminhub.broker.sources.models import Source, SourceUpload
from tests.unit.broker.cast import a_roster, a_school, an_administrator
from tests.unit.broker.portal.cast import a_request, an_operator, browser
from tests.unit.mis import samples

pytestmark = pytest.mark.django_db


def test_an_administrator_sees_what_the_broker_holds():
    consent, pat = a_request()
    page = browser(pat).get(f"/schools/{consent.school.broker_id}/data-source/").content.decode()
    assert "SIMS report" in page
    assert "pupils on roll" in page
    assert "Published" in page


def test_a_refused_export_is_told_and_the_last_good_data_stays():
    consent, pat = a_request()
    answer = browser(pat).post(
        f"/schools/{consent.school.broker_id}/data-source/",
        {"export": [SimpleUploadedFile("../../etc/report.xml", b"\0\0\0")]},
        follow=True,
    )
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "The last export could not be read" in page
    assert "report.xml" in page
    assert "etc/" not in page.split("Exports sent", 1)[1]
    with school_scope(consent.school_id):
        upload = SourceUpload.objects.first()
    assert upload is not None
    assert upload.by == pat
    assert upload.outcome == SourceUpload.Outcome.REFUSED


def test_sending_no_file_says_so():
    consent, pat = a_request()
    answer = browser(pat).post(f"/schools/{consent.school.broker_id}/data-source/", {})
    assert answer.status_code == 422
    assert "No file was chosen" in answer.content.decode()


def test_a_held_export_is_explained_to_the_school_and_the_operator():
    consent, pat = a_request()
    few = a_roster(pupils=4)
    publish(school=consent.school, roster=replace(few, classes=few.classes), by=None)
    assert Source.objects.get(school=consent.school).state == Source.State.HELD
    page = browser(pat).get(f"/schools/{consent.school.broker_id}/data-source/").content.decode()
    assert "The last export is on hold" in page
    page = browser(an_operator()).get(f"/operator/schools/{consent.school.broker_id}/").content.decode()
    assert "Publish anyway" in page


def test_an_administrator_invites_another():
    consent, pat = a_request()
    client = browser(pat)
    path = f"/schools/{consent.school.broker_id}/administrators/"
    assert client.post(path, {"email": "nonsense"}).status_code == 422
    answer = client.post(path, {"email": "head@oakhill.example", "is_read_only": "on"}, follow=True)
    assert "head@oakhill.example" in answer.content.decode()
    invitation = consent.school.invitations.get()
    assert invitation.is_read_only
    assert invitation.invited_by == pat


MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(("is_known", "megabytes"), [(True, 400), (False, 11)])
def test_what_is_too_large_is_refused_by_its_length_before_it_is_read(is_known: bool, megabytes: int):
    consent, pat = a_request()
    client = browser(pat if is_known else None)
    answer = client.post(
        f"/schools/{consent.school.broker_id}/data-source/" if is_known else "/account/login/",
        {"export": [SimpleUploadedFile("report.xml", b"<a/>")]},
        CONTENT_LENGTH=megabytes * MEGABYTE,
    )
    assert answer.status_code in (400, 413)


def test_an_export_as_large_as_the_form_allows_gets_as_far_as_the_form():
    assert settings.LARGEST_UPLOAD > LARGEST_TOTAL


def test_pages_are_kept_by_no_cache():
    consent, pat = a_request()
    page = browser(pat).get(f"/schools/{consent.school.broker_id}/")
    assert "no-store" in page.headers["Cache-Control"]


def test_a_school_sends_files_that_complete_one_another_and_sees_what_they_are():
    school = a_school("Hallowmere Community Primary School", 906743, establishment_number="2197")
    pat = an_administrator(school, "pat@hallowmere.example")
    files = [next(samples.sample(format).iterdir()) for format in ("ctf", "workforce")]
    browser(pat).post(
        f"/schools/{school.broker_id}/data-source/",
        {"export": [SimpleUploadedFile(file.name, file.read_bytes()) for file in files]},
        follow=True,
    )
    page = browser(pat).get(f"/schools/{school.broker_id}/data-source/").content.decode()

    assert "Common Transfer File, School Workforce Census" in page
    assert Source.objects.get(school=school).state == Source.State.OK
