"""Whom a change of MIS carries: nobody doubled, nobody mistaken for somebody who has their old ID."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adminhub.hub.matching.people import Who
from adminhub.hub.matching.values import Decided, HubClass, HubPerson, MISClass, MISPerson, Status, Verdict
from adminhub.hub.moving.carrying import FORMER, carry_classes, carry_people, holds, outcome, plan_changes
from adminhub.hub.planning.values import ChangeKind, HubRecord, Link, MISRecord
from adminhub.mis.identifiers import upn_check_letter

SPRING, SUMMER = date(2015, 3, 4), date(2015, 7, 8)


def valid_upn(rest: str) -> str:
    return upn_check_letter(rest) + rest


def ours(key: int, forename: str = "Kit", surname: str = "Ray", **fields: Any) -> HubPerson:
    return HubPerson(key=key, forename=forename, surname=surname, **fields)


def theirs(key: int, mis_id: str, forename: str = "Kit", surname: str = "Ray", **fields: Any) -> MISPerson:
    return MISPerson(key=key, mis_id=mis_id, forename=forename, surname=surname, **fields)


def pupils(hub: list[HubPerson], mis: list[MISPerson], decided: Decided | None = None) -> dict[int, Verdict]:
    found = carry_people(hub, mis, who=Who.PUPILS, decided=decided)
    return {one.hub: one for one in found if one.hub is not None}


def test_a_pupil_is_carried_by_the_upn_whatever_the_new_id() -> None:
    upn = valid_upn("801200001001")
    found = pupils([ours(1, number=upn, mis_id="7")], [theirs(11, "P-900", number=upn, birthday=SPRING)])
    assert (found[1].status, found[1].mis) == (Status.MATCHED, 11)


def test_an_id_that_is_somebody_elses_now_misleads_nobody() -> None:
    """The new MIS numbers from 1 again: Kit's old 7 is now Jo's."""
    found = pupils(
        [ours(1, mis_id="7", birthday=SPRING), ours(2, "Jo", "Novák", mis_id="8", birthday=SUMMER)],
        [theirs(11, "7", "Jo", "Novak", birthday=SUMMER), theirs(12, "8", birthday=SPRING)],
    )
    assert {key: (one.status, one.mis) for key, one in found.items()} == {
        1: (Status.MATCHED, 12),
        2: (Status.MATCHED, 11),
    }


def test_whom_the_new_mis_still_has_under_the_former_surname_is_found() -> None:
    """The old MIS knew of the marriage, and the new one was filled before it."""
    lisa = ours(1, "Lisa", "Tilley", former_surname="Ionescu", mis_id="7", email="lisa@oak.example")
    found = carry_people(
        [lisa], [theirs(11, "P-9", "Lisa", "Ionescu", email="lisa@oak.example")], who=Who.EMPLOYEES
    )
    (verdict,) = [one for one in found if one.hub == 1]
    assert (verdict.status, verdict.mis) == (Status.MATCHED, 11)


def test_an_old_id_does_not_join_twins() -> None:
    found = pupils([ours(1, "Kit", mis_id="7", birthday=SPRING)], [theirs(11, "7", "Kim", birthday=SPRING)])
    assert found[1].status is not Status.MATCHED


def test_the_same_id_carries_whoever_has_nothing_but_a_name() -> None:
    """Another provider, the same MIS: staff often have neither birthday nor number."""
    found = carry_people(
        [ours(1, "Ben", "Carter", mis_id="E5")], [theirs(11, "E5", "Ben", "Carter")], who=Who.EMPLOYEES
    )
    assert [(one.status, one.mis) for one in found] == [(Status.MATCHED, 11)]


def test_the_same_id_with_nothing_but_a_name_that_two_have_is_not_enough() -> None:
    found = carry_people(
        [ours(1, "Ben", "Carter", mis_id="E5")],
        [theirs(11, "E5", "Ben", "Carter"), theirs(12, "E6", "Ben", "Carter")],
        who=Who.EMPLOYEES,
    )
    assert [one.status for one in found if one.hub == 1] == [Status.MAY_MATCH]


def test_who_is_not_found_is_lost_and_who_was_never_linked_is_not() -> None:
    found = pupils([ours(1, mis_id="7"), ours(2, "Jo", "Novák")], [])
    assert found[1].status is Status.DESYNCED
    assert found[2].status is Status.NOT_MATCHED


def test_what_a_person_decided_outranks_the_same_id() -> None:
    hub = [ours(1, mis_id="7", birthday=SPRING)]
    mis = [theirs(11, "7", birthday=SPRING)]
    assert pupils(hub, mis)[1].status is Status.MATCHED
    never = Decided(different=frozenset({(1, "7")}))
    assert pupils(hub, mis, never)[1].status is Status.DESYNCED


def test_classes_are_carried_by_who_is_in_them() -> None:
    members = frozenset(range(1, 21))
    found = carry_classes(
        [HubClass(key=1, name="7A", members=members, mis_id="C1")],
        [MISClass(key=11, mis_id="900", name="7A", members=members, size=20)],
    )
    assert [(one.status, one.hub, one.mis) for one in found] == [(Status.MATCHED, 1, 11)]


def test_a_class_id_that_means_other_pupils_now_does_not_count() -> None:
    first, second = frozenset(range(1, 21)), frozenset(range(21, 41))
    found = carry_classes(
        [
            HubClass(key=1, name="7A", members=first, mis_id="1"),
            HubClass(key=2, name="7B", members=second, mis_id="2"),
        ],
        [
            MISClass(key=11, mis_id="2", name="7A", members=first, size=20),
            MISClass(key=12, mis_id="1", name="7B", members=second, size=20),
        ],
    )
    assert {(one.hub, one.mis) for one in found} == {(1, 11), (2, 12)}


def a_record(key: int, mis_id: str | None, *, is_lost: bool = False) -> HubRecord:
    link = Link(mis_id=mis_id, broker_id=f"B{mis_id}", is_lost=is_lost) if mis_id is not None else None
    return HubRecord(key=key, sourced_id=uuid.uuid4(), fields={}, link=link)


def changes(hub: dict[int, HubRecord], mis: dict[int, MISRecord], *found: Verdict, **how: bool) -> Any:
    planned = plan_changes(found, hub, mis, **how)
    return [(change.kind, change.key, change.after.get("mis_id")) for change in planned]


def test_a_move_writes_links_only_and_keeps_a_lost_id_as_a_former_one() -> None:
    hub = {1: a_record(1, "7"), 2: a_record(2, "8"), 3: a_record(3, None)}
    mis = {11: MISRecord(mis_id="8", broker_id="N1"), 12: MISRecord(mis_id="9", broker_id="N2")}
    verdicts = (
        Verdict(status=Status.MATCHED, hub=1, mis=11, reasons=("Same UPN",)),
        Verdict(status=Status.DESYNCED, hub=2),
        Verdict(status=Status.MATCHED, hub=3, mis=12),
    )
    assert changes(hub, mis, *verdicts) == [
        (ChangeKind.RELINK, 1, "8"),
        (ChangeKind.RELINK, 2, f"{FORMER}2:8"),
        (ChangeKind.LOSE, 2, None),
        (ChangeKind.LINK, 3, "9"),
    ]


def test_clearing_ids_is_a_choice_that_takes_only_the_lost_ones_away() -> None:
    hub = {1: a_record(1, "7"), 2: a_record(2, "8")}
    mis = {11: MISRecord(mis_id="8", broker_id="N1")}
    verdicts = (Verdict(status=Status.DESYNCED, hub=1), Verdict(status=Status.MAY_MATCH, hub=2, mis=11))
    assert changes(hub, mis, *verdicts, clear_lost=True) == [
        (ChangeKind.UNLINK, 1, None),
        (ChangeKind.RELINK, 2, f"{FORMER}2:8"),
    ]


def test_a_school_of_strangers_cannot_be_moved_into() -> None:
    lost = [Verdict(status=Status.DESYNCED, hub=key) for key in range(1, 9)]
    (hold,) = holds({"pupils": outcome(lost, set(range(1, 9)))})
    assert not hold.can_confirm
    assert "None of the 8 linked pupils" in hold.message


def test_many_lost_wait_for_a_person() -> None:
    found = [
        *(Verdict(status=Status.MATCHED, hub=key, mis=key) for key in range(1, 31)),
        *(Verdict(status=Status.DESYNCED, hub=key) for key in range(31, 41)),
    ]
    (hold,) = holds({"pupils": outcome(found, set(range(1, 41)))})
    assert hold.can_confirm
    assert "10 of 40 linked pupils" in hold.message
    assert holds({"pupils": outcome(found[:33], set(range(1, 34)))}) == []


# Properties: whatever the two sources hold.

NAMES = ("Kit", "Kim", "Jo", "Elizabeth", "Beth")
UPNS = ("", *(valid_upn(f"80120000100{n}") for n in range(4)))


@st.composite
def two_sources(draw: st.DrawFn) -> tuple[list[HubPerson], list[MISPerson]]:
    """A school before and after; IDs are drawn from few, so that they meet by chance."""
    person: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
        {
            "forename": st.sampled_from(NAMES),
            "surname": st.sampled_from(("Ray", "Ash", "Novák")),
            "birthday": st.sampled_from((None, SPRING, SUMMER)),
            "number": st.sampled_from(UPNS),
            "email": st.sampled_from(("", "ray@home.example")),
        }
    )
    ids = draw(st.permutations([str(n) for n in range(12)]))
    hub = [
        HubPerson(key=key, mis_id=ids[key] if draw(st.booleans()) else None, **draw(person))
        for key in range(1, draw(st.integers(1, 9)))
    ]
    new_ids = draw(st.permutations([str(n) for n in range(12)]))
    mis = [MISPerson(key=100 + n, mis_id=new_ids[n], **draw(person)) for n in range(draw(st.integers(0, 8)))]
    return hub, mis


def links_after(hub: list[HubPerson], mis: list[MISPerson], *, clear: bool) -> dict[int, str]:
    """Every link as the move would leave it."""
    records = {one.key: a_record(one.key, one.mis_id) for one in hub}
    found = {one.key: MISRecord(mis_id=one.mis_id, broker_id=f"N{one.mis_id}") for one in mis}
    verdicts = carry_people(hub, mis, who=Who.PUPILS)
    now = {one.key: one.mis_id for one in hub if one.mis_id is not None}
    for change in plan_changes(verdicts, records, found, clear_lost=clear):
        assert change.kind is not ChangeKind.JOIN
        if change.kind is ChangeKind.UNLINK:
            del now[change.key or 0]
        elif change.kind in (ChangeKind.LINK, ChangeKind.RELINK):
            now[change.key or 0] = str(change.after["mis_id"])
    return now


@given(two_sources(), st.booleans())
def test_a_move_never_makes_two_people_share_a_link(
    sources: tuple[list[HubPerson], list[MISPerson]], clear: bool
) -> None:
    after = links_after(*sources, clear=clear)
    assert len(set(after.values())) == len(after)


@given(two_sources())
def test_no_old_id_stays_with_whom_the_new_mis_does_not_surely_have(
    sources: tuple[list[HubPerson], list[MISPerson]],
) -> None:
    hub, mis = sources
    carried = {one.hub for one in carry_people(hub, mis, who=Who.PUPILS) if one.status is Status.MATCHED}
    for key, mis_id in links_after(hub, mis, clear=False).items():
        assert key in carried or mis_id.startswith(FORMER)


@given(two_sources())
def test_whoever_was_matched_is_never_new(sources: tuple[list[HubPerson], list[MISPerson]]) -> None:
    hub, mis = sources
    verdicts = carry_people(hub, mis, who=Who.PUPILS)
    for side, size in (("hub", len(hub)), ("mis", len(mis))):
        keys = [getattr(one, side) for one in verdicts if getattr(one, side) is not None]
        assert len(keys) == len(set(keys)) == size


@given(two_sources(), st.randoms())
def test_the_order_of_people_does_not_matter(
    sources: tuple[list[HubPerson], list[MISPerson]], chance: Any
) -> None:
    hub, mis = sources
    expected = carry_people(hub, mis, who=Who.PUPILS)
    chance.shuffle(hub)
    chance.shuffle(mis)
    assert carry_people(hub, mis, who=Who.PUPILS) == expected
