"""Narrowing a list by when it changed, and by what each resource declares."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from adminhub.broker.api.declarations import Resource
from adminhub.broker.api.errors import Unacceptable


def by_change(rows: QuerySet[Any], request: HttpRequest, *, column: str = "updated_at") -> QuerySet[Any]:
    """`updated_after` and `updated_before`, both inclusive, so that nothing falls between two calls."""
    for name, lookup in (("updated_after", "gte"), ("updated_before", "lte")):
        text = request.GET.get(name, "").strip()
        if text:
            rows = rows.filter(**{f"{column}__{lookup}": _moment(name, text)})
    return rows


def _moment(name: str, text: str) -> datetime:
    """A date, or a date and time; UTC unless it says otherwise. Raises Unacceptable."""
    try:
        at = datetime.fromisoformat(text.replace(" 00:00", "+00:00") if text.count(" ") == 2 else text)
    except ValueError:
        raise Unacceptable({name: ["Write it as 2026-09-01 or 2026-09-01 13:45:00 (UTC)."]}) from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def by_declared(rows: QuerySet[Any], resource: Resource, request: HttpRequest) -> QuerySet[Any]:
    """The filters the resource declares; others are ignored, as the real API does."""
    for name, narrow in resource.filters.items():
        if name in request.GET:
            rows = narrow(rows, request.GET[name].replace("\x00", ""))
    return rows
