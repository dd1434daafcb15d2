"""Arbor's REST interface, row by row as it gives them (names as in its official SDK), made one school's roster.

Ids are those of Arbor's CSV exports, so that a school may change from one to the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adminhub.mis.arbor_csv import FORMAT
from adminhub.mis.gathering import Gathered
from adminhub.mis.record import Notes, Record, employee, pupil
from adminhub.mis.roster import Issue, Reject, Roster, SchoolClass

Row = Mapping[str, Any]
# The resources that are read, as the interface's addresses name them.
RESOURCES = (
    "Students",
    "SchoolEnrolments",
    "UkDfe_UpnAssignments",
    "AcademicLevelMemberships",
    "AcademicLevels",
    "RegistrationForms",
    "RegistrationFormMemberships",
    "Staffs",
    "StaffContracts",
    "AcademicUnits",
    "AcademicUnitEnrolments",
    "AcademicUnitLeads",
    "EmailAddresses",
)
_HELD_PUPIL = (
    "legal_forename", "legal_surname", "preferred_forename", "preferred_surname", "middle_names", "date_of_birth",
    "sex", "upn", "uln", "year_group", "registration_group", "admission_date", "leaving_date", "email",
)  # fmt: skip
_HELD_EMPLOYEE = (
    "legal_forename", "legal_surname", "preferred_forename", "preferred_surname", "date_of_birth", "sex", "email",
    "staff_code", "start_date", "end_date",
)  # fmt: skip


def read(resources: Mapping[str, Iterable[Row]], notes: Notes) -> Roster:
    """The roster of one school. Who never had an enrolment or a contract here is nobody of the school's."""
    gathered = Gathered(notes)
    gathered.tables.update(
        pupils="Students", employees="Staffs", classes="AcademicUnits", memberships="AcademicUnitEnrolments"
    )
    emails = _emails(resources["EmailAddresses"])
    _read_pupils(resources, gathered, emails)
    _read_staff(resources, gathered, emails)
    _read_forms(resources, gathered)
    _read_classes(resources, gathered)
    return gathered.roster(
        FORMAT, holds_pupil=frozenset(_HELD_PUPIL), holds_employee=frozenset(_HELD_EMPLOYEE)
    )


def _read_pupils(
    resources: Mapping[str, Iterable[Row]], gathered: Gathered, emails: Mapping[str, str]
) -> None:
    today = gathered.notes.as_at.isoformat()
    enrolments = _by_owner(resources["SchoolEnrolments"], "student")
    upns = {
        _id(row.get("student")): _text(row.get("upn"))
        for row in sorted(resources["UkDfe_UpnAssignments"], key=lambda row: _day(row.get("startDatetime")))
        if not row.get("endDatetime")
    }
    levels = {_id(row): _name(row) for row in resources["AcademicLevels"]}
    years = {
        _id(row.get("student")): levels.get(_id(row.get("academicLevel")), _name(row.get("academicLevel")))
        for row in resources["AcademicLevelMemberships"]
        if _is_now(row, today)
    }
    strangers = 0
    for row in resources["Students"]:
        mis_id = _id(row)
        stay = _stay(enrolments.get(mis_id, ()), today)
        if stay is None:
            strangers += 1
            continue
        cells = _person(row.get("person")) | {
            "upn": upns.get(mis_id, ""),
            "uln": _text(row.get("uniqueLearnerNumber")),
            "year_group": years.get(mis_id, ""),
            "admission_date": _day(stay.get("startDate")),
            "leaving_date": _day(stay.get("endDate")),
            "email": _email(row, emails),
        }
        record = Record(gathered.notes, "Students", f"pupil {mis_id}", mis_id, _filled(cells))
        gathered.pupils[mis_id] = pupil(
            record, holds=frozenset(["date_of_birth", "legal_surname", "legal_forename"])
        )
    if strangers:
        said = f"{strangers} of them were never enrolled here, applicants for instance, and were left out."
        gathered.notes.issues.append(Issue("Students", None, said))


def _read_staff(
    resources: Mapping[str, Iterable[Row]], gathered: Gathered, emails: Mapping[str, str]
) -> None:
    today = gathered.notes.as_at.isoformat()
    contracts = _by_owner(resources["StaffContracts"], "staff")
    for row in resources["Staffs"]:
        mis_id = _id(row)
        stay = _stay(contracts.get(mis_id, ()), today)
        if stay is None:
            continue
        cells = _person(row.get("person")) | {
            "staff_code": _text(row.get("staffNumber")),
            "start_date": _day(stay.get("startDate")),
            "end_date": _day(stay.get("endDate")),
            "email": _email(row, emails),
        }
        gathered.employees[mis_id] = employee(
            Record(gathered.notes, "Staffs", f"employee {mis_id}", mis_id, _filled(cells))
        )


