"""From a roster to the rows the broker keeps: the API's shapes, with a hash of everything an app can see. Pure."""

import hashlib
from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from adminhub.broker.sources.models import Group, RecordStatus
from adminhub.mis.roster import Contact, Employee, Pupil, Roster, SchoolClass

_STATUS = {
    "on_roll": RecordStatus.CURRENT.value,
    "current": RecordStatus.CURRENT.value,
    "left": RecordStatus.LEFT.value,
    "future": RecordStatus.FUTURE.value,
}
_GENDER = {"M": "MALE", "F": "FEMALE"}
_LONGEST = 300

_encode = msgspec.json.Encoder(order="deterministic").encode
GroupKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A registration group, year group or house; its key is (type, mis_id)."""

    type: str
    mis_id: str
    name: str
    code: str | None
    status: str
    row_hash: bytes


@dataclass(frozen=True, slots=True)
class SubjectRow:
    mis_id: str
    name: str
    status: str
    row_hash: bytes


@dataclass(frozen=True, slots=True)
class ClassRow:
    mis_id: str
    name: str
    year_group: str | None
    subject: str | None
    status: str
    row_hash: bytes


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A pupil or an employee. `details` are JSON texts by column; the group keys are a pupil's only."""

    mis_id: str
    upi: str
    status: str
    title: str | None
    initials: str | None
    surname: str | None
    forename: str | None
    middle_names: str | None
    legal_surname: str | None
    legal_forename: str | None
    gender: str | None
    date_of_birth: date | None
    details: dict[str, str]
    registration: GroupKey | None
    year: GroupKey | None
    house: GroupKey | None
    row_hash: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """This person (by MIS id) is in this class or group (by its key); `is_main` for the first teacher."""

    owner: Any
    person: str
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A parent or carer. `pupils` and `relationship` (a JSON text) are of the memberships."""

    mis_id: str
    upi: str
    status: str
    title: str | None
    initials: str | None
    surname: str | None
    forename: str | None
    contact_details: str
    pupils: tuple[str, ...]
    relationship: str
    row_hash: bytes


@dataclass(frozen=True, slots=True)
class Rows:
    """Everything of one school, ready to be written. No contacts means that the files name none: nothing is known."""

    groups: list[GroupRow]
    subjects: list[SubjectRow]
    classes: list[ClassRow]
    pupils: list[PersonRow]
    employees: list[PersonRow]
    class_pupils: list[Link]
    class_employees: list[Link]
    group_pupils: list[Link]
    group_employees: list[Link]
    contacts: list[ContactRow]

    @property
    def contacts_hash(self) -> bytes:
        """As `content_hash`, of the contacts alone: other files of the same school may name none."""
        return _hash(sorted(row.row_hash for row in self.contacts))

    @property
    def content_hash(self) -> bytes:
        """The same for the same content, in whatever order it came."""
        digest = hashlib.blake2b(digest_size=32)
        for rows in (self.groups, self.subjects, self.classes, self.pupils, self.employees):
            for row_hash in sorted(row.row_hash for row in rows):
                digest.update(row_hash)
            digest.update(b"|")
        return digest.digest()


def rows_of(roster: Roster, *, school_broker_id: str) -> Rows:
    """All rows of a roster that holds one school. Of records with one key the first is kept."""
    pupils = _first_of_each(roster.pupils, lambda pupil: pupil.mis_id)
    employees = _first_of_each(roster.employees, lambda employee: employee.mis_id)
    classes = _first_of_each(roster.teaching_classes, lambda taught: taught.mis_id)
    contacts = _first_of_each(roster.contacts, lambda contact: contact.mis_id)
    links = _Links(pupils, employees)
    for taught in classes.values():
        links.add_class(taught)
    for group in roster.registration_groups:
        links.add_registration_group(group)
    for pupil in pupils.values():
        links.add_own_groups(pupil)
    return Rows(
        groups=[_group_row(key, name, links) for key, name in links.groups.items()],
        subjects=_subject_rows(classes.values()),
        classes=[_class_row(taught, links) for taught in classes.values()],
        pupils=[_pupil_row(pupil, school_broker_id, links) for pupil in pupils.values()],
        employees=[_employee_row(employee, school_broker_id, links) for employee in employees.values()],
        class_pupils=links.class_pupils,
        class_employees=links.class_employees,
        group_pupils=links.group_pupils,
        group_employees=links.group_employees,
        contacts=[contact_row(contact, school_broker_id, pupils) for contact in contacts.values()],
    )


def _first_of_each(records: Iterable[Any], key: Any) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for record in records:
        kept.setdefault(key(record), record)
    return kept


class _Links:
    """Who is in what, from both ends. A person may be named twice; they are in once."""

    def __init__(self, pupils: dict[str, Pupil], employees: dict[str, Employee]) -> None:
        self.pupils = pupils
        self.employees = employees
        self.groups: dict[GroupKey, str] = {}
        self.class_pupils: list[Link] = []
        self.class_employees: list[Link] = []
        self.group_pupils: list[Link] = []
        self.group_employees: list[Link] = []
        self.of_pupil: dict[str, list[Any]] = defaultdict(list)
        self.of_employee: dict[str, list[Any]] = defaultdict(list)
        self.in_class: dict[str, list[Any]] = defaultdict(list)
        self.in_group: dict[GroupKey, list[Any]] = defaultdict(list)
        self.registration: dict[str, GroupKey] = {}
        self._registration_by_name: dict[str, GroupKey] = {}

    def add_class(self, taught: SchoolClass) -> None:
        for mis_id in dict.fromkeys(taught.pupils):
            if mis_id in self.pupils:
                self.class_pupils.append(Link(taught.mis_id, mis_id))
                self.of_pupil[mis_id].append(["class", taught.mis_id])
                self.in_class[taught.mis_id].append(["pupil", mis_id])
        is_main = True
        for mis_id in dict.fromkeys(taught.employees):
            if mis_id in self.employees:
                self.class_employees.append(Link(taught.mis_id, mis_id, is_main))
                self.of_employee[mis_id].append(["class", taught.mis_id, is_main])
                self.in_class[taught.mis_id].append(["employee", mis_id, is_main])
                is_main = False

    def add_registration_group(self, group: SchoolClass) -> None:
        key = (Group.Type.REGISTRATION.value, group.mis_id)
        self.groups.setdefault(key, group.name)
        self._registration_by_name.setdefault(group.name, key)
        for mis_id in dict.fromkeys(group.pupils):
            if mis_id in self.pupils and mis_id not in self.registration:
                self.registration[mis_id] = key
                self._join(key, mis_id)
        is_main = True
        for mis_id in dict.fromkeys(group.employees):
            if mis_id in self.employees:
                self.group_employees.append(Link(key, mis_id, is_main))
                self.of_employee[mis_id].append(["group", *key, is_main])
                self.in_group[key].append(["employee", mis_id, is_main])
                is_main = False

    def add_own_groups(self, pupil: Pupil) -> None:
        """The groups a pupil's own record names."""
        if pupil.registration_group and pupil.mis_id not in self.registration and _is_here(pupil):
            name = pupil.registration_group
            key = self._registration_by_name.setdefault(name, (Group.Type.REGISTRATION.value, name))
            self.groups.setdefault(key, name)
            self.registration[pupil.mis_id] = key
            self._join(key, pupil.mis_id)
        for own in (year_key(pupil), house_key(pupil)):
            if own is not None and _is_here(pupil):
                self.groups.setdefault(own, _year_name(own[1]) if own[0] == "YEAR" else own[1])
                self._join(own, pupil.mis_id)

    def _join(self, key: GroupKey, mis_id: str) -> None:
        self.group_pupils.append(Link(key, mis_id))
        self.of_pupil[mis_id].append(["group", *key])
        self.in_group[key].append(["pupil", mis_id])


