"""The access log, written by the API and read by the school."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from adminhub.broker.api.models import Reading
from adminhub.broker.api.reading import KEPT, forget_old_readings
from adminhub.broker.directory.models import User
from adminhub.broker.directory.scope import school_scope
from tests.unit.broker.cast import (
    a_full_roster,
    a_live_consent,
    a_set_up_school,
    a_token,
    an_app,
)
from tests.unit.broker.portal.cast import another_schools_administrator, browser
from tests.unit.broker.test_api import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def oak() -> tuple[Any, Api, User]:
    school, pat = a_set_up_school(roster=a_full_roster())
    app = an_app()
    a_live_consent(app, school, pat)
    return school, Api(a_token(app)), pat


def log(school: Any) -> list[tuple[Any, ...]]:
    with school_scope(school.pk):
        rows = Reading.objects.order_by("pk")
        return list(rows.values_list("resource", "includes", "pupils", "employees", "contacts"))


def test_each_call_notes_what_it_told_of_how_many_people(oak):
    school, api, _ = oak
    base = f"schools/{school.broker_id}"
    told = api.get(f"{base}/students?include=contacts,year,classes.employees&per_page=4")["data"]
    contacts = {contact["id"] for pupil in told for contact in pupil["contacts"]["data"]}
    first = api.get(f"{base}/employees?per_page=2")["data"][0]
    api.get(f"{base}/employees/{first['id']}")
    api.get(f"{base}/classes?include=students")
    api.get(f"{base}/students-leaver")
    pupils, *rest = log(school)
    assert pupils[:3] == ("students", "contacts,year,classes,classes.employees", 4)
    assert pupils[3] > 0
    assert pupils[4] == len(contacts) > 0
    assert rest == [
        ("employees", "", 0, 2, 0),
        ("employees", "", 0, 1, 0),
        ("classes", "students", 6, 0, 0),
        ("students-leaver", "", 1, 0, 0),
    ]


def test_what_tells_of_nobody_is_not_noted(oak):
    school, api, _ = oak
    for path in (
        "classes",
        "groups",
        "subjects",
        "counts?include=students",
        "students?updated_after=2100-01-01",
    ):
        api.get(f"schools/{school.broker_id}/{path}")
    api.get(f"schools/{school.broker_id}/students/A1000000001", 404)
    assert log(school) == []


def test_the_school_sees_it_by_the_hour_and_may_filter(oak):
    school, api, pat = oak
    for page in (1, 2, 3):
        api.get(f"schools/{school.broker_id}/students?include=education_details&per_page=2&page={page}")
    api.get(f"schools/{school.broker_id}/employees")
    path = f"/schools/{school.broker_id}/who-saw-what/"
    page = browser(pat).get(path).content.decode()
    assert "Pupils" in page
    assert "with Education details" in page
    assert ">6</td>" in page
    only = browser(pat).get(path, {"resource": "employees", "since": "2020-01-01"}).content.decode()
    assert "Education details" not in only
    nothing = browser(pat).get(path, {"until": "2020-01-01"}).content.decode()
    assert "Nothing was read like that" in nothing
    assert browser(pat).get(path, {"since": "soon", "app": "\x00", "page": "x"}).status_code == 200


def test_only_the_school_itself_reads_its_log(oak):
    school, _, _ = oak
    path = f"/schools/{school.broker_id}/who-saw-what/"
    assert browser(another_schools_administrator()).get(path).status_code == 404
    assert browser().get(path).status_code == 302


def test_the_log_forgets_in_time(oak):
    school, api, _ = oak
    api.get(f"schools/{school.broker_id}/students")
    assert forget_old_readings() == 0
    with school_scope(school.pk):
        Reading.objects.update(at=timezone.now() - KEPT - timedelta(days=1))
    assert forget_old_readings() == 1
    assert log(school) == []
