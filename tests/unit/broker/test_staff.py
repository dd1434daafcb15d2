"""Staff, as apps see them: what is known of them, and what nobody may have."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.consent.access import Choice, Mode
from adminhub.broker.consent.actions import change_access
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.records.models import AttendanceCode, Contract, SessionMark
from adminhub.broker.sources.models import Employee
from adminhub.broker.timetables.actions import keep_timetable
from tests.unit.broker.cast import (
    a_full_roster,
    a_live_consent,
    a_roster,
    a_set_up_school,
    a_timetable,
    a_token,
    an_app,
    an_employee,
    with_records,
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


def test_contracts_and_roles_name_each_other_and_no_pay(oak):
    school, api = oak
    with_records(school)
    include = "contracts.roles,contracts.salary.scales,roles.contract,qualifications,employment_checks"
    for person in api.get(f"schools/{school.broker_id}/employees?include={include}")["data"]:
        (contract,) = person["contracts"]["data"]
        (role,) = person["roles"]["data"]
        assert contract["roles"]["data"][0]["id"] == role["id"]
        assert role["contract"]["data"]["id"] == contract["id"]
        assert role["role"] == "Teacher"
        assert contract["salary"] == {"data": []}
        assert len(person["qualifications"]["data"]) == 1
        assert all(check["done_date"] for check in person["employment_checks"]["data"])


def test_who_leads_whom_leaves_out_whom_the_school_leaves_out(oak):
    school, api = oak
    with_records(school)
    path = f"schools/{school.broker_id}/employees?include=hierarchy.employment_details"
    led = {row["mis_id"]: row["hierarchy"]["data"] for row in api.get(path)["data"]}
    assert led["e0"] == []
    assert [manager["mis_id"] for manager in led["e1"]] == ["e0"]
    assert led["e1"][0]["employment_details"]["data"]["role_text"] == "Teacher"
    with school_scope(school.pk):
        head = Employee.objects.get(mis_id="e0")
    consent = Consent.objects.get(school=school)
    choice = Choice(Mode.EXCLUDE, employees=frozenset({head.pk}))
    change_access(consent=consent, by=school.administrators.get().user, choice=choice, instead_of=None)
    assert all(row["hierarchy"]["data"] == [] for row in api.get(path)["data"])


def test_has_contract_leaves_nobody_out_where_no_contracts_are_known(oak):
    school, api = oak
    path = f"schools/{school.broker_id}/employees?has_contract=true"
    assert len(api.get(path)["data"]) == 3
    with_records(school)
    with school_scope(school.pk):
        Contract.objects.filter(employee__mis_id="e2").delete()
    assert sorted(row["mis_id"] for row in api.get(path)["data"]) == ["e0", "e1"]


def test_a_detention_says_who_is_kept_in_and_its_register_who_came(oak):
    school, api = oak
    with_records(school)
    base = f"schools/{school.broker_id}"
    rows = api.get(f"{base}/detentions?include=students,employee,detention_type")["data"]
    types = {row["id"]: row["code"] for row in api.get(f"{base}/detention-types")["data"]}
    codes = {row["id"] for row in api.get(f"{base}/detention-attendance-codes")["data"]}
    for row in rows:
        assert row["detention_type"]["data"]["code"] in types.values()
        assert row["start_time"] < row["end_time"]
        marks = api.get(f"{base}/attendance/detention?detention={row['id']}")["data"]
        kept_in = {pupil["id"] for pupil in row["students"]["data"]}
        assert {mark["student"] for mark in marks} == kept_in != set()
        assert {mark["attendance_code"] for mark in marks} <= codes


def test_absences_are_the_marks_of_those_who_were_away(oak):
    school, api = oak
    with_records(school)
    with school_scope(school.pk):
        away = AttendanceCode.objects.get(code="I")
        late = AttendanceCode.objects.get(code="L")
        first, second = SessionMark.objects.order_by("pk")[:2]
        SessionMark.objects.exclude(pk=first.pk).update(code=late)
        SessionMark.objects.filter(pk=first.pk).update(code=away)
    rows = api.get(f"schools/{school.broker_id}/attendance/absence?include=student")["data"]
    assert [row["id"] for row in rows] == [first.broker_id]
    assert api.get(f"schools/{school.broker_id}/attendance/absence/{second.broker_id}", 404)


def test_marks_of_those_who_left_are_a_list_of_their_own():
    school, pat = a_set_up_school(roster=a_full_roster())
    with_records(school)
    app = an_app()
    consent = a_live_consent(app, school, pat)
    api = Api(a_token(app))
    left = {row["id"] for row in api.get(f"schools/{school.broker_id}/students-leaver")["data"]}

    def marked(name: str) -> set[str]:
        rows = api.get(f"schools/{school.broker_id}/{name}?per_page=500")["data"]
        return {row["student"] for row in rows}

    assert marked("attendance-leavers/session") == left != set()
    assert not marked("attendance/session") & left
    consent.permissions.filter(permission__identity="students-leaver.read").update(is_approved=False)
    assert api.get(f"schools/{school.broker_id}/attendance-leavers/session", 403)
