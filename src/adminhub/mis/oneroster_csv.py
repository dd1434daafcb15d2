"""OneRoster 1.1 and 1.2 CSV exports: a manifest and its tables, in a zip or beside one another."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from adminhub.mis import identifiers
from adminhub.mis.csv_file import Row, Table, TableShape, rows
from adminhub.mis.days import read_day
from adminhub.mis.gathering import Gathered, Once
from adminhub.mis.record import Notes, Record, employee, pupil
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import (
    ClassKind,
    Contact,
    Enrolment,
    Issue,
    Reject,
    Removal,
    Roster,
    School,
    SchoolClass,
)
from adminhub.mis.text import clean

FORMATS = ("oneroster-1.1", "oneroster-1.2")

_COMMON = {"sourcedid": "sourced_id", "status": "status"}
MANIFEST = TableShape("manifest", {"propertyname": "name", "value": "value"}, ("propertyname", "value"))
SESSIONS = TableShape(
    "academicSessions",
    _COMMON
    | {"title": "title", "type": "type", "startdate": "start", "enddate": "end", "schoolyear": "school_year"},
    ("sourcedid", "title", "type", "startdate", "enddate"),
)
ORGS = TableShape(
    "orgs",
    _COMMON | {"name": "name", "type": "type", "identifier": "identifier", "parentsourcedid": "parent"},
    ("sourcedid", "name", "type"),
)
COURSES = TableShape(
    "courses",
    _COMMON | {"title": "title", "orgsourcedid": "org", "coursecode": "code", "subjects": "subjects"},
    ("sourcedid", "title", "orgsourcedid", "coursecode"),
)
COURSES_WITHOUT_CODE = TableShape(
    "courses",
    COURSES.columns,
    ("sourcedid", "status", "datelastmodified", "title", "orgsourcedid"),
    ("coursecode", "coursesourcedid"),
    is_guessed=False,
)
CLASSES = TableShape(
    "classes",
    _COMMON
    | {
        "title": "title",
        "grades": "grades",
        "grade": "grades",
        "coursesourcedid": "course",
        "classtype": "type",
        "location": "location",
        "schoolsourcedid": "school",
        "subjects": "subjects",
    },
    ("sourcedid", "title", "classtype", "schoolsourcedid"),
)
_USER = _COMMON | {
    "enableduser": "enabled",
    "username": "username",
    "userids": "user_ids",
    "middlename": "middle_names",
    "identifier": "identifier",
    "email": "email",
    "agentsourcedids": "agents",
    "grades": "year_group",
    "grade": "year_group",
}
USERS_11 = TableShape(
    "users",
    _USER
    | {
        "orgsourcedids": "orgs",
        "role": "role",
        "givenname": "preferred_forename",
        "familyname": "preferred_surname",
    },
    ("sourcedid", "orgsourcedids", "role", "givenname", "familyname", "username"),
)
USERS_12 = TableShape(
    "users",
    _USER
    | {
        "givenname": "legal_forename",
        "familyname": "legal_surname",
        "preferredgivenname": "preferred_forename",
        "prefferedgivenname": "preferred_forename",
        "preferredfamilyname": "preferred_surname",
        "primaryorgsourcedid": "primary_org",
    },
    ("sourcedid", "givenname", "familyname", "username", "usermasteridentifier"),
)
USERS_12_WITHOUT_MASTER = TableShape(
    "users",
    USERS_12.columns,
    ("sourcedid", "enableduser", "givenname", "familyname", "username"),
    ("role", "orgsourcedids", "usermasteridentifier"),
    is_guessed=False,
)
ROLES = TableShape(
    "roles",
    _COMMON
    | {
        "usersourcedid": "user",
        "roletype": "role_type",
        "role": "role",
        "begindate": "begin",
        "enddate": "end",
        "orgsourcedid": "org",
    },
    ("sourcedid", "usersourcedid", "roletype", "role", "orgsourcedid"),
)
ENROLMENTS = TableShape(
    "enrollments",
    _COMMON
    | {
        "classsourcedid": "class",
        "schoolsourcedid": "school",
        "usersourcedid": "user",
        "role": "role",
    },
    ("sourcedid", "classsourcedid", "usersourcedid", "role"),
)
DEMOGRAPHICS = TableShape(
    "demographics",
    {
        "sourcedid": "sourced_id",
        "usersourcedid": "sourced_id",
        "status": "status",
        "birthdate": "date_of_birth",
        "sex": "sex",
    },
    ("birthdate", "sex"),
)
SHAPES = (
    MANIFEST,
    SESSIONS,
    ORGS,
    COURSES,
    COURSES_WITHOUT_CODE,
    CLASSES,
    USERS_11,
    USERS_12,
    USERS_12_WITHOUT_MASTER,
    ROLES,
    ENROLMENTS,
    DEMOGRAPHICS,
)
VERSION_12 = (USERS_12, USERS_12_WITHOUT_MASTER, ROLES)
TITLES = {
    "sourcedid": "sourcedId",
    "givenname": "givenName",
    "familyname": "familyName",
    "orgsourcedids": "orgSourcedIds",
    "classtype": "classType",
    "schoolsourcedid": "schoolSourcedId",
    "classsourcedid": "classSourcedId",
    "usersourcedid": "userSourcedId",
    "usermasteridentifier": "userMasterIdentifier",
    "orgsourcedid": "orgSourcedId",
    "birthdate": "birthDate",
    "startdate": "startDate",
    "enddate": "endDate",
    "coursecode": "courseCode",
}
OTHER_TABLES = frozenset(
    [
        "categories",
        "classresources",
        "courseresources",
        "lineitems",
        "resources",
        "results",
        "lineitemlearningobjectiveids",
        "lineitemscorescales",
        "resultlearningobjectiveids",
        "resultscorescales",
        "scorescales",
        "userprofiles",
        "userresources",
    ]
)
_NEEDED = ("orgs", "users", "classes", "enrollments")
_STAFF = frozenset(
    [
        "teacher",
        "aide",
        "administrator",
        "principal",
        "siteadministrator",
        "systemadministrator",
        "districtadministrator",
        "counselor",
        "proctor",
    ]
)
_FAMILY = frozenset({"guardian", "parent", "relative"})
_IDENTIFIER = re.compile(r"\{([^:{}]+):([^{}]*)\}")
_SPAN = re.compile(r"(\d{4})\s*[-/]\s*(\d{4}|\d{2})")


@dataclass(slots=True)
class _Role:
    """What a user is here: their main role, where, and between which days."""

    role: str = ""
    orgs: dict[str, None] = field(default_factory=dict)
    begin: str = ""
    end: str = ""
    is_primary: bool = False


def read(tables: Sequence[Table], notes: Notes, *, container: str, names: frozenset[str]) -> Roster:
    """Read one export. `container` is what a message calls the whole; `names` are the files in it, lower case.

    A delta yields what it adds or changes, and `removals`: what it leaves out is not gone.
    """
    by_kind: dict[str, Table] = {}
    for table in tables:
        notes.issues.extend(table.issues)
        by_kind.setdefault(table.shape.kind, table)
    manifest = _read_manifest(by_kind, notes, container=container)
    _check_promises(manifest, by_kind, container=container, names=names)
    version = _version(manifest, by_kind)
    is_delta = any(value == "delta" for name, value in manifest.items() if name.startswith("file."))
    gathered = Gathered(notes)
    gathered.tables.update({kind: table.name for kind, table in by_kind.items()})
    for kind in _NEEDED:
        gathered.tables.setdefault(kind, f"{container}/{kind}.csv")
    gathered.tables["employees"] = gathered.tables["pupils"] = gathered.tables["users"]
    gathered.tables["memberships"] = gathered.tables["enrollments"]
    _remark_on_aliases(by_kind, notes)
    _read_sessions(by_kind, notes)
    _read_schools(by_kind, gathered)
    people = _People(gathered, by_kind, version=version, is_delta=is_delta)
    people.read()
    _read_classes(by_kind, gathered)
    _read_enrolments(by_kind, gathered, rejected=people.rejected, is_delta=is_delta)
    return gathered.roster(
        version,
        holds_pupil=people.holds_pupil,
        holds_employee=people.holds_employee,
        is_delta=is_delta,
        registration_counts_as_membership=True,
    )


def _read_manifest(by_kind: dict[str, Table], notes: Notes, *, container: str) -> dict[str, str]:
    table = by_kind.get("manifest")
    if table is None:
        raise Refused(container, "There is no manifest.csv.", what_to_do="Ask for a fresh export.")
    return {
        clean(row.cells.get("name", "")).lower(): clean(row.cells.get("value", "")).lower()
        for row in rows(table, notes.rejects)
    }


def _check_promises(
    manifest: dict[str, str], by_kind: dict[str, Table], *, container: str, names: frozenset[str]
) -> None:
    """OneRoster 1.1 CSV §3: the manifest says of each file whether it is absent, bulk or delta."""
    for key, value in manifest.items():
        if not key.startswith("file.") or value not in ("bulk", "delta"):
            continue
        name = key.removeprefix("file.")
        if (
            name not in OTHER_TABLES
            and name not in {kind.lower() for kind in by_kind}
            and f"{name}.csv" not in names
        ):
            raise Refused(
                container,
                f"The manifest promises {name}.csv, but it is not there.",
                what_to_do="Ask for a fresh export.",
            )
    if "users" not in by_kind:
        raise Refused(container, "There is no users.csv.", what_to_do="Ask for a fresh export.")
    if by_kind["users"].shape is USERS_12_WITHOUT_MASTER and "roles" not in by_kind:
        raise Refused(
            by_kind["users"].name,
            "Nothing says who is a pupil and who is staff: users.csv has no column role, and there is no roles.csv.",
            what_to_do="Ask for an export with roles.csv, or with the columns role and orgSourcedIds.",
        )


def _version(manifest: dict[str, str], by_kind: dict[str, Table]) -> str:
    if by_kind["users"].shape in VERSION_12:
        return "oneroster-1.2"
    return (
        "oneroster-1.2"
        if manifest.get("oneroster.version") == "1.2" and "roles" in by_kind
        else "oneroster-1.1"
    )


def _remark_on_aliases(by_kind: dict[str, Table], notes: Notes) -> None:
    for kind in ("users", "classes"):
        if (table := by_kind.get(kind)) and "grade" in table.headings and "grades" not in table.headings:
            notes.once(table.name, "grade", "The column grades is headed 'grade'; it was read all the same.")


def _live(table: Table | None, gathered: Gathered) -> Iterator[Row]:
    """The table's rows that are not marked as deleted."""
    if table is None:
        return
    for row in rows(table, gathered.notes.rejects):
        if clean(row.cells.get("status", "")).lower() not in ("tobedeleted", "inactive"):
            yield row


