"""Expected trouble with leavers."""

from __future__ import annotations

from adminhub.hub.core.errors import NotNow


class TooEarly(NotNow):
    """A deletion cannot be that near: there must be time to write to the coordinators, and for them to cancel."""
