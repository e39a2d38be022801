"""How alike two written words sound: a rough English sound code, and a distance between codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

# Spelling to sound, longest and most particular first. Capitals are sounds of their own: S sh, C ch, T th, N ng, J j.
_SPELLINGS: tuple[tuple[str, str], ...] = (
    (r"^x", "z"),
    (r"^(?:kn|gn|pn)", "n"),
    (r"^wr", "r"),
    (r"^ps", "s"),
    (r"mb$", "m"),
    (r"tion|sion|cian", "Sun"),
    (r"sch|sh", "S"),
    (r"tch|ch", "C"),
    (r"th", "T"),
    (r"ph", "f"),
    (r"gh(?=t)", ""),
    (r"(?<=[aou])gh$", "f"),
    (r"gh", "g"),
    (r"ng(?![aeiouy])", "N"),
    (r"qu", "kw"),
    (r"q|ck", "k"),
    (r"x", "ks"),
    (r"dge|dj|j|g(?=[eiy])", "J"),
    (r"c(?=[eiy])", "s"),
    (r"c", "k"),
    (r"wh", "w"),
    (r"tz|ts", "s"),
    (r"y(?=[aeiou])", "Y"),
    (r"(?<=[bcdfghklmnprstvwz])e$", ""),
    (r"(?<=[aeiou])h", ""),
    (r"ee|ea|ie|y", "i"),
    (r"ai|ay|ei|ey|ae", "e"),
    (r"oo|ou|ew|ue|eu", "u"),
    (r"oa|ow|au|aw|oe", "o"),
    (r"([a-zA-Z])\1+", r"\1"),
)
_RULES = tuple((re.compile(pattern, re.MULTILINE), sound) for pattern, sound in _SPELLINGS)
_VOWELS = frozenset("aeiou")
_NEAR = {
    frozenset(pair): 0.3
    for pair in ("bp", "dt", "gk", "vf", "zs", "SC", "JC", "sS", "zS", "Td", "Tt", "Tf", "mn", "nN")
} | {frozenset(pair): 0.4 for pair in ("wv", "lr", "Yi", "kh", "rw")}
VOWEL_CHANGE = 0.3
VOWEL_GONE = 0.5


@lru_cache(maxsize=4096)
def sound_code(word: str) -> str:
    """The sounds of a lower-case English word, roughly; letters only."""
    return sound_codes([word])[0]


def sound_codes(words: Sequence[str]) -> list[str]:
    """The sounds of many words: all at once is ten times as quick as one by one."""
    text = re.sub(r"[^a-z\n]", "", "\n".join(words))
    for pattern, sound in _RULES:
        text = pattern.sub(sound, text)
    return text.split("\n") if words else []


def sound_distance(first: str, second: str) -> float:
    """How far apart two sound codes are: 1 for each sound that is changed, missing or added; like sounds cost less."""
    row = [0.0]
    for sound in second:
        row.append(row[-1] + _gone(sound))
    for x in first:
        before = row[0]
        row[0] += _gone(x)
        for j, y in enumerate(second, 1):
            changed = before + _changed(x, y)
            before = row[j]
            row[j] = min(changed, row[j] + _gone(x), row[j - 1] + _gone(y))
    return row[-1]


def sound_distances(code: str, others: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """``sound_distance`` of a code to many of one length at once: ``others`` holds their characters, shape (n, length)."""
    changes, gone = _tables()
    row = np.concatenate([np.zeros((len(others), 1)), np.cumsum(gone[others], axis=1)], axis=1)
    for x in code.encode("ascii"):
        above = row
        row = np.empty_like(above)
        row[:, 0] = above[:, 0] + gone[x]
        for j in range(others.shape[1]):
            y = others[:, j]
            least = np.minimum(above[:, j] + changes[x][y], above[:, j + 1] + gone[x])
            row[:, j + 1] = np.minimum(least, row[:, j] + gone[y])
    return row[:, -1]


@lru_cache(maxsize=1)
def _tables() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """What changes and omissions of ASCII characters cost."""
    characters = [chr(number) for number in range(128)]
    changes = np.array([[_changed(x, y) for y in characters] for x in characters])
    return changes, np.array([_gone(x) for x in characters])


def likeness(first: str, second: str) -> float:
    """0 (nothing in common) to 1 (the same sounds), of two phrases as they are written."""
    a, b = ("".join(sound_code(word) for word in phrase.split()) for phrase in (first, second))
    longest = max(len(a), len(b))
    return 1.0 - sound_distance(a, b) / longest if longest else 1.0


def _gone(sound: str) -> float:
    return VOWEL_GONE if sound in _VOWELS or sound == "h" else 1.0


def _changed(x: str, y: str) -> float:
    if x == y:
        return 0.0
    if x in _VOWELS and y in _VOWELS:
        return VOWEL_CHANGE
    return _NEAR.get(frozenset((x, y)), 1.0)
