"""Invented schools, written the way their MIS would export them, and what the hub already knew of them."""

import random
import uuid
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from adminhub.mis.roster import Employee, Pupil, Roster, School, SchoolClass
from adminhub.runtime.demo.inventing import InventedSchool, Kind, NamedEmployee, academic_year, here, invent
from adminhub.runtime.demo.known_people import HUB_COLUMNS, write_hub_roster
from adminhub.runtime.demo.names import words
from adminhub.runtime.demo.next_year import a_year_later
from adminhub.runtime.demo.tables import table

Format = Literal["sims", "integris", "oneroster-1.2"]

__all__ = ["HUB_COLUMNS", "Format", "Generated", "Kind", "NamedEmployee", "generate"]

_ONEROSTER_ROLES = {
    "Headteacher": "principal",
    "Administrator": "siteAdministrator",
    "Attendance Officer": "siteAdministrator",
    "School Business Manager": "siteAdministrator",
    "Teaching Assistant": "aide",
    "Higher Level Teaching Assistant": "aide",
}


@dataclass(frozen=True, slots=True)
class Generated:
    """What was written. `export` is what to give a reader; `roster` is exactly what it must find."""

    export: Path
    hub_roster: Path
    roster: Roster


def generate(
    folder: Path,
    *,
    seed: int,
    pupils: int,
    kind: Kind,
    format: Format,
    school: School,
    domain: str,
    staff: int | None = None,
    as_at: date | None = None,
    named: Sequence[NamedEmployee] = (),
    years_later: int = 0,
) -> Generated:
    """Write one school's export and `hub_roster.csv` into the folder.

    The export lies in its own folder (or zip) below, so that it can be given to a reader as it is. `domain` is for
    e-mail addresses; `staff` is about a tenth of the pupils when left out; `as_at` is today when left out.
    `years_later`: the same school after so many Septembers, told as if it were the same day.
    """
    rng = random.Random(seed)
    world = invent(
        rng, school, kind, pupils, staff=staff, as_at=as_at or date.today(), domain=domain, named=named
    )
    for september in range(years_later):
        world = a_year_later(world, random.Random(seed + 7919 * (september + 1)), kind)
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, Callable[[Path, InventedSchool], Path]] = {
        "sims": _write_sims,
        "integris": _write_integris,
        "oneroster-1.2": _write_oneroster,
    }
    shapes: dict[str, Callable[[InventedSchool], Roster]] = {
        "sims": _as_sims,
        "integris": _as_integris,
        "oneroster-1.2": _as_oneroster,
    }
    export = writers[format](folder, world)
    hub_roster = folder / "hub_roster.csv"
    write_hub_roster(hub_roster, world, rng)
    return Generated(export=export, hub_roster=hub_roster, roster=shapes[format](world))


def _as_sims(world: InventedSchool) -> Roster:
    """SIMS reports know classes by name, nothing of subjects and years, and nobody who has not started."""
    pupils = tuple(replace(_without(pupil, "username address"), house=None) for pupil in _reported(world))
    employees = tuple(
        replace(
            _employee_without(person, "username"),
            registration_groups=tuple(form.name for form in world.forms if person.mis_id in form.employees),
        )
        for person in world.employees
    )
    groups = [*world.forms, *(group for group in world.classes if group.pupils or group.employees)]
    classes = tuple(
        _by_name(group) for group in groups if group.kind == "teaching" or group.pupils or group.employees
    )
    return Roster(format="sims", as_at=world.as_at, pupils=pupils, employees=employees, classes=classes)


def _as_integris(world: InventedSchool) -> Roster:
    """Integris spreadsheets know pupils by admission number and staff by code."""
    numbers = {pupil.mis_id: pupil.admission_number or "" for pupil in world.pupils}
    codes = {person.mis_id: person.staff_code or "" for person in world.employees}
    pupils = tuple(
        replace(_without(pupil, "username"), mis_id=numbers[pupil.mis_id]) for pupil in world.pupils
    )
    employees = tuple(
        replace(_employee_without(person, "username date_of_birth sex"), mis_id=codes[person.mis_id])
        for person in world.employees
    )
    classes = tuple(
        replace(
            group,
            mis_id=group.name,
            room=None,
            pupils=tuple(numbers[mis_id] for mis_id in group.pupils),
            employees=tuple(codes[mis_id] for mis_id in group.employees),
        )
        for group in (*world.forms, *world.classes)
    )
    return Roster(format="integris", as_at=world.as_at, pupils=pupils, employees=employees, classes=classes)


