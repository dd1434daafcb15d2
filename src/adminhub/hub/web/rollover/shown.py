"""A rollover as the screens show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from adminhub.hub.core.names import name_order
from adminhub.hub.rollover.models import Rollover, State
from adminhub.hub.rollover.predicting import could_be, group_after, suggest, year_after
from adminhub.hub.rollover.queries import Rehearsal
from adminhub.hub.rollover.rehearsing import ORDER
from adminhub.hub.rollover.values import (
    LEAVE,
    STAY,
    Choices,
    ClassNext,
    Now,
    Origin,
    Outcome,
    Prediction,
    PupilChoice,
    PupilNow,
)
from adminhub.hub.roster.years import (
    YEARS,
    is_leavers,
    leavers_of,
    school_year_name,
    school_year_of,
    year_name,
    year_order,
)

STEPS = (("year_groups", "Year groups"), ("classes", "Classes"), ("preview", "Preview"))
CLASSES_SHOWN = 24
"""Classes that a list of a rehearsal shows; its plan has all of them."""
PUPILS_SHOWN = 25
"""Pupils on a page of single pupils; each has two fields."""
ROWS_SHOWN = 200
"""Rows of a class list that name nobody which the page shows."""
SLOW = timedelta(minutes=2)
"""After which the page offers to start working it out anew."""
SHOWN_AT_ONCE = 60
"""Names that a list shows; the rest is counted."""


@dataclass(frozen=True, slots=True)
class YearLine:
    """One year group and what it may become."""

    year: str
    name: str
    count: int
    after: str
    options: list[tuple[str, str]]

    @property
    def field(self) -> str:
        return f"year-{self.year}"


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """The pupils of one registration group who are in one year group, and where they go."""

    key: int
    year: str
    group: str
    year_name: str
    count: int
    after: str
    name: str
    suggested: str
    could_be: list[str]
    """The classes that might be meant, if more than one; then a person must look."""

    @property
    def field(self) -> str:
        return f"place-{self.key}-{self.year or 'none'}"


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A class next year, in words."""

    word: str
    tone: str
    before: str
    after: str
    years: str
    pupils: int
    origins: tuple[Origin, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Names:
    """Some names of a list, and how many more there are."""

    names: list[str]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.names)


def year_lines(now: Now, choices: Choices) -> list[YearLine]:
    """Each year group in use, youngest first."""
    counts: dict[str, int] = {}
    for pupil in now.pupils.values():
        if pupil.year and pupil.key not in now.moved:
            counts[pupil.year] = counts.get(pupil.year, 0) + 1
    leavers = year_name(leavers_of(choices.school_year))
    others = [(year, year_name(year)) for year in YEARS]
    return [
        YearLine(
            year=year,
            name=year_name(year),
            count=counts[year],
            after=choices.years.get(year, STAY),
            options=[
                *[(code, name) for code, name in others if code != year],
                (LEAVE, leavers),
                (STAY, f"stays {year_name(year)}"),
            ],
        )
        for year in sorted(counts, key=year_order)
    ]


def place_lines(now: Now, choices: Choices) -> list[PlaceLine]:
    """Each registration group's pupils by year group, with where they go; leavers are left out."""
    usual = suggest(now, Choices(school_year=choices.school_year, years=choices.years))
    counts: dict[tuple[int, str], int] = {}
    for pupil in now.pupils.values():
        if pupil.group is not None:
            place = (pupil.group, now.year_before(pupil))
            counts[place] = counts.get(place, 0) + 1
    found: list[PlaceLine] = []
    for key, year in choices.places:
        if (key, year) not in counts:
            continue
        after = choices.years.get(year, STAY)
        found.append(
            PlaceLine(
                key=key,
                year=year,
                group=now.classes[key].name,
                year_name=year_name(year) or "no year group",
                count=counts[key, year],
                after=year_name(year if after == STAY or not year else after) or "no year group",
                name=choices.places[key, year],
                suggested=usual.places.get((key, year), ""),
                could_be=could_be(now, choices, (key, year)),
            )
        )
    first: dict[int, tuple[int, int]] = {}
    for line in found:
        first[line.key] = min(first.get(line.key, (9, 0)), year_order(line.year))
    return sorted(
        found, key=lambda line: (first[line.key], name_order(line.group), line.key, year_order(line.year))
    )


@dataclass(frozen=True, slots=True)
class PupilLine:
    """One pupil, where they are, and where they go; `year` and `group` are as the form shows them."""

    key: int
    name: str
    where: str
    year: str
    options: list[tuple[str, str]]
    group: str
    is_single: bool
    has_moved: bool
    """A sync has written next year's year group already; that is the MIS's to change."""


