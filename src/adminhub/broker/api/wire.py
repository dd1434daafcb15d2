"""How values look on the wire: PHP DateTime dumps, ids, JSON bytes."""

import base64
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

import msgspec
from django.db.models import Func, TextField

from adminhub.broker.sources.models import wire_id

encode = msgspec.json.Encoder().encode
Zone = str


@lru_cache(maxsize=16_384)
def moment(at: datetime | None) -> Any:
    """A moment as PHP dumps it, in UTC (wonde-api §0.5)."""
    if at is None:
        return None
    return _php_date(f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}", "UTC")


class MomentText(Func):
    """A moment as PHP writes it, made by the database, for a page has six hundred of them."""

    template = "to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    output_field = TextField()


@lru_cache(maxsize=16_384)
def moment_of_text(text: str | None) -> Any:
    """As `moment`, from what `MomentText` gives."""
    return None if text is None else _php_date(text, "UTC")


@lru_cache(maxsize=256)
def moment_without_fraction(at: datetime | None) -> Any:
    """As `moment`, but without microseconds: `audit_approved_at` has none (wonde-api §0.5)."""
    return None if at is None else _php_date(f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}", "UTC")


@lru_cache(maxsize=16_384)
def day(on: date | str | None) -> Any:
    """A day (a date, or its ISO text) as midnight in the school's time zone."""
    return None if not on else _php_date(f"{on} 00:00:00.000000", "Europe/London")


def clock(at: time | None) -> str | None:
    return None if at is None else f"{at:%H:%M:%S}"


def image(content: bytes | memoryview | None) -> str | None:
    """A picture as base64."""
    return None if content is None else base64.b64encode(content).decode("ascii")


def _php_date(text: str, zone: str) -> msgspec.Raw:
    return msgspec.Raw(encode({"date": text, "timezone_type": 3, "timezone": zone}))


def record_id(number: int | None) -> str | None:
    return None if number is None else wire_id(number)
