"""Trouble with the world or with the caller, named after what to do next."""

from __future__ import annotations


class HubError(Exception):
    """Expected trouble. Its message is written for the person at the screen and holds no personal data."""


class NoSchoolInScope(HubError):
    """A school's data was asked for outside `school_scope`: a programming fault, never a user's."""


class NotAllowed(HubError):
    """The person may not do this, whatever they do next; nothing has changed."""


class NotNow(HubError):
    """The thing exists but its state does not allow this now; nothing has changed."""
