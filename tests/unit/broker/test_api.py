"""The School Data API as apps call it."""

import base64
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from adminhub.broker.api.paging import after_token
from adminhub.broker.consent.models import Consent
from adminhub.broker.sources.actions import publish
from tests.unit.broker.cast import a_live_consent, a_roster, a_school, a_set_up_school, a_token, an_app

pytestmark = pytest.mark.django_db


class Api:
    """Calls the API as an app does."""

    def __init__(self, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}"}
        self.client = Client()

    def get(self, path: str, status: int = 200) -> Any:
        response = self.client.get(f"/v1.0/{path}", headers=self.headers)
        assert response.status_code == status, response.content
        assert response.headers["Content-Type"] == "application/json"
        return response.json()

    def walk(self, path: str) -> list[dict[str, Any]]:
        """Follows `next` to the end."""
        rows = []
        answer = self.get(path)
        while True:
            rows += answer["data"]
            following = answer["meta"]["pagination"]["next"]
            assert answer["meta"]["pagination"]["more"] is (following is not None)
            if following is None:
                return rows
            answer = self.get(following.partition("/v1.0/")[2])


@pytest.fixture
def oak() -> tuple[Any, Api]:
    school, pat = a_set_up_school()
    app = an_app()
    a_live_consent(app, school, pat)
    return school, Api(a_token(app))


def test_a_page_of_students_has_the_wires_keys_in_the_wires_order(oak):
    school, api = oak
    answer = api.get(f"schools/{school.broker_id}/students?per_page=3")
    assert list(answer["data"][0])[:4] == ["id", "upi", "mis_id", "initials"]
    first = answer["data"][0]
    assert first["id"].startswith("A")
    assert len(first["upi"]) == 32
    assert first["date_of_birth"]["timezone"] == "Europe/London"
    assert first["updated_at"]["timezone_type"] == 3
    assert answer["meta"]["pagination"] == {
        "next": answer["meta"]["pagination"]["next"],
        "previous": None,
        "more": True,
        "per_page": 3,
        "current_page": 1,
    }
    assert "page=2" in answer["meta"]["pagination"]["next"]


@pytest.mark.parametrize("query", ["", "per_page=7", "per_page=7&cursor=true", "per_page=1", "per_page=2500"])
def test_walking_all_pages_meets_every_pupil_once(oak, query):
    school, api = oak
    rows = api.walk(f"schools/{school.broker_id}/students?{query}")
    assert len(rows) == len({row["id"] for row in rows}) == 40


def test_a_page_number_without_a_place_works_too(oak):
    school, api = oak
    rows = [
        row["id"]
        for page in range(1, 5)
        for row in api.get(f"schools/{school.broker_id}/students?per_page=10&page={page}")["data"]
    ]
    assert len(set(rows)) == 40
    beyond = api.get(f"schools/{school.broker_id}/students?per_page=10&page=9")
    assert beyond["data"] == []
    assert beyond["meta"]["pagination"]["more"] is False


def test_both_slash_forms_and_every_way_to_send_a_token_are_accepted(oak):
    school, api = oak
    token = api.headers["Authorization"].removeprefix("Bearer ")
    basic = base64.b64encode(f"{token}:".encode()).decode()
    for value in (f"Bearer {token}", f"bearer {token}", f"Basic {basic}", f"Basic {token}", token):
        for slash in ("", "/"):
            response = Client().get(
                f"/v1.0/schools/{school.broker_id}/employees{slash}", headers={"Authorization": value}
            )
            assert response.status_code == 200, value


def test_includes_nest_what_the_hub_needs(oak):
    school, api = oak
    include = (
        "education_details,contact_details,extended_details,identifiers,registration,year,classes.employees"
    )
    answer = api.get(f"schools/{school.broker_id}/students?include={include}&per_page=200")
    pupil = next(row for row in answer["data"] if row["mis_id"] == "p1")
    assert pupil["education_details"]["data"]["upn"]
    assert pupil["education_details"]["data"]["current_nc_year"] == "8"
    assert pupil["contact_details"]["data"]["emails"]["email"] == "kit1@oakhill.example"
    assert pupil["contact_details"]["data"]["addresses"]["home"]["postcode"] is None
    assert pupil["registration"]["data"]["name"] == "8A"
    assert pupil["registration"]["data"]["type"] == "REGISTRATION"
    assert pupil["year"]["data"]["name"] == "Year 8"
    assert [group["name"] for group in pupil["classes"]["data"]] == ["Maths 1", "Maths 3"]
    teachers = pupil["classes"]["data"][0]["employees"]["data"]
    assert [teacher["meta"]["is_main_teacher"] for teacher in teachers] == [True, False]
    assert "classes.employees" in answer["meta"]["includes"]


