"""Why a sync cannot go on; nothing has changed."""

from __future__ import annotations

from adminhub.hub.core.errors import NotNow


class NotConnected(NotNow):
    """The school's connection is not authorised, so nothing may be fetched or written."""


class PanelNotReady(NotNow):
    """The panel's data has not come whole, or the run has ended."""
