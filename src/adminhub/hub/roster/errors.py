"""Why the roster was not written; nothing has changed."""

from __future__ import annotations

from collections.abc import Sequence

from adminhub.hub.core.errors import NotNow


class BelongsToMIS(NotNow):
    """Fields of a synced person that are the MIS's: change them there, or keep an own value on purpose."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__("Nothing was saved: some of this comes from your MIS. Change it there.")
        self.fields = tuple(fields)


class ChangedMeanwhile(NotNow):
    """Somebody, or a sync, has written the record since it was looked at: look again before writing over it."""

    def __init__(self) -> None:
        super().__init__("Nothing was saved: this was changed after you had opened the page.")
