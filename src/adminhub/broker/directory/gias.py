"""Reading the files of GIAS, the government's register of schools: establishments, links, groups. Plain Python.

Columns are found by name, for their number and order differ between copies; the encoding by trying (samples hold
UTF-8 and windows-1252).
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

OPEN = frozenset({"1", "3"})  # open, and open but proposed to close
PHASES = {
    "nursery": "NURSERY",
    "primary": "PRIMARY",
    "middle deemed primary": "PRIMARY",
    "secondary": "SECONDARY",
    "middle deemed secondary": "SECONDARY",
    "all-through": "ALL THROUGH",
    "16 plus": "16 PLUS",
}
LONGEST_URN = 9


class UnreadableRegister(Exception):
    """The file is not what it should be; the message says which column is missing. Nothing was imported."""


@dataclass(frozen=True, slots=True)
class Establishment:
    """One school of the register. Empty text is what the register does not say."""

    urn: int
    name: str
    la_code: str
    establishment_number: str
    phase: str
    is_open: bool
    address_line_1: str
    address_line_2: str
    town: str
    county: str
    postcode: str
    phone: str
    website: str
    trust_uid: str
    trust_name: str


@dataclass(frozen=True, slots=True)
class Link:
    """The establishment `urn` was followed, or preceded, by `other`."""

    urn: int
    other: int
    is_successor: bool
    on: date | None


@dataclass(frozen=True, slots=True)
class Membership:
    """The establishment belongs to a group (a trust, a federation)."""

    urn: int
    group_uid: str
    group_name: str
    group_type: str


def read_establishments(path: Path) -> Iterator[Establishment | int]:
    """Each school, or the number of a line that names none. Raises UnreadableRegister."""
    needed = ("URN", "EstablishmentName", "EstablishmentStatus (code)")
    for line, row in _rows(path, needed):
        urn, name = _urn(row.get("URN")), _text(row, "EstablishmentName")
        if urn is None or not name:
            yield line
            continue
        yield Establishment(
            urn=urn,
            name=name[:200],
            la_code=_text(row, "LA (code)").zfill(3)[:3] if _text(row, "LA (code)") else "",
            establishment_number=_number(row),
            phase=_phase(row),
            is_open=_text(row, "EstablishmentStatus (code)") in OPEN,
            address_line_1=_text(row, "Street")[:200],
            address_line_2=_text(row, "Locality")[:200],
            town=_text(row, "Town")[:100],
            county=_text(row, "County (name)")[:100],
            postcode=_text(row, "Postcode").upper()[:10],
            phone=_text(row, "TelephoneNum")[:40],
            website=_website(row),
            trust_uid=_text(row, "Trusts (code)")[:20],
            trust_name=_text(row, "Trusts (name)")[:200],
        )


def read_links(path: Path) -> Iterator[Link | int]:
    """Who followed whom, or the number of a line that says nothing of it. Raises UnreadableRegister."""
    for line, row in _rows(path, ("URN", "LinkURN", "LinkType")):
        urn, other = _urn(row.get("URN")), _urn(row.get("LinkURN"))
        kind = _text(row, "LinkType").lower()
        is_successor, is_predecessor = kind.startswith("successor"), kind.startswith("predecessor")
        if urn is None or other is None or urn == other or not (is_successor or is_predecessor):
            yield line
            continue
        yield Link(urn, other, is_successor, _day(_text(row, "LinkEstablishedDate")))


def read_memberships(path: Path) -> Iterator[Membership | int]:
    """Who belongs to which group, or the number of a line that names none. Raises UnreadableRegister."""
    for line, row in _rows(path, ("URN", "Group UID", "Group Name")):
        urn, uid = _urn(row.get("URN")), _text(row, "Group UID")
        if urn is None or not uid:
            yield line
            continue
        yield Membership(urn, uid[:20], _text(row, "Group Name")[:200], _text(row, "Group Type")[:100])


def _rows(path: Path, needed: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    with path.open(encoding=_encoding_of(path), newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            raise UnreadableRegister(f"{path.name} has no column {', '.join(missing)}. Nothing was imported.")
        for row in reader:
            yield reader.line_num, row


def _encoding_of(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _text(row: dict[str, str], name: str) -> str:
    return " ".join((row.get(name) or "").replace("\x00", "").split())


def _urn(text: str | None) -> int | None:
    digits = (text or "").strip()
    is_number = digits.isascii() and digits.isdecimal() and 0 < len(digits) <= LONGEST_URN
    return int(digits) if is_number else None


def _number(row: dict[str, str]) -> str:
    text = _text(row, "EstablishmentNumber")
    return text.zfill(4)[:4] if text.isdecimal() else ""


def _phase(row: dict[str, str]) -> str:
    if "special" in _text(row, "TypeOfEstablishment (name)").lower():
        return "SPECIAL"
    return PHASES.get(_text(row, "PhaseOfEducation (name)").lower(), "NOT APPLICABLE")


def _website(row: dict[str, str]) -> str:
    text = _text(row, "SchoolWebsite")[:190]
    if not text or " " in text:
        return ""
    return text if text.lower().startswith(("http://", "https://")) else f"https://{text}"


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%d-%m-%Y").date() if text else None
    except ValueError:
        return None
