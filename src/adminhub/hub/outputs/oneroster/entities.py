"""The objects of OneRoster 1.2 rostering, word for word (§4): what goes over the wire, and nothing else."""

from __future__ import annotations

import msgspec


class Reference(msgspec.Struct, frozen=True, rename="camel"):
    """OneRoster 1.2 §4: a GUIDRef; `type` is the generic type, and `href` is absolute."""

    href: str
    sourced_id: str
    type: str


class Entity(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """What every entity has. Absent values are left out: no null and no empty string on the wire."""

    sourced_id: str
    status: str | None = None
    date_last_modified: str
    metadata: dict[str, str] | None = None


class Org(Entity, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A school."""

    name: str
    type: str | None = None
    identifier: str


class AcademicSession(Entity, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """The school year, and the one term in it: the hub does not know a school's own term dates."""

    title: str
    start_date: str
    end_date: str
    type: str | None = None
    school_year: str
    parent: Reference | None = None
    children: list[Reference] | None = None


class Course(Entity, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A subject at a school, or its registration groups."""

    title: str
    course_code: str
    org: Reference | None = None
    subjects: list[str] | None = None


class Class(Entity, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A registration group (homeroom) or a subject class (scheduled)."""

    title: str
    class_type: str | None = None
    course: Reference
    school: Reference
    terms: list[Reference]
    grades: list[str] | None = None
    subjects: list[str] | None = None


class Role(msgspec.Struct, frozen=True, rename="camel"):
    """What a user is, and where."""

    role_type: str
    role: str
    org: Reference


class UserId(msgspec.Struct, frozen=True, rename="camel"):
    """A number somebody else knows the user by."""

    type: str
    identifier: str


class User(Entity, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A pupil or an employee. `given_name` is the name in use."""

    enabled_user: str
    given_name: str
    family_name: str
    middle_name: str | None = None
    user_ids: list[UserId] | None = None
    email: str | None = None
    grades: list[str] | None = None
    roles: list[Role]
    primary_org: Reference


class Enrollment(Entity, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A user in a class."""

    user: Reference
    class_: Reference = msgspec.field(name="class")
    school: Reference
    role: str
    primary: str | None = None
    begin_date: str | None = None
    end_date: str | None = None


class Demographics(Entity, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A pupil's birthday and sex; its id is the user's."""

    birth_date: str | None = None
    sex: str | None = None


ENTITIES: dict[str, type[Entity]] = {
    "orgs": Org,
    "academicSessions": AcademicSession,
    "courses": Course,
    "classes": Class,
    "users": User,
    "enrollments": Enrollment,
    "demographics": Demographics,
}
FIELDS = {
    envelope: frozenset(field.encode_name for field in msgspec.structs.fields(entity))
    for envelope, entity in ENTITIES.items()
}
"""The names of an object's fields, by the envelope its collection comes in."""
