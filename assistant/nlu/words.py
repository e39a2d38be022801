"""A sentence as canonical words: one spelling for what is said alike, with the place of each word in the text.

Templates, names and utterances all pass through ``words_of``, so that a variant of spelling never has to be written twice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant import han
from assistant.han import HAN

_WORD = rf"[^\W_{HAN}]"
_TOKEN = re.compile(rf"\d+(?:[.,:]\d+)+|[{HAN}]|{_WORD}+(?:['’]{_WORD}+)*['’]?|%|°|(?<![\w.,])-(?=\d)", re.UNICODE)
_UNIT_AT_NUMBER = re.compile(r"^(\d+(?:[.:]\d+)*)(k|am|pm|min|mins|sec|secs|hrs?|h|c|f)$")
_UNITS = {
    "k": ("kelvin",), "am": ("am",), "pm": ("pm",), "min": ("minutes",), "mins": ("minutes",), "sec": ("seconds",),
    "secs": ("seconds",), "h": ("hours",), "hr": ("hours",), "hrs": ("hours",), "c": ("degrees",), "f": ("degrees",),
}  # fmt: skip
_CONTRACTIONS = {
    "whats": "what is", "what's": "what is", "hows": "how is", "how's": "how is", "wheres": "where is",
    "where's": "where is", "who's": "who is", "whos": "who is", "that's": "that is", "thats": "that is",
    "it's": "it is", "there's": "there is", "theres": "there is", "here's": "here is", "when's": "when is",
    "i'm": "i am", "im": "i am", "we're": "we are", "you're": "you are", "they're": "they are", "what're": "what are",
    "isn't": "is not", "isnt": "is not", "aren't": "are not", "arent": "are not", "wasn't": "was not",
    "don't": "do not", "dont": "do not", "doesn't": "does not", "doesnt": "does not", "didn't": "did not",
    "didnt": "did not", "can't": "can not", "cant": "can not", "cannot": "can not", "won't": "will not",
    "wouldn't": "would not", "shouldn't": "should not", "couldn't": "could not", "haven't": "have not",
    "hasn't": "has not", "i'd": "i would", "i'll": "i will", "i've": "i have", "we've": "we have", "we'd": "we would",
    "you've": "you have", "let's": "lets", "o'clock": "oclock", "wanna": "want to", "gonna": "going to",
    "gotta": "got to", "gimme": "give me", "lemme": "let me", "y'all": "all",
}  # fmt: skip
_SPELLINGS = {
    "colour": "color", "colours": "colors", "coloured": "colored", "grey": "gray", "centre": "center",
    "theatre": "theater", "favourite": "favorite", "programme": "program", "metre": "meter", "metres": "meters",
    "aluminium": "aluminum", "television": "tv", "televisions": "tvs", "telly": "tv", "tele": "tv", "aircon": "ac",
    "refrigerator": "fridge", "cosy": "cozy", "tyre": "tire", "storey": "story", "licence": "license",
    "thermostate": "thermostat", "%": "percent", "°": "degrees", "pc": "pc", "okay": "ok", "lites": "lights",
    "lite": "light", "alarme": "alarm", "&": "and", "de": "the", "da": "the", "ze": "the", "teh": "the",
    "的": "'s",
}  # fmt: skip
_JOINED = {
    ("per", "cent"): "percent", ("tee", "vee"): "tv", ("t", "v"): "tv", ("air", "con"): "ac", ("a", "c"): "ac",
    ("air", "conditioner"): "ac", ("air", "conditioning"): "ac", ("air", "conditioners"): "acs",
    ("wi", "fi"): "wifi", ("degrees", "c"): "degrees", ("degrees", "f"): "degrees", ("degree", "c"): "degrees",
    ("degrees", "celsius"): "degrees", ("degrees", "fahrenheit"): "degrees", ("degrees", "centigrade"): "degrees",
    ("degree", "celsius"): "degrees", ("half", "way"): "halfway", ("any", "one"): "anyone", ("some", "one"): "someone",
    ("every", "thing"): "everything", ("tv", "set"): "tv", ("o", "clock"): "oclock", ("a", "m"): "am", ("p", "m"): "pm",
    ("never", "mind"): "nevermind", ("to", "do"): "todo", ("light", "bulb"): "bulb", ("light", "bulbs"): "bulbs",
    ("所", "有"): "所有", ("全", "部"): "全部", ("这", "里"): "这里", ("这", "边"): "这里", ("这", "儿"): "这里",
}  # fmt: skip

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_NUMBERS = {word: value for value, word in enumerate(_ONES)}
_TENS = {
    word: 20 + 10 * place for place, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}


@dataclass(frozen=True, slots=True)
class Words:
    """``tokens[i]`` is canonical and stands at ``spans[i]`` (start, end) of ``text``."""

    text: str
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    def said(self, start: int, end: int) -> str:
        """What tokens ``start`` to ``end`` (exclusive) are in the text itself."""
        return self.text[self.spans[start][0] : self.spans[end - 1][1]] if start < end else ""

    def part(self, start: int, end: int) -> Words:
        """Tokens ``start`` to ``end`` (exclusive) alone."""
        return Words(self.text, self.tokens[start:end], self.spans[start:end])


def fold(text: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def stretches(count: int, longest: int) -> Iterator[tuple[int, int]]:
    """(start, end) of every row of at most ``longest`` of ``count`` words, the longest first."""
    for size in range(min(longest, count), 0, -1):
        for start in range(count - size + 1):
            yield start, start + size


@lru_cache(maxsize=4096)
def words_of(text: str) -> Words:
    """The canonical words of ``text``."""
    tokens: list[str] = []
    spans: list[tuple[int, int]] = []
    for match in _TOKEN.finditer(text):
        for token in _canonical(fold(match[0].replace("’", "'"))):
            joined = _JOINED.get((tokens[-1], token)) if tokens else None
            if joined is not None:
                tokens[-1] = joined
                spans[-1] = (spans[-1][0], match.end())
            else:
                tokens.append(token)
                spans.append(match.span())
    return Words(text, tuple(tokens), tuple(spans))


def _canonical(token: str) -> tuple[str, ...]:
    if token == "-":
        return ("minus",)
    contracted = _CONTRACTIONS.get(token)
    if contracted is not None:
        return tuple(contracted.split())
    unit = _UNIT_AT_NUMBER.match(token)
    if unit is not None and (unit[2] != "k" or float(unit[1].replace(":", "")) >= 1000):
        return (unit[1], *_UNITS[unit[2]])
    token = token.rstrip("'")
    if token.endswith("'s"):
        return (_SPELLINGS.get(token[:-2], token[:-2]), "'s")
    token = token.replace("'", "")
    return (_SPELLINGS.get(token, token),)


def plain(text: str) -> str:
    """Canonical words joined by spaces: for comparing names."""
    return " ".join(words_of(text).tokens).replace(" 's", "s")


def joined(tokens: Sequence[str]) -> str:
    """One string for a name however it is cut into words: ``sky light`` and ``skylight``, ``three d`` and ``3D``."""
    return "".join(_digits(token.replace("'", "")) for token in tokens)


def _digits(token: str) -> str:
    value = _NUMBERS.get(token)
    return str(value) if value is not None else token


def singular(word: str) -> str:
    """The word without a plural's ending; good enough to compare words, not to be spoken."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return "tv" if word == "tvs" else word


