"""Two CSV files in, predictions out: the engine without the hub."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from adminhub.hub.matching.people import match_people
from adminhub.hub.matching.values import HubPerson, MISPerson, Status, Verdict, Who

ROLES = {"pupil": Who.PUPILS, "staff": Who.EMPLOYEES}
WRITTEN = {
    Status.MATCHED: "Matched",
    Status.MAY_MATCH: "May match",
    Status.NEW: "New",
    Status.NOT_MATCHED: "Not matched",
}
COLUMNS = ("hub_id", "mis_id", "status", "score", "reason")
Row = tuple[str, str, str, str, str]
Fields = dict[str, str]
LEFT = ("left", "leaver", "former")
_Person = TypeVar("_Person", HubPerson, MISPerson)


class BadFile(Exception):
    """A file that cannot be matched; the message says where, what has not happened and what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file's columns by name, each with a value for every row."""

    columns: Mapping[str, Sequence[str]]
    length: int

    @classmethod
    def of(cls, rows: Sequence[Fields]) -> Table:
        """Rows that are in memory already; all have the same fields."""
        return cls({name: [row[name] for row in rows] for name in (rows[0] if rows else ())}, len(rows))

    def column(self, *names: str) -> Sequence[str]:
        """The first of these columns that is not blank, row by row; all blank if the file has none of them."""
        found = [self.columns[name] for name in names if name in self.columns]
        if len(found) < 2:
            return found[0] if found else [""] * self.length
        return [next(filter(None, values), "") for values in zip(*found, strict=True)]


def read_rows(path: Path, *, key: str) -> Table:
    """The rows of a CSV file with a heading; every row has its own `key`. Raises BadFile."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.reader(file, strict=True)
            heading = [name.strip() for name in next(lines, [])]
            rows = list(_rows(path, heading, lines, key))
    except OSError as trouble:
        raise BadFile(f"{path} cannot be read ({trouble.strerror}). Nothing was written.") from None
    except UnicodeDecodeError:
        raise BadFile(
            f"{path} is not in UTF-8. Save it as “CSV UTF-8” and try again. Nothing was written."
        ) from None
    except csv.Error as trouble:
        raise BadFile(f"{path} is no readable CSV file ({trouble}). Nothing was written.") from None
    columns = zip(*rows, strict=True) if rows else [()] * len(heading)
    return Table(dict(zip(heading, columns, strict=True)), len(rows))


def _rows(path: Path, heading: list[str], lines: Iterator[list[str]], key: str) -> Iterator[list[str]]:
    for name in (key, "surname"):
        if name not in heading:
            raise BadFile(f"{path}: the heading has no column {name}. Nothing was written.")
    at, width = heading.index(key), len(heading)
    seen: set[str] = set()
    for number, line in enumerate(lines, start=2):
        if not any(line):
            continue
        if len(line) != width:
            raise BadFile(
                f"{path}, line {number}: {len(line)} fields where the heading has {width}. Nothing was written."
            )
        if not line[at].strip() or line[at] in seen:
            said = "is there twice" if line[at].strip() else "is blank"
            raise BadFile(f"{path}, line {number}: the {key} {said}. Nothing was written.")
        seen.add(line[at])
        yield line


def match_rows(
    hub: Table, mis: Table, *, tell: Callable[[str, int], None] = lambda _what, _done: None
) -> list[Row]:
    """The predictions, in the hub's order, then those only in the MIS. Roles are never compared with each other.

    `tell` is told what is being done and how many of a hundred parts are. Raises BadFile.
    """
    found: list[Row] = []
    hub_ids, mis_ids = hub.column("hub_id"), mis.column("mis_id")
    by_role: dict[Who, tuple[list[HubPerson], list[MISPerson]]] = {who: ([], []) for who in Who}
    for ours, who in zip(hub_people(hub), _roles(hub), strict=True):
        by_role[who][0].append(ours)
    for theirs, who in zip(mis_people(mis), _roles(mis), strict=True):
        by_role[who][1].append(theirs)
    done = 10
    for who, (of_hub, of_mis) in by_role.items():
        share = 85 * (len(of_hub) + len(of_mis)) // max(hub.length + mis.length, 1)
        tell(f"Comparing {len(of_hub):,} {who} of the hub with {len(of_mis):,} of the MIS", done)
        verdicts = match_people(of_hub, of_mis, who=who)
        done += share
        for verdict in verdicts:
            found += _lines(verdict, hub_ids, mis_ids)
    tell("Writing", 95)
    return found


def _roles(table: Table) -> list[Who]:
    roles = table.column("role")
    known = {role: _role(role) for role in dict.fromkeys(roles)}
    return [known[role] for role in roles]


def _role(said: str) -> Who:
    role = said.strip().lower() or "pupil"
    if role not in ROLES:
        raise BadFile(f"The role “{role}” is neither pupil nor staff. Nothing was written.")
    return ROLES[role]


def hub_people(table: Table) -> Iterator[HubPerson]:
    """The rows of HUB.csv as the engine takes them; the key is the row's place."""
    get = table.column
    return _people(
        HubPerson,
        table,
        forename=get("forename"),
        legal_forename=get("legal_forename"),
        since=_days(get("created")),
    )


