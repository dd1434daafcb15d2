"""Whom a change of MIS carries, who needs a person, and who would be lost. Pure.

The rules, in the order they apply:
1. What a person decided stands.
2. An MIS ID that is the same in both sources proves nothing by itself, for the new MIS may have given it to
   somebody else. It counts where the person agrees as well: the same or nearly the same name with the same number,
   birthday or e-mail; or the same name, if nobody else has it on either side and nothing speaks against it.
3. Everybody else is matched as if they had never been linked (`matching.people`, `matching.classes`).
4. Whoever was linked and is not found is lost: they stay in the hub, with the MIS ID they had kept as a former one,
   so that nobody of the new MIS is ever taken for them; or without it, where the school chose to clear it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from adminhub.hub.matching.classes import class_key, match_classes
from adminhub.hub.matching.names import Likeness, best, fold
from adminhub.hub.matching.people import Who, match_people
from adminhub.hub.matching.values import Decided, HubClass, HubPerson, MISClass, MISPerson, Status, Verdict
from adminhub.hub.planning.diff import LEFT_MIS
from adminhub.hub.planning.values import Change, ChangeKind, Hold, HubRecord, MISRecord
from adminhub.mis.identifiers import is_temporary_upn, is_valid_upn

FORMER = "former:"
"""How a link begins that belongs to a former MIS: no record of any MIS has such an ID."""
LOST_UNASKED = 0.10
A_FEW = 5
PAIRED = (Status.MATCHED, Status.SYNCED)
IN_COMMON = 0.5


def carry_people(
    hub: Iterable[HubPerson], mis: Iterable[MISPerson], *, who: Who, decided: Decided | None = None
) -> list[Verdict]:
    """A verdict for everybody of both sides: Matched is carried, May match needs a person, Desynced is lost.

    The order of the people does not matter.
    """
    ours, theirs = {one.key: one for one in hub}, {one.key: one for one in mis}
    kept = {one for one, _ in _kept_ids(ours, theirs, who)}
    # Those whose ID still means them stay linked for matching: it learns from them, and they rival the others.
    asked = [one if key in kept else structs.replace(one, mis_id=None) for key, one in ours.items()]
    found = match_people(asked, theirs.values(), who=who, decided=decided)
    return _in_order(found, linked={key for key, one in ours.items() if one.mis_id is not None})


def carry_classes(
    hub: Iterable[HubClass],
    mis: Iterable[MISClass],
    *,
    decided: Decided | None = None,
    of_subjects: bool = False,
) -> list[Verdict]:
    """A verdict for every class of both sides, of one kind, by who is in it first and its name second.

    `members` of the MIS's classes are the hub keys of the pupils who are carried; `of_subjects` says that they
    are subject classes.
    """
    ours, theirs = {one.key: one for one in hub}, {one.key: one for one in mis}
    by_id = {one.mis_id: one for one in theirs.values()}

    def keeps_its_id(one: HubClass) -> bool:
        other = by_id.get(one.mis_id) if one.mis_id is not None else None
        return other is not None and _is_same_class(one, other)

    asked = [one if keeps_its_id(one) else _of_the_former_mis(one) for one in ours.values()]
    found = match_classes(asked, theirs.values(), decided=decided, of_subjects=of_subjects)
    return _in_order(found, linked={key for key, one in ours.items() if one.mis_id is not None})


def _of_the_former_mis(one: HubClass) -> HubClass:
    return one if one.mis_id is None else replace(one, mis_id=f"{FORMER}{one.key}:{one.mis_id}")


def _is_same_class(one: HubClass, other: MISClass) -> bool:
    same_name = class_key(one.name) == class_key(other.name)
    if not one.members or not other.size:
        return same_name
    shared = len(one.members & other.members)
    return shared >= IN_COMMON * min(len(one.members), other.size) and (same_name or shared > 1)


def _in_order(verdicts: Iterable[Verdict], *, linked: set[int]) -> list[Verdict]:
    told = (_of_a_move(verdict, linked) for verdict in verdicts)
    return sorted(told, key=lambda one: (one.hub is None, one.hub or 0, one.mis or 0))


def _of_a_move(verdict: Verdict, linked: set[int]) -> Verdict:
    """The verdict in a move's words."""
    if verdict.status in (Status.NOT_MATCHED, Status.DESYNCED) and verdict.hub in linked:
        return replace(verdict, status=Status.DESYNCED, reasons=("Not found in the new MIS",))
    if verdict.status is Status.SYNCED:
        return replace(verdict, status=Status.MATCHED, reasons=("The same MIS ID", *verdict.reasons[1:]))
    return verdict


