"""A list of next year's classes, as a school uploads it: read row by row, and who each row is. Pure.

A row is a pupil when it has their permanent UPN, or their whole name and birthday and nobody else has them; a name
that contradicts the UPN, or a UPN that contradicts the name, is nobody. What a row leaves blank it does not say.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import product

from adminhub.hub.matching.names import fold
from adminhub.hub.rollover.predicting import group_after, suggest
from adminhub.hub.rollover.values import LEAVE, STAY, Choices, Now, Place, PupilChoice
from adminhub.mis.csv_file import (
    NearMiss,
    Row,
    Table,
    TableShape,
    find_table,
    read_text,
    refuse_near_miss,
    rows,
)
from adminhub.mis.days import read_day, read_day_number, read_short_day
from adminhub.mis.identifiers import is_temporary_upn, is_valid_upn, tidy_upn, year_group
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import Reject
from adminhub.mis.source import Source
from adminhub.mis.text import clean
from adminhub.mis.workbook import is_sheets, sheets

HEADINGS = ("UPN", "Surname", "First name", "Birthday", "Year group", "Class")
"""As the file to fill in has them."""
LARGEST_FILE = 10_000_000
_COLUMNS = {
    "upn": ("upn", "unique pupil number"),
    "surname": ("surname", "last name", "family name", "legal surname", "preferred surname"),
    "forename": ("first name", "forename", "given name", "legal forename", "preferred forename"),
    "birthday": ("birthday", "date of birth", "dob", "birth date"),
    "year": ("year group", "year", "nc year", "year group next year", "next year group"),
    "group": (
        "class",
        "class name",
        "class next year",
        "registration group",
        "reg group",
        "form",
        "tutor group",
    ),
}
_FIELDS = {heading: field for field, headings in _COLUMNS.items() for heading in headings}
_LEAVES = frozenset({"leaver", "leavers", "leaves", "left", "leaving"})


def _shape(required: Sequence[str]) -> TableShape:
    is_usual = tuple(required) == ("upn", "class")
    return TableShape("a class list", _FIELDS, tuple(required), is_guessed=is_usual)


_SHAPES = tuple(
    _shape(required)
    for fields in (("upn", "group"), ("surname", "forename", "birthday", "group"))
    for required in product(*(_COLUMNS[field] for field in fields))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """One row of the list. Blank or None: the row does not say. `trouble`: why it cannot be taken."""

    place: str
    upn: str = ""
    surname: str = ""
    forename: str = ""
    birthday: date | None = None
    year: str = ""
    """A year group, or LEAVE."""
    group: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A pupil of the hub, as far as a list can tell who it is. `names` are folded: surname and first name."""

    key: int
    names: Set[tuple[str, str]]
    birthday: date | None = None
    upn: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """A row of which nobody is sure who it is."""

    place: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a list names, by key, and the rows that name nobody for sure."""

    pupils: Mapping[int, ListRow]
    missing: tuple[Missing, ...]


def read_list(name: str, content: bytes, *, today: date) -> list[ListRow]:
    """Every row of an uploaded CSV, Excel or OpenDocument file. Raises Refused; then nothing was read."""
    if len(content) > LARGEST_FILE:
        raise Refused(
            name, "The file is too large.", what_to_do="Check that it is the class list and nothing else."
        )
    source = Source(name=name, table=name, size=len(content), open=partial(io.BytesIO, content))
    parts = sheets(source) if is_sheets(source) else [source]
    tables = [find_table(read_text(part), _SHAPES) for part in parts]
    found = [table for table in tables if isinstance(table, Table)]
    if not found:
        near = next((table for table in tables if isinstance(table, NearMiss)), None)
        if near is not None:
            raise refuse_near_miss(source, near, {"upn": "UPN", "class": "Class"})
        raise Refused(
            name,
            "The file has no class list.",
            what_to_do="Its columns are UPN, or Surname, First name and Birthday; then Year group and Class.",
        )
    read = [row for table in found for row in _read_table(table, today, is_alone=len(parts) == 1)]
    if not read:
        raise Refused(
            name, "The file has its headings and no rows.", what_to_do="Fill it in and send it again."
        )
    return read


def _read_table(table: Table, today: date, *, is_alone: bool) -> Iterator[ListRow]:
    rejects: list[Reject] = []
    where = "" if is_alone else f"{table.text.source.table}, "
    for row in rows(table, rejects):
        yield _read_row(row, f"{where}row {row.line}", today)
    for reject in rejects:
        yield ListRow(place=reject.record, trouble=reject.reason)


def _read_row(row: Row, place: str, today: date) -> ListRow:
    cells = {field: clean(value) for field, value in row.cells.items()}
    year, born = cells.get("year", ""), cells.get("birthday", "")
    code = LEAVE if year.casefold() in _LEAVES else year_group(year) or ""
    day = read_day(born) or read_short_day(born, not_after=today) or read_day_number(born)
    trouble = ""
    if year and not code:
        trouble = "Its year group is none that we know"
    elif born and day is None:
        trouble = "Its birthday is no day: write 14/03/2011"
    return ListRow(
        place=place,
        upn=tidy_upn(cells.get("upn", "")),
        surname=cells.get("surname", ""),
        forename=cells.get("forename", ""),
        birthday=day,
        year=code,
        group=cells.get("group", ""),
        trouble=trouble,
    )


def find(listed: Iterable[ListRow], people: Iterable[Person]) -> Found:
    """Who each row is. A pupil whom two rows name is named by neither."""
    by_upn: dict[str, list[Person]] = defaultdict(list)
    by_name: dict[tuple[str, str, date | None], list[Person]] = defaultdict(list)
    for person in people:
        if _is_permanent(person.upn):
            by_upn[person.upn].append(person)
        for surname, forename in person.names:
            by_name[surname, forename, person.birthday].append(person)
    rows_of: dict[int, list[ListRow]] = defaultdict(list)
    missing: list[Missing] = []
    for row in listed:
        who = row.trouble or _who(row, by_upn, by_name)
        if isinstance(who, Person):
            rows_of[who.key].append(row)
        else:
            missing.append(_missing(row, who))
    for several in rows_of.values():
        if len(several) > 1:
            missing += [_missing(row, "Two rows name this pupil") for row in several]
    return Found({key: several[0] for key, several in rows_of.items() if len(several) == 1}, tuple(missing))


def _missing(row: ListRow, why: str) -> Missing:
    return Missing(row.place, ", ".join(filter(None, (row.surname, row.forename))), why)


def _who(
    row: ListRow,
    by_upn: Mapping[str, Sequence[Person]],
    by_name: Mapping[tuple[str, str, date | None], Sequence[Person]],
) -> Person | str:
    """The pupil, or why nobody is sure."""
    name = (fold(row.surname), fold(row.forename))
    has_upn = _is_permanent(row.upn)
    if has_upn and (known := by_upn.get(row.upn, ())):
        if len(known) > 1:
            return "Two of your pupils have this UPN: see Duplicates"
        if all(name) and not any(name[0] == ours[0] or name[1] == ours[1] for ours in known[0].names):
            return "This UPN belongs to a pupil of another name"
        return known[0]
    if not (all(name) and row.birthday):
        return (
            "Nobody has this UPN"
            if has_upn
            else "It has neither a permanent UPN nor a whole name and birthday"
        )
    alike = by_name.get((*name, row.birthday), ())
    if len(alike) > 1:
        return "Two of your pupils have this name and birthday"
    if not alike:
        return "Nobody has this name and birthday"
    if has_upn and _is_permanent(alike[0].upn):
        return "The pupil of this name and birthday has another UPN"
    return alike[0]


def _is_permanent(upn: str) -> bool:
    return is_valid_upn(upn) and not is_temporary_upn(upn)


def choices_from(now: Now, choices: Choices, found: Mapping[int, ListRow]) -> Choices:
    """The choices, with what the list says: chains where most go the same way, single pupils where some do not.

    Whom the list does not name goes with their year group and class.
    """
    listed = {key: row for key, row in found.items() if key in now.pupils and key not in now.moved}
    years = {**choices.years, **_most_of_a_year(now, listed)}
    with_years = suggest(now, replace(choices, years=years, pupils={}))
    chains = replace(with_years, places={**with_years.places, **_most_of_a_place(now, with_years, listed)})
    singles = {key: single for key, row in listed.items() if (single := _single(key, row, now, chains))}
    kept = {key: single for key, single in choices.pupils.items() if key not in listed}
    return replace(chains, pupils={**kept, **singles})


def _most_of_a_year(now: Now, listed: Mapping[int, ListRow]) -> dict[str, str]:
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for key, row in listed.items():
        year = now.pupils[key].year
        if year and row.year:
            said[year][STAY if row.year == year else row.year] += 1
    all_of = Counter(pupil.year for pupil in now.pupils.values())
    return {year: after for year, counts in said.items() if (after := _most(counts, all_of[year]))}


def _most_of_a_place(now: Now, choices: Choices, listed: Mapping[int, ListRow]) -> dict[Place, str]:
    said: dict[Place, Counter[str]] = defaultdict(Counter)
    all_of: Counter[Place] = Counter()
    for pupil in now.pupils.values():
        if pupil.group is not None and (pupil.group, pupil.year) in choices.places:
            all_of[pupil.group, pupil.year] += 1
            row = listed.get(pupil.key)
            if row is not None and row.group and row.year != LEAVE:
                said[pupil.group, pupil.year][row.group] += 1
    return {place: name for place, counts in said.items() if (name := _most(counts, all_of[place]))}


def _most(counts: Counter[str], of: int) -> str:
    """What more than half of all these pupils do; blank: there is no such thing."""
    what, count = counts.most_common(1)[0]
    return what if 2 * count > of else ""


def _single(key: int, row: ListRow, now: Now, chains: Choices) -> PupilChoice | None:
    """What is chosen for the pupil alone; None: they go the way of the others."""
    pupil = now.pupils[key]
    wanted = STAY if row.year and row.year == pupil.year else row.year
    usual = chains.years.get(pupil.year, STAY) if pupil.year else STAY
    year = "" if wanted in ("", usual) else wanted
    follows = replace(chains, pupils={key: PupilChoice(year=year)} if year else {})
    leaves = (year or usual) == LEAVE
    group = None if leaves or not row.group or row.group == group_after(pupil, now, follows) else row.group
    chosen = PupilChoice(year=year, group=group)
    return chosen if chosen != PupilChoice() else None
