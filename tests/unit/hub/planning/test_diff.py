"""What would change."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adminhub.hub.planning.diff import changed_fields, diff_memberships, diff_records
from adminhub.hub.planning.values import ChangeKind, HubRecord, Link, Membership, MISRecord, Pairing

VALUES = st.one_of(st.none(), st.text(max_size=3), st.booleans(), st.lists(st.text(max_size=2), max_size=2))
FIELDS = st.dictionaries(st.sampled_from(["surname", "upn", "year_groups"]), VALUES)


@given(FIELDS, FIELDS)
def test_nothing_is_blanked_and_applying_a_difference_leaves_none(ours: Any, theirs: Any) -> None:
    after = changed_fields(ours, theirs)
    assert all(value not in (None, "", []) for value in after.values())
    assert changed_fields({**ours, **after}, theirs) == {}


def a_record(mis_id: str | None = "m1", **fields: Any) -> HubRecord:
    link = Link(mis_id=mis_id, broker_id=f"B{mis_id}") if mis_id else None
    return HubRecord(key=1, sourced_id=uuid.uuid4(), fields=fields, link=link)


def from_mis(mis_id: str = "m1", **fields: Any) -> MISRecord:
    return MISRecord(mis_id=mis_id, broker_id=f"B{mis_id}", fields=fields)


def kinds(*args: Any, **more: Any) -> list[ChangeKind]:
    return [change.kind for change in diff_records(*args, **more)]


def test_each_pair_gives_just_the_changes_it_needs() -> None:
    assert kinds([Pairing(hub=a_record(surname="Ray"), mis=from_mis(surname="Ray"))]) == []
    assert kinds([Pairing(hub=a_record(surname="Ray"), mis=from_mis(surname="Rae"))]) == [ChangeKind.UPDATE]
    assert kinds([Pairing(hub=a_record(None), mis=from_mis())]) == [ChangeKind.LINK]
    assert kinds([Pairing(mis=from_mis())]) == [ChangeKind.JOIN, ChangeKind.LINK]
    assert kinds([Pairing(hub=a_record("m0"), mis=from_mis())]) == [ChangeKind.RELINK]


def test_who_is_missing_is_marked_once_and_never_deleted() -> None:
    assert kinds([], lost=[a_record()]) == [ChangeKind.LOSE]
    lost = HubRecord(key=1, sourced_id=uuid.uuid4(), fields={}, link=Link(mis_id="m1", is_lost=True))
    assert kinds([], lost=[lost]) == []
    assert kinds([Pairing(hub=lost, mis=MISRecord(mis_id="m1", broker_id=""))]) == [ChangeKind.RETURN]
    assert not any("delete" in kind for kind in ChangeKind)


def test_the_mis_moves_only_whom_it_knows_out_of_what_it_knows() -> None:
    kit, guest = uuid.uuid4(), uuid.uuid4()
    old_group, new_group, maths, chess = (uuid.uuid4() for _ in range(4))
    found = diff_memberships(
        wanted={(kit, new_group): False},
        current=[
            Membership(enrolment=1, person=kit, school_class=old_group),
            Membership(enrolment=2, person=kit, school_class=maths),
            Membership(enrolment=3, person=kit, school_class=chess),
            Membership(enrolment=4, person=guest, school_class=maths),
        ],
        synced_people={kit},
        synced_classes={new_group, maths},
        registration_groups={old_group, new_group},
    )
    assert [(change.kind, change.row) for change in found] == [
        (ChangeKind.ENROL, None),
        (ChangeKind.LEAVE_CLASS, 1),
        (ChangeKind.LEAVE_CLASS, 2),
    ]


def test_a_surname_that_has_become_another_is_kept_as_the_former_one_and_a_slip_is_not() -> None:
    def former(was: str, now: str, known: str = "") -> Any:
        ours, theirs = a_record(surname=was, former_surname=known), from_mis(surname=now)
        (change,) = diff_records([Pairing(hub=ours, mis=theirs)])
        return change.before.get("former_surname"), change.after.get("former_surname")

    assert former("Ionescu", "Tilley") == ("", "Ionescu")
    assert former("Tilley", "Marsh", "Ionescu") == ("Ionescu", "Tilley")
    assert former("Daies", "Davies") == (None, None)
    assert former("Novak", "Novák") == (None, None)


def test_a_surname_that_the_school_keeps_makes_no_former_one() -> None:
    ours = replace(a_record(surname="Ionescu", former_surname=""), kept=frozenset({"surname"}))
    (change,) = diff_records([Pairing(hub=ours, mis=from_mis(surname="Tilley"))])
    assert change.kind is ChangeKind.KEEP
