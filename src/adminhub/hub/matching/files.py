"""Two CSV files in, predictions out: the engine without the hub."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

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


class BadFile(Exception):
    """A file that cannot be matched; the message says where, what has not happened and what to do."""


def read_rows(path: Path, *, key: str) -> list[Fields]:
    """The rows of a CSV file with a heading; every row has its own `key`. Raises BadFile."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(_rows(path, csv.reader(file, strict=True), key))
    except OSError as trouble:
        raise BadFile(f"{path} cannot be read ({trouble.strerror}). Nothing was written.") from None
    except UnicodeDecodeError:
        raise BadFile(
            f"{path} is not in UTF-8. Save it as “CSV UTF-8” and try again. Nothing was written."
        ) from None
    except csv.Error as trouble:
        raise BadFile(f"{path} is no readable CSV file ({trouble}). Nothing was written.") from None
    return rows


def _rows(path: Path, lines: Iterator[list[str]], key: str) -> Iterator[Fields]:
    heading = [name.strip() for name in next(lines, [])]
    for name in (key, "surname"):
        if name not in heading:
            raise BadFile(f"{path}: the heading has no column {name}. Nothing was written.")
    seen: set[str] = set()
    for number, line in enumerate(lines, start=2):
        if not any(line):
            continue
        if len(line) != len(heading):
            raise BadFile(
                f"{path}, line {number}: {len(line)} fields where the heading has {len(heading)}. Nothing was written."
            )
        row = dict(zip(heading, line, strict=True))
        if not row[key].strip() or row[key] in seen:
            said = "is there twice" if row[key].strip() else "is blank"
            raise BadFile(f"{path}, line {number}: the {key} {said}. Nothing was written.")
        seen.add(row[key])
        yield row


def match_rows(
    hub: list[Fields], mis: list[Fields], *, tell: Callable[[str, int], None] = lambda _what, _done: None
) -> list[Row]:
    """The predictions, in the hub's order, then those only in the MIS. Roles are never compared with each other.

    `tell` is told what is being done and how many of a hundred parts are. Raises BadFile.
    """
    found: list[Row] = []
    ours_by_role, theirs_by_role = _by_role(hub), _by_role(mis)
    done = 10
    for role in sorted(ours_by_role.keys() | theirs_by_role.keys()):
        ours, theirs = ours_by_role.get(role, []), theirs_by_role.get(role, [])
        share = 85 * (len(ours) + len(theirs)) // max(len(hub) + len(mis), 1)
        tell(f"Comparing {len(ours):,} {role} of the hub with {len(theirs):,} of the MIS", done)
        verdicts = match_people(
            [hub_person(key, row) for key, row in ours],
            [mis_person(key, row) for key, row in theirs],
            who=ROLES[role],
        )
        done += share
        for verdict in verdicts:
            found += _lines(verdict, hub, mis)
    tell("Writing", 95)
    return found


def _by_role(rows: list[Fields]) -> dict[str, list[tuple[int, Fields]]]:
    found: dict[str, list[tuple[int, Fields]]] = {}
    for key, row in enumerate(rows):
        found.setdefault(_role(row), []).append((key, row))
    return found


def _role(row: Fields) -> str:
    role = row.get("role", "").strip().lower() or "pupil"
    if role not in ROLES:
        raise BadFile(f"The role “{role}” is neither pupil nor staff. Nothing was written.")
    return role


def hub_person(key: int, row: Fields) -> HubPerson:
    """A row of HUB.csv as the engine takes it."""
    get = row.get
    return HubPerson(
        key=key,
        title=get("title", ""),
        forename=get("forename", ""),
        surname=row["surname"],
        legal_forename=get("legal_forename", ""),
        legal_surname=get("legal_surname", ""),
        middle_names=get("middle_names", ""),
        birthday=_day(get("dob", "")),
        sex=get("gender", ""),
        number=get("upn", "") or get("teacher_number", ""),
        uln=get("uln", ""),
        code=get("admission_number", "") or get("staff_code", ""),
        email=get("email", ""),
        year_group=get("year_group", ""),
        registration_group=get("reg_group", ""),
        postcode=get("postcode", ""),
        since=_day(get("created", "")),
    )


def mis_person(key: int, row: Fields) -> MISPerson:
    """A row of MIS.csv as the engine takes it."""
    get = row.get
    return MISPerson(
        key=key,
        mis_id=row["mis_id"],
        title=get("title", ""),
        forename=get("preferred_forename", "") or get("forename", ""),
        surname=row["surname"],
        legal_forename=get("forename", "") if get("preferred_forename", "") else get("legal_forename", ""),
        legal_surname=get("legal_surname", ""),
        former_surname=get("former_surname", ""),
        middle_names=get("middle_names", ""),
        birthday=_day(get("dob", "")),
        sex=get("gender", ""),
        number=get("upn", "") or get("teacher_number", ""),
        former_number=get("former_upn", ""),
        uln=get("uln", ""),
        code=get("admission_number", "") or get("staff_code", ""),
        email=get("email", ""),
        year_group=get("year_group", ""),
        registration_group=get("reg_group", ""),
        postcode=get("postcode", ""),
        started=_day(get("start_date", "")),
        is_current=get("status", "").strip().lower() not in ("left", "leaver", "former"),
    )


def _day(text: str) -> date | None:
    """An ISO date; anything else, a date that is none too, is as good as missing."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _lines(verdict: Verdict, hub: list[Fields], mis: list[Fields]) -> Iterator[Row]:
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
            yield hub[verdict.hub]["hub_id"], mis[mis_key]["mis_id"], status, f"{likely:.4f}", reason
        return
    ours = hub[verdict.hub]["hub_id"] if verdict.hub is not None else ""
    theirs = mis[verdict.mis]["mis_id"] if verdict.mis is not None else ""
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
