"""`hub read`: print what a reader finds in an MIS export, for people or as JSON."""

import argparse
import io
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from adminhub.mis.comparing import apply_delta, compare
from adminhub.mis.reading import FORMATS, read
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import Employee, Pupil, Roster, School, SchoolClass

CLEAN, WITH_ISSUES, REFUSED = 0, 1, 2

_SHOWN = 20


def main(argv: Sequence[str]) -> int:
    """Read what the arguments name and print it. 0: clean, 1: read with issues, 2: refused."""
    arguments = _parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        roster = read(arguments.files, format=arguments.format, as_at=arguments.as_at)
        previous = (
            read(arguments.previous, format=arguments.format, as_at=arguments.as_at)
            if arguments.previous
            else None
        )
    except Refused as refusal:
        if arguments.json:
            print(json.dumps({"refused": _refusal(refusal)}, indent=1, ensure_ascii=False))
        print(refusal, file=sys.stderr)
        return REFUSED
    removed = [removal.mis_id for removal in roster.removals]
    is_delta = roster.is_delta
    if previous and is_delta:
        roster = apply_delta(previous, roster)
    holds = compare(previous, roster) if previous else []
    if arguments.json:
        value = as_json(roster)
        if is_delta:
            value |= {"delta": True, "removed": removed}
        if previous:
            value["holds"] = holds
        print(json.dumps(value, indent=1, ensure_ascii=False))
    else:
        print(summary(roster, holds=holds))
    return WITH_ISSUES if roster.issues or roster.rejects or holds else CLEAN


def as_json(roster: Roster) -> dict[str, Any]:
    """The roster as plain values. Fields the format cannot hold are absent; null means the MIS left it blank."""
    names = {school.mis_id: school.laestab or school.mis_id for school in roster.schools}
    value: dict[str, Any] = {
        "format": roster.format,
        "as_at": roster.as_at.isoformat(),
        "school": _school(roster.schools[0]) if roster.schools else {},
        "counts": roster.counts,
        "pupils": [_person(pupil, roster.holds_pupil, names) for pupil in roster.pupils],
        "employees": [_person(person, roster.holds_employee, names) for person in roster.employees],
        "classes": [_class(group, names) for group in roster.classes],
        "issues": [
            {"record": issue.record, "field": issue.field, "message": issue.message}
            for issue in roster.issues
        ],
        "rejects": [{"record": reject.record, "reason": reject.reason} for reject in roster.rejects],
    }
    if len(roster.schools) > 1:
        value["schools"] = [_school(school) for school in roster.schools]
    return value


def summary(roster: Roster, *, holds: Sequence[str] = ()) -> str:
    """The roster on one screen: counts, then what needs attention. No person is named."""
    lines = [f"{roster.format}, as at {roster.as_at:%d %B %Y}" + (" (a delta)" if roster.is_delta else "")]
    lines.extend(
        f"School: {school.name or school.mis_id} {school.laestab or ''}".rstrip() for school in roster.schools
    )
    lines.append("")
    lines.extend(f"{count:>8,}  {kind.replace('_', ' ')}" for kind, count in roster.counts.items())
    statuses = Counter(pupil.status for pupil in roster.pupils)
    lines.append(
        f"Pupils: {statuses['on_roll']} on roll, {statuses['left']} left, {statuses['future']} starting later."
    )
    lines.extend(_listed("On hold", holds))
    lines.extend(
        _listed("Needs attention", [f"{i.record}: {i.field or 'whole'}: {i.message}" for i in roster.issues])
    )
    lines.extend(_listed("Not imported", [f"{reject.record}: {reject.reason}" for reject in roster.rejects]))
    if not roster.issues and not roster.rejects:
        lines.append("Nothing needs attention.")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hub read", description="Read an MIS export and print what was found."
    )
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="files, a zip or a folder of one export"
    )
    parser.add_argument("--format", choices=FORMATS, help="which format, where a folder holds several")
    parser.add_argument(
        "--as-at", type=date.fromisoformat, metavar="DATE", help="the day it shows (default: today)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--previous", nargs="+", type=Path, metavar="FILE", help="the export before, to compare with"
    )
    return parser


def _refusal(refusal: Refused) -> dict[str, str | None]:
    return {
        "file": refusal.file,
        "record": refusal.record,
        "reason": refusal.reason,
        "what_to_do": refusal.what_to_do,
        "message": str(refusal),
    }


def _school(school: School) -> dict[str, str | None]:
    return {"name": school.name, "urn": school.urn, "laestab": school.laestab}


def _person(person: Pupil | Employee, holds: Iterable[str], schools: dict[str, str]) -> dict[str, Any]:
    value: dict[str, Any] = {"mis_id": person.mis_id, "status": person.status}
    for name in person.__dataclass_fields__:
        if name not in holds:
            continue
        held = getattr(person, name)
        if name == "schools":
            held = [schools.get(school, school) for school in held]
        value[name] = (
            held.isoformat() if isinstance(held, date) else list(held) if isinstance(held, tuple) else held
        )
    return value


def _class(group: SchoolClass, schools: dict[str, str]) -> dict[str, Any]:
    value: dict[str, Any] = {
        "mis_id": group.mis_id,
        "name": group.name,
        "kind": group.kind,
        "pupils": list(group.pupils),
        "employees": list(group.employees),
    }
    if group.subject:
        value["subject"] = group.subject
    if group.year_groups:
        value["year_groups"] = list(group.year_groups)
    if group.school:
        value["school"] = schools.get(group.school, group.school)
    return value


def _listed(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    more = [f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return ["", f"{title} ({len(lines)})", *(f"  {line}" for line in lines[:_SHOWN]), *more]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
