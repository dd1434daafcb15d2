"""Narrowing a list by when it changed, and by what each resource declares."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from adminhub.broker.api.declarations import Filter, Narrow, Resource, is_yes
from adminhub.broker.api.errors import Forbidden
from adminhub.broker.api.moments import moment_of
from adminhub.broker.api.view import View


def by_change(
    rows: QuerySet[Any],
    request: HttpRequest,
    *,
    column: str = "updated_at",
    otherwise_at: datetime | None = None,
) -> QuerySet[Any]:
    """`updated_after` and `updated_before`, both inclusive, so that nothing falls between two calls.

    `otherwise_at` is when whom or what the app may see became otherwise: to a client that read before then, every
    record may be new, whenever it changed itself.
    """
    after, before = (_asked(request, name) for name in ("updated_after", "updated_before"))
    if before is not None:
        rows = rows.filter(**{f"{column}__lte": before})
    if after is None or (
        otherwise_at is not None and after <= otherwise_at and (before is None or otherwise_at <= before)
    ):
        return rows
    return rows.filter(**{f"{column}__gte": after})


def _asked(request: HttpRequest, name: str) -> datetime | None:
    text = request.GET.get(name, "").strip()
    return moment_of(name, text) if text else None


def by_declared(rows: QuerySet[Any], resource: Resource, request: HttpRequest, view: View) -> QuerySet[Any]:
    """The filters the resource declares; others are ignored, as the real API does.

    Raises Forbidden for one that would tell what this app may not read.
    """
    for name, declared in resource.filters.items():
        if name not in request.GET:
            continue
        if not view.granted.issuperset(declared.needs):
            raise Forbidden(f"“{name}” looks at what the school has not given this app permission to read.")
        value = _value(request, name)
        if isinstance(declared, Filter):
            rows = declared.narrow(rows, value)
        elif is_yes(value):
            rows = view.having(rows, declared)
    return rows


def asked_inside(
    resource: Resource, request: HttpRequest
) -> dict[str, Callable[[QuerySet[Any]], QuerySet[Any]]]:
    """How the parameters that the resource declares for its includes narrow them, by the resource nested."""
    return {
        declared.resource: _with(declared.narrow, _value(request, name))
        for name, declared in resource.inside.items()
        if name in request.GET
    }


def _with(narrow: Narrow, value: str) -> Callable[[QuerySet[Any]], QuerySet[Any]]:
    return lambda rows: narrow(rows, value)


def _value(request: HttpRequest, name: str) -> str:
    return request.GET[name].replace("\x00", "").strip()
