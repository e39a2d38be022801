"""Names that were misheard or misspelt: found by how they sound, where it is clear what was meant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Generic, TypeVar

from assistant.nlu.words import joined, singular

T = TypeVar("T")

LEAST_LETTERS = 5
LEAST_LIKENESS = 0.72
LEAST_SOUNDS = 3
MOST_LONGER = 1.4
"""More letters than that, beside the name's, are words of their own: "the lamp when he says"."""

_SOUNDS = (
    (re.compile(r"^(?:kn|gn|pn)"), "n"),
    (re.compile(r"^wr"), "r"),
    (re.compile(r"sch|tch|ch|sh|(?:t|s)ion|cia"), "X"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"th"), "0"),
    (re.compile(r"dg(?=[eiy])|j|g(?=[eiy])"), "J"),
    (re.compile(r"gh"), ""),
    (re.compile(r"ck|q|c(?![eiy])"), "k"),
    (re.compile(r"c|z"), "s"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"mb$"), "m"),
    (re.compile(r"wh"), "w"),
)


@lru_cache(maxsize=8192)
def sound(letters: str) -> str:
    """The consonants of a name without spaces, as they sound in English; digits stay, a first vowel is ``A``."""
    for pattern, replacement in _SOUNDS:
        letters = pattern.sub(replacement, letters)
    first = "A" if letters[:1] in "aeiouy" else ""
    kept = first + re.sub(r"[aeiouyhw]", "", letters)
    return re.sub(r"(.)\1+", r"\1", kept)


def _shorter(key: str) -> Iterator[str]:
    return (key[:i] + key[i + 1 :] for i in range(len(key)))


class NearNames(Generic[T]):
    """Finds what names that sound alike stand for. ``known``: words that are no slip, and so must be in the name."""

    def __init__(self, names: Mapping[str, T], known: Collection[str]) -> None:
        self._known = known
        self._names: dict[str, list[tuple[str, T]]] = defaultdict(list)
        self._shortened: dict[str, set[str]] = defaultdict(set)
        for letters, value in names.items():
            key = sound(letters)
            if len(letters) >= LEAST_LETTERS and len(key) >= LEAST_SOUNDS:
                self._names[key].append((letters, value))
        for key in self._names:
            if len(key) > LEAST_SOUNDS + 1:
                for shorter in _shorter(key):
                    self._shortened[shorter].add(key)

    def find(self, tokens: Sequence[str]) -> list[tuple[float, T]]:
        """(likeness 0-1, value), for names that sound like the words but are other words."""
        letters = joined(tokens)
        if len(letters) < LEAST_LETTERS:
            return []
        key = sound(letters)
        keys = {key} | self._shortened.get(key, set())
        if len(key) > LEAST_SOUNDS + 1:
            keys |= {shorter for shorter in _shorter(key) if shorter in self._names}
        found = []
        for near in keys:
            for name, value in self._names.get(near, ()):
                likeness = _likeness(letters, name)
                if max(len(name), len(letters)) > MOST_LONGER * min(len(name), len(letters)):
                    continue
                if name != letters and likeness >= LEAST_LIKENESS and self._is_slip(tokens, name):
                    found.append((likeness, value))
        return sorted(found, key=lambda row: -row[0])

    def _is_slip(self, tokens: Iterable[str], name: str) -> bool:
        return all(
            token in name or singular(token) in name
            for token in tokens
            if token in self._known or singular(token) in self._known or token.isdecimal()
        )


def _likeness(one: str, other: str) -> float:
    if re.sub(r"\D", "", one) != re.sub(r"\D", "", other):
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