def _read_forms(resources: Mapping[str, Iterable[Row]], gathered: Gathered) -> None:
    for row in resources["RegistrationForms"]:
        name = _text(row.get("registrationFormName")) or _name(row)
        if name:
            gathered.add_class(SchoolClass(mis_id=_id(row), name=name, kind="registration"))
    _link(
        resources["RegistrationFormMemberships"],
        gathered,
        kind="registration",
        owner="registrationForm",
        person="student",
    )
    gathered.put_in_registration_groups()


def _read_classes(resources: Mapping[str, Iterable[Row]], gathered: Gathered) -> None:
    """Academic units are a tree; those that somebody is enrolled in or leads are classes."""
    enrolments, leads = list(resources["AcademicUnitEnrolments"]), list(resources["AcademicUnitLeads"])
    used = {_id(row.get("academicUnit")) for row in enrolments}
    today = gathered.notes.as_at.isoformat()
    for row in resources["AcademicUnits"]:
        mis_id = _id(row)
        name = _text(row.get("academicUnitName")) or _name(row)
        if mis_id in used and name and not (_day(row.get("endDate")) and _day(row.get("endDate")) < today):
            subject = _name(row.get("subject")) or None
            gathered.add_class(SchoolClass(mis_id=mis_id, name=name, kind="teaching", subject=subject))
    _link(enrolments, gathered, kind="teaching", owner="academicUnit", person="student")
    _link(leads, gathered, kind="teaching", owner="academicUnit", person="staff")


def _link(rows: Iterable[Row], gathered: Gathered, *, kind: Any, owner: str, person: str) -> None:
    people: Mapping[str, Any] = gathered.pupils if person == "student" else gathered.employees
    links = gathered.class_pupils if person == "student" else gathered.class_employees
    today = gathered.notes.as_at.isoformat()
    listed = {mis_id for known, mis_id in gathered.classes if known == kind}
    for row in rows:
        group, mis_id = _id(row.get(owner)), _id(row.get(person))
        if group not in listed or not _is_now(row, today):
            continue
        if mis_id not in people:
            gathered.strangers[mis_id].append(
                Reject(owner, f"Names {person} {mis_id[:40]}, who is not listed.")
            )
        elif people[mis_id].status != "left":
            links[kind, group][mis_id] = None


def _by_owner(rows: Iterable[Row], owner: str) -> Mapping[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[_id(row.get(owner))].append(row)
    return found


def _stay(rows: Iterable[Row], today: str) -> Row | None:
    """The one that is on today, or else the next to come, or else the last there was."""

    def turn(row: Row) -> tuple[int, str]:
        start, end = _day(row.get("startDate")), _day(row.get("endDate"))
        if start > today:
            return 1, start
        return (2, "") if end and end < today else (0, "")

    ordered = sorted(rows, key=lambda row: _day(row.get("startDate")), reverse=True)
    return min(ordered, key=turn, default=None)


def _is_now(row: Row, today: str) -> bool:
    start, end = _day(row.get("startDate")), _day(row.get("endDate"))
    return start <= today and (not end or end >= today)


def _emails(rows: Iterable[Row]) -> dict[str, str]:
    """The first address of each owner, by the owner's address in the interface."""
    found: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: _text(row.get("dataOrder")).zfill(6)):
        owner = row.get("emailAddressOwner")
        if isinstance(owner, dict) and row.get("emailAddress"):
            found.setdefault(_text(owner.get("href")), _text(row.get("emailAddress")))
    return found


def _email(row: Row, emails: Mapping[str, str]) -> str:
    person = row.get("person")
    hrefs = [_text(row.get("href")), _text(person.get("href")) if isinstance(person, dict) else ""]
    return next((emails[href] for href in hrefs if href in emails), "")


def _person(value: Any) -> dict[str, str]:
    person = value if isinstance(value, dict) else {}
    return {
        "legal_forename": _text(person.get("legalFirstName")),
        "legal_surname": _text(person.get("legalLastName")),
        "preferred_forename": _text(person.get("preferredFirstName")),
        "preferred_surname": _text(person.get("preferredLastName")),
        "middle_names": _text(person.get("middleName")),
        "date_of_birth": _day(person.get("dateOfBirth")),
        "sex": _id(person.get("gender")),
    }


def without_person(rows: Iterable[Row]) -> Iterator[str]:
    """The addresses of people that rows refer to and do not hold."""
    for row in rows:
        person = row.get("person")
        if isinstance(person, dict) and "legalLastName" not in person and person.get("href"):
            yield str(person["href"])


def _filled(cells: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in cells.items() if value}


def _id(value: Any) -> str:
    """What ends the address of a thing: /rest-v2/students/16 is 16."""
    return _text(value.get("href")).rpartition("/")[2] if isinstance(value, Mapping) else ""


def _name(value: Any) -> str:
    return _text(value.get("displayName")) if isinstance(value, Mapping) else ""


def _day(value: Any) -> str:
    """A day, given as text or as {entityType: date, date: …}."""
    return _text(value.get("date") if isinstance(value, dict) else value)[:10]


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
