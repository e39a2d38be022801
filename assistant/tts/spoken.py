"""What a person would say for what is written: numbers, dates, times, units, money, abbreviations, addresses, lists.

English is spelled out in words. In other languages only the markup is taken away: the voice's own phonemiser knows
that language's numbers better than rules made for English.
"""

from __future__ import annotations

import re

from assistant.tts import spoken_amounts, spoken_time
from assistant.tts.markup import strip_markup
from assistant.tts.units import DOTTED, SYMBOLS, WORDS

_SAYS = {".": " dot ", "/": " slash ", "@": " at ", "-": " dash ", "_": " underscore ", ":": " colon "}
_STOP_MAY_END = frozenset({"etc.", "jr.", "sr.", "inc."})
_DOTTED = {written.lower(): said for written, said in DOTTED.items()}


def spoken_form(text: str, language: str = "en") -> str:
    """One line of words and plain punctuation, ready for the voice; empty where nothing in ``text`` can be said."""
    text = strip_markup(text)
    if language.replace("_", "-").partition("-")[0] == "en":
        for pattern, say in _RULES:
            text = pattern.sub(say, text)
        text = _symbols(text)
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"\s+([.,;:!?…])", r"\1", text)
    text = re.sub(r"[,;:\s]+([.!?])|([,;:])(?:\s*[,;:])+", lambda m: m[1] or m[2], text)
    text = text.strip(" ,;:") if text[-1:] in ",;" else text.lstrip(" ,;:")
    return text if re.search(r"\w", text) else ""


def _address(match: re.Match[str]) -> str:
    address = re.sub(r"^(?:https?://|ftp://|mailto:)?(?:www\.)?", "", match[0], flags=re.I)
    address = re.sub(r"[?#].*$", "", address).rstrip("/")
    return re.sub(r"[./@_:-]", lambda m: _SAYS[m[0]], address)


def _abbreviation(match: re.Match[str]) -> str:
    """An abbreviation's words; its full stop stays where it also ends the sentence."""
    written, rest = match[1].lower(), match.string[match.end() :]
    ends = not rest.strip() or (written in _STOP_MAY_END and re.match(r"\s+[A-Z]", rest))
    return _DOTTED[written] + ("." if ends else "")


def _symbols(text: str) -> str:
    """Every mark that is left becomes a word, a pause, or nothing."""
    for symbol, word in SYMBOLS.items():
        text = text.replace(symbol, word)
    text = re.sub(r"(?<=\w)\s*/\s*(?=\w)", " or ", text)
    text = re.sub(r"(?<=[a-z])\.(?=[a-z])", " dot ", text)
    text = re.sub(r"(?<=\w)_(?=\w)", " ", text)
    text = re.sub(r"\s\(([^()]*)\)", r", \1,", text)
    text = re.sub(r"\s[–—]\s|—|\s-{1,3}\s", ", ", text)
    text = re.sub(r"[\"“”„«»()\[\]{}<>|\\/#_^*~`$€£¥₹©®™′″]", " ", text)
    return text.replace("’", "'").replace("–", "-")


def _any_of(words: dict[str, str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_ADDRESS_RULES: tuple[spoken_time.Rule, ...] = (
    (re.compile(r"\b(?:https?://|ftp://|mailto:|www\.)[^\s<>\"']*[^\s<>\"'.,;:!?)]", re.I), _address),
    (re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"), _address),
    (
        re.compile(r"\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|edu|gov|local|info|dev|co\.uk)\b(?:/[\w/.-]*\w)?", re.I),
        _address,
    ),
)
_WORD_RULES: tuple[spoken_time.Rule, ...] = (
    (re.compile(rf"(?<![\w.-])({_any_of(WORDS)})(?!\w|\.\d)"), lambda m: WORDS[m[1]]),
    (re.compile(rf"(?<![\w.])({_any_of(DOTTED)})", re.I), _abbreviation),
    (re.compile(r"(?<=[a-z]\s)St\.(?=\s[A-Z])|^St\.(?=\s[A-Z])"), lambda _m: "Saint"),
    (
        re.compile(r"(?<=[A-Z0-9a-z]\s)St\.(?!\s[A-Z])"),
        lambda m: "Street" + ("" if m.string[m.end() :].strip() else "."),
    ),
)
_RULES = (*_ADDRESS_RULES, *spoken_time.RULES, *_WORD_RULES, *spoken_amounts.RULES)