def _as_oneroster(world: InventedSchool) -> Roster:
    """OneRoster knows everybody by a long id, current people only, and staff by OneRoster's own roles."""
    org = f"org-{world.school.laestab}"
    gone = "enrolment_status admission_date leaving_date free_school_meals pupil_premium sen eal address postcode house"
    pupils = tuple(
        replace(_without(pupil, gone), mis_id=_guid(world, pupil.mis_id), schools=(org,))
        for pupil in here(world)
    )
    employees = tuple(
        replace(
            _employee_without(person, "title date_of_birth sex start_date end_date"),
            mis_id=_guid(world, person.mis_id),
            role=_oneroster_role(person),
            teaching=_oneroster_role(person) == "teacher" or None,
            schools=(org,),
        )
        for person in _oneroster_staff(world)
    )
    listed = {person.mis_id for person in _oneroster_staff(world)}
    classes = tuple(
        replace(
            group,
            mis_id=_oneroster_class_id(world, group),
            school=org,
            pupils=tuple(_guid(world, mis_id) for mis_id in group.pupils),
            employees=tuple(_guid(world, mis_id) for mis_id in group.employees if mis_id in listed),
        )
        for group in (*world.forms, *world.classes)
    )
    school = School(mis_id=org, name=world.school.name, laestab=world.school.laestab)
    return Roster(
        format="oneroster-1.2",
        as_at=world.as_at,
        schools=(school,),
        pupils=pupils,
        employees=employees,
        classes=classes,
    )


def _reported(world: InventedSchool) -> list[Pupil]:
    return [pupil for pupil in world.pupils if pupil.status != "future"]


def _without(pupil: Pupil, fields: str) -> Pupil:
    return replace(pupil, **dict.fromkeys(fields.split()))  # type: ignore[arg-type]


def _employee_without(person: Employee, fields: str) -> Employee:
    return replace(person, **dict.fromkeys(fields.split()))  # type: ignore[arg-type]


def _by_name(group: SchoolClass) -> SchoolClass:
    return replace(group, mis_id=group.name, subject=None, year_groups=(), room=None)


def _oneroster_staff(world: InventedSchool) -> list[Employee]:
    return [person for person in world.employees if person.status == "current" and _oneroster_role(person)]


def _oneroster_role(person: Employee) -> str | None:
    return _ONEROSTER_ROLES.get(person.role or "") or ("teacher" if person.teaching else None)


def _oneroster_class_id(world: InventedSchool, group: SchoolClass) -> str:
    return f"{world.school.laestab}-{'r' if group.kind == 'registration' else 'c'}{group.mis_id}"