def _kept_ids(
    ours: Mapping[int, HubPerson], theirs: Mapping[int, MISPerson], who: Who
) -> Iterator[tuple[int, int]]:
    """Rule 2: the linked people whose MIS ID the new source gives to the same person."""
    by_id = {one.mis_id: one for one in theirs.values()}
    hub_names, mis_names = (
        Counter(name for one in side for name in _names(one)) for side in (ours.values(), theirs.values())
    )
    for key, one in sorted(ours.items()):
        other = by_id.get(one.mis_id) if one.mis_id is not None else None
        if other is None:
            continue
        common = _names(one) & _names(other)
        is_alone = bool(common) and all(hub_names[name] == mis_names[name] == 1 for name in common)
        if _is_same_person(one, other, who, is_alone=is_alone):
            yield key, other.key


def _names(person: HubPerson | MISPerson) -> set[tuple[str, str]]:
    return {
        (surname, forename)
        for surname in _surnames(person)
        for forename in _folded(person.forename, person.legal_forename)
    }


def _surnames(person: HubPerson | MISPerson) -> tuple[str, ...]:
    return _folded(person.surname, person.legal_surname, person.former_surname)


def _folded(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded for name in names if (folded := fold(name))))


def _is_same_person(one: HubPerson, other: MISPerson, who: Who, *, is_alone: bool) -> bool:
    ours = _proofs([one.number], who)
    theirs = _proofs([other.number, other.former_number], who)
    same_number, other_number = bool(ours & theirs), bool(ours and theirs) and not ours & theirs
    birthdays = (one.birthday, other.birthday)
    same_birthday = None not in birthdays and birthdays[0] == birthdays[1]
    if other_number or (None not in birthdays and not same_birthday and not same_number):
        return False
    forename = best(_folded(one.forename, one.legal_forename), _folded(other.forename, other.legal_forename))
    surname = best(_surnames(one), _surnames(other))
    same_email = bool(one.email.strip()) and one.email.strip().lower() == other.email.strip().lower()
    if same_number:
        return forename == Likeness.SAME or (forename >= Likeness.ALIKE and surname >= Likeness.ALIKE)
    if forename == Likeness.SAME and (same_birthday or same_email):
        return surname >= Likeness.ALIKE or (same_birthday and same_email)
    return is_alone