def _read_sessions(by_kind: dict[str, Table], notes: Notes) -> None:
    table = by_kind.get("academicSessions")
    if table is None:
        return
    for row in rows(table, notes.rejects):
        if _SPAN.fullmatch(clean(row.cells.get("school_year", ""))):
            session = clean(row.cells.get("sourced_id", ""))
            notes.issues.append(
                Issue(
                    f"academicSession {session}",
                    "schoolYear",
                    "Gives two years; it was read as the year the school year ends in.",
                    session,
                )
            )


def _read_schools(by_kind: dict[str, Table], gathered: Gathered) -> None:
    for row in _live(by_kind.get("orgs"), gathered):
        if clean(row.cells.get("type", "")).lower() != "school":
            continue
        mis_id = clean(row.cells.get("sourced_id", ""))
        identifier = clean(row.cells.get("identifier", ""))
        gathered.schools[mis_id] = School(
            mis_id=mis_id,
            name=clean(row.cells.get("name", "")) or None,
            urn=identifier if identifiers.is_urn(identifier) else None,
            laestab=identifiers.laestab(identifier),
        )


class _People:
    """The users of one export, read with their roles and demographics."""

    def __init__(
        self, gathered: Gathered, by_kind: dict[str, Table], *, version: str, is_delta: bool
    ) -> None:
        self.gathered = gathered
        self.by_kind = by_kind
        self.version = version
        self.is_delta = is_delta
        self.rejected: set[str] = set()
        self.demographics: dict[str, dict[str, str]] = {}
        self.roles: dict[str, _Role] = {}
        names = {"middle_names", "email", "username"}
        names |= {"preferred_forename", "preferred_surname"}
        if version == "oneroster-1.2":
            names |= {"legal_forename", "legal_surname"}
        self.holds_employee = frozenset(names | {"role", "staff_code", "teacher_number", "schools"})
        self.holds_pupil = frozenset(
            names | {"upn", "uln", "admission_number", "year_group", "registration_group", "schools"}
        )
        if "demographics" in by_kind:
            self.holds_pupil |= {"date_of_birth", "sex"}

    def read(self) -> None:
        for row in _live(self.by_kind.get("demographics"), self.gathered):
            self.demographics[clean(row.cells.get("sourced_id", ""))] = row.cells
        for row in _live(self.by_kind.get("roles"), self.gathered):
            self._read_role(row)
        table = self.by_kind["users"]
        once = Once(self.gathered.notes, table.name, "user")
        wards: dict[str, list[str]] = {}
        for row in rows(table, self.gathered.notes.rejects):
            self._read_user(table, row, once, wards)
        for mis_id, contact in self.gathered.contacts.items():
            self.gathered.contacts[mis_id] = replace(contact, pupils=tuple(wards.get(mis_id, ())))

    def _read_role(self, row: Row) -> None:
        role = self.roles.setdefault(clean(row.cells.get("user", "")), _Role())
        org = clean(row.cells.get("org", ""))
        is_primary = clean(row.cells.get("role_type", "")).lower() == "primary"
        if is_primary:
            role.orgs = {org: None, **role.orgs}
        else:
            role.orgs.setdefault(org)
        if not role.role or (is_primary and not role.is_primary):
            role.role, role.is_primary = clean(row.cells.get("role", "")), is_primary
            role.begin, role.end = row.cells.get("begin", ""), row.cells.get("end", "")

    def _role_of(self, mis_id: str, cells: dict[str, str]) -> _Role:
        if "roles" in self.by_kind and "role" not in cells:
            return self.roles.get(mis_id, _Role())
        orgs = [clean(org) for org in cells.get("orgs", "").split(",")]
        return _Role(role=clean(cells.get("role", "")), orgs=dict.fromkeys(org for org in orgs if org))

    def _read_user(self, table: Table, row: Row, once: Once, wards: dict[str, list[str]]) -> None:
        notes = self.gathered.notes
        cells = row.cells
        mis_id = clean(cells.pop("sourced_id", ""))
        if not mis_id:
            notes.rejects.append(Reject(f"{table.name} line {row.line}", "The row has no sourcedId."))
            return
        status = clean(cells.pop("status", "")).lower()
        if status in ("tobedeleted", "inactive"):
            self.gathered.removals.append(Removal("user", mis_id))
            self.rejected.add(mis_id)
            return
        if not once.is_new(mis_id, line=row.line, cells=cells):
            return
        role = self._role_of(mis_id, cells)
        word = role.role.lower()
        if word == "pupil":
            notes.issues.append(
                Issue(
                    f"user {mis_id}", "role", "The role is 'pupil', not 'student'; read as a student.", mis_id
                )
            )
            word = "student"
        if word != "student" and word not in _STAFF and word not in _FAMILY:
            notes.rejects.append(
                Reject(f"user {mis_id}", f"The role '{role.role[:40]}' is none that OneRoster has.")
            )
            self.rejected.add(mis_id)
            return
        if word in _FAMILY:
            self.gathered.contacts[mis_id] = self._contact(mis_id, cells)
            return
        schools = self._schools(mis_id, role)
        pairs = _IDENTIFIER.findall(cells.pop("user_ids", ""))
        identifiers_held = {name.strip().lower(): value.strip() for name, value in pairs if name.strip()}
        if word == "student":
            for agent in cells.get("agents", "").split(","):
                wards.setdefault(clean(agent), []).append(mis_id)
            self._read_pupil(table, mis_id, cells, identifiers_held, role, schools)
        else:
            self._read_employee(table, mis_id, cells, identifiers_held, role, schools)

    def _read_pupil(
        self,
        table: Table,
        mis_id: str,
        cells: dict[str, str],
        held: dict[str, str],
        role: _Role,
        schools: tuple[str, ...],
    ) -> None:
        values = {name: cells[name] for name in _PERSON_CELLS if name in cells}
        values["admission_number"] = cells.get("identifier", "")
        values["year_group"] = cells.get("year_group", "").split(",")[0]
        values |= {name: held[name] for name in ("upn", "uln") if held.get(name)}
        values |= {
            name: self.demographics[mis_id][name]
            for name in ("date_of_birth", "sex")
            if name in self.demographics.get(mis_id, ())
        }
        record = Record(self.gathered.notes, table.name, f"pupil {mis_id}", mis_id, values)
        found = pupil(record, holds=self.holds_pupil, schools=schools)
        begin, end = _day(role.begin), _day(role.end)
        if begin and begin > self.gathered.notes.as_at:
            found = replace(found, status="future")
        elif end and end < self.gathered.notes.as_at:
            found = replace(found, status="left")
        self.gathered.pupils[mis_id] = found

    def _read_employee(
        self,
        table: Table,
        mis_id: str,
        cells: dict[str, str],
        held: dict[str, str],
        role: _Role,
        schools: tuple[str, ...],
    ) -> None:
        values = {name: cells[name] for name in _PERSON_CELLS if name in cells and name != "year_group"}
        values["staff_code"] = cells.get("identifier", "")
        values["role"] = role.role
        values["teacher_number"] = held.get("teachernumber", "")
        record = Record(self.gathered.notes, table.name, f"employee {mis_id}", mis_id, values)
        found = replace(employee(record, schools=schools), teaching=role.role.lower() == "teacher" or None)
        begin, end = _day(role.begin), _day(role.end)
        if begin and begin > self.gathered.notes.as_at:
            found = replace(found, status="future")
        elif end and end < self.gathered.notes.as_at:
            found = replace(found, status="left")
        self.gathered.employees[mis_id] = found

    def _contact(self, mis_id: str, cells: dict[str, str]) -> Contact:
        return Contact(
            mis_id=mis_id,
            forename=clean(cells.get("preferred_forename") or cells.get("legal_forename", "")) or None,
            surname=clean(cells.get("preferred_surname") or cells.get("legal_surname", "")) or None,
            email=clean(cells.get("email", "")) or None,
        )

    def _schools(self, mis_id: str, role: _Role) -> tuple[str, ...]:
        known = tuple(org for org in role.orgs if org in self.gathered.schools)
        if role.orgs and not known and "orgs" in self.by_kind and self.gathered.schools:
            self.gathered.notes.issues.append(
                Issue(
                    f"user {mis_id}",
                    "orgSourcedIds",
                    "Belongs to a school that orgs.csv does not list; taken without a school.",
                    mis_id,
                )
            )
        return known


