"""What is implausible, and the way on. Pure. Missing is never read as empty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adminhub.hub.planning.values import Hold

LEAVERS_UNASKED = 0.10
"""Share of the linked records that may be missing without a person confirming it."""
A_FEW = 5
"""So many may always be missing, unless it is everybody."""
RENAMED_UNASKED = 0.30


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


def holds(figures: Figures) -> list[Hold]:
    """Everything a person must look at before this is applied; empty when it is plausible."""
    return list(_holds(figures))


def _holds(figures: Figures) -> Iterator[Hold]:
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
    everybody = figures.missing == figures.linked and figures.linked > 0
    if everybody or figures.missing > max(A_FEW, LEAVERS_UNASKED * figures.linked):
        yield Hold(
            code="shrunk",
            message=(
                f"{figures.missing} of {figures.linked} synced {noun} are missing from the MIS, more than the "
                f"{LEAVERS_UNASKED:.0%} marked unasked. Nothing has changed. Check what your school shares, or "
                "confirm that they have left: they stay in Admin Hub, marked Desynced."
            ),
        )
    if figures.relinked > max(A_FEW, LEAVERS_UNASKED * figures.linked):
        yield Hold(
            code="new_ids",
            message=(
                f"{figures.relinked} {noun} have another MIS ID than before, which looks like a change of MIS. "
                "Nothing has changed. Confirm if your school has changed its MIS."
            ),
        )
    if figures.renamed > max(A_FEW, RENAMED_UNASKED * figures.linked):
        yield Hold(
            code="renamed",
            message=(
                f"{figures.renamed} of {figures.linked} synced {noun} would get another name. Nothing has changed. "
                "Look at some of them below, then confirm."
            ),
        )
