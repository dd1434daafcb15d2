"""Pages of a list: by number or by cursor, without counting and without skipping when data changes meanwhile.

The `next` address carries where this page ended ("after"), so following it never uses OFFSET and neither skips a
record nor slows down. A bare page number, as some clients build, works too, and costs little more.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.lookups import GreaterThan
from django.http import HttpRequest

from adminhub.broker.api.errors import Unacceptable
from adminhub.broker.api.wire import MomentText, encode

PER_PAGE, MOST_PER_PAGE, FARTHEST_PAGE = 50, 2_500, 1_000_000
_OURS = ("page", "after", "cursor")


@dataclass(frozen=True, slots=True)
class Page:
    """What was asked: which page, how long, and where the one before ended."""

    number: int
    per_page: int
    is_forced: bool
    is_cursor: bool
    after: tuple[Any, int] | None


def page_of(request: HttpRequest) -> Page:
    """Raises Unacceptable for what is no number; too long a page is cut to the longest."""
    query = request.GET
    errors: dict[str, list[str]] = {}
    number = _whole("page", query.get("page", ""), 1, FARTHEST_PAGE, errors)
    per_page = _whole("per_page", query.get("per_page", ""), PER_PAGE, MOST_PER_PAGE, errors)
    cursor = query.get("cursor", "")
    is_switch = cursor.lower() in ("", "true", "1", "false", "0")
    token = query.get("after", "") or ("" if is_switch else cursor)
    after = _read_after(token, errors)
    if errors:
        raise Unacceptable(errors)
    is_cursor = cursor.lower() not in ("", "false", "0")
    return Page(number, per_page, "per_page" in query, is_cursor, after)


def _whole(name: str, text: str, default: int, most: int, errors: dict[str, list[str]]) -> int:
    if not text.strip():
        return default
    if not (text.strip().isascii() and text.strip().isdecimal()) or int(text.strip()[:12]) < 1:
        errors[name] = [f"The {name.replace('_', ' ')} must be a whole number from 1 to {most}."]
        return default
    return min(int(text.strip()[:12]), most)


def _read_after(token: str, errors: dict[str, list[str]]) -> tuple[Any, int] | None:
    if not token:
        return None
    try:
        value, number = msgspec.json.decode(base64.urlsafe_b64decode(token + "=="), type=tuple[str, int])
    except (msgspec.DecodeError, binascii.Error, ValueError):
        errors["after"] = ["This is no place in the list. Follow the address in “next” as it is."]
        return None
    if "\x00" in value:
        errors["after"] = ["This is no place in the list."]
        return None
    return value, number


def after_token(value: Any, number: int) -> str:
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return base64.urlsafe_b64encode(encode((text, number))).decode().rstrip("=")


def cut(
    rows: QuerySet[Any], page: Page, order: str, columns: tuple[Any, ...]
) -> tuple[list[tuple[Any, ...]], bool, str]:
    """The columns of this page's rows in order, whether there are more, and where it ended.

    `order` is the column that sorts; the id settles ties. Both are added behind the columns.
    """
    rows = rows.order_by(order, "id")
    place = _place(rows, page, order)
    if place is not None:
        mark, number = place
        rows = rows.filter(GreaterThan(_pair(F(order), F("id")), _pair(Value(mark), Value(number))))
    elif page.number > 1:
        return [], False, ""
    sorted_by = MomentText(order) if order.endswith("_at") else order
    found = list(rows.values_list(*columns, sorted_by, "id")[: page.per_page + 1])
    has_more = len(found) > page.per_page
    found = found[: page.per_page]
    ending = after_token(*found[-1][-2:]) if found else ""
    return found, has_more, ending


def _place(rows: QuerySet[Any], page: Page, order: str) -> tuple[Any, int] | None:
    """Behind which row the page begins; None for the first page, and for one behind the end.

    For a bare page number the rows before it are counted off by sort key alone, which the index has.
    """
    if page.after is not None:
        value, number = page.after
        return (_moment(value) if order.endswith("_at") else value), number
    if page.number == 1:
        return None
    before = (page.number - 1) * page.per_page
    return next(iter(rows.values_list(order, "id")[before - 1 : before]), None)


def _pair(first: F | Value, second: F | Value) -> Func:
    """PostgreSQL finds its way to such a pair in an index of both, so no page costs more than another."""
    return Func(first, second, function="ROW", output_field=TextField())


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Unacceptable({"after": ["This is no place in this list."]}) from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def pagination(request: HttpRequest, page: Page, *, has_more: bool, ending: str) -> dict[str, Any]:
    """The "pagination" object: always there, with absolute addresses (wonde-api §0.6, §0.7)."""
    following = None
    if has_more and page.is_cursor:
        following = _address(request, cursor=ending)
    elif has_more:
        following = _address(request, after=ending, page=str(page.number + 1))
    is_first = page.number == 1 or page.is_cursor
    previous = None if is_first else _address(request, page=str(page.number - 1))
    return {
        "next": following,
        "previous": previous,
        "more": has_more,
        "per_page": page.per_page,
        "current_page": page.number,
    }


def _address(request: HttpRequest, **ours: str) -> str:
    """This address with another place in the list, the caller's own parameters first and in their order."""
    kept = [(key, value) for key, values in request.GET.lists() for value in values if key not in _OURS]
    query = urlencode([*kept, *ours.items()], safe=",:")
    return f"{settings.BROKER_URL}{request.path.rstrip('/')}?{query}"
