"""Ollama's API over the assistant's model: ``/api/generate``, ``/api/chat`` and what goes with them."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from assistant import __version__
from assistant.api.catalog import TRAINED_CONTEXT, Catalog
from assistant.api.generator import Generator
from assistant.api.ollama_types import ChatBody, EmbedBody, GenerateBody, NameBody, request_of
from assistant.api.ports import Embedding
from assistant.api.replies import HttpError, body_of, http_error, json_reply, lines_reply, or_gone
from assistant.config import Config
from assistant.errors import AssistantError
from assistant.llm.requests import Called, Finished, GenerateRequest, Output, Piece, ToolCall
from assistant.llm.sampling import Sampling
from assistant.types import JsonValue

MAX_INPUTS = 256
Line = dict[str, JsonValue]


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class OllamaApi:
    """The routes. ``loaded`` tells whether the language model is in memory; ``embedding`` gives the embedder."""

    config: Config
    catalog: Catalog
    generator: Generator
    embedding: Callable[[], Embedding]
    loaded: Callable[[], bool]

    def routes(self) -> list[Route]:
        """All of them."""
        post, refused = ["POST"], ["POST", "DELETE"]
        return [
            Route("/api/generate", self.generate, methods=post),
            Route("/api/chat", self.chat, methods=post),
            Route("/api/tags", self.tags),
            Route("/api/show", self.show, methods=post),
            Route("/api/ps", self.ps),
            Route("/api/version", self.version),
            Route("/api/embed", self.embed, methods=post),
            Route("/api/embeddings", self.embeddings, methods=post),
            Route("/api/pull", self.pull, methods=post),
            *(Route(f"/api/{name}", self.refuse, methods=refused) for name in ("create", "copy", "delete", "push")),
        ]

    @property
    def sampling(self) -> Sampling:
        """The configured sampling."""
        llm = self.config.llm
        return Sampling(llm.temperature, llm.top_p, repeat_penalty=llm.repeat_penalty)

    async def generate(self, request: Request) -> Response:
        """One prompt, one answer."""
        body = await body_of(request, GenerateBody)
        served = self.catalog.find_text(body.model)
        if not body.prompt and not body.suffix:
            return json_reply(self._idle(served.name, {"response": ""}, body.keep_alive == 0))
        wanted = self._request(body, "insert" in served.capabilities)

        def line(text: str, _calls: tuple[ToolCall, ...]) -> Line:
            return {"response": text}

        return await self._answer(request, wanted, served.name, line, body.stream is not False)

    async def chat(self, request: Request) -> Response:
        """A conversation's next message."""
        body = await body_of(request, ChatBody)
        served = self.catalog.find_text(body.model)
        if not body.messages:
            empty: Line = {"message": {"role": "assistant", "content": ""}}
            return json_reply(self._idle(served.name, empty, body.keep_alive == 0))

        def line(text: str, calls: tuple[ToolCall, ...]) -> Line:
            message: Line = {"role": "assistant", "content": text}
            if calls:
                message["tool_calls"] = [
                    {"function": {"name": call.name, "arguments": dict(call.arguments)}} for call in calls
                ]
            return {"message": message}

        return await self._answer(request, self._request(body, False), served.name, line, body.stream is not False)

    def _request(self, body: GenerateBody | ChatBody, insert: bool) -> GenerateRequest:
        return request_of(body, self.sampling, self.config.api.timeout_s, insert=insert)

    async def _answer(
        self,
        request: Request,
        wanted: GenerateRequest,
        model: str,
        line: Callable[[str, tuple[ToolCall, ...]], Line],
        stream: bool,
    ) -> Response:
        if stream:
            outputs = self.generator.stream(wanted)
            first = await or_gone(request, first_of(outputs))  # what is wrong with the request still has its status
            return lines_reply(_lines(first, outputs, model, line))
        text, calls, end = await or_gone(request, collected(self.generator, wanted))
        return json_reply({"model": model, "created_at": _now(), **line(text, calls), **_last(end)})

    @staticmethod
    def _idle(model: str, empty: Line, unload: bool) -> Line:
        """The answer to an empty prompt, by which clients load and unload: here the model always stays."""
        reason = "unload" if unload else "load"
        return {"model": model, "created_at": _now(), **empty, "done": True, "done_reason": reason}

    async def tags(self, _request: Request) -> Response:
        """The installed models."""
        models = await run_in_threadpool(lambda: [self.catalog.entry(model) for model in self.catalog.installed()])
        return json_reply({"models": models})

    async def ps(self, _request: Request) -> Response:
        """The models in memory."""
        models: list[Line] = []
        if self.loaded():
            entry = self.catalog.entry(self.catalog.text)
            entry.pop("modified_at")
            far = dt.datetime.now(dt.UTC) + dt.timedelta(days=3650)  # it stays for the house's own voice
            entry |= {"expires_at": far.isoformat(), "size_vram": 0, "context_length": self.config.llm.context}
            models.append(entry)
        return json_reply({"models": models})

    async def version(self, _request: Request) -> Response:
        """The assistant's own version."""
        return json_reply({"version": __version__})

    async def show(self, request: Request) -> Response:
        """One model's particulars."""
        body = await body_of(request, NameBody)
        model = self.catalog.find(body.wanted)
        resolved = self.catalog.resolved(model)
        llm = self.config.llm
        text = model is self.catalog.text
        info: Line = {
            "general.architecture": model.family,
            f"{model.family}.context_length": TRAINED_CONTEXT if text else 256,
            "assistant.context": llm.context if text else 64,
        }
        parameters = f"temperature {llm.temperature}\ntop_p {llm.top_p}\nrepeat_penalty {llm.repeat_penalty}"
        return json_reply(
            {
                "license": self.catalog.licence(model),
                "modelfile": f"FROM {resolved.path.name}\n" if resolved is not None else "",
                "parameters": parameters if text else "",
                "template": "",
                "details": self.catalog.details(model),
                "model_info": info,
                "capabilities": list(model.capabilities),
                "modified_at": self.catalog.entry(model)["modified_at"],
            }
        )

    async def pull(self, request: Request) -> Response:
        """A model that is here counts as pulled; others are not fetched for a client."""
        body = await body_of(request, NameBody)
        model = self.catalog.find(body.wanted)
        if self.catalog.resolved(model) is None:
            raise HttpError(409, f"'{model.name}' is not installed; run 'assistant models fetch {model.manifest_name}'")
        if body.stream is False:
            return json_reply({"status": "success"})

        async def lines() -> AsyncIterator[object]:
            for status in ("pulling manifest", "verifying sha256 digest", "writing manifest", "success"):
                yield {"status": status}

        return lines_reply(lines())

    async def refuse(self, _request: Request) -> Response:
        """Models are the owner's business."""
        raise HttpError(403, "models are managed on the machine itself: see 'assistant models'")

    async def embed(self, request: Request) -> Response:
        """Vectors of one text or several."""
        body = await body_of(request, EmbedBody)
        begun = time.perf_counter_ns()
        texts = [body.input] if isinstance(body.input, str) else body.input or []
        vectors = await embedded(self.catalog, self.embedding, body.model, texts)
        took = time.perf_counter_ns() - begun
        return json_reply(
            {
                "model": self.catalog.embedding.name,
                "embeddings": vectors,
                "total_duration": took,
                "load_duration": 0,
                "prompt_eval_count": sum(len(text.split()) for text in texts),
            }
        )

    async def embeddings(self, request: Request) -> Response:
        """The older call, for one text."""
        body = await body_of(request, EmbedBody)
        vectors = await embedded(self.catalog, self.embedding, body.model, [body.prompt] if body.prompt else [])
        return json_reply({"embedding": vectors[0] if vectors else []})


