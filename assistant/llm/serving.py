"""The language model for other programs: whole conversations in; text, tool calls and figures out.

Every step is taken in turn with the engine's other users (``queue``), so that a room that speaks goes first. Who is
pushed out of the context meanwhile is evaluated again: an answer never goes on from somebody else's state.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.errors import ContextOverflow, EngineError
from assistant.llm.chatml import Part, chat_frame, infill_frame
from assistant.llm.client import PROMPT_STEP
from assistant.llm.constraints import SchemaError, schema_grammar, tools_grammar
from assistant.llm.engine import Engine
from assistant.llm.generation import Generation
from assistant.llm.queue import ModelQueue, Priority, Ticket
from assistant.llm.requests import ChatMessage, Finished, GenerateRequest, Output, Piece
from assistant.llm.sampling import Sampling
from assistant.llm.tool_calls import ToolReader

Cancelled = Callable[[], bool]
SLOTS = 3
"""So many conversations of other programs are kept evaluated; the one that begins alike goes on from its own."""
MIN_ANSWER = 16
"""Tokens that an answer must at least have room for."""


@dataclass(slots=True)
class _Slot:
    purpose: str
    used: int = 0
    busy: bool = False


class ServedModel:
    """Answers over the shared engine; ``engine`` is called inside of the queue, and loads it where it is not.

    May be called from several threads; at most ``SLOTS`` answers at once (else EngineBusy of the caller's own making).
    """

    def __init__(
        self, engine: Callable[[], Engine], queue: ModelQueue, *, clock_ns: Callable[[], int] = time.perf_counter_ns
    ) -> None:
        self._engine = engine
        self._queue = queue
        self._clock_ns = clock_ns
        self._slots = [_Slot(f"api:{number}") for number in range(SLOTS)]
        self._uses = 0
        self._lock = threading.Lock()

    def generate(self, request: GenerateRequest, cancelled: Cancelled) -> Iterator[Output]:
        """The answer, as it is generated, and at its end a ``Finished`` (none where ``cancelled`` became true).

        Raises ContextOverflow, SchemaError, EngineBusy, EngineError (time limit).
        """
        begun_ns = self._clock_ns()
        with self._queue.open("api", Priority.API, cancelled=cancelled, wait_s=request.timeout_s) as ticket:
            with ticket.entered() as mine:
                if not mine:
                    return
                engine = self._engine()
                tokens, room = fit(request, engine)
                grammar = _grammar(request, engine)
                slot = self._slot(engine, tokens)
            try:
                yield from _Answer(engine, ticket, slot.purpose, request, self._clock_ns, begun_ns).run(
                    tokens, room, grammar
                )
            finally:
                slot.busy = False

    def _slot(self, engine: Engine, tokens: list[int]) -> _Slot:
        """The free slot that holds the longest beginning of ``tokens``; among equals the one unused for longest."""
        with self._lock:
            free = [slot for slot in self._slots if not slot.busy]
            if not free:
                raise EngineError("no place for another answer")
            slot = max(free, key=lambda s: (engine.known(s.purpose, tokens) if s.used else 0, -s.used))
            self._uses += 1
            slot.used, slot.busy = self._uses, True
            return slot


class _Answer:
    """One answer being generated; where a tool's call begins, it goes on under the tools' grammar."""

    def __init__(
        self,
        engine: Engine,
        ticket: Ticket,
        purpose: str,
        request: GenerateRequest,
        clock_ns: Callable[[], int],
        begun_ns: int,
    ) -> None:
        self._engine = engine
        self._ticket = ticket
        self._purpose = purpose
        self._request = request
        self._clock_ns = clock_ns
        self._begun_ns = begun_ns
        self._loaded_ns = clock_ns()
        self._first_ns = 0
        self._generated = 0

    def run(self, tokens: list[int], room: int, grammar: str | None) -> Iterator[Output]:
        """Generate up to ``room`` tokens behind ``tokens``."""
        known = min(self._engine.known(self._purpose, tokens), len(tokens) - 1)
        tools = self._request.tools if self._request.tool_choice != "none" else ()
        reader = ToolReader(tools) if tools else None
        within_calls = reader is not None and grammar is None
        prompt = tokens
        while True:
            generation = self._generation(prompt, room - self._generated, grammar)
            broken_off = False
            for piece in self._timed(generation):
                if reader is None:
                    yield Piece(piece)
                    continue
                yield from reader.feed(piece)
                if within_calls and reader.inside != (grammar is not None):
                    broken_off = True  # a call begins, or is over
                    break
            self._generated += generation.generated
            if generation.finish == "cancelled":
                return
            if not broken_off or self._generated >= room:
                break
            prompt = list(generation.tokens)
            grammar = tools_grammar(tools, begun=True) if grammar is None else None
        if reader is not None:
            yield from reader.end()
        now_ns = self._clock_ns()
        first_ns = self._first_ns or now_ns
        yield Finished(
            "stop" if generation.finish == "stop" else "length",
            len(tokens),
            known,
            self._generated,
            self._loaded_ns - self._begun_ns,
            first_ns - self._loaded_ns,
            now_ns - first_ns,
            now_ns - self._begun_ns,
        )

    def _timed(self, generation: Generation) -> Iterator[str]:
        for piece in generation:
            self._first_ns = self._first_ns or self._clock_ns()
            yield piece

    def _generation(self, prompt: list[int], room: int, grammar: str | None) -> Generation:
        return Generation(
            self._engine,
            prompt,
            purpose=self._purpose,
            max_tokens=room,
            sampling=replace(self._request.sampling, grammar=grammar),
            step=self._ticket.entered,
            prompt_step=PROMPT_STEP,
            timeout_s=self._request.timeout_s,
            clock_s=lambda: time.monotonic() - self._ticket.waited_s,
        )


def fit(request: GenerateRequest, engine: Engine) -> tuple[list[int], int]:
    """The prompt's tokens, and how many tokens the answer may have.

    As Ollama does: the oldest messages go first (not the system's), then the prompt's middle. Raises ContextOverflow
    where ``request.truncate`` is false and the prompt is too long.
    """
    limit = min(engine.context_tokens, request.context or engine.context_tokens)
    wanted = MIN_ANSWER if request.max_tokens is None else min(MIN_ANSWER, request.max_tokens)
    tokens = encode(request, engine)
    if len(tokens) + wanted > limit:
        if not request.truncate:
            raise ContextOverflow(
                f"This model's maximum context length is {limit} tokens. However, your messages resulted in "
                f"{len(tokens)} tokens. Please reduce the length of the messages."
            )
        tokens = _shortened(request, engine, max(1, limit - wanted))
    room = max(1, limit - len(tokens))
    return tokens, room if request.max_tokens is None else max(0, min(room, request.max_tokens))


def encode(request: GenerateRequest, engine: Engine) -> list[int]:
    """The prompt's tokens: control tokens are read in its frame only, or in a raw prompt, which is all frame."""
    if request.raw is not None:
        parts = infill_frame(request.raw, request.suffix) if request.suffix else [Part(request.raw, True)]
    else:
        parts = chat_frame(request.messages, request.tools if request.tool_choice != "none" else ())
    tokens: list[int] = []
    for part in _merged(parts):
        tokens += engine.native.tokenize(part.text, special=part.frame)
    return tokens or engine.tokenize("\n")


def _merged(parts: Sequence[Part]) -> Iterator[Part]:
    """Neighbours of one kind together: the model knows texts as they are cut into tokens as a whole."""
    held: Part | None = None
    for part in parts:
        if held is not None and held.frame == part.frame:
            held = Part(held.text + part.text, part.frame)
        else:
            if held is not None:
                yield held
            held = part
    if held is not None:
        yield held


def _shortened(request: GenerateRequest, engine: Engine, limit: int) -> list[int]:
    system = request.messages[:1] if request.messages and request.messages[0].role == "system" else ()
    rest: tuple[ChatMessage, ...] = request.messages[len(system) :]
    while len(rest) > 1:
        rest = rest[1:]
        tokens = encode(replace(request, messages=(*system, *rest)), engine)
        if len(tokens) <= limit:
            return tokens
    tokens = encode(replace(request, messages=(*system, *rest)), engine)
    keep = min(request.keep if request.keep >= 0 else limit, limit // 2)
    return tokens if len(tokens) <= limit else [*tokens[:keep], *tokens[len(tokens) - (limit - keep) :]]


def _grammar(request: GenerateRequest, engine: Engine) -> str | None:
    """What rules from the first token on. Raises SchemaError, also for grammars that are needed only later."""
    tools = request.tools if request.tool_choice != "none" else ()
    made: str | None = None
    if request.schema is not None:
        made = schema_grammar(request.schema)
    elif tools and request.tool_choice != "auto":
        named = [tool for tool in tools if tool.name == request.tool_choice]
        made = tools_grammar(named or tools, begun=False)
    tried = made if made is not None else tools_grammar(tools, begun=True) if tools else None
    if tried is not None:
        try:
            with engine.sampler(Sampling(grammar=tried)):
                pass
        except EngineError as error:
            raise SchemaError("invalid JSON schema: no grammar can be made of it") from error
    return made
