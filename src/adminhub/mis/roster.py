"""What a school's MIS said at one moment, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

ClassKind = Literal["registration", "teaching"]
PupilStatus = Literal["on_roll", "left", "future"]
PersonKind = Literal["pupils", "employees"]
EmployeeStatus = Literal["current", "left", "future"]


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """The school a file names; a format that names no school has none."""

    mis_id: str
    name: str | None = None
    urn: str | None = None
    laestab: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil:
    """One pupil as the MIS holds them; None means the MIS says nothing.

    `mis_id` is the format's own key: the MIS's number, an admission number or a long id.
    """

    mis_id: str
    status: PupilStatus = "on_roll"
    upn: str | None = None
    former_upn: str | None = None
    uln: str | None = None
    admission_number: str | None = None
    legal_forename: str | None = None
    legal_surname: str | None = None
    preferred_forename: str | None = None
    preferred_surname: str | None = None
    middle_names: str | None = None
    date_of_birth: date | None = None
    sex: str | None = None
    year_group: str | None = None
    registration_group: str | None = None
    house: str | None = None
    enrolment_status: str | None = None
    admission_date: date | None = None
    leaving_date: date | None = None
    email: str | None = None
    username: str | None = None
    free_school_meals: bool | None = None
    free_school_meals_ever_6: bool | None = None
    pupil_premium: bool | None = None
    sen: str | None = None
    eal: bool | None = None
    in_care: bool | None = None
    service_child: bool | None = None
    address: str | None = None
    postcode: str | None = None
    schools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """One person on the payroll as the MIS holds them; None means the MIS says nothing."""

    mis_id: str
    status: EmployeeStatus = "current"
    title: str | None = None
    legal_forename: str | None = None
    legal_surname: str | None = None
    preferred_forename: str | None = None
    preferred_surname: str | None = None
    middle_names: str | None = None
    date_of_birth: date | None = None
    sex: str | None = None
    email: str | None = None
    username: str | None = None
    teacher_number: str | None = None
    staff_code: str | None = None
    teaching: bool | None = None
    role: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    registration_groups: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A parent or carer, as far as a format names them. What they are to a pupil holds for all of theirs."""

    mis_id: str
    title: str | None = None
    forename: str | None = None
    surname: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    postcode: str | None = None
    relationship: str | None = None
    priority: int | None = None
    parental_responsibility: bool | None = None
    lives_with_pupil: bool | None = None
    pupils: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolClass:
    """A registration group or a teaching class, with the MIS ids of its people.

    (`kind`, `mis_id`) is the key: some formats know a class by its name only, and a form and a class may share it.
    """

    mis_id: str
    name: str
    kind: ClassKind
    subject: str | None = None
    year_groups: tuple[str, ...] = ()
    room: str | None = None
    school: str | None = None
    pupils: tuple[str, ...] = ()
    employees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """Taken with a remark. `record` says where it stands; `mis_id` is given where the record has one."""

    record: str
    field: str | None
    message: str
    mis_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """Not taken, and why."""

    record: str
    reason: str


@dataclass(frozen=True, slots=True)
class Removal:
    """A record that a delta says is gone. Only a delta says so; what a file leaves out is not gone."""

    kind: Literal["user", "class", "enrolment"]
    mis_id: str
    class_mis_id: str | None = None
    user_mis_id: str | None = None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A membership that a delta adds to a class or of a person it does not itself list."""

    class_mis_id: str
    user_mis_id: str
    role: Literal["student", "teacher"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Everything one read found. `holds_*` name the fields the files can hold: other fields are None and unknown.

    `personal_ids`: whose ids here are UPNs, teacher numbers or made of names (adminhub.mis.keys). They may not be shown
    or passed on; whoever publishes the roster gives its own.
    """

    format: str
    as_at: date
    schools: tuple[School, ...] = ()
    pupils: tuple[Pupil, ...] = ()
    employees: tuple[Employee, ...] = ()
    classes: tuple[SchoolClass, ...] = ()
    contacts: tuple[Contact, ...] = ()
    issues: tuple[Issue, ...] = ()
    rejects: tuple[Reject, ...] = ()
    removals: tuple[Removal, ...] = ()
    enrolments: tuple[Enrolment, ...] = ()
    is_delta: bool = False
    holds_pupil: frozenset[str] = frozenset()
    holds_employee: frozenset[str] = frozenset()
    registration_counts_as_membership: bool = False
    personal_ids: frozenset[PersonKind] = frozenset()
    tables: Mapping[str, str] = field(default_factory=dict)

    @property
    def registration_groups(self) -> tuple[SchoolClass, ...]:
        return tuple(group for group in self.classes if group.kind == "registration")

    @property
    def teaching_classes(self) -> tuple[SchoolClass, ...]:
        return tuple(group for group in self.classes if group.kind == "teaching")

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind, everybody included whatever their status.

        OneRoster-like formats count registration groups among the memberships and teaching links; the others do not.
        """
        counted = self.classes if self.registration_counts_as_membership else self.teaching_classes
        return {
            "pupils": len(self.pupils),
            "employees": len(self.employees),
            "registration_groups": len(self.registration_groups),
            "classes": len(self.teaching_classes),
            "memberships": sum(len(group.pupils) for group in counted),
            "teaching_links": sum(len(group.employees) for group in counted),
            "contacts": len(self.contacts),
        }
