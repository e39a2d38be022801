"""A sentence that names a thing, or has a word that only its name has, by how such a thing is spoken of: "get the popcorn going"."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from assistant.nlu.bank import Bank
from assistant.nlu.describing import describe
from assistant.nlu.mentions import Mention, mention
from assistant.nlu.name_index import NameIndex
from assistant.nlu.shape import is_other_shape
from assistant.nlu.talk import contradicts
from assistant.nlu.wishes import ROBOTS, named_wish
from assistant.types import Device, Intent, JsonValue, TurnContext

SURE = 0.72
"""So near is taken without the language model: of 1,560 phrases of SLURP that are for no house it takes 1, of wishes 95 %."""
MARGIN = 0.10
"""How much nearer than the nearest talk an act must be."""
FRAME_SURE = 0.72
FRAME_MARGIN = 0.10
WORD_MORE = 0.06
"""How much nearer a frame must be where only a word of the name was said."""
BROKEN_OFF = re.compile(r"^(?:make|set|put|get|turn|switch) (?:the|my|our) things?$")
SETTABLE = frozenset({"light", "climate", "fan", "media_player"})
"""Of these "make the thing" is the beginning of a setting; of a coffee machine it is a wish."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way of taking a sentence: the act, in words, and how sure it is (0-1)."""

    intent: Intent
    words: str
    score: float
    margin: float
    phrasing: str = ""
    named: bool = False
    """Whether the sentence names the device, or has a word that only its name has."""

    @property
    def is_sure(self) -> bool:
        """Whether it can be taken without asking the language model."""
        return self.score >= SURE


@dataclass(frozen=True, slots=True)
class FrameReader:
    """Reads by the names of one home. ``common``: words never taken for a name; ``called``: what people and robots are called."""

    bank: Bank
    index: NameIndex
    common: Collection[str]
    called: frozenset[str]

    def read(self, sentence: str, place: Mapping[str, JsonValue], context: TurnContext) -> Reading | None:
        """What ``sentence`` asks of the thing that it names; ``None`` where it names none or says nothing plain of it."""
        found = mention(sentence, self.index, self.common)
        devices = self._devices(found, place, context) if found is not None else ()
        key_frame = self._spoken_of(found.frame, devices[0].domain) if found is not None and devices else None
        if found is None or key_frame is None:
            return None
        key, similarity, phrasing, talk = key_frame
        if devices[0].domain in SETTABLE and BROKEN_OFF.match(found.frame):
            return None
        if contradicts(sentence, phrasing, key) or is_other_shape(found.frame, phrasing, self.called | {"thing"}):
            return None
        need = FRAME_SURE + (0.0 if found.whole else WORD_MORE)
        wish = named_wish(key, devices)
        intent = wish.on(devices, {})
        # On the scale of the wishes: what is just sure here is just sure there.
        score, margin = similarity - need + SURE, similarity - talk - FRAME_MARGIN + MARGIN
        return Reading(intent, describe(wish, intent), score, margin, phrasing, named=True)

    def _spoken_of(self, frame: str, domain: str) -> tuple[str, float, str, float] | None:
        """(what is wanted, similarity, nearest phrasing, similarity of talk); ``None`` where both ways are as near."""
        frames = self.bank.frames(frame)
        keys = {"work": "clean", "rest": "dock"} if domain in ROBOTS else {"on": "on", "off": "off"}
        ranked = sorted((key for key in keys if key in frames), key=lambda key: -frames[key].similarity)
        if len(ranked) < len(keys) or (keys[ranked[0]] == "off" and domain in ("scene", "script")):
            return None
        best = frames[ranked[0]]
        if best.similarity - frames[ranked[1]].similarity < WORD_MORE / 2:
            return None
        return keys[ranked[0]], best.similarity, best.phrasing, frames["talk"].similarity

    def _devices(self, found: Mention, place: Mapping[str, JsonValue], context: TurnContext) -> tuple[Device, ...]:
        devices = tuple(self.index.devices[i] for i in found.ids)
        if place:
            devices = tuple(d for d in devices if self.index.is_in(d.id, place))
        if len(devices) > 1:
            devices = tuple(d for d in devices if d.area is not None and d.area == context.area) or devices
        return devices if len({d.domain for d in devices}) == 1 else ()
