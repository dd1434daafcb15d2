"""What matching reads and what it says: people and classes of both sides, and a verdict for each. Frozen."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import msgspec


class Who(StrEnum):
    """Whom is compared: it decides what a number is. Pupils are never compared with employees."""

    PUPILS = "pupils"
    EMPLOYEES = "employees"


ONLY_THE_NAME = "Nothing but the name agrees"
"""The reason of a pair that a person must not take for likely."""


class LostWhy(StrEnum):
    """Why a linked person is not in what the MIS sends."""

    LEFT_MIS = "left_mis"
    OUT_OF_SCOPE = "out_of_scope"
    ID_CHANGED = "id_changed"
    NOT_SHARED = "not_shared"


class Status(StrEnum):
    """What is known of a hub record, an MIS record, or a pair of them."""

    SYNCED = "synced"
    """Linked earlier, and the MIS still has it."""
    MATCHED = "matched"
    """Safe: one clear candidate."""
    MAY_MATCH = "may_match"
    """A person must decide; nothing is written until then."""
    NEW = "new"
    """Only in the MIS."""
    NOT_MATCHED = "not_matched"
    """Only in the hub."""
    DESYNCED = "desynced"
    """Linked earlier, and no longer in what the MIS sends; LostWhy says why."""
    IGNORED = "ignored"
    """A person said that this MIS record is not to be asked about again."""


class _Person(msgspec.Struct, frozen=True, kw_only=True):
    """What either side may know of a person. Blank or None: nobody told us, which is never a disagreement."""

    key: int
    title: str = ""
    forename: str = ""
    surname: str = ""
    legal_forename: str = ""
    legal_surname: str = ""
    former_forename: str = ""
    former_surname: str = ""
    middle_names: str = ""
    birthday: date | None = None
    sex: str = ""
    """F, M or blank."""
    number: str = ""
    """A pupil's UPN, an employee's teacher number."""
    uln: str = ""
    code: str = ""
    """A pupil's admission number, an employee's staff code. An MIS may give it to the next person."""
    email: str = ""
    year_group: str = ""
    registration_group: str = ""
    """The group's name."""
    postcode: str = ""


class HubPerson(_Person, frozen=True, kw_only=True):
    """A person the hub knows."""

    mis_id: str | None = None
    """The MIS record this person is linked to; None: to none."""
    since: date | None = None
    """The day the hub account was made."""
    lost_why: LostWhy = LostWhy.LEFT_MIS
    """What the caller knows about why the MIS may not send this person (out of scope, not shared)."""


class MISPerson(_Person, frozen=True, kw_only=True):
    """A person as the MIS has them. Blank or None: empty there, or not permitted."""

    mis_id: str
    former_number: str = ""
    started: date | None = None
    """The day the person came to the school."""
    is_current: bool = True
    """False for a leaver in the MIS: never New, but whoever in the hub is that leaver is nobody else."""
    is_expected: bool = False
    """Of who is not current: they have not left but start later."""


def as_mis_person(person: HubPerson, *, like: MISPerson) -> MISPerson:
    """An MIS record that says what the hub says of the person; what the hub does not keep, it says like this one."""
    return msgspec.structs.replace(
        like, **{name: getattr(person, name) for name in _Person.__struct_fields__}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HubClass:
    """A registration group or subject class the hub knows, with the keys of its pupils.

    `undecided` counts those of them who May match: they might yet turn out to be in a class of the MIS.
    """

    key: int
    name: str
    subject: str = ""
    members: frozenset[int] = frozenset()
    undecided: int = 0
    mis_id: str | None = None
    """The MIS record this class is linked to; None: to none."""
    is_lost: bool = False
    """Linked, but marked as no longer in the MIS."""
    is_archived: bool = False
    """Put away by the school: it may keep its link, and is found by nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MISClass:
    """A registration group or subject class as the MIS has it.

    `members` are the hub keys of those of its pupils that are surely known; `size` counts all its pupils, and
    `undecided` those who May match.
    """

    key: int
    mis_id: str
    name: str
    subject: str = ""
    members: frozenset[int] = frozenset()
    size: int = 0
    undecided: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What people have decided, as (hub key, mis_id). It outranks every rule and is never overruled.

    `ignored` holds the mis_id of records that nobody is to be asked about: they are left out before matching.
    """

    same: Set[tuple[int, str]] = field(default_factory=frozenset)
    different: Set[tuple[int, str]] = field(default_factory=frozenset)
    ignored: Set[str] = field(default_factory=frozenset)
    earlier: Set[tuple[int, str]] = field(default_factory=frozenset)
    """Those of `same` that were decided long ago: where the pupils of a class are others now, it is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One row of the review. At least one of `hub` and `mis` is given; each key stands in one verdict only.

    `candidates` are the keys of other records of the missing or the other side that look alike, best first: of
    the MIS's where `hub` is given, of the hub's where it is not; `scores` are theirs. `score` is how likely the
    pair is, 0 to 1; it orders what a person looks at, and no threshold of it makes a match by itself.
    """

    status: Status
    hub: int | None = None
    mis: int | None = None
    reasons: tuple[str, ...] = ()
    candidates: tuple[int, ...] = ()
    score: float = 0.0
    scores: tuple[float, ...] = ()
    why: LostWhy | None = None
    """Why, where the status is Desynced, or where a linked person's MIS id has changed."""
