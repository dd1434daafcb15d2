"""Attendance, conduct, health, assessment and the like, as apps read them."""

import base64

import pytest
from django.test import Client

from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.api.sampling import WRITES, examples
from adminhub.broker.api.view import View
from adminhub.broker.apps.catalogue import (
    ABSENCES,
    ASSESSMENT,
    ATTENDANCE,
    BY_IDENTITY,
    CONDUCT,
    HEALTH,
    SCHOOL_LIFE,
)
from adminhub.broker.consent.access import Choice, Mode
from adminhub.broker.consent.actions import change_access
from adminhub.broker.consent.queries import granted_identities
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.records.codes import STANDARD
from adminhub.broker.records.models import SessionMark
from adminhub.broker.sources.models import Pupil
from adminhub.runtime.demo.agreement import WISHES
from tests.unit.broker.cast import a_live_consent, a_set_up_school, a_token, an_app, with_records

pytestmark = pytest.mark.django_db


@pytest.fixture
def oak():
    school, pat = a_set_up_school(pupils=6)
    with_records(school)
    app = an_app()
    consent = a_live_consent(app, school, pat)
    return school, pat, consent, a_token(app)


def get(token, path, status=200):
    response = Client().get(f"/v1.0/{path}", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == status, response.content
    return response.json()


def test_attendance_has_the_wires_shape(oak):
    school, _, _, token = oak
    answer = get(token, f"schools/{school.broker_id}/attendance/session?per_page=500")
    assert len(answer["data"]) == 6 * 2 * 5
    row = answer["data"][0]
    assert row["session"] in ("AM", "PM")
    assert row["date"]["timezone"] == "Europe/London"
    assert row["student"].startswith("A")
    codes = {code["id"]: code for code in get(token, f"schools/{school.broker_id}/attendance-codes")["data"]}
    assert row["attendance_code"] in codes
    whole = get(
        token, f"schools/{school.broker_id}/attendance/session/{row['id']}?include=student,attendance_code"
    )
    assert whole["data"]["student"]["data"]["id"] == row["student"]
    assert whole["data"]["attendance_code"]["data"]["code"] == codes[row["attendance_code"]]["code"]


def test_marks_are_found_by_day_and_by_pupil(oak):
    school, _, _, token = oak
    row = get(token, f"schools/{school.broker_id}/attendance/session")["data"][0]
    day = row["date"]["date"][:10]
    path = f"schools/{school.broker_id}/attendance/session?per_page=500"
    assert len(get(token, f"{path}&date={day}")["data"]) == 12
    assert len(get(token, f"{path}&date={day}&student={row['student']}")["data"]) == 2
    assert len(get(token, f"{path}&date_after={day}&student={row['student']}")["data"]) % 2 == 0
    assert "date" in get(token, f"{path}&date=yesterday", 422)["errors"]


def test_summaries_come_to_what_the_marks_say(oak):
    school, _, _, token = oak
    for summary in get(token, f"schools/{school.broker_id}/attendance-summaries")["data"]:
        assert summary["possible_marks"] == sum(summary["attendance_codes"].values()) == 10
        away = summary["authorised_absences"] + summary["unauthorized_absences"]
        assert summary["present"] + away + summary["missing_marks"] == summary["possible_marks"]


def test_every_app_finds_the_national_codes_without_a_school(oak):
    token = oak[3]
    codes = get(token, "attendance-codes")
    assert [code["code"] for code in codes["data"]] == [code.code for code in STANDARD]
    assert codes["meta"]["pagination"]["more"] is False
    assert get(token, "attendance-codes?page=2")["data"] == []


def test_an_incident_says_what_each_pupil_did(oak):
    school, _, _, token = oak
    for kind in ("behaviours", "achievements"):
        rows = get(token, f"schools/{school.broker_id}/{kind}?include=students,employees,subject")["data"]
        assert rows
        for row in rows:
            assert all(child["meta"]["points"] is not None for child in row["students"]["data"])
            assert len(row["employees"]["data"]) == 1
    attributes = get(token, f"schools/{school.broker_id}/behaviours/attributes")["data"]
    assert {"type", "location", "role"} <= {attribute["type"] for attribute in attributes}


def test_a_pupil_comes_with_everything_that_is_known_of_them(oak):
    school, _, _, token = oak
    include = (
        "attendance_summary,achievements.employees,behaviours,doctors,exclusions,medical_conditions.notes,"
        "medical_events.notes,medical_notes,photo,results.aspect,results.resultset"
    )
    rows = get(token, f"schools/{school.broker_id}/students?include={include}")["data"]
    pupil = rows[0]
    assert pupil["attendance_summary"]["data"]["student"] == pupil["id"]
    assert base64.b64decode(pupil["photo"]["data"]["content"]).startswith(b"\x89PNG")
    assert {result["aspect"]["data"]["name"] for result in pupil["results"]["data"]} == {
        "Reading", "Mathematics", "Effort",
    }  # fmt: skip
    assert any(row["medical_conditions"]["data"] for row in rows)
    staff = get(token, f"schools/{school.broker_id}/employees?include=photo,employee_absences")["data"]
    assert all(person["photo"]["data"]["hash"] for person in staff)
    assert any(person["employee_absences"]["data"] for person in staff)


def test_what_changed_is_found_by_the_time_of_the_change(oak):
    school, _, _, token = oak
    with school_scope(school.pk):
        newest = SessionMark.objects.order_by("-updated_at")[0].updated_at
    rows = get(
        token, f"schools/{school.broker_id}/attendance/session?updated_after={newest:%Y-%m-%d %H:%M:%S}"
    )
    assert 0 < len(rows["data"]) < 60


def test_a_pupil_who_is_left_out_takes_their_records_along(oak):
    school, pat, consent, token = oak
    with school_scope(school.pk):
        kit = Pupil.objects.filter(status="current").order_by("mis_id")[0]
    choice = Choice(Mode.EXCLUDE, pupils=frozenset({kit.pk}))
    change_access(consent=consent, by=pat, choice=choice, instead_of=None)
    for name, resource in RESOURCES.items():
        if resource.is_listed:
            answer = get(token, f"schools/{school.broker_id}/{name}?per_page=500")
            assert kit.broker_id not in str(answer), name
    left = get(token, f"schools/{school.broker_id}/attendance/session?per_page=500")["data"]
    assert len(left) == 5 * 2 * 5


def test_the_school_says_what_it_can_do(oak):
    school, _, _, token = oak
    assert get(token, f"meta/schools/{school.broker_id}")["data"]["custom_attendance_codes"] is True
    extended = get(token, f"schools/{school.broker_id}")["data"]["extended"]
    assert extended["allows_writeback"] is True


def test_a_school_sees_an_example_of_what_an_app_would_get(oak):
    school, _, consent, _ = oak
    shown = examples(View(school, granted_identities(consent)))
    for identity in ("behaviours.comment.read", "attendance.read", "medical_conditions.read", "photos.read"):
        assert shown[identity], identity
    assert shown["exclusions.proceedings.read"] == "yes or no"
    assert shown["attendance.write"] == shown["behaviours.delete"] == WRITES


def test_the_hub_asks_for_none_of_this():
    asked = {BY_IDENTITY[wish.identity].group for wish in WISHES}
    assert not asked & {ATTENDANCE, CONDUCT, HEALTH, ASSESSMENT, ABSENCES, SCHOOL_LIFE}
    assert not [wish for wish in WISHES if not wish.identity.endswith(".read")]
