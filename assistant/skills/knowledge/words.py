"""The words of a question or a passage that tell something, by their stems."""

from __future__ import annotations

import re

_EMPTY = frozenset(
    "a an and are as at be been but by can could did do does for from had has have how i if in into is it its me my of on or our "
    "shall should so that the their them then there these they this those to too up was we were what when where which who whom "
    "whose why will with would you your may must am not need often long much many please tell about get use using make".split()
)


def words_of(text: str) -> dict[str, str]:
    """The words that tell something: stem -> a word as it is written."""
    return {stem(word): word for word in re.findall(r"[^\W_]+", text.casefold()) if word not in _EMPTY}


def stem(word: str) -> str:
    """A word without its ending, good enough to compare words."""
    for ending, least in (
        ("ations", 4),
        ("ation", 4),
        ("ings", 4),
        ("ing", 4),
        ("edly", 4),
        ("ed", 4),
        ("ies", 4),
        ("es", 4),
        ("s", 3),
        ("ly", 4),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= least - 1 and not word.endswith("ss"):
            return word[: -len(ending)]
    return word.rstrip("e") if len(word) > 4 else word
