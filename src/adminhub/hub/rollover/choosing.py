"""A person's choices as JSON holds them, and back. Pure. Whoever reads leaves out a class that has gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adminhub.hub.rollover.values import LEAVE, STAY, Choices, PupilChoice
from adminhub.hub.roster.years import YEARS

LONGEST_NAME = 200


def as_json(choices: Choices) -> dict[str, Any]:
    """Everything but the school year, which stands beside it."""
    return {
        "years": dict(choices.years),
        "places": [[key, year, name] for (key, year), name in sorted(choices.places.items())],
        "pupils": [[key, one.year, one.group] for key, one in sorted(choices.pupils.items())],
        "kept": sorted(choices.kept),
        "withdraws": choices.withdraws,
        "teachers_keep_names": choices.teachers_keep_names,
        "fills": choices.fills,
    }


def from_json(school_year: int, stored: Mapping[str, Any]) -> Choices:
    """The choices that were stored; what was never chosen has its usual value."""
    usual = Choices(school_year=school_year)
    return Choices(
        school_year=school_year,
        years={year: after for year, after in stored.get("years", {}).items() if is_choice(after)},
        places={(key, year): name for key, year, name in stored.get("places", [])},
        pupils={key: PupilChoice(year=year, group=group) for key, year, group in stored.get("pupils", [])},
        kept=frozenset(stored.get("kept", [])),
        withdraws=stored.get("withdraws", usual.withdraws),
        teachers_keep_names=stored.get("teachers_keep_names", usual.teachers_keep_names),
        fills=stored.get("fills", usual.fills),
    )


def is_choice(after: str) -> bool:
    """Whether a year group can become this."""
    return after in (LEAVE, STAY) or after in YEARS


def tidy_name(name: str) -> str:
    """A class's name as a person typed it, without blanks around it and in it doubled."""
    return " ".join(name.replace("\x00", "").split())[:LONGEST_NAME]
