"""The roster as a service gets it: paged, filtered, and nothing it was not permitted."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from adminhub.hub.applying.actions import apply
from adminhub.hub.outputs.models import Shown
from adminhub.hub.outputs.oneroster.credentials import CORE, DEMOGRAPHICS, ROSTER
from adminhub.hub.outputs.shown import note_what_is_shown
from adminhub.hub.planning.actions import store_plan
from adminhub.hub.planning.models import Purpose
from adminhub.hub.planning.values import Change, ChangeKind
from adminhub.hub.roster.models import Enrolment, Kind, Pupil, SchoolClass
from adminhub.hub.schools.models import Service, Subscription, User
from tests.unit.hub.outputs.conftest import ROOT, ASchool, Roster

COLLECTIONS = (
    "academicSessions", "classes", "courses", "demographics", "enrollments", "gradingPeriods", "orgs",
    "schools", "students", "teachers", "terms", "users",
)  # fmt: skip


def ids(answer: Any, key: str) -> set[str]:
    assert answer.status_code == 200, answer.content
    return {row["sourcedId"] for row in answer.json()[key]}


def test_a_service_gets_pupils_staff_and_classes_with_access(oak: ASchool, roster: Roster) -> None:
    kit, ben = oak.pupil(year_group="9"), oak.employee(title="Mr")
    english = oak.school_class(kit, ben)
    users = {row["sourcedId"]: row for row in roster.get("users").json()["users"]}
    assert users.keys() == {str(kit.sourced_id), str(ben.sourced_id)}
    assert users[str(kit.sourced_id)]["grades"] == ["9"]
    assert users[str(kit.sourced_id)]["roles"][0]["role"] == "student"
    assert users[str(ben.sourced_id)]["roles"][0]["role"] == "teacher"
    assert ids(roster.get("classes"), "classes") == {str(english.sourced_id)}
    enrolments = roster.get("enrollments").json()["enrollments"]
    assert {(row["user"]["sourcedId"], row["role"]) for row in enrolments} == {
        (str(kit.sourced_id), "student"),
        (str(ben.sourced_id), "teacher"),
    }


def test_people_without_access_and_their_classes_stay_in_the_hub(oak: ASchool, roster: Roster) -> None:
    kim = oak.pupil(forename="Kim", access=False)
    jo = oak.employee(forename="Jo", access=False)
    secret = oak.school_class(kim, jo, name="Hidden class")
    shared = oak.school_class(kim, oak.pupil(), name="Mixed class")
    for collection in COLLECTIONS:
        text = roster.get(collection, limit=1000).content.decode()
        for hidden in (kim.sourced_id, jo.sourced_id, secret.sourced_id, "Kim", "Hidden class"):
            assert str(hidden) not in text, collection
    assert ids(roster.get(f"classes/{shared.sourced_id}/students"), "users").isdisjoint({str(kim.sourced_id)})
    assert roster.get(f"users/{kim.sourced_id}").status_code == 404
    assert roster.get(f"classes/{secret.sourced_id}/students").status_code == 404


def test_fields_the_service_may_not_have_are_absent_and_cannot_be_guessed_at(
    oak: ASchool, roster: Roster
) -> None:
    oak.pupil(
        upn="A999000123456", uln="1234567890", admission_number="004711", email="kit@oak.example",
        middle_names="Alexandra", legal_forename="Katherine", birthday=date(2012, 3, 4), sex="F",
        year_group="9",
    )  # fmt: skip
    everything = "".join(roster.get(name, limit=1000).content.decode() for name in COLLECTIONS)
    for hidden in ("A999000123456", "1234567890", "004711", "kit@oak.example", "Alexandra", "Katherine"):
        assert hidden not in everything
    for guess in ("email='kit@oak.example'", "userIds.identifier~'A999'", "middleName='Alexandra'"):
        assert roster.get("users", filter=guess).json() == {"users": []}
    assert roster.get("demographics").json()["demographics"][0] | {} == {
        **roster.get("demographics").json()["demographics"][0],
        "birthDate": "2012-03-04",
        "sex": "female",
    }


def test_without_permission_for_birthday_and_sex_there_are_no_demographics(
    oak: ASchool, roster: Roster, wellbeing: Service
) -> None:
    oak.pupil(birthday=date(2012, 3, 4), sex="F", year_group="9")
    wellbeing.pupil_fields = ["sex"]
    wellbeing.save()
    assert "birthDate" not in roster.get("demographics").content.decode()
    wellbeing.pupil_fields = []
    wellbeing.save()
    assert roster.get("demographics").json() == {"demographics": []}
    assert "grades" not in roster.get("students").json()["users"][0]


def test_a_school_that_has_not_bought_the_service_is_not_there(
    oak: ASchool, elm: ASchool, roster: Roster
) -> None:
    theirs = elm.pupil(forename="Ivo")
    group = elm.school_class(theirs, elm.employee())
    for collection in COLLECTIONS:
        text = roster.get(collection, limit=1000).content.decode()
        assert str(elm.school.sourced_id) not in text
        assert "Ivo" not in text
    for path in (
        f"schools/{elm.school.sourced_id}", f"orgs/{elm.school.sourced_id}", f"users/{theirs.sourced_id}",
        f"schools/{elm.school.sourced_id}/students", f"classes/{group.sourced_id}/students",
        f"schools/{elm.school.sourced_id}/classes/{group.sourced_id}/students",
    ):  # fmt: skip
        assert roster.get(path).status_code == 404, path


def test_a_cancelled_subscription_ends_it(oak: ASchool, roster: Roster) -> None:
    oak.pupil()
    Subscription.objects.filter(school=oak.school).delete()
    assert roster.get("students").json() == {"users": []}


@pytest.mark.parametrize(
    ("scope", "path", "status"),
    [
        (CORE, "users", 200),
        (CORE, "demographics", 403),
        (CORE, "schools/{school}/students", 403),
        (ROSTER, "users", 200),
        (ROSTER, "schools/{school}/students", 200),
        (ROSTER, "demographics", 403),
        (DEMOGRAPHICS, "demographics", 200),
        (DEMOGRAPHICS, "users", 403),
    ],
)
def test_each_scope_opens_what_it_names(
    oak: ASchool, token_for: Callable[..., str], scope: str, path: str, status: int
) -> None:
    answer = Roster(token_for(scope)).get(path.format(school=oak.school.sourced_id))
    assert answer.status_code == status
    if status == 403:
        minor = answer.json()["imsx_CodeMinor"]["imsx_codeMinorField"][0]
        assert minor["imsx_codeMinorFieldValue"] == "forbidden"


@pytest.mark.parametrize("token", ["", "nonsense", "ey.ey.ey"])
def test_without_a_valid_token_nothing_is_said(oak: ASchool, token: str) -> None:
    oak.pupil()
    answer = Roster(token).get("users")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert "Ray" not in answer.content.decode()


def test_a_page_says_how_many_there_are_and_where_the_others_are(oak: ASchool, roster: Roster) -> None:
    made = {str(oak.pupil().sourced_id) for _ in range(5)}
    seen: list[str] = []
    address: str | None = f"http://testserver{ROOT}/students?limit=2"
    while address:
        answer = Client().get(address, headers={"authorization": f"bearer {roster.token}"})
        assert answer["X-Total-Count"] == "5"
        seen += [row["sourcedId"] for row in answer.json()["users"]]
        links = {part.split('rel="')[1][:-1]: part.split(">")[0][1:] for part in answer["Link"].split(", ")}
        assert {"first", "last"} <= links.keys()
        address = links.get("next")
    assert seen == sorted(made)
    assert roster.get("students", offset=2147483648).json() == {"users": []}
    assert len(roster.get("students", limit=10000).json()["users"]) == 5


@pytest.mark.parametrize(
    ("parameters", "value"),
    [
        ({"limit": "0"}, "invaliddata"),
        ({"limit": "-1"}, "invaliddata"),
        ({"offset": "x"}, "invaliddata"),
        ({"limit": ["1", "2"]}, "invaliddata"),
        ({"sort": "nonsense"}, "invalid_selection_field"),
        ({"fields": "sourcedId,nonsense"}, "invalid_selection_field"),
        ({"filter": "nonsense='1'"}, "invalid_filter_field"),
        ({"filter": "familyName"}, "invalid_filter_field"),
        ({"orderBy": "up"}, "invaliddata"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_refused(
    oak: ASchool, roster: Roster, parameters: dict[str, Any], value: str
) -> None:
    answer = roster.get("users", **parameters)
    assert answer.status_code == 400
    body = answer.json()
    assert body.keys() == {"imsx_codeMajor", "imsx_severity", "imsx_description", "imsx_CodeMinor"}
    assert body["imsx_CodeMinor"]["imsx_codeMinorField"][0]["imsx_codeMinorFieldValue"] == value


def test_filter_sort_and_fields_do_what_they_say(oak: ASchool, roster: Roster) -> None:
    for surname in ("O'Hara", "Adeyemi", "Novák"):
        oak.pupil(surname=surname)
    names = [row["familyName"] for row in roster.get("students", sort="familyName").json()["users"]]
    assert names == ["Adeyemi", "Novák", "O'Hara"]
    found = roster.get("students", filter="familyName='O''Hara'", fields="familyName").json()["users"]
    assert found == [{"familyName": "O'Hara"}]
    either = roster.get("students", filter="familyName='novák' OR familyName~'adey'").json()["users"]
    assert {row["familyName"] for row in either} == {"Adeyemi", "Novák"}
    assert roster.get("students", filter="dateLastModified>'2099-01-01'").json() == {"users": []}
    assert len(roster.get("students", filter="dateLastModified>'2001-01-01T00:00:00Z'").json()["users"]) == 3
    school = f"primaryOrg.sourcedId='{oak.school.sourced_id}' AND roles.role='student'"
    assert len(roster.get("users", filter=school).json()["users"]) == 3


def test_nothing_on_the_wire_is_null_or_empty_and_every_address_is_absolute(
    oak: ASchool, roster: Roster
) -> None:
    oak.school_class(oak.pupil(), oak.employee())

    def walk(value: Any) -> None:
        assert value not in (None, "", [])
        if isinstance(value, dict):
            if "href" in value:
                assert value["href"].startswith("http://testserver/ims/oneroster/")
            for part in value.values():
                walk(part)
        if isinstance(value, list):
            for part in value:
                walk(part)

    for collection in COLLECTIONS:
        for rows in roster.get(collection).json().values():
            for row in rows:
                walk(row)
                assert row["status"] == "active"
                assert row["dateLastModified"].endswith("Z")


def note(oak: ASchool) -> None:
    with oak.scope():
        note_what_is_shown(service=oak.service, now=timezone.now())


def test_who_loses_access_is_told_as_gone_without_a_name(oak: ASchool, roster: Roster) -> None:
    kit = oak.pupil()
    english = oak.school_class(kit, name="9x/En1")
    note(oak)
    oak.withdraw(pupil=kit)
    note(oak)
    for path, key in (("students", str(kit.sourced_id)), ("classes", str(english.sourced_id))):
        (row,) = next(iter(roster.get(path).json().values()))
        assert (row["sourcedId"], row["status"]) == (key, "tobedeleted")
        assert "Ray" not in json.dumps(row)
        assert "9x/En1" not in json.dumps(row)
        assert roster.get(path, filter="status='active'")["X-Total-Count"] == "0"
    (row,) = roster.get("enrollments").json()["enrollments"]
    assert (row["user"]["sourcedId"], row["status"]) == (str(kit.sourced_id), "tobedeleted")
    oak.grant(pupil=kit)
    for path in ("students", "classes", "enrollments"):
        (row,) = next(iter(roster.get(path).json().values()))
        assert row["status"] == "active"


def test_who_comes_into_sight_is_news_however_old_the_record(oak: ASchool, roster: Roster) -> None:
    kit = oak.pupil(access=False)
    oak.school_class(kit)
    before = timezone.now().isoformat()
    oak.grant(pupil=kit)
    note(oak)
    for path in ("students", "classes", "enrollments"):
        assert roster.get(path, filter=f"dateLastModified>'{before}'")["X-Total-Count"] == "1", path


def test_the_roster_is_read_only(oak: ASchool, roster: Roster) -> None:
    answer = roster.client.post(f"{ROOT}/users", headers={"authorization": f"Bearer {roster.token}"})
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]


def test_the_number_of_queries_does_not_grow_with_the_school(
    oak: ASchool, roster: Roster, django_assert_max_num_queries: Any
) -> None:
    oak.school_class(*[oak.pupil() for _ in range(30)], oak.employee())
    roster.get("orgs")  # the first reading after a change notes who is shown
    for path in ("users", "classes", "enrollments", f"schools/{oak.school.sourced_id}/students"):
        with django_assert_max_num_queries(19):
            assert roster.get(path, limit=1000).status_code == 200


def test_a_persons_sign_in_token_opens_no_roster(oak: ASchool, ada: User, wellbeing: Service) -> None:
    from allauth.idp.oidc.models import Token

    token = Token(type=Token.Type.ACCESS_TOKEN, client_id="wellbeing", user=ada)
    token.set_value("of-ada")
    token.set_scopes([ROSTER])
    token.save()
    assert Roster("of-ada").get("users").status_code == 403


def test_a_merged_record_says_whose_it_turned_out_to_be(oak: ASchool, roster: Roster) -> None:
    first, second, third = oak.pupil(), oak.pupil(), oak.pupil()
    note(oak)
    for loser, survivor in ((first, second), (second, third)):
        with oak.scope():
            Pupil.objects.filter(pk=loser.pk).update(archived_at=timezone.now(), merged_into=survivor)
        oak.withdraw(pupil=loser)
    note(oak)
    users = {row["sourcedId"]: row for row in roster.get("users").json()["users"]}
    assert users[str(third.sourced_id)]["status"] == "active"
    for loser in (first, second):
        gone = users[str(loser.sourced_id)]
        assert gone["status"] == "tobedeleted"
        assert gone["metadata"] == {"mergedInto": str(third.sourced_id)}


def test_a_service_that_takes_no_messages_hears_whom_it_may_see_no_more(oak: ASchool, roster: Roster) -> None:
    kit, kim = oak.pupil(), oak.pupil()
    oak.school_class(kit)
    assert roster.get("users", filter="status='active'")["X-Total-Count"] == "2"
    read_at = timezone.now().isoformat()
    oak.withdraw(pupil=kit)
    for path in ("students", "classes", "enrollments"):
        (row,) = next(iter(roster.get(path, filter=f"dateLastModified>'{read_at}'").json().values()))
        assert row["status"] == "tobedeleted"
    assert roster.get(f"users/{kim.sourced_id}").json()["user"]["status"] == "active"


def test_reading_again_notes_nothing_while_the_roster_is_as_it_was(oak: ASchool, roster: Roster) -> None:
    kit = oak.pupil()
    with oak.scope():
        roster.get("users")
        since = Shown.objects.get(key=kit.sourced_id).since
        Shown.objects.all().delete()
        roster.get("users")
        assert not Shown.objects.exists()
    oak.pupil()
    roster.get("users")
    with oak.scope():
        assert Shown.objects.get(key=kit.sourced_id).since > since


def test_whom_the_school_deletes_for_good_is_told_apart_from_whom_it_withdraws(
    oak: ASchool, roster: Roster
) -> None:
    kit, kim, jo = oak.pupil(), oak.pupil(), oak.pupil()
    roster.get("users")
    with oak.scope():
        Pupil.objects.filter(pk=jo.pk).update(archived_at=timezone.now(), merged_into=kit)
    for one in (kit, kim, jo):
        oak.withdraw(pupil=one)
    roster.get("users")
    read_at = timezone.now().isoformat()
    with oak.scope():
        erase = Change(kind=ChangeKind.ERASE, sourced_id=kit.sourced_id, key=kit.pk)
        apply(
            store_plan(purpose=Purpose.ERASURE, kind=Kind.PUPIL, changes=[(Kind.PUPIL, erase)], by=None),
            by=None,
        )
    users = {row["sourcedId"]: row for row in roster.get("users").json()["users"]}
    for one in (kit, jo):
        gone = users[str(one.sourced_id)]
        assert (gone["status"], gone["metadata"]) == ("tobedeleted", {"erased": "true"})
    assert users[str(kim.sourced_id)]["status"] == "tobedeleted"
    assert "metadata" not in users[str(kim.sourced_id)]
    news = roster.get("users", filter=f"dateLastModified>'{read_at}'").json()["users"]
    assert {row["sourcedId"] for row in news} == {str(kit.sourced_id), str(jo.sourced_id)}


def test_a_merge_is_news_to_a_service_that_knew_the_record_as_gone(oak: ASchool, roster: Roster) -> None:
    loser, survivor = oak.pupil(), oak.pupil()
    note(oak)
    oak.withdraw(pupil=loser)
    note(oak)
    asked_at = timezone.now().isoformat()
    with oak.scope():
        row = Pupil.objects.get(pk=loser.pk)
        row.archived_at, row.merged_into = timezone.now(), survivor
        row.save()
    found = roster.get("students", filter=f"dateLastModified>'{asked_at}'").json()["users"]
    assert [row["sourcedId"] for row in found] == [str(loser.sourced_id)]


def test_rows_that_an_undone_sync_had_made_are_told_as_gone_though_nothing_is_left_of_them(
    oak: ASchool, roster: Roster
) -> None:
    kit = oak.pupil()
    english = oak.school_class(kit)
    with oak.scope():
        place = Enrolment.objects.get()
    note(oak)
    with oak.scope():
        Enrolment.objects.all().delete()
        SchoolClass.objects.all().delete()
    note(oak)
    (gone_class,) = roster.get("classes").json()["classes"]
    assert (gone_class["sourcedId"], gone_class["status"]) == (str(english.sourced_id), "tobedeleted")
    (gone_place,) = roster.get("enrollments").json()["enrollments"]
    assert (gone_place["sourcedId"], gone_place["status"]) == (f"enrolment-{place.pk}", "tobedeleted")
    assert gone_place["user"]["sourcedId"] == str(kit.sourced_id)
    assert gone_place["class"]["sourcedId"] == str(english.sourced_id)
    assert gone_place["role"] == "student"


def test_an_archived_class_is_gone_for_services_and_its_members_stay_in_the_hub(
    oak: ASchool, roster: Roster
) -> None:
    kit = oak.pupil()
    english = oak.school_class(kit)
    note(oak)
    with oak.scope():
        SchoolClass.objects.update(archived_at=timezone.now())
    note(oak)
    (gone,) = roster.get("classes").json()["classes"]
    assert (gone["sourcedId"], gone["status"]) == (str(english.sourced_id), "tobedeleted")
    assert [row["status"] for row in roster.get("enrollments").json()["enrollments"]] == ["tobedeleted"]
    with oak.scope():
        assert Enrolment.objects.filter(ends_on=None).count() == 1
