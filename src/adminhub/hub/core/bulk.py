"""Write many rows at once: COPY into a temporary table, then one INSERT (COPY itself is refused under row security)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from psycopg import sql


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Add rows to a table of the school in scope, inside the caller's transaction. Returns how many.

    The columns left out must have a default or take null.
    """
    temporary = sql.Identifier(f"incoming_{table}")
    into = sql.Identifier(table)
    listed = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("create temp table {} on commit drop as select {} from {} with no data").format(
                temporary, listed, into
            )
        )
        with cursor.copy(sql.SQL("copy {} ({}) from stdin").format(temporary, listed)) as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            sql.SQL("insert into {} ({}) select {} from {}").format(into, listed, listed, temporary)
        )
        count: int = cursor.rowcount
        cursor.execute(sql.SQL("drop table {}").format(temporary))
    return count


@contextmanager
def whole_sets() -> Iterator[None]:
    """Have PostgreSQL join whole sets, inside the caller's transaction.

    It knows nothing yet of rows written a moment ago, expects a few, and would visit thousands one by one
    (39,000 enrolments: 18 s instead of 0.4 s).
    """
    with connection.cursor() as cursor:
        cursor.execute("set local enable_nestloop = off")
        yield
        cursor.execute("set local enable_nestloop = on")


def tell_planner(*tables: str) -> None:
    """Refresh PostgreSQL's statistics after a big write, or the next pages would visit thousands one by one."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("analyze {}").format(sql.SQL(", ").join(map(sql.Identifier, tables))))
