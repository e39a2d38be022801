"""Talk: short spoken answers with a bounded memory of the conversation."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assistant.config import Config
from assistant.errors import EngineError
from assistant.llm.claims import without_claims
from assistant.llm.engine import Message
from assistant.llm.sampling import Sampling
from assistant.types import TurnContext

log = logging.getLogger(__name__)

# No clock and no changing state stand here: what comes first in a prompt is evaluated once.
SYSTEM = (
    "You are {name}, a friendly voice assistant that runs offline in the user's home. Answer in one to three short plain "
    "sentences that sound natural when spoken. No lists, no markdown, no emoji. You cannot switch or check devices in this "
    "conversation and never say that you did. If you do not know something, say so. Your knowledge ends in 2024. Asked for news "
    "or the present, say that you may be out of date. Explain to children in simple words."
)
SYSTEMS = {
    "zh": (
        "你是{name}，一个在用户家里离线运行的友好的语音助手。始终用简体中文回答，用一到三个简短自然、适合朗读的句子。不要列表、标记或表情符号。"
        "在这个对话里你不能开关或查看设备，绝不要说你做过。不知道就说不知道。你的知识截至2024年；问到新闻或现在的情况，要说你的信息可能已经过时。"
        "对孩子用简单的话解释。"
    )
}
"""The same in the assistant's language, where that is not English: a small model answers in the language that it is told in."""
BYTES_A_TOKEN = 3
"""English has about four, Chinese three: the memory is rather too short than too long."""


class ChatEngine(Protocol):
    """What chat needs of an engine; the local one and a remote one both have it."""

    def answer(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        cancelled: Callable[[], bool],
        sampling: Sampling | None,
        timeout_s: float,
    ) -> Iterator[str]: ...

    def prefill(self, messages: Sequence[Message], *, cancelled: Callable[[], bool]) -> int: ...


@dataclass(slots=True)
class _Begun:
    """An answer that may have begun before it was asked for: what was taken of it is kept."""

    text: str
    after: tuple[tuple[str, str], ...]
    stream: Iterator[str] = field(default_factory=lambda: iter(()))
    cancelled: Callable[[], bool] = lambda: False
    taken: list[str] = field(default_factory=list)

    def pieces(self) -> Iterator[str]:
        """All pieces from the first on, wherever the stream is."""
        place = 0
        while True:
            if place == len(self.taken):
                piece = next(self.stream, None)
                if piece is None:
                    return
                self.taken.append(piece)
            yield self.taken[place]
            place += 1


class ChatTalk:
    """Implements the turn's ``Talk``. ``engine`` is called when the first answer is wanted."""

    def __init__(self, engine: Callable[[], ChatEngine], config: Config) -> None:
        self._engine = engine
        self._settings = config.llm
        self._system = system_prompt(config)
        self._turns: deque[tuple[str, str]] = deque()
        self._begun: _Begun | None = None

    def answer(self, text: str, context: TurnContext, cancelled: Callable[[], bool]) -> Iterator[str]:
        """The answer to ``text`` in pieces; the conversation remembers it. What was begun for these words is taken."""
        begun, self._begun = self._begun, None
        if begun is None or (begun.text, begun.after) != (text, tuple(self._turns)):
            self._stop(begun)
            begun = self._start(text)
        begun.cancelled = cancelled
        yield from begun.pieces()
        self._turns.append((text, "".join(begun.taken).strip()))
        self._shorten()

    def hear(self, text: str, cancelled: Callable[[], bool]) -> None:
        """Have the words so far evaluated, while their speaker goes on."""
        self._engine().prefill(self._messages(text), cancelled=cancelled)

    def begin(self, text: str, context: TurnContext, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Begin the answer to ``text``; what is taken from the iterator is kept for ``answer``."""
        self.drop()
        begun = self._begun = self._start(text)
        begun.cancelled = cancelled
        yield from begun.pieces()
        if cancelled() and self._begun is begun:
            self.drop()  # it was cut short: to be begun anew

    def drop(self) -> None:
        """What was begun is not wanted."""
        begun, self._begun = self._begun, None
        self._stop(begun)

    def _start(self, text: str) -> _Begun:
        settings = self._settings
        begun = _Begun(text, tuple(self._turns))
        answer = self._engine().answer(
            self._messages(text),
            max_tokens=settings.max_tokens,
            cancelled=lambda: begun.cancelled(),
            sampling=Sampling(settings.temperature, settings.top_p, repeat_penalty=settings.repeat_penalty),
            timeout_s=settings.timeout_s,
        )
        begun.stream = without_claims(_as_far_as_it_came(answer))
        return begun

    def _stop(self, begun: _Begun | None) -> None:
        if begun is not None and isinstance(begun.stream, Generator):
            begun.stream.close()

    def _messages(self, text: str) -> list[Message]:
        messages: list[Message] = [("system", self._system)]
        for asked, said in self._turns:
            messages += [("user", asked), ("assistant", said)]
        return [*messages, ("user", text)]

    def _shorten(self) -> None:
        """Forget the oldest turns once there are too many, by half: what stays keeps its place in the KV cache for long."""
        limit = self._settings.memory_tokens * BYTES_A_TOKEN
        if sum(map(_bytes, self._turns)) > limit:
            while len(self._turns) > 1 and sum(map(_bytes, self._turns)) > limit // 2:
                self._turns.popleft()
            if _bytes(self._turns[0]) > limit:
                self._turns.clear()

    def forget(self) -> None:
        """Begin a new conversation."""
        self._turns.clear()


def _as_far_as_it_came(answer: Iterator[str]) -> Iterator[str]:
    """The answer; one that breaks off after it has begun, as by its time limit, ends there."""
    begun = False
    try:
        for piece in answer:
            begun = begun or bool(piece.strip())
            yield piece
    except EngineError as error:
        if not begun:
            raise
        log.warning("an answer broke off: %s", error)
    finally:
        if isinstance(answer, Generator):
            answer.close()


def system_prompt(config: Config) -> str:
    """The chat's system prompt under a configuration."""
    own = SYSTEMS.get(config.assistant.language.partition("-")[0], SYSTEM)
    base = (config.llm.system_prompt or own).replace("{name}", config.assistant.name)
    return " ".join(part for part in (base, config.assistant.persona) if part)


def _bytes(turn: tuple[str, str]) -> int:
    return len(turn[0].encode()) + len(turn[1].encode())
