"""Promotion on its screens: each step shows what it will do, and only a coordinator can take it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from adminhub.hub.core.scope import school_scope
from adminhub.hub.jobs.rollover import rehearse_rollover
from adminhub.hub.rollover.models import Rollover, State
from adminhub.hub.roster.models import ClassKind, Enrolment, Pupil, SchoolClass
from adminhub.hub.schools.models import Role, School, Service, User
from tests.unit.hub.cast import a_grant, a_pupil, a_school, a_service, a_user
from tests.unit.hub.syncs.cast import a_connection, fetched, save_everything
from tests.unit.hub.syncs.test_september import LAST_YEAR, THIS_YEAR

pytestmark = pytest.mark.django_db
At = Callable[[str], str]
P = "school/promotion/"


@pytest.fixture
def classes(oak: School) -> None:
    with school_scope(oak.pk):
        for name in ("5B", "6B"):
            group = SchoolClass.objects.create(school=oak, kind=ClassKind.REGISTRATION, name=name)
            for number in range(3):
                pupil = a_pupil(oak, surname=f"Ray{number}", year_group=name[0])
                Enrolment.objects.create(school=oak, school_class=group, pupil=pupil)


def to_preview(client: Client, at: At, **places: str) -> str:
    client.post(at(f"{P}begin/"), {"school_year": "2026"})
    client.post(at(f"{P}year-groups/"), {"year-5": "6", "year-6": "leave", "withdraws": "yes"})
    client.post(at(f"{P}classes/"), places)
    return client.get(at(f"{P}preview/")).content.decode()


def years(school: School) -> list[str]:
    with school_scope(school.pk):
        return sorted(Pupil.objects.values_list("year_group", flat=True))


def test_a_promotion_is_chosen_previewed_applied_and_undone(
    client_of_ada: Client, oak: School, classes: None, at: At
) -> None:
    page = to_preview(client_of_ada, at)
    assert "Leavers 2026 - 2027" in page
    assert "the same pupils, with their results" in page
    assert years(oak) == ["5"] * 3 + ["6"] * 3
    with school_scope(oak.pk):
        rollover = Rollover.objects.get()
    done = client_of_ada.post(at(f"{P}promote/"), {"plan": rollover.plan_id}, follow=True)
    assert "All pupils are promoted" in done.content.decode()
    assert years(oak) == ["6"] * 3 + ["L26"] * 3
    assert "Leavers 2026 - 2027" in client_of_ada.get(at("pupils/?year=L26")).content.decode()

    asked = client_of_ada.post(at(f"school/plans/{rollover.plan_id}/undo/"), follow=True)
    assert years(oak) == ["6"] * 3 + ["L26"] * 3
    client_of_ada.post(f"{asked.request['PATH_INFO']}apply/")
    assert years(oak) == ["5"] * 3 + ["6"] * 3
    assert "Undone" in client_of_ada.get(at(P)).content.decode()


def test_a_preview_that_was_worked_out_again_meanwhile_is_not_applied_unseen(
    client_of_ada: Client, oak: School, classes: None, at: At
) -> None:
    to_preview(client_of_ada, at)
    with school_scope(oak.pk):
        seen = Rollover.objects.get().plan_id
    client_of_ada.post(at(f"{P}again/"))
    answer = client_of_ada.post(at(f"{P}promote/"), {"plan": seen}, follow=True)
    assert "Look at it once more" in answer.content.decode()
    assert years(oak) == ["5"] * 3 + ["6"] * 3


def test_a_class_that_is_left_empty_and_a_merge_are_in_the_preview(
    client_of_ada: Client, oak: School, classes: None, at: At
) -> None:
    with school_scope(oak.pk):
        fifth = SchoolClass.objects.get(name="5B").pk
    page = to_preview(client_of_ada, at, **{f"place-{fifth}-5": "  "})
    assert "3 in no registration group" in page


def test_a_day_is_set_and_taken_off_and_nonsense_is_refused(
    client_of_ada: Client, oak: School, classes: None, at: At
) -> None:
    to_preview(client_of_ada, at)
    for nonsense in ("", "1 September", "2020-09-01"):
        client_of_ada.post(at(f"{P}schedule/"), {"on": nonsense})
        with school_scope(oak.pk):
            assert Rollover.objects.get().state == State.PREPARING
    day = client_of_ada.get(at(f"{P}preview/")).context["usual_day"]
    client_of_ada.post(at(f"{P}schedule/"), {"on": day.isoformat()})
    page = client_of_ada.get(at(f"{P}classes/"), follow=True)
    assert f"Promotion on {day:%-d %B %Y}" in page.content.decode()
    client_of_ada.post(at(f"{P}unschedule/"))
    client_of_ada.post(at(f"{P}cancel/"))
    with school_scope(oak.pk):
        assert Rollover.objects.get().state == State.CANCELLED


def test_without_pupils_in_year_groups_the_page_says_why_it_is_empty(client_of_ada: Client, at: At) -> None:
    client_of_ada.post(at(f"{P}begin/"))
    assert (
        "No pupil of your school is in a year group"
        in client_of_ada.get(at(f"{P}year-groups/")).content.decode()
    )


@pytest.mark.parametrize(
    "path",
    ["", "year-groups/", "classes/", "pupils/", "list/", "list/pupils.csv", "preview/", "ended-classes/"],
)
def test_a_teacher_cannot_promote_and_cal_of_elm_does_not_learn_of_it(
    ada: User, oak: School, wellbeing: Service, at: At, path: str
) -> None:
    kim, cal = a_user("Kim"), a_user("Cal")
    a_grant(kim, oak, wellbeing, Role.TEACHER_ADMIN)
    elm = a_school("Elm School")
    a_grant(cal, elm, a_service("Wellbeing", elm))
    for user, status in ((kim, 403), (cal, 404)):
        client = Client()
        client.force_login(user)
        assert client.get(at(P + path)).status_code == status


def test_the_number_of_queries_does_not_grow_with_the_pupils(
    client_of_ada: Client, oak: School, classes: None, at: At
) -> None:
    counts = []
    to_preview(client_of_ada, at)
    for _ in range(2):
        client_of_ada.post(at(f"{P}again/"))
        with CaptureQueriesContext(connection) as asked:
            client_of_ada.get(at(f"{P}preview/"))
        counts.append(len(asked))
        for number in range(20):
            a_pupil(oak, surname=f"Rae{number}", year_group="5")
    assert counts[0] == counts[1]


def test_a_rehearsal_of_the_mis_data_is_shown_confirmed_and_applied(
    client_of_ada: Client, ada: User, oak: School, wellbeing: Service, at: At
) -> None:
    connection = a_connection(oak, ada)
    assert "Your MIS&#x27;s data as at" not in client_of_ada.get(at(P)).content.decode()
    save_everything(fetched(connection, ada, LAST_YEAR), ada, wellbeing)
    fetched(connection, ada, THIS_YEAR)
    started = client_of_ada.post(at(f"{P}begin/"), {"school_year": "2026", "source": "mis"}, follow=True)
    assert "being worked out" in started.content.decode()
    with school_scope(oak.pk):
        asked = Rollover.objects.get().pk
    rehearse_rollover(school_id=oak.pk, rollover_id=asked, user_id=ada.pk)
    page = client_of_ada.get(at(f"{P}preview/")).content.decode()
    assert "8 joiners" in page
    assert "8 leavers" in page
    assert "other pupils than in this year&#x27;s 7A" in page
    with school_scope(oak.pk):
        plan = Rollover.objects.get().plan
        assert plan is not None
    refused = client_of_ada.post(at(f"{P}promote/"), {"plan": plan.pk}, follow=True)
    assert "please confirm first" in refused.content.decode()
    codes = [hold["code"] for hold in plan.holds]
    client_of_ada.post(at(f"{P}promote/"), {"plan": plan.pk, "confirm": codes})
    assert years(oak).count("L26") == 8


def test_an_archived_class_shows_who_was_in_it_and_is_in_no_other_list(
    client_of_ada: Client, oak: School, classes: None, at: At
) -> None:
    page = to_preview(client_of_ada, at)
    with school_scope(oak.pk):
        plan, sixth = Rollover.objects.get().plan_id, SchoolClass.objects.get(name="6B")
    assert page
    client_of_ada.post(at(f"{P}promote/"), {"plan": plan})
    in_use = client_of_ada.get(at("classes/")).content.decode()
    archived = client_of_ada.get(at("classes/?show=archived")).content.decode()
    assert str(sixth.sourced_id) not in in_use
    assert str(sixth.sourced_id) in archived
    one = client_of_ada.get(at(f"classes/{sixth.sourced_id}/")).content.decode()
    assert "Archived " in one
    assert "3 pupils" in one


def test_a_pupil_is_held_back_seen_in_the_preview_and_stays(
    client_of_ada: Client, oak: School, classes: None, at: At
) -> None:
    to_preview(client_of_ada, at)
    with school_scope(oak.pk):
        kit = Pupil.objects.filter(year_group="5").order_by("surname").first()
    assert kit is not None
    form = {"row": [kit.pk], f"year-{kit.pk}": "stay", f"group-{kit.pk}": "6B", "to": "preview"}
    page = client_of_ada.post(at(f"{P}pupils/?q=ray0"), form, follow=True).content.decode()
    assert "1 goes another way than the others" in page
    shown = client_of_ada.get(at(f"{P}pupils/")).content.decode()
    assert 'value="5B" maxlength="200" list="known"' in shown, "the class follows the year group"
    assert "moved up already" not in client_of_ada.post(at(f"{P}again/"), follow=True).content.decode()
    with school_scope(oak.pk):
        plan = Rollover.objects.get().plan_id
    assert "Held back: stays in Year 5" in client_of_ada.get(at(f"school/plans/{plan}/")).content.decode()
    client_of_ada.post(at(f"{P}promote/"), {"plan": plan})
    assert years(oak) == ["5"] + ["6"] * 2 + ["L26"] * 3


def test_a_class_list_is_filled_in_and_who_cannot_be_found_is_shown_and_forgotten_at_the_end(
    client_of_ada: Client, oak: School, classes: None, at: At
) -> None:
    with school_scope(oak.pk):
        Pupil.objects.filter(surname="Ray0", year_group="5").update(birthday="2015-03-14")
    begun = client_of_ada.post(at(f"{P}begin/"), {"school_year": "2026", "source": "list"}, follow=True)
    assert "Class list for 2027 - 2028" in begun.content.decode()
    to_fill_in = client_of_ada.get(at(f"{P}list/pupils.csv")).content.decode()
    assert "Ray0,Kit,14/03/2015,Year 6,6B" in to_fill_in
    rows = "Surname,First name,Birthday,Year group,Class\nRay0,Kit,14/03/2015,Year 5,5B\nNew,Jo,1/2/2015,Year 5,5B\n"
    answer = client_of_ada.post(
        at(f"{P}list/"), {"list": SimpleUploadedFile("list.csv", rows.encode())}, follow=True
    )
    page = answer.content.decode()
    assert "New, Jo" in page
    assert "Nobody has this name and birthday" in page
    assert "5 of your pupils" in page
    assert "1 goes another way" in client_of_ada.get(at(f"{P}preview/")).content.decode()
    refused = client_of_ada.post(
        at(f"{P}list/"), {"list": SimpleUploadedFile("a.csv", b"a,b\n1,2\n")}, follow=True
    )
    assert "Nothing was changed" in refused.content.decode()
    with school_scope(oak.pk):
        plan = Rollover.objects.get().plan_id
    client_of_ada.post(at(f"{P}promote/"), {"plan": plan})
    assert years(oak) == ["5"] + ["6"] * 2 + ["L26"] * 3
    with school_scope(oak.pk):
        assert Rollover.objects.get().listing == {}