async def running(_request: Request) -> Response:
    """What Ollama says at its root; some clients look for it."""
    return PlainTextResponse("Ollama is running")


async def embedded(
    catalog: Catalog, embedding: Callable[[], Embedding], model: str, texts: list[str]
) -> list[list[float]]:
    """The texts' vectors. Raises HttpError for a model that makes none."""
    if catalog.find(model) is not catalog.embedding:
        raise HttpError(
            400, f"{model} does not support embeddings; {catalog.embedding.name} does", code="model_not_supported",
            param="model",
        )  # fmt: skip
    if len(texts) > MAX_INPUTS:
        raise HttpError(400, f"at most {MAX_INPUTS} texts at once", param="input")
    if not texts:
        return []
    vectors = await run_in_threadpool(lambda: embedding().encode(texts))
    return [[round(float(value), 7) for value in row] for row in vectors]


async def collected(generator: Generator, wanted: GenerateRequest) -> tuple[str, tuple[ToolCall, ...], Finished]:
    """A whole answer. Raises what generating raises."""
    text: list[str] = []
    calls: list[ToolCall] = []
    async with aclosing(generator.stream(wanted)) as outputs:
        async for output in outputs:
            match output:
                case Piece(text=piece):
                    text.append(piece)
                case Called(call=call):
                    calls.append(call)
                case Finished() as end:
                    return "".join(text), tuple(calls), end
    raise HttpError(500, "the answer was broken off")


async def first_of(outputs: AsyncIterator[Output]) -> Output | None:
    """The first of an answer; what is wrong with the request is raised here."""
    return await anext(outputs, None)


async def _lines(
    first: Output | None,
    outputs: AsyncGenerator[Output],
    model: str,
    line: Callable[[str, tuple[ToolCall, ...]], Line],
) -> AsyncIterator[object]:
    output = first
    async with aclosing(outputs):
        while output is not None:
            head: Line = {"model": model, "created_at": _now()}
            match output:
                case Piece(text=text):
                    yield {**head, **line(text, ()), "done": False}
                case Called(call=call):
                    yield {**head, **line("", (call,)), "done": False}
                case Finished() as end:
                    yield {**head, **line("", ()), **_last(end)}
            try:
                output = await anext(outputs, None)
            except AssistantError as error:  # the status is out already: Ollama's clients look for this
                yield {"error": http_error(error).message}
                return


def _last(end: Finished) -> Line:
    return {
        "done": True,
        "done_reason": end.reason,
        "total_duration": end.total_ns,
        "load_duration": end.load_ns,
        "prompt_eval_count": end.prompt_tokens,
        "prompt_eval_duration": end.prompt_ns,
        "eval_count": end.answer_tokens,
        "eval_duration": end.answer_ns,
    }