def test_a_classs_subject_is_an_id_until_it_is_included(oak):
    school, api = oak
    plain = api.get(f"schools/{school.broker_id}/classes")["data"][0]
    nested = api.get(f"schools/{school.broker_id}/classes?include=subject,students,employees")["data"][0]
    assert nested["subject"]["data"]["id"] == plain["subject"]
    assert nested["subject"]["data"]["name"] == "Mathematics"
    assert len(nested["students"]["data"]) == 20
    assert plain["meta"] is None


def test_employees_carry_their_role_in_each_class(oak):
    school, api = oak
    rows = api.get(f"schools/{school.broker_id}/employees?include=classes,employment_details&has_class=true")
    first = next(row for row in rows["data"] if row["mis_id"] == "e0")
    assert first["employment_details"]["data"]["teaching_staff"] is True
    assert first["employment_details"]["data"]["staff_code"] == "BO0"
    assert [(c["name"], c["meta"]["is_main_teacher"]) for c in first["classes"]["data"]] == [
        ("Maths 0", True)
    ]


def test_groups_can_be_asked_for_by_type(oak):
    school, api = oak
    rows = api.walk(f"schools/{school.broker_id}/groups?type=REGISTRATION&include=students,employees")
    assert {row["type"] for row in rows} == {"REGISTRATION"}
    assert sum(len(row["students"]["data"]) for row in rows) == 40


def test_one_record_is_found_by_its_id_only(oak):
    school, api = oak
    first = api.get(f"schools/{school.broker_id}/students?per_page=1")["data"][0]
    one = api.get(f"schools/{school.broker_id}/students/{first['id']}?include=year")
    assert one["data"]["id"] == first["id"]
    assert "pagination" not in one["meta"]
    assert api.get(f"schools/{school.broker_id}/students/A1000000001", 404)["error"] == "not_found"
    assert api.get(f"schools/{school.broker_id}/employees/{first['id']}", 404)["error"] == "not_found"


def test_counts_are_an_object(oak):
    school, api = oak
    answer = api.get(f"schools/{school.broker_id}/counts?include=students,employees,nonsense")
    assert answer["data"] == {"students": {"data": {"count": 40}}, "employees": {"data": {"count": 6}}}


@pytest.mark.parametrize("text", ["2016-06-24 00:00:00", "2020-01-01", "2024-02-16T00:00:00Z"])
def test_dates_are_accepted_as_clients_write_them(oak, text):
    school, api = oak
    assert (
        len(api.get(f"schools/{school.broker_id}/students?updated_after={text}&per_page=100")["data"]) == 40
    )
    assert api.get(f"schools/{school.broker_id}/students?updated_before={text}")["data"] == []


@pytest.mark.parametrize(
    "query", ["page=x", "per_page=-1", "updated_after=yesterday", "after=%21%21", "page=0"]
)
def test_a_value_that_makes_no_sense_is_422_with_the_field(oak, query):
    school, api = oak
    answer = api.get(f"schools/{school.broker_id}/students?{query}", 422)
    assert list(answer["errors"]) == [query.partition("=")[0]]


def test_no_token_or_a_wrong_one_is_401():
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic ###"}):
        response = Client().get("/v1.0/schools", headers=headers)
        assert response.status_code == 401
        assert response.json()["error"] == "invalid_token"


def test_an_unknown_school_or_address_is_404(oak):
    _, api = oak
    assert api.get("schools/A1111111111/students", 404)["error"] == "not_found"
    assert api.get("nonsense", 404)["error"] == "not_found"


def test_a_school_is_found_by_number_postcode_and_name(oak):
    school, api = oak
    a_school("Elm Park School", 199777, postcode="RQ2 2BB")
    by_urn = api.get(f"schools/all?urn={school.urn}")["data"]
    assert [row["id"] for row in by_urn] == [school.broker_id]
    assert [row["name"] for row in api.get("schools/all?postcode=rq2")["data"]] == ["Elm Park School"]
    both = "schools/all?la_code=999&establishment_number=9777"
    assert [row["name"] for row in api.get(both)["data"]] == ["Elm Park School"]
    best = api.get("schools/all?name=Elm%20Prak%20Scool&postcode=RQ22BB")["data"][0]
    assert best["name"] == "Elm Park School"
    assert best["match"]["score"] > 0.8


def test_the_lists_follow_the_connection(oak):
    school, api = oak
    assert [row["id"] for row in api.get("schools")["data"]] == [school.broker_id]
    assert [row["id"] for row in api.get("schools/audited/")["data"]] == [school.broker_id]
    assert api.get("schools/pending")["data"] == []
    meta = api.get(f"meta/schools/{school.broker_id}")["data"]
    assert (meta["online"], meta["approved"], meta["audited"]) == (True, True, True)
    response = api.client.delete(f"/v1.0/schools/{school.broker_id}/revoke-access", headers=api.headers)
    assert response.json() == {"success": True, "state": "revoked", "message": "Access revoked"}
    assert [row["id"] for row in api.get("schools/revoked")["data"]] == [school.broker_id]
    assert "revoked" in api.get(f"schools/{school.broker_id}/students", 403)["error_description"]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"contacts":[{"first_name":"Pat","last_name":"Osei"}]}'])
