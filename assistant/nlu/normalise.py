"""Text as it is typed or heard, without politeness, fillers, wake words and slips of the tongue."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from assistant.nlu.colloquial import usual
from assistant.nlu.ordered import in_order
from assistant.nlu.words import plain

__all__ = ["corrections", "plain", "tidy", "unslip", "without_commas"]

_ASSISTANTS = r"jarvis|nabu|alexa|mycroft|rhasspy|google|siri|cortana|olly|assistant|computer(?=,)"
_LEADING = re.compile(
    rf"^(?:(?:hey|hi|hello|yo|okay|ok|so|well|um+|uh+|er+|hm+|mm+|"
    r"right(?=,| (?:then|now|so|let's|can|could|would|will|turn|switch|put|set|open|close|shut|dim|start|stop|lock|unlock|play|"
    r"what|what's|how|is|are|who|when|where|the|kill|make|get|everything|i|i'm)\b)|"
    rf"now|oh|ah|and|then|alright|all right|{_ASSISTANTS}|"
    r"please|pls|plz|kindly|just|quickly|maybe|perhaps|actually|basically|listen|look|excuse me|"
    r"firstly|first(?=,| (?:turn|switch|open|close|set|lock|put|dim|start|stop)\b)|finally|"
    r"(?:stop|wait|hold on)(?=, (?:pause|turn|switch|open|close|start|lock|put|set|dim|mute|play)\b)|"
    r"next(?=,)|lastly|yeah|yep|sure|(?:can|could|would|will|won't) (?:you|"
    r"ye|u|ya)(?: please| kindly| just| maybe| possibly| quickly)*|"
    r"(?:can|could|may) (?:we|i)(?= (?:turn|switch|get|have|open|close|dim|set|put|play|add|start|stop|lock))|"
    r"(?:would|do) you mind|mind(?= \w+ing\b)|how about(?= \w+ing\b)|what about(?= \w+ing\b)|"
    r"(?:i want|i need|i'd like|i would like|i'd love|we need|"
    r"we want|i'd prefer)(?: for)?(?: you| u)? to|i want you to|"
    r"go ahead and|help me(?: to)?(?= (?:turn|switch|open|close|dim|set|put|start|stop))|make sure (?:to|"
    r"you)|be sure to|let's|lets|let us|you (?:can|may|should|could|need to|have to|must)|"
    r"be so kind as to|be a dear and|do me a favou?r(?: and|,)?|(?:i'd|"
    r"i would) (?:appreciate it|be grateful|like it|love it) if you"
    r"(?: could| would)?|(?:is|would) it (?:be )?possible (?:for you )?to|"
    r"are you able to|i was wondering (?:if|whether) you could|"
    r"it would be (?:great|nice|good|lovely) if you could|"
    r"i think you should|why don't you|try to|time to|you know what|"
    r"i'm going to need you to|i am going to need you to|quick question|one more thing|by the way|thanks|thank you)"
    r"[,\s]+)+",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    rf"(?:[,\s]+(?:please|pls|plz|thx|ta|thanks|thank you|thanks a lot|"
    rf"many thanks|cheers|thank you very much|for me|for us|right now|"
    r"right away|now|for now|for the moment|for the time being|immediately|straight away|at once|(?:would|will|"
    r"could|can) (?:you|ya|ye|u)|if you (?:can|could|would|don't mind|"
    r"please|will)|if possible|when you (?:can|get a chance|have a moment)|mate|dear|buddy|pal|honey|darling|love|"
    rf"{_ASSISTANTS}|already|asap|as soon as possible|real quick|quickly|okay|ok|um+|uh+|er+|then|though|you know|"
    r"and nothing else|and that's it|and that is it|and that's all|or something|or whatever|my friend|man|bro|won't you))+$",
    re.IGNORECASE,
)
_SPELLINGS = (
    (
        re.compile(
            r"(?<=\w) (?:would|will|can|could) you(?: please)? (?=(?:i|i'm|it|it's|we|we're|my|there|there's) )", re.I
        ),
        ", ",
    ),
    (re.compile(r"\b(c) (o) (?:two|2)\b", re.I), r"\1\g<2>2"),
    (re.compile(r"^(how \w+(?: is|'s) it|is it \w+) (?:down|up|out|over|through|back) (?=in |at |on )", re.I), r"\1 "),
    (re.compile(r"\ba (?:wee|little|tiny|teeny) bit\b", re.I), "a bit"),
    (re.compile(r"\b(turn|switch|shut)(ed|ing)? of\b(?! \w+ off\b)", re.I), r"\1 off"),
    (re.compile(r"\bevery (?:last|single)(?: one of)?\b", re.I), "every"),
    (re.compile(r"\b(?:um+|uh+|erm*|hm+|mm+)\b[,\s]*", re.I), ""),
    (re.compile(r"\b(?:please|kindly)\b[,\s]*(?=\w)", re.I), ""),
    (re.compile(r"\bboth (?=(?:the |my |our )?[\w' ]+ and )", re.I), ""),
    (re.compile(r"\b(them|these|those) both\b|\bboth of (?:them|these|those)(?= \w)", re.I), "them"),
    (re.compile(r"\b(\w+)(?: \1\b)+(?<!that that)", re.I), r"\1"),
)
_GERUND = re.compile(
    r"^(turn|switch|open|clos|shutt|lock|unlock|sett|dimm|brighten|"
    r"start|stopp|paus|play|add|putt|mak|chang|rais|lower|mut|"
    r"activat|increas|decreas|clean|vacuum|check|tell|runn|skipp|adjust)ing\b",
    re.IGNORECASE,
)
_STEMS = {
    "clos": "close", "shutt": "shut", "sett": "set", "dimm": "dim", "stopp": "stop", "paus": "pause", "putt": "put",
    "mak": "make", "chang": "change", "rais": "raise", "mut": "mute", "activat": "activate", "increas": "increase",
    "decreas": "decrease", "runn": "run", "skipp": "skip",
}  # fmt: skip
_CORRECTION = re.compile(
    r"[,\s]+(?:(?:no|oh|oops|wait|sorry|actually|rather|scratch that|i mean|i meant|hang on|hold on|make that|or rather)[,\s]+)+",
    re.IGNORECASE,
)
_FILLERS = re.compile(
    r"\b(?:like|basically|actually|sort of|kind of|you know|"
    r"i guess|i think|i mean|so yeah|yeah|just|really|maybe|though|"
    r"or something|or whatever|quickly|real quick|still|for once|as usual)\b[,\s]*",
    re.IGNORECASE,
)
_ALSO = re.compile(r"[,\s]+(?:too|as well|also|instead|either|again|only|alone)$", re.IGNORECASE)
_FOR_WHOM = re.compile(
    r" for (?:the (?:kids|children|boys|girls|guests|visitors|cleaners?|baby|dog|cat|postman|courier)|him|her|them|"
    r"every(?:one|body)|my \w+)$",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")


def tidy(text: str) -> str:
    """The sentence without politeness, fillers and end punctuation; commas between words stay as ``,``."""
    text = unicodedata.normalize("NFC", text).replace("’", "'")
    text = re.sub(r"[.!?]+\s+(?=\S)", ", ", text)
    text = text.replace(";", ",").replace("…", " ").replace(" - ", ", ").replace("–", " ")
    commas = [part.strip() for part in re.split(r",(?!\d{3}\b)", text)]
    text = ", ".join(part for part in commas if part)
    text = re.sub(r"[.!?:\"“”]+(?=\s|$)|(?<!\S)[\"“”]", " ", text)
    for pattern, replacement in _SPELLINGS:
        text = pattern.sub(replacement, text)
    text = _SPACES.sub(" ", text).strip(" ,")
    stripped = _TRAILING.sub("", _LEADING.sub("", in_order(text))).strip(" ,")
    return usual(_GERUND.sub(lambda match: _STEMS.get(match[1].lower(), match[1]), stripped or text))


def without_commas(text: str) -> str:
    """One clause as a template sees it."""
    return _SPACES.sub(" ", re.sub(r",(?!\d{3}\b)", " ", text)).strip()


def unslip(text: str) -> Iterator[str]:
    """Other texts that a tidied sentence may stand for: without more fillers, "too" or "for the kids" at the end."""
    for pattern in (_ALSO, _FOR_WHOM, _FILLERS):
        shorter = _SPACES.sub(" ", pattern.sub("", text)).strip(" ,")
        if shorter and shorter != text:
            yield tidy(shorter)


def corrections(text: str) -> Iterator[str]:
    """What a speaker meant who corrected himself: ``on the no sorry turn off the lamp``, ``to twenty no wait thirty``.

    The words after the correction alone first, then as the end of the words before it, as few as can be replaced.
    """
    parts = _CORRECTION.split(text)
    if len(parts) < 2:
        return
    before, after = " ".join(parts[:-1]).split(), parts[-1]
    yield after
    for kept in range(len(before), 0, -1):
        yield f"{' '.join(before[:kept])} {after}"
