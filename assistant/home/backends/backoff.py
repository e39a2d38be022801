"""How long to wait before a connection is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S = 0.5
LONGEST_S = 30.0


class BackOff:
    """Doubles from ``first_s`` to ``longest_s``; up to a quarter is taken off at random, so that not all come at once."""

    def __init__(
        self, first_s: float = FIRST_S, longest_s: float = LONGEST_S, chance: Callable[[], float] = random.random
    ) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._chance = chance
        self._next_s = first_s
        self.waited_s = 0.0
        """All that was waited since the connection stood."""

    def next_s(self) -> float:
        """The wait before the next trial."""
        now_s, self._next_s = self._next_s, min(self._longest_s, self._next_s * 2)
        wait_s = now_s * (1 - self._chance() / 4)
        self.waited_s += wait_s
        return wait_s

    def reset(self) -> None:
        """The connection stands."""
        self._next_s = self._first_s
        self.waited_s = 0.0
