"""Oak changes its MIS: everybody is found again, nobody is doubled, and nothing is written before Move."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from adminhub.hub.applying.actions import apply
from adminhub.hub.applying.undoing import draft_undo
from adminhub.hub.connections.models import Connection, State
from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.moving import queries
from adminhub.hub.moving.actions import begin, give_up, move_everybody, rehearse
from adminhub.hub.moving.carrying import FORMER
from adminhub.hub.moving.errors import NotRehearsing
from adminhub.hub.moving.models import Move, MoveState
from adminhub.hub.planning.decisions import match_by_hand, unmatch_by_hand
from adminhub.hub.planning.errors import NotWhole
from adminhub.hub.planning.models import MatchRow, MatchStatus, Plan, PlannedChange, PlanState
from adminhub.hub.roster.models import Employee, Enrolment, Kind, MISLink, Pupil, SchoolClass
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.staging.actions import empty
from adminhub.hub.syncs.models import SyncRun
from tests.unit.hub.cast import a_school, a_user
from tests.unit.hub.syncs.cast import (
    Sends,
    a_connection,
    a_upn,
    an_mis_class,
    an_mis_employee,
    an_mis_group,
    an_mis_pupil,
    fetched,
    save_everything,
)

pytestmark = pytest.mark.django_db
NAMES = ("Amara", "Beatrix", "Cleo", "Devon", "Esther", "Finlay", "Grace", "Hugo", "Ines")


def the_old_mis() -> Sends:
    children = [
        an_mis_pupil(
            str(number),
            forename=NAMES[number - 1],
            surname="Ray" if number % 2 else "Ash",
            upn=a_upn(number),
            birthday=date(2016, 1, number + 1),
            registration_group="Bg1",
            classes=("Bc1",),
        )
        for number in range(1, len(NAMES) + 1)
    ]
    return Sends(
        staff=[
            an_mis_employee("1", email="ben@oak.example"),
            an_mis_employee("2", forename="Mo", surname="Ali", email="mo@oak.example"),
        ],
        groups=[an_mis_group("g1", "4B", employees=("B1",))],
        teaching=[an_mis_class("c1", "4x/Ma1", subject="Mathematics", employees=("B1",))],
        children=children,
    )


def the_new_mis(old: Sends, **changes: Any) -> Sends:
    """The same school, numbered anew: pupils' IDs are the old ones, the other way round."""
    ids = [child.mis_id for child in old.children]
    children = [
        msgspec.structs.replace(
            child, mis_id=mis_id, broker_id=f"N{mis_id}", registration_group="Ng9", classes=("Nc9",)
        )
        for child, mis_id in zip(old.children, reversed(ids), strict=True)
    ]
    staff = [
        msgspec.structs.replace(one, mis_id=f"S-{one.mis_id}", broker_id=f"NS{one.mis_id}")
        for one in old.staff
    ]
    values: dict[str, Any] = {
        "staff": staff,
        "groups": [msgspec.structs.replace(old.groups[0], mis_id="g9", broker_id="Ng9", name="4 Beech")],
        "teaching": [msgspec.structs.replace(old.teaching[0], mis_id="c9", broker_id="Nc9")],
        "children": children,
    }
    return Sends(**{**values, **changes})


@pytest.fixture
def synced(oak: School, ada: User, wellbeing: Service, connection: Connection) -> Sends:
    """Oak is synced with its old MIS."""
    old = the_old_mis()
    save_everything(fetched(connection, ada, old), ada, wellbeing, grants=frozenset({"pupils"}))
    return old


def rehearsed(connection: Connection, by: User, broker: Sends) -> tuple[Move, SyncRun]:
    run = fetched(connection, by, broker)
    with school_scope(run.school_id):
        move = begin(run.snapshot, by=by)
        rehearse(move)
        move.refresh_from_db()
    return move, run


def moved(move: Move, by: User, **how: Any) -> Plan:
    with school_scope(move.school_id):
        return move_everybody(move, by=by, **how)


def everything(school: School) -> dict[str, int]:
    with school_scope(school.pk):
        return {
            model.__name__: model.objects.count()
            for model in (Employee, Pupil, SchoolClass, Enrolment, MISLink)
        }


