"""Numbers that are said digit by digit: between digits, ``to`` is ``two`` and ``o`` is ``oh``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations

DIGITS = frozenset("zero oh one two three four five six seven eight nine".split())
SOUND_LIKE = {"to": "two", "too": "two", "for": "four", "o": "oh", "ate": "eight", "won": "one"}
LEAST_BEFORE = 2
MOST_EXCHANGED = 3


def digits_mended(words: Sequence[str]) -> list[str]:
    """The words with those exchanged that stand among digits, and sound like one.

    Two digits must stand before (``five to seven`` is a span, ``one five to one seven`` a number) and one behind.
    """
    mended = list(words)
    for index in range(LEAST_BEFORE, len(mended) - 1):
        digit = SOUND_LIKE.get(mended[index])
        before = mended[index - LEAST_BEFORE : index]
        if digit is not None and DIGITS.issuperset(before) and mended[index + 1] in DIGITS:
            mended[index] = digit
    return mended


def with_digits(words: Sequence[str]) -> Iterator[list[str]]:
    """The words, and then with one and more of those exchanged that sound like a digit: ``three times too``."""
    places = [index for index, word in enumerate(words) if word in SOUND_LIKE][:MOST_EXCHANGED]
    for chosen in chain.from_iterable(combinations(places, count) for count in range(len(places) + 1)):
        yield [SOUND_LIKE[word] if index in chosen else word for index, word in enumerate(words)]
