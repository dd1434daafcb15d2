"""Lists of people and classes, and giving and taking access."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.roster.models import (
    Access,
    ClassKind,
    Enrolment,
    FeedEntry,
    Kind,
    MISLink,
    Pupil,
    SchoolClass,
)
from adminhub.hub.schools.models import School, Service, User
from tests.unit.hub.cast import a_grant, a_pupil, a_school, a_service, a_user, an_employee

pytestmark = pytest.mark.django_db
At = Callable[[str], str]
LogIn = Callable[[User], Client]


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def link(school: School, **fields: Any) -> None:
    with school_scope(school.pk):
        MISLink.objects.create(school=school, provider="wonde", **fields)


def accesses(school: School) -> int:
    with school_scope(school.pk):
        return Access.objects.count()


def test_a_synced_person_has_the_chain_icon(client_of_ada: Client, at: At, oak: School) -> None:
    pupil = a_pupil(oak)
    assert "Synced with the MIS</option>" in shown(client_of_ada, at("pupils/"))
    assert 'aria-label="Synced with the MIS"' not in shown(client_of_ada, at("pupils/"))
    link(oak, kind=Kind.PUPIL, pupil=pupil, mis_id="1")
    assert 'aria-label="Synced with the MIS"' in shown(client_of_ada, at("pupils/"))


def test_filters_and_search_narrow_the_list(client_of_ada: Client, at: At, oak: School) -> None:
    kit = a_pupil(oak, forename="Kit", year_group="4", upn="A999200114001")
    a_pupil(oak, forename="Jo", surname="Novák", year_group="5")
    link(oak, kind=Kind.PUPIL, pupil=kit, mis_id="1")
    for query, expected in {
        "q=kit+ray": "Kit",
        "q=novák": "Jo",
        "q=a999200114001": "Kit",
        "year=5": "Jo",
        "sync=synced": "Kit",
        "sync=not-synced": "Jo",
    }.items():
        page = shown(client_of_ada, at(f"pupils/?{query}"))
        other = {"Kit": "Jo", "Jo": "Kit"}[expected]
        assert f"Tick {expected} " in page, query
        assert f"Tick {other} " not in page, query


@pytest.mark.parametrize(
    "query", ["q=%00", "page=99", "sort=;drop", "access=x", "year=99", "page=x", "q=' or 1=1"]
)
def test_nonsense_in_the_address_is_harmless(client_of_ada: Client, at: At, oak: School, query: str) -> None:
    a_pupil(oak)
    for path in ("pupils/", "teachers/", "classes/", "groups/"):
        shown(client_of_ada, at(f"{path}?{query}"))


def test_an_empty_list_says_why(client_of_ada: Client, at: At) -> None:
    assert "No pupils here yet" in shown(client_of_ada, at("pupils/"))
    assert "Start sync" in shown(client_of_ada, at("pupils/"))


@pytest.mark.parametrize("path", ["pupils/", "teachers/", "classes/"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    client_of_ada: Client, at: At, oak: School, path: str
) -> None:
    def add(number: int) -> None:
        for place in range(number):
            pupil = a_pupil(oak, forename=f"Kit{place}")
            teacher = an_employee(oak, forename=f"Ben{place}")
            with school_scope(oak.pk):
                group = SchoolClass.objects.create(school=oak, kind=ClassKind.REGISTRATION, name=f"4{place}")
                Enrolment.objects.create(school=oak, school_class=group, pupil=pupil)
                Enrolment.objects.create(school=oak, school_class=group, employee=teacher)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            shown(client_of_ada, at(path))
        return len(captured)

    add(2)
    few = queries()
    add(20)
    assert queries() == few


def test_a_pupils_page_shows_class_access_and_link(client_of_ada: Client, at: At, oak: School) -> None:
    pupil = a_pupil(oak, upn="A999200114001")
    page = shown(client_of_ada, at(f"pupils/{pupil.sourced_id}/"))
    for words in ("A999200114001", "Not synced", "Without access"):
        assert words in page


def test_a_class_lists_its_members(client_of_ada: Client, at: At, oak: School) -> None:
    pupil, teacher = a_pupil(oak), an_employee(oak)
    with school_scope(oak.pk):
        group = SchoolClass.objects.create(school=oak, kind=ClassKind.REGISTRATION, name="4 Oak")
        Enrolment.objects.create(school=oak, school_class=group, pupil=pupil)
        Enrolment.objects.create(school=oak, school_class=group, employee=teacher)
    page = shown(client_of_ada, at(f"classes/{group.sourced_id}/"))
    assert "Kit Ray" in page
    assert "Ben Carter" in page


def test_cal_of_elm_cannot_open_a_pupil_of_oak(oak: School, logged_in: LogIn) -> None:
    pupil = a_pupil(oak)
    elm = a_school("Elm School")
    cal = a_user("Cal")
    a_grant(cal, elm, a_service("Wellbeing", elm))
    client = logged_in(cal)
    assert client.get(f"/{elm.centre_id}/wellbeing/pupils/{pupil.sourced_id}/").status_code == 404
    assert "Kit" not in shown(client, f"/{elm.centre_id}/wellbeing/pupils/")


# Access


def change(client: Client, at: At, **data: Any) -> str:
    response = client.post(at("access/pupil/change/"), data, follow=True)
    return response.content.decode()


def test_granting_is_for_the_ticked_only_and_noted(
    client_of_ada: Client, at: At, ada: User, oak: School, wellbeing: Service
) -> None:
    kit, _ = a_pupil(oak), a_pupil(oak, forename="Kim")
    page = change(client_of_ada, at, deed="grant", pick=[kit.pk])
    assert "1 pupil now has access to Wellbeing" in page
    with school_scope(oak.pk):
        assert [row.pupil_id for row in Access.objects.all()] == [kit.pk]
        assert AuditEntry.objects.get(action="access.granted").by_id == ada.pk
        assert FeedEntry.objects.get().sourced_id == kit.sourced_id


def test_granting_twice_is_granting_once(client_of_ada: Client, at: At, oak: School) -> None:
    kit = a_pupil(oak)
    change(client_of_ada, at, deed="grant", pick=[kit.pk])
    assert "Nothing was changed" in change(client_of_ada, at, deed="grant", pick=[kit.pk])
    assert accesses(oak) == 1


def test_everybody_means_the_whole_filtered_list_not_only_the_page(
    client_of_ada: Client, at: At, oak: School
) -> None:
    for number in range(60):
        a_pupil(oak, forename=f"Kit{number}", year_group="4")
    a_pupil(oak, year_group="5")
    change(client_of_ada, at, deed="grant", everybody="1", query="year=4")
    assert accesses(oak) == 60


def test_undo_takes_back_exactly_what_was_changed(client_of_ada: Client, at: At, oak: School) -> None:
    kit, kim = a_pupil(oak), a_pupil(oak, forename="Kim")
    change(client_of_ada, at, deed="grant", pick=[kit.pk])
    page = change(client_of_ada, at, deed="grant", pick=[kit.pk, kim.pk])
    assert "Undo" in page
    client_of_ada.post(at("access/undo/"))
    with school_scope(oak.pk):
        assert [row.pupil_id for row in Access.objects.all()] == [kit.pk]
    client_of_ada.post(at("access/undo/"))
    assert accesses(oak) == 1


def test_withdrawing_keeps_the_person(client_of_ada: Client, at: At, oak: School) -> None:
    kit = a_pupil(oak)
    change(client_of_ada, at, deed="grant", pick=[kit.pk])
    change(client_of_ada, at, deed="withdraw", pick=[kit.pk])
    with school_scope(oak.pk):
        assert Pupil.objects.filter(pk=kit.pk).exists()
    assert accesses(oak) == 0


def test_a_teacher_cannot_grant_and_sees_no_ticks(ben: User, oak: School, logged_in: LogIn, at: At) -> None:
    kit = a_pupil(oak)
    client = logged_in(ben)
    assert "data-tick" not in shown(client, at("pupils/"))
    assert client.post(at("access/pupil/change/"), {"deed": "grant", "pick": [kit.pk]}).status_code == 403
    assert accesses(oak) == 0


def test_a_pupil_of_another_school_is_not_granted(client_of_ada: Client, at: At, oak: School) -> None:
    stranger = a_pupil(a_school("Elm School"))
    change(client_of_ada, at, deed="grant", pick=[stranger.pk])
    assert accesses(oak) == 0


def test_the_way_back_never_leaves_the_hub(client_of_ada: Client, at: At, oak: School) -> None:
    response = client_of_ada.post(
        at("access/pupil/change/"), {"deed": "grant", "next": "https://evil.example/"}
    )
    assert response.headers["Location"] == at("pupils/")


@pytest.mark.parametrize(
    "back", ["foo", "account:logout", "//evil.example/", "/\\evil.example/", "https://evil.example/"]
)
def test_after_a_change_of_access_one_stays_in_the_hub(client_of_ada: Client, at: At, back: str) -> None:
    response = client_of_ada.post(at("access/pupil/change/"), {"deed": "grant", "next": back})
    assert response.status_code == 302
    assert "evil" not in response.headers["Location"]


@pytest.mark.parametrize("path", ["teachers/", "pupils/", "school/mis-sync/"])
def test_pages_are_kept_by_no_cache(client_of_ada: Client, at: At, path: str) -> None:
    assert "no-store" in client_of_ada.get(at(path)).headers["Cache-Control"]


def test_what_is_everybodys_may_be_kept(client: Client) -> None:
    assert "no-store" not in client.get("/healthz").headers.get("Cache-Control", "")
