"""Lines that can be decided together: what a group of them is called on screen, and what is offered for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adminhub.hub.planning.agreement import Agreement
from adminhub.hub.roster.models import Kind
from adminhub.hub.web.sync.panels import PanelFace

ACCEPT, APART, LOOK = "accept", "apart", "look"
_OFFERS: Mapping[Agreement, tuple[str, str]] = {
    Agreement.NUMBER: (ACCEPT, "whose {number} agrees"),
    Agreement.EMAIL: (ACCEPT, "whose e-mail agrees"),
    Agreement.BIRTHDAY: (ACCEPT, "with the same full name and birthday"),
    Agreement.YEAR: (ACCEPT, "with the same full name and year, nothing else known"),
    Agreement.NAME: (ACCEPT, "with the same {name}, nothing else known"),
    Agreement.SLIP: (ACCEPT, "with the same full name and a birthday one slip of the pen apart"),
    Agreement.ALIKE: (ACCEPT, "with a similar name and the same birthday"),
    Agreement.WEAK: (LOOK, "with some likeness and no more"),
    Agreement.MIXED: (LOOK, "with strong signs for and against"),
    Agreement.AGAINST: (APART, "where something speaks against it"),
    Agreement.RIVALS: (LOOK, "for which several could be meant"),
}
_START = {ACCEPT: "Accept {count}", APART: "Keep {count} apart", LOOK: "Look at {count}"}


@dataclass(frozen=True, slots=True)
class Offer:
    """One group of lines: how many, what they have in common, and what is offered."""

    group: Agreement
    count: int
    deed: str
    words: str

    @property
    def title(self) -> str:
        comma = "," if self.deed == APART else ""
        return f"{_START[self.deed].format(count=self.count)}{comma} {self.words}"

    @property
    def is_together(self) -> bool:
        return self.deed != LOOK


def offers(face: PanelFace, counts: Mapping[Agreement, int]) -> list[Offer]:
    """The groups of a panel's lines that May match, the surest first."""
    return [
        Offer(group, count, _OFFERS[group][0], words_of(face, group.value)) for group, count in counts.items()
    ]


def words_of(face: PanelFace, group: str) -> str:
    """What the lines of a group have in common, to follow a number; blank for no group."""
    if group not in {word.value for word in Agreement}:
        return ""
    number = {Kind.PUPIL: "UPN", Kind.EMPLOYEE: "teacher number"}.get(face.kind, "number")
    name = "full name" if face.kind in (Kind.PUPIL, Kind.EMPLOYEE) else "name"
    return _OFFERS[Agreement(group)][1].format(number=number, name=name)
