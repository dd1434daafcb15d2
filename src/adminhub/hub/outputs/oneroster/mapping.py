"""What our roster is called on the wire: OneRoster 1.2 §4, word for word, and what a service may have of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from adminhub.hub.outputs.oneroster.entities import (
    AcademicSession,
    Class,
    Course,
    Demographics,
    Enrollment,
    Org,
    Reference,
    Role,
    User,
    UserId,
)
from adminhub.hub.roster.models import ClassKind, Employee, Pupil, SchoolClass, Sex
from adminhub.hub.roster.years import YEARS
from adminhub.hub.schools.models import School, Service

PATH = "/ims/oneroster/rostering/v1p2"

# The words of `Service.pupil_fields`. A pupil's forename, surname and classes always go with the pupil.
PUPIL_FIELDS = frozenset(
    {
        "year_group",
        "birthday",
        "sex",
        "middle_names",
        "legal_names",
        "upn",
        "uln",
        "admission_number",
        "email",
    }
)
WITHHELD = "Withheld"
MERGED_INTO = "mergedInto"
ERASED = "erased"
SEX = {Sex.FEMALE.value: "female", Sex.MALE.value: "male"}


def instant(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`, to the microsecond, so that nothing falls between two pulls."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class SchoolYear:
    """A school year from 1 September to 31 August, as `ends_in` numbers it."""

    ends_in: int

    @classmethod
    def of(cls, day: date) -> SchoolYear:
        """The year a day falls in."""
        return cls(day.year + 1 if day.month >= 9 else day.year)

    @property
    def title(self) -> str:
        return f"{self.ends_in - 1}/{self.ends_in % 100:02}"

    @property
    def sourced_id(self) -> str:
        return f"school-year-{self.ends_in}"

    @property
    def term_sourced_id(self) -> str:
        return f"{self.sourced_id}-whole"


class Wire:
    """Writes one school's rows as one service may see them. Pure: it asks the database nothing."""

    def __init__(self, *, school: School, service: Service, root: str, today: date) -> None:
        self.school = school
        self.allowed = frozenset(service.pupil_fields) & PUPIL_FIELDS
        self.root = root
        self.year = SchoolYear.of(today)
        self._refs: dict[UUID | str, Reference] = {}
        self.school_id = str(school.sourced_id)
        self.school_ref = self.ref("orgs", self.school_id, "org")
        self.term_refs = [self.ref("academicSessions", self.year.term_sourced_id, "academicSession")]
        self._roles = {
            role: [Role("primary", role, self.school_ref)] for role in ("student", "teacher", "aide")
        }

    def ref(self, collection: str, key: UUID | str, kind: str) -> Reference:
        """A reference with an absolute address; made once for each object, however often it is named."""
        known = self._refs.get(key)
        if known is None:
            known = self._refs[key] = Reference(f"{self.root}/{collection}/{key}", str(key), kind)
        return known

    def org(self, *, changed_at: datetime) -> Org:
        """The school itself. `identifier` is the URN, else the DfE number, else our centre ID."""
        school = self.school
        numbers = {"urn": school.urn, "dfeNumber": school.dfe_number, "centreId": str(school.centre_id)}
        return Org(
            sourced_id=self.school_id,
            status="active",
            date_last_modified=instant(changed_at),
            metadata={name: value for name, value in numbers.items() if value},
            name=school.name,
            type="school",
            identifier=school.urn or school.laestab or str(school.centre_id),
        )

    def pupil(self, pupil: Pupil, *, changed_at: datetime) -> User:
        """A pupil with the fields the service is permitted, and no others."""
        allowed = self.allowed
        ids = [
            UserId(kind, value)
            for field, kind, value in (
                ("upn", "UPN", pupil.upn),
                ("uln", "ULN", pupil.uln),
                ("admission_number", "AdmissionNumber", pupil.admission_number),
            )
            if field in allowed and value
        ]
        legal = {"legalGivenName": pupil.legal_forename, "legalFamilyName": pupil.legal_surname}
        metadata = {name: value for name, value in legal.items() if value} if "legal_names" in allowed else {}
        return User(
            sourced_id=str(pupil.sourced_id),
            status="active",
            date_last_modified=instant(changed_at),
            metadata=metadata or None,
            enabled_user="true",
            given_name=pupil.forename or pupil.surname,
            family_name=pupil.surname,
            middle_name=(pupil.middle_names or None) if "middle_names" in allowed else None,
            user_ids=ids or None,
            email=(pupil.email or None) if "email" in allowed else None,
            grades=[pupil.year_group] if "year_group" in allowed and pupil.year_group in YEARS else None,
            roles=self._roles["student"],
            primary_org=self.school_ref,
        )

    def demographics(self, pupil: Pupil, *, changed_at: datetime) -> Demographics | None:
        """A pupil's birthday and sex as far as permitted and known; None when nothing is."""
        birthday = pupil.birthday if "birthday" in self.allowed else None
        sex = SEX.get(pupil.sex) if "sex" in self.allowed else None
        if birthday is None and sex is None:
            return None
        return Demographics(
            sourced_id=str(pupil.sourced_id),
            status="active",
            date_last_modified=instant(changed_at),
            metadata={"schoolSourcedId": self.school_id},
            birth_date=birthday.isoformat() if birthday else None,
            sex=sex,
        )

    def employee(self, employee: Employee, *, teaches: bool, changed_at: datetime) -> User:
        """A member of staff; who teaches is a teacher, everybody else an aide."""
        known = {"title": employee.title, "staffCode": employee.staff_code}
        metadata = {name: value for name, value in known.items() if value}
        return User(
            sourced_id=str(employee.sourced_id),
            status="active",
            date_last_modified=instant(changed_at),
            metadata=metadata or None,
            enabled_user="true",
            given_name=employee.forename or employee.surname,
            family_name=employee.surname,
            email=employee.email or None,
            roles=self._roles["teacher" if teaches else "aide"],
            primary_org=self.school_ref,
        )

    def course_id(self, school_class: SchoolClass) -> str:
        """Our stable key for a subject at this school."""
        return str(uuid5(self.school.sourced_id, f"course:{_course_of(school_class).casefold()}"))

    def course(self, school_class: SchoolClass, *, changed_at: datetime) -> Course:
        """The course a class is one of: its subject, or Registration."""
        title = _course_of(school_class)
        return Course(
            sourced_id=self.course_id(school_class),
            status="active",
            date_last_modified=instant(changed_at),
            title=title,
            course_code=title,
            org=self.school_ref,
            subjects=[school_class.subject] if school_class.subject else None,
        )

    def school_class(self, school_class: SchoolClass, *, changed_at: datetime) -> Class:
        """A class."""
        is_registration = school_class.kind == ClassKind.REGISTRATION
        return Class(
            sourced_id=str(school_class.sourced_id),
            status="active",
            date_last_modified=instant(changed_at),
            title=school_class.name,
            class_type="homeroom" if is_registration else "scheduled",
            course=self.ref("courses", self.course_id(school_class), "course"),
            school=self.school_ref,
            terms=self.term_refs,
            grades=[year for year in school_class.year_groups if year in YEARS] or None,
            subjects=[school_class.subject] if school_class.subject else None,
        )

    def enrollment(self, row: EnrolmentRow, *, changed_at: datetime) -> Enrollment:
        """A pupil or an employee in a class."""
        return Enrollment(
            sourced_id=enrollment_id(row.pk),
            status="active",
            date_last_modified=instant(changed_at),
            user=self.ref("users", row.person, "user"),
            class_=self.ref("classes", row.school_class, "class"),
            school=self.school_ref,
            role="student" if row.is_pupil else "teacher",
            primary=None if row.is_pupil else str(row.is_main_teacher).lower(),
            begin_date=row.starts_on.isoformat() if row.starts_on else None,
            end_date=row.ends_on.isoformat() if row.ends_on else None,
        )

    def sessions(self) -> list[AcademicSession]:
        """The current school year and its one term."""
        return sessions(root=self.root, year=self.year)

    def gone_class(self, *, sourced_id: str, at: datetime) -> Class:
        """What remains to say of a class that is no longer in the hub at all: that it is gone."""
        course = str(uuid5(self.school.sourced_id, f"course:{WITHHELD.casefold()}"))
        return Class(
            sourced_id=sourced_id,
            status="tobedeleted",
            date_last_modified=instant(at),
            title=WITHHELD,
            course=self.ref("courses", course, "course"),
            school=self.school_ref,
            terms=self.term_refs,
        )

    def gone_user(
        self, *, sourced_id: str, role: str, at: datetime, merged_into: str = "", is_erased: bool = False
    ) -> User:
        """What remains to say of a person the service may no longer see: that they are gone.

        A record that turned out to be somebody else's says whose: metadata.mergedInto, our extension
        (OneRoster 1.2 §4.12 leaves metadata to the implementer), so that a service can move what hangs on it.
        One that the school has deleted for good says metadata.erased, so that a service deletes it as well: without
        that it may come back.
        """
        metadata = {MERGED_INTO: merged_into} if merged_into else {}
        if is_erased:
            metadata[ERASED] = "true"
        return User(
            sourced_id=sourced_id,
            status="tobedeleted",
            date_last_modified=instant(at),
            metadata=metadata or None,
            enabled_user="false",
            given_name=WITHHELD,
            family_name=WITHHELD,
            roles=self._roles[role],
            primary_org=self.school_ref,
        )


