"""What making one person of two would change, field by field and row by row. Pure: it is looked at before it is done.

One record stays, the other is put away and says into whom it was merged; nothing is deleted that the journal
does not keep whole. What hangs on the other goes to the one that stays, unless that one has it already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Literal

from adminhub.hub.planning.values import Change, ChangeKind, HubRecord, Value

FIELDS = (
    "title",
    "forename",
    "surname",
    "legal_forename",
    "legal_surname",
    "former_surname",
    "middle_names",
    "birthday",
    "sex",
    "upn",
    "uln",
    "admission_number",
    "year_group",
    "email",
    "staff_code",
    "teacher_number",
    "job",
    "is_teaching",
)
"""The fields one may choose between, in the order of the screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """One field of both records. `is_locked`: the record that stays has it from the MIS, which would say it again."""

    name: str
    kept: Value
    other: Value
    is_locked: bool = False

    @property
    def is_same(self) -> bool:
        return self.kept == self.other

    @property
    def has_choice(self) -> bool:
        return not self.is_same and is_filled(self.other) and not self.is_locked

    @property
    def takes_other(self) -> bool:
        """What is proposed: a value that only the other record has goes to the one that stays."""
        return self.has_choice and not is_filled(self.kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An enrolment of one of the two."""

    row: int
    school_class: str
    name: str
    is_registration: bool
    is_main_teacher: bool = False
    is_over: bool = False
    origin: str = "mis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two records with what hangs on it. `groups` maps a group's key to the membership's row."""

    record: HubRecord
    owner: Literal["pupil_id", "employee_id"]
    link_row: int | None = None
    places: Sequence[Place] = ()
    services: Set[str] = frozenset()
    groups: Sequence[tuple[int, int]] = ()

    @property
    def is_in_mis(self) -> bool:
        return self.record.link is not None and not self.record.link.is_lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why these two cannot be merged now, and the way out."""

    message: str


def is_filled(value: Value) -> bool:
    return value is not None and value != "" and value != []


def field_lines(stays: Side, other: Side, *, owned_by_mis: Set[str]) -> list[FieldLine]:
    """Both records beside each other, for every field either of them fills."""
    ours, theirs = stays.record.fields, dict(other.record.fields)
    for name in ("forename", "surname"):  # a legal name is kept only where it differs from the one in use
        if theirs.get(f"legal_{name}") in (ours.get(name), theirs.get(name)):
            theirs[f"legal_{name}"] = ""
    return [
        FieldLine(
            name=name,
            kept=ours.get(name),
            other=theirs.get(name),
            is_locked=stays.is_in_mis and name in owned_by_mis and is_filled(ours.get(name)),
        )
        for name in FIELDS
        if name in ours and (is_filled(ours.get(name)) or is_filled(theirs.get(name)))
    ]


def which_stays(one: Side, other: Side) -> tuple[Side, Side]:
    """Whom to propose as the one that stays: who is in the MIS, has more access, is in more classes, came first."""

    def weight(side: Side) -> tuple[bool, bool, int, int, int]:
        present = sum(not place.is_over for place in side.places)
        linked = side.record.link is not None
        return side.is_in_mis, linked, len(side.services), present, -side.record.key

    stays, goes = sorted((one, other), key=weight, reverse=True)
    return stays, goes


def plan_merge(
    stays: Side, goes: Side, *, taken: Set[str] = frozenset(), owned_by_mis: Set[str] = frozenset()
) -> list[Change] | Refusal:
    """The changes that make one of the two. `taken` are the fields whose value the other record has right."""
    if stays.record.key == goes.record.key or stays.owner != goes.owner:
        return Refusal(message="Nothing was merged: choose two different people.")
    if stays.is_in_mis and goes.is_in_mis:
        return Refusal(
            message=(
                "Nothing was merged: your MIS has a record for each of them, so the next sync would bring the "
                "second back. Join the two in your MIS first, then sync; or say that they are two people."
            )
        )
    lines = field_lines(stays, goes, owned_by_mis=owned_by_mis)
    return [
        *_update(stays, [line for line in lines if line.has_choice and line.name in taken]),
        *_link(stays, goes),
        *_places(stays, goes),
        *_services(stays, goes),
        *_groups(stays, goes),
        Change(
            kind=ChangeKind.MERGE,
            sourced_id=goes.record.sourced_id,
            key=goes.record.key,
            after={"merged_into": str(stays.record.sourced_id)},
            reason="The same person as the record that stays",
        ),
    ]


def _update(stays: Side, lines: Sequence[FieldLine]) -> Iterator[Change]:
    if lines:
        yield Change(
            kind=ChangeKind.UPDATE,
            sourced_id=stays.record.sourced_id,
            key=stays.record.key,
            before={line.name: line.kept for line in lines},
            after={line.name: line.other for line in lines},
            reason="Taken from the other record",
        )


def _link(stays: Side, goes: Side) -> Iterator[Change]:
    """The link that the MIS still knows stays; of two that it does not, the one of the record that stays."""
    if goes.link_row is None or goes.record.link is None:
        return
    has_better = stays.link_row is not None and not goes.is_in_mis
    if has_better:
        yield _remove(goes, "mis_link", goes.link_row, "The record that stays has a link of its own")
        return
    if stays.link_row is not None:
        yield _remove(stays, "mis_link", stays.link_row, "Lost, and the other record is in the MIS")
    yield _set_owner(stays, goes, "mis_link", goes.link_row, "The MIS knows this person by this record")


def _places(stays: Side, goes: Side) -> Iterator[Change]:
    present = {place.school_class for place in stays.places if not place.is_over}
    known = {place.school_class for place in stays.places}
    registered = any(place.is_registration and not place.is_over for place in stays.places)
    for place in goes.places:
        if place.is_over and place.school_class in known:
            continue  # both were in it: one place says so
        if place.is_over:
            yield _set_owner(stays, goes, "enrolment", place.row, f"Was in {place.name}")
            continue
        yield Change(
            kind=ChangeKind.LEAVE_CLASS,
            sourced_id=goes.record.sourced_id,
            key=goes.record.key,
            row=place.row,
            reason=f"In {place.name}: the record that stays is in it from now on"
            if place.school_class not in present and not (place.is_registration and registered)
            else f"In {place.name}: the record that stays is in it already"
            if place.school_class in present
            else f"In {place.name}: the record that stays has another registration group",
        )
        if place.school_class in present or (place.is_registration and registered):
            continue
        present.add(place.school_class)
        yield Change(
            kind=ChangeKind.ENROL,
            sourced_id=stays.record.sourced_id,
            key=stays.record.key,
            after={
                "school_class": place.school_class,
                "is_main_teacher": place.is_main_teacher,
                "origin": place.origin,
            },
            reason=f"The other record was in {place.name}",
        )


def _services(stays: Side, goes: Side) -> Iterator[Change]:
    for service in sorted(goes.services - stays.services):
        yield Change(
            kind=ChangeKind.GRANT,
            sourced_id=stays.record.sourced_id,
            key=stays.record.key,
            after={"service": service},
            reason="The other record had access",
        )
    for service in sorted(goes.services):
        yield Change(
            kind=ChangeKind.WITHDRAW,
            sourced_id=goes.record.sourced_id,
            key=goes.record.key,
            before={"service": service},
            reason="The record that stays has access",
        )


def _groups(stays: Side, goes: Side) -> Iterator[Change]:
    has = {group for group, _ in stays.groups}
    for group, row in goes.groups:
        if group in has:
            yield _remove(goes, "roster_group_membership", row, "The record that stays is in this group")
        else:
            yield _set_owner(
                stays, goes, "roster_group_membership", row, "The other record was in this group"
            )


def _set_owner(stays: Side, goes: Side, table: str, row: int, reason: str) -> Change:
    return Change(
        kind=ChangeKind.SET_ROW,
        sourced_id=stays.record.sourced_id,
        key=stays.record.key,
        table=table,
        row=row,
        before={goes.owner: goes.record.key},
        after={goes.owner: stays.record.key},
        reason=reason,
    )


def _remove(side: Side, table: str, row: int, reason: str) -> Change:
    return Change(
        kind=ChangeKind.REMOVE_ROW,
        sourced_id=side.record.sourced_id,
        key=side.record.key,
        table=table,
        row=row,
        reason=reason,
    )
