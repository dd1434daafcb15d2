"""How fast a token may call, whichever process answers: a leaky bucket per token in the database (GCRA).

A process takes calls by the dozen, so that the database is asked once in a dozen calls.
"""

import math
import threading
import time
from collections.abc import Callable

from django.db import connection

CALLS_PER_SECOND = 100.0
BURST = 2_000
AT_ONCE = 20
TOKENS_REMEMBERED = 10_000


class Pace:
    """Allows a burst, then a steady rate. Remembers how many calls each token may make before it asks again."""

    def __init__(
        self,
        per_second: float = CALLS_PER_SECOND,
        burst: int = BURST,
        at_once: int = AT_ONCE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.gap = 1 / per_second
        self.tolerance = burst * self.gap
        self.at_once = at_once
        self.clock = clock
        self._left: dict[int, int] = {}
        self._lock = threading.Lock()

    def seconds_to_wait(self, token_id: int) -> int:
        """0 when the call may go on (and counts), else the whole seconds to wait."""
        with self._lock:
            left = self._left.get(token_id, 0)
            if left > 0:
                self._left[token_id] = left - 1
                return 0
        now = self.clock()
        due = self._take(token_id, now)
        if due is not None:
            return max(1, math.ceil(due - now - self.tolerance))
        with self._lock:
            if len(self._left) >= TOKENS_REMEMBERED:
                self._left.clear()
            self._left[token_id] = self._left.get(token_id, 0) + self.at_once - 1
        return 0

    def _take(self, token_id: int, now: float) -> float | None:
        """Take the next calls. None when they were to be had, else until when the bucket is spoken for."""
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into broker_api_allowance as a (token_id, due) values (%(token)s, %(now)s + %(taken)s) "
                "on conflict (token_id) do update set due = greatest(a.due, %(now)s) + %(taken)s "
                "where a.due <= %(now)s + %(tolerance)s returning due",
                {
                    "token": token_id,
                    "now": now,
                    "taken": self.gap * self.at_once,
                    "tolerance": self.tolerance,
                },
            )
            if cursor.fetchone() is not None:
                return None
            cursor.execute("select due from broker_api_allowance where token_id = %s", [token_id])
            return float(cursor.fetchone()[0])
