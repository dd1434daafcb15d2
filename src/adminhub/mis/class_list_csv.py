"""A plain list of classes beside a file of people: one row for each pupil in a class, or each of its teachers."""

from collections.abc import Sequence

from adminhub.mis.csv_file import Table, TableShape, rows
from adminhub.mis.gathering import ClassKey, Gathered
from adminhub.mis.record import Notes, Record
from adminhub.mis.roster import ClassKind, Employee, Pupil, Reject, Roster, SchoolClass
from adminhub.mis.tables import kind_and_subject, one_of_each
from adminhub.mis.text import clean

FORMAT = "class-list"

_CLASS = ("class", "class name", "teaching group")
_COLUMNS = {
    "upn": "upn",
    "unique pupil number": "upn",
    **dict.fromkeys(_CLASS, "class"),
    "type": "type",
    "subject": "subject",
    "teacher email": "email",
    "teacher e-mail": "email",
    "teacher number": "teacher_number",
}
# A table with these is about people; it is another format's, or should be.
_NEVER = (
    "pupil id",
    "legal surname",
    "legal forename",
    "dob",
    "date of birth",
    "gender",
    "sex",
    "year group",
)
SHAPES = tuple(
    TableShape("classes", _COLUMNS, (number, name), _NEVER, is_guessed=False)
    for number in ("upn", "unique pupil number")
    for name in _CLASS
)
TITLES: dict[str, str] = {}


def read(tables: Sequence[Table], notes: Notes) -> Roster:
    """Read the list. Its people are numbers and e-mails only, to be found in a file that lists them (joining.py)."""
    gathered = Gathered(notes)
    table = one_of_each(tables, gathered)["classes"]
    for row in rows(table, notes.rejects):
        cells = {name: clean(value) for name, value in row.cells.items()}
        place, name = f"{table.name} line {row.line}", cells.get("class", "")
        if not name:
            notes.rejects.append(Reject(place, "The row names no class."))
            continue
        key = _class_key(cells, name, gathered)
        record = Record(notes, table.name, place, name, cells)
        if upn := record.upn():
            gathered.pupils[upn] = Pupil(mis_id=upn, upn=upn)
            gathered.class_pupils[key][upn] = None
        email, number = record.email(), record.teacher_number()
        if teacher := number or email:
            known = Employee(mis_id=teacher.lower(), email=email, teacher_number=number)
            gathered.employees.setdefault(known.mis_id, known)
            gathered.class_employees[key][known.mis_id] = None
        if not any(cells.get(field) for field in ("upn", "email", "teacher_number")):
            notes.rejects.append(Reject(place, "The row names a class and nobody in it."))
    return gathered.roster(
        FORMAT,
        holds_pupil=frozenset({"upn"}),
        holds_employee=table.fields & {"email", "teacher_number"},
        personal_ids=frozenset({"pupils", "employees"}),
    )


def _class_key(cells: dict[str, str], name: str, gathered: Gathered) -> ClassKey:
    """The class of this row, which is known by its name."""
    kind, subject = kind_and_subject(cells.get("subject", ""))
    if cells.get("type", "").lower() in ("registration", "tutor", "form"):
        kind = "registration"
    key: tuple[ClassKind, str] = (kind, name)
    gathered.add_class(SchoolClass(mis_id=name, name=name, kind=kind, subject=subject))
    return key
