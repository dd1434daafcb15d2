"""What a person is known by where a file gives no MIS id: a national number, or else a key of name and birthday.

Such keys are for reading only: they are personal themselves, and whoever publishes people gives them ids of its own.
"""

import hashlib
from datetime import date

from adminhub.mis import identifiers
from adminhub.mis.text import folded


def pupil_key(upn: str | None, *, surname: str | None, forename: str | None, born: date | None) -> str:
    """The UPN where it is a sound one, or else a key made of name and birthday."""
    tidy = identifiers.tidy_upn(upn or "")
    return tidy if identifiers.is_valid_upn(tidy) else _of_name(surname, forename, born)


def employee_key(number: str | None, *, surname: str | None, forename: str | None, born: date | None) -> str:
    """The teacher number where it is one, or else a key made of name and birthday."""
    if number and identifiers.is_teacher_number(number):
        return number
    return _of_name(surname, forename, born)


def _of_name(surname: str | None, forename: str | None, born: date | None) -> str:
    text = "|".join((folded(surname or ""), folded(forename or ""), born.isoformat() if born else ""))
    return "name-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
