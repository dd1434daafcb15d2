"""Parents, carers and siblings, as apps see them."""

from dataclasses import replace
from typing import Any

import pytest

from adminhub.broker.sources.actions import publish
from adminhub.broker.sources.models import SourceUpload
from tests.unit.broker.cast import a_full_roster, a_live_consent, a_set_up_school, a_token, an_app
from tests.unit.broker.test_api import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def oak() -> tuple[Any, Api]:
    school, pat = a_set_up_school(roster=a_full_roster())
    app = an_app()
    a_live_consent(app, school, pat)
    return school, Api(a_token(app))


def test_a_pupil_names_their_parents_and_each_says_what_they_are_to_the_pupil(oak):
    school, api = oak
    path = f"schools/{school.broker_id}/students?include=contacts.contact_details,siblings.student&only_mis_ids=p0"
    pupil = api.get(path)["data"][0]
    mother = pupil["contacts"]["data"][0]
    assert mother["relationship"]["relationship"] == "Mother"
    assert (mother["relationship"]["priority"], mother["relationship"]["parental_responsibility"]) == (
        1,
        True,
    )
    assert mother["relationship"]["bill_payer"] is None
    assert mother["contact_details"]["data"]["phones"]["phone"] == "01632 960 000"
    assert [sibling["student"]["data"]["mis_id"] for sibling in pupil["siblings"]["data"]] == ["p1"]


def test_a_parent_names_their_children(oak):
    school, api = oak
    mother = api.get(f"schools/{school.broker_id}/contacts?only_mis_ids=k0&include=students")["data"][0]
    assert [child["mis_id"] for child in mother["students"]["data"]] == ["p0", "p1"]
    assert mother["students"]["data"][0]["relationship"]["lives_with_pupil"] is True


def test_leavers_and_future_starters_are_lists_of_their_own(oak):
    school, api = oak
    for name, mis_id in (("students-leaver", "p900"), ("students-pre-admission", "p901")):
        rows = api.get(f"schools/{school.broker_id}/{name}?include=education_details")["data"]
        assert [row["mis_id"] for row in rows] == [mis_id]
        assert api.get(f"schools/{school.broker_id}/{name}/{rows[0]['id']}")["data"]["mis_id"] == mis_id
        assert api.get(f"schools/{school.broker_id}/students/{rows[0]['id']}", 404)


def test_files_that_name_no_contacts_leave_them_as_they_are(oak):
    school, api = oak
    roster = a_full_roster()
    without = publish(school=school, roster=replace(roster, contacts=()), by=None)
    assert without.outcome == SourceUpload.Outcome.UNCHANGED
    assert len(api.get(f"schools/{school.broker_id}/contacts")["data"]) == 4
    fewer = publish(school=school, roster=replace(roster, contacts=roster.contacts[1:]), by=None)
    assert fewer.changes["contacts"] == {"created": 0, "updated": 0, "gone": 1, "returned": 0}
    assert len(api.get(f"schools/{school.broker_id}/contacts")["data"]) == 3
    gone = api.get(f"schools/{school.broker_id}/deletions?type=contact")["data"]
    assert [row["mis_id"] for row in gone] == ["k0"]
