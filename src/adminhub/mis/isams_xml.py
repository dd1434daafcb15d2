"""The iSAMS Batch API's XML: pupils, staff, forms and teaching sets in one document."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from adminhub.mis import dfe_xml, identifiers
from adminhub.mis.gathering import ClassKey, Gathered, Once
from adminhub.mis.record import Notes, Record, employee, pupil
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import Reject, Roster, SchoolClass
from adminhub.mis.source import Source
from adminhub.mis.tables import link_teachers
from adminhub.mis.text import clean
from adminhub.mis.xml_file import Node, Paths, Prolog, nodes

FORMAT = "isams"
ROOTS = ("isams",)

_PUPIL = Paths(
    {
        "UPN": "upn",
        "SchoolCode": "admission_number",
        "UserName": "username",
        "Forename": "legal_forename",
        "Surname": "legal_surname",
        "Middlename": "middle_names",
        "MiddleNames": "middle_names",
        "Preferredname": "preferred_forename",
        "PreferredName": "preferred_forename",
        "Gender": "sex",
        "DOB": "date_of_birth",
        "Form": "registration_group",
        "NCYear": "year_group",
        "EmailAddress": "email",
        "EnrolmentDate": "admission_date",
    }
)
_EMPLOYEE = Paths(
    {
        "Initials": "staff_code",
        "UserName": "username",
        "Title": "title",
        "Forename": "legal_forename",
        "MiddleNames": "middle_names",
        "Middlename": "middle_names",
        "Surname": "legal_surname",
        "PreferredName": "preferred_forename",
        "Preferredname": "preferred_forename",
        "Gender": "sex",
        "SchoolEmailAddress": "email",
        "TeachingStaff": "teaching",
    }
)
HOLDS_PUPIL = _PUPIL.fields | {"house"}
HOLDS_EMPLOYEE = _EMPLOYEE.fields
_PLACES = {
    "Pupil": ("CurrentPupils",),
    "StaffMember": ("CurrentStaff",),
    "Form": ("Forms",),
    "House": ("AcademicHouses", "Houses"),
    "AcademicHouse": ("AcademicHouses",),
    "Set": ("Sets",),
    "SetList": ("SetLists",),
}
_YEARS = {"-2": "N1", "-1": "N2", "0": "R"}
_SAID = re.compile(r"<(Title|Description|MessageName)>\s*([^<]{1,200})")


@dataclass(slots=True)
class _Later:
    """What can only be joined when everybody has been read."""

    houses: dict[str, str] = field(default_factory=dict)
    house_of: dict[str, str] = field(default_factory=dict)
    teachers: dict[ClassKey, list[str]] = field(default_factory=dict)
    members: list[tuple[int, str, str]] = field(default_factory=list)


def read(files: Sequence[tuple[Source, Prolog]], notes: Notes) -> Roster:
    """Read one batch. Raises Refused where iSAMS answered with an error, in its own words."""
    source, prolog = dfe_xml.only(files, "iSAMS batch")
    if is_error(source, prolog):
        raise _error(source, prolog)
    gathered, later = Gathered(notes, tables={"pupils": source.name, "employees": source.name}), _Later()
    notes.issues.extend(prolog.issues)
    pupils, staff = Once(notes, source.name, "pupil"), Once(notes, source.name, "employee")
    for node in nodes(source, prolog, _PLACES):
        if node.name == "Pupil":
            _read_pupil(source, node, gathered, later, pupils)
        elif node.name == "StaffMember":
            _read_employee(source, node, gathered, staff)
        elif node.name in ("House", "AcademicHouse"):
            later.houses[node.attribute("Id")] = clean(node.text("Name") or node.text("House"))
        elif node.name == "Form":
            _read_form(source, node, gathered, later)
        elif node.name == "Set":
            _read_set(source, node, gathered, later)
        else:
            later.members.append(
                (node.line, clean(node.attribute("SetId")), clean(node.attribute("PupilId")))
            )
    _join(source, gathered, later)
    return gathered.roster(FORMAT, holds_pupil=HOLDS_PUPIL, holds_employee=HOLDS_EMPLOYEE)


def is_error(source: Source, prolog: Prolog) -> bool:
    """Whether iSAMS answered with an error: a Message with an id, where a DfE return has a Header."""
    return prolog.root == "Message" and "<MessageId>" in _head(source, prolog)


def _head(source: Source, prolog: Prolog) -> str:
    return source.head(8192).decode(prolog.encoding, errors="replace")


def _error(source: Source, prolog: Prolog) -> Refused:
    text = _head(source, prolog)
    said = {match[1]: clean(match[2]) for match in _SAID.finditer(text)}
    words = ": ".join(said[name] for name in ("Title", "Description") if said.get(name))
    return Refused(
        source.name,
        f"iSAMS answered with an error: {words or said.get('MessageName', 'it gives no reason')}",
        what_to_do="Ask the school's iSAMS administrator for a valid API key with all the methods, and fetch again.",
    )


def _year(text: str) -> str:
    label = clean(text)
    return _YEARS.get(label, label)


def _read_pupil(source: Source, node: Node, gathered: Gathered, later: _Later, once: Once) -> None:
    notes = gathered.notes
    mis_id, cells = clean(node.attribute("Id")), node.cells(_PUPIL)
    if not mis_id or not cells:
        notes.rejects.append(
            Reject(f"{source.name} line {node.line}", "The pupil has no Id or nothing else.")
        )
        return
    if not once.is_new(mis_id, line=node.line, cells=cells):
        return
    if "year_group" in cells:
        cells["year_group"] = _year(cells["year_group"])
    if house := clean(node.attribute("AcademicHouseId")):
        later.house_of[mis_id] = house
    gathered.pupils[mis_id] = pupil(
        Record(notes, source.name, f"pupil {mis_id}", mis_id, cells), holds=HOLDS_PUPIL
    )


def _read_employee(source: Source, node: Node, gathered: Gathered, once: Once) -> None:
    notes = gathered.notes
    mis_id, cells = clean(node.attribute("Id")), node.cells(_EMPLOYEE)
    if not mis_id or not cells:
        notes.rejects.append(
            Reject(f"{source.name} line {node.line}", "The member of staff has no Id or nothing else.")
        )
    elif once.is_new(mis_id, line=node.line, cells=cells):
        record = Record(notes, source.name, f"employee {mis_id}", mis_id, cells)
        gathered.employees[mis_id] = employee(record)


def _read_form(source: Source, node: Node, gathered: Gathered, later: _Later) -> None:
    name = clean(node.attribute("Id")) or clean(node.text("Form"))
    if not name:
        gathered.notes.rejects.append(Reject(f"{source.name} line {node.line}", "The form has no Id."))
        return
    year = identifiers.year_group(_year(node.attribute("YearId")))
    gathered.add_class(
        SchoolClass(mis_id=name, name=name, kind="registration", year_groups=(year,) if year else ())
    )
    tutors = (node.attribute("TutorId"), node.attribute("AssistantTutorId"))
    later.teachers["registration", name] = [clean(tutor) for tutor in tutors]


def _read_set(source: Source, node: Node, gathered: Gathered, later: _Later) -> None:
    mis_id = clean(node.attribute("Id"))
    title = clean(node.text("Name"))
    name = clean(node.text("SetCode")) or title
    if not mis_id or not name:
        gathered.notes.rejects.append(
            Reject(f"{source.name} line {node.line}", "The set has no Id or no SetCode.")
        )
        return
    subject = title.removesuffix(name).strip() if title != name else ""
    gathered.add_class(SchoolClass(mis_id=mis_id, name=name, kind="teaching", subject=subject or None))
    later.teachers["teaching", mis_id] = [
        clean(teacher.attribute("StaffId")) for teacher in node.all("Teachers/Teacher")
    ]


def _join(source: Source, gathered: Gathered, later: _Later) -> None:
    for mis_id, house in later.house_of.items():
        if name := later.houses.get(house):
            gathered.pupils[mis_id] = replace(gathered.pupils[mis_id], house=name)
    for mis_id, found in gathered.pupils.items():
        if found.registration_group:
            gathered.named_class("registration", found.registration_group)
            gathered.class_pupils["registration", found.registration_group][mis_id] = None
    for key, people in later.teachers.items():
        link_teachers(key, people, gathered, place=f"class {key[1]}", is_known=bool(gathered.employees))
    for line, set_id, mis_id in later.members:
        place = f"{source.name} line {line}"
        if ("teaching", set_id) not in gathered.classes:
            gathered.notes.rejects.append(Reject(place, f"Names set {set_id[:40]}, which is not listed."))
        elif mis_id not in gathered.pupils:
            gathered.notes.rejects.append(Reject(place, f"Names pupil {mis_id[:40]}, who is not listed."))
        else:
            gathered.class_pupils["teaching", set_id][mis_id] = None