def _is_here(pupil: Pupil) -> bool:
    """Leavers are in no group; who starts later is."""
    return pupil.status != "left"


def year_key(pupil: Pupil) -> GroupKey | None:
    return (Group.Type.YEAR.value, pupil.year_group) if pupil.year_group else None


def house_key(pupil: Pupil) -> GroupKey | None:
    return (Group.Type.HOUSE.value, pupil.house) if pupil.house else None


def _year_name(year: str) -> str:
    if year == "R":
        return "Reception"
    return f"Nursery {year[1:]}" if year.startswith("N") else f"Year {year}"


def _hash(*values: Any) -> bytes:
    return hashlib.blake2b(_encode(values), digest_size=16).digest()


def _group_row(key: GroupKey, name: str, links: _Links) -> GroupRow:
    kind, mis_id = key
    code = mis_id if kind == Group.Type.YEAR else None
    return GroupRow(
        type=kind,
        mis_id=mis_id,
        name=name[:200],
        code=code,
        status=RecordStatus.CURRENT.value,
        row_hash=_hash(kind, mis_id, name, sorted(links.in_group[key])),
    )


def _subject_rows(classes: Iterable[SchoolClass]) -> list[SubjectRow]:
    names = sorted({taught.subject for taught in classes if taught.subject})
    return [SubjectRow(name, name, RecordStatus.CURRENT.value, _hash(name)) for name in names]


def _class_row(taught: SchoolClass, links: _Links) -> ClassRow:
    years = ", ".join(taught.year_groups) or None
    return ClassRow(
        mis_id=taught.mis_id,
        name=taught.name[:200],
        year_group=years,
        subject=taught.subject or None,
        status=RecordStatus.CURRENT.value,
        row_hash=_hash(
            taught.mis_id, taught.name, years, taught.subject, sorted(links.in_class[taught.mis_id])
        ),
    )


