"""Next year from this year: what is suggested, and what comes of what was chosen. Pure.

A registration group is its pupils (see docs/reference/class-pairing-rules.md): the group whose pupils become most
of next year's 8A goes on as 8A, with its results, whatever it is called now. Only a group that keeps its name and
a quarter of its pupils, as a mixed-age class does, stays itself before that.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace

from adminhub.hub.matching.classes import class_key
from adminhub.hub.rollover.values import (
    LEAVE,
    STAY,
    Choices,
    ClassNext,
    ClassNow,
    Now,
    Origin,
    Outcome,
    Place,
    Prediction,
    PupilNow,
    Reused,
    YearMove,
)
from adminhub.hub.roster.years import leavers_of, next_year, year_order

STAYS_ITSELF = 0.25
"""Share of its pupils that makes a class of the same name the same class."""
_RECEPTION = re.compile(r"^(?:reception|r(?=[^a-z]|[a-z]?$))\s*", re.IGNORECASE)
_NURSERY = re.compile(r"^(?:nursery\s*\d?|n\d?(?=[^a-z]|[a-z]?$))\s*", re.IGNORECASE)


def suggest(now: Now, choices: Choices) -> Choices:
    """Fill in what was not chosen: everybody moves up a year, the oldest leave, groups stay together."""
    in_use = sorted({now.year_before(pupil) for pupil in now.pupils.values()} - {""}, key=year_order)
    years = {year: _suggested_year(year, in_use) for year in in_use} | {
        year: after for year, after in choices.years.items() if year in in_use
    }
    with_years = replace(choices, years=years)
    places = {
        place: name if place[0] in now.renamed else choices.places.get(place, name)
        for place, name in _suggested_places(now, with_years).items()
    }
    return replace(with_years, places=places)


def _suggested_year(year: str, in_use: list[str]) -> str:
    if year == in_use[-1]:
        return LEAVE
    after = next_year(year)
    return "R" if after == "N2" and "N2" not in in_use else after or LEAVE


def next_name(name: str, year: str, after: str) -> str:
    """What a class of this year is called next year if its name says the year, or else the name: 7A, then 8A."""
    if year.isdecimal():
        return re.sub(rf"(?<!\d){year}(?!\d)", after, name, count=1)
    pattern = _RECEPTION if year == "R" else _NURSERY
    rest = pattern.sub("", name, count=1)
    if rest == name:
        return name
    if after == "R":
        return f"Reception {rest}".strip() if re.match("nursery", name, re.IGNORECASE) else f"R{rest}"
    return f"Year {after} {rest}".strip() if re.match("reception", name, re.IGNORECASE) else f"{after}{rest}"


def _suggested_places(now: Now, choices: Choices) -> dict[Place, str]:
    counts = _places(now)
    years_of: dict[int, set[str]] = defaultdict(set)
    for key, year in counts:
        years_of[key].add(year)
    found: dict[Place, str] = {}
    for place in counts:
        key, year = place
        after, name = choices.years.get(year, STAY), now.classes[key].name
        if after == LEAVE:
            continue
        renamed = next_name(name, year, after)
        if after == STAY or not year or key in now.renamed or after in years_of[key]:
            found[place] = name
        elif renamed != name and len(years_of[key] - {""}) == 1:
            found[place] = renamed
        else:
            usual = "" if could_be(now, choices, place) else name
            found[place] = _next_room(now, counts, place, after) or usual
    for key, year in list(found):
        if not year:  # whoever is in no year group goes with most of the others
            others = [
                (counts[key, one], found[key, one]) for one in years_of[key] if one and (key, one) in found
            ]
            found[key, year] = max(others, default=(0, now.classes[key].name))[1]
    return found


def _next_room(now: Now, counts: Mapping[Place, int], place: Place, after: str) -> str:
    """The room that these pupils move on to: the classes of their year and of the next, each in order of name.

    Blank if there are neither as many of the one as of the other nor just one to go to. Parallel classes of one
    year keep their names.
    """
    key, year = place
    before = [one for one, its_year in counts if its_year == year]
    coming = [one for one, its_year in counts if its_year == after]
    is_of_one_year = not any(one == key and its_year not in ("", year) for one, its_year in counts)
    if len(before) > 1 and is_of_one_year:
        return now.classes[key].name
    if len(coming) == 1:
        return now.classes[coming[0]].name
    return now.classes[coming[before.index(key)]].name if len(before) == len(coming) else ""


def could_be(now: Now, choices: Choices, place: Place) -> list[str]:
    """The classes that these pupils might move on to, when more than one has pupils of their next year group."""
    key, year = place
    after, counts = choices.years.get(year, STAY), _places(now)
    if (key, after) in counts or next_name(now.classes[key].name, year, after) != now.classes[key].name:
        return []
    found = [now.classes[one].name for one, its_year in counts if its_year == after]
    return found if len(found) > 1 else []


def _places(now: Now) -> dict[Place, int]:
    """How many pupils each place has that is to be decided."""
    counts: Counter[Place] = Counter()
    for pupil in now.pupils.values():
        if pupil.group in now.classes and pupil.group is not None:
            counts[pupil.group, now.year_before(pupil)] += 1
    return dict(
        sorted(
            counts.items(), key=lambda one: (class_key(now.classes[one[0][0]].name), year_order(one[0][1]))
        )
    )


def year_after(pupil: PupilNow, now: Now, choices: Choices) -> str:
    """The year group that a pupil is in next year."""
    if pupil.key in now.moved:
        return pupil.year
    after = _becomes(pupil, choices)
    return pupil.year if after == STAY else leavers_of(choices.school_year) if after == LEAVE else after


def _becomes(pupil: PupilNow, choices: Choices) -> str:
    """A year group, STAY or LEAVE: what was chosen for the pupil, or else for their year group."""
    single = choices.pupils.get(pupil.key)
    if single is not None and single.year:
        return single.year
    return choices.years.get(pupil.year, STAY) if pupil.year else STAY


def group_after(pupil: PupilNow, now: Now, choices: Choices) -> str:
    """The name of the registration group that a pupil is in next year; blank for none.

    Who is held back stays with the name: the next 3A. Who skips a year goes with the others of their class, unless
    a class was chosen.
    """
    single = choices.pupils.get(pupil.key)
    if single is not None and single.group is not None:
        return single.group.strip()
    if pupil.group is None or pupil.group not in now.classes:
        return ""
    usual = now.classes[pupil.group].name
    if single is not None and single.year == STAY:
        return usual
    return choices.places.get((pupil.group, now.year_before(pupil)), usual).strip()


def predict(now: Now, choices: Choices) -> Prediction:
    """Next year, if everything goes as chosen."""
    leavers = {
        pupil.key
        for pupil in now.pupils.values()
        if pupil.key not in now.moved and _becomes(pupil, choices) == LEAVE
    }
    wanted = _wanted(now, choices, leavers)
    groups = _groups(now, choices, wanted, leavers)
    subjects = _subject_classes(now, choices)
    moves = Counter(
        (pupil.year, _becomes(pupil, choices), _goes_another_way(pupil, choices))
        for pupil in now.pupils.values()
        if pupil.key not in now.moved and (pupil.year or _becomes(pupil, choices) != STAY)
    )
    going_on = [pupil for pupil in now.pupils.values() if pupil.key not in leavers]
    placed = {key for one in wanted.values() for key in one}
    return Prediction(
        years=tuple(
            YearMove(before=year, after=after, count=count, is_single=is_single)
            for (year, after, is_single), count in sorted(
                moves.items(), key=lambda one: (year_order(one[0][0]), one[0][2], year_order(one[0][1]))
            )
        ),
        classes=(*groups, *subjects),
        leavers=_by_name(now, leavers),
        reused=_reused(groups),
        without_group=_by_name(now, (pupil.key for pupil in going_on if pupil.key not in placed)),
        without_year=_by_name(now, (pupil.key for pupil in going_on if not year_after(pupil, now, choices))),
        moved=_by_name(now, now.moved.keys() & now.pupils.keys()),
        singles=_by_name(now, choices.pupils.keys() & now.pupils.keys()),
        synced=sum(pupil.is_synced for pupil in now.pupils.values()),
    )


def _goes_another_way(pupil: PupilNow, choices: Choices) -> bool:
    return _becomes(pupil, choices) != (choices.years.get(pupil.year, STAY) if pupil.year else STAY)


def _wanted(now: Now, choices: Choices, leavers: set[int]) -> dict[str, set[int]]:
    """Next year's registration groups by name, with their pupils."""
    names: dict[str, str] = {}
    wanted: dict[str, set[int]] = {}
    for pupil in sorted(now.pupils.values(), key=lambda pupil: pupil.key):
        if pupil.key not in leavers and (name := group_after(pupil, now, choices)):
            written = names.setdefault(class_key(name) or name, name)
            wanted.setdefault(written, set()).add(pupil.key)
    return wanted


