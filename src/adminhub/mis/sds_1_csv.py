"""Microsoft School Data Sync v1 CSV: School, Section, Student, Teacher and who is in them, UK or US headings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adminhub.mis.csv_file import Table, TableShape, titles_of
from adminhub.mis.gathering import Gathered, Once
from adminhub.mis.record import Notes
from adminhub.mis.roster import Reject, Roster, SchoolClass
from adminhub.mis.tables import (
    Change,
    classes_by_id,
    kind_and_subject,
    live,
    month_first,
    one_of_each,
    read_employees,
    read_links,
    read_pupils,
    read_schools,
    refuse_other_school,
    year_label,
)
from adminhub.mis.text import clean

UK, US = "sds-1-uk", "sds-1"

_NAMES = {
    "first name": "preferred_forename",
    "last name": "preferred_surname",
    "middle name": "middle_names",
    "username": "username",
    "status": "status",
}
_PUPIL = _NAMES | {
    "state id": "upn",
    "secondary email": "email",
    "student number": "admission_number",
    "grade": "year_group",
    "birthdate": "date_of_birth",
    "graduation year": "graduation_year",
}
_EMPLOYEE = _NAMES | {
    "teacher number": "teacher_number",
    "secondary email": "email",
    "title": "title",
    "qualification": "qualification",
}
_SECTION = {
    "section name": "name",
    "section number": "number",
    "course name": "course",
    "course subject": "subject",
    "status": "status",
}


def _shapes(mis_id: str, school: str, section: str) -> tuple[TableShape, ...]:
    people: Mapping[str, str] = {mis_id: "mis_id", school: "school"}
    return (
        TableShape(
            "schools", {mis_id: "mis_id", "name": "name", "school number": "number"}, (mis_id, "name")
        ),
        TableShape("classes", {**people, **_SECTION}, (mis_id, school, "section name")),
        TableShape(
            "pupils", {**people, **_PUPIL}, (mis_id, school, "username"), ("teacher number", "qualification")
        ),
        TableShape(
            "employees",
            {**people, **_EMPLOYEE},
            (mis_id, school, "username"),
            ("student number", "grade", "birthdate", "graduation year"),
            file="teacher",
        ),
        TableShape("memberships", {section: "class", mis_id: "person"}, (section, mis_id), is_guessed=False),
    )


SHAPES_UK = _shapes("id", "school dfe number", "section id")
_UK_SCHOOL = TableShape(
    "schools",
    {"dfe number": "mis_id", "name": "name", "school number": "number"},
    ("dfe number", "name", "school number"),
)
SHAPES_US = _shapes("sis id", "school sis id", "section sis id")
SHAPES = (_UK_SCHOOL, *SHAPES_UK[1:], *SHAPES_US)
TITLES = titles_of(SHAPES)

_NOT_HELD = frozenset({"mis_id", "school", "status", "graduation_year", "qualification"})


def format_of(tables: Sequence[Table]) -> str:
    """Which of the two sets of headings these are."""
    return US if any(table.shape in SHAPES_US for table in tables) else UK


def read(tables: Sequence[Table], notes: Notes) -> Roster:
    """Read the tables that are there. Teachers are the only staff this format has."""
    gathered = Gathered(notes)
    by_kind = one_of_each(tables, gathered, several=("memberships",))
    read_schools(by_kind.get("schools"), gathered)
    for kind in ("pupils", "employees"):
        refuse_other_school(by_kind.get(kind), gathered)
    _read_sections(by_kind.get("classes"), gathered)
    read_employees(by_kind.get("employees"), gathered, title="ID")
    for mis_id, person in gathered.employees.items():
        gathered.employees[mis_id] = replace(person, teaching=True)
    read_pupils(by_kind.get("pupils"), gathered, title="ID", change=_change(by_kind.get("pupils"), gathered))
    keys = classes_by_id(gathered)
    for table in tables:
        if table.shape.kind == "memberships":
            read_links(table, gathered, keys=keys)
    gathered.put_in_registration_groups()
    return gathered.roster(
        format_of(tables),
        holds_pupil=(by_kind["pupils"].fields - _NOT_HELD) | {"registration_group", "schools"}
        if "pupils" in by_kind
        else frozenset(),
        holds_employee=(by_kind["employees"].fields - _NOT_HELD) | {"schools"}
        if "employees" in by_kind
        else frozenset(),
        registration_counts_as_membership=True,
    )


def _change(table: Table | None, gathered: Gathered) -> Change:
    turn_round = month_first(table, gathered, name="date_of_birth", title="Birthdate")

    def change(cells: dict[str, str]) -> None:
        turn_round(cells)
        if "year_group" in cells:
            cells["year_group"] = year_label(cells["year_group"])

    return change


def _read_sections(table: Table | None, gathered: Gathered) -> None:
    if table is None:
        return
    once = Once(gathered.notes, table.name, "class")
    for row in live(table, gathered):
        cells = {name: clean(value) for name, value in row.cells.items()}
        mis_id, name = cells.get("mis_id", ""), cells.get("name", "")
        if not mis_id or not name:
            gathered.notes.rejects.append(
                Reject(f"{table.name} line {row.line}", "The row lacks the id or the name of a section.")
            )
            continue
        if not once.is_new(mis_id, line=row.line, cells=row.cells):
            continue
        kind, subject = kind_and_subject(cells.get("subject", ""), cells.get("course", ""))
        gathered.add_class(
            SchoolClass(
                mis_id=mis_id,
                name=name,
                kind=kind,
                subject=subject,
                school=cells.get("school") or None,
            )
        )
