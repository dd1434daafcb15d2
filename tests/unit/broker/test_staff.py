"""Staff, as apps see them: what is known of them, and what nobody may have."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.timetables.actions import keep_timetable
from tests.unit.broker.cast import (
    a_live_consent,
    a_roster,
    a_set_up_school,
    a_timetable,
    a_token,
    an_app,
    an_employee,
)
from tests.unit.broker.test_api import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def oak() -> tuple[Any, Api]:
    staff = (
        an_employee(0, start_date=date(2019, 9, 1)),
        an_employee(1, start_date=date(2023, 9, 1)),
        an_employee(2, start_date=None),
    )
    roster = a_roster(pupils=6, employees=3)
    school, pat = a_set_up_school(roster=replace(roster, employees=staff))
    app = an_app()
    a_live_consent(app, school, pat)
    return school, Api(a_token(app))


def test_pay_is_nobodys_and_asking_for_it_gives_nothing(oak):
    school, api = oak
    include = "salary.contract,scales.contract,allowances.contract,next_of_kin,campus"
    answer = api.get(f"schools/{school.broker_id}/employees?include={include}")
    assert {"salary", "salary.contract", "next_of_kin"} <= set(answer["meta"]["includes"])
    for person in answer["data"]:
        assert [person[name]["data"] for name in ("salary", "scales", "allowances", "next_of_kin")] == [
            []
        ] * 4
        assert person["campus"] == {"data": None}
    described = api.get("openapi.json")["components"]["schemas"]["Employees"]["properties"]
    assert "Nobody may have pay" in described["salary"]["description"]


def test_details_that_no_export_says_are_there_as_null(oak):
    school, api = oak
    path = f"schools/{school.broker_id}/employees?include=extended_details,contact_details&extra_ids=true"
    person = api.get(path)["data"][0]
    assert set(person["extended_details"]["data"].values()) == {None}
    assert person["contact_details"]["data"]["addresses"]["home"]["postcode"] is None
    assert (person["secondary_mis_id"], person["tertiary_mis_id"]) == (None, None)
    assert "secondary_mis_id" not in api.get(f"schools/{school.broker_id}/employees")["data"][0]


def test_staff_are_found_by_the_day_they_started(oak):
    school, api = oak

    def started(parameters: str) -> list[str]:
        rows = api.get(f"schools/{school.broker_id}/employees?{parameters}")["data"]
        return sorted(row["mis_id"] for row in rows)

    assert started("employment_start_after=2019-09-02") == ["e1"]
    assert started("employment_start_after=2019-09-01") == ["e0", "e1"]
    assert started("employment_start_before=2020-01-01") == ["e0"]
    assert api.get(f"schools/{school.broker_id}/employees?employment_start_after=soon", 422)


def test_a_lesson_names_who_takes_it_one_by_one_and_as_a_list(oak):
    school, api = oak
    keep_timetable(school=school, timetable=a_timetable())
    rows = api.get(f"schools/{school.broker_id}/lessons?include=employee,employees")["data"]
    for row in rows:
        alone = row["employee"]["data"]
        assert row["employees"]["data"] == ([alone] if alone else [])
    assert {bool(row["employees"]["data"]) for row in rows} == {True, False}


def test_a_class_has_the_real_apis_type_and_no_parameter_about_it_leaves_any_out(oak):
    school, api = oak
    rows = api.get(f"schools/{school.broker_id}/classes?type=academic&include=employees.extended_details")[
        "data"
    ]
    assert list(rows[0])[:4] == ["id", "mis_id", "type", "name"]
    assert len(rows) == 4
    assert "extended_details" in rows[0]["employees"]["data"][0]


def test_an_include_of_what_we_never_hold_is_never_a_relation_or_a_section_too():
    for resource in RESOURCES.values():
        for nothing in resource.nothing:
            assert not resource.relation(nothing.name), nothing.name
            assert not resource.section(nothing.name), nothing.name
