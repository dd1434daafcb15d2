"""RM Integris-style spreadsheets: pupils.csv, staff.csv and classes.csv, joined by names and staff codes."""

from collections.abc import Sequence
from dataclasses import replace

from adminhub.mis import identifiers
from adminhub.mis.csv_file import Table, TableShape, rows, titles_of
from adminhub.mis.gathering import ClassKey, Gathered, Once
from adminhub.mis.record import Notes, Record, employee, pupil
from adminhub.mis.roster import Issue, Reject, Roster, SchoolClass
from adminhub.mis.tables import one_of_each
from adminhub.mis.text import clean

FORMAT = "integris"

PUPILS = TableShape(
    kind="pupils",
    columns={
        "admission number": "admission_number",
        "upn": "upn",
        "uln": "uln",
        "legal surname": "legal_surname",
        "legal forename": "legal_forename",
        "middle names": "middle_names",
        "surname": "preferred_surname",
        "forename": "preferred_forename",
        "date of birth": "date_of_birth",
        "gender": "sex",
        "year group": "year_group",
        "registration group": "registration_group",
        "enrolment status": "enrolment_status",
        "date of admission": "admission_date",
        "date of leaving": "leaving_date",
        "on roll": "on_roll",
        "free school meals": "free_school_meals",
        "pupil premium": "pupil_premium",
        "sen provision": "sen",
        "eal": "eal",
        "address": "address",
        "postcode": "postcode",
        "email": "email",
        "classes": "classes",
    },
    required=("admission number", "legal surname", "legal forename", "surname", "forename", "date of birth"),
)
EMPLOYEES = TableShape(
    kind="employees",
    columns={
        "staff code": "staff_code",
        "title": "title",
        "surname": "preferred_surname",
        "forename": "preferred_forename",
        "legal surname": "legal_surname",
        "legal forename": "legal_forename",
        "dfe number": "teacher_number",
        "work email": "email",
        "role": "role",
        "teaching staff": "teaching",
        "start date": "start_date",
        "leaving date": "end_date",
    },
    required=("staff code", "surname", "forename", "legal surname", "legal forename", "teaching staff"),
)
CLASSES = TableShape(
    kind="classes",
    columns={
        "class": "class",
        "type": "type",
        "subject": "subject",
        "year groups": "year_groups",
        "teachers": "teachers",
    },
    required=("class", "type", "teachers"),
)
SHAPES = (PUPILS, EMPLOYEES, CLASSES)
TITLES = titles_of(SHAPES)


def read(tables: Sequence[Table], notes: Notes) -> Roster:
    """Read the tables that are there. Who has no staff code is known by teacher number, or else by e-mail."""
    gathered = Gathered(notes)
    by_kind = one_of_each(tables, gathered)
    if classes := by_kind.get("classes"):
        _read_classes(classes, gathered)
    if employees := by_kind.get("employees"):
        _read_employees(employees, gathered)
    if pupils := by_kind.get("pupils"):
        _read_pupils(pupils, gathered, forms_are_listed=classes is not None)
    if classes and employees:
        _read_teachers(classes, gathered)
    return gathered.roster(
        FORMAT,
        holds_pupil=(by_kind["pupils"].fields - {"classes", "on_roll"})
        if "pupils" in by_kind
        else frozenset(),
        holds_employee=by_kind["employees"].fields if "employees" in by_kind else frozenset(),
    )


def parts(text: str, separator: str = ";") -> list[str]:
    """The cell's list, blanks left out."""
    return [part for part in (clean(part) for part in text.split(separator)) if part]


def _read_classes(table: Table, gathered: Gathered) -> None:
    for row in rows(table, gathered.notes.rejects):
        name, kind = clean(row.cells.get("class", "")), clean(row.cells.get("type", "")).lower()
        if not name or kind not in ("registration", "teaching"):
            gathered.notes.rejects.append(
                Reject(f"{table.name} line {row.line}", "The row is no class: it lacks a name, or its type.")
            )
            continue
        if _class_key(kind, name) in gathered.classes:
            _add_years(gathered, kind, name, row.cells)
            continue
        gathered.add_class(
            SchoolClass(
                mis_id=name,
                name=name,
                kind="registration" if kind == "registration" else "teaching",
                subject=clean(row.cells.get("subject", "")) or None,
                year_groups=_years(row.cells),
            )
        )


