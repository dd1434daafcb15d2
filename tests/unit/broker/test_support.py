"""What a school knows of a pupil beside its roster: support, consents, its own fields, boarding, codes."""

from dataclasses import replace
from typing import Any

import pytest

from adminhub.broker.api.resources.support import RECORDS_BESIDE
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.records.models import FurtherDetails
from adminhub.broker.sources.actions import publish
from adminhub.broker.sources.models import Pupil
from adminhub.runtime.demo.school_records import PARENTS_ARE_ASKED
from tests.unit.broker.cast import (
    a_live_consent,
    a_pupil,
    a_roster,
    a_set_up_school,
    a_token,
    an_app,
    with_records,
)
from tests.unit.broker.test_api import Api

pytestmark = pytest.mark.django_db

LISTS = tuple(relation.name for relation in RECORDS_BESIDE)
SECTIONS = ("cbds", "dietary_details", "extended_details", "regional_data", "wellbeing")


@pytest.fixture
def oak() -> tuple[Any, Api]:
    """A school whose export says that Kit has free meals, support and is in care."""
    kit = a_pupil(0, free_school_meals=True, sen="K", in_care=True, enrolment_status="Single Registration")
    roster = a_roster(pupils=6, classes=1)
    school, pat = a_set_up_school(roster=replace(roster, pupils=(kit, *roster.pupils[1:])))
    app = an_app()
    a_live_consent(app, school, pat)
    return school, Api(a_token(app))


def pupils(oak: tuple[Any, Api], query: str) -> list[dict[str, Any]]:
    school, api = oak
    return api.get(f"schools/{school.broker_id}/students?{query}")["data"]


def test_what_the_school_keeps_beside_the_roster_agrees_with_it(oak):
    with_records(oak[0])
    kit, *_ = pupils(oak, f"only_mis_ids=p0&include={','.join((*LISTS, *SECTIONS))}")
    for name in ("fsm_date_ranges", "in_care_date_ranges", "sen_date_ranges"):
        assert kit[name]["data"][-1]["end_date"] is None, name
        assert kit[name]["data"][-1]["start_date"]["timezone"] == "Europe/London"
    assert kit["sen_date_ranges"]["data"][0]["sen_provision"] == "K"
    assert kit["in_care_date_ranges"]["data"][0]["responsible_care_authority"]
    assert kit["sen_needs"]["data"][0]["rank"] == 1
    assert [given["name"] for given in kit["permissions"]["data"]] == sorted(PARENTS_ARE_ASKED)
    assert {field["key"] for field in kit["user_defined_fields"]["data"]} == {"instrument", "travel"}
    assert kit["extended_details"]["data"]["first_language"] == "English"
    assert kit["wellbeing"]["data"].keys() == {"young_carer", "support"}


def test_each_kind_of_range_holds_its_own_days_only(oak):
    with_records(oak[0])
    for name in LISTS:
        assert any(pupil[name]["data"] for pupil in pupils(oak, f"include={name}")), name
    everything = pupils(oak, f"include={','.join(LISTS)}")
    seen = [row["id"] for pupil in everything for name in LISTS for row in pupil[name]["data"]]
    assert len(seen) == len(set(seen))


def test_of_a_school_fed_by_exports_alone_nothing_is_made_up(oak):
    for pupil in pupils(oak, f"include=boarding,campus,{','.join((*LISTS, *SECTIONS))}"):
        assert pupil["boarding"]["data"] is pupil["campus"]["data"] is None
        assert not any(pupil[name]["data"] for name in LISTS)
        for name in ("dietary_details", "regional_data", "wellbeing"):
            assert set(pupil[name]["data"].values()) == {None}, name
        assert pupil["extended_details"]["data"]["religion"] is None


def test_an_export_comes_before_what_is_kept_beside_it(oak):
    with school_scope(oak[0].pk):
        kit, kim = Pupil.objects.filter(mis_id__in=("p0", "p1")).order_by("mis_id")
        for pupil in (kit, kim):
            said = {"sen_status": "E", "religion": "Sikh"}
            FurtherDetails.objects.create(school=oak[0], pupil=pupil, extended_details=said)
    rows = pupils(oak, "only_mis_ids=p0,p1&include=extended_details")
    said = [row["extended_details"]["data"] for row in sorted(rows, key=lambda row: row["mis_id"])]
    assert [(one["sen_status"], one["religion"]) for one in said] == [("K", "Sikh"), ("E", "Sikh")]


