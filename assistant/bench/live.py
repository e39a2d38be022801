"""A recording replayed as it was spoken, in real time, through the product's own stages; with thinking ahead or without."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assistant.turn.ahead import ThinkAhead, Thinker
from assistant.types import AudioClip, NoIntent, TurnContext, Utterance

if TYPE_CHECKING:
    import numpy.typing as npt

    from assistant.asr.ears import EarStream, HomeEars
    from assistant.nlu.mind import DialogueMind
    from assistant.parts import Parts
    from assistant.turn.turn import Turn

RATE_HZ = 16_000
STEP_S = 0.1
STEP = int(RATE_HZ * STEP_S)
LEAD_S = 0.3


@dataclass(frozen=True, slots=True)
class LiveTurn:
    """``wait_ms``: from the moment at which the end of speech was certain to the reply's first sample.

    ``asr_ms``: the part of it that the recogniser took. ``cpu_s``: processor time from the first sample to the reply's first.
    ``evaluated``: tokens that the model evaluated meanwhile. ``foreseen``: the last partial transcript was the final one.
    """

    wait_ms: float
    asr_ms: float
    cpu_s: float
    evaluated: int
    foreseen: bool
    route: str
    transcript: str


class Stage:
    """One conversation over a fresh simulated house; nothing is kept on disk, so that every reply is new to the voice."""

    def __init__(self, parts: Parts) -> None:
        from assistant.home.house import open_house

        self.house = open_house(parts.config.home.inventory, None)
        self.parts = parts
        self.mind: DialogueMind = parts.mind_for(self.house)
        self.ears: HomeEars = parts.hearing.ears_for(self.mind)
        self.turn: Turn = parts.turn(house=self.house, mind=self.mind, ears=self.ears, talk=parts.talk())

    def replay(self, clip: AudioClip, *, ahead: bool) -> LiveTurn:
        """``clip`` (16 kHz) in steps of a tenth of a second, then silence until the end of speech is certain."""
        context = TurnContext(now=dt.datetime.now().astimezone())
        thinking = self.turn.ahead
        assert isinstance(thinking, ThinkAhead)
        cpu_s, evaluated = time.process_time(), self.parts.model.engine.counts.evaluated
        with Thinker(thinking) as thinker:
            stream = self.ears.start()
            stream.feed(np.zeros(int(LEAD_S * RATE_HZ), np.int16))
            listening = self.parts.config.listening
            due_s = time.perf_counter()

            def hear(samples: npt.NDArray[np.int16]) -> str:
                nonlocal due_s
                due_s = _fed(stream, samples, due_s, lambda text: thinker.hear(text, context) if ahead else None)
                return stream.partial

            partial = hear(clip.samples)
            complete = not isinstance(self.mind.foresee(partial, context, deep=False), NoIntent)
            silence_s = listening.complete_silence_s if complete else listening.silence_s
            partial = hear(np.zeros(int(silence_s * RATE_HZ), np.int16))
            transcript = stream.finish()
            asr_ms = (time.perf_counter() - due_s) * 1000
            thinker.ended(transcript.text)
            waited_ms = (time.perf_counter() - due_s) * 1000
            result = self.turn.run(Utterance(transcript, wait_ms=waited_ms), context, confirmed=True)
        return LiveTurn(
            wait_ms=result.ms.get("tts_first", result.ms["total"]),
            asr_ms=asr_ms,
            cpu_s=time.process_time() - cpu_s,
            evaluated=self.parts.model.engine.counts.evaluated - evaluated,
            foreseen=partial == transcript.text,
            route=result.route,
            transcript=transcript.text,
        )


def _fed(stream: EarStream, samples: npt.NDArray[np.int16], due_s: float, partial: Callable[[str], object]) -> float:
    """Feed samples at the pace at which they were recorded; returns when the last of them was due."""
    for start in range(0, len(samples), STEP):
        step = samples[start : start + STEP]
        due_s += len(step) / RATE_HZ
        time.sleep(max(0.0, due_s - time.perf_counter()))
        partial(stream.accept(step))
    return due_s


def without_phrases(parts: Parts) -> None:
    """Have every reply synthesised anew: a benchmark that says the same again must not find it ready."""
    from assistant.tts.speaker import Speaker

    parts.voices.own = Speaker(parts.voices.plain, while_synthesising=parts.model.queue.quiet)


def spoken(parts: Parts, text: str) -> AudioClip:
    """``text`` in the product's own voice, as the recogniser takes it."""
    from assistant.audio.files import to_mono_16k

    return to_mono_16k(parts.say(text))
