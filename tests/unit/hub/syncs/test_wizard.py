"""The wizard's pages: what they say, who may open them, and that they hold with or without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import MatchRow
from adminhub.hub.roster.models import Access, Kind, MISLink, Pupil
from adminhub.hub.schools.models import Role, School, Service, User
from adminhub.hub.syncs.models import RunState, SyncRun
from tests.unit.hub.cast import a_grant, a_pupil, a_school, a_user
from tests.unit.hub.syncs.cast import again, an_mis_pupil, fetched, statuses
from tests.unit.hub.syncs.test_sync import oaks_mis

pytestmark = pytest.mark.django_db
PANELS = ("teachers", "registration-groups", "subject-classes", "pupils")


@pytest.fixture
def window(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def address(run: SyncRun, name: str, **rest: Any) -> str:
    where = {"centre_id": run.school.centre_id, "service": "wellbeing", "run_id": run.pk}
    return reverse(f"sync:{name}", kwargs={**where, **rest})


def test_start_sync_leads_to_the_teachers_panel_that_says_what_is_fetched(
    oak: School, ada: User, connection: Connection, window: Client
) -> None:
    start = reverse("sync:start", kwargs={"centre_id": oak.centre_id, "service": "wellbeing"})
    page = window.post(start, follow=True)
    assert page.redirect_chain[-1][0].endswith("/teachers/")
    assert b"Fetching teachers from your MIS" in page.content


def test_the_wizard_walks_from_teachers_to_finished(
    oak: School, ada: User, wellbeing: Service, connection: Connection, window: Client
) -> None:
    run = fetched(connection, ada, oaks_mis())
    saves = ("teachers", "registration groups", "subject classes", "pupils")
    for panel, noun, ahead in zip(PANELS, saves, (*PANELS[1:], "finished"), strict=True):
        page = window.get(address(run, "panel", panel=panel))
        assert f"Save and sync {noun}".encode() in page.content
        assert b"nothing is deleted" in page.content
        grants = {"grant": ["pupils"]} if panel == "pupils" else {}
        after = window.post(address(run, "save", panel=panel), grants)
        assert after["Location"].endswith(f"/{ahead}/")
    page = window.get(address(run, "finished"))
    assert b"<h1>Finished</h1>" in page.content
    assert b"All 3 synced pupils have access" in page.content
    assert again(run).state == RunState.FINISHED


def test_ticks_are_kept_and_the_preview_counts_them(
    oak: School, ada: User, connection: Connection, window: Client
) -> None:
    run = fetched(connection, ada, oaks_mis())
    with school_scope(oak.pk):
        rows = list(MatchRow.objects.filter(kind=Kind.EMPLOYEE, status="new").values_list("pk", flat=True))
    posted = window.post(
        address(run, "ticks", panel="teachers"),
        {"shown": rows, "tick": rows[:1]},
        headers={"HX-Request": "true"},
    )
    assert b'<strong class="num">1</strong> added' in posted.content
    page = window.get(address(run, "panel", panel="teachers"))
    assert page.content.count(b"checked") == 2  # the tick, and access for teaching staff


def test_ticking_all_reaches_beyond_the_page_but_not_beyond_the_search(
    oak: School, ada: User, connection: Connection, window: Client
) -> None:
    many = [an_mis_pupil(f"p{n}", forename="Ann" if n % 2 else "Bob", surname=f"S{n}") for n in range(120)]
    run = fetched(connection, ada, oaks_mis(children=many))
    window.post(address(run, "tick_all", panel="pupils"), {"on": "no", "asked": "q=ann"})
    with school_scope(oak.pk):
        assert MatchRow.objects.filter(kind=Kind.PUPIL, is_ticked=True).count() == 60


def test_match_and_unmatch_by_hand(
    oak: School, ada: User, wellbeing: Service, connection: Connection, window: Client
) -> None:
    known = a_pupil(oak, forename="Josephine", surname="Someone")
    run = fetched(connection, ada, oaks_mis())
    with school_scope(oak.pk):
        ours = MatchRow.objects.get(kind=Kind.PUPIL, hub_id=known.pk)
        theirs = MatchRow.objects.get(kind=Kind.PUPIL, name="Novák, Jo")
    found = window.get(address(run, "pick", panel="pupils", row_id=ours.pk), {"q": "novak"})
    assert "Novák" in found.content.decode()
    window.post(address(run, "match", panel="pupils"), {"row": ours.pk, "with": theirs.pk})
    assert statuses(run, Kind.PUPIL) == {"matched": 1, "new": 2}
    with school_scope(oak.pk):
        pair = MatchRow.objects.get(kind=Kind.PUPIL, hub_id=known.pk)
    window.post(address(run, "unmatch", panel="pupils"), {"row": pair.pk})
    assert statuses(run, Kind.PUPIL) == {"not_matched": 1, "new": 3}


def test_a_hold_says_why_and_saves_once_confirmed(
    oak: School, ada: User, wellbeing: Service, connection: Connection, window: Client
) -> None:
    many = [an_mis_pupil(f"p{n}", forename=f"Name{n}", surname=f"Sur{n}") for n in range(30)]
    first = fetched(connection, ada, oaks_mis(children=many))
    window.post(address(first, "save", panel="pupils"))
    run = fetched(connection, ada, oaks_mis(children=many[:10]))
    page = window.post(address(run, "save", panel="pupils"), follow=True)
    assert b"20 of 30 synced pupils are missing from the MIS" in page.content
    with school_scope(oak.pk):
        assert not MISLink.objects.filter(lost_at__isnull=False).exists()
    window.post(address(run, "save", panel="pupils"), {"confirm": "shrunk"})
    with school_scope(oak.pk):
        assert MISLink.objects.filter(lost_at__isnull=False).count() == 20
        assert Pupil.objects.count() == 30


def test_access_is_given_only_when_asked_for(
    oak: School, ada: User, wellbeing: Service, connection: Connection, window: Client
) -> None:
    run = fetched(connection, ada, oaks_mis())
    window.post(address(run, "save", panel="pupils"))
    with school_scope(oak.pk):
        assert not Access.objects.exists()


@pytest.mark.parametrize("panel", PANELS)
def test_no_query_count_grows_with_the_lines(
    oak: School,
    ada: User,
    connection: Connection,
    window: Client,
    panel: str,
    django_assert_max_num_queries: Any,
) -> None:
    many = [an_mis_pupil(f"p{n}", forename=f"Name{n}", registration_group="Bg1") for n in range(60)]
    run = fetched(connection, ada, oaks_mis(children=many))
    with django_assert_max_num_queries(30):
        assert window.get(address(run, "panel", panel=panel)).status_code == 200


@pytest.mark.parametrize("role", [Role.TEACHER, Role.TEACHER_ADMIN])
def test_who_is_not_the_access_coordinator_cannot_sync(
    oak: School, ada: User, wellbeing: Service, connection: Connection, role: Role
) -> None:
    run = fetched(connection, ada, oaks_mis())
    ben = a_user("Ben")
    a_grant(ben, oak, wellbeing, role)
    client = Client()
    client.force_login(ben)
    assert client.get(address(run, "panel", panel="pupils")).status_code == 403
    assert client.post(address(run, "save", panel="pupils")).status_code == 403
    with school_scope(oak.pk):
        assert Pupil.objects.count() == 0


def test_cal_cannot_open_oaks_sync_not_even_under_elms_address(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    run = fetched(connection, ada, oaks_mis())
    elm, cal = a_school("Elm Primary School"), a_user("Cal")
    a_grant(cal, elm, wellbeing)
    client = Client()
    client.force_login(cal)
    assert client.get(address(run, "panel", panel="pupils")).status_code == 404
    through_elm = address(run, "panel", panel="pupils").replace(str(oak.centre_id), str(elm.centre_id), 1)
    assert client.get(through_elm).status_code == 404


def test_going_back_never_leads_elsewhere(
    oak: School, ada: User, connection: Connection, window: Client
) -> None:
    run = fetched(connection, ada, oaks_mis())
    for back in ("https://evil.example/", "//evil.example", "/logout/"):
        answer = window.post(address(run, "ticks", panel="pupils"), {"back": back})
        assert answer["Location"] == address(run, "panel", panel="pupils")
