"""What the DfE's XML files have in common: the school they come from, and people known by a number or a name.

The keys here are UPNs and teacher numbers, so no remark may name a record by its key: the line in the file says where.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypedDict

from adminhub.mis import identifiers, keys
from adminhub.mis.days import read_day
from adminhub.mis.record import Notes
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import School
from adminhub.mis.source import Source
from adminhub.mis.text import clean
from adminhub.mis.xml_file import Node, Prolog

COLLECTIONS = {"school census": "census", "school workforce census": "workforce"}

_COLLECTION = re.compile(r"<(?:\w+:)?Collection>\s*([^<]{1,100}?)\s*<")


def collection(source: Source, prolog: Prolog) -> str:
    """Which DfE collection a Message says it is; empty where it says none."""
    found = _COLLECTION.search(source.head(8192).decode(prolog.encoding, errors="replace"))
    return clean(found[1]) if found else ""


def only(files: Sequence[tuple[Source, Prolog]], noun: str) -> tuple[Source, Prolog]:
    """The one file there is. Raises Refused where there are several."""
    if len(files) > 1:
        raise Refused(
            files[1][0].name,
            f"There are two files of the {noun}, this one and {files[0][0].name}.",
            what_to_do="Give the newest one.",
        )
    return files[0]


def school(node: Node, *, name: str | None = None, urn: str | None = None) -> School | None:
    """The school behind an LEA and an Estab element; None: they name no school."""
    laestab = identifiers.laestab(clean(node.text("LEA")) + clean(node.text("Estab")))
    if laestab is None:
        return None
    named = clean(name or node.text("SchoolName")) or None
    return School(mis_id=laestab, name=named, laestab=laestab, urn=urn)


def refuse_misnamed(source: Source, found: School) -> None:
    """Raises Refused where the file's name begins with the DfE number of another school than the one inside it."""
    named = identifiers.laestab(source.table[:7])
    if named is not None and source.table[7:8] == "_" and named != found.laestab:
        raise Refused(
            source.name,
            f"The file is named for school {named}, but holds the people of school {found.laestab}: "
            "this is another school's file.",
            what_to_do="Export the file again in the right school's MIS.",
        )


def pupil_key(cells: Mapping[str, str]) -> str:
    """What the pupil in these cells is known by."""
    return keys.pupil_key(clean(cells.get("upn", "")), **_named(cells))


def employee_key(cells: Mapping[str, str]) -> str:
    """What the employee in these cells is known by."""
    return keys.employee_key(clean(cells.get("teacher_number", "")), **_named(cells))


def is_running(periods: Iterable[tuple[str, str]], notes: Notes) -> bool:
    """Whether one of these periods, each its first and last day, has begun and has no end or one still to come."""
    days = ((read_day(start), read_day(end)) for start, end in periods)
    return any(
        (start is None or start <= notes.as_at) and (end is None or end >= notes.as_at) for start, end in days
    )


def yes_or_no(is_so: bool) -> str:
    return "Y" if is_so else "N"


class _Named(TypedDict):
    surname: str
    forename: str
    born: date | None


def _named(cells: Mapping[str, str]) -> _Named:
    return {
        "surname": clean(cells.get("legal_surname", "")),
        "forename": clean(cells.get("legal_forename", "")),
        "born": read_day(clean(cells.get("date_of_birth", ""))),
    }
