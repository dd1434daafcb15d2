"""A job's database connection: fresh at the start, given back to the pool at the end."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
R = TypeVar("R")


def with_own_connection(job: Callable[P, R]) -> Callable[P, R]:
    """A worker's threads live long; without this each would hold a connection, perhaps a broken one, for ever."""

    @wraps(job)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        try:
            return job(*args, **kwargs)
        finally:
            if not connection.in_atomic_block:
                connection.close()

    return run
