"""How a written word is said in words that the recogniser has a pronunciation for.

``TV`` -> ``t v``, ``CO2`` -> ``c o two``, ``21.5`` -> ``twenty one point five``, ``Roborock`` -> ``robo rock``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from assistant.asr.numbers import english_numbers
from assistant.asr.sounds import sound_code, sound_codes, sound_distances

if TYPE_CHECKING:
    import numpy.typing as npt

Spoken = tuple[str, ...]
Bucket = tuple[tuple[str, ...], "npt.NDArray[np.uint8]"]
"""Words, and the characters of their sound codes, which are all of one length: shape (n, length)."""

MAX_VARIANTS = 3
SHORTEST_PART = 3
NEAR_ENOUGH = 0.3
"""A foreign name is said with English words whose sounds differ by at most this share of its own."""

# Letters that a word with this first sound may begin with, where that is not the sound's own letter alone.
_LETTERS_OF = {
    "k": "kcq",
    "s": "sc",
    "f": "fp",
    "n": "nk",
    "r": "rw",
    "z": "zx",
    "J": "jgd",
    "S": "s",
    "C": "ct",
    "T": "t",
    "N": "n",
    "Y": "y",
    "i": "iey",
    "e": "ea",
    "o": "oa",
    "u": "uoe",
}
_TOKENS = re.compile(r"\d+(?:[.,]\d+)?(?:st|nd|rd|th)?|[^\W\d_]+(?:'[^\W\d_]+)*|%|°|&|\+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SYMBOLS = {"%": ("percent",), "°": ("degrees",), "&": ("and",), "+": ("plus",)}
# Letters that fold to no plain one when their accents are taken away.
_FOLDED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ð": "th", "ı": "i"})


class Dictionary(Protocol):
    """What the recogniser can pronounce; ``VoskModel`` is one."""

    def knows(self, word: str) -> bool: ...

    def words(self) -> str:
        """All of them, a line each."""
        ...


class Lexicon:
    """Spoken forms of written words; what it works out is remembered."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._known: dict[str, tuple[Spoken, ...]] = {}
        self._approximated: dict[str, Spoken] = {}
        self._sounding: dict[str, Mapping[tuple[str, int], Bucket]] = {}
        self._near: dict[str, tuple[float, str] | None] = {}

    def spoken(self, written: str) -> tuple[Spoken, ...]:
        """The ways to say one written word (no spaces in it), the likeliest first; none where it cannot be said."""
        if written not in self._known:
            self._known[written] = self._variants(written)
        return self._known[written]

    def spoken_phrase(self, written: str) -> Spoken | None:
        """The likeliest way to say a phrase, or ``None`` where one of its words cannot be said."""
        said: list[str] = []
        for word in written.split():
            ways = self.spoken(word)
            if not ways:
                return None
            said += ways[0]
        return tuple(said)

    def release(self) -> None:
        """Let go of what is only of use for words that were never asked for; it is loaded again when it is needed."""
        self._sounding.clear()
        self.__dict__.pop("_words", None)

    @property
    def approximated(self) -> dict[str, Spoken]:
        """Words that are not in the dictionary and are said by others that only sound alike."""
        return dict(self._approximated)

    def _variants(self, written: str) -> tuple[Spoken, ...]:
        found: list[Spoken] = []
        lower = written.casefold()
        if self._dictionary.knows(lower) and lower.replace("'", "").isalpha():
            found.append((lower,))
            if written.isupper() and 2 <= len(written) <= 4:  # LED is also said letter by letter
                found.append(tuple(lower))
        if not found:
            mixed = any(c.isdigit() for c in written) and any(c.isalpha() for c in written)
            ways: list[Spoken] = [()]
            for token in _TOKENS.findall(_CAMEL.sub(" ", unicodedata.normalize("NFC", written))):
                ways = [way + more for way in ways for more in self._token(token, mixed)][:MAX_VARIANTS]
            found = [way for way in ways if way]
        return tuple(dict.fromkeys(found))[:MAX_VARIANTS]

    def _token(self, token: str, mixed: bool) -> list[Spoken]:
        """Ways to say a part of a word: a number, a sign, or letters. ``mixed``: letters and digits stand together."""
        if token in _SYMBOLS:
            return [_SYMBOLS[token]]
        if token[0].isdigit():
            ways = [tuple(words.split()) for words in english_numbers(token)]
            return ways[:1] if mixed else ways
        lower = _plain_letters(token)
        if not lower:
            return []
        letters = tuple(lower.replace("'", ""))
        ways = [letters] if (token.isupper() or mixed) and len(lower) <= 3 else []
        if self._dictionary.knows(lower):
            ways.append((lower,))
        if ways:
            return ways
        if (token.isupper() and len(lower) <= 5) or not re.search(r"[aeiouy]", lower):
            return [letters] if len(letters) <= 6 else []
        return self._unknown(lower)

    def _unknown(self, word: str) -> list[Spoken]:
        """A word that the dictionary lacks: its stem and ending, its parts, or words that sound like it."""
        stem = word.removesuffix("'s")
        if stem != word and self._dictionary.knows(stem):
            return [(stem + "s",) if self._dictionary.knows(stem + "s") else (stem,)]
        compound = self._compound(word.replace("'", ""))
        if compound:
            return [compound]
        alike = self._alike(word.replace("'", ""))
        if alike:
            self._approximated[word] = alike
            return [alike]
        return []

    def _compound(self, word: str) -> Spoken | None:
        """``air con``, ``macro torrent``: two dictionary words, as equal in length as can be; else three."""
        cuts = range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
        knows = self._dictionary.knows
        pairs = [(word[:cut], word[cut:]) for cut in cuts if knows(word[:cut]) and knows(word[cut:])]
        if pairs:
            return max(pairs, key=lambda pair: min(len(pair[0]), len(pair[1])))
        for cut in cuts:
            if knows(word[:cut]) and len(word) - cut >= 2 * SHORTEST_PART:
                rest = self._compound(word[cut:])
                if rest and len(rest) == 2:
                    return (word[:cut], *rest)
        return None

    def _alike(self, word: str) -> Spoken | None:
        """One or two dictionary words whose sounds come nearest to those of ``word``, where they are near enough."""
        code = sound_code(word)
        if len(code) < 2:
            return None
        best: tuple[float, Spoken] | None = None
        for cut in (len(code), *range(2, len(code) - 1)):
            parts = [self._nearest(part) for part in (code[:cut], code[cut:]) if part]
            if any(part is None for part in parts):
                continue
            chosen = [part for part in parts if part is not None]
            cost = sum(distance for distance, _word in chosen) + 0.25 * (len(chosen) - 1)
            if best is None or cost < best[0]:
                best = cost, tuple(near for _distance, near in chosen)
        return best[1] if best is not None and best[0] <= NEAR_ENOUGH * len(code) else None

    def _nearest(self, code: str) -> tuple[float, str] | None:
        # Only words of nearly as many sounds with the same first one are compared: the first sound carries a word.
        if code in self._near:
            return self._near[code]
        best: tuple[float, int, str] | None = None
        for letter in _LETTERS_OF.get(code[0], code[0]):
            for length in range(len(code) - 1, len(code) + 2):
                words, codes = self._by_sound(letter).get((code[0], length), ((), None))
                if codes is None:
                    continue
                distances = sound_distances(code, codes)
                least = float(distances.min())
                for index in np.flatnonzero(distances == least):
                    found = (least, abs(len(words[index]) - len(code)), words[index])
                    best = found if best is None else min(best, found)
        self._near[code] = None if best is None else (best[0], best[2])
        return self._near[code]

    def _by_sound(self, letter: str) -> Mapping[tuple[str, int], Bucket]:
        """Dictionary words that begin with ``letter``, by their first sound and their number of sounds."""
        if letter not in self._sounding:
            words = re.findall(rf"^{letter}[a-z]{{{SHORTEST_PART - 1},}}$", self._words, re.MULTILINE)
            index: defaultdict[tuple[str, int], list[tuple[str, str]]] = defaultdict(list)
            for word, code in zip(words, sound_codes(words), strict=True):
                if code:
                    index[code[0], len(code)].append((word, code))
            self._sounding[letter] = {
                key: (
                    tuple(word for word, _code in entries),
                    np.frombuffer("".join(code for _word, code in entries).encode("ascii"), np.uint8).reshape(
                        -1, key[1]
                    ),
                )
                for key, entries in index.items()
            }
        return self._sounding[letter]

    @cached_property
    def _words(self) -> str:
        return self._dictionary.words()


def _plain_letters(text: str) -> str:
    """Lower-case letters of the Latin alphabet, without accents; empty for other scripts."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    letters = "".join(character for character in folded if not unicodedata.combining(character))
    return letters if re.fullmatch(r"[a-z']+", letters) else ""
