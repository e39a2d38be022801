"""Whether a sentence that nobody understood is about this house: then the chat model must not answer it.

The model knows nothing of the house. It would make up a state, or say that it has done what was asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.nlu.forms import PART
from assistant.nlu.name_index import NameIndex
from assistant.nlu.normalise import plain, tidy
from assistant.nlu.words import joined, singular, words_of

MAX_NAME_WORDS = 6
_CONTROL = re.compile(
    r"^(?:(?:please|just|then|now|also|can you|could you|would you|will you|i want you to|don't|do not|never) )*"
    r"(?:(?:turn|switch)\b.*\b(?:on|off|up|down)\b|(?:dim|brighten|unlock|lock|arm|disarm|mute|unmute|deactivate)\b|"
    r"(?:open|close|shut|raise|lower|set|start|stop) (?:the|my|our|all|both)\b)|"
    r"^(?:did|have|has) (?:i|we|anyone|anybody|someone|somebody) (?:leave|left|forget|forgotten|turn|turned|switch|switched)\b.*"
    r"\b(?:on|off|open|closed|running|locked|unlocked)$"
)
_GENERAL = re.compile(
    r"^(?:(?:please|can you|could you) )*(?:how (?:do|does|did|can|could|would|should|to|come)\b|what (?:is|are|was|were|does) an?\b|"
    r"what's an?\b|why (?:do|does|did)\b|who (?:is|was|are|were) the\b|"
    r"(?:tell|read|write|sing|give|teach|explain|describe|translate|spell|define|recommend|suggest)\b)|"
    r"\b(?:invent(?:ed|or)?|discover(?:ed)?|mean(?:s|ing)?|history|famous|word|called|song|film|movie|book|story|poem|joke|recipe|"
    r"capital|difference between|in general|opposite|synonym)\b"
)
_DEFINITE = frozenset({"the", "my", "our", "your", "this", "that", "these", "those", "all", "every", "'s", "both"})
_PLACING = frozenset({"in", "at", "from", "of", "inside", "out"})


def concerns_home(text: str, index: NameIndex) -> bool:
    """Whether ``text`` tells the house to do something, or speaks of one of its devices or rooms as known."""
    sentence = plain(tidy(text))
    if _CONTROL.match(sentence):
        return True
    return not _GENERAL.search(sentence) and _speaks_of(sentence, index)


_HAN_CONTROL = re.compile(
    r"^(?:别|不要|不用|先别)?(?:把.+|将.+|打开|关闭|关掉|关上|调[高低亮暗大小到]|锁上|解锁|拉[开上]|暂停|播放|[开关]灯)"
)
_HAN_GENERAL = re.compile(
    r"为什么|怎么(?:做|办|用|说)|是什么(?:意思|东西)?$|什么是|谁(?:是|发明)|历史|故事|笑话|诗|介绍|解释|意思"
)


def speaks_of_home(sentence: str, index: NameIndex) -> bool:
    """The same of a sentence of a language without spaces: it begins as a command, or has a device's whole name in it."""
    if _HAN_CONTROL.match(sentence):
        return True
    tokens = words_of(sentence).tokens
    named = any(_is_name(tokens[start:end], index) for start, end in _spans(len(tokens)))
    roomed = any(joined(tokens[start:end]) in index.areas for start, end in _spans(len(tokens)))
    kinds = any(tokens[start:end] in index.kind_words for start, end in _spans(len(tokens)))
    return not _HAN_GENERAL.search(sentence) and (named or (roomed and kinds))


def _speaks_of(sentence: str, index: NameIndex) -> bool:
    tokens = words_of(sentence).tokens
    return any(
        _is_name(tokens[start:end], index) or (start > 0 and _is_known(tokens[start - 1], tokens[start:end], index))
        for start, end in _spans(len(tokens))
    )


def _spans(count: int) -> Iterator[tuple[int, int]]:
    for start in range(count):
        for end in range(start + 1, min(start + MAX_NAME_WORDS, count) + 1):
            yield start, end


def _is_name(said: tuple[str, ...], index: NameIndex) -> bool:
    """A whole name of more than one word: a word alone ("light", "bedroom") may mean anything."""
    return len(said) > 1 and any(distance < PART for distance, _device in index.names.get(joined(said), ()))


def _is_known(before: str, said: tuple[str, ...], index: NameIndex) -> bool:
    """A kind of device, a word of a device's name, or a room, spoken of as a certain one."""
    if before in _DEFINITE:
        one = tuple(map(singular, said))
        in_a_name = len(one) == 1 and len(one[0]) > 2 and bool(index.with_word(one[0]))
        return one in index.kind_words or in_a_name or joined(said) in index.areas
    return before in _PLACING and joined(said) in index.areas
