"""The review's pages: filters, one line side by side, many lines decided together, undo, and the ignored."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
from django.test import Client

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import MatchRow
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import Role, School, Service, User
from adminhub.hub.syncs.models import SyncRun
from tests.unit.hub.cast import a_grant, a_pupil, a_school, a_user
from tests.unit.hub.syncs.cast import an_mis_class, an_mis_employee, an_mis_pupil, fetched, statuses
from tests.unit.hub.syncs.test_sync import oaks_mis
from tests.unit.hub.syncs.test_wizard import address, window

__all__ = ["window"]
pytestmark = pytest.mark.django_db
MANY = 30


@pytest.fixture
def run(oak: School, ada: User, connection: Connection) -> SyncRun:
    """A review in which thirty pupils May match by name and year, and Kit is new in class 4a/En1."""
    born = date(2015, 3, 2)
    for number in range(MANY):
        a_pupil(oak, forename=f"Name{number:02}", surname=a_surname(number))
    children = [
        an_mis_pupil(f"p{n}", forename=f"Name{n:02}", surname=a_surname(n), birthday=born)
        for n in range(MANY)
    ]
    kit = an_mis_pupil("kit", year_group="5", classes=["Bc1"], upn="")
    broker = oaks_mis(children=[*children, kit], teaching=[an_mis_class("c1", "4a/En1")])
    return fetched(connection, ada, broker)


def a_surname(number: int) -> str:
    """One that no other is like."""
    return f"{chr(97 + number % 26) * 4}{chr(97 + number // 26) * 4}".title()


def a_row(oak: School, **which: Any) -> MatchRow:
    with school_scope(oak.pk):
        row: MatchRow | None = MatchRow.objects.filter(kind=Kind.PUPIL, **which).order_by("name").first()
    assert row is not None
    return row


def test_every_link_of_a_line_leads_to_a_page(run: SyncRun, window: Client) -> None:
    panel = address(run, "panel", panel="pupils")
    page = window.get(panel).content.decode()
    table = page[page.index("<tbody") : page.index("</tbody")]
    links = {unescape(link) for link in re.findall(r'<a [^>]*href="([^"]+)"', table)}
    for deed in ("line/", "pick/"):
        mine = sorted(link for link in links if link.startswith(deed))
        assert mine, deed
        assert window.get(urljoin(panel, mine[0])).status_code == 200, mine[0]
    assert {link.split("/")[0] for link in links} == {"line", "pick"}


def test_the_panel_offers_to_accept_together_what_has_the_same_in_common(
    run: SyncRun, window: Client
) -> None:
    page = window.get(address(run, "panel", panel="pupils")).content.decode()
    assert f"Accept {MANY} with the same full name and year, nothing else known" in page


def test_the_preview_lists_every_line_and_one_press_decides_those_ticked(
    oak: School, run: SyncRun, window: Client
) -> None:
    page = window.get(address(run, "together", panel="pupils"), {"group": "year"}).content.decode()
    assert page.count('name="row"') == MANY
    assert statuses(run, Kind.PUPIL) == {"may_match": MANY, "new": 1}
    with school_scope(oak.pk):
        ticked = list(MatchRow.objects.filter(status="may_match").values_list("pk", flat=True)[1:])
    window.post(address(run, "decide", panel="pupils", deed="accept"), {"row": ticked})
    assert statuses(run, Kind.PUPIL) == {"may_match": 1, "matched": MANY - 1, "new": 1}
    window.post(address(run, "undo", panel="pupils"))
    assert statuses(run, Kind.PUPIL) == {"may_match": MANY, "new": 1}


def test_a_line_shows_every_field_side_by_side_and_leads_on_to_the_next(
    oak: School, run: SyncRun, window: Client
) -> None:
    first = a_row(oak, status="may_match")
    page = window.get(address(run, "line", panel="pupils", row_id=first.pk), {"status": "may_match"})
    text = page.content.decode()
    assert "2 Mar 2015" in text
    assert "Cannot compare" in text
    ahead = page.context["ahead"]
    answer = window.post(
        address(run, "decide", panel="pupils", deed="apart"),
        {"row": first.pk, "ahead": ahead, "asked": "?status=may_match"},
    )
    assert answer["Location"] == address(run, "line", panel="pupils", row_id=ahead) + "?status=may_match"
    back = window.post(address(run, "undo", panel="pupils"), {"to_line": "yes", "asked": "?status=may_match"})
    assert back["Location"] == address(run, "line", panel="pupils", row_id=first.pk) + "?status=may_match"


@pytest.mark.parametrize(
    ("query", "found"),
    [({"class": "Bc1"}, 1), ({"part": "5"}, 1), ({"part": "4"}, MANY), ({"q": "name07"}, 1)],
)
def test_pupils_are_found_by_class_year_and_search(
    run: SyncRun, window: Client, query: dict[str, str], found: int
) -> None:
    page = window.get(address(run, "panel", panel="pupils"), query)
    assert page.context["everything"] == found


def test_a_name_from_the_mis_is_text_and_never_markup(
    oak: School, ada: User, connection: Connection, window: Client
) -> None:
    odd = an_mis_pupil("odd", forename="<b>Kit</b>", surname="O'Ray & Son")
    run = fetched(connection, ada, oaks_mis(children=[odd]))
    page = window.get(address(run, "panel", panel="pupils")).content
    assert b"&lt;b&gt;Kit&lt;/b&gt; O&#x27;Ray &amp; Son" in page
    assert b"<b>Kit" not in page


def the_staff() -> list[Any]:
    cooks = [an_mis_employee(f"e{n}", surname=f"Cook{n}", is_teaching=False, job="Cook") for n in range(3)]
    return [*cooks, an_mis_employee("ben")]


def test_staff_of_a_post_are_ignored_together_and_listed_to_be_shown_again(
    oak: School, ada: User, connection: Connection, window: Client
) -> None:
    run = fetched(connection, ada, oaks_mis(staff=the_staff()))
    asked = {"part": "post:Cook", "deed": "ignore"}
    preview = window.get(address(run, "together", panel="teachers"), asked)
    rows = [line.row.pk for line in preview.context["lines"]]
    window.post(address(run, "decide", panel="teachers", deed="ignore"), {"row": rows})
    assert statuses(run, Kind.EMPLOYEE) == {"ignored": 3, "new": 1}
    assert b"Cook1" not in window.get(address(run, "panel", panel="teachers")).content
    listed = window.get(address(run, "panel", panel="teachers"), {"status": "ignored"})
    assert listed.content.count(b"Show again") == 3
    window.post(address(run, "decide", panel="teachers", deed="show"), {"row": rows[:1]})


def test_who_is_ignored_and_has_left_the_mis_is_still_listed(
    oak: School, ada: User, connection: Connection, window: Client
) -> None:
    run = fetched(connection, ada, oaks_mis(staff=the_staff()))
    with school_scope(oak.pk):
        cook = MatchRow.objects.get(name="Cook1, Ben")
    window.post(address(run, "decide", panel="teachers", deed="ignore"), {"row": [cook.pk]})
    run = fetched(connection, ada, oaks_mis(staff=the_staff()[2:]))
    listed = window.get(address(run, "panel", panel="teachers"), {"status": "ignored"})
    assert b"Also ignored, but not in your MIS at present" in listed.content
    (decision,) = listed.context["ignored_elsewhere"]
    window.post(address(run, "show_gone", panel="teachers"), {"decision": decision.pk})
    run = fetched(connection, ada, oaks_mis(staff=the_staff()))
    assert statuses(run, Kind.EMPLOYEE) == {"new": 4}


def test_a_press_on_lines_that_have_changed_decides_nothing_and_says_so(run: SyncRun, window: Client) -> None:
    page = window.post(address(run, "decide", panel="pupils", deed="accept"), {"row": "999999"}, follow=True)
    assert b"Nothing was decided" in page.content
    assert window.post(address(run, "decide", panel="pupils", deed="delete"), {"row": "1"}).status_code == 404


def test_no_query_count_grows_with_the_lines(
    oak: School, run: SyncRun, window: Client, django_assert_max_num_queries: Any
) -> None:
    row = a_row(oak, status="may_match")
    pages = (
        address(run, "panel", panel="pupils"),
        address(run, "together", panel="pupils") + "?group=year",
        address(run, "line", panel="pupils", row_id=row.pk),
    )
    for page in pages:
        with django_assert_max_num_queries(33):
            assert window.get(page).status_code == 200


def test_only_the_access_coordinator_of_the_school_decides(
    oak: School, run: SyncRun, wellbeing: Service
) -> None:
    row = a_row(oak, status="may_match")
    ben, cal = a_user("Ben"), a_user("Cal")
    a_grant(ben, oak, wellbeing, Role.TEACHER_ADMIN)
    a_grant(cal, a_school("Elm Primary School"), wellbeing)
    for user, status in ((ben, 403), (cal, 404)):
        client = Client()
        client.force_login(user)
        assert client.get(address(run, "line", panel="pupils", row_id=row.pk)).status_code == status
        for name, rest in (("decide", {"deed": "accept"}), ("undo", {}), ("show_gone", {})):
            answer = client.post(address(run, name, panel="pupils", **rest), {"row": row.pk})
            assert answer.status_code == status
    assert statuses(run, Kind.PUPIL) == {"may_match": MANY, "new": 1}
