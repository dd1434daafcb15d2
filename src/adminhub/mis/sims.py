"""SIMS .NET reports as CommandReporter writes them: SuperStarReport XML, one Record a row, or the same as CSV."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import islice

from adminhub.mis.csv_file import Row, Table, TableShape, rows
from adminhub.mis.gathering import Gathered
from adminhub.mis.record import Notes, Record, employee, pupil
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import Issue, Reject, Roster
from adminhub.mis.source import Source
from adminhub.mis.text import clean
from adminhub.mis.xml_file import Prolog, XMLRecord, records

FORMAT = "sims"
ROOTS = ("SuperStarReport", "CommandReporterError")

HOLDS_PUPIL = frozenset(
    [
        "admission_number",
        "upn",
        "uln",
        "legal_surname",
        "legal_forename",
        "preferred_surname",
        "preferred_forename",
        "middle_names",
        "date_of_birth",
        "sex",
        "year_group",
        "registration_group",
        "house",
        "enrolment_status",
        "admission_date",
        "leaving_date",
        "email",
        "free_school_meals",
        "pupil_premium",
        "sen",
        "eal",
        "postcode",
    ]
)
HOLDS_EMPLOYEE = frozenset(
    [
        "title",
        "legal_surname",
        "legal_forename",
        "preferred_surname",
        "preferred_forename",
        "staff_code",
        "teacher_number",
        "email",
        "sex",
        "date_of_birth",
        "teaching",
        "role",
        "start_date",
        "end_date",
        "registration_groups",
    ]
)

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PEEK = 50
_PERSON = {
    "primary id": "mis_id",
    "primary_id": "mis_id",
    "person id": "mis_id",
    "legal surname": "legal_surname",
    "legal forename": "legal_forename",
    "surname": "preferred_surname",
    "preferred surname": "preferred_surname",
    "forename": "legal_forename",
    "chosenname": "preferred_forename",
    "chosen name": "preferred_forename",
    "preferred forename": "preferred_forename",
    "middle name(s)": "middle_names",
    "middle names": "middle_names",
    "middle name": "middle_names",
    "dob": "date_of_birth",
    "date of birth": "date_of_birth",
    "gender": "sex",
    "sex": "sex",
    "class": "class",
}
_PUPIL = _PERSON | {
    "adno": "admission_number",
    "admission number": "admission_number",
    "upn": "upn",
    "uln": "uln",
    "year": "year_group",
    "year group": "year_group",
    "reg": "registration_group",
    "reg group": "registration_group",
    "reggroup": "registration_group",
    "registration group": "registration_group",
    "house": "house",
    "enrolment status": "enrolment_status",
    "date of admission": "admission_date",
    "date of leaving": "leaving_date",
    "fsm eligible": "free_school_meals",
    "pupil premium indicator": "pupil_premium",
    "sen status": "sen",
    "english additional language": "eal",
    "postcode": "postcode",
    "primary email": "email",
    "email": "email",
}
_EMPLOYEE = _PERSON | {
    "title": "title",
    "staff code": "staff_code",
    "teacher number": "teacher_number",
    "primary email": "email",
    "email": "email",
    "work email": "email",
    "teaching staff": "teaching",
    "role": "role",
    "employment start": "start_date",
    "employment end": "end_date",
    "tutor group": "registration_groups",
}
_ONLY_EMPLOYEES = frozenset(
    {"staff code", "teacher number", "teaching staff", "employment start", "employment end", "tutor group"}
)
_ONLY_PUPILS = frozenset(
    [
        "adno",
        "admission number",
        "upn",
        "uln",
        "year",
        "year group",
        "reg",
        "reg group",
        "reggroup",
        "enrolment status",
        "date of admission",
    ]
)

_NAMES = {"legal_surname": "Legal Surname", "preferred_surname": "Surname", "legal_forename": "Forename"}
_REQUIRED: dict[str, dict[str, str]] = {
    "pupils": {"mis_id": "primary_id", **_NAMES, "date_of_birth": "DOB"},
    "employees": {"mis_id": "primary_id", **_NAMES},
    "memberships": {"mis_id": "primary_id", "class": "Class"},
}


# Headings of other systems' tables, which hold some of these columns too.
_NEVER = (
    "pupil id",
    "staff id",
    "class id",
    "teacher ids",
    "arbor student id",
    "arbor staff id",
    "legal forename",
)


def _shapes(
    kind: str, columns: Mapping[str, str], *, keys: Sequence[str], others: tuple[str, ...]
) -> list[TableShape]:
    return [TableShape(kind, columns, (key, *others), _NEVER, is_guessed=False) for key in keys]


_WHO = ("legal surname", "surname", "forename")
_IDS = ("primary_id", "primary id", "person id")
SHAPES = (
    *_shapes("pupils", _PUPIL, keys=(*_IDS, "adno"), others=(*_WHO, "dob", "year")),
    *_shapes("employees", _EMPLOYEE, keys=_IDS, others=(*_WHO, "staff code")),
    *_shapes("employees", _EMPLOYEE, keys=("staff code",), others=(*_WHO, "chosenname")),
    *_shapes("memberships", _PUPIL, keys=(*_IDS, "adno"), others=("class",)),
)
TITLES = {"adno": "Adno", "dob": "DOB", "chosenname": "ChosenName"}


@dataclass(frozen=True, slots=True)
class _Report:
    """One report's rows by field, whatever they were written as. `key` is the field that its people are known by."""

    name: str
    kind: str
    key: str
    fields: frozenset[str]
    rows: Callable[[], Iterator[Row]]