def test_codes_are_given_for_what_the_mis_says_in_words_and_for_nothing_else(oak):
    kit, kim = sorted(pupils(oak, "only_mis_ids=p0,p1&include=cbds"), key=lambda row: row["mis_id"])
    assert kit["cbds"]["data"]["enrolment_status"] == "C"
    assert kit["cbds"]["data"]["sen_provision"] == "K"
    assert set(kim["cbds"]["data"].values()) == {None}
    school, api = oak
    found = api.get(f"schools/{school.broker_id}?include=cbds")
    assert found["data"]["cbds"]["data"]["phase_of_education"] == "SS"
    assert found["meta"]["includes"] == ["cbds"]
    assert "cbds" not in api.get("schools")["data"][0]
    assert api.get("schools?include=cbds")["data"][0]["cbds"]["data"]["la_code"] == "999"


def test_a_class_of_a_pupil_says_since_when_they_are_in_it(oak):
    school, api = oak
    unknown = pupils(oak, "only_mis_ids=p0&include=classes.enrolments")[0]["classes"]["data"][0]
    assert unknown["enrolments"]["data"] == [{"start_date": None, "end_date": None}]
    with_records(school)
    known = pupils(oak, "only_mis_ids=p0&include=classes.enrolments")[0]["classes"]["data"][0]
    assert known["enrolments"]["data"][0]["start_date"]["date"] == "2026-09-01 00:00:00.000000"
    taught = api.get(f"schools/{school.broker_id}/classes?include=students.enrolments")["data"][0]
    assert all(len(pupil["enrolments"]["data"]) == 1 for pupil in taught["students"]["data"])
    plain = pupils(oak, "only_mis_ids=p0&include=classes")[0]["classes"]["data"][0]
    assert "enrolments" not in plain


def test_publishing_again_leaves_boarding_houses_and_campuses(oak):
    school, api = oak
    with_records(school)
    house = next(
        pupil for pupil in pupils(oak, "include=boarding.employees,campus") if pupil["boarding"]["data"]
    )
    assert house["boarding"]["data"]["type"] == "BOARDING"
    assert house["boarding"]["data"]["employees"]["data"]
    assert house["campus"]["data"]["name"] == "Main site"
    fewer = a_roster(pupils=5, employees=5, classes=1)
    publish(school=school, roster=fewer, by=None, is_agreed=True)
    assert {pupil["campus"]["data"]["name"] for pupil in pupils(oak, "include=campus")} == {"Main site"}
    groups = api.get(f"schools/{school.broker_id}/groups?type=BOARDING,CAMPUS&include=students")["data"]
    assert sorted(len(group["students"]["data"]) for group in groups)[-1] == 5
    assert not api.get(f"schools/{school.broker_id}/deletions?type=group")["data"]


def test_a_parameter_narrows_the_results_and_not_the_pupils(oak):
    school, api = oak
    with_records(school)
    reading = api.get(f"schools/{school.broker_id}/assessment/aspects")["data"][0]
    rows = pupils(oak, f"include=results&aspect_id={reading['id']}")
    assert len(rows) == 6
    assert {one["aspect"] for row in rows for one in row["results"]["data"]} == {reading["id"]}
    assert all(len(row["results"]["data"]) == 3 for row in pupils(oak, "include=results"))
    alone = api.get(
        f"schools/{school.broker_id}/students/{rows[0]['id']}?include=results&aspect_id={reading['id']}"
    )
    assert len(alone["data"]["results"]["data"]) == 1


def test_a_schools_own_field_finds_pupils_and_narrows_what_is_shown(oak):
    with_records(oak[0])
    musical = pupils(oak, "user_defined_field=instrument&include=user_defined_fields")
    assert [pupil["mis_id"] for pupil in musical] == ["p0"]
    assert len(musical[0]["user_defined_fields"]["data"]) == 2
    shown = pupils(oak, "only_user_defined_fields=travel&include=user_defined_fields")
    assert len(shown) == 6
    assert {field["key"] for pupil in shown for field in pupil["user_defined_fields"]["data"]} == {"travel"}


def test_an_address_has_every_key_whatever_is_known(oak):
    addresses = pupils(oak, "only_mis_ids=p1&include=contact_details")[0]["contact_details"]["data"][
        "addresses"
    ]
    assert addresses.keys() == {"home", "work", "postal"}
    assert "uprn" in addresses["home"]
    assert "uprn" not in addresses["work"]
