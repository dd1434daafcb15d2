"""From a prediction to the list of changes that makes it so. Pure. Nobody and no result is deleted."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Literal

from adminhub.hub.matching.classes import class_key
from adminhub.hub.planning.values import Change, ChangeKind, Value
from adminhub.hub.rollover.predicting import year_after
from adminhub.hub.rollover.values import (
    STAY,
    Choices,
    ClassNext,
    ClassNow,
    Now,
    Outcome,
    Prediction,
    PupilNow,
)
from adminhub.hub.roster.years import is_leavers, year_name

Subject = Literal["pupil", "registration", "teaching", "employee"]
Planned = tuple[Subject, Change]
MOVED_UP = "Moves up a year"
TYPED = "typed"


def draft(
    now: Now, choices: Choices, predicted: Prediction, *, new_id: Callable[[], uuid.UUID] = uuid.uuid4
) -> list[Planned]:
    """The changes, each with the kind of thing it is about: classes first, then pupils, then teachers."""
    ids = {
        one.name: now.classes[one.key].sourced_id if one.key is not None else new_id()
        for one in predicted.classes
        if one.outcome is not Outcome.ARCHIVED
    }
    return [
        *_classes(now, predicted, ids),
        *_pupils(now, choices),
        *_places(now, predicted, ids),
        *_leavers(now, choices, predicted),
        *(_teachers(now, predicted, ids) if choices.teachers_keep_names else ()),
    ]


def _classes(now: Now, predicted: Prediction, ids: dict[str, uuid.UUID]) -> Iterator[Planned]:
    for one in predicted.classes:
        subject: Subject = "registration" if one.is_registration else "teaching"
        if one.key is None:
            fields: dict[str, Value] = {"name": one.name, "year_groups": list(one.years), "origin": TYPED}
            reason = f"New: {_from(one)}" if one.origins else "New, and empty: its name is free"
            yield (
                subject,
                Change(kind=ChangeKind.JOIN, sourced_id=ids[one.name], after=fields, reason=reason[:200]),
            )
            continue
        was = now.classes[one.key]
        if one.outcome is Outcome.ARCHIVED:
            reason = (
                "Last year's class, with its pupils" if one.pupils else "Its name is used by another class"
            )
            yield (
                subject,
                Change(kind=ChangeKind.ARCHIVE, sourced_id=was.sourced_id, key=was.key, reason=reason),
            )
            continue
        after = {
            name: value
            for name, value, before in (
                ("name", one.name, was.name),
                ("year_groups", list(one.years), list(was.years)),
            )
            if value != before and value
        }
        if after:
            before = {name: was.name if name == "name" else list(was.years) for name in after}
            yield (
                subject,
                Change(
                    kind=ChangeKind.UPDATE,
                    sourced_id=was.sourced_id,
                    key=was.key,
                    before=before,
                    after=after,
                    reason=f"The same pupils, renamed from {was.name}"[:200] if "name" in after else MOVED_UP,
                ),
            )


def _from(one: ClassNext) -> str:
    return ", ".join(f"{origin.count} from {origin.name}" for origin in one.origins[:4])


def _pupils(now: Now, choices: Choices) -> Iterator[Planned]:
    for pupil in sorted(now.pupils.values(), key=lambda pupil: pupil.key):
        after = year_after(pupil, now, choices)
        single = choices.pupils.get(pupil.key)
        is_held_back = single is not None and single.year == STAY and pupil.key not in now.moved
        if after != pupil.year or is_held_back:
            yield (
                "pupil",
                Change(
                    kind=ChangeKind.UPDATE,
                    sourced_id=pupil.sourced_id,
                    key=pupil.key,
                    before={"year_group": pupil.year},
                    after={"year_group": after},
                    reason=_why(pupil, after, is_single=single is not None and bool(single.year)),
                    is_skipped=after == pupil.year,
                ),
            )


def _why(pupil: PupilNow, after: str, *, is_single: bool) -> str:
    if after == pupil.year:
        return f"Held back: stays in {year_name(after) or 'no year group'}"
    leaves = is_leavers(after)
    if not is_single:
        return f"Left at the end of {year_name(pupil.year)}" if leaves else MOVED_UP
    where = f"left at the end of {year_name(pupil.year)}" if leaves else f"goes on in {year_name(after)}"
    return f"Chosen for this pupil: {where}"


def _places(now: Now, predicted: Prediction, ids: dict[str, uuid.UUID]) -> Iterator[Planned]:
    """Who joins and leaves which registration group. What is archived keeps those it had."""
    registration = {key for key, one in now.classes.items() if one.is_registration}
    archived = {one.key for one in predicted.of(Outcome.ARCHIVED)}
    goes_to = {
        pupil: one
        for one in predicted.classes
        if one.outcome is not Outcome.ARCHIVED and one.is_registration
        for pupil in one.pupils
    }
    for pupil in sorted(now.pupils.values(), key=lambda pupil: pupil.key):
        target = goes_to.get(pupil.key)
        if target is not None and (target.key is None or pupil.key not in now.classes[target.key].places):
            yield (
                "pupil",
                Change(
                    kind=ChangeKind.ENROL,
                    sourced_id=pupil.sourced_id,
                    after={"school_class": str(ids[target.name]), "is_main_teacher": False, "origin": TYPED},
                    reason=f"In {target.name} next year"[:200],
                ),
            )
        for key in sorted(registration - archived):
            group = now.classes[key]
            if pupil.key in group.places and (target is None or target.key != key):
                yield "pupil", _leave(pupil.sourced_id, group.places[pupil.key], f"No longer in {group.name}")


def _leave(person: uuid.UUID, enrolment: int, reason: str) -> Change:
    return Change(kind=ChangeKind.LEAVE_CLASS, sourced_id=person, row=enrolment, reason=reason[:200])


def _leavers(now: Now, choices: Choices, predicted: Prediction) -> Iterator[Planned]:
    if not choices.withdraws:
        return
    for key in predicted.leavers:
        pupil = now.pupils[key]
        if pupil.has_access:
            yield "pupil", withdrawal(pupil)


def withdrawal(pupil: PupilNow) -> Change:
    """A leaver is in no service any more."""
    return Change(
        kind=ChangeKind.WITHDRAW,
        sourced_id=pupil.sourced_id,
        key=pupil.key,
        before={"service": ""},
        reason="Left the school: in no service any more, results stay",
    )


def _teachers(now: Now, predicted: Prediction, ids: dict[str, uuid.UUID]) -> Iterator[Planned]:
    """Teachers keep the name of their class: they leave it and lead the one that has the name next year."""
    heirs = {class_key(one.name): one for one in predicted.classes if one.outcome is not Outcome.ARCHIVED}
    for one in predicted.classes:
        if one.key is None or not one.is_registration or one.outcome is Outcome.SAME:
            continue
        was = now.classes[one.key]
        heir = heirs.get(class_key(was.name))
        for leader in was.leaders:
            if one.outcome is Outcome.RENAMED:
                yield "employee", _leave(leader.employee, leader.enrolment, f"Stays with the name {was.name}")
            if heir is not None and not _leads(now, heir, leader.employee):
                yield (
                    "employee",
                    Change(
                        kind=ChangeKind.ENROL,
                        sourced_id=leader.employee,
                        after={
                            "school_class": str(ids[heir.name]),
                            "is_main_teacher": leader.is_main,
                            "origin": TYPED,
                        },
                        reason=f"Stays with the name {was.name}"[:200],
                    ),
                )


def _leads(now: Now, heir: ClassNext, employee: uuid.UUID) -> bool:
    """Whether they lead this class already, and go on leading it."""
    was: ClassNow | None = now.classes.get(heir.key) if heir.key is not None else None
    goes_on = was is not None and class_key(was.name) == class_key(heir.name)
    return was is not None and goes_on and any(leader.employee == employee for leader in was.leaders)