def read(files: Sequence[tuple[Source, Prolog]], tables: Sequence[Table], notes: Notes) -> Roster:
    """Read pupils', classes' and staff reports, in whatever order they come."""
    gathered = Gathered(notes)
    reports = [_report_of_file(source, prolog, notes) for source, prolog in files]
    reports += [_report_of_table(table, notes) for table in tables]
    kinds: dict[str, list[_Report]] = {"pupils": [], "memberships": [], "employees": []}
    for report in reports:
        kinds[report.kind].append(report)
        gathered.tables.setdefault(report.kind, report.name)
    if kinds["memberships"] and not kinds["pupils"]:
        raise Refused(
            kinds["memberships"][0].name,
            "This report lists pupils' classes, and there is no report of the pupils beside it.",
            what_to_do="Give the pupils' report too.",
        )
    for report in kinds["pupils"]:
        _read_pupils(report, gathered)
    for report in kinds["memberships"]:
        _read_memberships(report, gathered)
    for report in kinds["employees"]:
        _read_employees(report, gathered)
    return gathered.roster(
        FORMAT, holds_pupil=_held(kinds["pupils"]), holds_employee=_held(kinds["employees"])
    )


def _held(reports: Sequence[_Report]) -> frozenset[str]:
    return frozenset().union(*(report.fields for report in reports)) - {"mis_id", "class"}


def _report_of_file(source: Source, prolog: Prolog, notes: Notes) -> _Report:
    """XML leaves out cells that are empty, so every column a report may have counts as held."""
    notes.issues.extend(prolog.issues)
    kind = _kind_of(source, prolog)
    columns = _EMPLOYEE if kind == "employees" else _PUPIL
    names: dict[str, str] = {}

    def read_rows() -> Iterator[Row]:
        for record in records(source, prolog, tag="Record"):
            yield Row(record.line, _cells(record, columns, names))

    fields = HOLDS_EMPLOYEE if kind == "employees" else HOLDS_PUPIL
    return _Report(source.name, kind, "mis_id", fields, read_rows)


def _report_of_table(table: Table, notes: Notes) -> _Report:
    """CSV from CommandReporter need not have the primary_id; people are known by Adno or staff code then."""
    notes.issues.extend(table.issues)
    kind = table.shape.kind
    other = "staff_code" if kind == "employees" else "admission_number"
    key = "mis_id" if "mis_id" in table.fields else other
    return _Report(table.name, kind, key, table.fields, lambda: rows(table, notes.rejects, notes.spoilt))


def _kind_of(source: Source, prolog: Prolog) -> str:
    if prolog.root == "CommandReporterError":
        raise _reporter_error(source, prolog)
    columns: set[str] = set()
    for record in islice(records(source, prolog, tag="Record"), _PEEK):
        columns.update(_title(name) for name in record.cells)
    if not columns:
        raise Refused(
            source.name,
            "The report has no Record in it: 0 pupils, 0 staff.",
            what_to_do="Check the report's filter in SIMS and run it again.",
        )
    kind = _kind(columns)
    if kind is not None:
        _check_columns(source, kind, columns)
        return kind
    raise Refused(
        source.name,
        "The report is neither of pupils, of their classes nor of staff.",
        what_to_do="Run one of the reports described in the guide for SIMS.",
    )


def _kind(columns: set[str]) -> str | None:
    if columns & _ONLY_PUPILS:
        return "pupils"
    if columns & _ONLY_EMPLOYEES:
        return "employees"
    return "memberships" if "class" in columns else None


def _check_columns(source: Source, kind: str, columns: set[str]) -> None:
    """An empty cell is no element, so only a column that nobody has can be told to be missing."""
    known = _EMPLOYEE if kind == "employees" else _PUPIL
    held = {known[column] for column in columns if column in known}
    unknown = [column for column in columns if column not in known]
    for field, title in _REQUIRED[kind].items():
        if field in held:
            continue
        close = get_close_matches(title.lower(), unknown, n=1, cutoff=0.8)
        raise Refused(
            source.name,
            f"The report of {kind} lacks the column {title}"
            + (f" (is it the one called '{close[0][:60]}'?)." if close else "."),
            what_to_do="Correct the column's title in SIMS, or add the column to the report.",
        )


