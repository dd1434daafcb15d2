"""Days so many calendar months away."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def months_from(day: date, months: int) -> date:
    """The same day of another month, or its last where it has no such day. Negative months go back."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
