"""Writing notes, having them follow their pupil when records are merged at the hub, and go when the pupil is erased."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import F

from adminhub.wellbeing.notes.models import Note


def write(*, pupil_id: int, text: str, by_id: int) -> Note:
    """Note something about a pupil."""
    note: Note = Note.objects.create(pupil_id=pupil_id, about_id=pupil_id, text=text, by_id=by_id)
    return note


def follow_merges(*, merged: Mapping[int, int], alone: Iterable[int]) -> int:
    """Re-key notes: those on a record that was merged go to its successor, those of a record alone come home.

    `merged` names the successor of each merged pupil, `alone` the pupils that the hub says are not (or no longer)
    merged. A pupil in neither is not spoken of, and keeps what it has. Returns how many notes moved; saying it
    twice moves them once.
    """
    moved = 0
    for loser, survivor in merged.items():
        rows = Note.objects.filter(about_id=loser).exclude(pupil_id=survivor)
        moved += rows.update(pupil_id=survivor)
    astray = Note.objects.exclude(pupil_id=F("about_id")).filter(about_id__in=list(alone))
    return moved + astray.update(pupil_id=F("about_id"))


def forget(pupil_ids: Sequence[int]) -> int:
    """Delete the notes on these pupils, who are deleted for good. Returns how many.

    A note that only came to one of them with a merge, and whose own pupil is not deleted, goes home instead.
    """
    deleted, _ = Note.objects.filter(about_id__in=pupil_ids).delete()
    Note.objects.filter(pupil_id__in=pupil_ids).update(pupil_id=F("about_id"))
    return deleted