def _reporter_error(source: Source, prolog: Prolog) -> Refused:
    text = source.head(4096).decode(prolog.encoding, errors="replace")
    said = clean(re.sub(r"<[^>]*>", " ", text))[:200]
    return Refused(
        source.name,
        f"CommandReporter wrote an error instead of a report: {said}",
        what_to_do="Check the report's name and the user's rights in SIMS, and run it again.",
    )


def _title(element: str) -> str:
    return clean(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), element)).casefold()


def _cells(record: XMLRecord, columns: dict[str, str], names: dict[str, str]) -> dict[str, str]:
    """The record's cells by field. Titles of the wrong shape are looked up once."""
    cells: dict[str, str] = {}
    for element, values in record.cells.items():
        name = names.get(element)
        if name is None:
            name = names[element] = columns.get(_title(element), "")
        if name and name not in cells:
            cells[name] = values[0]
    return cells


def _read_pupils(report: _Report, gathered: Gathered) -> None:
    notes = gathered.notes
    lines: dict[str, int] = {}
    for row in report.rows():
        cells = row.cells
        mis_id, class_name = _key(report, cells), clean(cells.pop("class", ""))
        if not mis_id:
            notes.rejects.append(_without_key(report, row))
            continue
        if mis_id in gathered.pupils:
            if not class_name:
                _remark_on_repeat(report, gathered, mis_id, cells, first=lines.get(mis_id, 0), line=row.line)
        else:
            lines[mis_id] = row.line
            found = pupil(Record(notes, report.name, f"pupil {mis_id}", mis_id, cells), holds=report.fields)
            gathered.pupils[mis_id] = found
            if found.registration_group:
                gathered.named_class("registration", found.registration_group)
                if found.status != "left":
                    gathered.class_pupils["registration", found.registration_group][mis_id] = None
        if class_name:
            gathered.named_class("teaching", class_name)
            gathered.class_pupils["teaching", class_name][mis_id] = None


def _key(report: _Report, cells: dict[str, str]) -> str:
    """What the person in these cells is known by; primary_id is nothing more than that and is taken out."""
    mis_id = clean(cells.pop("mis_id", ""))
    return mis_id if report.key == "mis_id" else clean(cells.get(report.key, ""))


def _without_key(report: _Report, row: Row) -> Reject:
    title = {"mis_id": "primary_id", "admission_number": "Adno", "staff_code": "Staff Code"}[report.key]
    return Reject(f"{report.name} line {row.line}", f"The record has no {title}.")


def _read_memberships(report: _Report, gathered: Gathered) -> None:
    by_number = {found.admission_number: mis_id for mis_id, found in gathered.pupils.items()}
    for row in report.rows():
        class_name = clean(row.cells.get("class", ""))
        if not class_name:
            continue
        key = _key(report, row.cells)
        mis_id = key if key in gathered.pupils else by_number.get(key, "") if report.key != "mis_id" else ""
        known = gathered.pupils.get(mis_id)
        if known is None:
            gathered.notes.rejects.append(
                Reject(f"{report.name} line {row.line}", f"Pupil {key[:40]} is not in the pupils' report.")
            )
            continue
        gathered.named_class("teaching", class_name)
        gathered.class_pupils["teaching", class_name][known.mis_id] = None


def _read_employees(report: _Report, gathered: Gathered) -> None:
    notes = gathered.notes
    for row in report.rows():
        cells = row.cells
        mis_id, class_name = _key(report, cells), clean(cells.pop("class", ""))
        if not mis_id:
            notes.rejects.append(_without_key(report, row))
            continue
        if mis_id not in gathered.employees:
            groups = _list(cells.pop("registration_groups", ""))
            found = employee(Record(notes, report.name, f"employee {mis_id}", mis_id, cells))
            gathered.employees[mis_id] = replace(found, registration_groups=groups)
            for group in groups:
                gathered.named_class("registration", group)
                gathered.class_employees["registration", group][mis_id] = None
        if class_name:
            gathered.named_class("teaching", class_name)
            gathered.class_employees["teaching", class_name][mis_id] = None


def _list(text: str) -> tuple[str, ...]:
    return tuple(part for part in (clean(part) for part in text.split(",")) if part)


def _remark_on_repeat(
    report: _Report, gathered: Gathered, mis_id: str, cells: dict[str, str], *, first: int, line: int
) -> None:
    record = Record(Notes(gathered.notes.as_at), report.name, f"pupil {mis_id}", mis_id, cells)
    if pupil(record, holds=report.fields) == gathered.pupils[mis_id]:
        gathered.notes.issues.append(
            Issue(
                f"pupil {mis_id}",
                None,
                f"The record is there twice (line {first} and line {line}); read once.",
                mis_id,
            )
        )
        return
    gathered.notes.issues.append(
        Issue(
            f"{report.name} line {first}",
            None,
            f"Pupil {mis_id}: another record has the same id, on line {line}.",
            mis_id,
        )
    )
    gathered.notes.rejects.append(
        Reject(
            f"{report.name} line {line}",
            f"Pupil {mis_id} is already on line {first}; two records cannot share an id.",
        )
    )
