"""Why a snapshot could not be brought up to date; nothing has changed."""

from __future__ import annotations

from adminhub.hub.core.errors import HubError


class NotAmendable(HubError):
    """Fetch everything instead. The message says why, without personal data."""