_PERSON_CELLS = (
    "legal_forename",
    "legal_surname",
    "preferred_forename",
    "preferred_surname",
    "middle_names",
    "email",
    "username",
    "year_group",
)


def _day(text: str) -> date | None:
    return read_day(clean(text))


def _read_classes(by_kind: dict[str, Table], gathered: Gathered) -> None:
    subjects = {
        clean(row.cells.get("sourced_id", "")): clean(row.cells.get("subjects", "").split(",")[0])
        for row in _live(by_kind.get("courses"), gathered)
    }
    table = by_kind.get("classes")
    if table is None:
        return
    for row in rows(table, gathered.notes.rejects):
        mis_id = clean(row.cells.get("sourced_id", ""))
        if clean(row.cells.get("status", "")).lower() in ("tobedeleted", "inactive"):
            gathered.removals.append(Removal("class", mis_id))
            continue
        name = clean(row.cells.get("title", ""))
        if not mis_id or not name:
            gathered.notes.rejects.append(
                Reject(f"{table.name} line {row.line}", "The class lacks its sourcedId or its title.")
            )
            continue
        kind: ClassKind = (
            "registration" if clean(row.cells.get("type", "")).lower() == "homeroom" else "teaching"
        )
        subject = clean(row.cells.get("subjects", "").split(",")[0]) or subjects.get(
            clean(row.cells.get("course", ""))
        )
        years = (identifiers.year_group(year) for year in row.cells.get("grades", "").split(","))
        gathered.add_class(
            SchoolClass(
                mis_id=mis_id,
                name=name,
                kind=kind,
                subject=(subject or None) if kind == "teaching" else None,
                year_groups=tuple(year for year in years if year),
                room=clean(row.cells.get("location", "")) or None,
                school=clean(row.cells.get("school", "")) or None,
            )
        )


