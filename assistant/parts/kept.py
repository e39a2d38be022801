"""A small store of what is costly to make: the least used is let go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """At most ``most`` values by key."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of ``key``, made where it is missing; the least used one beyond the limit is let go."""
        if key not in self._values:
            self._values[key] = make()
            if len(self._values) > self._most:
                self._values.popitem(last=False)
        self._values.move_to_end(key)
        return self._values[key]

    def peek(self, key: Hashable) -> T | None:
        """The value of ``key`` where there is one; that is no use of it."""
        return self._values.get(key)

    def only(self, key: Hashable) -> None:
        """Let go of all but the value of ``key``."""
        for other in [other for other in self._values if other != key]:
            del self._values[other]

    def clear(self) -> None:
        """Let go of all."""
        self._values.clear()
