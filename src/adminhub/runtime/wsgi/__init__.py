"""WSGI entry points, one module per site; a server's worker process dies with its server."""

import gc
import signal
from collections.abc import Callable
from typing import Any

from django.urls import get_resolver

from adminhub.runtime import processes

# granian's worker is a process of its own, which a killed server would leave behind.
processes.die_with_parent(signal.SIGKILL)

Application = Callable[..., Any]
CONTAINERS_BETWEEN_COLLECTIONS = 50_000


def settled(application: Application) -> Application:
    """The application, loaded whole, and what was loaded kept out of the garbage collector's way.

    It is there for good. Looking through it again and again cost a page of the School Data API a seventh of its
    time, and now and then one of them 100 ms.
    """
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
    gc.set_threshold(CONTAINERS_BETWEEN_COLLECTIONS, 20, 50)
    return application
