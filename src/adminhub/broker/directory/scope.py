"""The school whose people may be touched: a context every query of a school's records needs.

The scope is kept twice: here, where the default manager of `SchoolOwned` models reads it, and in
PostgreSQL as `broker.school`, where row-level security reads it (see `directory.row_security`). The hub has its
own twin in `hub.core.scope`: the sites share no code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

from adminhub.broker.directory.errors import NoSchoolInScope

_school_id: ContextVar[int | None] = ContextVar("broker_school_id", default=None)


def current_school_id() -> int:
    """The id of the school in scope.

    Raises NoSchoolInScope when there is none.
    """
    school_id = _school_id.get()
    if school_id is None:
        raise NoSchoolInScope("No school is in scope. Open `school_scope(school_id)` around this query.")
    return school_id


@contextmanager
def school_scope(school_id: int) -> Iterator[None]:
    """Open a transaction in which exactly this school's records exist.

    Commits at the end, rolls back whole on an exception. Scopes nest; the outer school comes back
    afterwards. Never hold one open across a call to the outside world.
    """
    before = _school_id.get()
    token = _school_id.set(school_id)
    try:
        with transaction.atomic():
            _tell_postgres(school_id)
            yield
            if before is not None:
                _tell_postgres(before)
            elif connection.savepoint_ids:
                _tell_postgres(None)
    finally:
        _school_id.reset(token)


def _tell_postgres(school_id: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config('broker.school', %s, true)",
            ["" if school_id is None else str(school_id)],
        )
