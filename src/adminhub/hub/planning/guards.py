"""What is implausible, and the way on. Pure. Missing is never read as empty.

A guard compares what a plan would do with what is usual. How much is usual depends on the time of year: in the
weeks around 1 September year groups leave, classes are made anew and people marry. A school sets its own limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

from adminhub.hub.planning.values import Hold

A_FEW = 5
"""So many may always be missing or changed, unless it is everybody."""
NONE_SENT = "none_sent"
"""The hold on a list of classes that is empty; a person may say that there are none."""
SMALLEST_PART = 3
"""From so many people on, a year group or class that vanishes whole is remarked."""
SUMMER_BEGINS, SUMMER_ENDS = (8, 20), (9, 30)
"""Month and day of the window in which much changes, both included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """A school's limits, in percent where nothing else is said. A plan within them is not held."""

    leavers: int = 10
    """Of the synced people or classes of a kind that may be missing."""
    leavers_in_summer: int = 30
    """The same for people, in the window around 1 September."""
    classes_in_summer: int = 95
    """The same for classes, most of which are new then."""
    part: int = 30
    """Of one year group or registration group that may be missing."""
    part_in_summer: int = 60
    """The same in the window; those who leave the school from their last year are not counted."""
    renamed: int = 30
    """Of the synced records that may get another surname, or another name for a class."""
    new_ids: int = 10
    """Of the synced records that may get another MIS ID."""
    fewer: int = 25
    """By how much the list may have shrunk since the last sync."""
    hours: int = 24
    """How old the data may be, in hours."""

    @classmethod
    def read(cls, said: Mapping[str, object]) -> Thresholds:
        """The defaults with what a school has set; what is not a number of 1 or more is left out."""
        known = {one.name for one in fields(cls)}
        usable = {
            name: value
            for name, value in said.items()
            if name in known and isinstance(value, int) and not isinstance(value, bool) and value >= 1
        }
        return cls(**usable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A year group or a registration group, as far as its people are synced."""

    name: str
    linked: int
    missing: int
    is_leaving: bool = False
    """Its people are in the school's last year, or in one after which many leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a plan would do to one kind, in numbers."""

    noun: str
    """In the plural, such as pupils."""
    sent: int
    """How many the MIS sent."""
    linked: int
    """How many hub records are linked and not already marked as lost."""
    missing: int
    """How many of those the MIS did not send."""
    renamed: int = 0
    """How many linked records would get another surname or name."""
    relinked: int = 0
    """How many would get another MIS ID."""
    added: int = 0
    """How many would be added."""
    sent_before: int = 0
    """How many the MIS sent the last time the list came whole; 0 when it never did."""
    doubled: int = 0
    """How many UPNs stand on two of the records that would be linked or added."""
    unplaced: int = 0
    """For classes: how many pupils the MIS sent, who are in some, as a rule; 0 once a person has said that there
    are none."""
    hours_old: int = 0
    parts: Sequence[Part] = ()
    are_classes: bool = False


def is_summer(day: date) -> bool:
    """Whether this is one of the weeks around 1 September."""
    return SUMMER_BEGINS <= (day.month, day.day) <= SUMMER_ENDS


def holds(figures: Figures, *, day: date, limits: Thresholds | None = None) -> list[Hold]:
    """Everything a person must look at before this is applied; empty when it is plausible."""
    return list(_holds(figures, limits or Thresholds(), is_summer(day)))


def _holds(figures: Figures, limits: Thresholds, summer: bool) -> Iterator[Hold]:
    noun = figures.noun
    if figures.sent == 0 and figures.linked:
        yield Hold(
            code="empty",
            message=(
                f"The MIS sent no {noun}, but {figures.linked} are synced with it. Nothing has changed. "
                f"Check in your MIS and at the broker that {noun} are shared, then fetch again."
            ),
            can_confirm=False,
        )
        return
    if figures.sent == 0 and figures.unplaced:
        yield Hold(
            code=NONE_SENT,
            message=(
                f"The MIS sent {_count(figures.unplaced, 'pupils')} and no {noun}. Nothing has changed. Check in "
                f"your MIS and at the broker that {noun} are shared, then fetch again, or confirm that there are "
                f"none: pupils are then in no {'group' if noun == 'registration groups' else 'class'}."
            ),
            confirm=f"Yes, we have no {noun}",
        )
    if figures.hours_old > limits.hours:
        yield Hold(
            code="old_data",
            message=(
                f"The data from your MIS is {_age(figures.hours_old)} old. Nothing has changed. Fetch again to "
                "review what the MIS says now, or confirm that this is what you want to save."
            ),
            confirm="Yes, save the older data",
        )
    yield from _ids(figures, limits, summer)
    yield from _leavers(figures, limits, summer)
    if figures.renamed > max(A_FEW, limits.renamed * figures.linked / 100) and not (
        figures.are_classes and summer
    ):
        yield Hold(
            code="renamed",
            message=(
                f"{figures.renamed} of {figures.linked} synced {noun} would get another name. Nothing has changed. "
                "Look at some of them below, then confirm."
            ),
            confirm="Yes, I have looked at the new names",
        )
    if figures.doubled:
        one = figures.doubled == 1
        yield Hold(
            code="double_upns",
            message=(
                f"{figures.doubled} UPN{' stands' if one else 's stand'} on more than one pupil in your MIS. "
                "Nothing has changed. Search for the UPN in your MIS, correct it there and fetch again, or "
                "confirm that these pupils are to be saved as they are."
            ),
            confirm="Yes, save them as they are",
        )


def _ids(figures: Figures, limits: Thresholds, summer: bool) -> Iterator[Hold]:
    noun = figures.noun
    if figures.are_classes and summer:
        return  # classes are made anew every September
    if figures.are_classes and _is_replaced(figures, summer):
        yield Hold(
            code="other_classes",
            message=(
                f"{figures.missing} of {figures.linked} synced {noun} are not in the MIS any more, and "
                f"{figures.added} others would be added: their pupils are others. That is usual when a school year or "
                "a timetable begins. Nothing has changed. Look at some of them below, then confirm. If your school has "
                "changed its MIS, use the assistant for that instead."
            ),
            confirm="Yes, these are new classes",
        )
    elif _is_replaced(figures, summer):
        yield Hold(
            code="other_ids",
            message=(
                f"{figures.missing} of {figures.linked} synced {noun} are missing from the MIS and "
                f"{figures.added} others would be added, which looks like a change of MIS. Nothing has changed, "
                "and nobody was doubled. Use the assistant for a change of MIS, which finds everybody again. If these "
                "really are others, untick the new ones and save, then add them."
            ),
            can_confirm=False,
        )
    elif figures.relinked <= max(A_FEW, limits.new_ids * figures.linked / 100):
        return
    elif figures.are_classes:
        yield Hold(
            code="new_ids",
            message=(
                f"{figures.relinked} of {figures.linked} synced {noun} have another MIS ID than before, and were found "
                "again by their pupils. That is usual when a school year or a timetable begins. Nothing has changed. "
                "Look at some of them below, then confirm. If your school has changed its MIS, use the assistant for "
                "that instead."
            ),
            confirm="Yes, these are the same",
        )
    else:
        yield Hold(
            code="new_ids",
            message=(
                f"{figures.relinked} of {figures.linked} synced {noun} have another MIS ID than before, which looks "
                "like a change of MIS. Nothing has changed. If your school has changed its MIS, use the assistant "
                "for it, which shows whom it finds again; or confirm that these are the same."
            ),
            confirm="Yes, these are the same",
        )


def _is_replaced(figures: Figures, summer: bool) -> bool:
    """Most are missing, and strangers are there instead. In September half a sixth form may be new."""
    most = figures.missing > max(A_FEW, (80 if summer else 50) * figures.linked / 100)
    return most and figures.added * 2 > figures.missing


def _leavers(figures: Figures, limits: Thresholds, summer: bool) -> Iterator[Hold]:
    noun = figures.noun
    if _is_replaced(figures, summer) and not (figures.are_classes and summer):
        return
    usual = limits.leavers
    if summer:
        usual = limits.classes_in_summer if figures.are_classes else limits.leavers_in_summer
    if _is_too_much(figures.missing, figures.linked, usual):
        yield Hold(
            code="shrunk",
            message=(
                f"{figures.missing} of {figures.linked} synced {noun} are missing from the MIS, more than the "
                f"{usual}% marked unasked{' at this time of year' if summer else ''}. Nothing has changed. Check "
                "what your school shares, or confirm that they have left: they stay in Admin Hub, marked Desynced."
            ),
            confirm="Yes, they have left" if not figures.are_classes else "Yes, these classes have ended",
        )
        return
    empty = [part for part in figures.parts if _is_part_too_much(part, limits, summer)]
    if empty:
        yield Hold(
            code="part_shrunk",
            message=(
                f"{_listed(empty)} missing from the MIS. Nothing has changed. Check what your school shares of "
                "them, or confirm that they have left: they stay in Admin Hub, marked Desynced."
            ),
            confirm="Yes, they have left",
        )
    elif figures.sent < figures.sent_before * (100 - limits.fewer) / 100 - A_FEW and not summer:
        yield Hold(
            code="fewer",
            message=(
                f"The MIS sent {figures.sent} {noun}, and {figures.sent_before} the last time. Nothing has changed. "
                "Check what your school shares and fetch again, or confirm that there are fewer now."
            ),
            confirm=f"Yes, there are fewer {noun} now",
        )


def _is_too_much(missing: int, linked: int, percent: int) -> bool:
    everybody = 0 < linked == missing
    return everybody or missing > max(A_FEW, percent * linked / 100)


def _is_part_too_much(part: Part, limits: Thresholds, summer: bool) -> bool:
    if part.linked < SMALLEST_PART or (summer and part.is_leaving):
        return False
    return _is_too_much(part.missing, part.linked, limits.part_in_summer if summer else limits.part)


def _listed(parts: Sequence[Part]) -> str:
    worst = sorted(parts, key=lambda part: (-part.missing, part.name))
    said = [f"{part.missing} of {part.linked} in {part.name}" for part in worst[:3]]
    if len(worst) > 3:
        said.append(f"many in {_count(len(worst) - 3, 'other groups')}")
    return f"{', '.join(said)} are"


def _age(hours: int) -> str:
    return _count(hours, "hours") if hours < 48 else _count(hours // 24, "days")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun[:-1] if number == 1 else noun}"