@dataclass(frozen=True, slots=True)
class EnrolmentRow:
    """One enrolment as the roster holds it, with the outside's keys."""

    pk: int
    school_class: UUID
    person: UUID
    is_pupil: bool
    is_main_teacher: bool
    starts_on: date | None
    ends_on: date | None
    changed_at: datetime


def enrollment_id(pk: int) -> str:
    """The outside's key of an enrolment."""
    return f"enrolment-{pk}"


def enrolment_pk(key: str) -> int:
    """Our key of an enrolment, from the outside's."""
    return int(key.removeprefix("enrolment-"))


def sessions(*, root: str, year: SchoolYear) -> list[AcademicSession]:
    """A school year and the one term in it. They are the same for every school."""
    address = f"{root}/academicSessions"
    parent = Reference(f"{address}/{year.sourced_id}", year.sourced_id, "academicSession")
    whole = Reference(f"{address}/{year.term_sourced_id}", year.term_sourced_id, "academicSession")

    def session(sourced_id: str, title: str, kind: str, **relatives: Reference) -> AcademicSession:
        return AcademicSession(
            sourced_id=sourced_id,
            status="active",
            date_last_modified=f"{year.ends_in - 1}-09-01T00:00:00.000Z",
            title=title,
            start_date=f"{year.ends_in - 1}-09-01",
            end_date=f"{year.ends_in}-08-31",
            type=kind,
            school_year=str(year.ends_in),
            parent=relatives.get("parent"),
            children=[relatives["child"]] if "child" in relatives else None,
        )

    return [
        session(year.sourced_id, year.title, "schoolYear", child=whole),
        session(year.term_sourced_id, f"{year.title}, whole year", "term", parent=parent),
    ]


def _course_of(school_class: SchoolClass) -> str:
    if school_class.kind == ClassKind.REGISTRATION:
        return "Registration"
    return school_class.subject or school_class.name