def _read_enrolments(
    by_kind: dict[str, Table], gathered: Gathered, *, rejected: set[str], is_delta: bool
) -> None:
    table = by_kind.get("enrollments")
    if table is None:
        return
    kinds: dict[str, ClassKind] = {mis_id: kind for kind, mis_id in gathered.classes}
    pupils, employees = gathered.pupils, gathered.employees
    groups: dict[str, str] = {}
    for row in rows(table, gathered.notes.rejects):
        cells = row.cells
        class_id, user_id = clean(cells.get("class", "")), clean(cells.get("user", ""))
        if "status" in cells and clean(cells["status"]).lower() in ("tobedeleted", "inactive"):
            gathered.removals.append(
                Removal(
                    "enrolment",
                    clean(cells.get("sourced_id", "")),
                    class_mis_id=class_id,
                    user_mis_id=user_id,
                )
            )
            continue
        kind = kinds.get(class_id)
        role = clean(cells.get("role", "")).lower()
        if kind is None or (user_id not in pupils and user_id not in employees):
            if is_delta and role in ("student", "teacher"):
                gathered.enrolments.append(
                    Enrolment(class_id, user_id, "student" if role == "student" else "teacher")
                )
            elif user_id not in rejected and user_id not in gathered.contacts and not is_delta:
                what = "class" if kind is None else "user"
                gathered.notes.rejects.append(
                    Reject(
                        f"enrolment {clean(cells.get('sourced_id', ''))} ({table.name} line {row.line})",
                        f"Names a {what} that the export does not list.",
                    )
                )
            continue
        if user_id in pupils and role in ("student", "pupil"):
            person = pupils[user_id]
            gathered.class_pupils[kind, class_id][person.mis_id] = None
            if kind == "registration":
                groups.setdefault(user_id, class_id)
        elif user_id in employees and role == "teacher":
            gathered.class_employees[kind, class_id][employees[user_id].mis_id] = None
    for user_id, class_id in groups.items():
        pupils[user_id] = replace(
            pupils[user_id], registration_group=gathered.classes["registration", class_id].name
        )
