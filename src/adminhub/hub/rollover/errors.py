"""Why a rollover was not taken further; nothing has changed."""

from __future__ import annotations

from adminhub.hub.core.errors import NotNow


class NotPreparing(NotNow):
    """It has been applied or cancelled, or there is no plan yet."""


class NotConfirmed(NotNow):
    """Something implausible is in the plan, and nobody has said that it is right."""


class NoDay(NotNow):
    """The day is not one on which a rollover can be applied."""


class NotRead(NotNow):
    """The class list could not be read; what was chosen before stands."""


class CannotRehearse(NotNow):
    """What the MIS says is implausible, or has not come whole; a sync would not write it either."""
