"""From rows to the wire's objects: one query per include and page, whatever the number of rows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection
from django.db.models import QuerySet

from adminhub.broker.api import wire
from adminhub.broker.api.declarations import Field, Further, Relation, Resource, Through
from adminhub.broker.api.kept import Kept
from adminhub.broker.api.permitted import Tree
from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.api.view import Granted, View

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]
Part = tuple[str, str | None, Convert | None]

_CONVERT: dict[str, Convert] = {
    "day": wire.day,
    "moment": wire.moment,
    "id": wire.record_id,
    "time": wire.clock,
    "image": wire.image,
}


@dataclass(frozen=True, slots=True)
class Columns:
    """What to select for a resource, and how its fields are made of it."""

    names: tuple[str, ...]
    values: tuple[tuple[str, int | None, Convert | None], ...]
    sections: tuple[tuple[str, int | None, tuple[Part, ...]], ...]
    people: tuple[tuple[str, int], ...]
    moments: frozenset[str]

    @property
    def selected(self) -> tuple[Any, ...]:
        """What to ask the database for."""
        return tuple(wire.MomentText(name) if name in self.moments else name for name in self.names)


def columns_of(resource: Resource, tree: Tree, granted: Granted) -> Columns:
    """Only what will be shown is selected; `id` comes first."""
    names = ["id"]

    def place(column: str) -> int:
        if column not in names:
            names.append(column)
        return names.index(column)

    values = tuple(_value(field, place, granted) for field in resource.fields)
    sections = tuple(
        (
            section.name,
            place(section.kept_in) if section.has_column else None,
            tuple(_part(field, granted) for field in section.fields),
        )
        for section in resource.sections
        if section.name in tree
    )
    for relation in resource.relations:
        if relation.name in tree and isinstance(relation.through, str):
            place(relation.through)
    people: list[tuple[str, int]] = [
        (about.person, place(about.column)) for about in resource.about if about.of is None
    ]
    if resource.person:
        people.append((resource.person, 0))
    moments = frozenset(field.kept_in for field in resource.fields if field.kind == "moment")
    return Columns(tuple(names), values, sections, tuple(people), moments)


def _value(
    field: Field, place: Callable[[str], int], granted: Granted
) -> tuple[str, int | None, Convert | None]:
    if not field.is_kept or not _may_see(field, granted):
        return field.name, None, None
    convert = wire.moment_of_text if field.kind == "moment" else _CONVERT.get(field.kind)
    return field.name, place(field.kept_in), convert


def _may_see(field: Field, granted: Granted) -> bool:
    return field.permission is None or field.permission in granted


def _part(field: Field, granted: Granted) -> Part:
    """How one field of a section is made: its name, its key in the kept object, its conversion."""
    key = field.kept_in if field.is_kept and _may_see(field, granted) else None
    if field.kind == "object":
        return field.name, key, _object(field)
    if field.codes is not None:
        codes = field.codes
        return field.name, key, lambda kept: codes.get(str(kept).casefold())
    return field.name, key, _CONVERT.get(field.kind)


def _object(field: Field) -> Convert:
    """An object is always there with all its keys, so that a client never trips over a null in its way."""
    empty: dict[str, Any] = dict.fromkeys(field.keys)
    if field.objects:
        empties = [(name, dict.fromkeys(keys)) for name, keys in field.objects]
        return lambda kept: {name: _filled(none, (kept or {}).get(name)) for name, none in empties}
    return lambda kept: _filled(empty, kept)


def _filled(empty: dict[str, Any], kept: dict[str, Any] | None) -> dict[str, Any]:
    return {**empty, **kept} if kept else empty


def serialise(resource: Resource, rows: QuerySet[Any], tree: Tree, view: View) -> list[dict[str, Any]]:
    """The objects of these rows, in their order, with what the tree includes."""
    columns = columns_of(resource, tree, view.granted)
    return objects_of(resource, list(rows.values_list(*columns.selected)), columns, tree, view)


def objects_of(
    resource: Resource, rows: Sequence[Row], columns: Columns, tree: Tree, view: View
) -> list[dict[str, Any]]:
    """As `serialise`, of rows read already: `columns.names` first, whatever comes after is left alone."""
    further = _further(resource, rows, tree, view)
    made = [_object_of(row, columns, further) for row in rows]
    for kind, place in columns.people:
        view.seen.add(kind, (row[place] for row in rows))
    _hide_people(resource, made, rows, columns, view)
    for relation in resource.relations:
        if relation.name not in tree:
            continue
        attach = _attach_one if isinstance(relation.through, str) else _attach_many
        attach(made, rows, columns, relation, tree[relation.name], view)
    for nothing in resource.nothing:
        if nothing.name in tree:
            for one in made:
                one[nothing.name] = {"data": None if nothing.is_one else []}
    return made


def _hide_people(
    resource: Resource, made: list[dict[str, Any]], rows: Sequence[Row], columns: Columns, view: View
) -> None:
    """A bare id of somebody who is not shared becomes null."""
    if view.choice.is_everyone:
        return
    for field in resource.fields:
        if field.person is None or field.kept_in not in columns.names:
            continue
        place = columns.names.index(field.kept_in)
        named = {row[place] for row in rows} - {None}
        seen = set(view.people(field.person).filter(pk__in=named).values_list("pk", flat=True))
        for one, row in zip(made, rows, strict=True):
            if row[place] not in seen:
                one[field.name] = None


Details = dict[int, dict[str, Any]]


def _further(resource: Resource, rows: Sequence[Row], tree: Tree, view: View) -> dict[str, Details]:
    """By section, what another table holds of these records, by their ids."""
    return {
        section.name: _further_details(section.further, rows, view)
        for section in resource.sections
        if section.further is not None and section.name in tree
    }


def _further_details(further: Further, rows: Sequence[Row], view: View) -> Details:
    """Of several for one record the oldest counts."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {further.owner}, {further.column}::text FROM {further.model._meta.db_table} "  # noqa: S608
            f"WHERE school_id = %s AND {further.owner} = ANY(%s) ORDER BY id DESC",
            [view.school.pk, [row[0] for row in rows]],
        )
        return {owner: msgspec.json.decode(kept) for owner, kept in cursor.fetchall()}


