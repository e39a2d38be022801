"""Chinese sentences before they are matched: politeness, questions, negations, clauses, delays and conditions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from assistant import han
from assistant.nlu.words import words_of

_ASKED_TO = r"(?:能不能|可不可以|能否|可否|能|可以|是否可以)(?:请)?(?:你|您)?(?:帮我|帮忙|替我|给我)?"
_LEADING = re.compile(
    rf"^(?:(?:嘿|喂|你好|您好|那个|嗯|呃|好的?|那么?|然后|接着|再|现在|快|赶紧|马上|立刻|小助手|助手|管家)[,\s]*|"
    rf"(?:请|麻烦)(?:你|您)?(?:帮我|帮忙|替我|给我)?|(?:你|您)?(?:帮我|帮忙|替我)|(?:你|您)?{_ASKED_TO}(?=把|将|让|打|关|开|调|设|放|播|拉|锁|加|给|暂|停|启)|"
    r"我(?:想|要|想要|希望)(?:你|您)?(?:把|让)?(?=打开|关|开|调|把|将|设|播|听))+"
)
_TRAILING = re.compile(
    r"(?:[,\s]*(?:好吗|好不好|行吗|行不行|可以吗|可不可以|谢谢(?:你|您)?|拜托(?:了)?|吧|啊|呀|哦|噢|嘛|哈|啦|一下下|好了|就好|就行|就可以了))+$"
)
_NEGATED = re.compile(r"^(?:请|你)?(?:别|不要|不用|不许|不准|不能|不可以|千万别|先别|无需|不必|勿)")
_QUESTION = re.compile(
    r"[吗么?]$|(?:没有|没|不是|呢)$|是不是|有没有|有没|是否|能不能|会不会|要不要|该不该|什么|怎么|怎样|如何|为什么|为何|"
    r"谁|哪|几(?!分钟后)|多少|多[大高长久远热冷亮]|告诉我|看看|查一下"
)
_STATEMENT = re.compile(r"了$")
_IMPERATIVE = re.compile(r"^(?:把|将|给|帮|快|都|全|让)|都[^,]*了$|全[^,]*了$|(?:太|好|有点)[^,]*了$")
_JOINT = re.compile(
    r"[,;]\s*(?:然后|并且|而且|接着|再|还有|同时|也)?|(?:然后|并且|接着|同时|之后再|顺便|以及再)|"
    r"(?<=.{3})(?:再|并)(?=把|将|打|关|开|调|设|播|拉|锁)"
)
_UNITS = {"秒": 1, "秒钟": 1, "分": 60, "分钟": 60, "小时": 3600, "钟头": 3600, "天": 86400}
_DELAY = re.compile(
    rf"(?:过|在)?(?P<count>[\d.{''.join(han.DIGITS)}{''.join(han.UNITS)}点]+|半)个?(?P<half>半)?(?P<unit>秒钟?|分钟?|小时|钟头|天)(?P<and>半)?(?P<after>后|以后|之后|再|过后)"
)
_CONDITION = re.compile(
    r"^(?P<word>如果|要是|假如|若是|若|当)(?P<condition>.+?)(?:的话)?(?:,\s*(?:就|那就|那么?|便)?|就|那就|那么|的话)(?P<command>.+)$"
)
_NOT = re.compile(r"(?:没有|没|不是)(?=开|关|锁|亮|在)|不(?=在|高于|低于|亮)")


@dataclass(frozen=True, slots=True)
class Delayed:
    """A command to be carried out after ``delay_s``."""

    command: str
    delay_s: float


@dataclass(frozen=True, slots=True)
class Conditional:
    """A command and the question that its condition is; ``unless``: it must not be so."""

    command: str
    condition: str
    unless: bool


def plain(text: str) -> str:
    """The text with marks as the templates know them, without spaces between characters."""
    text = unicodedata.normalize("NFKC", text).strip()
    text = re.sub(r"[、。!;:“”\"…~]", lambda mark: {"、": ",", "。": ",", ";": ","}.get(mark[0], ""), text)
    text = re.sub(rf"(?<=[{han.HAN}])\s+(?=[{han.HAN}])|\s+(?=[{han.HAN}])|(?<=[{han.HAN}])\s+", "", text)
    return text.strip(" ,")


def tidy(text: str) -> str:
    """``plain`` without politeness; what was asked for politely is no question any more."""
    sentence = plain(text)
    stripped = _LEADING.sub("", sentence)
    if stripped != sentence and re.search(_ASKED_TO, sentence[: len(sentence) - len(stripped)]):
        stripped = re.sub(r"[吗?]+$", "", stripped)
    shorter = _TRAILING.sub("", stripped.rstrip("?") if _TRAILING.search(stripped.rstrip("?")) else stripped)
    return shorter.strip(" ,") or sentence


def is_negated(text: str) -> bool:
    """Whether something is forbidden, or called off."""
    return _NEGATED.match(text) is not None


def is_question(text: str) -> bool:
    """Whether a tidied sentence asks or states: then it must not act."""
    return _QUESTION.search(text) is not None or (
        _STATEMENT.search(text) is not None and _IMPERATIVE.search(text) is None
    )


def clauses(text: str) -> Iterator[list[str]]:
    """The ways of cutting a sentence into clauses: not at all, at its commas, at its joints."""
    yield [text]
    for pattern in (re.compile(r"[,;]"), _JOINT):
        parts = [part.strip(" ,") for part in pattern.split(text)]
        parts = [part for part in parts if part]
        if len(parts) > 1:
            yield parts


def delayed(text: str) -> Delayed | None:
    """``十分钟后关灯`` and ``半小时后把空调关掉``."""
    found = _DELAY.search(text)
    if found is None:
        return None
    command = (text[: found.start()] + text[found.end() :]).strip(" ,")
    seconds = _seconds(found)
    return Delayed(command, seconds) if command and seconds else None


def _seconds(found: re.Match[str]) -> float:
    unit = _UNITS[found["unit"]]
    if found["count"] == "半":
        return unit / 2
    tokens = words_of(found["count"]).tokens
    numbers = han.number_at(tokens, 0)
    if numbers and numbers[0][0] == len(tokens):
        count = float(numbers[0][1])
    elif re.fullmatch(r"\d+(?:\.\d+)?", found["count"]):
        count = float(found["count"])
    else:
        return 0.0
    return (count + (0.5 if found["half"] or found["and"] else 0.0)) * unit


def conditional(text: str) -> Iterator[Conditional]:
    """``如果卧室低于二十度就打开暖气``."""
    found = _CONDITION.match(text)
    if found is None:
        return
    condition = found["condition"].strip(" ,")
    command = found["command"].strip(" ,")
    yield Conditional(command, condition, False)
    positive = _NOT.sub("", condition, count=1)
    if positive != condition:
        yield Conditional(command, positive, True)
