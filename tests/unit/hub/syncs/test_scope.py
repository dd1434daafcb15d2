"""A sync of some year groups or registration groups: who is outside stays as they are, and has not left."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import MatchRow
from adminhub.hub.roster.models import Enrolment, Kind, MISLink, Pupil
from adminhub.hub.schools.models import Role, School, Service, User
from adminhub.hub.syncs.actions import choose_scope
from adminhub.hub.syncs.errors import PanelNotReady
from adminhub.hub.syncs.models import Scope, SyncRun
from adminhub.hub.syncs.queries import settings_of
from tests.unit.hub.cast import a_grant, a_pupil, a_user
from tests.unit.hub.syncs.cast import an_mis_group, an_mis_pupil, fetched, save, save_everything, statuses
from tests.unit.hub.syncs.test_sync import oaks_mis
from tests.unit.hub.syncs.test_wizard import address, window

__all__ = ["window"]
pytestmark = pytest.mark.django_db
YEARS = ("3", "4", "5")
EACH = 4
GROUPS = [an_mis_group("g3", "3 Elm"), an_mis_group("g4", "4 Oak"), an_mis_group("g5", "5 Ash")]


def children(*, without: tuple[str, ...] = (), **fields: Any) -> list[Any]:
    """Four pupils in each of Years 3, 4 and 5."""
    return [
        an_mis_pupil(
            f"p{year}{n}",
            **{
                "forename": f"{chr(97 + n) * 4}{year}",
                "surname": f"{chr(104 + n) * 5}",
                "birthday": date(2018 - int(year), 1 + n, 3 + n),
                "year_group": year,
                "registration_group": f"Bg{year}",
                **fields,
            },
        )
        for year in YEARS
        for n in range(EACH)
        if f"p{year}{n}" not in without
    ]


def mis(**how: Any) -> Any:
    return oaks_mis(groups=GROUPS, teaching=[], children=children(**how))


def take_in(run: SyncRun, by: User, *chosen: str, scope: Scope = Scope.YEAR_GROUPS) -> None:
    with school_scope(run.school_id):
        choose_scope(run=run, scope=scope, chosen=chosen, by=by)


def lost(oak: School) -> set[str]:
    with school_scope(oak.pk):
        return set(MISLink.objects.filter(lost_at__isnull=False).values_list("mis_id", flat=True))


@pytest.fixture
def synced(oak: School, ada: User, wellbeing: Service, connection: Connection) -> None:
    save_everything(fetched(connection, ada, mis()), ada, wellbeing)


def test_who_is_outside_is_shown_so_and_nobody_is_marked_as_left(
    oak: School, ada: User, wellbeing: Service, connection: Connection, synced: None
) -> None:
    run = fetched(connection, ada, mis())
    take_in(run, ada, "4")
    assert statuses(run, Kind.PUPIL) == {"synced": EACH, "desynced": 2 * EACH}
    with school_scope(oak.pk):
        outside = MatchRow.objects.filter(snapshot=run.snapshot, kind=Kind.PUPIL, status="desynced")
        assert {(row.lost_why, *row.reasons) for row in outside} == {
            ("out_of_scope", "Not in this sync's scope")
        }
    save(run, Kind.PUPIL, ada, wellbeing)
    assert lost(oak) == set()


def test_a_leaver_inside_is_marked_and_one_outside_is_not(
    oak: School, ada: User, wellbeing: Service, connection: Connection, synced: None
) -> None:
    run = fetched(connection, ada, mis(without=("p40", "p50")))
    take_in(run, ada, "4")
    save(run, Kind.PUPIL, ada, wellbeing)
    assert lost(oak) == {"p40"}


def test_nothing_of_who_is_outside_is_written(
    oak: School, ada: User, wellbeing: Service, connection: Connection, synced: None
) -> None:
    run = fetched(connection, ada, mis(registration_group="", sex="F"))
    take_in(run, ada, "4")
    plan = save(run, Kind.PUPIL, ada, wellbeing)
    assert (plan.counts["update"], plan.counts["leave_class"]) == (EACH, EACH)
    with school_scope(oak.pk):
        assert set(Pupil.objects.filter(sex="F").values_list("year_group", flat=True)) == {"4"}
        ended = Enrolment.objects.filter(ends_on__isnull=False, pupil__isnull=False)
        assert set(ended.values_list("pupil__year_group", flat=True)) == {"4"}


def test_year_by_year_ends_where_one_whole_sync_ends(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    for year in YEARS:
        run = fetched(connection, ada, mis())
        take_in(run, ada, year)
        save_everything(run, ada, wellbeing)
    with school_scope(oak.pk):
        assert MISLink.objects.filter(kind=Kind.PUPIL).count() == EACH * len(YEARS)
        placed = Enrolment.objects.filter(ends_on__isnull=True, pupil__isnull=False)
        assert placed.count() == EACH * len(YEARS)
    run = fetched(connection, ada, mis())
    take_in(run, ada, scope=Scope.ALL)
    assert statuses(run, Kind.PUPIL) == {"synced": EACH * len(YEARS)}
    left = {"may_match_left", "new_left"}
    assert set(save(run, Kind.PUPIL, ada, wellbeing).counts) <= left


def test_registration_groups_are_taken_in_by_the_number_the_mis_gives_them(
    oak: School, ada: User, connection: Connection, synced: None
) -> None:
    run = fetched(connection, ada, mis())
    take_in(run, ada, "g3", "g5", scope=Scope.REGISTRATION_GROUPS)
    assert statuses(run, Kind.PUPIL) == {"synced": 2 * EACH, "desynced": EACH}


def test_who_is_new_or_unlinked_outside_is_not_asked_about(
    oak: School, ada: User, connection: Connection
) -> None:
    a_pupil(oak, forename="aaaa3", surname="hhhhh", year_group="3")
    a_pupil(oak, forename="Nobody", surname="Else", year_group="4")
    run = fetched(connection, ada, mis())
    take_in(run, ada, "4")
    assert statuses(run, Kind.PUPIL) == {"new": EACH, "not_matched": 1}


def test_the_choice_is_kept_for_the_syncs_that_follow_and_says_who_chose(
    oak: School, ada: User, connection: Connection, synced: None
) -> None:
    take_in(fetched(connection, ada, mis()), ada, "4")
    assert statuses(fetched(connection, ada, mis()), Kind.PUPIL) == {"synced": EACH, "desynced": 2 * EACH}
    with school_scope(oak.pk):
        settings = settings_of()
        assert (settings.scope, settings.chosen, settings.changed_by) == (Scope.YEAR_GROUPS, ["4"], ada)
        assert AuditEntry.objects.filter(action="sync.scope_chosen", by=ada).count() == 1


def test_choosing_no_year_group_at_all_changes_nothing(
    oak: School, ada: User, connection: Connection, synced: None
) -> None:
    run = fetched(connection, ada, mis())
    with school_scope(oak.pk), pytest.raises(PanelNotReady, match="tick at least one"):
        choose_scope(run=run, scope=Scope.YEAR_GROUPS, chosen=[], by=ada)
    assert statuses(run, Kind.PUPIL) == {"synced": EACH * len(YEARS)}


def test_the_page_lists_years_and_groups_with_their_sizes(
    oak: School, ada: User, connection: Connection, synced: None, window: Client
) -> None:
    run = fetched(connection, ada, mis())
    page = window.get(address(run, "scope"))
    assert [(choice.name, choice.pupils) for choice in page.context["years"]] == [
        ("Year 3", EACH),
        ("Year 4", EACH),
        ("Year 5", EACH),
    ]
    page = window.post(address(run, "scope"), {"scope": "registration_groups", "group": "g4"}, follow=True)
    assert b"<strong>Taken in:</strong> 4 Oak." in page.content
    assert f"{2 * EACH} others in your MIS stay as they are".encode() in page.content


def test_only_the_access_coordinator_chooses(
    oak: School, ada: User, wellbeing: Service, connection: Connection, synced: None
) -> None:
    run = fetched(connection, ada, mis())
    ben = a_user("Ben")
    a_grant(ben, oak, wellbeing, Role.TEACHER)
    client = Client()
    client.force_login(ben)
    assert client.post(address(run, "scope"), {"scope": "year_groups", "year": "4"}).status_code == 403
    with school_scope(oak.pk):
        assert settings_of().scope == Scope.ALL


def test_a_review_says_what_it_takes_in_not_what_the_settings_say_since(
    oak: School, ada: User, connection: Connection, synced: None, window: Client
) -> None:
    run = fetched(connection, ada, mis())
    take_in(run, ada, "4")
    with school_scope(oak.pk):
        settings = settings_of()
        settings.scope = Scope.ALL
        settings.save()
    page = window.get(address(run, "panel", panel="pupils")).content
    assert b"<strong>Taken in:</strong> Year 4." in page
