"""Expected trouble with a connection."""

from __future__ import annotations

from datetime import datetime

from adminhub.hub.core.errors import NotNow


class AlreadyConnected(NotNow):
    """The school has a live connection already, or the broker's record belongs to another school of the hub."""


class NotThisSchool(NotNow):
    """The broker's record is another school's by both of its numbers: its people must not come into this one."""


class NothingToDo(NotNow):
    """The connection is not in the state this needs."""


class TooSoon(NotNow):
    """A reminder was sent not long ago. `again_at` is when the next may be sent."""

    def __init__(self, message: str, *, again_at: datetime) -> None:
        super().__init__(message)
        self.again_at = again_at
