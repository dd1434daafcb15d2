"""Clever's CSV set: schools, students, teachers, staff, sections and enrollments, of one school or a whole trust."""

from collections.abc import Sequence
from dataclasses import replace

from adminhub.mis import identifiers
from adminhub.mis.csv_file import Table, TableShape
from adminhub.mis.gathering import ClassKey, Gathered, Once
from adminhub.mis.record import Notes
from adminhub.mis.roster import Reject, Roster, SchoolClass
from adminhub.mis.tables import (
    Change,
    classes_by_id,
    kind_and_subject,
    link_teachers,
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

FORMAT = "clever"

SCHOOLS = TableShape(
    kind="schools",
    columns={"school_id": "mis_id", "school_name": "name", "school_number": "number"},
    required=("school_id", "school_name", "school_number"),
)
PUPILS = TableShape(
    kind="pupils",
    columns={
        "school_id": "school",
        "student_id": "mis_id",
        "student_number": "admission_number",
        "state_id": "upn",
        "last_name": "preferred_surname",
        "middle_name": "middle_names",
        "first_name": "preferred_forename",
        "grade": "year_group",
        "gender": "sex",
        "dob": "date_of_birth",
        "ell_status": "eal",
        "frl_status": "free_school_meals",
        "student_email": "email",
        "username": "username",
    },
    required=("school_id", "student_id", "last_name", "first_name"),
)
TEACHERS = TableShape(
    kind="employees",
    columns={
        "school_id": "school",
        "teacher_id": "mis_id",
        "teacher_number": "staff_code",
        "state_teacher_id": "teacher_number",
        "teacher_email": "email",
        "first_name": "preferred_forename",
        "middle_name": "middle_names",
        "last_name": "preferred_surname",
        "title": "title",
        "username": "username",
    },
    required=("school_id", "teacher_id", "last_name", "first_name"),
)
STAFF = TableShape(
    kind="other staff",
    columns={
        "school_id": "school",
        "staff_id": "mis_id",
        "staff_email": "email",
        "first_name": "preferred_forename",
        "last_name": "preferred_surname",
        "title": "role",
        "username": "username",
    },
    required=("school_id", "staff_id", "last_name", "first_name"),
)
SECTIONS = TableShape(
    kind="classes",
    columns={
        "school_id": "school",
        "section_id": "mis_id",
        "teacher_id": "teacher_1",
        **{f"teacher_{n}_id": f"teacher_{n}" for n in range(2, 11)},
        "name": "name",
        "section_number": "number",
        "grade": "year_groups",
        "subject": "subject",
        "course_name": "course",
    },
    required=("school_id", "section_id", "teacher_id"),
)
MEMBERS = TableShape(
    kind="memberships",
    columns={"school_id": "school", "section_id": "class", "student_id": "person"},
    required=("school_id", "section_id", "student_id"),
)
SHAPES = (SCHOOLS, PUPILS, TEACHERS, STAFF, SECTIONS, MEMBERS)
TITLES = {heading: heading.capitalize() for shape in SHAPES for heading in shape.columns} | {"dob": "DOB"}

_LUNCH = {"free": "Y", "f": "Y", "reduced": "Y", "r": "Y", "paid": "N", "p": "N"}


def read(tables: Sequence[Table], notes: Notes) -> Roster:
    """Read the tables that are there. Raises Refused where the people are all of a school that is not listed."""
    gathered = Gathered(notes)
    by_kind = one_of_each(tables, gathered)
    read_schools(by_kind.get("schools"), gathered)
    for kind in ("pupils", "employees", "other staff"):
        refuse_other_school(by_kind.get(kind), gathered)
    teachers = _read_sections(by_kind.get("classes"), gathered)
    read_employees(by_kind.get("employees"), gathered, title="Teacher_id")
    for mis_id, person in gathered.employees.items():
        gathered.employees[mis_id] = replace(person, teaching=True)
    read_employees(by_kind.get("other staff"), gathered, title="Staff_id")
    read_pupils(
        by_kind.get("pupils"), gathered, title="Student_id", change=_change(by_kind.get("pupils"), gathered)
    )
    read_links(by_kind.get("memberships"), gathered, keys=classes_by_id(gathered))
    gathered.put_in_registration_groups()
    for key, people in teachers.items():
        link_teachers(key, people, gathered, place=f"class {key[1]}", is_known="employees" in by_kind)
    staff = [by_kind[kind].fields for kind in ("employees", "other staff") if kind in by_kind]
    return gathered.roster(
        FORMAT,
        holds_pupil=(by_kind["pupils"].fields - {"mis_id", "school"}) | {"registration_group", "schools"}
        if "pupils" in by_kind
        else frozenset(),
        holds_employee=(frozenset().union(*staff) - {"mis_id", "school"}) | {"schools"}
        if staff
        else frozenset(),
        registration_counts_as_membership=True,
    )


def _change(table: Table | None, gathered: Gathered) -> Change:
    turn_round = month_first(table, gathered, name="date_of_birth", title="DOB")

    def change(cells: dict[str, str]) -> None:
        turn_round(cells)
        if "year_group" in cells:
            cells["year_group"] = year_label(cells["year_group"])
        if "free_school_meals" in cells:
            word = clean(cells["free_school_meals"])
            cells["free_school_meals"] = _LUNCH.get(word.lower(), word)

    return change


def _read_sections(table: Table | None, gathered: Gathered) -> dict[ClassKey, list[str]]:
    teachers: dict[ClassKey, list[str]] = {}
    if table is None:
        return teachers
    once = Once(gathered.notes, table.name, "class")
    for row in live(table, gathered):
        cells = {name: clean(value) for name, value in row.cells.items()}
        mis_id = cells.get("mis_id", "")
        name = cells.get("name") or cells.get("number") or cells.get("course")
        if not mis_id or not name:
            gathered.notes.rejects.append(
                Reject(f"{table.name} line {row.line}", "The row lacks the id or the name of a section.")
            )
            continue
        if not once.is_new(mis_id, line=row.line, cells=row.cells):
            continue
        kind, subject = kind_and_subject(cells.get("subject", ""), cells.get("course", ""))
        year = identifiers.year_group(year_label(cells.get("year_groups", "")))
        gathered.add_class(
            SchoolClass(
                mis_id=mis_id,
                name=name,
                kind=kind,
                subject=subject,
                year_groups=(year,) if year else (),
                school=cells.get("school") or None,
            )
        )
        teachers[kind, mis_id] = [cells.get(f"teacher_{n}", "") for n in range(1, 11)]
    return teachers
