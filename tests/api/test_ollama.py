"""Ollama's own client against a real server over a fake model."""

import json
import threading
from contextlib import contextmanager

import httpx
import ollama
import pytest
from api_server import MODEL, serve, served_of

from assistant.errors import ContextOverflow, EngineError
from assistant.llm.requests import ToolCall
from assistant.testing import FakeTextModel

DURATIONS = {"total_duration": 6000, "prompt_eval_duration": 2000, "eval_duration": 3000, "load_duration": 1000}
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


@contextmanager
def client_of(tmp_path, model=None):
    text = model or FakeTextModel()
    with serve(served_of(tmp_path, text=text)) as server:
        client = ollama.Client(server.url)
        client.text, client.url = text, server.url
        try:
            yield client
        finally:
            client._client.close()  # it has no way of its own


def test_the_published_call_works_as_it_stands(tmp_path):
    with client_of(tmp_path) as client:
        # As curl sends it: with the content type of a form.
        reply = httpx.post(
            f"{client.url}/api/generate",
            content=json.dumps({"model": MODEL, "prompt": "Why?", "stream": False}),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
    assert reply.status_code == 200
    body = reply.json()
    assert body["response"] == "Hello there."
    assert body["done"] is True and body["done_reason"] == "stop"
    assert {key: body[key] for key in DURATIONS} == DURATIONS
    assert body["prompt_eval_count"] == 7 and body["eval_count"] == 3


def test_generate_streams_piece_by_piece(tmp_path):
    with client_of(tmp_path) as client:
        parts = list(client.generate(MODEL, "Hi", system="Be brief.", stream=True))
    assert [part.response for part in parts] == ["Hello", " there", ".", ""]
    assert [part.done for part in parts] == [False, False, False, True]
    assert parts[-1].eval_count == 3
    assert [(m.role, m.text) for m in client.text.requests[0].messages] == [("system", "Be brief."), ("user", "Hi")]


def test_chat_passes_options_format_and_history(tmp_path):
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    with client_of(tmp_path) as client:
        answer = client.chat(
            MODEL,
            [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}],
            format=schema,
            options={"temperature": 0, "seed": 3, "num_predict": 2, "stop": ["x"], "num_ctx": 512, "top_k": 5},
            keep_alive="5m",
        )
    assert answer.message.content == "Hello there"
    assert answer.done_reason == "length"
    request = client.text.requests[0]
    assert [m.text for m in request.messages] == ["a", "b", "c"]
    assert request.schema == schema
    assert (request.max_tokens, request.context) == (2, 512)
    sampling = request.sampling
    assert (sampling.temperature, sampling.seed, sampling.stop, sampling.top_k) == (0, 3, ("x",), 5)
    assert sampling.repeat_penalty == 1.1, "what is not asked for is as configured"


@pytest.mark.parametrize("stream", [False, True])
def test_tools_come_back_as_calls(tmp_path, stream):
    model = FakeTextModel(calls=[ToolCall("weather", {"city": "Paris"})])
    with client_of(tmp_path, model) as client:
        answer = client.chat(MODEL, [{"role": "user", "content": "weather?"}], tools=[WEATHER], stream=stream)
        parts = list(answer) if stream else [answer]
    calls = [call for part in parts for call in part.message.tool_calls or ()]
    assert [(c.function.name, dict(c.function.arguments)) for c in calls] == [("weather", {"city": "Paris"})]
    assert model.requests[0].tools[0].parameters["properties"] == {"city": {"type": "string"}}


def test_what_is_said_of_models(tmp_path):
    with client_of(tmp_path) as client:
        listed = client.list().models
        assert {model.model for model in listed} == {MODEL, "all-minilm:latest"}
        assert listed[0].size == 491_400_032 and listed[0].details.quantization_level == "Q4_K_M"
        shown = client.show("qwen2.5:0.5b")
        assert "tools" in shown.capabilities and shown.details.parameter_size == "0.5B"
        assert client.ps().models[0].context_length == 4096
        assert [part.status for part in client.pull(MODEL, stream=True)][-1] == "success"
        assert httpx.get(f"{client.url}/api/version").json()["version"]
        assert httpx.get(client.url).text == "Ollama is running"


def test_loading_and_unloading_are_answered_without_the_model(tmp_path):
    with client_of(tmp_path) as client:
        assert client.generate(MODEL, "").done_reason == "load"
        assert client.chat(MODEL, [], keep_alive=0).done_reason == "unload"
    assert client.text.requests == []


def test_embeddings(tmp_path):
    with client_of(tmp_path) as client:
        assert client.embed("all-minilm", ["short", "a much longer text"]).embeddings == [[1, 0], [0, 1]]
        assert client.embeddings("all-minilm", "short").embedding == [1, 0]
        with pytest.raises(ollama.ResponseError, match="does not support embeddings") as refused:
            client.embed(MODEL, "x")
        assert refused.value.status_code == 400


