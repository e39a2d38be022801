"""Text as it is typed or heard, made into the form that templates are written in."""

from __future__ import annotations

import re
import unicodedata

from assistant.nlu.words import plain

__all__ = ["plain", "tidy", "without_commas"]

_LEADING = re.compile(
    r"^(?:(?:hey|hi|hello|okay|ok|so|well|um+|uh+|er+|right|now|oh|and|then|alright|jarvis|nabu|alexa|mycroft|rhasspy|assistant|"
    r"please|kindly|just|quickly|(?:can|could|would|will) you(?: please| kindly| just)?|would you mind|"
    r"(?:i want|i need|i'd like|i would like)(?: you)? to|go ahead and|make sure (?:to|you)|let's|you can|be so kind as to|"
    r"do me a favou?r and|i'd appreciate it if you)[,\s]+)+",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"(?:[,\s]+(?:please|thanks|thank you|thanks a lot|cheers|for me|right now|now|immediately|straight away|at once|"
    r"would you|will you|could you|can you|if you (?:can|could|would|don't mind|please)|mate|dear|jarvis|alexa|already|"
    r"for us|asap|real quick|quickly|okay|ok|um+|uh+))+$",
    re.IGNORECASE,
)
_CONTRACTIONS = (
    (re.compile(r"\b(what|where|who|how|that|it|there)['’]?s\b", re.I), r"\1 is"),
    (re.compile(r"\b(what|where|who|how)['’]re\b", re.I), r"\1 are"),
    (re.compile(r"\b(is|are|was|did|does|do|has|have)n['’]t\b", re.I), r"\1 not"),
)
_SPELLINGS = (
    (re.compile(r"\bcolour(s|ed)?\b", re.I), r"color\1"),
    (re.compile(r"\bgrey\b", re.I), "gray"),
    (re.compile(r"\blivingroom\b", re.I), "living room"),
    (re.compile(r"\bbed room\b", re.I), "bedroom"),
    (re.compile(r"\bbath room\b", re.I), "bathroom"),
    (re.compile(r"\b(tele|telly|tv set|television set|televison)\b", re.I), "television"),
    (re.compile(r"\bper cent\b", re.I), "percent"),
    (re.compile(r"\bhalf way\b", re.I), "halfway"),
    (re.compile(r"(?<=\d) ?%"), " percent"),
    (re.compile(r"(?<=\d) ?°(?: ?[cf]\b)?", re.I), " degrees"),
    (re.compile(r"\bdegrees? (celsius|fahrenheit|centigrade)\b", re.I), "degrees"),
    (re.compile(r"\b(?:um+|uh+|erm?)\b[,\s]*", re.I), ""),
)
_SPACES = re.compile(r"\s+")


def tidy(text: str) -> str:
    """The sentence without politeness, fillers and end punctuation; commas between words stay as ``,``."""
    text = unicodedata.normalize("NFC", text).replace("’", "'")
    text = text.replace(";", ",").replace("…", " ")
    commas = [part.strip() for part in text.split(",")]
    text = ", ".join(part for part in commas if part)
    text = re.sub(r"[.!?:\"“”]+(?=\s|$)", " ", text)
    for pattern, replacement in (*_CONTRACTIONS, *_SPELLINGS):
        text = pattern.sub(replacement, text)
    text = _SPACES.sub(" ", text).strip(" ,")
    stripped = _TRAILING.sub("", _LEADING.sub("", text)).strip(" ,")
    return stripped or text


def without_commas(text: str) -> str:
    """One clause as a template sees it."""
    return _SPACES.sub(" ", text.replace(",", " ")).strip()
