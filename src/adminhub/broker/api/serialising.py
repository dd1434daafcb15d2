"""From rows to the wire's objects: one query per include and page, whatever the number of rows."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db.models import QuerySet

from adminhub.broker.api import wire
from adminhub.broker.api.declarations import Field, Relation, Resource, Through
from adminhub.broker.api.permitted import Granted, Tree
from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.directory.models import School
from adminhub.broker.sources.models import RecordStatus

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]

_CONVERT: dict[str, Convert] = {"day": wire.day, "moment": wire.moment, "id": wire.record_id}


@dataclass(frozen=True, slots=True)
class View:
    """For whom we serialise: the school, and the permissions it has granted. Access control joins here."""

    school: School
    granted: Granted

    def served(self, resource: Resource) -> QuerySet[Any]:
        """The rows of this resource that this app may know of."""
        rows = resource.model._default_manager.filter(school_id=self.school.pk)
        return rows.filter(status=RecordStatus.CURRENT)


@dataclass(frozen=True, slots=True)
class Columns:
    """What to select for a resource, and how its fields are made of it."""

    names: tuple[str, ...]
    values: tuple[tuple[str, int | None, Convert | None], ...]
    sections: tuple[tuple[str, int, tuple[tuple[str, str | None, Convert | None], ...]], ...]


def columns_of(resource: Resource, tree: Tree, granted: Granted) -> Columns:
    """Only what will be shown is selected; `id` comes first."""
    names = ["id"]

    def place(column: str) -> int:
        if column not in names:
            names.append(column)
        return names.index(column)

    values = tuple(_value(field, place, granted) for field in resource.fields)
    sections = tuple(
        (section.name, place(section.name), tuple(_part(field, granted) for field in section.fields))
        for section in resource.sections
        if section.name in tree
    )
    for relation in resource.relations:
        if relation.name in tree and isinstance(relation.through, str):
            place(relation.through)
    return Columns(tuple(names), values, sections)


def _value(
    field: Field, place: Callable[[str], int], granted: Granted
) -> tuple[str, int | None, Convert | None]:
    if not field.is_kept or not _may_see(field, granted):
        return field.name, None, None
    return field.name, place(field.kept_in), _CONVERT.get(field.kind)


def _may_see(field: Field, granted: Granted) -> bool:
    return field.permission is None or field.permission in granted


def _part(field: Field, granted: Granted) -> tuple[str, str | None, Convert | None]:
    """How one field of a section is made: its name, its key in the kept object, its conversion."""
    key = field.kept_in if field.is_kept and _may_see(field, granted) else None
    if field.kind == "object":
        return field.name, key, _object(field)
    return field.name, key, _CONVERT.get(field.kind)


def _object(field: Field) -> Convert:
    """An object is always there with all its keys, so that a client never trips over a null in its way."""
    empty: dict[str, Any] = dict.fromkeys(field.keys)
    if field.objects:
        names = field.objects
        return lambda kept: {name: {**empty, **((kept or {}).get(name) or {})} for name in names}
    return lambda kept: {**empty, **(kept or {})}


def serialise(resource: Resource, rows: QuerySet[Any], tree: Tree, view: View) -> list[dict[str, Any]]:
    """The objects of these rows, in their order, with what the tree includes."""
    columns = columns_of(resource, tree, view.granted)
    found = list(rows.values_list(*columns.names))
    return list(objects_of(resource, found, columns, tree, view))


def objects_of(
    resource: Resource, rows: Sequence[Row], columns: Columns, tree: Tree, view: View
) -> list[dict[str, Any]]:
    made = [_object_of(row, columns) for row in rows]
    for relation in resource.relations:
        if relation.name not in tree:
            continue
        attach = _attach_one if isinstance(relation.through, str) else _attach_many
        attach(made, rows, columns, relation, tree[relation.name], view)
    return made


def _object_of(row: Row, columns: Columns) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, place, convert in columns.values:
        if place is None:
            made[name] = None
        else:
            made[name] = convert(row[place]) if convert else row[place]
    for name, place, parts in columns.sections:
        kept = row[place] or {}
        data = {}
        for part, key, convert in parts:
            value = kept.get(key) if key else None
            data[part] = convert(value) if convert else value
        made[name] = {"data": data}
    return made


def _attach_one(
    made: list[dict[str, Any]],
    rows: Sequence[Row],
    columns: Columns,
    relation: Relation,
    tree: Tree,
    view: View,
) -> None:
    place = columns.names.index(str(relation.through))
    wanted = {row[place] for row in rows if row[place] is not None}
    children = _children(relation, wanted, tree, view)
    encoded = {number: msgspec.Raw(wire.encode({"data": child})) for number, child in children.items()}
    for one, row in zip(made, rows, strict=True):
        one[relation.name] = encoded.get(row[place]) or {"data": None}


def _attach_many(
    made: list[dict[str, Any]],
    rows: Sequence[Row],
    columns: Columns,
    relation: Relation,
    tree: Tree,
    view: View,
) -> None:
    through = relation.through
    if isinstance(through, str):
        raise TypeError(relation.name)
    links = _links(through, [row[0] for row in rows], view)
    children = _children(relation, {child for _, child, _ in links}, tree, view)
    rank = {number: place for place, number in enumerate(children)}
    encoded = {
        (number, is_main): msgspec.Raw(wire.encode(_with_meta(child, relation, is_main)))
        for number, child in children.items()
        for is_main in ((False, True) if relation.meta else (False,))
    }
    of_parent: dict[int, list[tuple[bool, int, int]]] = defaultdict(list)
    for parent, child, is_main in links:
        if child in rank:
            of_parent[parent].append((not is_main, rank[child], child))
    for one, row in zip(made, rows, strict=True):
        one[relation.name] = {
            "data": [
                encoded[child, relation.meta is not None and not is_other]
                for is_other, _, child in sorted(of_parent.get(row[0], ()))
            ]
        }


def _with_meta(child: dict[str, Any], relation: Relation, is_main: bool) -> dict[str, Any]:
    return {**child, "meta": relation.meta(is_main)} if relation.meta else child


def _links(through: Through, parents: list[int], view: View) -> list[tuple[int, int, bool]]:
    columns = [through.parent, through.child, *([through.main] if through.main else [])]
    links = through.model._default_manager.filter(
        school_id=view.school.pk, **{f"{through.parent}__in": parents}
    ).values_list(*columns)
    return list(links) if through.main else [(parent, child, False) for parent, child in links]


def _children(relation: Relation, numbers: set[int], tree: Tree, view: View) -> dict[int, dict[str, Any]]:
    """The nested objects by number, in the order they are shown; those not served are left out."""
    resource = RESOURCES[relation.resource]
    columns = columns_of(resource, tree, view.granted)
    rows = list(
        view.served(resource)
        .filter(pk__in=numbers)
        .order_by(*resource.nested_order)
        .values_list(*columns.names)
    )
    made = objects_of(resource, rows, columns, tree, view)
    return {row[0]: one for row, one in zip(rows, made, strict=True)}
