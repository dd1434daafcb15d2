"""What a process keeps between calls, within bounds. Never anything about a person."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Dictionaries by key; the one unused longest is let go first."""

    def __init__(self, *, entries: int) -> None:
        self.entries = entries
        self._by_key: OrderedDict[Hashable, dict[int, Value]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: Hashable) -> dict[int, Value]:
        """The dictionary of this key, empty at first. Add to it; take nothing out."""
        with self._lock:
            found = self._by_key.setdefault(key, {})
            self._by_key.move_to_end(key)
            while len(self._by_key) > self.entries:
                self._by_key.popitem(last=False)
            return found
