"""The wizard's panels: their names on screen and in addresses, and what each offers."""

from __future__ import annotations

from dataclasses import dataclass

from adminhub.hub.roster.models import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelFace:
    """How one panel looks."""

    kind: Kind
    slug: str
    title: str
    noun: str
    one: str
    save: str
    intro: str


FACES = (
    PanelFace(
        kind=Kind.EMPLOYEE,
        slug="teachers",
        title="Teachers",
        noun="teachers",
        one="teacher",
        save="Save and sync teachers",
        intro="Everyone the MIS lists as staff, so new ones are unticked: tick those who are to be added.",
    ),
    PanelFace(
        kind=Kind.REGISTRATION,
        slug="registration-groups",
        title="Registration groups",
        noun="registration groups",
        one="registration group",
        save="Save and sync registration groups",
        intro="The groups in which pupils are registered. A pupil is in one at a time.",
    ),
    PanelFace(
        kind=Kind.TEACHING,
        slug="subject-classes",
        title="Subject classes",
        noun="subject classes",
        one="subject class",
        save="Save and sync subject classes",
        intro="Classes in a subject. Primary schools often have none and skip this.",
    ),
    PanelFace(
        kind=Kind.PUPIL,
        slug="pupils",
        title="Pupils",
        noun="pupils",
        one="pupil",
        save="Save and sync pupils",
        intro="New pupils are ticked: untick those who are not to be added.",
    ),
)
BY_SLUG = {face.slug: face for face in FACES}
BY_KIND = {face.kind: face for face in FACES}


class PanelConverter:
    """Turns a panel's part of an address into the panel."""

    regex = "|".join(face.slug for face in FACES)

    def to_python(self, value: str) -> PanelFace:
        """The panel of this address."""
        return BY_SLUG[value]

    def to_url(self, value: PanelFace | str) -> str:
        """The address's part for this panel."""
        return value.slug if isinstance(value, PanelFace) else value