def _object_of(row: Row, columns: Columns, further: dict[str, Details]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, place, convert in columns.values:
        if place is None:
            made[name] = None
        else:
            made[name] = convert(row[place]) if convert else row[place]
    for name, place, parts in columns.sections:
        kept = {} if place is None else row[place] or {}
        if more := further.get(name, {}).get(row[0]):
            kept = {**more, **{key: value for key, value in kept.items() if value is not None}}
        made[name] = {"data": _data(parts, kept)}
    return made


def _data(parts: Sequence[Part], kept: dict[str, Any]) -> dict[str, Any]:
    data = {}
    for part, key, convert in parts:
        value = kept.get(key) if key else None
        data[part] = convert(value) if convert else value
    return data


def _attach_one(
    made: list[dict[str, Any]],
    rows: Sequence[Row],
    columns: Columns,
    relation: Relation,
    tree: Tree,
    view: View,
) -> None:
    place = columns.names.index(str(relation.through))
    children = _children(relation, {row[place] for row in rows if row[place] is not None}, tree, view)
    for one, row in zip(made, rows, strict=True):
        child = children.get(row[place])
        one[relation.name] = {"data": child.plain if child else None}


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
    says_more = through.main or relation.beside or _listed(relation, tree)
    read = _members if says_more else _plain_members
    of_parent = read(through, [row[0] for row in rows], relation, tree, view)
    for one, row in zip(made, rows, strict=True):
        nested = of_parent.get(row[0], [])
        one[relation.name] = {"data": next(iter(nested), None) if relation.is_one else nested}


Nested = dict[int, list[msgspec.Raw]]


def _plain_members(
    through: Through, parents: list[int], relation: Relation, tree: Tree, view: View
) -> Nested:
    """The nested objects of each parent, in their order, where the membership itself says nothing.

    PostgreSQL hands over one row for each parent: a page of pupils has two thousand memberships.
    """
    listed = _rows_of(
        f"{through.parent}, string_agg({through.child}::text, ',')",
        through,
        parents,
        view,
        f"GROUP BY {through.parent}",
    )
    of_parent = {parent: list(map(int, numbers.split(","))) for parent, numbers in listed}
    children = _children(relation, set().union(*of_parent.values()), tree, view)
    rank = children.rank()
    return {
        parent: [
            children[one].plain for one in sorted(filter(rank.__contains__, numbers), key=rank.__getitem__)
        ]
        for parent, numbers in of_parent.items()
    }


def _members(through: Through, parents: list[int], relation: Relation, tree: Tree, view: View) -> Nested:
    """The same where it says who comes first, or something beside."""
    chosen = f"{through.parent}, {through.child}, {through.main or 'false'}, "
    chosen += f"{through.beside}::text" if through.beside else "null"
    links = _rows_of(chosen, through, parents, view)
    numbers = {link[1] for link in links}
    children = _children(relation, numbers, tree, view)
    said = [part for part in (_beside(relation, view.granted), _listed(relation, tree, view.granted)) if part]
    rank = children.rank()
    served = [link for link in links if link[1] in rank]
    served.sort(key=lambda link: (not link[2], rank[link[1]]))
    of_parent: Nested = defaultdict(list)
    for parent, number, is_main, kept in served:
        child = children[number]
        joined = child.main if is_main else child.plain
        for part in said:
            joined = _joined(joined, part(kept))
        of_parent[parent].append(joined)
    return of_parent


def _joined(child: msgspec.Raw, beside: bytes) -> msgspec.Raw:
    """The nested object, with what its membership says of it."""
    return msgspec.Raw(bytes(child)[:-1] + b"," + beside[1:])


def _beside(relation: Relation, granted: Granted) -> Callable[[str | None], bytes] | None:
    """Makes the bytes of `{"relationship":{…}}` from the membership's JSON."""
    section = relation.beside
    if section is None:
        return None
    if section.permission not in granted:
        return lambda kept: wire.encode({section.name: None})
    parts = tuple(_part(field, granted) for field in section.fields)
    return lambda kept: wire.encode({section.name: _data(parts, msgspec.json.decode(kept or "{}"))})


def _listed(
    relation: Relation, tree: Tree, granted: Granted = frozenset()
) -> Callable[[str | None], bytes] | None:
    """Makes the bytes of `{"enrolments":{"data":[{…}]}}` in the same way, where they are asked for."""
    section = relation.listed
    if section is None or section.name not in tree:
        return None
    parts = tuple(_part(field, granted) for field in section.fields)
    return lambda kept: wire.encode(
        {section.name: {"data": [_data(parts, msgspec.json.decode(kept or "{}"))]}}
    )


def _rows_of(
    chosen: str, through: Through, parents: list[int], view: View, grouped: str = ""
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {chosen} FROM {through.model._meta.db_table} "  # noqa: S608 names of declared columns
            f"WHERE school_id = %s AND {through.parent} = ANY(%s) AND {through.child} IS NOT NULL {grouped}",
            [view.school.pk, parents],
        )
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Child:
    """A nested object, ready to be joined in: as the main one of its parent, and as another."""

    place: tuple[Any, ...]
    plain: msgspec.Raw
    main: msgspec.Raw


class Children(dict[int, Child]):
    """Nested objects by number. Several calls may add to it at once; nothing is ever taken out."""

    def __init__(self, made: Iterable[tuple[int, Child]] = ()) -> None:
        super().__init__(made)
        self._ranked: tuple[list[tuple[Any, int]], dict[int, int]] = ([], {})

    def rank(self) -> dict[int, int]:
        """Which comes before which. What was in order already is not put in order again."""
        ordered, rank = self._ranked
        if len(rank) != len(self):
            more = [(child.place, number) for number, child in list(self.items()) if number not in rank]
            ordered = sorted(ordered + more)
            rank = {number: place for place, (_, number) in enumerate(ordered)}
            self._ranked = ordered, rank
        return rank


_kept = Kept(Children, entries=200)


def _children(relation: Relation, numbers: set[int], tree: Tree, view: View) -> Children:
    """The nested objects by number; those not served are left out.

    Classes, groups and subjects without people in them are the same on every page, so they are kept until the
    school's records or what it allows change. People are never kept.
    """
    if not RESOURCES[relation.resource].names_nobody or tree.keys() - {"subject"}:
        return Children(_made_children(relation, numbers, tree, view))
    key = (view.school.pk, view.version, relation.resource, relation.meta, bool(tree), view.granted)
    known = _kept.of(key)
    missing = numbers - known.keys()
    if missing:
        known.update(_made_children(relation, missing, tree, view))
    return known


def _made_children(
    relation: Relation, numbers: Iterable[int], tree: Tree, view: View
) -> Iterable[tuple[int, Child]]:
    resource = RESOURCES[relation.resource]
    columns = columns_of(resource, tree, view.granted)
    found = view.served(resource).filter(pk__in=numbers)
    rows = list(found.values_list(*columns.selected, *resource.nested_order))
    for row, made in zip(rows, objects_of(resource, rows, columns, tree, view), strict=True):
        place = tuple((value is None, value) for value in row[len(columns.names) :])
        plain = _with_meta(made, relation, False)
        main = _with_meta(made, relation, True) if relation.meta else plain
        yield row[0], Child(place, plain, main)


def _with_meta(child: dict[str, Any], relation: Relation, is_main: bool) -> msgspec.Raw:
    return msgspec.Raw(wire.encode({**child, "meta": relation.meta(is_main)} if relation.meta else child))
