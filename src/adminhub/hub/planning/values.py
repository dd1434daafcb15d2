"""What a plan is made of: two sides of a record, and each change with its reason. Frozen, no Django."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = str | int | bool | list[str] | None
"""A field as JSON holds it: dates in ISO form. None: not known, or not permitted."""
Fields = Mapping[str, Value]


class ChangeKind(StrEnum):
    """Everything a plan can do. A sync deletes nothing: the kinds that touch whole rows are for undoing and merging."""

    JOIN = "join"
    """A person or class of the MIS is added to the hub."""
    LINK = "link"
    """A hub record is linked to its MIS record."""
    RELINK = "relink"
    """A linked record's keys in the MIS or at the broker have changed."""
    UNLINK = "unlink"
    """A person said that a linked pair is not the same. Both records stay."""
    UPDATE = "update"
    """Fields the MIS owns are overwritten."""
    LOSE = "lose"
    """A linked record is no longer in the MIS. It stays, marked Desynced."""
    RETURN = "return"
    """A record marked Desynced is in the MIS again."""
    ENROL = "enrol"
    """A pupil joins a class, or an employee leads it."""
    LEAVE_CLASS = "leave_class"
    """A pupil leaves a class, or an employee no longer leads it. The enrolment stays, with its end."""
    GRANT = "grant"
    """A person may be seen in, or may use, a service: `after["service"]`."""
    WITHDRAW = "withdraw"
    """A person may no longer: `before["service"]`, or every service when it is blank."""
    ARCHIVE = "archive"
    """A person or class is put away: in no list and no service, with everything that belongs to it."""
    UNARCHIVE = "unarchive"
    """An archived person or class is back."""
    MERGE = "merge"
    """A person turned out to be another, `after["merged_into"]` (a sourced id): archived, and says into whom."""
    SET_ROW = "set_row"
    """The row `row` of `table` gets the values of `after`."""
    REMOVE_ROW = "remove_row"
    """The row `row` of `table` goes; the journal keeps it whole."""
    ADD_ROW = "add_row"
    """The whole row `after`, its id included, comes (back) into `table`."""
    ERASE = "erase"
    """Somebody who left, and everything that says something about them, goes for good. It cannot be undone."""
    KEEP = "keep"
    """The MIS says something else than `before`, and it is not written: the reason says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Which MIS record a hub record is."""

    mis_id: str
    broker_id: str = ""
    is_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRecord:
    """A person or class of the hub."""

    key: int
    sourced_id: uuid.UUID
    fields: Fields
    link: Link | None = None
    is_archived: bool = False
    kept: frozenset[str] = frozenset()
    """Fields of which the school keeps its own value, whatever the MIS says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MISRecord:
    """A person or class as the MIS has it. In `fields` None was not permitted, and blank is empty there."""

    mis_id: str
    broker_id: str
    upi: str = ""
    fields: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What the review settled: these two are the same, or (no `hub`) this one is to be added."""

    mis: MISRecord
    hub: HubRecord | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Somebody is in a class now."""

    enrolment: int
    person: uuid.UUID
    school_class: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that will be written. `before` and `after` hold only what changes; a join's `after` is whole."""

    kind: ChangeKind
    sourced_id: uuid.UUID
    key: int | None = None
    """The hub record's key; None until a join has made it."""
    row: int | None = None
    """The row that is meant: for LEAVE_CLASS the enrolment, for the kinds of whole rows one of `table`."""
    table: str = ""
    is_skipped: bool = False
    """It is shown, with its reason, and not written."""
    before: Fields = field(default_factory=dict)
    after: Fields = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why a plan waits for a person, and the way out. One that cannot be confirmed stops the panel."""

    code: str
    message: str
    can_confirm: bool = True
    confirm: str = "Yes, I have looked at this"
    """What a person ticks to let it be."""
