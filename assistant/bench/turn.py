"""The turn against the naive chain, on the same clips, from the last audio sample to the reply's first sample.

The naive chain is what the parts give when they are put together as their manuals show: Vosk with its open vocabulary,
``create_chat_completion`` with a JSON schema whose JSON also holds the reply, and the whole reply through Piper before
anything is heard. Both chains recognise while the audio comes in, so that only the wait after its end is counted.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assistant.bench.stats import Summary, paired_ratio, summarise
from assistant.home.house import House, open_house
from assistant.llm.naive import NaiveChain
from assistant.parts import Parts
from assistant.types import AudioClip, TurnContext

COMMANDS = (
    "turn on the kitchen light",
    "turn off the living room lamp",
    "set the bedroom lamp to fifty percent",
    "open the bedroom curtain",
    "what is the temperature in the living room",
    "is the front door locked",
    "turn off all the lights in the kitchen",
    "pause the television",
    "add milk to the shopping list",
    "start the vacuum",
)
PARAPHRASES = (
    "it is too dark in the bedroom",
    "i am freezing in here",
    "i can hardly see anything in the kitchen",
    "the sun is blinding me in the bedroom",
    "it is way too loud in the living room",
    "the floor is dirty somebody should clean it",
)
QUESTIONS = (
    "who wrote hamlet",
    "why is the sky blue",
    "what is the capital of australia",
    "how do plants make their food",
    "tell me something about the moon",
    "what does photosynthesis mean",
)
KINDS = {"command": COMMANDS, "paraphrase": PARAPHRASES, "question": QUESTIONS}


@dataclass(frozen=True, slots=True)
class KindResult:
    """One kind of utterance: both chains' waits and their ratio (median, 5th and 95th percentile)."""

    kind: str
    product: Summary
    naive: Summary
    ratio: tuple[float, float, float]
    routes: dict[str, int]


def bench_turn(parts: Parts, repetitions: int, advance: Callable[[str], None]) -> Iterator[KindResult]:
    """Measure every kind; the two chains alternate clip by clip. ``advance`` is told of each pair as it ends."""
    clips = {text: _spoken(parts, text) for texts in KINDS.values() for text in texts}
    naive = NaiveChain(parts.engine_path, parts.config.llm, _house(parts).snapshot())
    try:
        _pair(parts, naive, clips[COMMANDS[0]])  # both chains warm
        _pair(parts, naive, clips[QUESTIONS[0]])
        for kind, texts in KINDS.items():
            product_ms: list[float] = []
            naive_ms: list[float] = []
            routes: dict[str, int] = {}
            for _ in range(repetitions):
                for text in texts:
                    fast, slow, route = _pair(parts, naive, clips[text])
                    product_ms.append(fast)
                    naive_ms.append(slow)
                    routes[route] = routes.get(route, 0) + 1
                    advance(f"{kind}: {text}")
            yield KindResult(
                kind, summarise(product_ms), summarise(naive_ms), paired_ratio(naive_ms, product_ms), routes
            )
    finally:
        naive.close()


def _house(parts: Parts) -> House:
    return open_house(parts.config.home.inventory, None)


def _spoken(parts: Parts, text: str) -> AudioClip:
    from assistant.audio.files import to_mono_16k

    return to_mono_16k(parts.say(text))


def _pair(parts: Parts, naive: NaiveChain, clip: AudioClip) -> tuple[float, float, str]:
    """(product's wait, naive chain's wait, the product's route), in milliseconds."""
    house = _house(parts)
    mind = parts.mind_for(house)
    turn = parts.turn(house=house, mind=mind, ears=parts.ears_for(mind), talk=parts.talk(), speak=True)
    result = turn.run(clip, TurnContext(now=dt.datetime.now().astimezone()), confirmed=True)
    return result.ms["tts_first"], _naive_wait(parts, naive, clip), result.route


def _naive_wait(parts: Parts, naive: NaiveChain, clip: AudioClip) -> float:
    ears = parts.open_ears
    text = ears.transcribe(clip).text
    start = time.perf_counter_ns()
    reply = naive.answer(text).reply
    list(parts.plain_voice.synthesize(reply or "Okay."))
    return ears.last_wait_ms + (time.perf_counter_ns() - start) / 1e6
