"""What a resource is: its fields with their permissions, its includes and its filters, declared once.

Routing, reading, serialising and permissions follow from the declarations in `resources`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Literal

from django.db.models import Model, QuerySet
from msgspec import Struct

from adminhub.broker.sources.models import RecordStatus

FieldKind = Literal["text", "flag", "number", "day", "moment", "time", "id", "object", "image"]
Person = Literal["pupil", "employee"]
Narrow = Callable[[QuerySet[Any], str], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a record. Without its permission it is there as null (wonde-api §0.3).

    `column`: where it is kept, when the name differs; None in `is_kept` fields means we hold nothing: always null.
    `keys`: of an "object", the keys it always has; `objects`: of an object of objects, the keys of each by its name.
    `codes`: what is served for what is kept, in whatever case; anything else is null.
    `person`: it is the id of one, null when they may not be seen.
    """

    name: str
    kind: FieldKind = "text"
    permission: str | None = None
    column: str = ""
    is_kept: bool = True
    keys: tuple[str, ...] = ()
    objects: tuple[tuple[str, tuple[str, ...]], ...] = ()
    codes: Mapping[str, str] | None = None
    person: Person | None = None

    @property
    def kept_in(self) -> str:
        return self.column or self.name


@dataclass(frozen=True, slots=True)
class Further:
    """A JSON column of another table, whose column `owner` is the record's id."""

    model: type[Model]
    owner: str
    column: str


@dataclass(frozen=True, slots=True)
class Section:
    """An include of further fields of the same record, kept in one JSON column: `column`, when the name differs.

    `further` holds what that one leaves empty. `is_own`: there is such a column, and not only `further`.
    """

    name: str
    permission: str
    fields: tuple[Field, ...]
    column: str = ""
    further: Further | None = None
    is_own: bool = True

    @property
    def kept_in(self) -> str:
        return self.column or self.name

    @property
    def has_column(self) -> bool:
        return self.is_own and any(field.is_kept for field in self.fields)


@dataclass(frozen=True, slots=True)
class Through:
    """A to-many relation through a table of memberships.

    `main` is the column that says who comes first; `beside` a JSON column with what the membership says of the child.
    """

    model: type[Model]
    parent: str
    child: str
    main: str = ""
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """An include of other records. All of `needs` must be allowed, or it is not there.

    `through` names the membership table of a to-many relation, or the column holding the id of a to-one.
    `is_one`: there is at most one, so it is an object or null and no list.
    `meta` makes the nested record's "meta" from "is the main one"; `beside` is a further object of it with what
    the membership says, null without its permission. `listed` is a list of one with what the membership says, there
    when it is asked for like an include of the nested record ("classes.enrolments").
    """

    name: str
    resource: str
    needs: tuple[str, ...]
    through: Through | str
    meta: Callable[[bool], Any] | None = None
    beside: Section | None = None
    listed: Section | None = None
    is_one: bool = False

    def lists(self, name: str) -> bool:
        """It is the include of what the membership says."""
        return self.listed is not None and self.listed.name == name


@dataclass(frozen=True, slots=True)
class Nothing:
    """An include of what we never hold: an empty list, or null (`is_one`), for whoever may read the record.

    `why` says so where the API is described. What would be nested in it is listed with it and never there.
    """

    name: str
    why: str
    is_one: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """This column holds the id of a person the record is about: whoever may not be seen takes it with them.

    Where there is nobody in the column, the record is about nobody and stays. `of` names a table of memberships
    instead, and the column its key for the person: the record is there while one of its people may be seen.
    `only`: where those people stand, when it is not for all of them.
    """

    person: Person
    column: str
    of: Through | None = None
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter that narrows a list. Whoever may not read what it looks at may not use it (`needs`).

    `says` is what the API's description tells of it.
    """

    narrow: Narrow
    needs: tuple[str, ...] = ()
    says: str = ""


@dataclass(frozen=True, slots=True)
class Inside:
    """A parameter that narrows what is nested of a resource, and not the list itself."""

    resource: str
    narrow: Narrow


@dataclass(frozen=True, slots=True)
class Has:
    """A parameter that asks for records of which another table says something: any value but false or 0 is yes.

    `column` of the model is the record; `which` of its rows count; `about` whom they are about. `if_any`: where the
    school's table has none at all, it says nothing of anybody, and nobody is left out.
    """

    model: type[Model]
    column: str
    needs: tuple[str, ...] = ()
    about: About | None = None
    which: dict[str, Any] = field(default_factory=dict)
    if_any: bool = False
    says: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """A way to change a resource, for apps that may read it and have this permission too.

    `carry_out` takes what was asked (`writes.asked.Asked`) and the body, read in its shape, and gives the
    write-back, or raises Unacceptable with every mistake. `body` is None where nothing is sent.
    """

    permission: str
    carry_out: Callable[[Any, Any], Any]
    body: type[Struct] | None
    summary: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A collection under /schools/{id}/, served to apps that have its permission.

    `name` is its address below the school and may have slashes ("attendance/session").
    `includes` are the paths that can be asked for, as the real API lists them per endpoint; `more_of_one` those
    that only one record's own address has.
    `on_request`: further fields, by the parameter that asks for them.
    `served`: of records that have a status, which of them are here; None for models without a status.
    `which`: of a model for several kinds of records, those that are of this one.
    `inside`: parameters that narrow its includes.
    `about`: whom its records are about. A school that leaves people out leaves these out, everywhere.
    `names_nobody`: its own fields say nothing of a person, so that it may be kept between calls.
    `person`: its records are people whom no `about` names.
    `creates`, `replaces`, `removes`: what POST to its address, PUT and DELETE to one record's do.
    `is_listed`: it has an address of its own; others are only ever nested.
    """

    name: str
    model: type[Model]
    permission: str
    fields: tuple[Field, ...]
    sections: tuple[Section, ...] = ()
    relations: tuple[Relation, ...] = ()
    nothing: tuple[Nothing, ...] = ()
    includes: tuple[str, ...] = ()
    filters: dict[str, Filter | Has] = field(default_factory=dict)
    inside: dict[str, Inside] = field(default_factory=dict)
    order: str = "updated_at"
    nested_order: tuple[str, ...] = ("id",)
    wire_type: str = ""
    served: tuple[str, ...] | None = (RecordStatus.CURRENT.value,)
    which: dict[str, Any] = field(default_factory=dict)
    about: tuple[About, ...] = ()
    names_nobody: bool = False
    person: str = ""
    is_listed: bool = True
    more_of_one: tuple[str, ...] = ()
    on_request: dict[str, tuple[Field, ...]] = field(default_factory=dict)
    creates: Write | None = None
    replaces: Write | None = None
    removes: Write | None = None

    def section(self, name: str) -> Section | None:
        return next((section for section in self.sections if section.name == name), None)

    def relation(self, name: str) -> Relation | None:
        return next((relation for relation in self.relations if relation.name == name), None)

    def holds_none(self, name: str) -> bool:
        """It is an include of what we never hold."""
        return any(nothing.name == name for nothing in self.nothing)

    def asked_with(self, parameters: Mapping[str, str]) -> "Resource":
        """This resource with the fields these parameters ask for."""
        asked = [more for name, more in self.on_request.items() if is_yes(parameters.get(name, "false"))]
        return replace(self, fields=(*self.fields, *chain(*asked))) if asked else self


def is_yes(value: str) -> bool:
    """What the real API takes for a yes: anything but false and 0."""
    return value.strip().lower() not in ("false", "0")
