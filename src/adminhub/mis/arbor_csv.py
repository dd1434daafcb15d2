"""Arbor's CSV exports: students, staff, registration forms, classes and who is in them, joined by ids."""

from collections.abc import Sequence

from adminhub.mis.csv_file import Table, TableShape, rows, titles_of
from adminhub.mis.gathering import Gathered
from adminhub.mis.record import Notes
from adminhub.mis.roster import ClassKind, Reject, Roster
from adminhub.mis.tables import one_of_each, read_classes, read_employees, read_pupils
from adminhub.mis.text import clean

FORMAT = "arbor"

PUPILS = TableShape(
    kind="pupils",
    columns={
        "arbor student id": "mis_id",
        "upn": "upn",
        "former upn": "former_upn",
        "uln": "uln",
        "admission number": "admission_number",
        "legal first name": "legal_forename",
        "legal middle names": "middle_names",
        "legal last name": "legal_surname",
        "preferred first name": "preferred_forename",
        "preferred last name": "preferred_surname",
        "sex": "sex",
        "date of birth": "date_of_birth",
        "year group": "year_group",
        "registration form": "registration_group",
        "house": "house",
        "enrolment status": "enrolment_status",
        "enrolment date": "admission_date",
        "leaving date": "leaving_date",
        "email address": "email",
        "free school meals": "free_school_meals",
        "fsm ever 6": "free_school_meals_ever_6",
        "pupil premium recipient": "pupil_premium",
        "sen status": "sen",
        "eal": "eal",
        "looked after": "in_care",
        "service child": "service_child",
        "home address": "address",
        "postcode": "postcode",
    },
    required=("arbor student id", "legal first name", "legal last name", "date of birth"),
)
EMPLOYEES = TableShape(
    kind="employees",
    columns={
        "arbor staff id": "mis_id",
        "title": "title",
        "legal first name": "legal_forename",
        "legal last name": "legal_surname",
        "preferred first name": "preferred_forename",
        "preferred last name": "preferred_surname",
        "work email": "email",
        "teacher number": "teacher_number",
        "staff code": "staff_code",
        "sex": "sex",
        "business role": "role",
        "teaching staff": "teaching",
        "employment start": "start_date",
        "employment end": "end_date",
    },
    required=("arbor staff id", "legal first name", "legal last name"),
)
FORMS = TableShape(
    kind="registration groups",
    columns={
        "form id": "mis_id",
        "registration form": "name",
        "year groups": "year_groups",
        "tutor staff ids": "tutors",
    },
    required=("form id", "registration form"),
)
CLASSES = TableShape(
    kind="classes",
    columns={"class id": "mis_id", "class": "name", "course": "subject", "year groups": "year_groups"},
    required=("class id", "class"),
    never=("years", "teacher ids"),  # ScholarPack's
)
MEMBERS = TableShape(
    kind="memberships",
    columns={"class id": "class", "arbor student id": "person"},
    required=("class id", "arbor student id"),
)
TEACHERS = TableShape(
    kind="teaching links",
    columns={"class id": "class", "arbor staff id": "person", "lead teacher": "lead"},
    required=("class id", "arbor staff id"),
)
SHAPES = (PUPILS, EMPLOYEES, FORMS, CLASSES, MEMBERS, TEACHERS)
TITLES = titles_of(SHAPES)


def read(tables: Sequence[Table], notes: Notes) -> Roster:
    """Read the tables that are there."""
    gathered = Gathered(notes)
    by_kind = one_of_each(tables, gathered)
    tutors = _read_groups(by_kind.get("registration groups"), gathered, kind="registration")
    _read_groups(by_kind.get("classes"), gathered, kind="teaching")
    read_employees(by_kind.get("employees"), gathered, title="Arbor Staff ID")
    read_pupils(
        by_kind.get("pupils"),
        gathered,
        title="Arbor Student ID",
        forms_are_listed="registration groups" in by_kind,
    )
    _read_links(by_kind.get("memberships"), gathered, noun="pupil")
    _read_links(by_kind.get("teaching links"), gathered, noun="employee")
    for mis_id, people in tutors.items():
        for person in people:
            if person in gathered.employees:
                gathered.class_employees["registration", mis_id][person] = None
    return gathered.roster(
        FORMAT,
        holds_pupil=(by_kind["pupils"].fields - {"mis_id"}) if "pupils" in by_kind else frozenset(),
        holds_employee=(by_kind["employees"].fields - {"mis_id"}) if "employees" in by_kind else frozenset(),
    )


def _read_groups(table: Table | None, gathered: Gathered, *, kind: ClassKind) -> dict[str, list[str]]:
    return {
        mis_id: [clean(person) for person in row.cells.get("tutors", "").split(",")]
        for mis_id, row in read_classes(table, gathered, kind=kind, years=",")
    }


def _read_links(table: Table | None, gathered: Gathered, *, noun: str) -> None:
    if table is None:
        return
    people = gathered.pupils if noun == "pupil" else gathered.employees
    links = gathered.class_pupils if noun == "pupil" else gathered.class_employees
    for row in rows(table, gathered.notes.rejects):
        class_id, person = clean(row.cells.get("class", "")), clean(row.cells.get("person", ""))
        place = f"{table.name} line {row.line}"
        if ("teaching", class_id) not in gathered.classes:
            gathered.notes.rejects.append(Reject(place, f"Names class {class_id[:40]}, which is not listed."))
        elif person in gathered.notes.spoilt:
            continue
        elif person not in people:
            gathered.strangers[person].append(
                Reject(place, f"Names {noun} {person[:40]}, who is not listed.")
            )
        else:
            links["teaching", class_id][person] = None
