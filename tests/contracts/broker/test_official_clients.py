"""What the official PHP, Ruby and .NET clients send and read (wonde-api §6), replayed call by call.

Each class here does what that client's source does: the same headers, addresses and bodies, and the same way through
pages, with the same trust in what must be there. Their languages are not needed for this.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from django.test import Client
from django.utils import timezone

from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.timetables.actions import keep_timetable
from tests.unit.broker.cast import (
    a_full_roster,
    a_live_consent,
    a_school,
    a_set_up_school,
    a_timetable,
    a_token,
    an_app,
    with_records,
)

pytestmark = pytest.mark.django_db
JSON = "application/json"


class Php:
    """wonde-php-client 3.1.4: BootstrapEndpoint and ResultIterator."""

    empty = "[]"

    def __init__(self, token: str) -> None:
        basic = base64.b64encode(f"{token}:".encode()).decode()
        self.reading = self.writing = {
            "Authorization": f"Basic {basic}",
            "User-Agent": "wonde-php-client-3.1.4",
        }

    def query(self, parameters: dict[str, str]) -> str:
        return urlencode(parameters, quote_via=quote_plus)

    def all(self, uri: str, includes: tuple[str, ...] = (), **parameters: str) -> Iterator[Any]:
        """`next` until it is empty; data may be an object, then its values are walked."""
        if includes:
            parameters["include"] = ",".join(includes)
        answer = self.get(f"{uri}?{self.query(parameters)}" if parameters else uri)
        while True:
            rows = answer["data"]
            yield from rows.values() if isinstance(rows, dict) else rows
            following = self.following(answer)
            if not following:
                return
            answer = self.get(following.partition("/v1.0/")[2])

    def following(self, answer: Any) -> str | None:
        return answer.get("meta", {}).get("pagination", {}).get("next")

    def get(self, uri: str) -> Any:
        return self.read(Client().get(f"/v1.0/{uri}", headers=self.reading))

    def post(self, uri: str, body: str | None = None) -> Any:
        content = self.empty if body is None else body
        return self.read(Client().post(f"/v1.0/{uri}", content, JSON, headers=self.writing))

    def delete(self, uri: str) -> Any:
        return self.read(Client().delete(f"/v1.0/{uri}", "", headers=self.writing))

    def read(self, response: Any) -> Any:
        """.NET takes nothing but 200 for success; the others would not mind more."""
        assert response.status_code == 200, response.content
        return json.loads(response.content)


class Ruby(Php):
    """wonde-rb-client 0.0.1: GET with Bearer, everything else with the bare token as Basic; a JSON body always."""

    empty = "{}"

    def __init__(self, token: str) -> None:
        self.reading = {"Authorization": f"Bearer {token}", "User-Agent": "wonde-rb-client-0.0.1"}
        self.writing = {"Authorization": f"Basic {token}", "Accept": JSON}

    def query(self, parameters: dict[str, str]) -> str:
        return urlencode(parameters, quote_via=quote)

    def following(self, answer: Any) -> str | None:
        """`response.meta.pagination.next`, unguarded."""
        return answer["meta"]["pagination"]["next"]

    def delete(self, uri: str) -> Any:
        return self.read(Client().delete(f"/v1.0/{uri}", "{}", JSON, headers=self.writing))


class DotNet(Php):
    """wonde .NET client 1.0.8: "bearer" in small letters, a content type on every call, MetaData["pagination"]."""

    empty = ""

    def __init__(self, token: str) -> None:
        agent = "wonde-php-client-1.0.8"
        self.reading = {"Authorization": f"bearer {token}", "User-Agent": agent, "Content-Type": JSON}
        self.writing = self.reading

    def following(self, answer: Any) -> str | None:
        pages = answer["meta"]["pagination"]
        assert "previous" in pages
        return pages["next"]


each_client = pytest.mark.parametrize("client", [Php, Ruby, DotNet])


@pytest.fixture
def oak() -> tuple[Any, str]:
    school, pat = a_set_up_school(roster=a_full_roster())
    keep_timetable(school=school, timetable=a_timetable())
    app = an_app()
    a_live_consent(app, school, pat)
    return school, a_token(app)


@each_client
def test_every_list_is_walked_to_its_end(oak, client):
    school, token = oak
    api = client(token)
    for name in [name for name, resource in RESOURCES.items() if resource.is_listed]:
        whole = list(api.all(f"schools/{school.broker_id}/{name}/", per_page="2500"))
        walked = list(api.all(f"schools/{school.broker_id}/{name}/", per_page="2"))
        assert [row["id"] for row in walked] == [row["id"] for row in whole], name


@each_client
def test_includes_filters_counts_and_one_record_come_as_their_readme_shows(oak, client):
    school, token = oak
    api = client(token)
    base = f"schools/{school.broker_id}"
    changed = list(
        api.all(
            f"{base}/students/",
            ("contact_details", "extended_details"),
            updated_after="2016-06-24 00:00:00",
        )
    )
    assert len(changed) == 6
    assert all("data" in row["contact_details"] for row in changed)
    one = api.get(f"{base}/students/{changed[0]['id']}?include=education_details%2Cclasses.subject")
    assert one["data"]["classes"]["data"][0]["subject"]["data"]["name"] == "Mathematics"
    counted = api.get(f"{base}/counts/?include=students,contacts")
    assert counted["data"]["students"]["data"]["count"] == 6
    assert api.following(counted) is None
    assert [row["data"]["count"] for row in api.all(f"{base}/counts/", ("students", "contacts"))] == [6, 4]
    assert list(api.all(f"{base}/counts/")) == []
    assert list(api.all(f"{base}/deletions/", type="student")) == []
    assert list(api.all(f"{base}/employees/", has_class="True"))


@each_client
def test_schools_are_listed_searched_asked_and_left(oak, client):
    school, token = oak
    api = client(token)
    elm = a_school("Elm Park School", 199777)
    assert [row["id"] for row in api.all("schools/")] == [school.broker_id]
    assert [row["id"] for row in api.all("schools/audited/")] == [school.broker_id]
    assert [row["id"] for row in api.all("schools/all/", urn="199777")] == [elm.broker_id]
    assert api.get(f"schools/{school.broker_id}")["data"]["region"]["domain"]
    asked = api.post(f"schools/{elm.broker_id}/request-access")
    assert asked["success"] is True
    assert asked["state"] == "pending"
    assert [row["id"] for row in api.all("schools/pending/")] == [elm.broker_id]
    assert api.get(f"meta/schools/{school.broker_id}")["data"]["approved"] is True
    assert api.get(f"meta/schools/{school.broker_id}/permissions")["data"][0]["identity"]
    assert api.delete(f"schools/{elm.broker_id}/revoke-access")["success"] is True
    assert api.delete(f"schools/{school.broker_id}/revoke-access")["state"] == "revoked"
    assert list(api.all("schools/")) == []


@each_client
def test_registers_incidents_and_achievements_are_written_as_their_readme_shows(oak, client):
    """SessionRegister and LessonRegister, `behaviours->create`, `achievements->create`, and `delete`."""
    school, token = oak
    with_records(school)
    api = client(token)
    base = f"schools/{school.broker_id}"
    today = timezone.localdate().isoformat()
    kit, kim = (row["id"] for row in [*api.all(f"{base}/students/")][:2])
    ben = next(api.all(f"{base}/employees/"))["id"]
    code = next(row["id"] for row in api.all("attendance-codes/") if row["code"] == "L")
    lesson = next(api.all(f"{base}/lessons/"))["id"]
    mark = {"date": today, "session": "AM", "student_id": kit, "attendance_code_id": code, "minutes_late": 10}
    written = api.post(f"{base}/attendance/session/", json.dumps({"attendance": [mark]}))
    assert api.get(f"writebacks/{written['writeback_id']}")["data"]["status"] == "completed"
    mark = {"lesson_id": lesson, "student_id": kit, "attendance_code_id": code}
    assert api.post(f"{base}/attendance/lesson", json.dumps({"attendance": [mark]}))["writeback_id"]
    incident = {
        "students": [
            {"student_id": kit, "role": "AG", "action": "WARN", "action_date": today, "points": 200},
            {"student_id": kim, "role": "TA", "points": 2},
        ],
        "employee_id": ben,
        "date": today,
        "status": "REV",
        "type": "BULL",
        "bullying_type": "B_INT",
        "comment": "Bulling incident",
        "activity_type": "LES",
        "location": "CORR",
        "time": "LUN",
    }
    made = api.post(f"{base}/behaviours/", json.dumps(incident))
    assert isinstance(api.delete(f"{base}/behaviours/{made['id']}"), dict)
    award = {"student_id": kit, "points": 200, "award": "TROP", "award_date": today}
    achievement = {"students": [award], "employee_id": ben, "date": today, "type": "KIND", "comment": "A4"}
    made = api.post(f"{base}/achievements/", json.dumps(achievement))
    assert isinstance(api.delete(f"{base}/achievements/{made['id']}"), dict)
    assert len([*api.all("writebacks/")]) == 6