def links(school: School) -> dict[str, str]:
    """Pupils' MIS IDs by forename."""
    with school_scope(school.pk):
        rows = MISLink.objects.filter(kind=Kind.PUPIL).values_list("pupil__forename", "mis_id")
        return dict(rows)


def test_everybody_is_carried_though_the_ids_were_dealt_anew(
    oak: School, ada: User, wellbeing: Service, connection: Connection, synced: Sends
) -> None:
    before, new = everything(oak), the_new_mis(synced)
    move, _ = rehearsed(connection, ada, new)
    assert {kind: one["carried"] for kind, one in move.outcomes.items()} == {
        "employee": 2, "pupil": len(NAMES), "registration": 1, "teaching": 1,
    }  # fmt: skip
    assert everything(oak) == before
    assert moved(move, ada).state == PlanState.APPLIED
    assert links(oak) == {child.forename: child.mis_id for child in new.children}
    assert everything(oak) == before


def test_the_sync_after_a_move_finds_everybody_synced_and_adds_only_the_new(
    oak: School, ada: User, wellbeing: Service, connection: Connection, synced: Sends
) -> None:
    before = everything(oak)
    new = the_new_mis(synced)
    joiner = an_mis_pupil("77", forename="Zoe", surname="Lee", upn=a_upn(77), registration_group="Ng9")
    new.children = [*new.children, joiner]
    move, _ = rehearsed(connection, ada, new)
    moved(move, ada)
    save_everything(fetched(connection, ada, new), ada, wellbeing)
    after = everything(oak)
    assert after["Pupil"] == before["Pupil"] + 1
    assert (after["Employee"], after["SchoolClass"]) == (before["Employee"], before["SchoolClass"])
    with school_scope(oak.pk):
        assert (
            Enrolment.objects.filter(ends_on__isnull=True, pupil__isnull=False).count() == 2 * len(NAMES) + 1
        )
        assert SchoolClass.objects.get(kind=Kind.REGISTRATION).name == "4 Beech"


def test_whom_the_new_mis_does_not_have_stays_with_the_old_id_as_a_former_one(
    oak: School, ada: User, connection: Connection, synced: Sends
) -> None:
    new = the_new_mis(synced)
    gone = new.children[0]
    new.children = new.children[1:]
    move, _ = rehearsed(connection, ada, new)
    assert move.outcomes["pupil"]["lost"] == 1
    moved(move, ada)
    old_id = next(child.mis_id for child in synced.children if child.forename == gone.forename)
    assert links(oak)[gone.forename].startswith(FORMER)
    assert links(oak)[gone.forename].endswith(f":{old_id}")
    with school_scope(oak.pk):
        assert MISLink.objects.get(pupil__forename=gone.forename).lost_why == "left_mis"


def test_clearing_mis_ids_is_a_choice(oak: School, ada: User, connection: Connection, synced: Sends) -> None:
    new = the_new_mis(synced)
    new.children = new.children[1:]
    move, _ = rehearsed(connection, ada, new)
    moved(move, ada, clear_lost=True)
    assert len(links(oak)) == len(NAMES) - 1
    assert everything(oak)["Pupil"] == len(NAMES)


def test_a_person_decides_and_is_obeyed_by_the_move(
    oak: School, ada: User, connection: Connection, synced: Sends
) -> None:
    """Hugo has neither UPN nor birthday in the new MIS, and two are called so."""
    new = the_new_mis(synced)
    bare = msgspec.structs.replace(new.children[1], upn="", birthday=None)
    other = msgspec.structs.replace(bare, mis_id="88", broker_id="N88")
    new.children = [new.children[0], bare, other, *new.children[2:]]
    move, run = rehearsed(connection, ada, new)
    assert move.outcomes["pupil"]["needs_person"] >= 1
    assert move.outcomes["pupil"]["carried"] == len(NAMES) - 1
    with school_scope(oak.pk):
        pupil = Pupil.objects.get(forename=bare.forename)
        staged = run.snapshot.pupils.get(mis_id="88")
        match_by_hand(run.snapshot, Kind.PUPIL, hub_id=pupil.pk, staged_id=staged.pk, by=ada)
    moved(move, ada)
    assert links(oak)[bare.forename] == "88"


