"""How fast a token may call: a leaky bucket per token in this process (GCRA)."""

import math
import threading
import time
from collections.abc import Callable

CALLS_PER_SECOND = 100.0
BURST = 2_000
TOKENS_REMEMBERED = 10_000


class Pace:
    """Allows a burst, then a steady rate. Holds one number for each token used lately."""

    def __init__(
        self,
        per_second: float = CALLS_PER_SECOND,
        burst: int = BURST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.gap = 1 / per_second
        self.tolerance = burst * self.gap
        self.clock = clock
        self._due: dict[int, float] = {}
        self._lock = threading.Lock()

    def seconds_to_wait(self, token_id: int) -> int:
        """0 when the call may go on (and counts), else the whole seconds to wait."""
        now = self.clock()
        with self._lock:
            due = max(self._due.get(token_id, now), now)
            if due - now > self.tolerance:
                return max(1, math.ceil(due - now - self.tolerance))
            if len(self._due) >= TOKENS_REMEMBERED:
                self._due = {token: at for token, at in self._due.items() if at > now}
            self._due[token_id] = due + self.gap
        return 0
