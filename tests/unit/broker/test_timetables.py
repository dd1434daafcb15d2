"""Lessons, periods and rooms, as apps see them week by week."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adminhub.broker.timetables.actions import hold_this_weeks_lessons, keep_timetable
from tests.unit.broker.cast import a_live_consent, a_set_up_school, a_timetable, a_token, an_app
from tests.unit.broker.test_api import Api

pytestmark = pytest.mark.django_db

IN_JUNE = datetime(2026, 6, 10, 12, tzinfo=UTC)
A_WEEK_LATER = datetime(2026, 6, 17, 12, tzinfo=UTC)


@pytest.fixture
def oak(time_machine: Any) -> tuple[Any, Api]:
    time_machine.move_to(IN_JUNE, tick=False)
    school, pat = a_set_up_school(pupils=6)
    keep_timetable(school=school, timetable=a_timetable())
    app = an_app()
    a_live_consent(app, school, pat)
    return school, Api(a_token(app))


def days(api: Api, school: Any) -> list[str]:
    rows = api.get(f"schools/{school.broker_id}/lessons")["data"]
    return sorted({row["start_at"]["date"][:16] for row in rows})


def test_the_lessons_are_those_of_this_week_in_the_schools_own_time(oak):
    school, api = oak
    assert days(api, school) == ["2026-06-08 08:00", "2026-06-08 09:00", "2026-06-12 08:00"]
    assert api.get(f"schools/{school.broker_id}")["data"]["extended"]["has_timetables"] is True


def test_a_new_week_has_its_own_lessons_and_the_old_ones_are_served_no_more(oak):
    school, api = oak
    before = {row["id"] for row in api.get(f"schools/{school.broker_id}/lessons")["data"]}
    assert hold_this_weeks_lessons(school=school, now=A_WEEK_LATER) is True
    assert hold_this_weeks_lessons(school=school, now=A_WEEK_LATER) is False
    assert days(api, school) == ["2026-06-15 08:00", "2026-06-15 09:00", "2026-06-19 08:00"]
    after = {row["id"] for row in api.get(f"schools/{school.broker_id}/lessons")["data"]}
    assert not before & after


def test_a_lesson_names_its_room_period_and_teacher_as_ids_until_they_are_included(oak):
    school, api = oak
    path = f"schools/{school.broker_id}/lessons?lessons_start_after=2026-06-12"
    plain = api.get(path)["data"][0]
    full = api.get(f"{path}&include=room,period,employee,class.subject")["data"][0]
    for name in ("room", "period", "employee"):
        assert full[name]["data"]["id"] == plain[name]
    assert full["period"]["data"]["start_time"] == "09:00:00"
    assert full["period"]["data"]["day"] == "friday"
    assert full["class"]["data"]["subject"]["data"]["name"] == "Mathematics"
    unstaffed = api.get(f"schools/{school.broker_id}/lessons?include=employee,room&per_page=200")["data"]
    assert [row["room"] for row in unstaffed if row["employee"]["data"] is None] == [{"data": None}]


def test_classes_and_periods_list_their_lessons_and_one_employee_does_too(oak):
    school, api = oak
    classes = api.get(f"schools/{school.broker_id}/classes?include=lessons.period&has_lessons=true")["data"]
    assert [(row["name"], len(row["lessons"]["data"])) for row in classes] == [("Maths 0", 2), ("Maths 1", 1)]
    periods = api.get(f"schools/{school.broker_id}/periods?include=lessons.room")["data"]
    assert sum(len(row["lessons"]["data"]) for row in periods) == 3
    ben = api.get(f"schools/{school.broker_id}/employees?only_mis_ids=e0&include=classes.lessons")
    assert "classes.lessons" not in ben["meta"]["includes"]
    one = api.get(f"schools/{school.broker_id}/employees/{ben['data'][0]['id']}?include=classes.lessons")
    assert "classes.lessons" in one["meta"]["includes"]
    assert len(one["data"]["classes"]["data"][0]["lessons"]["data"]) == 2