def test_whoever_is_undecided_is_neither_linked_nor_doubled(
    oak: School, ada: User, connection: Connection, synced: Sends
) -> None:
    new = the_new_mis(synced)
    bare = msgspec.structs.replace(new.children[1], upn="", birthday=None)
    new.children = [new.children[0], bare, *new.children[2:]]
    move, run = rehearsed(connection, ada, new)
    moved(move, ada)
    assert links(oak)[bare.forename].startswith(FORMER)
    with school_scope(oak.pk):
        line = MatchRow.objects.get(
            snapshot=run.snapshot, kind=Kind.PUPIL, hub_id=Pupil.objects.get(forename=bare.forename).pk
        )
        assert line.status == MatchStatus.MAY_MATCH
        assert MISLink.objects.get(pupil__forename=bare.forename).lost_at is None


def test_never_these_two_survives_the_move(
    oak: School, ada: User, wellbeing: Service, connection: Connection, synced: Sends
) -> None:
    new = the_new_mis(synced)
    move, run = rehearsed(connection, ada, new)
    with school_scope(oak.pk):
        pupil = Pupil.objects.get(forename=new.children[0].forename)
        line = MatchRow.objects.get(snapshot=run.snapshot, kind=Kind.PUPIL, hub_id=pupil.pk)
        unmatch_by_hand(run.snapshot, Kind.PUPIL, row_id=line.pk, by=ada)
        rehearse(move)
    moved(move, ada)
    assert links(oak)[new.children[0].forename].startswith(FORMER)


def test_another_provider_of_the_same_mis_carries_everybody_by_id_and_name(
    oak: School, ada: User, connection: Connection, synced: Sends
) -> None:
    """The broker's keys are others, the MIS's are not."""
    same = Sends(
        staff=[msgspec.structs.replace(one, broker_id=f"X{one.mis_id}", email="") for one in synced.staff],
        groups=[msgspec.structs.replace(one, broker_id=f"X{one.mis_id}") for one in synced.groups],
        teaching=[msgspec.structs.replace(one, broker_id=f"X{one.mis_id}") for one in synced.teaching],
        children=[
            msgspec.structs.replace(
                one, broker_id=f"X{one.mis_id}", upn="", registration_group="Xg1", classes=("Xc1",)
            )
            for one in synced.children
        ],
    )
    before = links(oak)
    move, _ = rehearsed(connection, ada, same)
    assert all(one["carried"] == one["linked"] > 0 for one in move.outcomes.values())
    moved(move, ada)
    assert links(oak) == before
    with school_scope(oak.pk):
        assert not MISLink.objects.exclude(broker_id__startswith="X").exists()


def test_another_schools_data_is_refused(
    oak: School, ada: User, connection: Connection, synced: Sends
) -> None:
    strangers = Sends(
        staff=[an_mis_employee("1", forename="Una", surname="Stone")],
        groups=[an_mis_group("g1", "4B")],
        teaching=[],
        children=[
            an_mis_pupil(str(n), forename=f"Q{n}", surname="Quill", upn=a_upn(200 + n)) for n in range(6)
        ],
    )
    before = everything(oak)
    move, _ = rehearsed(connection, ada, strangers)
    plan = moved(move, ada, confirmed=frozenset({"strangers_pupils", "strangers_teachers"}))
    assert plan.state == PlanState.HELD
    assert "this is your school's data" in plan.holds[0]["message"]
    assert everything(oak) == before
    assert links(oak)["Amara"] == "1"


def test_a_move_waits_until_everything_has_come(
    oak: School, ada: User, connection: Connection, synced: Sends
) -> None:
    from adminhub.hub.syncs.actions import start_sync

    run = start_sync(connection=connection, by=ada, fresh=True)
    with school_scope(oak.pk):
        move = begin(run.snapshot, by=ada)
        with pytest.raises(NotWhole):
            rehearse(move)


def test_a_move_is_made_once_and_giving_up_writes_nothing(
    oak: School, ada: User, connection: Connection, synced: Sends
) -> None:
    new = the_new_mis(synced)
    move, _ = rehearsed(connection, ada, new)
    before = links(oak)
    with school_scope(oak.pk):
        give_up(move, by=ada)
    assert links(oak) == before
    with pytest.raises(NotRehearsing):
        moved(move, ada)
    second, _ = rehearsed(connection, ada, new)
    moved(second, ada)
    with pytest.raises(NotRehearsing):
        moved(second, ada)
    with school_scope(oak.pk):
        assert [one.state for one in Move.objects.order_by("pk")] == [MoveState.DROPPED, MoveState.MOVED]
        assert AuditEntry.objects.filter(action="move.made", by=ada).count() == 1


