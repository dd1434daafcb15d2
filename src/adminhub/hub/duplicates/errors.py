"""Why two people were not merged; nothing has changed."""

from __future__ import annotations

from adminhub.hub.core.errors import NotNow


class NotMergeable(NotNow):
    """The two cannot be made one now; the message says the way out."""
