"""Microsoft School Data Sync v2.1 CSV: users with their roles, classes, enrolments and what is said of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from adminhub.mis import identifiers
from adminhub.mis.csv_file import Row, Table, TableShape
from adminhub.mis.gathering import Gathered, Once
from adminhub.mis.oneroster_csv import DEMOGRAPHICS, ORGS, SESSIONS
from adminhub.mis.record import Notes, Record, employee, pupil
from adminhub.mis.roster import Contact, Issue, Reject, Roster, School, SchoolClass
from adminhub.mis.tables import classes_by_id, kind_and_subject, live, one_of_each, read_links, year_label
from adminhub.mis.text import clean

FORMAT = "sds-2.1"

_ONEROSTER = ("status", "datelastmodified")
USERS = TableShape(
    "users",
    {
        "sourcedid": "mis_id",
        "username": "username",
        "givenname": "preferred_forename",
        "familyname": "preferred_surname",
        "activedirectorymatchid": "directory_id",
        "email": "email",
        "phone": "phone",
    },
    ("sourcedid", "username", "givenname", "familyname"),
    (*_ONEROSTER, "enableduser", "role", "orgsourcedids", "usermasteridentifier", "identifier"),
)
ROLES = TableShape(
    "roles",
    {
        "usersourcedid": "user",
        "orgsourcedid": "org",
        "role": "role",
        "grade": "grade",
        "isprimary": "is_primary",
        "rolestartdate": "begin",
        "roleenddate": "end",
    },
    ("usersourcedid", "orgsourcedid", "role"),
    (*_ONEROSTER, "sourcedid", "roletype"),
)
CLASSES = TableShape(
    "classes",
    {"sourcedid": "mis_id", "orgsourcedid": "school", "title": "title", "coursesourcedid": "course"},
    ("sourcedid", "orgsourcedid", "title"),
    (*_ONEROSTER, "classtype", "schoolsourcedid", "coursecode", "code", "subject", "schoolyearsourcedid"),
)
COURSES = TableShape(
    "courses",
    {"sourcedid": "mis_id", "orgsourcedid": "school", "title": "title", "code": "code", "subject": "subject"},
    ("sourcedid", "orgsourcedid", "title", "code"),
    (*_ONEROSTER, "coursecode"),
)
ENROLMENTS = TableShape(
    "memberships",
    {"classsourcedid": "class", "usersourcedid": "person", "role": "role"},
    ("classsourcedid", "usersourcedid", "role"),
    (*_ONEROSTER, "sourcedid", "schoolsourcedid"),
)
RELATIONSHIPS = TableShape(
    "relationships",
    {"usersourcedid": "user", "relationshipusersourcedid": "contact", "relationshiprole": "role"},
    ("usersourcedid", "relationshipusersourcedid", "relationshiprole"),
)
FLAGS = TableShape(
    "flags", {"usersourcedid": "user", "flag": "flag"}, ("usersourcedid", "flag"), is_guessed=False
)
SHAPES = (USERS, ROLES, CLASSES, COURSES, ENROLMENTS, RELATIONSHIPS, FLAGS)
SHARED_SHAPES = (ORGS, SESSIONS, DEMOGRAPHICS)  # as OneRoster has them
TITLES = {
    "sourcedid": "sourcedId",
    "givenname": "givenName",
    "familyname": "familyName",
    "usersourcedid": "userSourcedId",
    "orgsourcedid": "orgSourcedId",
    "classsourcedid": "classSourcedId",
    "relationshipusersourcedid": "relationshipUserSourcedId",
    "relationshiprole": "relationshipRole",
}

_FAMILY = frozenset({"guardian", "parent", "relative", "aideguardian", "emergencycontact", "doctor", "child"})
_TEACHERS = frozenset({"teacher", "faculty", "adjunct", "professor", "lecturer"})
_FREE_LUNCH = frozenset({"freelunch", "freereducedlunch"})
_NAMES = ("preferred_forename", "preferred_surname", "username", "email")

_Cells = dict[str, str]


def read(tables: Sequence[Table], notes: Notes) -> Roster:
    """Read the tables that are there. Who is what, and where, is said by roles.csv alone."""
    gathered = Gathered(notes)
    by_kind = one_of_each(tables, gathered)
    for row in live(by_kind.get(ORGS.kind), gathered):
        _read_school(row, gathered)
    people = _People(gathered, by_kind)
    people.read()
    _read_classes(by_kind, gathered)
    read_links(by_kind.get("memberships"), gathered, keys=classes_by_id(gathered))
    gathered.put_in_registration_groups()
    gathered.tables["employees"] = gathered.tables["pupils"] = gathered.tables.get("users", "users.csv")
    return gathered.roster(
        FORMAT,
        holds_pupil=people.holds_pupil,
        holds_employee=frozenset({*_NAMES, "role", "schools"}),
        registration_counts_as_membership=True,
    )


def _read_school(row: Row, gathered: Gathered) -> None:
    mis_id = clean(row.cells.get("sourced_id", ""))
    if mis_id and clean(row.cells.get("type", "")).lower() == "school":
        name = clean(row.cells.get("name", "")) or None
        gathered.schools[mis_id] = School(mis_id=mis_id, name=name, laestab=identifiers.laestab(mis_id))


def _read_classes(by_kind: dict[str, Table], gathered: Gathered) -> None:
    subjects = {
        clean(row.cells.get("mis_id", "")): (
            clean(row.cells.get("subject", "")),
            clean(row.cells.get("title", "")),
        )
        for row in live(by_kind.get("courses"), gathered)
    }
    table = by_kind.get("classes")
    if table is None:
        return
    once = Once(gathered.notes, table.name, "class")
    for row in live(table, gathered):
        cells = {name: clean(value) for name, value in row.cells.items()}
        mis_id, name = cells.get("mis_id", ""), cells.get("title", "")
        if not mis_id or not name:
            reason = "The class lacks its sourcedId or its title."
            gathered.notes.rejects.append(Reject(f"{table.name} line {row.line}", reason))
            continue
        if not once.is_new(mis_id, line=row.line, cells=row.cells):
            continue
        kind, subject = kind_and_subject(*subjects.get(cells.get("course", ""), ("", "")))
        school = cells.get("school") or None
        gathered.add_class(SchoolClass(mis_id=mis_id, name=name, kind=kind, subject=subject, school=school))


class _People:
    """The users of one export, told apart by their roles."""

    def __init__(self, gathered: Gathered, by_kind: dict[str, Table]) -> None:
        self.gathered = gathered
        self.by_kind = by_kind
        self.roles: dict[str, list[_Cells]] = {}
        self.demographics: dict[str, _Cells] = {}
        self.free_lunch: set[str] = set()
        self.wards: dict[str, list[str]] = {}
        self.holds_pupil = frozenset({*_NAMES, "year_group", "registration_group", "schools"})
        if DEMOGRAPHICS.kind in by_kind:
            self.holds_pupil |= {"date_of_birth", "sex"}
        if "flags" in by_kind:
            self.holds_pupil |= {"free_school_meals"}

    def read(self) -> None:
        for row in self._live("roles"):
            cells = {name: clean(value) for name, value in row.cells.items()}
            self.roles.setdefault(cells.get("user", ""), []).append(cells)
        for row in self._live(DEMOGRAPHICS.kind):
            self.demographics[clean(row.cells.pop("sourced_id", ""))] = row.cells
        for row in self._live("flags"):
            if clean(row.cells.get("flag", "")).lower() in _FREE_LUNCH:
                self.free_lunch.add(clean(row.cells.get("user", "")))
        for row in self._live("relationships"):
            contact = clean(row.cells.get("contact", ""))
            self.wards.setdefault(contact, []).append(clean(row.cells.get("user", "")))
        table = self.by_kind.get("users")
        if table is None:
            return
        once = Once(self.gathered.notes, table.name, "user")
        for row in live(table, self.gathered, self.gathered.notes.spoilt):
            mis_id = clean(row.cells.pop("mis_id", ""))
            if not mis_id:
                place = f"{table.name} line {row.line}"
                self.gathered.notes.rejects.append(Reject(place, "The row has no sourcedId."))
            elif once.is_new(mis_id, line=row.line, cells=row.cells):
                self._read_user(table, mis_id, row.cells)

    def _live(self, kind: str) -> Iterator[Row]:
        return live(self.by_kind.get(kind), self.gathered)

    def _read_user(self, table: Table, mis_id: str, row: _Cells) -> None:
        roles = self.roles.get(mis_id, [])
        role = next((role for role in roles if role.get("is_primary", "").lower() == "true"), None)
        role = role or (roles[0] if roles else {})
        word = role.get("role", "").lower()
        cells = {name: row[name] for name in _NAMES if name in row}
        orgs = dict.fromkeys(found.get("org", "") for found in (role, *roles))
        schools = tuple(org for org in orgs if org in self.gathered.schools)
        if role and not schools and self.gathered.schools:
            said = "Belongs to a school that orgs.csv does not list; taken without a school."
            self.gathered.notes.issues.append(Issue(f"user {mis_id}", "orgSourcedId", said, mis_id))
        if word == "student":
            self._read_pupil(table, mis_id, cells, role, schools)
        elif word in _FAMILY:
            self.gathered.contacts[mis_id] = Contact(
                mis_id=mis_id,
                forename=clean(cells.get("preferred_forename", "")) or None,
                surname=clean(cells.get("preferred_surname", "")) or None,
                email=clean(cells.get("email", "")) or None,
                pupils=tuple(self.wards.get(mis_id, ())),
            )
        elif word:
            cells |= {
                "role": role["role"],
                "start_date": role.get("begin", ""),
                "end_date": role.get("end", ""),
            }
            record = Record(self.gathered.notes, table.name, f"employee {mis_id}", mis_id, cells)
            person = employee(record, schools=schools)
            self.gathered.employees[mis_id] = replace(
                person, teaching=word in _TEACHERS or None, start_date=None, end_date=None
            )
        else:
            self.gathered.notes.spoilt.add(mis_id)
            self.gathered.notes.rejects.append(Reject(f"user {mis_id}", "The user has no role in roles.csv."))

    def _read_pupil(
        self, table: Table, mis_id: str, cells: _Cells, role: _Cells, schools: tuple[str, ...]
    ) -> None:
        cells |= self.demographics.get(mis_id, {})
        if grade := role.get("grade"):
            cells["year_group"] = year_label(grade)
        if "flags" in self.by_kind:
            cells["free_school_meals"] = "Y" if mis_id in self.free_lunch else "N"
        cells |= {"admission_date": role.get("begin", ""), "leaving_date": role.get("end", "")}
        record = Record(self.gathered.notes, table.name, f"pupil {mis_id}", mis_id, cells)
        found = pupil(record, holds=self.holds_pupil, schools=schools)
        # A role's days say whether it is held now. They are not the days the pupil came and went.
        self.gathered.pupils[mis_id] = replace(found, admission_date=None, leaving_date=None)
