"""A job's database connections: fresh at the start, given back to the pool at the end; and one beside its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import Thread
from typing import ParamSpec, TypeVar

from django.db import connection

from adminhub.hub.core.scope import school_scope

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


def beside(school_id: int, write: Callable[[], object]) -> None:
    """Write in a transaction that commits at once, whatever comes of the caller's: such as how far a job is.

    It has a connection of its own, and must not touch a row that the caller's transaction holds.
    """

    def run() -> None:
        try:
            with school_scope(school_id):
                write()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()