@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_model_is_not_found(tmp_path, stream):
    with client_of(tmp_path) as client:
        with pytest.raises(ollama.ResponseError, match="model 'llama3' not found") as refused:
            list(client.generate("llama3", "Hi", stream=stream))
        assert refused.value.status_code == 404
        with pytest.raises(ollama.ResponseError):
            client.pull("llama3")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("error", "status"),
    [(ContextOverflow("too long"), 400), (EngineError("took too long"), 500), (ValueError("x"), 500)],
)
def test_what_goes_wrong_before_the_first_word_has_its_status(tmp_path, stream, error, status):
    with client_of(tmp_path, FakeTextModel(error=error)) as client:
        with pytest.raises(ollama.ResponseError) as refused:
            list(client.generate(MODEL, "Hi", stream=stream))
        assert refused.value.status_code == status
        assert "Traceback" not in str(refused.value)


def test_what_goes_wrong_later_is_the_last_line(tmp_path):
    class Breaking(FakeTextModel):
        def generate(self, request, cancelled):
            yield next(super().generate(request, cancelled))
            raise EngineError("the language model took too long")

    with client_of(tmp_path, Breaking()) as client, pytest.raises(ollama.ResponseError, match="took too long"):
        list(client.generate(MODEL, "Hi", stream=True))


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "missing request body"),
        (b"{", "invalid JSON"),
        (b"[]", "Expected `object`"),
        (b'{"model": 5}', "Expected `str`"),
        (b'{"model": "qwen2.5", "prompt": "x", "options": {"temperature": "hot"}}', "Expected `float"),
        (b'{"model": "qwen2.5", "prompt": "x", "options": {"top_p": 7}}', "top_p must be from 0 to 1"),
        (b'{"model": "qwen2.5", "prompt": "x", "format": "xml"}', "invalid format"),
        (b'{"model": "qwen2.5", "prompt": "x", "images": ["aaaa"]}', "'images' is not supported"),
        (b'{"model": "qwen2.5", "prompt": "x", "think": true}', "does not support thinking"),
        (b'{"model": "qwen2.5", "prompt": "x", "suffix": "y"}', "does not support insert"),
        (b'{"model": "\xff"}', "invalid"),
        (b'{"format": {"a": ' + b"[" * 100_000, "invalid JSON"),
    ],
)
def test_bad_requests_are_told_what_is_wrong(tmp_path, body, word):
    with client_of(tmp_path) as client:
        reply = httpx.post(f"{client.url}/api/generate", content=body)
    assert reply.status_code == 400
    assert word in reply.json()["error"]


def test_managing_models_is_refused(tmp_path):
    with client_of(tmp_path) as client, pytest.raises(ollama.ResponseError, match="on the machine itself") as refused:
        client.delete(MODEL)
    assert refused.value.status_code == 403


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_ends_the_work(tmp_path, stream):
    begun, go_on, gone = threading.Event(), threading.Event(), threading.Event()

    class Slow(FakeTextModel):
        def generate(self, request, cancelled):
            yield next(super().generate(request, cancelled))
            begun.set()
            while not cancelled():
                go_on.wait(0.01)
            gone.set()

    with client_of(tmp_path, Slow()) as client:
        timeout = httpx.Timeout(20, read=0.5)
        body = {"model": MODEL, "prompt": "x", "stream": stream}
        call = httpx.stream("POST", f"{client.url}/api/generate", json=body, timeout=timeout)
        with pytest.raises(httpx.ReadTimeout), call as reply:
            for _line in reply.iter_lines():
                pass
        assert begun.wait(10)
        assert gone.wait(10), "the model worked on for nobody"


def test_too_many_at_once_are_told_to_come_again(tmp_path):
    from assistant.config.sections import ApiSection

    release = threading.Event()
    model = FakeTextModel(hold=lambda: release.wait(20))
    statuses = []
    with serve(served_of(tmp_path, text=model, api=ApiSection(queue=1))) as server:

        def ask():
            reply = httpx.post(
                f"{server.url}/api/generate", json={"model": MODEL, "prompt": "x", "stream": False}, timeout=30
            )
            statuses.append((reply.status_code, reply.headers.get("retry-after")))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        while sum(status == 503 for status, _ in statuses) < 5:
            release.wait(0.01)
        release.set()
        for thread in threads:
            thread.join(20)
    assert sorted(status for status, _ in statuses) == [200] * 3 + [503] * 5  # two at work, one waiting
    assert {retry for status, retry in statuses if status == 503} == {"2"}
