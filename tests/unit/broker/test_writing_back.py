"""What apps write into a school's records: whole or not at all, once, and never for ever."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.consent.access import Choice, Mode
from adminhub.broker.consent.actions import change_access, revoke
from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.records.actions import take_back
from adminhub.broker.records.codes import STANDARD
from adminhub.broker.records.models import (
    AttendanceCode,
    AttendanceSummary,
    Behaviour,
    SessionMark,
    Writeback,
)
from adminhub.broker.sources.models import Employee, Pupil
from adminhub.broker.webhooks.models import Delivery
from tests.unit.broker.cast import (
    a_live_consent,
    a_set_up_school,
    a_token,
    an_administrator,
    an_app,
    with_records,
)

pytestmark = pytest.mark.django_db


class Oak:
    """Oak Hill with its records, and an app that may do everything."""

    def __init__(self) -> None:
        self.school, self.pat = a_set_up_school(pupils=6)
        with_records(self.school)
        self.app = an_app()
        self.consent = a_live_consent(self.app, self.school, self.pat)
        self.token = a_token(self.app)
        with school_scope(self.school.pk):
            self.kit, self.kim = Pupil.objects.filter(status="current").order_by("mis_id")[:2]
            self.ben = Employee.objects.order_by("mis_id")[0]
            self.ill = AttendanceCode.objects.get(code="I")
        self.today = timezone.localdate().isoformat()

    def send(self, method, path, body=None, status=200, **headers):
        response = Client().generic(
            method,
            f"/v1.0/schools/{self.school.broker_id}/{path}",
            "" if body is None else json.dumps(body),
            "application/json",
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )
        assert response.status_code == status, response.content
        return response.json()

    def get(self, path):
        return Client().get(f"/v1.0/{path}", headers={"Authorization": f"Bearer {self.token}"}).json()

    def a_mark(self, **fields):
        return {
            "student_id": self.kit.broker_id,
            "date": self.today,
            "session": "AM",
            "attendance_code_id": self.ill.broker_id,
            **fields,
        }

    def an_incident(self, **fields):
        return {
            "students": [
                {"student_id": self.kit.broker_id, "role": "AG", "action": "WARN", "points": 3},
                {"student_id": self.kim.broker_id, "role": "TA", "points": 0},
            ],
            "employee_id": self.ben.broker_id,
            "date": self.today,
            "status": "OPEN",
            "type": "BULL",
            "bullying_type": "B_INT",
            "comment": "Spoken to",
            "activity_type": "LES",
            "location": "CORR",
            "time": "LUN",
            **fields,
        }

    def marks(self):
        with school_scope(self.school.pk):
            found = SessionMark.objects.filter(date=self.today, status="current")
            return {(mark.pupil_id, mark.session): mark.code_id for mark in found}


@pytest.fixture
def oak():
    return Oak()


def test_a_register_is_entered_and_read_again(oak):
    answer = oak.send(
        "POST", "attendance/session", {"attendance": [oak.a_mark(comment="Rang in", minutes_late="0")]}
    )
    written = oak.get(f"writebacks/{answer['writeback_id']}")["data"]
    assert (written["status"], written["type"], written["records"]) == ("completed", "attendance/session", 1)
    assert oak.marks() == {(oak.kit.pk, "AM"): oak.ill.pk}
    path = f"schools/{oak.school.broker_id}/attendance/session?date={oak.today}"
    row = oak.get(path)["data"][0]
    assert (row["student"], row["comment"]) == (oak.kit.broker_id, "Rang in")
    told = Delivery.objects.get(payload_type="writeback")
    assert {key: told.payload[key] for key in ("writeback_id", "status", "type")} == {
        "writeback_id": answer["writeback_id"],
        "status": "completed",
        "type": "attendance/session",
    }


def test_a_summary_follows_the_marks(oak):
    with school_scope(oak.school.pk):
        before = AttendanceSummary.objects.get(pupil=oak.kit).authorised_absences
    oak.send("POST", "attendance/session", {"attendance": [oak.a_mark(), oak.a_mark(session="pm")]})
    with school_scope(oak.school.pk):
        assert AttendanceSummary.objects.get(pupil=oak.kit).authorised_absences == before + 2


def test_national_codes_may_be_used_for_the_schools_own(oak):
    national = next(code for code in STANDARD if code.code == "I")
    oak.send(
        "POST", "attendance/session", {"attendance": [oak.a_mark(attendance_code_id=f"A{national.number}")]}
    )
    assert oak.marks() == {(oak.kit.pk, "AM"): oak.ill.pk}


MISTAKES = {
    "student_id": {"student_id": "A1000000001"},
    "date": {"date": "yesterday"},
    "session": {"session": "NIGHT"},
    "attendance_code_id": {"attendance_code_id": "A12"},
    "employee_id": {"employee_id": "not an id"},
    "minutes_late": {"minutes_late": -4},
    "comment": {"comment": "x" * 501},
}


def test_a_mistake_is_named_by_its_place_and_nothing_is_written(oak):
    for place, mistake in MISTAKES.items():
        wrong = oak.a_mark(**{"session": "PM", **mistake})
        answer = oak.send("POST", "attendance/session", {"attendance": [oak.a_mark(), wrong]}, 422)
        assert list(answer["errors"]) == [f"attendance.1.{place}"]
    assert oak.marks() == {}
    assert not Writeback.objects.filter(app=oak.app).exists()


def test_a_body_of_another_shape_is_refused_without_repeating_it(oak):
    for body in (None, [], {}, {"attendance": []}, {"attendance": [{"date": 5}]}, "Kit Ray"):
        answer = oak.send("POST", "attendance/session", body, 422)
        assert answer["errors"], body
        assert "Kit" not in str(answer)


def test_the_same_pupil_twice_at_one_time_is_refused(oak):
    answer = oak.send("POST", "attendance/session", {"attendance": [oak.a_mark(), oak.a_mark()]}, 422)
    assert set(answer["errors"]) == {"attendance.0.student_id", "attendance.1.student_id"}


def test_a_call_with_a_key_is_carried_out_once(oak):
    body = oak.an_incident()
    first = oak.send("POST", "behaviours", body, **{"Idempotency-Key": "k1"})
    again = oak.send("POST", "behaviours", body, **{"Idempotency-Key": "k1"})
    assert again == first
    other = oak.send("POST", "behaviours", oak.an_incident(time="BRK"), 422, **{"Idempotency-Key": "k1"})
    assert "Idempotency-Key" in other["errors"]
    assert Writeback.objects.filter(app=oak.app).count() == 1


def test_an_incident_is_recorded_read_and_removed(oak):
    made = oak.send("POST", "behaviours", oak.an_incident())
    path = f"schools/{oak.school.broker_id}/behaviours/{made['id']}"
    row = oak.get(f"{path}?include=students,employees")["data"]
    assert (row["type"], row["comment"], row["points"]) == ("BULL", "Spoken to", 5)
    assert {child["id"]: child["meta"]["role"] for child in row["students"]["data"]} == {
        oak.kit.broker_id: "AG",
        oak.kim.broker_id: "TA",
    }
    assert [person["id"] for person in row["employees"]["data"]] == [oak.ben.broker_id]
    assert oak.send("DELETE", f"behaviours/{made['id']}/")["success"] is True
    oak.send("DELETE", f"behaviours/{made['id']}", status=404)
    assert "error" in oak.get(path)


def test_unknown_codes_of_conduct_are_refused(oak):
    wrong = oak.an_incident(type="NOPE", location="MOON")
    wrong["students"][1]["role"] = "KING"
    errors = oak.send("POST", "behaviours", wrong, 422)["errors"]
    assert set(errors) == {"type", "location", "students.1.role"}
    entry = {"student_id": oak.kit.broker_id, "award": "NONE"}
    errors = oak.send("POST", "achievements", {"students": [entry], "date": oak.today, "type": "KIND"}, 422)[
        "errors"
    ]
    assert set(errors) == {"students.0.award"}


def test_an_achievement_brings_its_usual_points(oak):
    body = {"students": [{"student_id": oak.kit.broker_id}], "date": oak.today, "type": "KIND"}
    made = oak.send("POST", "achievements", body)
    row = oak.get(f"schools/{oak.school.broker_id}/achievements/{made['id']}?include=students")["data"]
    assert row["students"]["data"][0]["meta"] == {"points": 3, "award": None, "award_date": None}


def test_an_absence_of_staff_is_recorded_changed_and_removed(oak):
    body = {"employee_id": oak.ben.broker_id, "absence_type": "Sickness", "start_date": oak.today}
    made = oak.send("POST", "employee-absences", body)
    later = (timezone.localdate() + timedelta(days=2)).isoformat()
    oak.send("PUT", f"employee-absences/{made['id']}", {**body, "end_date": later})
    path = f"schools/{oak.school.broker_id}/employee-absences/{made['id']}"
    assert oak.get(path)["data"]["end_date"]["date"].startswith(later)
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    errors = oak.send("PUT", f"employee-absences/{made['id']}", {**body, "end_date": yesterday}, 422)[
        "errors"
    ]
    assert set(errors) == {"end_date"}
    oak.send("DELETE", f"employee-absences/{made['id']}")
    assert "error" in oak.get(path)


def test_a_school_takes_back_what_an_app_wrote_and_the_app_is_told(oak):
    oak.send("POST", "attendance/session", {"attendance": [oak.a_mark()]})
    with school_scope(oak.school.pk):
        present = AttendanceCode.objects.get(code="/")
    body = {"attendance": [oak.a_mark(attendance_code_id=present.broker_id)]}
    second = oak.send("POST", "attendance/session", body)
    first, latest = Writeback.objects.filter(app=oak.app).order_by("created_at")
    with pytest.raises(NotPossible):
        take_back(writeback=first, by=oak.pat)
    take_back(writeback=latest, by=oak.pat)
    assert oak.marks() == {(oak.kit.pk, "AM"): oak.ill.pk}
    take_back(writeback=first, by=oak.pat)
    assert oak.marks() == {}
    assert oak.get(f"writebacks/{second['writeback_id']}")["data"]["status"] == "reversed"
    assert Delivery.objects.filter(payload_type="writeback", payload__status="reversed").count() == 2
    with pytest.raises(NotPossible):
        take_back(writeback=first, by=oak.pat)


def test_what_was_removed_comes_back_when_the_school_takes_the_removal_back(oak):
    with school_scope(oak.school.pk):
        incident = Behaviour.objects.filter(status="current").first()
    answer = oak.send("DELETE", f"behaviours/{incident.broker_id}")
    writeback = Writeback.objects.get(pk=int(answer["writeback_id"][1:]))
    take_back(writeback=writeback, by=oak.pat)
    assert oak.get(f"schools/{oak.school.broker_id}/behaviours/{incident.broker_id}")["data"]


def test_only_the_schools_own_administrators_take_back(oak):
    answer = oak.send("POST", "attendance/session", {"attendance": [oak.a_mark()]})
    writeback = Writeback.objects.get(pk=int(answer["writeback_id"][1:]))
    looker = an_administrator(oak.school, "omar@oakhill.example", is_read_only=True)
    _, cal = a_set_up_school(name="Elm Park School", urn=199777)
    for stranger in (looker, cal):
        with pytest.raises(NotAllowed):
            take_back(writeback=writeback, by=stranger)
    assert oak.marks()


WRITES = [
    (method, resource.name, write)
    for resource in RESOURCES.values()
    for method, write in (
        ("POST", resource.creates),
        ("PUT", resource.replaces),
        ("DELETE", resource.removes),
    )
    if write is not None
]


def test_nothing_is_written_without_its_permission_or_with_another_schools_token(oak):
    elm, _ = a_set_up_school(name="Elm Park School", urn=199777)
    own, elms = oak.token, a_token(oak.app, elm)
    for method, name, write in WRITES:
        path = name if method == "POST" else f"{name}/A1234567890"
        oak.token = own
        for identity in (write.permission, RESOURCES[name].permission):
            oak.consent.permissions.update(is_approved=True)
            oak.consent.permissions.filter(permission__identity=identity).update(is_approved=False)
            oak.send(method, path, {}, 403)
        oak.consent.permissions.update(is_approved=True)
        oak.token = elms
        oak.send(method, path, {}, 403)
    assert not Writeback.objects.filter(app=oak.app).exists()


def test_nothing_is_written_about_somebody_who_is_left_out(oak):
    choice = Choice(Mode.EXCLUDE, pupils=frozenset({oak.kit.pk}))
    change_access(consent=oak.consent, by=oak.pat, choice=choice, instead_of=None)
    errors = oak.send("POST", "attendance/session", {"attendance": [oak.a_mark()]}, 422)["errors"]
    assert set(errors) == {"attendance.0.student_id"}
    errors = oak.send("POST", "behaviours", oak.an_incident(), 422)["errors"]
    assert set(errors) == {"students.0.student_id"}


def test_what_cannot_be_written_says_what_can_be_done(oak):
    response = Client().post(
        f"/v1.0/schools/{oak.school.broker_id}/students", headers={"Authorization": f"Bearer {oak.token}"}
    )
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET"


def test_after_its_access_has_ended_an_app_sees_its_writebacks_no_more(oak):
    answer = oak.send("POST", "attendance/session", {"attendance": [oak.a_mark()]})
    assert len(oak.get("writebacks")["data"]) == 1
    revoke(consent=oak.consent, by=oak.pat)
    assert oak.get("writebacks")["data"] == []
    assert oak.get(f"writebacks/{answer['writeback_id']}")["error"] == "not_found"


def test_an_app_sees_its_own_writebacks_only(oak):
    answer = oak.send("POST", "attendance/session", {"attendance": [oak.a_mark()]})
    assert [row["id"] for row in oak.get("writebacks")["data"]] == [answer["writeback_id"]]
    oak.token = a_token(an_app("Another"))
    assert oak.get("writebacks")["data"] == []
    assert "error" in oak.get(f"writebacks/{answer['writeback_id']}")
