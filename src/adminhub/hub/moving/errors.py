"""Why a move cannot go on; nothing has changed."""

from __future__ import annotations

from adminhub.hub.core.errors import NotNow


class NotRehearsing(NotNow):
    """The move has been made or given up, or a newer rehearsal took its place."""
