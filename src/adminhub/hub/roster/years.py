"""Year groups: their codes, their names, and what comes after each. Plain Python.

A code is N1, N2, R or 1–14. Whoever left with a promotion is in a year group that the hub makes for them: "L26" is
"Leavers 2026 - 2027". No MIS has such a code, and no service is ever told it as a year group.
"""

from __future__ import annotations

from datetime import date

YEARS = ("N1", "N2", "R", *(str(year) for year in range(1, 15)))
"""The year groups that a school teaches, youngest first."""
_CENTURY = 2000


def year_name(code: str) -> str:
    """A year group in words; blank for none."""
    if not code:
        return ""
    if is_leavers(code):
        return f"Leavers {school_year_name(_CENTURY + int(code[1:]))}"
    return "Reception" if code == "R" else f"Nursery {code[1:]}" if code.startswith("N") else f"Year {code}"


def is_leavers(code: str) -> bool:
    """Whether this is a year group of people who have left."""
    return len(code) == 3 and code.startswith("L") and code[1:].isdecimal()


def is_year(code: str) -> bool:
    """Whether this is the code of a year group, of leavers too."""
    return code in YEARS or is_leavers(code)


def leavers_of(school_year: int) -> str:
    """The year group of those who leave in the school year that begins in this autumn."""
    return f"L{school_year % 100:02}"


def year_order(code: str) -> tuple[int, int]:
    """Sorts year groups: those taught, youngest first, then leavers, the latest first, then anything else."""
    if code in YEARS:
        return (0, YEARS.index(code))
    return (1, -int(code[1:])) if is_leavers(code) else (2, 0)


def next_year(code: str) -> str:
    """The year group a year later; blank after the last one, and for leavers."""
    place = YEARS.index(code) + 1 if code in YEARS else len(YEARS)
    return YEARS[place] if place < len(YEARS) else ""


def school_year_of(day: date) -> int:
    """The autumn in which the day's school year began; one begins on 1 September."""
    return day.year if day.month >= 9 else day.year - 1


def school_year_name(school_year: int) -> str:
    """Such as "2026 - 2027"."""
    return f"{school_year} - {school_year + 1}"
