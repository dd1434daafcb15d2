"""Reads limit, offset, sort, filter and fields, and applies them: OneRoster 1.2 REST §3.2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.http import QueryDict

from adminhub.hub.outputs.oneroster.errors import bad_request

DEFAULT_LIMIT = 100
_CLAUSE = r"\s*(?P<field{n}>[A-Za-z][\w.]*)\s*(?P<op{n}>!=|>=|<=|=|>|<|~)\s*'(?P<value{n}>(?:[^']|'')*)'\s*"
_FILTER = re.compile(
    _CLAUSE.format(n=1) + r"(?:(?<=['\s])(?P<joint>AND|OR)(?=\s)" + _CLAUSE.format(n=2) + ")?"
)
_SCHOOL_FIELDS = ("primaryOrg.sourcedId", "school.sourcedId", "org.sourcedId", "metadata.schoolSourcedId")


@dataclass(frozen=True)
class Clause:
    """One comparison of a filter."""

    field: str
    op: str
    value: str

    def is_true_of(self, row: dict[str, Any]) -> bool:
        """Compare as text without case, or as moments when both are; of several values any may agree."""
        found = list(_values(row, self.field.split(".")))
        if not found:
            return self.op == "!="
        if self.op == "!=":
            return not any(_compare("=", value, self.value) for value in found)
        return any(_compare(self.op, value, self.value) for value in found)


@dataclass(frozen=True)
class Query:
    """What a client wants of a collection."""

    limit: int
    offset: int
    sort: str | None
    is_descending: bool
    clauses: tuple[Clause, ...]
    joint: str
    fields: tuple[str, ...]

    @property
    def only_school(self) -> str | None:
        """The one school a filter leaves, so that the others need not be read."""
        if self.joint == "OR":
            return None
        return next((c.value for c in self.clauses if c.op == "=" and c.field in _SCHOOL_FIELDS), None)

    def keep(self, rows: Iterable[Any]) -> list[Any]:
        """The rows that pass the filter."""
        if not self.clauses:
            return list(rows)
        agree = any if self.joint == "OR" else all
        built = (msgspec.to_builtins(row) for row in rows)
        return [row for row in built if agree(clause.is_true_of(row) for clause in self.clauses)]

    def order(self, rows: Iterable[Any]) -> list[Any]:
        """The rows in the order asked for; ties, and rows nobody ordered, by sourcedId."""
        ordered = sorted(rows, key=_sourced_id)
        if self.sort:
            path = self.sort.split(".")
            ordered = [msgspec.to_builtins(row) for row in ordered]
            ordered.sort(key=lambda row: _sort_key(row, path), reverse=self.is_descending)
        return ordered

    def pick(self, row: Any) -> Any:
        """A row with the fields asked for."""
        if not self.fields:
            return row
        built = msgspec.to_builtins(row)
        return {name: built[name] for name in self.fields if name in built}


def read(parameters: QueryDict, *, known: frozenset[str]) -> Query:
    """Read the parameters of a collection whose rows have the `known` fields. Raises Refused (400)."""
    for name in ("limit", "offset", "sort", "orderBy", "filter"):
        if len(parameters.getlist(name)) > 1:
            raise bad_request("invaliddata", f"{name} may be given once.")
    clauses, joint = _read_filter(parameters.get("filter", ""), known)
    sort = parameters.get("sort") or None
    if sort and sort.split(".")[0] not in known:
        raise bad_request("invalid_selection_field", "sort names a field that these objects do not have.")
    order = parameters.get("orderBy", "asc")
    if order not in ("asc", "desc"):
        raise bad_request("invaliddata", "orderBy is asc or desc.")
    return Query(
        limit=_number(parameters, "limit", least=1, otherwise=DEFAULT_LIMIT),
        offset=_number(parameters, "offset", least=0, otherwise=0),
        sort=sort,
        is_descending=order == "desc",
        clauses=clauses,
        joint=joint,
        fields=read_fields(parameters, known=known),
    )


def read_fields(parameters: QueryDict, *, known: frozenset[str]) -> tuple[str, ...]:
    """Read `fields=a,b` and `fields=a&fields=b`. Raises Refused (400) for a field there is not."""
    asked = [name.strip() for value in parameters.getlist("fields") for name in value.split(",")]
    fields = tuple(dict.fromkeys(name for name in asked if name))
    if set(fields) - known:
        raise bad_request("invalid_selection_field", "fields names a field that these objects do not have.")
    return fields


def links(*, address: str, parameters: QueryDict, query: Query, total: int) -> str:
    """RFC 8288: first, prev, next and last, with absolute addresses."""
    last = max(0, (total - 1) // query.limit * query.limit)
    steps = {"first": 0}
    if query.offset > 0:
        steps["prev"] = max(0, query.offset - query.limit)
    if query.offset + query.limit < total:
        steps["next"] = query.offset + query.limit
    steps["last"] = last
    kept = [
        (name, value)
        for name, values in parameters.lists()
        if name not in ("limit", "offset")
        for value in values
    ]
    return ", ".join(
        f'<{address}?{urlencode([*kept, ("limit", query.limit), ("offset", offset)])}>; rel="{rel}"'
        for rel, offset in steps.items()
    )


def _read_filter(text: str, known: frozenset[str]) -> tuple[tuple[Clause, ...], str]:
    if not text:
        return (), "AND"
    found = _FILTER.fullmatch(text)
    if found is None:
        raise bad_request(
            "invalid_filter_field",
            "filter is <field><operator>'<value>', once or twice, joined by AND or OR.",
        )
    clauses = [
        Clause(found[f"field{n}"], found[f"op{n}"], found[f"value{n}"].replace("''", "'"))
        for n in (1, 2)
        if found[f"field{n}"]
    ]
    if any(clause.field.split(".")[0] not in known for clause in clauses):
        raise bad_request("invalid_filter_field", "filter names a field that these objects do not have.")
    return tuple(clauses), found["joint"] or "AND"


def _number(parameters: QueryDict, name: str, *, least: int, otherwise: int) -> int:
    text = parameters.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) >= least):
        raise bad_request("invaliddata", f"{name} is a whole number from {least}.")
    return int(text)


def _values(row: Any, path: list[str]) -> Iterable[str]:
    """Every value at a dotted path; lists are walked through."""
    if isinstance(row, list):
        for item in row:
            yield from _values(item, path)
    elif not path:
        yield str(row)
    elif isinstance(row, dict) and path[0] in row:
        yield from _values(row[path[0]], path[1:])


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


def _compare(op: str, ours: str, theirs: str) -> bool:
    if op == "~":
        return theirs.casefold() in ours.casefold()
    left, right = _moment(ours), _moment(theirs)
    if left and right:
        return _COMPARE[op](left, right)
    return _COMPARE[op](ours.casefold(), theirs.casefold())


def _moment(text: str) -> datetime | None:
    if len(text) < 10 or text[4] != "-":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _sourced_id(row: Any) -> str:
    key: str = row["sourcedId"] if isinstance(row, dict) else row.sourced_id
    return key


def _sort_key(row: Any, path: list[str]) -> tuple[bool, str]:
    """Rows without a value come last."""
    value = next(iter(_values(row, path)), None)
    return value is None, (value or "").casefold()
