"""Dates as MIS exports write them."""

import re
from datetime import date, timedelta
from typing import Literal

Order = Literal["day first", "month first", "either"]

_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ].*)?", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?:[T ].*)?", re.ASCII)
_NUMBERS_FIRST = re.compile(r"^(\d{1,2})([/.\-])(\d{1,2})", re.ASCII)
_WORDS = re.compile(
    r"(\d{1,2})[ \-/]([A-Za-z]{3})[A-Za-z]*[ \-/](\d{4}|\d{2})(?: \d{1,2}:\d{2}.*)?", re.ASCII
)
_YEAR_WORD = re.compile(r"(\d{4})-([A-Za-z]{3})-(\d{1,2})(?: .*)?", re.ASCII)
_DAY_NUMBER = re.compile(r"\d{5}(?:\.0+)?", re.ASCII)
_MONTHS = {
    name: n
    for n, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_day(text: str) -> date | None:
    """The day behind ISO, day/month/year or '14 Mar 2011'; None: it is none of these or no real day."""
    if match := _ISO.fullmatch(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if (match := _DAY_FIRST.fullmatch(text)) and len(match[3]) == 4:
        return _date(int(match[3]), int(match[2]), int(match[1]))
    if (match := _WORDS.fullmatch(text)) and len(match[3]) == 4:
        return _date(int(match[3]), _MONTHS.get(match[2].lower(), 0), int(match[1]))
    if match := _YEAR_WORD.fullmatch(text):
        return _date(int(match[1]), _MONTHS.get(match[2].lower(), 0), int(match[3]))
    return None


def read_short_day(text: str, *, not_after: date) -> date | None:
    """A day whose year has two digits, put into the hundred years that end with `not_after`; None: no such day."""
    if match := _DAY_FIRST.fullmatch(text):
        month = int(match[2])
    elif match := _WORDS.fullmatch(text):
        month = _MONTHS.get(match[2].lower(), 0)
    else:
        return None
    if len(match[3]) != 2:
        return None
    return _date(_year(match[3], not_after), month, int(match[1]))


def read_day_number(text: str) -> date | None:
    """The day behind a spreadsheet's day number (43338 is 26 August 2018); None: it is no such number."""
    if not _DAY_NUMBER.fullmatch(text):
        return None
    return date(1899, 12, 30) + timedelta(days=int(float(text)))


def read_month_first(text: str, *, not_after: date) -> date | None:
    """The day behind month/day/year; None: it is no such day. Two digits of year end with `not_after`."""
    match = _DAY_FIRST.fullmatch(text)
    return _date(_year(match[3], not_after), int(match[1]), int(match[2])) if match else None


def is_day_first_only(text: str, *, not_after: date) -> bool:
    """Whether this is a day with the month in the middle, and none with the month in front."""
    match = _DAY_FIRST.fullmatch(text)
    if match is None or read_month_first(text, not_after=not_after):
        return False
    return _date(_year(match[3], not_after), int(match[2]), int(match[1])) is not None


def order_of(text: str) -> Order | None:
    """In which order alone this can be a day; "either" where it can in both. None: it is no day so written."""
    match = _DAY_FIRST.fullmatch(text)
    if match is None:
        return None
    year = int(match[3]) if len(match[3]) == 4 else 2000 + int(match[3])
    day_first = _date(year, int(match[2]), int(match[1])) is not None
    month_first = _date(year, int(match[1]), int(match[2])) is not None
    if day_first and month_first:
        return "either"
    return "day first" if day_first else "month first" if month_first else None


def turned_round(text: str) -> str:
    """Month/day/year as day/month/year; anything else as it is."""
    return _NUMBERS_FIRST.sub(r"\3\2\1", text) if _DAY_FIRST.fullmatch(text) else text


def _year(digits: str, not_after: date) -> int:
    """The year, put into the hundred years that end with `not_after` where it has two digits."""
    if len(digits) == 4:
        return int(digits)
    year = not_after.year // 100 * 100 + int(digits)
    return year - 100 if year > not_after.year else year
