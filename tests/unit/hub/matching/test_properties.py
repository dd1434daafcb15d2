"""What holds whatever the input."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from adminhub.hub.matching.people import Who, match_people
from adminhub.hub.matching.values import Decided, HubPerson, MISPerson, Status
from tests.unit.hub.matching.cast import (
    BIRTHDAY,
    OTHER_DAY,
    SWAPPED_DAY,
    a_temporary_upn,
    a_upn,
    matched,
    ours,
    theirs,
)

NAMES = st.sampled_from(["Kit", "Kim", "Ella", "Ellie", "Jo", "Mohammed", "Muhammad", "K", ""])
SURNAMES = st.sampled_from(["Ray", "Rae", "Smith", "Smyth", "Novák", "Novak", "Smith-Ray"])
DAYS = st.sampled_from([None, BIRTHDAY, SWAPPED_DAY, OTHER_DAY])
NUMBERS = st.sampled_from(["", a_upn(1), a_upn(2), a_upn(3), a_temporary_upn(1), "nonsense"])
EMAILS = st.sampled_from(["", "a@x.example", "b@x.example"])
ROWS = st.lists(st.tuples(NAMES, SURNAMES, DAYS, NUMBERS, EMAILS), max_size=7)
Row = tuple[str, str, date | None, str, str]


def hub_side(rows: list[Row]) -> list[HubPerson]:
    return [
        HubPerson(key=key, forename=fore, surname=sur, birthday=day, number=number, email=email)
        for key, (fore, sur, day, number, email) in enumerate(rows, start=1)
    ]


def mis_side(rows: list[Row]) -> list[MISPerson]:
    return [
        MISPerson(
            key=key, mis_id=f"m{key}", forename=fore, surname=sur, birthday=day, number=number, email=email
        )
        for key, (fore, sur, day, number, email) in enumerate(rows, start=101)
    ]


@given(ROWS, ROWS)
@settings(max_examples=150, deadline=None)
def test_everybody_gets_exactly_one_verdict(hub: list[Row], mis: list[Row]) -> None:
    found = match_people(hub_side(hub), mis_side(mis), who=Who.PUPILS)
    assert sorted(verdict.hub for verdict in found if verdict.hub is not None) == list(range(1, len(hub) + 1))
    assert sorted(verdict.mis for verdict in found if verdict.mis is not None) == list(
        range(101, 101 + len(mis))
    )
    assert all(verdict.reasons for verdict in found)


@given(ROWS, ROWS, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_the_order_of_the_input_does_not_matter(hub: list[Row], mis: list[Row], rng: random.Random) -> None:
    one, other = hub_side(hub), mis_side(mis)
    before = match_people(one, other, who=Who.PUPILS)
    rng.shuffle(one)
    rng.shuffle(other)
    assert match_people(one, other, who=Who.PUPILS) == before


@given(ROWS, ROWS)
@settings(max_examples=150, deadline=None)
def test_a_match_is_never_made_where_a_second_record_says_the_same(hub: list[Row], mis: list[Row]) -> None:
    for doubled, single in ((hub + hub, mis), (hub, mis + mis)):
        found = match_people(hub_side(doubled), mis_side(single), who=Who.PUPILS)
        assert Status.MATCHED not in {verdict.status for verdict in found}


@given(ROWS, ROWS)
@settings(max_examples=150, deadline=None)
def test_a_match_never_joins_two_first_names_that_differ(hub: list[Row], mis: list[Row]) -> None:
    by_hub = {person.key: person for person in hub_side(hub)}
    by_mis = {person.key: person for person in mis_side(mis)}
    twins = {frozenset(("Kit", "Jo")), frozenset(("Kim", "Jo")), frozenset(("Ella", "Kit"))}
    for verdict in match_people(list(by_hub.values()), list(by_mis.values()), who=Who.PUPILS):
        if verdict.status is Status.MATCHED and verdict.hub and verdict.mis:
            pair = frozenset((by_hub[verdict.hub].forename, by_mis[verdict.mis].forename))
            assert pair not in twins


PEOPLE = st.lists(
    st.fixed_dictionaries(
        {"forename": NAMES, "surname": SURNAMES},
        optional={
            "birthday": DAYS,
            "number": NUMBERS,
            "email": EMAILS,
            "sex": st.sampled_from(["", "F", "M"]),
            "middle_names": st.sampled_from(["", "Rose", "Anne"]),
            "year_group": st.sampled_from(["", "R", "4", "5"]),
            "registration_group": st.sampled_from(["", "4A", "4B", "Oak"]),
            "postcode": st.sampled_from(["", "M1 1AA", "M1 2BB"]),
            "uln": st.sampled_from(["", "1000000003"]),
            "code": st.sampled_from(["", "000123"]),
        },
    ),
    max_size=6,
)
Fields = dict[str, Any]


def as_hub(people: list[Fields]) -> list[HubPerson]:
    return [ours(key, **fields) for key, fields in enumerate(people, start=1)]


def as_mis(people: list[Fields]) -> list[MISPerson]:
    return [theirs(key, **fields) for key, fields in enumerate(people, start=101)]


@given(PEOPLE, PEOPLE, st.sampled_from(Who))
@settings(max_examples=150, deadline=None)
def test_nobody_is_matched_to_two_people(hub: list[Fields], mis: list[Fields], who: Who) -> None:
    found = match_people(as_hub(hub), as_mis(mis), who=who)
    pairs = [(verdict.hub, verdict.mis) for verdict in found if verdict.hub and verdict.mis]
    assert len({one for one, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)


@given(PEOPLE, PEOPLE, st.data())
@settings(max_examples=150, deadline=None)
def test_what_was_decided_is_obeyed(hub: list[Fields], mis: list[Fields], data: st.DataObject) -> None:
    every = [(one.key, other.mis_id) for one in as_hub(hub) for other in as_mis(mis)]
    same = data.draw(st.lists(st.sampled_from(every), max_size=1)) if every else []
    different = set(data.draw(st.lists(st.sampled_from(every), max_size=8)) if every else []) - set(same)
    decided = Decided(same=frozenset(same), different=frozenset(different))
    found = match_people(as_hub(hub), as_mis(mis), who=Who.PUPILS, decided=decided)
    named = {(verdict.hub, f"m{verdict.mis}") for verdict in found if verdict.hub and verdict.mis}
    offered = {(one.hub, f"m{key}") for one in found if one.hub for key in one.candidates}
    offered |= {(key, f"m{one.mis}") for one in found if not one.hub for key in one.candidates}
    assert set(same) <= named
    assert not (named | offered) & different


@given(PEOPLE, PEOPLE)
@settings(max_examples=100, deadline=None)
def test_missing_is_never_a_difference(hub: list[Fields], mis: list[Fields]) -> None:
    bare = [{"forename": fields["forename"], "surname": fields["surname"]} for fields in mis]
    said = {
        reason
        for verdict in match_people(as_hub(hub), as_mis(bare), who=Who.PUPILS)
        for reason in verdict.reasons
    }
    of_names = ("Another first name", "Another surname")
    assert not [reason for reason in said if reason.startswith("Another") and not reason.startswith(of_names)]


TWINS = st.sampled_from(
    [
        ("Ella", "Ellie"),
        ("Daniel", "Danielle"),
        ("Kit", "Kim"),
        ("Jack", "Jake"),
        ("Ali", "Alim"),
        ("Noah", "Nora"),
    ]
)


@given(TWINS, st.booleans(), PEOPLE, st.integers(0, 60))
@settings(max_examples=150, deadline=None)
def test_a_slip_never_makes_one_twin_the_other(
    twins: tuple[str, str], only_one_each: bool, others: list[Fields], at: int
) -> None:
    """In the hub one twin, typed with a slip; in the MIS the other, or both. No UPN: that is another case."""
    family = {"surname": "Okonkwo", "birthday": BIRTHDAY, "postcode": "M1 1AA", "registration_group": "4A"}
    name, letter = twins[0], "abcdefghijklmnopqrstuvwxyz"[at % 26]
    place = at % len(name)
    slip = (name[:place] + letter + name[place + 1 :]).title()
    hub = [ours(50, forename=slip, **family), *as_hub(others)]
    mis = [theirs(150, forename=twins[1], **family), *as_mis(others)]
    if not only_one_each:
        mis.append(theirs(151, forename=twins[0], **family))
    if slip != twins[1]:
        assert (50, 150) not in matched(match_people(hub, mis, who=Who.PUPILS))


@given(PEOPLE, PEOPLE)
@settings(max_examples=100, deadline=None)
def test_a_person_linked_now_is_synced_by_the_next_run(hub: list[Fields], mis: list[Fields]) -> None:
    one, other = as_hub(hub), as_mis(mis)
    first = {
        verdict.hub: verdict.mis
        for verdict in match_people(one, other, who=Who.PUPILS)
        if verdict.status is Status.MATCHED
    }
    linked = [
        replace(person, mis_id=f"m{first[person.key]}") if person.key in first else person for person in one
    ]
    later = match_people(linked, other, who=Who.PUPILS)
    assert {verdict.hub: verdict.mis for verdict in later if verdict.status is Status.SYNCED} == first
