"""An invented school a year later: everybody has moved up, the oldest have left, a new year has come.

It is told as if it were the same day, so that it can be read today: who came has just come, who left has left.
"""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from adminhub.mis.roster import Pupil
from adminhub.runtime.demo.inventing import (
    InventedSchool,
    Kind,
    add_classes,
    add_pupils,
    form_letters,
    here,
)

_LEAVE_EARLY = 0.02
"""Share of the others who leave in summer."""


def a_year_later(world: InventedSchool, rng: random.Random, kind: Kind) -> InventedSchool:
    """The school after its next September. People keep their ids; forms and classes use their names again."""
    later = replace(world, pupils=[], classes=[])
    years = [*dict.fromkeys(pupil.year_group or "" for pupil in here(world))]
    years.sort(key=lambda year: {"N1": -2, "N2": -1, "R": 0}.get(year) or int(year or 0))
    after = dict(zip(years, [*years[1:], None], strict=True))
    places: Counter[str] = Counter()
    sizes = Counter(pupil.year_group for pupil in here(world))
    for pupil in world.pupils:
        later.pupils.append(_moved(later, rng, pupil, after, places))
    coming = {years[0]: sizes[years[0]]}
    add_pupils(later, rng, kind, coming, born_later=1)
    joined = world.as_at - timedelta(days=3)
    later.pupils = [
        replace(pupil, admission_date=joined) if place >= len(world.pupils) else pupil
        for place, pupil in enumerate(later.pupils)
    ]
    add_classes(later, rng, kind)
    return later


def _moved(
    later: InventedSchool,
    rng: random.Random,
    pupil: Pupil,
    after: dict[str, str | None],
    places: Counter[str],
) -> Pupil:
    year = (
        pupil.year_group if pupil.status == "future" else after.get(pupil.year_group or "", pupil.year_group)
    )
    if pupil.status == "left":
        return pupil
    if year is None or (pupil.status == "on_roll" and rng.random() < _LEAVE_EARLY):
        summer = later.as_at - timedelta(days=50)
        begun = min(pupil.admission_date or summer, summer - timedelta(days=30))
        return replace(
            pupil, status="left", admission_date=begun, leaving_date=summer, registration_group=None
        )
    came = min(pupil.admission_date or later.as_at, later.as_at - timedelta(days=3))
    group = _next_form(later, pupil, year, places)
    return replace(pupil, status="on_roll", admission_date=came, year_group=year, registration_group=group)


def _next_form(later: InventedSchool, pupil: Pupil, year: str, places: Counter[str]) -> str | None:
    """7A goes on as 8A, or joins another form where its letter has none; a primary's room hands on its pupils."""
    forms = [form.name for form in later.forms if year in form.year_groups]
    if pupil.registration_group is None or not forms:
        return None
    now = pupil.registration_group
    if now in forms:
        return now
    wanted = f"{year}{form_letters(now)}"
    if wanted in forms:
        return wanted
    places[year] += 1
    return forms[places[year] % len(forms)]
