"""A spoken turn's first sound, alone and amid 32 clients of the API, in pairs: who speaks must not notice the others."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from assistant.api.app import Api, build_api
from assistant.api.attach import served_by
from assistant.api.server import LOOPBACK, listen, serving
from assistant.bench.live import Stage, spoken, without_phrases
from assistant.bench.pace import Pace
from assistant.bench.result import Cell, Measured, Target
from assistant.bench.stats import paired_ratio, percentile
from assistant.config import Config
from assistant.llm.chat import system_prompt
from assistant.llm.queue import Priority
from assistant.parts import Parts
from assistant.types import AudioClip

CLIENTS = 32
LIMIT = 1.5
TURNS = (("a command", "turn on the kitchen light"), ("a question", "why is the sky blue"))
STARTED_S = 60.0
SWING_S = 4.0
"""So long they ask before somebody speaks: the first have their answers by then."""


def measure(config: Config, pace: Pace) -> Measured:
    """Each turn is replayed in real time through ear, mind, model and voice; half of the times amid the clients."""
    rows: list[tuple[Cell, ...]] = []
    targets: list[Target] = []
    with Parts(config) as parts, _served(parts) as server, _crowd(server) as crowd:
        without_phrases(parts)
        parts.model.client("warm", Priority.VOICE).warm([("system", system_prompt(config))])  # as it is behind READY
        for place, (name, text) in enumerate(TURNS):
            clip = spoken(parts, text)
            stage = Stage(parts)
            stage.replay(clip, ahead=True)  # what is made once is so for both
            alone: list[float] = []
            amid: list[float] = []
            for _ in pace.rounds(name, of=len(TURNS) - place):
                alone.append(_first_sound_ms(parts, stage, clip))
                with crowd.asking():
                    amid.append(_first_sound_ms(parts, stage, clip))
            ratio = paired_ratio(amid, alone)
            rows += [
                (f"{name}, alone", percentile(alone, 0.5), percentile(alone, 0.95), 1.0),
                (f"{name}, amid {CLIENTS} clients", percentile(amid, 0.5), percentile(amid, 0.95), ratio[0]),
            ]
            targets.append(Target(f"{name}: first sound amid {CLIENTS} clients", ratio[0], LIMIT, at_least=False))
    return Measured(
        "clients",
        "A spoken turn's first sound amid other programs",
        ("turn", "p50 ms", "p95 ms", "times as late"),
        tuple(rows),
        tuple(targets),
        note=f"Of the clients {crowd.answered} were answered, {crowd.refused} told to come again, {crowd.failed} failed.",
    )


def _first_sound_ms(parts: Parts, stage: Stage, clip: AudioClip) -> float:
    """As in the running assistant, others wait from the wake word to the answer."""
    parts.model.queue.attend(True)
    try:
        return stage.replay(clip, ahead=True).wait_ms
    finally:
        parts.model.queue.attend(False)


@dataclass(slots=True)
class _Crowd:
    """The clients' process, and what came of it."""

    process: subprocess.Popen[str]
    api: Api
    answered: int = 0
    refused: int = 0
    failed: int = 0

    @contextmanager
    def asking(self) -> Iterator[None]:
        """All of them ask, and have for a moment; at the end they hang up, and the model is free again."""
        self._say("go")
        self._until(lambda: self.api.generator.waiting >= CLIENTS - 2)
        time.sleep(SWING_S)
        yield
        self._say("stop")
        assert self.process.stdout is not None
        _word, answered, refused, failed = self.process.stdout.readline().split()
        self.answered, self.refused, self.failed = int(answered), int(refused), int(failed)
        self._until(lambda: not self.api.generator.running)

    @staticmethod
    def _until(done: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + STARTED_S
        while not done() and time.monotonic() < deadline_s:
            time.sleep(0.01)

    def _say(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()


@contextmanager
def _crowd(server: tuple[Api, int]) -> Iterator[_Crowd]:
    api, port = server
    command = [sys.executable, "-m", "assistant.bench.crowd", f"http://127.0.0.1:{port}", str(CLIENTS)]
    with subprocess.Popen(
        [*command, api.catalog.text.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield _Crowd(process, api)
        finally:
            process.stdin.close()  # type: ignore[union-attr]  # it is a pipe
            process.wait(30)


@contextmanager
def _served(parts: Parts) -> Iterator[tuple[Api, int]]:
    """The API on a port of its own, on a loop in a thread of its own."""
    started, over = threading.Event(), asyncio.Event()
    found: list[tuple[Api, int, asyncio.AbstractEventLoop]] = []

    async def live() -> None:
        api = build_api(served_by(parts, None))
        sockets = listen(LOOPBACK[:1], 0)
        async with serving(api.app, sockets):
            found.append((api, sockets[0].getsockname()[1], asyncio.get_running_loop()))
            started.set()
            await over.wait()
        api.generator.close()

    thread = threading.Thread(target=lambda: asyncio.run(live()), name="api", daemon=True)
    thread.start()
    started.wait(STARTED_S)
    api, port, loop = found[0]
    try:
        yield api, port
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(30)
