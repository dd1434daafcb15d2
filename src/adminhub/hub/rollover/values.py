"""What a rollover is made of: the school as it is, what was chosen, and what will be. Frozen, no Django."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum

LEAVE = "leave"
"""What a year group becomes when its pupils leave the school."""
STAY = "stay"
"""What a year group becomes when it stays as it is."""
Place = tuple[int, str]
"""The pupils of one registration group (by key) who are in one year group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PupilNow:
    """A pupil as the hub has them. `group` is the key of their registration group; None: in none."""

    key: int
    sourced_id: uuid.UUID
    name: str
    year: str = ""
    group: int | None = None
    is_synced: bool = False
    has_access: bool = False
    """To any service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leader:
    """An employee who leads a class now."""

    enrolment: int
    employee: uuid.UUID
    is_main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassNow:
    """A class as the hub has it. `places` maps each of its pupils to their enrolment."""

    key: int
    sourced_id: uuid.UUID
    name: str
    is_registration: bool = True
    years: tuple[str, ...] = ()
    places: Mapping[int, int] = field(default_factory=dict)
    leaders: tuple[Leader, ...] = ()
    is_synced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The school as it is. Whoever is archived, or left with an earlier promotion, is not in it."""

    pupils: Mapping[int, PupilNow]
    classes: Mapping[int, ClassNow]
    moved: Mapping[int, str] = field(default_factory=dict)
    """Pupils who have moved up meanwhile, as was planned, with the year group they were in before."""
    renamed: Set[int] = frozenset()
    """Classes that have their new name already, as was planned."""

    def year_before(self, pupil: PupilNow) -> str:
        """The year group that the pupil is in, or was in until they moved up meanwhile."""
        return self.moved.get(pupil.key, pupil.year)


@dataclass(frozen=True, slots=True, kw_only=True)
class PupilChoice:
    """What a person chose for one pupil, whatever the others of their year group and class do."""

    year: str = ""
    """What becomes of the pupil: a year group, STAY or LEAVE; blank: the same as of their year group."""
    group: str | None = None
    """The name of next year's registration group, blank for none; None: as their year group makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a person chose. What they did not choose is suggested (see `predicting.suggest`)."""

    school_year: int
    """The autumn in which the school year that ends began."""
    years: Mapping[str, str] = field(default_factory=dict)
    """What each year group becomes: a year group, STAY or LEAVE."""
    places: Mapping[Place, str] = field(default_factory=dict)
    """The name of next year's registration group for each group's pupils of each year; blank: none."""
    pupils: Mapping[int, PupilChoice] = field(default_factory=dict)
    """Single pupils who go another way, by key."""
    kept: Set[int] = frozenset()
    """Subject classes that go on; the others are archived. A synced one is always left to the MIS."""
    withdraws: bool = True
    """Leavers lose access to every service."""
    teachers_keep_names: bool = False
    """Teachers stay with the class's name (Ms Carter has 4B again) instead of moving up with the pupils."""
    fills: bool = False
    """Names that nobody has any more get an empty class for the new pupils."""


class Outcome(StrEnum):
    """What becomes of a class."""

    SAME = "same"
    RENAMED = "renamed"
    NEW = "new"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where pupils of next year's class come from."""

    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassNext:
    """A class next year. `key` is the hub class that it is; None for a new one. An archived one keeps its pupils."""

    outcome: Outcome
    name: str
    key: int | None = None
    before: str = ""
    years: tuple[str, ...] = ()
    pupils: Set[int] = frozenset()
    origins: tuple[Origin, ...] = ()
    is_registration: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class YearMove:
    """What becomes of a year group, or of single pupils in it."""

    before: str
    after: str
    count: int
    is_single: bool = False
    """Chosen for single pupils."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reused:
    """A name that other pupils have next year; `now` is what their class is called then, blank if it ends."""

    name: str
    now: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Next year, if everything goes as chosen."""

    years: tuple[YearMove, ...] = ()
    classes: tuple[ClassNext, ...] = ()
    leavers: tuple[int, ...] = ()
    reused: tuple[Reused, ...] = ()
    without_group: tuple[int, ...] = ()
    """Pupils who go on and would be in no registration group."""
    without_year: tuple[int, ...] = ()
    """Pupils in no year group: they stay as they are."""
    moved: tuple[int, ...] = ()
    """Pupils who have moved up meanwhile."""
    singles: tuple[int, ...] = ()
    """Pupils for whom something else was chosen than for the others."""
    synced: int = 0
    """Pupils whose year group or group the MIS decides at the next sync."""

    def of_registration(self) -> list[ClassNext]:
        """Next year's registration groups."""
        return [one for one in self.classes if one.is_registration and one.outcome is not Outcome.ARCHIVED]

    def of(self, outcome: Outcome) -> list[ClassNext]:
        """The classes of which this becomes."""
        return [one for one in self.classes if one.outcome is outcome]
