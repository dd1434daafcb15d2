"""A choice of people as a form carries it from page to page: nothing of it is kept until it is saved."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import QueryDict

from adminhub.broker.consent.access import Choice
from adminhub.broker.consent.models import AccessRule

LARGEST_ID = 2**63 - 1


def read_choice(data: QueryDict) -> Choice:
    """The choice in the form. What is not a number names nobody."""
    mode = data.get("mode", "")
    return Choice(
        AccessRule.Mode(mode) if mode in AccessRule.Mode.values else AccessRule.Mode.EVERYONE,
        pupils=_ids(data.getlist("pupil")),
        employees=_ids(data.getlist("employee")),
        groups=_ids(data.getlist("group")),
        has_all_pupils="all_pupils" in data,
        has_all_employees="all_employees" in data,
    )


def read_looked_at(data: QueryDict) -> int | None:
    """Which rule was in force when the page was opened."""
    found = _ids([data.get("instead_of", "")])
    return next(iter(found), None)


def as_fields(choice: Choice) -> list[tuple[str, str]]:
    """The choice as names and values of hidden inputs."""
    fields = [("mode", choice.mode.value)]
    fields += [("pupil", str(pk)) for pk in sorted(choice.pupils)]
    fields += [("employee", str(pk)) for pk in sorted(choice.employees)]
    fields += [("group", str(pk)) for pk in sorted(choice.groups)]
    fields += [("all_pupils", "on")] if choice.has_all_pupils else []
    fields += [("all_employees", "on")] if choice.has_all_employees else []
    return fields


def _ids(texts: Iterable[str]) -> frozenset[int]:
    numbers = (int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 20)
    return frozenset(number for number in numbers if number <= LARGEST_ID)
