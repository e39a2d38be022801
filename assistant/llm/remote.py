"""Talk by an engine elsewhere in the house that speaks OpenAI's protocol; the model here answers where it does not.

llama.cpp's server, Ollama, LM Studio, vLLM and ``transformers serve`` do. Only talk goes there: what a sentence asks for
is always understood here, under the grammar of the devices that exist.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assistant.config.sections import LlmSection
from assistant.errors import EngineError
from assistant.llm.chat import ChatEngine
from assistant.llm.engine import Message
from assistant.llm.sampling import Sampling

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

CONNECT_S = 1.5
PAUSE_S = 30.0
"""After a failure the model here answers for so long, before the other is asked again: nobody waits for it each time."""


class RemoteEngine:
    """``answer`` as the local engine has it. ``client`` is given in tests; ``clock_s``: monotonic seconds."""

    def __init__(
        self,
        settings: LlmSection,
        local: ChatEngine,
        client: httpx.Client | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        import httpx

        self._settings = settings
        self._local = local
        limits = httpx.Timeout(settings.remote_timeout_s, connect=min(CONNECT_S, settings.remote_timeout_s))
        self._client = client or httpx.Client(timeout=limits)
        self._clock_s = clock_s
        self._local_until_s = float("-inf")

    def answer(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        cancelled: Callable[[], bool],
        sampling: Sampling | None,
        timeout_s: float,
    ) -> Iterator[str]:
        """The answer in pieces. Raises EngineError where the other engine stops in the middle of it."""
        begun = False
        if self._clock_s() >= self._local_until_s:
            try:
                for piece in self._remote(messages, max_tokens, cancelled, sampling or Sampling(), timeout_s):
                    begun = True
                    yield piece
                return
            except EngineError as error:
                self._local_until_s = self._clock_s() + PAUSE_S
                if begun:
                    raise
                log.warning("%s; the model here answers", error)
        yield from self._local.answer(
            messages, max_tokens=max_tokens, cancelled=cancelled, sampling=sampling, timeout_s=timeout_s
        )

    def prefill(self, messages: Sequence[Message], *, cancelled: Callable[[], bool]) -> int:
        """The other engine is not bothered with unfinished words; the one here reads along where it will answer."""
        if self._clock_s() < self._local_until_s:
            return self._local.prefill(messages, cancelled=cancelled)
        return 0

    def _remote(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        cancelled: Callable[[], bool],
        sampling: Sampling,
        timeout_s: float,
    ) -> Iterator[str]:
        import httpx

        settings = self._settings
        url = f"{settings.url.rstrip('/')}/chat/completions"
        body: dict[str, Any] = {
            "messages": [{"role": role, "content": text} for role, text in messages],
            "stream": True,
            "max_tokens": max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
        }
        if settings.remote_model:
            body["model"] = settings.remote_model
        headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
        deadline_s = self._clock_s() + timeout_s
        try:
            with self._client.stream("POST", url, json=body, headers=headers) as response:
                if response.status_code != httpx.codes.OK:
                    raise EngineError(f"{url} answered with status {response.status_code}")
                for line in response.iter_lines():
                    if cancelled():
                        return
                    if self._clock_s() > deadline_s:
                        raise EngineError(f"{url} took too long")
                    piece = _piece(line, url)
                    if piece:
                        yield piece
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise EngineError(f"{url} does not answer ({type(error).__name__})") from error


def _piece(line: str, url: str) -> str:
    """The text in one line of an event stream; a line without any has none. Raises EngineError for anything else."""
    data = line.removeprefix("data:").strip()
    if not line.startswith("data:") or not data or data == "[DONE]":
        return ""
    try:
        choices = json.loads(data)["choices"]
        content = choices[0]["delta"].get("content") if choices else None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise EngineError(f"{url} answered with something else than OpenAI's protocol") from error
    return content if isinstance(content, str) else ""