def _guid(world: InventedSchool, mis_id: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{world.school.laestab}:{mis_id}"))


def _write_sims(folder: Path, world: InventedSchool) -> Path:
    export = folder / "sims"
    export.mkdir(exist_ok=True)
    _report(export / "pupils.xml", (_sims_pupil(pupil) for pupil in _reported(world)))
    by_id = {pupil.mis_id: pupil for pupil in world.pupils}
    taken: dict[str, list[str]] = {}
    for group in world.classes:
        for mis_id in group.pupils:
            taken.setdefault(mis_id, []).append(group.name)
    _report(
        export / "pupil_classes.xml",
        (
            {
                "primary_id": mis_id,
                "multiple_id": f"{mis_id},{place}",
                "Surname": by_id[mis_id].preferred_surname,
                "Forename": by_id[mis_id].legal_forename,
                "Class": name,
            }
            for mis_id, class_names in taken.items()
            for place, name in enumerate(class_names, start=1)
        ),
    )
    taught: dict[str, list[str | None]] = {}
    for group in world.classes:
        for mis_id in group.employees:
            taught.setdefault(mis_id, []).append(group.name)
    _report(
        export / "staff.xml",
        (
            _sims_employee(person, world, class_name)
            for person in world.employees
            for class_name in (taught.get(person.mis_id) or [None])
        ),
    )
    return export


def _report(path: Path, records: Iterable[dict[str, str | None]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('<?xml version="1.0" encoding="utf-8"?>\n<SuperStarReport>\n')
        for record in records:
            cells = "".join(
                f"<{name}>{escape(value)}</{name}>\n" for name, value in record.items() if value is not None
            )
            stream.write(f"<Record>\n{cells}</Record>\n")
        stream.write("</SuperStarReport>\n")


def _sims_day(day: date | None) -> str | None:
    return f"{day.isoformat()}T00:00:00" if day else None


def _sims_pupil(pupil: Pupil) -> dict[str, str | None]:
    year = pupil.year_group or ""
    status = {"C": "Single Registration", "M": "Main - Dual Registration"}[pupil.enrolment_status or "C"]
    return {
        "primary_id": pupil.mis_id,
        "Adno": pupil.admission_number,
        "UPN": pupil.upn,
        "ULN": pupil.uln,
        "Legal_x0020_Surname": pupil.legal_surname,
        "Surname": pupil.preferred_surname,
        "Forename": pupil.legal_forename,
        "Middle_x0020_name_x0028_s_x0029_": pupil.middle_names,
        "ChosenName": pupil.preferred_forename,
        "DOB": _sims_day(pupil.date_of_birth),
        "Gender": "Male" if pupil.sex == "M" else "Female",
        "Year": f"Year {year:>2}",
        "Reg": pupil.registration_group,
        "Enrolment_x0020_Status": status,
        "Date_x0020_of_x0020_Admission": _sims_day(pupil.admission_date),
        "Date_x0020_of_x0020_Leaving": _sims_day(pupil.leaving_date),
        "FSM_x0020_Eligible": "T" if pupil.free_school_meals else "F",
        "Pupil_x0020_Premium_x0020_Indicator": "T" if pupil.pupil_premium else "F",
        "SEN_x0020_Status": pupil.sen,
        "English_x0020_Additional_x0020_Language": "T" if pupil.eal else "F",
        "Postcode": pupil.postcode,
        "Primary_x0020_Email": pupil.email,
    }


def _sims_employee(person: Employee, world: InventedSchool, class_name: str | None) -> dict[str, str | None]:
    forms = ", ".join(form.name for form in world.forms if person.mis_id in form.employees)
    return {
        "primary_id": person.mis_id,
        "Title": person.title,
        "Legal_x0020_Surname": person.legal_surname,
        "Surname": person.preferred_surname,
        "Forename": person.legal_forename,
        "ChosenName": person.preferred_forename,
        "Staff_x0020_Code": person.staff_code,
        "Teacher_x0020_Number": person.teacher_number,
        "Primary_x0020_Email": person.email,
        "Gender": "Male" if person.sex == "M" else "Female",
        "DOB": _sims_day(person.date_of_birth),
        "Teaching_x0020_Staff": "True" if person.teaching else "False",
        "Role": person.role,
        "Employment_x0020_Start": _sims_day(person.start_date),
        "Employment_x0020_End": _sims_day(person.end_date),
        "Tutor_x0020_Group": forms or None,
        "Class": class_name,
    }


def _write_integris(folder: Path, world: InventedSchool) -> Path:
    export = folder / "integris"
    export.mkdir(exist_ok=True)
    taken: dict[str, list[str]] = {}
    for group in world.classes:
        for mis_id in group.pupils:
            taken.setdefault(mis_id, []).append(group.name)
    codes = {person.mis_id: person.staff_code or "" for person in world.employees}
    tables = {
        "pupils.csv": table(
            words(
                "Admission Number|UPN|ULN|Legal Surname|Legal Forename|Middle Names|Surname|Forename|Date of Birth|"
                "Gender|Year Group|Registration Group|Enrolment Status|Date of Admission|Date of Leaving|On Roll|"
                "Free School Meals|Pupil Premium|SEN Provision|EAL|Address|Postcode|Email|Classes",
                separator="|",
            ),
            (_integris_pupil(pupil, taken.get(pupil.mis_id, [])) for pupil in world.pupils),
        ),
        "staff.csv": table(
            words(
                "Staff Code|Title|Surname|Forename|Legal Surname|Legal Forename|DfE Number|Work Email|Role|"
                "Teaching Staff|Start Date|Leaving Date",
                separator="|",
            ),
            (_integris_employee(person) for person in world.employees),
        ),
        "classes.csv": table(
            ("Class", "Type", "Subject", "Year Groups", "Teachers"),
            (
                (
                    group.name,
                    "Registration" if group.kind == "registration" else "Teaching",
                    group.subject,
                    ";".join(_integris_year(year) for year in group.year_groups),
                    ";".join(codes[mis_id] for mis_id in group.employees),
                )
                for group in (*world.forms, *world.classes)
            ),
        ),
    }
    for name, text in tables.items():
        (export / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
    return export


def _integris_day(day: date | None) -> str | None:
    return f"{day:%d/%m/%Y}" if day else None


def _integris_year(year: str) -> str:
    return {"N1": "Nursery 1", "N2": "Nursery 2", "R": "Reception"}.get(year, f"Year {year}")


def _integris_pupil(pupil: Pupil, class_names: list[str]) -> tuple[str | None, ...]:
    return (
        pupil.admission_number,
        pupil.upn,
        pupil.uln,
        pupil.legal_surname,
        pupil.legal_forename,
        pupil.middle_names,
        f"{pupil.preferred_surname} " if pupil.mis_id.endswith("11") else pupil.preferred_surname,
        pupil.preferred_forename,
        _integris_day(pupil.date_of_birth),
        pupil.sex,
        _integris_year(pupil.year_group or ""),
        pupil.registration_group,
        pupil.enrolment_status,
        _integris_day(pupil.admission_date),
        _integris_day(pupil.leaving_date),
        "Y" if pupil.status == "on_roll" else "N",
        "Yes" if pupil.free_school_meals else "No",
        "Yes" if pupil.pupil_premium else "No",
        pupil.sen,
        "Yes" if pupil.eal else "No",
        pupil.address,
        pupil.postcode,
        pupil.email,
        ";".join(class_names),
    )


def _integris_employee(person: Employee) -> tuple[str | None, ...]:
    return (
        person.staff_code,
        person.title,
        person.preferred_surname,
        person.preferred_forename,
        person.legal_surname,
        person.legal_forename,
        person.teacher_number,
        person.email,
        person.role,
        "Yes" if person.teaching else "No",
        _integris_day(person.start_date),
        _integris_day(person.end_date),
    )


def _write_oneroster(folder: Path, world: InventedSchool) -> Path:
    export = folder / "oneroster-1.2.zip"
    with zipfile.ZipFile(export, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _oneroster_tables(world).items():
            archive.writestr(
                zipfile.ZipInfo(f"{name}.csv", (2025, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED
            )
    return export


def _oneroster_tables(world: InventedSchool) -> dict[str, str]:
    org = f"org-{world.school.laestab}"
    start = academic_year(world.as_at)
    ends = str(start + 1)
    staff = _oneroster_staff(world)
    on_roll = here(world)
    people: list[Pupil | Employee] = [*here(world), *staff]
    groups = [*world.forms, *world.classes]
    listed = {person.mis_id for person in staff}
    common = ("", "")
    tables = {
        "academicSessions": table(
            words(
                "sourcedId status dateLastModified title type startDate endDate parentSourcedId schoolYear"
            ),
            [
                (
                    f"ay{start}",
                    *common,
                    f"{start}/{ends}",
                    "schoolYear",
                    f"{start}-09-01",
                    f"{ends}-07-21",
                    "",
                    ends,
                ),
                (
                    f"ay{start}-a",
                    *common,
                    "Autumn",
                    "term",
                    f"{start}-09-01",
                    f"{start}-12-19",
                    f"ay{start}",
                    ends,
                ),
            ],
        ),
        "orgs": table(
            words("sourcedId status dateLastModified name type identifier parentSourcedId"),
            [(org, *common, world.school.name, "school", world.school.laestab, "")],
        ),
        "courses": table(
            words(
                "sourcedId status dateLastModified schoolYearSourcedId title courseCode grades orgSourcedId subjects "
                "subjectCodes"
            ),
            [
                (f"k-{code}", *common, f"ay{start}", subject, code, "", org, subject, code)
                for subject, code in _courses(groups).items()
            ],
        ),
        "classes": table(
            words(
                "sourcedId status dateLastModified title grades courseSourcedId classCode classType location "
                "schoolSourcedId termSourcedIds subjects subjectCodes periods"
            ),
            [
                (
                    _oneroster_class_id(world, group),
                    *common,
                    group.name,
                    ",".join(group.year_groups),
                    f"k-{_courses(groups)[group.subject or 'Registration']}",
                    group.name,
                    "homeroom" if group.kind == "registration" else "scheduled",
                    group.room,
                    org,
                    f"ay{start}-a",
                    "",
                    "",
                    "",
                )
                for group in groups
            ],
        ),
        "users": table(
            words(
                "sourcedId status dateLastModified enabledUser username userIds givenName familyName middleName "
                "identifier email sms phone agentSourcedIds grades password userMasterIdentifier preferredGivenName "
                "preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns"
            ),
            [_oneroster_user(world, person) for person in people],
        ),
        "roles": table(
            words(
                "sourcedId status dateLastModified userSourcedId roleType role beginDate endDate orgSourcedId "
                "userProfileSourcedId"
            ),
            [
                (
                    f"role-{_guid(world, person.mis_id)}",
                    *common,
                    _guid(world, person.mis_id),
                    "primary",
                    "student" if isinstance(person, Pupil) else _oneroster_role(person),
                    "",
                    "",
                    org,
                    "",
                )
                for person in people
            ],
        ),
        "demographics": table(
            words("sourcedId status dateLastModified birthDate sex"),
            [
                (
                    _guid(world, pupil.mis_id),
                    *common,
                    pupil.date_of_birth.isoformat() if pupil.date_of_birth else "",
                    "male" if pupil.sex == "M" else "female",
                )
                for pupil in on_roll
            ],
        ),
        "enrollments": table(
            words(
                "sourcedId status dateLastModified classSourcedId schoolSourcedId userSourcedId role primary beginDate "
                "endDate"
            ),
            [
                (
                    f"{class_id}.{mis_id}",
                    *common,
                    class_id,
                    org,
                    _guid(world, mis_id),
                    role,
                    "true" if role == "teacher" else "false",
                    "",
                    "",
                )
                for group in groups
                for class_id in [_oneroster_class_id(world, group)]
                for role, people in (("student", group.pupils), ("teacher", group.employees))
                for mis_id in people
                if role == "student" or mis_id in listed
            ],
        ),
    }
    manifest = [("manifest.version", "1.0"), ("oneroster.version", "1.2")]
    manifest += [(f"file.{name}", "bulk") for name in tables]
    manifest += [("source.systemName", "Demo MIS"), ("source.systemCode", world.school.laestab or "")]
    return {"manifest": table(("propertyName", "value"), manifest), **tables}


def _courses(groups: Iterable[SchoolClass]) -> dict[str, str]:
    subjects = sorted({group.subject for group in groups if group.subject})
    return {"Registration": "reg", **{subject: f"s{place}" for place, subject in enumerate(subjects)}}


def _oneroster_user(world: InventedSchool, person: Pupil | Employee) -> tuple[str | None, ...]:
    if isinstance(person, Pupil):
        held = [("UPN", person.upn), ("ULN", person.uln)]
        identifier, years = person.admission_number, person.year_group
    else:
        held = [("TeacherNumber", person.teacher_number)]
        identifier, years = person.staff_code, ""
    is_known_otherwise = person.preferred_forename != person.legal_forename
    return (
        _guid(world, person.mis_id),
        "",
        "",
        "true",
        person.username,
        ",".join(f"{{{name}:{value}}}" for name, value in held if value),
        person.legal_forename,
        person.legal_surname,
        person.middle_names,
        identifier,
        person.email,
        "",
        "",
        "",
        years,
        "",
        "",
        person.preferred_forename if is_known_otherwise else "",
        "",
        person.preferred_surname if person.preferred_surname != person.legal_surname else "",
        f"org-{world.school.laestab}",
        "",
    )
