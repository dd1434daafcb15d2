"""An Ed-Fi ODS's resources (Ed-Fi Data Standard 3 to 5), row by row as its API gives them, made one school's roster."""

from collections.abc import Iterable, Mapping
from typing import Any

from adminhub.mis.gathering import Gathered
from adminhub.mis.record import Notes, Record, employee, pupil
from adminhub.mis.roster import Reject, Roster, School, SchoolClass
from adminhub.mis.tables import kind_and_subject, year_label

FORMAT = "edfi"
# The resources that are read, and what tells their rows apart.
RESOURCES = (
    "schools",
    "students",
    "studentSchoolAssociations",
    "studentEducationOrganizationAssociations",
    "staffs",
    "staffSchoolAssociations",
    "sections",
    "studentSectionAssociations",
    "staffSectionAssociations",
)
OPTIONAL = frozenset({"studentEducationOrganizationAssociations"})

Row = Mapping[str, Any]
_HELD = (
    "legal_forename", "legal_surname", "middle_names", "date_of_birth", "sex", "year_group", "admission_date",
    "leaving_date", "email",
)  # fmt: skip
_GRADES = {
    word: str(number)
    for number, word in enumerate(
        (
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
        ),
        start=1,
    )
}


def read(resources: Mapping[str, Iterable[Row]], notes: Notes, *, school_id: str) -> Roster:
    """The roster of one school. Who is linked to a school, section or person that is not listed is rejected."""
    gathered = Gathered(notes)
    gathered.tables.update(
        pupils="students", employees="staffs", classes="sections", memberships="studentSectionAssociations"
    )
    for row in resources["schools"]:
        if _text(row.get("schoolId")) == school_id:
            gathered.schools[school_id] = School(
                mis_id=school_id, name=_text(row.get("nameOfInstitution")) or None
            )
    _read_pupils(resources, gathered, school_id)
    _read_staff(resources, gathered, school_id)
    for row in resources["sections"]:
        _add_section(row, gathered, school_id)
    _link(resources["studentSectionAssociations"], gathered, person="student")
    _link(resources["staffSectionAssociations"], gathered, person="staff")
    return gathered.roster(
        FORMAT,
        holds_pupil=frozenset(_HELD),
        holds_employee=frozenset(
            ["legal_forename", "legal_surname", "date_of_birth", "sex", "email", "role"]
        ),
        registration_counts_as_membership=True,
    )


def _read_pupils(resources: Mapping[str, Iterable[Row]], gathered: Gathered, school_id: str) -> None:
    people = {_text(row.get("studentUniqueId")): row for row in resources["students"]}
    emails = {
        _key(row, "studentReference", "studentUniqueId"): _email(row)
        for row in resources.get("studentEducationOrganizationAssociations", ())
    }
    for row in resources["studentSchoolAssociations"]:
        if _key(row, "schoolReference", "schoolId") != school_id:
            continue
        mis_id = _key(row, "studentReference", "studentUniqueId")
        person = people.get(mis_id)
        if person is None:
            gathered.notes.rejects.append(
                Reject("studentSchoolAssociations", f"Names student {mis_id[:40]}, who is not listed.")
            )
            continue
        cells = _person(person) | {
            "sex": _descriptor(person.get("birthSexDescriptor")),
            "year_group": _grade(row.get("entryGradeLevelDescriptor")),
            "admission_date": _text(row.get("entryDate")),
            "leaving_date": _text(row.get("exitWithdrawDate")),
            "email": emails.get(mis_id, ""),
        }
        known = gathered.pupils.get(mis_id)
        found = pupil(
            Record(gathered.notes, "students", f"pupil {mis_id}", mis_id, _filled(cells)),
            holds=frozenset(["date_of_birth"]),
        )
        # Who left and came back has an association for each time; the one that is on counts.
        if known is None or known.status == "left":
            gathered.pupils[mis_id] = found


