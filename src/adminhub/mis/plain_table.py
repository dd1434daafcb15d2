"""A school's own tables of people, read by the profile in which somebody said what each column holds."""

from collections.abc import Mapping, Sequence

from adminhub.mis.csv_file import Row, Table, rows
from adminhub.mis.days import read_day
from adminhub.mis.gathering import Gathered
from adminhub.mis.keys import employee_key, pupil_key
from adminhub.mis.record import Notes, Record, employee, pupil
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import ClassKind, Issue, PersonKind, Reject, Roster
from adminhub.mis.text import clean

FORMAT = "plain"

_LISTS = str.maketrans({";": "\n", "|": "\n", ",": "\n"})
_NOT_HELD = frozenset({"mis_id", "classes", "full_name"})
_OWN_KEYS = {"pupils": ("mis_id", "admission_number"), "employees": ("mis_id", "staff_code")}


def read(tables: Sequence[Table], notes: Notes, *, system: str) -> Roster:
    """Read every table. A person's row may be there once for each class. Who has no id gets a key of their own."""
    gathered = Gathered(notes)
    personal: set[PersonKind] = set()
    holds: dict[str, frozenset[str]] = {"pupils": frozenset(), "employees": frozenset()}
    for table in tables:
        notes.issues.extend(table.issues)
        kind: PersonKind = "pupils" if table.shape.kind == "pupils" else "employees"
        gathered.tables.setdefault(kind, table.name)
        holds[kind] |= _held(table)
        key = next((name for name in _OWN_KEYS[kind] if name in table.fields), None)
        if key is None:
            personal.add(kind)
            _refuse_without_birthdays(table)
        _read_people(table, gathered, kind=kind, key=key)
    return gathered.roster(
        system or FORMAT,
        holds_pupil=holds["pupils"],
        holds_employee=holds["employees"],
        personal_ids=frozenset(personal),
    )


def _refuse_without_birthdays(table: Table) -> None:
    """Raises Refused where people would be known by birthdays that cannot be trusted: they would all be others."""
    if "date_of_birth" in table.shape.fields - table.fields:
        said = next(issue.message for issue in table.issues if issue.field == "date_of_birth")
        raise Refused(
            table.name,
            f"The dates of birth are in two orders. {said}",
            what_to_do="Correct them, or add a column with an id of each person.",
        )


def _held(table: Table) -> frozenset[str]:
    names = {"legal_forename", "legal_surname"} if "full_name" in table.fields else set()
    return (table.fields | names) - _NOT_HELD


def _read_people(table: Table, gathered: Gathered, *, kind: PersonKind, key: str | None) -> None:
    notes, noun = gathered.notes, "pupil" if kind == "pupils" else "employee"
    before: dict[str, Mapping[str, str]] = {}
    for row in rows(table, notes.rejects, notes.spoilt):
        cells = row.cells
        _split_name(cells)
        classes = _list(cells.pop("classes", ""))
        groups = _list(cells.pop("registration_groups", ""))
        if not (cells.get("legal_surname") or cells.get("preferred_surname")):
            notes.rejects.append(
                Reject(f"{table.name} line {row.line}", "The row is no person: it has no surname.")
            )
            continue
        mis_id = (
            clean(cells.pop("mis_id", "")) if key == "mis_id" else clean(cells.get(key, "")) if key else ""
        )
        mis_id = mis_id or ("" if key else _personal_key(cells, kind))
        if not mis_id:
            notes.rejects.append(Reject(f"{table.name} line {row.line}", "The row has no id."))
            continue
        if mis_id in before:
            _remark_on_repeat(table, row, gathered, is_same=before[mis_id] == cells, has_class=bool(classes))
            if before[mis_id] != cells:
                continue
        else:
            before[mis_id] = dict(cells)
            label = f"{noun} {mis_id}" if key else f"{table.name} line {row.line}"
            _add(Record(notes, table.name, label, mis_id, cells), table, gathered, kind=kind)
        _put_in(gathered, "teaching", classes, mis_id, kind=kind)
        _put_in(gathered, "registration", groups, mis_id, kind=kind)


def _add(record: Record, table: Table, gathered: Gathered, *, kind: PersonKind) -> None:
    if kind == "employees":
        gathered.employees[record.mis_id] = employee(record)
        return
    found = gathered.pupils[record.mis_id] = pupil(record, holds=_held(table))
    if found.registration_group:
        names = [found.registration_group] if found.status != "left" else []
        gathered.named_class("registration", found.registration_group)
        _put_in(gathered, "registration", names, record.mis_id, kind=kind)


def _put_in(
    gathered: Gathered, kind_of_class: ClassKind, names: Sequence[str], mis_id: str, *, kind: PersonKind
) -> None:
    members = gathered.class_pupils if kind == "pupils" else gathered.class_employees
    for name in names:
        gathered.named_class(kind_of_class, name)
        members[kind_of_class, name][mis_id] = None


def _remark_on_repeat(table: Table, row: Row, gathered: Gathered, *, is_same: bool, has_class: bool) -> None:
    place = f"{table.name} line {row.line}"
    if not is_same:
        gathered.notes.rejects.append(Reject(place, "Another row has the same id and says otherwise."))
    elif not has_class:
        gathered.notes.issues.append(Issue(place, None, "The row is there twice; read once."))


def _split_name(cells: dict[str, str]) -> None:
    """Surname, Forename parted. Without a comma nobody can know where a surname begins; it is all surname then."""
    whole = clean(cells.pop("full_name", ""))
    surname, _, forename = whole.partition(",")
    for name, value in (("legal_surname", surname), ("legal_forename", forename)):
        if value.strip() and not cells.get(name):
            cells[name] = value.strip()


def _personal_key(cells: Mapping[str, str], kind: PersonKind) -> str:
    surname = clean(cells.get("legal_surname") or cells.get("preferred_surname") or "")
    forename = clean(cells.get("legal_forename") or cells.get("preferred_forename") or "")
    born = read_day(clean(cells.get("date_of_birth", "")))
    if kind == "pupils":
        return pupil_key(cells.get("upn"), surname=surname, forename=forename, born=born)
    number = clean(cells.get("teacher_number", "")) or None
    return employee_key(number, surname=surname, forename=forename, born=born)


def _list(text: str) -> list[str]:
    return [part for part in (clean(part) for part in text.translate(_LISTS).split("\n")) if part]