def _pupil_row(pupil: Pupil, school_broker_id: str, links: _Links) -> PersonRow:
    is_here = _is_here(pupil)
    details: dict[str, dict[str, Any]] = {
        "education_details": {
            "admission_number": pupil.admission_number,
            "upn": pupil.upn,
            "former_upn": pupil.former_upn,
            "learner_number": pupil.uln,
            "current_nc_year": pupil.year_group,
            "admission_date": _iso(pupil.admission_date),
            "leaving_date": _iso(pupil.leaving_date),
        },
        "extended_details": {
            "enrolment_status": pupil.enrolment_status,
            "english_as_additional_language": pupil.eal,
            "free_school_meals": pupil.free_school_meals,
            "free_school_meals_6": pupil.free_school_meals_ever_6,
            "premium_pupil_indicator": pupil.pupil_premium,
            "service_children_indicator": pupil.service_child,
            "in_lea_care": pupil.in_care,
            "sen_status": pupil.sen,
        },
        "contact_details": _contact_details(pupil.email, pupil.address, pupil.postcode),
        "identifiers": {"username": pupil.username},
    }
    return _person_row(
        pupil,
        school_broker_id,
        title=None,
        details=details,
        links=links.of_pupil[pupil.mis_id],
        registration=links.registration.get(pupil.mis_id) if is_here else None,
        year=year_key(pupil) if is_here else None,
        house=house_key(pupil) if is_here else None,
    )


def _employee_row(employee: Employee, school_broker_id: str, links: _Links) -> PersonRow:
    own_links = links.of_employee[employee.mis_id]
    details: dict[str, dict[str, Any]] = {
        "employment_details": {
            "current": employee.status == "current",
            "teaching_staff": employee.teaching if employee.teaching is not None else bool(own_links),
            "employment_start_date": _iso(employee.start_date),
            "employment_end_date": _iso(employee.end_date),
            "role_text": employee.role,
            "teacher_number": employee.teacher_number,
            "staff_code": employee.staff_code,
        },
        "contact_details": _contact_details(employee.email, None, None),
        "identifiers": {"username": employee.username},
    }
    return _person_row(employee, school_broker_id, title=employee.title, details=details, links=own_links)


def contact_row(contact: Contact, school_broker_id: str, known: Container[str]) -> ContactRow:
    """The contact as a parent or carer of those of its pupils who are `known`, by MIS id."""
    surname, forename = _clip(contact.surname), _clip(contact.forename)
    details = _contact_details(contact.email, contact.address, contact.postcode, contact.phone)
    relationship = {
        "relationship": contact.relationship,
        "priority": contact.priority,
        "parental_responsibility": contact.parental_responsibility,
        "lives_with_pupil": contact.lives_with_pupil,
    }
    pupils = tuple(dict.fromkeys(mis_id for mis_id in contact.pupils if mis_id in known))
    title = contact.title[:60] if contact.title else None
    return ContactRow(
        mis_id=contact.mis_id,
        upi=_upi(school_broker_id, f"contact:{contact.mis_id}"),
        status=RecordStatus.CURRENT.value,
        title=title,
        initials=_initials(forename, surname),
        surname=surname,
        forename=forename,
        contact_details=_encode(details).decode(),
        pupils=pupils,
        relationship=_encode(relationship).decode(),
        row_hash=_hash(contact.mis_id, title, surname, forename, details, relationship, sorted(pupils)),
    )


def _upi(school_broker_id: str, key: str) -> str:
    return hashlib.md5(f"{school_broker_id}:{key}".encode(), usedforsecurity=False).hexdigest()


def _initials(forename: str | None, surname: str | None) -> str | None:
    return "".join(name[0] for name in (forename, surname) if name) or None


def _person_row(
    person: Pupil | Employee,
    school_broker_id: str,
    *,
    title: str | None,
    details: dict[str, dict[str, Any]],
    links: list[Any],
    registration: GroupKey | None = None,
    year: GroupKey | None = None,
    house: GroupKey | None = None,
) -> PersonRow:
    surname = _clip(person.preferred_surname or person.legal_surname)
    forename = _clip(person.preferred_forename or person.legal_forename)
    sex = (person.sex or "").strip().upper()
    values = {
        "mis_id": person.mis_id,
        "status": _STATUS[person.status],
        "title": title[:60] if title else None,
        "initials": _initials(forename, surname),
        "surname": surname,
        "forename": forename,
        "middle_names": _clip(person.middle_names),
        "legal_surname": _clip(person.legal_surname),
        "legal_forename": _clip(person.legal_forename),
        "gender": _GENDER.get(sex, sex[:20]) or None,
        "date_of_birth": person.date_of_birth,
    }
    return PersonRow(
        **values,  # type: ignore[arg-type]  # one dict for the row and its hash, so that neither forgets a field
        upi=_upi(school_broker_id, person.mis_id),
        details={name: _encode(detail).decode() for name, detail in details.items()},
        registration=registration,
        year=year,
        house=house,
        row_hash=_hash(values, details, sorted(links), registration, year, house),
    )


def _clip(name: str | None) -> str | None:
    return name[:_LONGEST] if name else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _contact_details(
    email: str | None, address: str | None, postcode: str | None, phone: str | None = None
) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if email:
        details["emails"] = {"email": email, "primary": email}
    if phone:
        details["phones"] = {"phone": phone, "primary": phone}
    if address or postcode:
        details["addresses"] = {"home": {"street": address, "postcode": postcode}}
    return details
