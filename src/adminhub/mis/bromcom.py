"""Bromcom: the partner API's answers saved page by page as JSON, or the same tables as CSV."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from adminhub.mis.csv_file import Row, Table, TableShape, rows
from adminhub.mis.gathering import Gathered, Once
from adminhub.mis.json_file import Page
from adminhub.mis.record import Notes, Record, employee, pupil
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import Contact, Issue, Reject, Roster, SchoolClass
from adminhub.mis.text import clean

FORMAT = "bromcom"

_CONTACTS = ("contact1", "contact2", "contact3")
PUPILS = TableShape(
    kind="pupils",
    columns={
        "studentid": "mis_id",
        "upn": "upn",
        "firstname": "legal_forename",
        "lastname": "legal_surname",
        "preferredfirstname": "preferred_forename",
        "preferredlastname": "preferred_surname",
        "gendercode": "sex",
        "dateofbirth": "date_of_birth",
        "studentemail": "email",
        "admissionnumber": "admission_number",
        "provisionname": "sen",
        "everfsm6flag": "free_school_meals_ever_6",
        "premiumpupilflag": "pupil_premium",
        "incareflag": "in_care",
        "ealflag": "eal",
        "enrolmentstatename": "enrolment_status",
        "yeargroup": "year_group",
        "tutorgroupname": "registration_group",
        **{f"{contact}name": f"{contact}_name" for contact in _CONTACTS},
        **{f"{contact}email": f"{contact}_email" for contact in _CONTACTS},
    },
    required=("studentid", "firstname", "lastname", "dateofbirth"),
)
EMPLOYEES = TableShape(
    kind="employees",
    columns={
        "staffid": "mis_id",
        "title": "title",
        "firstname": "legal_forename",
        "lastname": "legal_surname",
        "preferredfirstname": "preferred_forename",
        "preferredlastname": "preferred_surname",
        "workemail": "email",
        "staffcode": "staff_code",
        "jobtitle": "role",
    },
    required=("staffid", "firstname", "lastname"),
)
MEMBERS = TableShape(
    kind="memberships",
    columns={"studentid": "person", "classname": "class", "subjectdescription": "subject"},
    required=("studentid", "classname"),
    is_guessed=False,
)
TEACHERS = TableShape(
    kind="teaching links",
    columns={"staffid": "person", "classname": "class"},
    required=("staffid", "classname"),
    is_guessed=False,
)
SHAPES = (PUPILS, EMPLOYEES, MEMBERS, TEACHERS)
TITLES = {
    "studentid": "studentId",
    "staffid": "staffId",
    "firstname": "firstName",
    "lastname": "lastName",
    "dateofbirth": "dateOfBirth",
}

_ENTITIES = {
    "studentflatview": PUPILS,
    "staff": EMPLOYEES,
    "yeargroupsubjectstudents": MEMBERS,
    "timetable": TEACHERS,
}
_NO_TUTOR_GROUP = "notutorgrp"
_YEAR_OF_CLASS = re.compile(r"\s*\(\d{2}/\d{2}\)$")
_TITLES_OF_PEOPLE = frozenset({"mr", "mrs", "miss", "ms", "mx", "dr", "rev", "prof", "sir", "lady"})


@dataclass(slots=True)
class _Part:
    """Everything of one kind, from a table or from all pages: rows under numbers of their own."""

    name: str
    unit: str
    fields: set[str] = field(default_factory=set)
    rows: list[Row] = field(default_factory=list)
    repeated: list[tuple[Page, Page]] = field(default_factory=list)

    def place(self, row: Row) -> str:
        return f"{self.name} {self.unit} {row.line}"


def is_page(page: Page) -> bool:
    """Whether this is a page of one of the four answers we read. An empty one is told by its name."""
    return _shape_of(page) is not None


def read(tables: Sequence[Table], pages: Sequence[Page], notes: Notes) -> Roster:
    """Read the tables or pages that are there. Raises Refused where a page is missing, or stands in for another."""
    gathered = Gathered(notes)
    parts = _parts_of_pages(pages, notes) | _parts_of_tables(tables, notes)
    for kind, part in parts.items():
        gathered.tables[kind] = part.name
    _read_pupils(parts.get("pupils"), gathered)
    _read_employees(parts.get("employees"), gathered)
    _read_members(parts.get("memberships"), gathered)
    _read_teachers(parts.get("teaching links"), gathered)
    if pupils := parts.get("pupils"):
        _refuse_stand_in(pupils, gathered)
    contacts = {f"{contact}_{part}" for contact in _CONTACTS for part in ("name", "email")}
    return gathered.roster(
        FORMAT,
        holds_pupil=frozenset(parts["pupils"].fields - contacts - {"mis_id"})
        if "pupils" in parts
        else frozenset(),
        holds_employee=frozenset(parts["employees"].fields - {"mis_id"})
        if "employees" in parts
        else frozenset(),
    )


def _shape_of(page: Page) -> TableShape | None:
    if not page.records:
        return _ENTITIES.get(page.entity.lower())
    keys = {key.lower() for record in page.records for key in record}
    is_of_class, is_named = "classname" in keys, bool(keys & {"firstname", "lastname", "preferredlastname"})
    if "studentid" in keys:
        return PUPILS if is_named else MEMBERS if is_of_class else None
    if "staffid" in keys:
        return EMPLOYEES if is_named else TEACHERS if is_of_class else None
    return None


def _parts_of_tables(tables: Sequence[Table], notes: Notes) -> dict[str, _Part]:
    parts: dict[str, _Part] = {}
    for table in tables:
        notes.issues.extend(table.issues)
        if table.shape.kind in parts:
            raise Refused(
                table.name,
                f"There are two files of {table.shape.kind}, this one and {parts[table.shape.kind].name}.",
                what_to_do="Give the files of one export.",
            )
        part = parts[table.shape.kind] = _Part(table.name, "line", set(table.fields))
        part.rows = list(rows(table, notes.rejects, notes.spoilt))
    return parts


def _parts_of_pages(pages: Sequence[Page], notes: Notes) -> dict[str, _Part]:
    by_shape: defaultdict[str, list[Page]] = defaultdict(list)
    shapes: dict[str, TableShape] = {}
    for page in pages:
        if shape := _shape_of(page):
            shapes[shape.kind] = shape
            by_shape[shape.kind].append(page)
    parts = {}
    for kind, found in by_shape.items():
        ordered = sorted(found, key=lambda page: (page.number is None, page.number or 0, page.name))
        _refuse_gap(ordered)
        parts[kind] = _part_of_pages(shapes[kind], ordered, notes)
    return parts


def _refuse_gap(pages: Sequence[Page]) -> None:
    """Pages are fetched from 0 until one is empty; what is between must be there."""
    numbered = {page.number: page for page in pages if page.number is not None}
    for number in range(max(numbered, default=-1)):
        if number not in numbered:
            beside = next(iter(numbered.values()))
            missing = beside.name.replace(f"page{beside.number}", f"page{number}")
            raise Refused(
                missing, "This page is missing: later ones are there.", what_to_do="Fetch the page again."
            )


def _part_of_pages(shape: TableShape, pages: Sequence[Page], notes: Notes) -> _Part:
    part = _Part(pages[0].name, "record")
    if pages[-1].records and pages[-1].number is not None:
        notes.issues.append(
            Issue(pages[-1].name, None, "No empty page comes after this one, so there may have been more.")
        )
    seen: dict[tuple[frozenset[tuple[str, str]], ...], Page] = {}
    number = 0
    for page in pages:
        if not page.records:
            continue
        content = tuple(frozenset(record.items()) for record in page.records)
        if content in seen:
            part.repeated.append((page, seen[content]))
        seen.setdefault(content, page)
        keys = {key.lower() for record in page.records for key in record}
        for heading in shape.required:
            if heading not in keys:
                raise Refused(
                    page.name,
                    f"No record on this page has the field {TITLES.get(heading, heading)}.",
                    what_to_do="Ask for the field to be permitted again, and fetch the page again.",
                )
        for record in page.records:
            number += 1
            part.rows.append(Row(number, dict(_fields(record, shape.columns))))
        part.fields |= {shape.columns[key.lower()] for key in page.keys if key.lower() in shape.columns}
    return part


def _fields(record: Mapping[str, str], columns: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        name = columns.get(key.lower())
        if name is not None and value.strip():
            yield name, value


def _read_pupils(part: _Part | None, gathered: Gathered) -> None:
    if part is None:
        return
    notes = gathered.notes
    once = Once(notes, part.name, "pupil", unit=part.unit)
    for row in part.rows:
        cells = row.cells
        mis_id = clean(cells.pop("mis_id", ""))
        if not mis_id or len(cells) < 3:
            notes.rejects.append(
                Reject(part.place(row), "The record is no pupil: it has no studentId or no name.")
            )
            continue
        if not once.is_new(mis_id, line=row.line, cells=cells):
            continue
        if clean(cells.get("registration_group", "")).lower() == _NO_TUTOR_GROUP:
            del cells["registration_group"]
        record = Record(notes, part.name, f"pupil {mis_id}", mis_id, cells)
        found = gathered.pupils[mis_id] = pupil(record, holds=frozenset(part.fields))
        if "year_group" in part.fields and "year_group" not in cells:
            record.remark("year_group", "There is no year group.")
        if found.registration_group:
            gathered.named_class("registration", found.registration_group)
            gathered.class_pupils["registration", found.registration_group][mis_id] = None
        _read_contacts(mis_id, cells, gathered)


def _read_contacts(mis_id: str, cells: Mapping[str, str], gathered: Gathered) -> None:
    for contact in _CONTACTS:
        words = clean(cells.get(f"{contact}_name", ""))[:100].split()
        if not words:
            continue
        if words[0].rstrip(".").lower() in _TITLES_OF_PEOPLE and words[1:]:
            words = words[1:]
        contact_id = f"{mis_id}-{contact[-1]}"
        gathered.contacts[contact_id] = Contact(
            mis_id=contact_id,
            forename=" ".join(words[:-1]) or None,
            surname=words[-1],
            email=clean(cells.get(f"{contact}_email", ""))[:200] or None,
            pupils=(mis_id,),
        )


def _read_employees(part: _Part | None, gathered: Gathered) -> None:
    if part is None:
        return
    notes = gathered.notes
    once = Once(notes, part.name, "employee", unit=part.unit)
    for row in part.rows:
        mis_id = clean(row.cells.pop("mis_id", ""))
        if not mis_id or not row.cells:
            notes.rejects.append(
                Reject(part.place(row), "The record is no person: it has no staffId or no name.")
            )
        elif once.is_new(mis_id, line=row.line, cells=row.cells):
            record = Record(notes, part.name, f"employee {mis_id}", mis_id, row.cells)
            gathered.employees[mis_id] = employee(record)


def _class_name(cells: Mapping[str, str]) -> str:
    """The class's name without the school year that follows it."""
    return _YEAR_OF_CLASS.sub("", clean(cells.get("class", "")))