def pupil_lines(now: Now, choices: Choices, keys: Iterable[int]) -> list[PupilLine]:
    """These pupils, with what becomes of each."""
    return [_pupil_line(now.pupils[key], now, choices) for key in keys]


def _pupil_line(pupil: PupilNow, now: Now, choices: Choices) -> PupilLine:
    single = choices.pupils.get(pupil.key)
    of = now.classes.get(pupil.group) if pupil.group is not None else None
    year = year_name(pupil.year) or "no year group"
    return PupilLine(
        key=pupil.key,
        name=pupil.name,
        where=f"{year} · {of.name if of else 'no registration group'}",
        year=single.year if single else "",
        options=[
            ("", _usually(pupil, choices)),
            *([(STAY, f"Held back: stays {year}")] if pupil.year else []),
            (LEAVE, "Leaves"),
            *((code, year_name(code)) for code in YEARS if code != pupil.year),
        ],
        group="" if is_leavers(year_after(pupil, now, choices)) else group_after(pupil, now, choices),
        is_single=single is not None,
        has_moved=pupil.key in now.moved,
    )


def _usually(pupil: PupilNow, choices: Choices) -> str:
    after = choices.years.get(pupil.year, STAY) if pupil.year else STAY
    if after == STAY:
        return f"Stays {year_name(pupil.year) or 'in no year group'}"
    return f"Leaves, as {year_name(pupil.year)} does" if after == LEAVE else f"Moves up to {year_name(after)}"


def chosen_for(line: PupilLine, *, year: str, group: str, before: PupilChoice | None) -> PupilChoice | None:
    """What the form says of a pupil; None: nothing else than of the others.

    A class that was left as it was shown is none that was chosen: it follows the year group.
    """
    known = before.group if before else None
    chosen = PupilChoice(year=year, group=known if group == line.group else group)
    return chosen if chosen != PupilChoice() else None


def found_pupils(now: Now, choices: Choices, *, search: str, group: str) -> list[int]:
    """The pupils that are looked for, those who go another way first."""
    words = search.casefold().split()
    return sorted(
        (
            pupil.key
            for pupil in now.pupils.values()
            if (not group or str(pupil.group or "none") == group)
            and all(word in pupil.name.casefold() for word in words)
        ),
        key=lambda key: (key not in choices.pupils, now.pupils[key].name, key),
    )


def group_options(now: Now) -> list[tuple[str, str]]:
    """Options of a filter by registration group."""
    registration = (one for one in now.classes.values() if one.is_registration)
    groups = sorted(registration, key=lambda one: name_order(one.name))
    return [
        ("", "Every registration group"),
        *((str(one.key), one.name) for one in groups),
        ("none", "No registration group"),
    ]


def year_rows(predicted: Prediction, choices: Choices) -> list[tuple[str, str, int, bool]]:
    """Year groups before and after, with how many pupils, and whether that was chosen for single ones."""
    leavers = year_name(leavers_of(choices.school_year))
    return [
        (
            year_name(one.before) or "no year group",
            leavers
            if one.after == LEAVE
            else f"stays {year_name(one.before)}"
            if one.after == STAY
            else year_name(one.after),
            one.count,
            one.is_single,
        )
        for one in predicted.years
    ]


_WORDS = {
    Outcome.RENAMED: ("Goes on", "good"),
    Outcome.SAME: ("Stays", "muted"),
    Outcome.NEW: ("New", "info"),
    Outcome.ARCHIVED: ("Archived", "muted"),
}


def class_lines(predicted: Prediction, *, registration: bool) -> list[ClassLine]:
    """The classes of next year, then those that end."""
    of_kind = [one for one in predicted.classes if one.is_registration is registration]
    return [_class_line(one) for one in sorted(of_kind, key=_place_in_list)]


def _place_in_list(one: ClassNext) -> tuple[bool, tuple[int, int], str]:
    first = min((year_order(year) for year in one.years), default=(9, 0))
    return one.outcome is Outcome.ARCHIVED, first, name_order(one.name)


def _class_line(one: ClassNext) -> ClassLine:
    word, tone = _WORDS[one.outcome]
    notes = {
        Outcome.RENAMED: "the same pupils, with their results",
        Outcome.SAME: "",
        Outcome.NEW: "" if one.pupils else "empty, for the new pupils",
        Outcome.ARCHIVED: "with its pupils; results stay",
    }
    ends = one.outcome is Outcome.ARCHIVED
    return ClassLine(
        word=word,
        tone=tone,
        before=one.before,
        after="" if ends else one.name,
        years=", ".join(year_name(year) for year in one.years),
        pupils=len(one.pupils),
        origins=() if ends or (len(one.origins) < 2 and one.key is not None) else one.origins,
        note=notes[one.outcome],
    )


