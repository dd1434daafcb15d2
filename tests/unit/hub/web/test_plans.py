"""A plan's page: every change before it is written and after, its files, and undoing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import MatchRow, Plan, PlanState, Purpose
from adminhub.hub.roster.models import FeedEntry, Kind, MISLink, Pupil
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.syncs.models import RunState, SyncRun
from adminhub.look.spreadsheets import safe_cell
from tests.unit.hub.cast import a_grant, a_pupil, a_school, a_service, a_user
from tests.unit.hub.syncs.cast import (
    Sends,
    a_connection,
    a_upn,
    an_mis_employee,
    an_mis_group,
    an_mis_pupil,
    fetched,
    save_everything,
)

pytestmark = pytest.mark.django_db
At = Callable[[str], str]
BORN = date(2016, 3, 4)


def a_mis() -> Sends:
    return Sends(
        staff=[an_mis_employee("e1", email="ben@oak.example")],
        groups=[an_mis_group("g1", "4B", employees=("Be1",))],
        children=[
            an_mis_pupil("p1", upn=a_upn(1), birthday=BORN, year_group="5", registration_group="Bg1"),
            an_mis_pupil("p2", forename="Kim", upn=a_upn(2), registration_group="Bg1"),
            an_mis_pupil("p3", forename="=cmd|'/c calc'!A1", surname="Ray", registration_group="Bg1"),
        ],
    )


@pytest.fixture
def run(oak: School, ada: User) -> SyncRun:
    a_pupil(oak, upn=a_upn(1), birthday=BORN, year_group="4")
    return fetched(a_connection(oak, ada), ada, a_mis())


@pytest.fixture
def saved(run: SyncRun, ada: User, wellbeing: Service) -> SyncRun:
    save_everything(run, ada, wellbeing, grants=frozenset({"pupils"}))
    return run


def plan_about(school: School, kind: Kind, **wanted: object) -> Plan:
    with school_scope(school.pk):
        return Plan.objects.filter(kind=kind, **wanted).latest("pk")


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_plan_is_seen_before_it_is_written_and_just_it_is_saved(
    client_of_ada: Client, oak: School, run: SyncRun, at: At
) -> None:
    answer = client_of_ada.post(at(f"school/plans/run/{run.pk}/pupils/draft/"), {"grant": "pupils"})
    plan = plan_about(oak, Kind.PUPIL)
    assert answer["Location"] == at(f"school/plans/{plan.pk}/")
    said = page(client_of_ada, answer["Location"])
    assert "Nothing has changed yet" in said
    assert "Year 4 → Year 5" in said
    with school_scope(oak.pk):
        assert Pupil.objects.count() == 1
    client_of_ada.post(at(f"school/plans/{plan.pk}/apply/"))
    with school_scope(oak.pk):
        assert Pupil.objects.count() == 3
        assert Plan.objects.get(pk=plan.pk).state == PlanState.APPLIED
    assert "This is what was written." in page(client_of_ada, answer["Location"])


def test_changes_are_counted_filtered_and_searched(
    client_of_ada: Client, oak: School, saved: SyncRun, at: At
) -> None:
    address = at(f"school/plans/{plan_about(oak, Kind.PUPIL).pk}/")
    assert "Given access" in page(client_of_ada, address)
    only_added = page(client_of_ada, f"{address}?what=join")
    assert "Kim Ray" in only_added
    assert "Year 4 → Year 5" not in only_added
    assert "Kit Ray" not in page(client_of_ada, f"{address}?q=kim")
    assert "No change is like this" in page(client_of_ada, f"{address}?q=nobody")
    assert "Into a class" in page(client_of_ada, f"{address}?all=yes")


def test_the_files_have_every_change_and_an_export_is_audited(
    client_of_ada: Client, oak: School, saved: SyncRun, at: At
) -> None:
    plan = plan_about(oak, Kind.PUPIL)
    answer = client_of_ada.get(at(f"school/plans/{plan.pk}/changes.csv"))
    assert answer["Content-Disposition"] == f'attachment; filename="plan-{plan.pk}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {
        "change": "Updated",
        "field": "Year group",
        "before": "Year 4",
        "after": "Year 5",
    }.items() <= next(row for row in rows if row["change"] == "Updated").items()
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    told = json.loads(client_of_ada.get(at(f"school/plans/{plan.pk}/changes.json")).content)
    assert len(told["changes"]) == sum(
        count for kind, count in plan.counts.items() if kind not in ("may_match_left", "new_left")
    )
    with school_scope(oak.pk):
        exports = AuditEntry.objects.filter(action="plan.exported", by__email="ada@oak.example")
        assert sorted(exports.values_list("detail__form", flat=True)) == ["csv", "json"]


@pytest.mark.parametrize("cell", ["=1+1", "+44", "-2", "@SUM(A1)", "\tx", "\r=1", "  =1", "＝1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["O'Neil", "4B", "", "2 - 3"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert safe_cell(cell) == cell


def test_a_whole_sync_is_undone_after_a_look_at_what_that_does(
    client_of_ada: Client, oak: School, saved: SyncRun, at: At
) -> None:
    with school_scope(oak.pk):
        FeedEntry.objects.all().delete()
    assert "Undo this sync" in page(client_of_ada, at(f"school/mis-sync/run/{saved.pk}/finished/"))
    assert "What has been saved of it is written" in page(
        client_of_ada, at(f"school/mis-sync/history/{saved.pk}/")
    )
    answer = client_of_ada.post(at(f"school/plans/run/{saved.pk}/undo/"))
    said = page(client_of_ada, answer["Location"])
    assert "This is what undoing would do. Nothing has changed yet." in said
    assert "Removed again" in said
    with school_scope(oak.pk):
        assert Pupil.objects.count() == 3
    client_of_ada.post(f"{answer['Location']}apply/")
    with school_scope(oak.pk):
        assert list(Pupil.objects.values_list("year_group", flat=True)) == ["4"]
        assert not MISLink.objects.exists()
        assert FeedEntry.objects.exists()
        undo = Plan.objects.get(purpose=Purpose.UNDO)
        assert undo.applied_by == User.objects.get(email="ada@oak.example")
    assert "Undo this sync" not in page(client_of_ada, at(f"school/mis-sync/run/{saved.pk}/finished/"))
    history = at(f"school/mis-sync/history/{saved.pk}/")
    assert "What had been saved of it was taken back" in page(client_of_ada, history)
    with school_scope(oak.pk):
        SyncRun.objects.filter(pk=saved.pk).update(state=RunState.FINISHED)
    assert "What this sync had written was taken back" in page(client_of_ada, history)
    assert "Kim Ray" in page(client_of_ada, answer["Location"]), "by the name she had"


def test_one_person_is_undone(client_of_ada: Client, oak: School, saved: SyncRun, at: At) -> None:
    plan = plan_about(oak, Kind.PUPIL)
    with school_scope(oak.pk):
        kim = Pupil.objects.get(forename="Kim")
    answer = client_of_ada.post(at(f"school/plans/{plan.pk}/undo/"), {"only": str(kim.sourced_id)})
    client_of_ada.post(f"{answer['Location']}apply/")
    with school_scope(oak.pk):
        assert Pupil.objects.count() == 2
        assert Plan.objects.get(pk=plan.pk).stands


def test_what_has_changed_since_is_put_back_only_when_chosen(
    client_of_ada: Client, oak: School, saved: SyncRun, at: At
) -> None:
    plan = plan_about(oak, Kind.PUPIL)
    with school_scope(oak.pk):
        Pupil.objects.filter(upn=a_upn(1)).update(year_group="6")
    first = client_of_ada.post(at(f"school/plans/{plan.pk}/undo/"))["Location"]
    assert "1 changed since" in page(client_of_ada, first)
    second = client_of_ada.post(f"{first}choose/", {"everything": "yes"})["Location"]
    assert "changed since" not in page(client_of_ada, second)
    client_of_ada.post(f"{second}apply/")
    with school_scope(oak.pk):
        assert Pupil.objects.get(upn=a_upn(1)).year_group == "4"
        assert Plan.objects.get(pk=int(first.rstrip("/").split("/")[-1])).state == PlanState.DROPPED


def test_leaving_it_changes_nothing(client_of_ada: Client, oak: School, saved: SyncRun, at: At) -> None:
    drafted = client_of_ada.post(at(f"school/plans/run/{saved.pk}/undo/"))["Location"]
    client_of_ada.post(f"{drafted}leave/")
    assert client_of_ada.post(f"{drafted}apply/").status_code == 302
    with school_scope(oak.pk):
        assert Pupil.objects.count() == 3


def test_an_undo_of_what_has_changed_since_it_was_drafted_is_drafted_again(
    client_of_ada: Client, oak: School, saved: SyncRun, at: At
) -> None:
    drafted = client_of_ada.post(at(f"school/plans/run/{saved.pk}/undo/"))["Location"]
    with school_scope(oak.pk):
        Pupil.objects.filter(upn=a_upn(1)).update(year_group="6")
        FeedEntry.objects.create(school=oak, kind="bulk", change="changed")
    answer = client_of_ada.post(f"{drafted}apply/", follow=True)
    assert "Nothing was written" in answer.content.decode()
    assert "1 changed since" in answer.content.decode()
    with school_scope(oak.pk):
        assert Pupil.objects.count() == 3


def test_no_plan_of_another_school_is_there_and_a_teacher_may_not_see_ours(
    saved: SyncRun, oak: School, ben: User, logged_in: Callable[[User], Client], at: At
) -> None:
    plan = plan_about(oak, Kind.PUPIL)
    elm = a_school("Elm School")
    cal = a_user("Cal")
    a_grant(cal, elm, a_service("Wellbeing", elm))
    at_elm = f"/{elm.centre_id}/wellbeing/school/plans/{plan.pk}/"
    for path in ("", "changes.csv", "changes.json"):
        assert logged_in(cal).get(f"{at_elm}{path}").status_code == 404
        assert logged_in(cal).get(at(f"school/plans/{plan.pk}/{path}")).status_code == 404
        assert logged_in(ben).get(at(f"school/plans/{plan.pk}/{path}")).status_code == 403
    assert logged_in(cal).post(f"{at_elm}undo/").status_code == 404
    assert logged_in(ben).post(at(f"school/plans/{plan.pk}/undo/")).status_code == 403


def test_everything_that_was_written_is_listed_undos_too(
    client_of_ada: Client, oak: School, saved: SyncRun, at: At
) -> None:
    drafted = client_of_ada.post(at(f"school/plans/run/{saved.pk}/undo/"))["Location"]
    said = page(client_of_ada, at("school/plans/"))
    assert said.count("Changes to") == 4
    assert "Undo: the sync of" in said
    assert "Not written yet" in said
    client_of_ada.post(f"{drafted}apply/", follow=True)
    listed = page(client_of_ada, at("school/plans/"))
    assert listed.count("Undone") == 3
    assert listed.count("On hold") == 1, "the MIS sent no subject classes at all: that panel waits"


def test_before_the_first_sync_the_list_says_why_it_is_empty(client_of_ada: Client, at: At) -> None:
    assert "Nothing was written yet" in page(client_of_ada, at("school/plans/"))


def test_the_plan_that_is_shown_has_the_ticks_of_the_form_and_what_it_confirms(
    client_of_ada: Client, oak: School, run: SyncRun, at: At
) -> None:
    with school_scope(oak.pk):
        new = list(MatchRow.objects.filter(kind=Kind.PUPIL, status="new").values_list("pk", flat=True))
    client_of_ada.post(
        at(f"school/plans/run/{run.pk}/pupils/draft/"),
        {"shown": new, "tick": new[:1], "confirm": "shrunk"},
    )
    plan = plan_about(oak, Kind.PUPIL)
    assert (plan.counts["join"], plan.counts["new_left"], plan.confirmed) == (1, len(new) - 1, ["shrunk"])
