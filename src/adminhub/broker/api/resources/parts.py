"""Pieces the declarations of several families are made of."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from adminhub.broker.api.declarations import Field, Section

Rows = QuerySet[Any]

PHONES = ("phone", "primary", "home", "work", "mobile")
EMAILS = ("email", "primary", "home", "work")
HOME_ADDRESS = (
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
TIMES = (
    Field("restored_at", "moment"),
    Field("created_at", "moment"),
    Field("updated_at", "moment"),
)


def section(resource: str, name: str, *fields: Field) -> Section:
    """A section whose fields each have the permission of their own name."""
    permitted = tuple(
        Field(
            field.name,
            field.kind,
            f"{resource}.{name}.{field.name}.read" if field.is_kept else None,
            field.column,
            field.is_kept,
            field.keys,
            field.objects,
        )
        for field in fields
    )
    return Section(name, f"{resource}.{name}.read", permitted)


def personal(resource: str, *names: str) -> tuple[Field, ...]:
    return tuple(Field(name, permission=f"{resource}.{name}.read") for name in names)


def teaching(is_main: bool) -> dict[str, Any]:
    roles = ["Main Class Teacher", "Class Teacher"] if is_main else ["Class Teacher"]
    return {"is_main_teacher": is_main, "is_class_teacher": True, "role": roles[0], "all_roles": roles}


def has(model: Any, column: str) -> Any:
    def narrow(rows: Rows, value: str) -> Rows:
        if value.strip().lower() in ("false", "0"):
            return rows
        members = model.objects.filter(**{column: OuterRef("pk")}, school_id=OuterRef("school_id"))
        return rows.filter(Exists(members))

    return narrow


def among(column: str) -> Any:
    def narrow(rows: Rows, value: str) -> Rows:
        wanted = [part.strip() for part in value.split(",") if part.strip()]
        return rows.filter(**{f"{column}__in": wanted}) if wanted else rows

    return narrow


def named(rows: Rows, value: str) -> Rows:
    return rows.filter(name=value)