def _proofs(numbers: Iterable[str], who: Who) -> set[str]:
    """The numbers that only one person has."""
    tidy = {number.strip().upper() for number in numbers if number.strip()}
    if who is Who.EMPLOYEES:
        return tidy
    return {number for number in tidy if is_valid_upn(number) and not is_temporary_upn(number)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a move does to one kind, in numbers."""

    linked: int
    """Hub records with an MIS link, whether lost already or not."""
    carried: int
    """Of those, how many the new MIS surely has."""
    needs_person: int
    """Lines on which a person must decide; they are left as they are, with their old ID as a former one."""
    lost: int
    """Linked, and not found in the new MIS."""
    linked_anew: int
    """Never linked, and found in the new MIS now."""
    new: int
    """Only in the new MIS. The move adds nobody: the sync after it does."""


def outcome(verdicts: Sequence[Verdict], linked: set[int]) -> Outcome:
    """Count what a move would do. `linked` are the keys of the hub records that have a link."""

    def count(*statuses: Status, was_linked: bool | None = None) -> int:
        return sum(
            one.status in statuses and (was_linked is None or (one.hub in linked) == was_linked)
            for one in verdicts
        )

    return Outcome(
        linked=len(linked),
        carried=count(*PAIRED, was_linked=True),
        needs_person=count(Status.MAY_MATCH),
        lost=count(Status.DESYNCED),
        linked_anew=count(*PAIRED, was_linked=False),
        new=count(Status.NEW),
    )


def plan_changes(
    verdicts: Iterable[Verdict],
    hub: Mapping[int, HubRecord],
    mis: Mapping[int, MISRecord],
    *,
    clear_lost: bool = False,
) -> list[Change]:
    """What the move writes: links, and nothing else. Nobody is added, renamed or moved between classes.

    Every link that is not carried is taken out of the new MIS's way: kept as a former one or, with `clear_lost`
    and nobody to ask, taken away.
    """
    changes: list[Change] = []
    told = set()
    for verdict in verdicts:
        ours = hub.get(verdict.hub) if verdict.hub is not None else None
        if ours is None:
            continue
        told.add(ours.key)
        theirs = mis.get(verdict.mis) if verdict.mis is not None else None
        if verdict.status in PAIRED and theirs is not None:
            changes += _carry(ours, theirs, ", ".join(verdict.reasons)[:200])
        else:
            changes += _retire(ours, verdict.status, clear_lost=clear_lost)
    return changes + [
        change for key, record in hub.items() if key not in told for change in _retire(record, None)
    ]


def _carry(ours: HubRecord, theirs: MISRecord, reason: str) -> Iterator[Change]:
    after = {"mis_id": theirs.mis_id, "broker_id": theirs.broker_id, "upi": theirs.upi}
    link = ours.link
    if link is None:
        yield Change(
            kind=ChangeKind.LINK, sourced_id=ours.sourced_id, key=ours.key, after=after, reason=reason
        )
        return
    if (link.mis_id, link.broker_id) != (theirs.mis_id, theirs.broker_id):
        yield Change(
            kind=ChangeKind.RELINK,
            sourced_id=ours.sourced_id,
            key=ours.key,
            before=_before(ours),
            after=after,
            reason=reason,
        )
    if link.is_lost:
        yield Change(
            kind=ChangeKind.RETURN, sourced_id=ours.sourced_id, key=ours.key, reason="In the new MIS"
        )


def _retire(ours: HubRecord, status: Status | None, *, clear_lost: bool = False) -> Iterator[Change]:
    link = ours.link
    if link is None:
        return
    if clear_lost and status is Status.DESYNCED:
        yield Change(
            kind=ChangeKind.UNLINK,
            sourced_id=ours.sourced_id,
            key=ours.key,
            before=_before(ours),
            reason="Not in the new MIS; MIS IDs are cleared",
        )
        return
    if not link.mis_id.startswith(FORMER):
        yield Change(
            kind=ChangeKind.RELINK,
            sourced_id=ours.sourced_id,
            key=ours.key,
            before=_before(ours),
            after={"mis_id": f"{FORMER}{ours.key}:{link.mis_id}"[:100], "broker_id": "", "upi": ""},
            reason="The MIS ID belongs to the former MIS",
        )
    if status is Status.DESYNCED and not link.is_lost:
        yield Change(
            kind=ChangeKind.LOSE,
            sourced_id=ours.sourced_id,
            key=ours.key,
            after={"lost_why": LEFT_MIS},
            reason="Not found in the new MIS",
        )


def _before(record: HubRecord) -> dict[str, str | bool | list[str] | None]:
    link = record.link
    return {"mis_id": link.mis_id, "broker_id": link.broker_id} if link else {}


def holds(found: Mapping[str, Outcome]) -> list[Hold]:
    """What a person must confirm before the move, by the plural noun of each kind. Pure, like `planning.guards`."""
    return list(_holds(found))


def _holds(found: Mapping[str, Outcome]) -> Iterator[Hold]:
    for noun, one in found.items():
        if one.linked and not one.carried and not one.needs_person:
            yield Hold(
                code=f"strangers_{noun[:8]}",
                message=(
                    f"None of the {one.linked} linked {noun} was found in the new MIS. Nothing has changed. "
                    "Check that this is your school's data and that it is shared whole."
                ),
                can_confirm=False,
            )
        elif one.lost > max(A_FEW, LOST_UNASKED * one.linked):
            yield Hold(
                code=f"lost_{noun[:8]}",
                message=(
                    f"{one.lost} of {one.linked} linked {noun} were not found in the new MIS. Nothing has "
                    "changed. Look at them, then confirm: they stay in Admin Hub with their results, marked "
                    "Desynced."
                ),
            )
