"""Writing the change feed: its entries are numbered in the order in which what they tell becomes visible."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from adminhub.hub.core.scope import current_school_id
from adminhub.hub.roster.models import FeedEntry

ONE_WRITER_AT_A_TIME = 7_302
"""The first half of the advisory lock's key; the second is the school."""


def enter(entries: Iterable[FeedEntry]) -> None:
    """Add entries, in the transaction of what they tell and as late in it as can be.

    Whoever reads on from a number misses nothing: until this transaction ends, nobody else gets a higher one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(%s, %s)", [ONE_WRITER_AT_A_TIME, current_school_id() % 2**31]
        )
    FeedEntry.objects.bulk_create(entries)
