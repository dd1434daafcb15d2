"""What a school does not share, or no longer, in words for a sync's outcome and for a person's page."""

from __future__ import annotations

from collections.abc import Iterable

from adminhub.hub.roster.editing import Person, kind_of
from adminhub.hub.roster.models import Kind
from adminhub.hub.staging.actions import ELSEWHERE
from adminhub.hub.staging.models import Snapshot
from adminhub.hub.staging.queries import newest_snapshot, no_longer_shared
from adminhub.hub.web.shared.words import LABELS, in_sentence

_PEOPLE = {Kind.EMPLOYEE: "staff", Kind.PUPIL: "pupils"}
_PLACES = {"registration_group": "registration groups", "classes": "subject classes"}


def not_shared(snapshot: Snapshot) -> list[str]:
    """Sentences on what is missing from a snapshot because the school does not share it."""
    said = []
    for kind, people in _PEOPLE.items():
        lost = [name for name in no_longer_shared(snapshot, kind.value) if name != ELSEWHERE]
        if lost:
            said.append(f"No longer shared by the school, of {people}: {_named(lost)}. Kept as last known.")
        if ELSEWHERE in snapshot.withheld.get(kind.value, ()):
            said.append(
                f"The list of {people} who have left did not come. The sync went on without it: somebody in "
                "Admin Hub who has left may be offered for somebody of the same name."
            )
    if snapshot.hidden:
        many = len(snapshot.hidden)
        said.append(
            f"{many:,} synced {'person is' if many == 1 else 'people are'} no longer shared with Admin Hub, and not "
            "taken to have left."
        )
    return said


def no_longer_shared_of(person: Person) -> list[str]:
    """What of a synced person the school no longer shares, as far as we have a value of it; for their page."""
    snapshot = newest_snapshot()
    if snapshot is None:
        return []
    lost = no_longer_shared(snapshot, kind_of(person).value)
    return [_word(name) for name in lost if name in _PLACES or getattr(person, name, None)]


def _named(names: Iterable[str]) -> str:
    return ", ".join(sorted(_word(name) for name in names))


def _word(name: str) -> str:
    return _PLACES.get(name) or in_sentence(LABELS.get(name, name.replace("_", " ")))
