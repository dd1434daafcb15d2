"""The shapes of Wonde's School Data API v1.0 that we read, and nothing more (wonde-api §1, §2).

Tolerant on purpose: a to-one include may be null or, as PHP writes nothing, an empty list; ids may be numbers.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")
Text = str | int | None


class One(msgspec.Struct, Generic[T]):
    """An include of one: `{"data": {…}}`, `{"data": null}` or `{"data": []}`."""

    data: T | list[Any] | None = None

    @property
    def value(self) -> T | None:
        return None if isinstance(self.data, list) else self.data


class Many(msgspec.Struct, Generic[T]):
    """An include of many: `{"data": […]}`."""

    data: list[T] = []


class Pagination(msgspec.Struct):
    """`next` is an absolute URL to follow as it is. There is no total."""

    next: str | None = None
    more: bool | None = None
    current_page: int | None = None


class Meta(msgspec.Struct):
    """What stands beside the data of a list; documented as absent on short ones."""

    pagination: Pagination | None = None


class Page(msgspec.Struct, Generic[T]):
    """One page of a list. `data` is required: an answer without it is not a page."""

    data: list[T]
    meta: Meta | list[Any] | None = None

    @property
    def pagination(self) -> Pagination | None:
        return self.meta.pagination if isinstance(self.meta, Meta) else None


class Moment(msgspec.Struct):
    """A PHP DateTime dump."""

    date: str | None = None


class Address(msgspec.Struct):
    """A school's address."""

    address_line_1: str | None = None
    address_line_2: str | None = None
    address_town: str | None = None
    address_postcode: str | None = None


class School(msgspec.Struct):
    """A school of the directory. `urn` is a number, the other numbers are text."""

    id: str
    name: str | None = None
    urn: Text = None
    la_code: Text = None
    establishment_number: Text = None
    phase_of_education: str | None = None
    mis: str | None = None
    address: Address | list[Any] | None = None
    reason: str | None = None


class Answer(msgspec.Struct):
    """The answer to request-access and revoke-access. `needs_setup` is our broker's addition."""

    success: bool = True
    state: str | None = None
    message: str | None = None
    needs_setup: bool | None = None


class SchoolState(msgspec.Struct):
    """`/meta/schools/{id}`. From `state` on these are our broker's additions; Wonde has the first three.

    A `state` of null says that the app never asked; without the key the broker does not tell.
    """

    online: bool | None = None
    approved: bool | None = None
    audited: bool | None = None
    state: str | msgspec.UnsetType | None = msgspec.UNSET
    reason: str | None = None
    findings: list[Any] | None = None


class Permission(msgspec.Struct):
    """One line of `/meta/schools/{id}/permissions`."""

    identity: str
    name: str | None = None
    group: str | None = None
    parent: Text = None
    optional: bool | None = None
    approved: bool | None = None


class AccessRule(msgspec.Struct):
    """`/meta/schools/{id}/acl`: whom the school lets the app see. Wonde does not publish its words for `mode`."""

    mode: str | None = None
    ids: list[str] = []


class Refusal(msgspec.Struct):
    """An error's body, if it has one of the known shapes."""

    error_description: str | None = None
    message: str | None = None
    errors: dict[str, Any] | None = None


class Count(msgspec.Struct):
    """How many there are."""

    count: int | None = None


class Counts(msgspec.Struct):
    """`/counts`: one object for each kind asked for."""

    students: One[Count] | None = None
    employees: One[Count] | None = None
    classes: One[Count] | None = None
    groups: One[Count] | None = None


class Emails(msgspec.Struct):
    """The e-mail addresses of a person."""

    email: str | None = None
    primary: str | None = None
    work: str | None = None


class ContactDetails(msgspec.Struct):
    """How to reach a person; we only ask for e-mail."""

    emails: Emails | list[Any] | None = None


class Ref(msgspec.Struct):
    """A nested object of which we need the id and the names."""

    id: str
    name: str | None = None
    code: str | None = None


class EducationDetails(msgspec.Struct):
    """A pupil's place at the school."""

    upn: str | None = None
    former_upn: str | None = None
    learner_number: Text = None
    admission_number: Text = None
    current_nc_year: Text = None
    admission_date: Moment | list[Any] | None = None


class PupilRow(msgspec.Struct):
    """A pupil."""

    id: str
    mis_id: Text = None
    upi: str | None = None
    forename: str | None = None
    surname: str | None = None
    middle_names: str | None = None
    legal_forename: str | None = None
    legal_surname: str | None = None
    gender: str | None = None
    date_of_birth: Moment | None = None
    education_details: One[EducationDetails] | None = None
    contact_details: One[ContactDetails] | None = None
    registration: One[Ref] | str | None = None
    year: One[Ref] | str | None = None
    classes: Many[Ref] | None = None


class EmploymentDetails(msgspec.Struct):
    """A member of staff's post."""

    current: bool | None = None
    employment_start_date: Moment | list[Any] | None = None
    teaching_staff: bool | None = None
    role_text: str | None = None
    teacher_number: Text = None
    staff_code: Text = None


class Employee(msgspec.Struct):
    """A member of staff."""

    id: str
    mis_id: Text = None
    upi: str | None = None
    title: str | None = None
    forename: str | None = None
    surname: str | None = None
    legal_forename: str | None = None
    legal_surname: str | None = None
    employment_details: One[EmploymentDetails] | None = None
    contact_details: One[ContactDetails] | None = None


class Teaching(msgspec.Struct):
    """What an employee is in a class."""

    is_main_teacher: bool | None = None


class Leader(msgspec.Struct):
    """An employee nested in a class or group."""

    id: str
    meta: Teaching | list[Any] | None = None


class SchoolClass(msgspec.Struct):
    """A teaching class."""

    id: str
    mis_id: Text = None
    name: str | None = None
    code: str | None = None
    description: str | None = None
    year_group: Text = None
    subject: One[Ref] | str | None = None
    employees: Many[Leader] | None = None


class Group(msgspec.Struct):
    """A group of any type; registration groups are those with type REGISTRATION."""

    id: str
    mis_id: Text = None
    name: str | None = None
    code: str | None = None
    type: str | None = None
    description: str | None = None
    employees: Many[Leader] | None = None


class Deletion(msgspec.Struct):
    """A record that is served no more, unless it was restored since (wonde-api §2.3)."""

    id: str
    restored_at: Moment | None = None
