"""Fakes of the ear: a dictionary, sentence templates, hypotheses, and a recogniser that hears what it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hassil.intents import Intents, TextSlotList

from assistant.asr.vosk_engine import Hypothesis
from assistant.types import Word

WORDS = """
a add air all and any be bedroom blind blinds book box by can close coffee con could desk degrees door dots down eight
eighty espresso fan five for forty four half hamlet hundred hundreds hundredth i is it kitchen lamp lap large latte led
light lights list living lot lots medium milk my nine now of off on one open percent play please plus point pod quiet robo
rock room set seven shopping six small sugar t table ten thanks the then thirty three to tree turn twenty two up v what
when who with wrote you your zero b c d e f g h j k l m n o p q r s u w x y z fifty first second the's tower
""".split()


class FakeDictionary:
    """Knows the words that it is given."""

    def __init__(self, words: Sequence[str] = WORDS) -> None:
        self._words = "\n".join(words)
        self._set = set(words)

    def knows(self, word: str) -> bool:
        return word in self._set

    def words(self) -> str:
        return self._words


def intents_of(sentences: Mapping[str, Sequence[str]], **more: Any) -> Intents:
    """hassil's intents of a few sentence templates each; ``more``: ``lists`` and ``expansion_rules``."""
    intents = {name: {"data": [{"sentences": list(texts)}]} for name, texts in sentences.items()}
    return Intents.from_dict({"language": "en", "intents": intents, **more})


def names(*texts: str, key: str = "name", domain: str = "light") -> dict[str, TextSlotList]:
    """A list of names, as the house gives them."""
    tuples = [(text, text, {"domain": domain}) for text in texts]
    return {key: TextSlotList.from_tuples(tuples, allow_template=False, name=key)}


def hypothesis(text: str, score: float = 0.0, *, word_s: float = 0.3, start_s: float = 0.0) -> Hypothesis:
    """Words of equal length, one after the other."""
    spoken = text.split()
    words = tuple(
        Word(word, start_s + index * word_s, start_s + (index + 1) * word_s, 1.0) for index, word in enumerate(spoken)
    )
    return Hypothesis(words, score)