def _read_staff(resources: Mapping[str, Iterable[Row]], gathered: Gathered, school_id: str) -> None:
    people = {_text(row.get("staffUniqueId")): row for row in resources["staffs"]}
    for row in resources["staffSchoolAssociations"]:
        mis_id = _key(row, "staffReference", "staffUniqueId")
        person = people.get(mis_id)
        if _key(row, "schoolReference", "schoolId") != school_id or mis_id in gathered.employees:
            continue
        if person is None:
            gathered.notes.rejects.append(
                Reject("staffSchoolAssociations", f"Names staff {mis_id[:40]}, who is not listed.")
            )
            continue
        cells = _person(person) | {
            "sex": _descriptor(person.get("sexDescriptor")),
            "email": _email(person),
            "role": _descriptor(row.get("programAssignmentDescriptor")),
        }
        gathered.employees[mis_id] = employee(
            Record(gathered.notes, "staffs", f"employee {mis_id}", mis_id, _filled(cells))
        )


def _add_section(row: Row, gathered: Gathered, school_id: str) -> None:
    offering = row.get("courseOfferingReference")
    if not isinstance(offering, dict) or _text(offering.get("schoolId")) != school_id:
        return
    course = _text(offering.get("localCourseCode"))
    kind, subject = kind_and_subject(course)
    name = _text(row.get("sectionName")) or _text(row.get("sectionIdentifier"))
    mis_id = _section_id(row.get("sectionIdentifier"), offering)
    gathered.add_class(SchoolClass(mis_id=mis_id, name=name, kind=kind, subject=subject, school=school_id))


def _link(rows: Iterable[Row], gathered: Gathered, *, person: str) -> None:
    keys = {mis_id: (kind, mis_id) for kind, mis_id in gathered.classes}
    people: Mapping[str, object] = gathered.pupils if person == "student" else gathered.employees
    links = gathered.class_pupils if person == "student" else gathered.class_employees
    today = gathered.notes.as_at.isoformat()
    for row in rows:
        section = row.get("sectionReference")
        key = (
            keys.get(_section_id(section.get("sectionIdentifier"), section))
            if isinstance(section, dict)
            else None
        )
        mis_id = _key(row, f"{person}Reference", f"{person}UniqueId")
        end = _text(row.get("endDate"))
        if key is None or (end and end < today):
            continue
        if mis_id in people:
            links[key][mis_id] = None
        else:
            gathered.strangers[mis_id].append(
                Reject(f"{person}SectionAssociations", f"Names {person} {mis_id[:40]}, who is not listed.")
            )


def _section_id(identifier: Any, of: Mapping[str, Any]) -> str:
    """Ed-Fi knows a section by its identifier within course, school, year and session."""
    parts = (identifier, of.get("localCourseCode"), of.get("schoolYear"), of.get("sessionName"))
    return "|".join(_text(part) for part in parts)


def _person(row: Row) -> dict[str, str]:
    return {
        "legal_forename": _text(row.get("firstName")),
        "legal_surname": _text(row.get("lastSurname")),
        "middle_names": _text(row.get("middleName")),
        "preferred_forename": _text(row.get("preferredFirstName")),
        "preferred_surname": _text(row.get("preferredLastSurname")),
        "date_of_birth": _text(row.get("birthDate")),
    }


def _filled(cells: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in cells.items() if value}


def _key(row: Row, reference: str, name: str) -> str:
    value = row.get(reference)
    return _text(value.get(name)) if isinstance(value, dict) else ""


def _email(row: Row) -> str:
    """The school's address for the person before any other."""
    found = row.get("electronicMails")
    mails = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    mails.sort(key=lambda each: "Personal" in _text(each.get("electronicMailTypeDescriptor")))
    return _text(mails[0].get("electronicMailAddress")) if mails else ""


def _descriptor(value: Any) -> str:
    """What follows the # of uri://ed-fi.org/SexDescriptor#Male."""
    return _text(value).rpartition("#")[2]


def _grade(value: Any) -> str:
    label = _descriptor(value)
    return _GRADES.get(label.lower().removesuffix(" grade"), year_label(label))


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