def _groups(now: Now, choices: Choices, wanted: Mapping[str, set[int]], leavers: set[int]) -> list[ClassNext]:
    groups = {key: one for key, one in now.classes.items() if one.is_registration}
    held_back = {key for key, single in choices.pupils.items() if single.year}
    identity = _identities(groups, wanted, held_back)
    found = []
    for name, pupils in sorted(wanted.items(), key=lambda one: class_key(one[0])):
        key = identity.get(name)
        before = groups[key].name if key is not None else ""
        outcome = Outcome.NEW if key is None else Outcome.SAME if before == name else Outcome.RENAMED
        found.append(
            ClassNext(
                outcome=outcome,
                name=name,
                key=key,
                before=before,
                years=_years(now, choices, pupils),
                pupils=frozenset(pupils),
                origins=_origins(now, pupils),
            )
        )
    if choices.fills:
        found += _filled(now, groups, found)
    taken = {class_key(one.name) for one in found}
    for key, group in sorted(groups.items(), key=lambda one: class_key(one[1].name)):
        if key in identity.values():
            continue
        if not group.places and class_key(group.name) not in taken:
            continue  # an empty class stands ready: it stays
        stay = frozenset(group.places)
        found.append(
            ClassNext(
                outcome=Outcome.ARCHIVED,
                name=group.name,
                key=key,
                before=group.name,
                years=group.years,
                pupils=stay,
                origins=(Origin(name="left", count=len(stay & leavers)),) if stay & leavers else (),
            )
        )
    return found