def _read_members(part: _Part | None, gathered: Gathered) -> None:
    for row, name in _of_classes(part, gathered):
        person = clean(row.cells.get("person", ""))
        subject = clean(row.cells.get("subject", "")) or None
        gathered.add_class(SchoolClass(mis_id=name, name=name, kind="teaching", subject=subject))
        if person in gathered.pupils:
            gathered.class_pupils["teaching", name][person] = None
        elif part and person not in gathered.notes.spoilt:
            gathered.strangers[person].append(
                Reject(part.place(row), f"Names pupil {person[:40]}, who is not listed.")
            )


def _read_teachers(part: _Part | None, gathered: Gathered) -> None:
    for row, name in _of_classes(part, gathered):
        person = clean(row.cells.get("person", ""))
        gathered.named_class("teaching", name)
        if person in gathered.employees:
            gathered.class_employees["teaching", name][person] = None
        elif part:
            gathered.notes.rejects.append(
                Reject(part.place(row), f"Names member of staff {person[:40]}, who is not listed.")
            )


def _of_classes(part: _Part | None, gathered: Gathered) -> Iterable[tuple[Row, str]]:
    if part is None:
        return
    for row in part.rows:
        if name := _class_name(row.cells):
            yield row, name
        else:
            gathered.notes.rejects.append(Reject(part.place(row), "The record names no class."))


def _refuse_stand_in(pupils: _Part, gathered: Gathered) -> None:
    """A page that came twice is harmless, unless it came in the place of one whose pupils the classes name."""
    if pupils.repeated and gathered.strangers:
        page, first = pupils.repeated[0]
        raise Refused(
            page.name,
            f"This page repeats {first.source.table.rsplit('.', 1)[0]}, and {len(gathered.strangers)} pupils whom "
            "classes name are on no page: it seems to have come in the place of another.",
            what_to_do="Fetch the page again.",
        )
