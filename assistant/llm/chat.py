"""Talk: short spoken answers with a bounded memory of the conversation."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from assistant.config import Config
from assistant.llm.engine import Message
from assistant.llm.sampling import Sampling
from assistant.types import TurnContext

# No clock and no changing state stand here: what comes first in a prompt is evaluated once.
SYSTEM = (
    "You are {name}, a friendly voice assistant that runs offline in the user's home. Answer in one to three short plain "
    "sentences that sound natural when spoken. No lists, no markdown, no emoji. You cannot switch or check devices in this "
    "conversation and never say that you did. If you do not know something, say so. Your knowledge ends in 2024."
)
MAX_TURNS = 4


class ChatEngine(Protocol):
    """What chat needs of an engine; the local one and a remote one both have it."""

    def chat(
        self,
        system: str,
        history: Sequence[Message],
        *,
        max_tokens: int,
        cancelled: Callable[[], bool],
        sampling: Sampling | None,
        timeout_s: float,
    ) -> Iterator[str]: ...


class ChatTalk:
    """Implements the turn's ``Talk``. ``engine`` is called when the first answer is wanted."""

    def __init__(self, engine: Callable[[], ChatEngine], config: Config) -> None:
        self._engine = engine
        self._settings = config.llm
        self._system = system_prompt(config)
        self._turns: deque[tuple[str, str]] = deque(maxlen=MAX_TURNS)

    def answer(self, text: str, context: TurnContext, cancelled: Callable[[], bool]) -> Iterator[str]:
        """The answer to ``text`` in pieces; the conversation remembers it."""
        history: list[Message] = []
        for asked, said in self._turns:
            history += [("user", asked), ("assistant", said)]
        history.append(("user", text))
        settings = self._settings
        said_now: list[str] = []
        pieces = self._engine().chat(
            self._system,
            history,
            max_tokens=settings.max_tokens,
            cancelled=cancelled,
            sampling=Sampling(settings.temperature, settings.top_p, repeat_penalty=settings.repeat_penalty),
            timeout_s=settings.timeout_s,
        )
        for piece in pieces:
            said_now.append(piece)
            yield piece
        self._turns.append((text, "".join(said_now).strip()))

    def forget(self) -> None:
        """Begin a new conversation."""
        self._turns.clear()


def system_prompt(config: Config) -> str:
    """The chat's system prompt under a configuration."""
    return SYSTEM.format(name=config.assistant.name)