def test_access_is_requested_with_any_body_clients_send(oak, body):
    _, api = oak
    elm = a_school("Elm Park School", 199777)
    response = api.client.post(
        f"/v1.0/schools/{elm.broker_id}/request-access/", body, "application/json", headers=api.headers
    )
    assert response.json() == {
        "success": True,
        "state": "pending",
        "message": "Access request successfully received",
        "needs_setup": True,
    }
    assert Consent.objects.get(school=elm).state == Consent.State.WAITING_FOR_SETUP
    assert "set up" in api.get(f"schools/{elm.broker_id}/students", 403)["error_description"]


def test_an_app_can_have_its_request_brought_to_mind_but_not_at_once_again():
    school, _ = a_set_up_school()
    api = Api(a_token(an_app()))
    path = f"/v1.0/schools/{school.broker_id}/request-access"
    for body, status in (("{}", 200), ('{"reminder": true}', 200), ('{"reminder": true}', 422)):
        response = api.client.post(path, body, "application/json", headers=api.headers)
        assert response.status_code == status


def test_contacts_of_the_wrong_shape_are_422(oak):
    school, api = oak
    response = api.client.post(
        f"/v1.0/schools/{school.broker_id}/request-access",
        '{"contacts": "me"}',
        "application/json",
        headers=api.headers,
    )
    assert response.status_code == 422


def test_queries_do_not_grow_with_the_rows(oak, django_assert_max_num_queries):
    school, api = oak
    include = "education_details,contact_details,registration,year,classes.employees"
    for per_page in (1, 40):
        with django_assert_max_num_queries(20):
            api.get(f"schools/{school.broker_id}/students?include={include}&per_page={per_page}")


def test_who_has_left_is_among_the_deletions(oak):
    school, api = oak
    roster = a_roster()
    gone = api.get(f"schools/{school.broker_id}/students?only_mis_ids=p0")["data"][0]["id"]
    left = replace(roster, pupils=(replace(roster.pupils[0], status="left"), *roster.pupils[1:]))
    publish(school=school, roster=left, by=None)
    rows = api.get(f"schools/{school.broker_id}/deletions?type=student")["data"]
    assert [(row["type"], row["id"], row["mis_id"], row["restored_at"]) for row in rows] == [
        ("student", gone, "p0", None)
    ]
    assert api.get(f"schools/{school.broker_id}/students/{gone}", 404)
    assert api.get(f"schools/{school.broker_id}/deletions?type=class")["data"] == []


def test_records_that_change_while_a_client_walks_are_met_again_and_none_is_missed(oak):
    school, api = oak
    first = api.get(f"schools/{school.broker_id}/students?per_page=15")
    roster = a_roster()
    met = {row["id"] for row in first["data"]}
    renamed = tuple(replace(pupil, legal_surname="Novák") for pupil in roster.pupils[:3])
    publish(school=school, roster=replace(roster, pupils=(*renamed, *roster.pupils[3:])), by=None)
    rest = api.walk(first["meta"]["pagination"]["next"].partition("/v1.0/")[2])
    assert len(met | {row["id"] for row in rest}) == 40


def test_what_breaks_on_our_side_is_told_in_json_and_without_details(oak, monkeypatch):
    school, api = oak

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Kit Ray")

    monkeypatch.setattr("adminhub.broker.api.views.include_tree", fail)
    answer = api.get(f"schools/{school.broker_id}/students", 500)
    assert answer["error"] == "server_error"
    assert "Kit" not in str(answer)


ODD = ["\x00", "%'", "9" * 40, "\ud7ff", "2026-13-45", ",.,"]
PLACES = [after_token("\x00", 1), after_token("x", 10**30), after_token("2026-01-01", -5)]
ANYWHERE = ["include", "page", "per_page", "cursor", "updated_after", "updated_before"]
OWN = {
    "students": ["has_class", "only_upns", "only_mis_ids"],
    "employees": ["has_role"],
    "classes": ["has_students", "class_name", "class_subject"],
    "deletions": ["type"],
    "all": ["name", "urn", "postcode", "la_code", "establishment_number"],
}


@pytest.mark.parametrize("resource", OWN)
def test_nothing_in_a_query_breaks_the_api(oak, resource):
    school, api = oak
    path = "/v1.0/schools/all" if resource == "all" else f"/v1.0/schools/{school.broker_id}/{resource}"
    names = [*(ANYWHERE if resource == "students" else []), *OWN[resource]]
    asked = [(name, value) for name in names for value in ODD] + [("after", place) for place in PLACES]
    for name, value in asked:
        response = api.client.get(path, {name: value}, headers=api.headers)
        assert response.status_code in (200, 422), (name, value)
        response.json()