def mis_people(table: Table) -> Iterator[MISPerson]:
    """The rows of MIS.csv as the engine takes them; the key is the row's place."""
    get = table.column
    preferred = get("preferred_forename")
    return _people(
        MISPerson,
        table,
        mis_id=get("mis_id"),
        forename=get("preferred_forename", "forename"),
        legal_forename=[
            forename if other else legal
            for forename, other, legal in zip(get("forename"), preferred, get("legal_forename"), strict=True)
        ],
        former_surname=get("former_surname"),
        former_number=get("former_upn"),
        started=_days(get("start_date")),
        is_current=[status.strip().lower() not in LEFT for status in get("status")],
    )


def _people(person: type[_Person], table: Table, **columns: Sequence[object]) -> Iterator[_Person]:
    """A person for each row, of these columns and of those that both files have."""
    get = table.column
    columns |= {
        "key": range(table.length),
        "title": get("title"),
        "surname": get("surname"),
        "legal_surname": get("legal_surname"),
        "middle_names": get("middle_names"),
        "birthday": _days(get("dob")),
        "sex": get("gender"),
        "number": get("upn", "teacher_number"),
        "uln": get("uln"),
        "code": get("admission_number", "staff_code"),
        "email": get("email"),
        "year_group": get("year_group"),
        "registration_group": get("reg_group"),
        "postcode": get("postcode"),
    }
    for values in zip(*columns.values(), strict=True):
        yield person(**dict(zip(columns, values, strict=True)))


def _days(texts: Sequence[str]) -> list[date | None]:
    known = {text: _day(text) for text in dict.fromkeys(texts)}
    return [known[text] for text in texts]


def _day(text: str) -> date | None:
    """An ISO date; anything else, a date that is none too, is as good as missing."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _lines(verdict: Verdict, hub: Sequence[str], mis: Sequence[str]) -> Iterator[Row]:
    status = WRITTEN.get(verdict.status)
    if status is None:
        return
    reason = "; ".join(verdict.reasons)
    if verdict.status is Status.MAY_MATCH:
        if verdict.hub is None:
            return
        offered = [] if verdict.mis is None else [(verdict.mis, verdict.score)]
        offered += zip(verdict.candidates, verdict.scores, strict=True)
        for mis_key, likely in sorted(offered, key=lambda one: -one[1]):
            yield hub[verdict.hub], mis[mis_key], status, f"{likely:.4f}", reason
        return
    ours = hub[verdict.hub] if verdict.hub is not None else ""
    theirs = mis[verdict.mis] if verdict.mis is not None else ""
    score = f"{verdict.score:.4f}" if verdict.status is Status.MATCHED else ""
    yield ours, theirs, status, score, reason


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write the predictions whole or not at all. Raises BadFile."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(rows)
        part.replace(path)
    except OSError as trouble:
        part.unlink(missing_ok=True)
        raise BadFile(f"{path} cannot be written ({trouble.strerror}). Nothing was written.") from None