def _identities(
    groups: Mapping[int, ClassNow], wanted: Mapping[str, set[int]], held_back: Set[int]
) -> dict[str, int]:
    """Which class of now each of next year's is. Single pupils who stay behind do not make a class stay."""
    going_on = {pupil for pupils in wanted.values() for pupil in pupils}
    kept = {key: frozenset(group.places) & going_on for key, group in groups.items()}
    found: dict[str, int] = {}
    for name, pupils in wanted.items():  # those that keep their name and enough of their pupils
        same = [key for key, group in groups.items() if class_key(group.name) == class_key(name)]
        enough = [
            (len(stay), -key)
            for key in same
            if (stay := kept[key] & pupils - held_back)
            and len(stay) >= STAYS_ITSELF * min(len(groups[key].places), len(pupils))
        ]
        if enough:
            found[name] = -max(enough)[1]
    pairs = sorted(
        (
            (-len(kept[key] & pupils), class_key(name), key, name)
            for name, pupils in wanted.items()
            for key in groups
            if 2 * len(kept[key] & pupils) > max(len(kept[key]), len(pupils))
        ),
    )
    for _, _, key, name in pairs:
        if name not in found and key not in found.values():
            found[name] = key
    return found


def _filled(now: Now, groups: Mapping[int, ClassNow], found: Iterable[ClassNext]) -> list[ClassNext]:
    """An empty class for each name that its pupils took off and nobody has taken up."""
    renamed = [one for one in found if one.outcome is Outcome.RENAMED]
    taken = {class_key(one.name) for one in found}
    return [
        ClassNext(outcome=Outcome.NEW, name=one.before, years=groups[one.key or 0].years)
        for one in renamed
        if class_key(one.before) not in taken
    ]


def _subject_classes(now: Now, choices: Choices) -> list[ClassNext]:
    """The subject classes of this year that end. Those that are synced are left to the MIS."""
    ending = [
        one
        for one in now.classes.values()
        if not one.is_registration and not one.is_synced and one.key not in choices.kept
    ]
    return [
        ClassNext(
            outcome=Outcome.ARCHIVED,
            name=one.name,
            key=one.key,
            before=one.name,
            years=one.years,
            pupils=frozenset(one.places),
            is_registration=False,
        )
        for one in sorted(ending, key=lambda one: class_key(one.name))
    ]


def _years(now: Now, choices: Choices, pupils: Iterable[int]) -> tuple[str, ...]:
    found = {year_after(now.pupils[key], now, choices) for key in pupils}
    return tuple(sorted(found - {""}, key=year_order))


def _origins(now: Now, pupils: Iterable[int]) -> tuple[Origin, ...]:
    groups = (now.pupils[key].group for key in pupils)
    counts = Counter(now.classes[group].name for group in groups if group is not None)
    return tuple(
        Origin(name=name, count=count)
        for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    )


def _reused(groups: Iterable[ClassNext]) -> tuple[Reused, ...]:
    """The names that come to other pupils."""
    shown = list(groups)
    given_up = {
        class_key(one.before): one for one in shown if one.outcome in (Outcome.RENAMED, Outcome.ARCHIVED)
    }
    return tuple(
        Reused(name=one.name, now="" if was.outcome is Outcome.ARCHIVED else was.name)
        for one in shown
        if one.outcome in (Outcome.RENAMED, Outcome.NEW)
        and (was := given_up.get(class_key(one.name))) is not None
        and was is not one
    )


def _by_name(now: Now, keys: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(keys, key=lambda key: (now.pupils[key].name, key)))
