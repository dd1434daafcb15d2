"""Why a review cannot go on; nothing has changed."""

from __future__ import annotations

from adminhub.hub.core.errors import NotNow


class NotWhole(NotNow):
    """A kind has not come whole, so nothing may be concluded from it."""


class RowGone(NotNow):
    """The line was changed by somebody else meanwhile, or never was of this review."""


class NotLinked(NotNow):
    """The record has no link with the MIS."""