def names(now: Now, keys: Sequence[int]) -> Names:
    """The first of these pupils, by name."""
    return Names([now.pupils[key].name for key in keys[:SHOWN_AT_ONCE]], len(keys))


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a class list."""

    rows: int
    found: int
    missing: list[tuple[str, str, str]]
    """Rows that name nobody for sure: where they stand, their name, and why."""
    missing_more: int
    unlisted: Names
    """Pupils whom the list does not name."""


def list_taken(now: Now, listing: Mapping[str, Any]) -> Taken | None:
    """What came of the list that was sent; None: none was."""
    if not listing:
        return None
    known = set(listing["pupils"])
    unlisted = sorted(now.pupils.keys() - known, key=lambda key: (now.pupils[key].name, key))
    missing = [(place, name, why) for place, name, why in listing["missing"]]
    return Taken(
        rows=listing["rows"],
        found=len(known),
        missing=missing[:ROWS_SHOWN],
        missing_more=max(0, len(missing) - ROWS_SHOWN),
        unlisted=names(now, unlisted),
    )


@dataclass(frozen=True, slots=True)
class ClassList:
    """Some classes of a rehearsal: rows of before, after, kind and remark, and how many more there are."""

    title: str
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]
    count: int

    @property
    def lines(self) -> list[list[tuple[str, str]]]:
        """Each row's cells with their heads."""
        return [list(zip(self.heads, row, strict=True)) for row in self.rows]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def lists_of(found: Rehearsal) -> list[ClassList]:
    """The classes of a rehearsal that go on, are new, and end; registration groups come first."""
    new = [
        (name, kind, f"other pupils than in this year's {name}" if is_reused else "")
        for kind, name, is_reused in found.new
    ]
    lists: list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]] = [
        (
            "Classes that go on with their pupils",
            ("This year", "Next year", "Kind"),
            [(before, after, kind) for kind, before, after in found.renamed],
        ),
        ("New classes", ("Name", "Kind", "Remark"), [*new]),
        (
            "Classes that end, archived with their pupils",
            ("Name", "Kind"),
            [(name, kind) for kind, name in found.ended],
        ),
    ]
    return [ClassList(title, heads, rows[:CLASSES_SHOWN], len(rows)) for title, heads, rows in lists if rows]


def ticks(rollover: Rollover) -> list[tuple[str, str]]:
    """The panels that a rehearsal goes through: each one's name, and whether it is done, under way or to come."""
    words = ("Teachers and staff", "Registration groups", "Subject classes", "Pupils")
    states = ["done" if number < rollover.step else "next" for number in range(len(ORDER))]
    if rollover.step < len(ORDER):
        states[rollover.step] = "now"
    return list(zip(words, states, strict=True))


def is_slow(rollover: Rollover) -> bool:
    """Whether a job should have been through with it long ago."""
    asked = rollover.asked_at
    return rollover.state == State.WORKING and asked is not None and timezone.now() - asked > SLOW


def some(all_names: Sequence[str]) -> Names:
    """The first of these names."""
    return Names(list(all_names[:SHOWN_AT_ONCE]), len(all_names))


def steps(current: str, hrefs: dict[str, str], *, reached: int) -> Iterable[tuple[str, str, str]]:
    """The stepper: each step's name, state and address."""
    place = [slug for slug, _ in STEPS].index(current)
    for number, (slug, name) in enumerate(STEPS):
        state = "current" if number == place else "done" if number < place else "todo"
        yield name, state, hrefs[slug] if number <= reached and number != place else ""


def school_years(ended: Set[int], today: date | None = None) -> list[tuple[str, str]]:
    """The school years that may be ending, the likelier first: in September and October the last one.

    One that has `ended` already is not offered again.
    """
    day = today or timezone.localdate()
    this = school_year_of(day)
    first = [this - 1, this] if day.month in (9, 10) else [this, this - 1]
    offered = [year for year in first if year not in ended] or [this + 1]
    return [(str(year), school_year_name(year)) for year in offered]


def usual_day(rollover: Rollover) -> date:
    """The day that is offered: 1 September after the school year, or, when that is past, tomorrow."""
    first = date(rollover.school_year + 1, 9, 1)
    today = timezone.localdate()
    return first if first > today else date.fromordinal(today.toordinal() + 1)
