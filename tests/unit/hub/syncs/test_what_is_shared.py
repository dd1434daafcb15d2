"""What a school shares, and no longer shares: nothing is concluded from what is missing; leavers are nobody else."""

from __future__ import annotations

from dataclasses import replace as but
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.leavers.queries import leavers_waiting
from adminhub.hub.matching.values import LostWhy
from adminhub.hub.planning.models import MatchRow, MatchStatus
from adminhub.hub.providers.errors import ConsentLost
from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.providers.values import Elsewhere
from adminhub.hub.roster.models import Enrolment, Kind, MISLink, Pupil
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.staging.actions import ELSEWHERE
from adminhub.hub.staging.models import StagedElsewhere
from adminhub.hub.syncs.models import Mode, SyncRun
from tests.unit.hub.cast import a_pupil
from tests.unit.hub.syncs.cast import (
    Sends,
    a_upn,
    an_mis_class,
    an_mis_employee,
    an_mis_group,
    an_mis_pupil,
    fetched,
    save_everything,
    statuses,
)
from tests.unit.hub.syncs.nights import at_night

pytestmark = pytest.mark.django_db
BORN = date(2015, 5, 14)


def a_mis(**fields: object) -> Sends:
    sends = Sends(
        staff=[an_mis_employee("e1", email="ben@oak.example")],
        groups=[an_mis_group("g1", "4B", employees=("Be1",))],
        teaching=[an_mis_class("c1", "4x/Ma1", employees=("Be1",))],
        children=[
            an_mis_pupil(f"p{n}", surname=f"Ray{n}", registration_group="Bg1", classes=("Bc1",))
            for n in range(4)
        ],
    )
    return but(sends, **fields)


def places(oak: School) -> set[tuple[str, str]]:
    """Who is in what, by name."""
    with school_scope(oak.pk):
        rows = Enrolment.objects.filter(ends_on=None).values_list(
            "pupil__surname", "employee__surname", "school_class__name"
        )
        return {(pupil or employee or "", where) for pupil, employee, where in rows}


def test_a_place_that_is_no_longer_shared_empties_no_class(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    save_everything(fetched(connection, ada, a_mis()), ada, wellbeing)
    before = places(oak)
    assert {("Ray1", "4B"), ("Ray1", "4x/Ma1"), ("Carter", "4B")} <= before
    silent = a_mis(
        groups=[an_mis_group("g1", "4B", employees=None)],
        teaching=[an_mis_class("c1", "4x/Ma1", employees=None)],
        children=[
            an_mis_pupil(f"p{n}", surname=f"Ray{n}", registration_group=None, classes=None) for n in range(4)
        ],
    )
    run = fetched(connection, ada, silent)
    assert run.snapshot.withheld == {
        "pupil": ["classes", "registration_group"],
        "registration": ["employees"],
        "teaching": ["employees"],
    }
    save_everything(run, ada, wellbeing, confirmed=frozenset({"none_sent"}))
    assert places(oak) == before


def test_by_night_other_permissions_than_before_have_everything_fetched_anew(
    synced: SyncRun, connection: Connection, broker: FakeProvider
) -> None:
    [school] = broker.schools.values()
    assert at_night(connection, broker).mode == Mode.INCREMENTAL
    school.withheld = {"pupil": frozenset({"upn"}), "employee": frozenset()}
    assert at_night(connection, broker).mode == Mode.FULL
    assert at_night(connection, broker).mode == Mode.INCREMENTAL


def test_a_leaver_of_the_mis_is_not_taken_for_a_joiner_of_the_same_name(
    oak: School, ada: User, connection: Connection
) -> None:
    with school_scope(oak.pk):
        a_pupil(oak, forename="Kim", surname="Ray", birthday=BORN, upn=a_upn(1))
        a_pupil(oak, forename="Jo", surname="Novak")
    joiner = an_mis_pupil("p1", forename="Kim", surname="Ray", birthday=BORN)
    alone = fetched(connection, ada, a_mis(children=[joiner]))
    assert statuses(alone, Kind.PUPIL) == {MatchStatus.MATCHED: 1, MatchStatus.NOT_MATCHED: 1}
    leaver = Elsewhere(person=an_mis_pupil("p9", forename="Kim", surname="Ray", birthday=BORN, upn=a_upn(1)))
    stranger = Elsewhere(person=an_mis_pupil("p8", forename="Zoe", surname="Quill"))
    run = fetched(connection, ada, a_mis(children=[joiner], not_here=[leaver, stranger]))
    with school_scope(oak.pk):
        lines = MatchRow.objects.filter(snapshot=run.snapshot, kind=Kind.PUPIL)
        assert not lines.filter(status=MatchStatus.MATCHED).exists()
        assert lines.filter(reasons__contains=["Has left: found among the MIS's leavers"]).count() == 1
        assert list(StagedElsewhere.objects.values_list("mis_id", flat=True)) == ["p9"]


def test_without_the_leavers_a_sync_goes_on_and_says_so(
    oak: School, ada: User, connection: Connection
) -> None:
    with school_scope(oak.pk):
        a_pupil(oak, forename="Kim", surname="Ray")
    refused = ConsentLost("The broker does not let Admin Hub read this list (403).")
    run = fetched(connection, ada, a_mis(trouble={"pupils elsewhere": refused}))
    assert run.snapshot.withheld == {"pupil": [ELSEWHERE]}
    assert statuses(run, Kind.PUPIL)[MatchStatus.NEW] == 4


def test_whom_the_school_keeps_from_the_hub_has_not_left_and_returns_when_shared_again(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    save_everything(fetched(connection, ada, a_mis()), ada, wellbeing)
    kept_back = a_mis(children=a_mis().children[1:], kept_back=frozenset({"Bp0"}))
    save_everything(fetched(connection, ada, kept_back), ada, wellbeing)
    with school_scope(oak.pk):
        [link] = MISLink.objects.exclude(lost_at=None)
        assert (link.mis_id, link.lost_why) == ("p0", LostWhy.NOT_SHARED)
        assert leavers_waiting() == 0
    save_everything(fetched(connection, ada, a_mis()), ada, wellbeing)
    with school_scope(oak.pk):
        assert not MISLink.objects.exclude(lost_at=None).exists()


def test_a_field_that_is_no_longer_shared_keeps_its_value_and_both_pages_say_so(
    oak: School, ada: User, wellbeing: Service, connection: Connection, client: Client
) -> None:
    client.force_login(ada)
    told = a_mis(not_permitted={"pupil": frozenset({"uln"})})
    told = but(told, children=[an_mis_pupil("p0", surname="Ray0", upn=a_upn(7))])
    save_everything(fetched(connection, ada, told), ada, wellbeing, confirmed=frozenset({"none_sent"}))
    silent = but(
        told,
        children=[an_mis_pupil("p0", surname="Ray0", upn=None)],
        not_permitted={"pupil": frozenset({"uln", "upn"})},
    )
    run = fetched(connection, ada, silent)
    save_everything(run, ada, wellbeing)
    with school_scope(oak.pk):
        pupil = Pupil.objects.get()
        assert pupil.upn == a_upn(7)
        page = pages(oak, wellbeing, "people:pupil", sourced_id=pupil.sourced_id)
    assert "No longer shared by the school" in client.get(page).content.decode()
    outcome = client.get(pages(oak, wellbeing, "syncing:run", run_id=run.pk)).content.decode()
    assert "No longer shared by the school, of pupils: UPN. Kept as last known." in outcome


def pages(school: School, service: Service, name: str, **which: object) -> str:
    return reverse(name, kwargs={"centre_id": school.centre_id, "service": service.slug, **which})