def test_a_change_of_source_is_noticed(oak: School, ada: User, connection: Connection, synced: Sends) -> None:
    with school_scope(oak.pk):
        assert queries.hint(connection) is None
        Connection.objects.filter(pk=connection.pk).update(
            state=State.DEAUTHORISED, mis_name="SIMS", authorised_at=connection.requested_at
        )
    other = a_connection(oak, ada)
    with school_scope(oak.pk):
        other.mis_name = "Arbor"
        found = queries.hint(other)
        assert found is not None
        assert "SIMS before, and is to Arbor now" in found.sentence


def test_ids_of_another_mis_are_noticed(
    oak: School, ada: User, connection: Connection, synced: Sends
) -> None:
    same = fetched(connection, ada, synced)
    with school_scope(oak.pk):
        assert not queries.ids_of_another_mis(same.snapshot)
    new = the_new_mis(synced)
    new.children = [msgspec.structs.replace(one, mis_id=f"P-{one.mis_id}") for one in new.children]
    other = fetched(connection, ada, new)
    with school_scope(oak.pk):
        assert queries.ids_of_another_mis(other.snapshot)


def test_cal_cannot_see_oaks_move(oak: School, ada: User, connection: Connection, synced: Sends) -> None:
    move, _ = rehearsed(connection, ada, the_new_mis(synced))
    elm = a_school("Elm Primary School")
    with school_scope(elm.pk):
        assert queries.move_numbered(move.pk) is None
        assert queries.open_move() is None
        with pytest.raises(Move.DoesNotExist):
            give_up(move, by=a_user("Cal"))


def test_a_move_that_is_undone_leaves_every_link_as_it_was(
    oak: School, ada: User, connection: Connection, synced: Sends
) -> None:
    before = link_rows(oak)
    new = the_new_mis(synced)
    new.children = new.children[2:]
    move, _ = rehearsed(connection, ada, new)
    plan = moved(move, ada)
    assert link_rows(oak) != before
    with school_scope(oak.pk):
        undo = apply(draft_undo([plan], by=ada), by=ada)
        assert not PlannedChange.objects.filter(plan=undo, is_skipped=True).exists()
    assert link_rows(oak) == before


def test_clearing_can_be_undone_too(oak: School, ada: User, connection: Connection, synced: Sends) -> None:
    before = link_rows(oak)
    new = the_new_mis(synced)
    new.children = new.children[2:]
    move, _ = rehearsed(connection, ada, new)
    plan = moved(move, ada, clear_lost=True)
    with school_scope(oak.pk):
        apply(draft_undo([plan], by=ada), by=ada)
    assert link_rows(oak) == before


def link_rows(school: School) -> list[dict[str, Any]]:
    with school_scope(school.pk):
        return list(MISLink.objects.order_by("pk").values())


def test_a_move_that_was_undone_can_be_rehearsed_again_on_the_same_data(
    oak: School, ada: User, connection: Connection, synced: Sends
) -> None:
    new = the_new_mis(synced)
    move, run = rehearsed(connection, ada, new)
    plan = moved(move, ada)
    with school_scope(oak.pk):
        with pytest.raises(NotRehearsing):
            begin(run.snapshot, by=ada)
        assert queries.is_moved(run.snapshot)
        apply(draft_undo([plan], by=ada), by=ada)
        assert not queries.is_moved(run.snapshot)
        again = begin(run.snapshot, by=ada)
        rehearse(again)
    assert moved(again, ada).state == PlanState.APPLIED
    assert links(oak) == {child.forename: child.mis_id for child in new.children}


def test_data_that_is_not_kept_any_more_is_no_empty_school(
    oak: School, ada: User, connection: Connection, synced: Sends
) -> None:
    before = link_rows(oak)
    move, run = rehearsed(connection, ada, the_new_mis(synced))
    with school_scope(oak.pk):
        empty(run.snapshot)
    for attempt in (rehearse, lambda move: move_everybody(move, by=ada)):
        with school_scope(oak.pk), pytest.raises(NotWhole, match="not kept any more"):
            attempt(move)
    assert link_rows(oak) == before
