"""How often a benchmark repeats: as often as asked, or as its time allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

LEAST = 3


class Pace:
    """``say`` is told what was measured, each time something was. ``limit_s``: so long the repetitions may take in all."""

    def __init__(
        self,
        repetitions: int,
        *,
        limit_s: float = float("inf"),
        say: Callable[[str], None] = lambda _text: None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.repetitions = repetitions
        self._say = say
        self._clock_s = clock_s
        self._ends_s = clock_s() + limit_s

    def rounds(self, what: str = "", *, of: int = 1, times: int | None = None) -> Iterator[int]:
        """Numbers from 0: ``times`` (as many as asked for), or until this part's share of the time that is left is over.

        ``of``: how many parts share it, with this one. At least ``LEAST`` rounds are made where so many were asked for.
        """
        wanted = self.repetitions if times is None else times
        now_s = self._clock_s()
        until_s = now_s + (self._ends_s - now_s) / of
        for number in range(wanted):
            if number >= LEAST and self._clock_s() >= until_s:
                return
            yield number
            self.say(f"{what} {number + 1} of {wanted}".strip())

    def say(self, text: str) -> None:
        """Tell what is done."""
        self._say(text)
