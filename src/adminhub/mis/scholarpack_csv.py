"""ScholarPack-style spreadsheets of a primary school: pupils.csv, staff.csv and classes.csv, joined by ids."""

from collections.abc import Sequence

from adminhub.mis.csv_file import Table, TableShape, titles_of
from adminhub.mis.gathering import ClassKey, Gathered
from adminhub.mis.record import Notes
from adminhub.mis.roster import Roster
from adminhub.mis.tables import link_teachers, one_of_each, read_classes, read_employees, read_pupils
from adminhub.mis.text import clean

FORMAT = "scholarpack"

PUPILS = TableShape(
    kind="pupils",
    columns={
        "pupil id": "mis_id",
        "upn": "upn",
        "surname": "preferred_surname",
        "forename": "preferred_forename",
        "legal surname": "legal_surname",
        "legal forename": "legal_forename",
        "middle name(s)": "middle_names",
        "dob": "date_of_birth",
        "gender": "sex",
        "year": "year_group",
        "class": "registration_group",
        "entry date": "admission_date",
        "enrolment": "enrolment_status",
        "fsm": "free_school_meals",
        "pp": "pupil_premium",
        "sen": "sen",
        "eal": "eal",
        "postcode": "postcode",
    },
    required=("pupil id", "surname", "forename", "legal surname", "legal forename", "dob"),
)
EMPLOYEES = TableShape(
    kind="employees",
    columns={
        "staff id": "mis_id",
        "title": "title",
        "forename": "preferred_forename",
        "surname": "preferred_surname",
        "email": "email",
        "job title": "role",
        "teacher ref": "teacher_number",
        "started": "start_date",
        "left": "end_date",
    },
    required=("staff id", "forename", "surname", "job title"),
)
CLASSES = TableShape(
    kind="registration groups",
    columns={"class id": "mis_id", "class": "name", "years": "year_groups", "teacher ids": "teachers"},
    required=("class id", "class", "teacher ids"),
)
SHAPES = (PUPILS, EMPLOYEES, CLASSES)
TITLES = titles_of(SHAPES)


def read(tables: Sequence[Table], notes: Notes) -> Roster:
    """Read the tables that are there. Only registration classes are in them."""
    gathered = Gathered(notes)
    by_kind = one_of_each(tables, gathered)
    teachers = _read_classes(by_kind.get("registration groups"), gathered)
    read_employees(by_kind.get("employees"), gathered, title="Staff ID")
    read_pupils(
        by_kind.get("pupils"),
        gathered,
        title="Pupil ID",
        forms_are_listed="registration groups" in by_kind,
    )
    for key, people in teachers.items():
        link_teachers(key, people, gathered, place=f"class {key[1]}", is_known="employees" in by_kind)
    return gathered.roster(
        FORMAT,
        holds_pupil=(by_kind["pupils"].fields - {"mis_id"}) if "pupils" in by_kind else frozenset(),
        holds_employee=(by_kind["employees"].fields - {"mis_id"}) if "employees" in by_kind else frozenset(),
    )


def _read_classes(table: Table | None, gathered: Gathered) -> dict[ClassKey, list[str]]:
    return {
        ("registration", mis_id): [clean(person) for person in row.cells.get("teachers", "").split("&")]
        for mis_id, row in read_classes(table, gathered, kind="registration", years="/")
    }
