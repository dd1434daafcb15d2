"""Pieces the declarations of several families are made of."""

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from adminhub.broker.api.declarations import Field, Filter, Section
from adminhub.broker.api.moments import moment_of

Rows = QuerySet[Any]

PHONES = ("phone", "primary", "home", "work", "mobile")
EMAILS = ("email", "primary", "home", "work")
_ADDRESS = (
    "house_number",
    "house_name",
    "apartment",
    "street",
    "district",
    "town",
    "county",
    "country",
    "postcode",
)
ADDRESSES = (("home", (*_ADDRESS, "uprn")), ("work", _ADDRESS), ("postal", _ADDRESS))
PAY = "Nobody may have pay: it is dropped where exports are read, so there is none here."
TIMES = (
    Field("restored_at", "moment"),
    Field("created_at", "moment"),
    Field("updated_at", "moment"),
)


def section(resource: str, name: str, *fields: Field) -> Section:
    """A section whose fields each have the permission of their own name."""
    permitted = (
        replace(field, permission=f"{resource}.{name}.{field.name}.read") if field.is_kept else field
        for field in fields
    )
    return Section(name, f"{resource}.{name}.read", tuple(permitted))


def personal(resource: str, *names: str) -> tuple[Field, ...]:
    return tuple(Field(name, permission=f"{resource}.{name}.read") for name in names)


def own(resource: str, *fields: Field) -> tuple[Field, ...]:
    """The fields, each with the permission of its own name."""
    return tuple(replace(field, permission=f"{resource}.{field.name}.read") for field in fields)


def enrolments(permission: str) -> Section:
    """From when until when a pupil is in a class; the real API's keys are not known, these are ours."""
    return Section("enrolments", permission, (Field("start_date", "day"), Field("end_date", "day")))


def teaching(is_main: bool) -> dict[str, Any]:
    roles = ["Main Class Teacher", "Class Teacher"] if is_main else ["Class Teacher"]
    return {"is_main_teacher": is_main, "is_class_teacher": True, "role": roles[0], "all_roles": roles}


def among(column: str, *needs: str) -> Filter:
    """One of the values of a comma list."""

    def narrow(rows: Rows, value: str) -> Rows:
        wanted = [part.strip() for part in value.split(",") if part.strip()]
        return rows.filter(**{f"{column}__in": wanted}) if wanted else rows

    return Filter(narrow, needs)


def equal(column: str, *needs: str) -> Filter:
    return Filter(lambda rows, value: rows.filter(**{column: value}), needs)


def the_one(column: str, *needs: str) -> Filter:
    """The record whose column holds this wire id."""

    def narrow(rows: Rows, value: str) -> Rows:
        number = value.removeprefix("A")
        is_id = number.isascii() and number.isdecimal() and len(number) < 16
        return rows.filter(**{column: int(number)}) if is_id else rows.none()

    return Filter(narrow, needs)


def on_day(name: str, column: str) -> Filter:
    """Of this day."""
    return Filter(
        lambda rows, value: rows.filter(**{column: moment_of(name, value).date()}) if value else rows
    )


def after(name: str, column: str) -> Filter:
    """From this moment on, itself included."""
    return Filter(
        lambda rows, value: rows.filter(**{f"{column}__gte": moment_of(name, value)}) if value else rows
    )


def before(name: str, column: str) -> Filter:
    """Up to this moment, itself included."""
    return Filter(
        lambda rows, value: rows.filter(**{f"{column}__lte": moment_of(name, value)}) if value else rows
    )