def _years(cells: dict[str, str]) -> tuple[str, ...]:
    found = (identifiers.year_group(year) for year in parts(cells.get("year_groups", "")))
    return tuple(year for year in found if year)


def _class_key(kind: str, name: str) -> ClassKey:
    return ("registration", name) if kind == "registration" else ("teaching", name)


def _add_years(gathered: Gathered, kind: str, name: str, cells: dict[str, str]) -> None:
    """Two classes of one name cannot be told apart and count as one."""
    key = _class_key(kind, name)
    known = gathered.classes[key]
    years = dict.fromkeys((*known.year_groups, *_years(cells)))
    gathered.classes[key] = replace(known, year_groups=tuple(years))


def _read_employees(table: Table, gathered: Gathered) -> None:
    notes = gathered.notes
    once = Once(notes, table.name, "employee")
    for row in rows(table, notes.rejects):
        place = f"{table.name} line {row.line}"
        if not (row.cells.get("legal_surname") or row.cells.get("preferred_surname")):
            notes.rejects.append(Reject(place, "The row is no person: it has no surname."))
            continue
        mis_id = _employee_id(row.cells)
        if mis_id is None:
            mis_id = f"line-{row.line}"
            notes.issues.append(
                Issue(
                    place,
                    "staff_code",
                    "There is neither a staff code, a teacher number nor an e-mail.",
                    mis_id,
                )
            )
        if not once.is_new(mis_id, line=row.line, cells=row.cells):
            continue
        gathered.employees[mis_id] = employee(
            Record(notes, table.name, f"employee {mis_id}", mis_id, row.cells)
        )


def _employee_id(cells: dict[str, str]) -> str | None:
    for name in ("staff_code", "teacher_number", "email"):
        if value := clean(cells.get(name, "")):
            return value
    return None


def _read_pupils(table: Table, gathered: Gathered, *, forms_are_listed: bool) -> None:
    notes = gathered.notes
    once = Once(notes, table.name, "pupil")
    holds = table.fields
    for row in rows(table, notes.rejects):
        place = f"{table.name} line {row.line}"
        mis_id = clean(row.cells.get("admission_number", ""))
        if not mis_id or (len(row.cells) < 4 and not row.cells.get("legal_surname")):
            notes.rejects.append(Reject(place, "The row is no pupil: it has no admission number or no name."))
            continue
        if not once.is_new(mis_id, line=row.line, cells=row.cells):
            continue
        found = pupil(Record(notes, table.name, f"pupil {mis_id}", mis_id, row.cells), holds=holds)
        gathered.pupils[mis_id] = found
        if group := found.registration_group:
            if forms_are_listed and ("registration", group) not in gathered.classes:
                notes.issues.append(
                    Issue(
                        f"pupil {mis_id}",
                        "registration_group",
                        "The registration group is not listed.",
                        mis_id,
                    )
                )
            else:
                gathered.named_class("registration", group)
                if found.status != "left":
                    gathered.class_pupils["registration", group][mis_id] = None
        for name in parts(row.cells.get("classes", "")):
            if forms_are_listed and ("teaching", name) not in gathered.classes:
                notes.rejects.append(Reject(place, f"Pupil {mis_id} is in a class that is not listed."))
                continue
            gathered.named_class("teaching", name)
            gathered.class_pupils["teaching", name][mis_id] = None


def _read_teachers(table: Table, gathered: Gathered) -> None:
    ignored: list[Reject] = []
    by_code = {
        person.staff_code: mis_id for mis_id, person in gathered.employees.items() if person.staff_code
    }
    for row in rows(table, ignored):
        name, kind = clean(row.cells.get("class", "")), clean(row.cells.get("type", "")).lower()
        key = _class_key(kind, name)
        if key not in gathered.classes:
            continue
        for code in parts(row.cells.get("teachers", "")):
            if code not in by_code:
                gathered.notes.issues.append(
                    Issue(
                        f"{table.name} line {row.line}",
                        "teachers",
                        f"The class names the staff code {code[:20]}, which no member of staff has.",
                        name,
                    )
                )
                continue
            gathered.class_employees[key][by_code[code]] = None
