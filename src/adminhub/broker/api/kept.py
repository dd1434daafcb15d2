"""What a process keeps between calls, within bounds. Never anything about a person."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by key, made empty when first asked for; the one unused longest is let go first."""

    def __init__(self, make: Callable[[], Value], *, entries: int) -> None:
        self.make = make
        self.entries = entries
        self._by_key: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: Hashable) -> Value:
        """The value of this key, which several calls may hold at once: add to it, take nothing out."""
        with self._lock:
            if key not in self._by_key:
                self._by_key[key] = self.make()
            self._by_key.move_to_end(key)
            while len(self._by_key) > self.entries:
                self._by_key.popitem(last=False)
            return self._by_key[key]
