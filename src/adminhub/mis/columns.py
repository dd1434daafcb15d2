"""Which column of a school's own table holds what: guessed, shown, corrected by a person, and kept as a profile."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from adminhub.mis import arbor_csv, class_list_csv, identifiers, integris_csv, scholarpack_csv, sims
from adminhub.mis.csv_file import TableShape, Text, first_rows, normal, read_text
from adminhub.mis.days import read_day, turned_round
from adminhub.mis.refusal import Refused
from adminhub.mis.source import Source
from adminhub.mis.text import clean
from adminhub.mis.workbook import is_sheets, sheets

TableKind = Literal["pupils", "employees", "class-list"]

SAMPLES = 5
_MOST = 0.7  # of the sample cells have to look like it

_NAMES = {
    "legal_forename": "Legal forename",
    "legal_surname": "Legal surname",
    "preferred_forename": "Preferred forename",
    "preferred_surname": "Preferred surname",
    "full_name": "Whole name, as Surname, Forename",
    "middle_names": "Middle names",
}
FIELDS: dict[TableKind, dict[str, str]] = {
    "pupils": {
        "mis_id": "MIS ID",
        "upn": "UPN",
        **_NAMES,
        "date_of_birth": "Date of birth",
        "sex": "Sex",
        "year_group": "Year group",
        "registration_group": "Registration group",
        "classes": "Classes",
        "admission_number": "Admission number",
        "former_upn": "Former UPN",
        "uln": "ULN",
        "house": "House",
        "enrolment_status": "Enrolment status",
        "admission_date": "Date of admission",
        "leaving_date": "Date of leaving",
        "email": "E-mail address",
        "username": "User name",
        "free_school_meals": "Free school meals",
        "pupil_premium": "Pupil premium",
        "sen": "SEN status",
        "eal": "English as an additional language",
        "postcode": "Postcode",
    },
    "employees": {
        "mis_id": "MIS ID",
        "title": "Title",
        **_NAMES,
        "email": "E-mail address",
        "staff_code": "Staff code",
        "teacher_number": "Teacher number",
        "teaching": "Teaching staff",
        "role": "Role",
        "registration_groups": "Registration groups",
        "classes": "Classes",
        "date_of_birth": "Date of birth",
        "sex": "Sex",
        "username": "User name",
        "start_date": "Start of employment",
        "end_date": "End of employment",
    },
    "class-list": {
        "class": "Class",
        "upn": "UPN of a pupil",
        "email": "E-mail address of a teacher",
        "teacher_number": "Teacher number",
        "type": "Type (registration or not)",
        "subject": "Subject",
    },
}
_FORENAMES = ("legal_forename", "preferred_forename", "full_name")
_SURNAMES = ("legal_surname", "preferred_surname", "full_name")
_MORE = {
    "first name": "legal_forename",
    "forename": "legal_forename",
    "given name": "legal_forename",
    "last name": "legal_surname",
    "surname": "legal_surname",
    "family name": "legal_surname",
    "known as": "preferred_forename",
    "name": "full_name",
    "full name": "full_name",
    "pupil name": "full_name",
    "student name": "full_name",
    "birthday": "date_of_birth",
    "born": "date_of_birth",
    "birth date": "date_of_birth",
    "d.o.b.": "date_of_birth",
    "form": "registration_group",
    "tutor group": "registration_group",
    "class group": "registration_group",
    "nc year": "year_group",
    "id": "mis_id",
    "pupil id": "mis_id",
    "student id": "mis_id",
    "staff id": "mis_id",
    "employee id": "mis_id",
    "e-mail": "email",
    "school email": "email",
    "job title": "role",
    "initials": "staff_code",
    "subjects and classes": "classes",
    "teaching classes": "classes",
    "classes": "classes",
    "class": "classes",
}


def _synonyms(*groups: tuple[Sequence[TableShape], str]) -> dict[str, str]:
    """What other formats call these fields, their own first."""
    return _MORE | {
        heading: field
        for shapes, kind in groups
        for shape in shapes
        if shape.kind == kind
        for heading, field in shape.columns.items()
    }


_READERS: tuple[Sequence[TableShape], ...] = (
    scholarpack_csv.SHAPES,
    integris_csv.SHAPES,
    arbor_csv.SHAPES,
    sims.SHAPES,
)
_KNOWN: dict[TableKind, dict[str, str]] = {
    "pupils": _synonyms(*((shapes, "pupils") for shapes in _READERS)) | {"class": "classes"},
    "employees": _synonyms(*((shapes, "employees") for shapes in _READERS)) | {"class": "classes"},
    "class-list": _synonyms((class_list_csv.SHAPES, "classes")) | {"class": "class"},
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person said a table's columns hold. `system` is the MIS it comes from; empty: none we know."""

    kind: TableKind
    columns: Mapping[str, str]
    fingerprint: str
    system: str = ""

    @property
    def shape(self) -> TableShape:
        """The table it reads: whatever headings it has, these must be among them."""
        return TableShape(
            "classes" if self.kind == "class-list" else self.kind,
            self.columns,
            tuple(self.columns),
            is_guessed=False,
        )


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table before anybody has said what it holds: its headings, and the first cells below each."""

    text: Text
    headings: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.headings)


def fingerprint(headings: Sequence[str]) -> str:
    """The same for the same headings, in whatever order and capitals."""
    listed = "\n".join(sorted(normal(heading) for heading in headings if normal(heading)))
    return hashlib.sha256(listed.encode()).hexdigest()


def look_at(source: Source) -> RawTable:
    """The first table in this CSV or workbook. Raises Refused where there is none."""
    for sheet in sheets(source) if is_sheets(source) else [source]:
        text = read_text(sheet)
        if found := _raw_table(text):
            return found
    raise Refused(
        source.name,
        "There is no table with two columns or more in this file.",
        what_to_do="Give a table whose first row says what is in each column.",
    )


def guess_kind(table: RawTable) -> TableKind:
    """What the table is most likely a list of."""
    scores = {kind: len(set(guess(table, kind).values())) for kind in FIELDS}
    headings = {normal(heading) for heading in table.headings}
    if headings & class_list_csv.SHAPES[0].columns.keys() and scores["class-list"] == len(headings):
        return "class-list"
    return "employees" if scores["employees"] > scores["pupils"] else "pupils"


def guess(table: RawTable, kind: TableKind) -> dict[str, str]:
    """Which heading most likely holds which field, each field once: by its words first, then by what is below it."""
    known, fields = _KNOWN[kind], FIELDS[kind]
    found: dict[str, str] = {}
    for heading in table.headings:
        field = known.get(normal(heading))
        if field in fields and field not in found.values():
            found[normal(heading)] = field
    for place, heading in enumerate(table.headings):
        if not normal(heading) or normal(heading) in found:
            continue
        close = get_close_matches(normal(heading), list(known), n=1, cutoff=0.85)
        field = known[close[0]] if close else _by_content([row[place] for row in table.samples], kind)
        if field in fields and field not in found.values():
            found[normal(heading)] = field
    return found


def what_is_missing(kind: TableKind, columns: Mapping[str, str]) -> list[str]:
    """Why nobody could be read by these columns, in sentences; empty: somebody can."""
    fields = Counter(field for field in columns.values() if field)
    said = [
        f"Two columns are said to be: {FIELDS[kind][field]}." for field, count in fields.items() if count > 1
    ]
    if kind == "class-list":
        if "class" not in fields:
            said.append("No column is said to be the class.")
        if not fields.keys() & {"upn", "email", "teacher_number"}:
            said.append("No column says who is in the class: a UPN, a teacher's e-mail address or number.")
        return said
    if not fields.keys() & set(_SURNAMES):
        said.append("No column is said to be a surname.")
    if not fields.keys() & set(_FORENAMES):
        said.append("No column is said to be a forename.")
    if kind == "pupils" and not fields.keys() & {"mis_id", "admission_number", "upn", "date_of_birth"}:
        said.append(
            "Nothing tells two pupils of one name apart: say which column is an id or the date of birth."
        )
    return said


def _raw_table(text: Text) -> RawTable | None:
    """The widest way to part the rows; its headings are the first row of that width."""
    best: list[list[str]] = []
    for rows in first_rows(text).values():
        filled = [row for row in rows if sum(bool(clean(cell)) for cell in row) > 1]
        if filled and (not best or len(filled[0]) > len(best[0])):
            best = filled
    if not best:
        return None
    width = len(best[0])
    below = tuple(
        tuple(clean(cell)[:60] for cell in (row + [""] * width)[:width]) for row in best[1 : 1 + SAMPLES]
    )
    return RawTable(text, tuple(clean(heading) for heading in best[0]), below)


def _by_content(cells: Sequence[str], kind: TableKind) -> str:
    filled = [cell for cell in cells if cell]
    if not filled:
        return ""

    def mostly(is_one: Sequence[bool]) -> bool:
        return sum(is_one) >= len(is_one) * _MOST

    if mostly([identifiers.upn_kind(identifiers.tidy_upn(cell)) is not None for cell in filled]):
        return "upn"
    if mostly(["@" in cell and " " not in cell for cell in filled]):
        return "email"
    days = [found for cell in filled if (found := read_day(cell) or read_day(turned_round(cell)))]
    if len(days) >= len(filled) * _MOST and kind == "pupils":
        return "date_of_birth" if len({day.year for day in days}) > 1 else ""
    if kind == "pupils" and mostly([cell.lower() in ("m", "f", "male", "female") for cell in filled]):
        return "sex"
    return ""