def number_at(tokens: Sequence[str], start: int) -> list[tuple[int, float]]:
    """Numbers that begin at ``start``: (end, value), the longest first; digits or words below ten thousand."""
    index, sign = start, 1.0
    if index < len(tokens) and tokens[index] == "minus":
        index, sign = index + 1, -1.0
    in_characters = han.number_at(tokens, index)
    if in_characters:
        return [(end, float(value)) for end, value in in_characters]
    found = _whole(tokens, index)
    if found is None:
        return []
    end, value = found
    results = [(end, sign * value)]
    if tokens[end : end + 1] == ("point",) or list(tokens[end : end + 1]) == ["point"]:
        fraction = _point(tokens, end + 1)
        if fraction is not None:
            results.insert(0, (fraction[0], sign * (value + fraction[1])))
    if list(tokens[end : end + 3]) == ["and", "a", "half"]:
        results.insert(0, (end + 3, sign * (value + 0.5)))
    return results


def _point(tokens: Sequence[str], index: int) -> tuple[int, float] | None:
    digits = ""
    while index < len(tokens) and (tokens[index] in _NUMBERS or tokens[index].isdecimal()):
        digits += _digits(tokens[index])
        index += 1
    return (index, float(f"0.{digits}")) if digits else None


def _whole(tokens: Sequence[str], index: int) -> tuple[int, float] | None:
    if index >= len(tokens):
        return None
    token = tokens[index]
    if token[0].isdecimal():
        try:
            return index + 1, float(
                token.replace(",", "") if re.fullmatch(r"\d+(,\d{3})+", token) else token.replace(",", ".")
            )
        except ValueError:
            return None
    found = _below_hundred(tokens, index)
    if found is None and token in ("a", "an") and list(tokens[index + 1 : index + 2]) in (["hundred"], ["thousand"]):
        found = (index + 1, 1.0)
    if found is None:
        return None
    end, value = found
    for word, unit in (("thousand", 1000), ("hundred", 100)):
        if end < len(tokens) and tokens[end] == word:
            value, end = value * unit, end + 1
            skip = 1 if end < len(tokens) and tokens[end] == "and" else 0
            rest = _whole(tokens, end + skip)
            if rest is not None and rest[1] < unit and not tokens[end + skip][0].isdecimal():
                return rest[0], value + rest[1]
            return end, value
    return end, value


def _below_hundred(tokens: Sequence[str], index: int) -> tuple[int, float] | None:
    token = tokens[index]
    if token in _TENS:
        following = tokens[index + 1] if index + 1 < len(tokens) else ""
        if 0 < _NUMBERS.get(following, 0) < 10:
            return index + 2, float(_TENS[token] + _NUMBERS[following])
        return index + 1, float(_TENS[token])
    return (index + 1, float(_NUMBERS[token])) if token in _NUMBERS else None
