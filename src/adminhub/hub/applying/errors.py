"""Why a plan was not applied; nothing has changed."""

from __future__ import annotations

from adminhub.hub.core.errors import NotNow


class OnHold(NotNow):
    """The plan waits for a person's confirmation, or is no longer the newest."""


class Stale(NotNow):
    """What the plan would change has changed since it was made: make it again."""


class CannotUndo(NotNow):
    """The plan was not applied, or has been undone already."""
