"""Which of several devices a sentence means that names none of them whole: by the words that their names share with it."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.nlu.words import singular, words_of
from assistant.types import Device


def sharing_words(devices: Sequence[Device], sentence: str, phrasing: str) -> tuple[Device, ...]:
    """Of several devices those whose names and rooms have most in common with the sentence: "lambs", "Lambing Shed".

    Words of the phrasing that was found say nothing of which is meant, but where they are all that there is.
    """
    said = {stem(token) for token in words_of(sentence).tokens if len(token) > 2}
    usual = {stem(token) for token in words_of(phrasing).tokens}
    for told in (said - usual, said):
        left = _most_shared(devices, told)
        if len(left) < len(devices):
            return left
    return tuple(devices)


def _most_shared(devices: Sequence[Device], said: set[str]) -> tuple[Device, ...]:
    shared = [
        len({stem(token) for text in (d.name, *d.aliases, d.area or "") for token in words_of(text).tokens} & said)
        for d in devices
    ]
    most = max(shared)
    return tuple(device for device, count in zip(devices, shared, strict=True) if count == most)


def stem(token: str) -> str:
    """A word without the endings by which forms of one verb or noun differ."""
    word = singular(token)
    for ending in ("ing", "ed", "er"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word.removesuffix("e") if len(word) > 4 else word
