"""People whom an export knows by a national number get ids of ours, and keep them."""

from dataclasses import replace
from itertools import count

from adminhub.broker.sources.own_ids import KnownIds, with_own_ids
from adminhub.mis import Pupil, Roster
from tests.unit.broker.cast import a_pupil, a_roster, a_upn

NOBODY = KnownIds(pupils={}, employees={})


def by_upn(roster: Roster) -> Roster:
    """The roster as a Common Transfer File would hold its pupils."""
    upns = {pupil.mis_id: pupil.upn or "" for pupil in roster.pupils}
    return replace(
        roster,
        pupils=tuple(replace(pupil, mis_id=upns[pupil.mis_id]) for pupil in roster.pupils),
        classes=tuple(
            replace(group, pupils=tuple(upns[pupil] for pupil in group.pupils)) for group in roster.classes
        ),
        personal_ids=frozenset({"pupils"}),
    )


def a_ctf(*pupils: Pupil) -> Roster:
    return Roster(format="ctf", as_at=a_roster().as_at, pupils=pupils, personal_ids=frozenset({"pupils"}))


def own(roster: Roster, known: KnownIds) -> Roster:
    numbers = count()
    return with_own_ids(roster, known, draw=lambda: f"new{next(numbers)}")


def test_everybody_gets_one_id_and_stays_in_their_classes() -> None:
    roster = by_upn(a_roster(pupils=10))
    given = own(roster, NOBODY)
    ids = {pupil.upn: pupil.mis_id for pupil in given.pupils}

    assert len(set(ids.values())) == 10
    assert [group.pupils for group in given.classes] == [
        tuple(ids[upn] for upn in group.pupils) for group in roster.classes
    ]
    assert not given.personal_ids


def test_a_known_person_keeps_their_id() -> None:
    known = KnownIds(pupils={a_upn(0): "p0"}, employees={})

    assert own(by_upn(a_roster(pupils=2)), known).pupils[0].mis_id == "p0"


def test_a_pupil_whose_temporary_upn_became_permanent_keeps_their_id() -> None:
    known = KnownIds(pupils={"temporary": "p0"}, employees={})
    pupil = a_pupil(0, mis_id=a_upn(0), former_upn="temporary")

    given = own(
        a_ctf(pupil),
        known,
    )

    assert given.pupils[0].mis_id == "p0"


def test_a_former_upn_takes_no_id_from_the_one_who_has_that_upn_now() -> None:
    known = KnownIds(pupils={a_upn(1): "p1"}, employees={})
    pupils = (a_pupil(0, mis_id=a_upn(0), former_upn=a_upn(1)), a_pupil(1, mis_id=a_upn(1)))

    given = own(a_ctf(*pupils), known)

    assert [pupil.mis_id for pupil in given.pupils] == ["new0", "p1"]


def test_an_export_with_ids_of_the_mis_is_left_as_it_is() -> None:
    roster = a_roster()

    assert own(roster, NOBODY) == roster
