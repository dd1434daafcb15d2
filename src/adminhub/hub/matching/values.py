"""What matching reads and what it says: people and classes of both sides, and a verdict for each. Frozen."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


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
    """Linked earlier, and no longer in what the MIS sends."""
    IGNORED = "ignored"
    """A person said that this MIS record is not to be asked about again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPerson:
    """A person the hub knows. Blank or None: nobody told us, which is never a disagreement."""

    key: int
    forename: str = ""
    surname: str = ""
    legal_forename: str = ""
    legal_surname: str = ""
    birthday: date | None = None
    number: str = ""
    """A pupil's UPN, an employee's teacher number."""
    email: str = ""
    mis_id: str | None = None
    """The MIS record this person is linked to; None: to none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MISPerson:
    """A person as the MIS has them. Blank or None: empty there, or not permitted."""

    key: int
    mis_id: str
    forename: str = ""
    surname: str = ""
    legal_forename: str = ""
    legal_surname: str = ""
    birthday: date | None = None
    number: str = ""
    former_number: str = ""
    email: str = ""


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

    `candidates` are the keys of other records of the missing or the other side that look alike: of the MIS's
    where `hub` is given, of the hub's where it is not.
    """

    status: Status
    hub: int | None = None
    mis: int | None = None
    reasons: tuple[str, ...] = ()
    candidates: tuple[int, ...] = ()
