"""OpenAI's own client against a real server over a fake model, a fake ear and a fake voice."""

import io
import json
from contextlib import contextmanager

import httpx
import numpy as np
import openai
import pytest
import soundfile
from api_server import CLIP, MODEL, serve, served_of

from assistant.errors import ContextOverflow, EngineBusy, ModelError
from assistant.llm.requests import ToolCall
from assistant.testing import FakeTextModel

ASK = [{"role": "user", "content": "Hi"}]
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


@contextmanager
def client_of(tmp_path, model=None):
    text = model or FakeTextModel()
    served = served_of(tmp_path, text=text)
    with serve(served) as server, openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        client.text, client.served = text, served
        yield client


def wav(seconds=0.5, rate=48_000):
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros((int(seconds * rate), 2), np.int16), rate, format="WAV")
    return buffer.getvalue()


def test_chat(tmp_path):
    with client_of(tmp_path) as client:
        answer = client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "developer", "content": [{"type": "text", "text": "Be brief."}]}, *ASK],
            temperature=0.2,
            max_completion_tokens=2,
            stop=["x"],
            presence_penalty=0.5,
        )
    assert answer.choices[0].message.content == "Hello there"
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.prompt_tokens == 7 and answer.usage.completion_tokens == 2
    assert answer.usage.prompt_tokens_details.cached_tokens == 3
    request = client.text.requests[0]
    assert [(m.role, m.text) for m in request.messages] == [("system", "Be brief."), ("user", "Hi")]
    assert (request.sampling.temperature, request.sampling.presence_penalty, request.truncate) == (0.2, 0.5, False)


def test_chat_streams_with_usage(tmp_path):
    with client_of(tmp_path) as client:
        chunks = list(
            client.chat.completions.create(
                model=MODEL, messages=ASK, stream=True, stream_options={"include_usage": True}
            )
        )
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Hello there."
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 10


@pytest.mark.parametrize("stream", [False, True])
def test_tools(tmp_path, stream):
    model = FakeTextModel(calls=[ToolCall("weather", {"city": "Köln"}), ToolCall("weather", {"city": "Rom"})])
    with client_of(tmp_path, model) as client:
        answer = client.chat.completions.create(
            model=MODEL, messages=ASK, tools=[WEATHER], tool_choice="required", stream=stream
        )
        if stream:
            chunks = list(answer)
            calls = [call for c in chunks for call in c.choices[0].delta.tool_calls or ()]
            reason = chunks[-1].choices[0].finish_reason
        else:
            calls, reason = answer.choices[0].message.tool_calls, answer.choices[0].finish_reason
    assert [json.loads(call.function.arguments) for call in calls] == [{"city": "Köln"}, {"city": "Rom"}]
    assert reason == "tool_calls"
    assert len({call.id for call in calls}) == 2
    assert model.requests[0].tool_choice == "required"


def test_response_format_and_named_tool(tmp_path):
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    named = {"type": "function", "function": {"name": "weather"}}
    with client_of(tmp_path) as client:
        client.chat.completions.create(model=MODEL, messages=ASK, response_format=wanted)
        client.chat.completions.create(model=MODEL, messages=ASK, response_format={"type": "json_object"})
        client.chat.completions.create(model=MODEL, messages=ASK, tools=[WEATHER], tool_choice=named)
    assert [r.schema for r in client.text.requests] == [schema, "json", None]
    assert client.text.requests[2].tool_choice == "weather"


def test_completions_embeddings_models(tmp_path):
    with client_of(tmp_path) as client:
        text = client.completions.create(model=MODEL, prompt="def f():", echo=True)
        assert text.choices[0].text == "def f():Hello there."
        pieces = client.completions.create(model=MODEL, prompt="x", stream=True)
        assert "".join(piece.choices[0].text for piece in pieces) == "Hello there."
        vectors = client.embeddings.create(
            model="all-minilm", input=["short", "a much longer text"]
        )  # base64 by default
        assert [list(v.embedding) for v in vectors.data] == [[1.0, 0.0], [0.0, 1.0]]
        assert MODEL in {model.id for model in client.models.list()}
        assert client.models.retrieve(MODEL).id == MODEL


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (ContextOverflow("8000 tokens"), openai.BadRequestError, "context_length_exceeded"),
        (EngineBusy("busy"), openai.InternalServerError, "server_busy"),
        (ModelError("/x: is missing"), openai.InternalServerError, "model_unavailable"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_openais(tmp_path, error, kind, code, stream):
    with client_of(tmp_path, FakeTextModel(error=error)) as client, pytest.raises(kind) as refused:
        list(client.chat.completions.create(model=MODEL, messages=ASK, stream=stream))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"n": 2}, "n must be 1"),
        ({"logprobs": True}, "logprobs"),
        ({"messages": []}, "must not be empty"),
        ({"temperature": -1}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"response_format": {"type": "json_schema"}}, "json_schema is missing"),
        ({"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "y"}}}, "names no tool"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "text only"),
    ],
)
def test_what_is_not_supported_is_said(tmp_path, more, word):
    with client_of(tmp_path) as client, pytest.raises(openai.BadRequestError, match=word):
        client.chat.completions.create(**{"model": MODEL, "messages": ASK, **more})


def test_an_unknown_model(tmp_path):
    with client_of(tmp_path) as client:
        with pytest.raises(openai.NotFoundError) as refused:
            client.chat.completions.create(model="gpt-9", messages=ASK)
        assert refused.value.code == "model_not_found"
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("gpt-9")


@pytest.mark.parametrize("form", ["json", "text", "srt", "vtt", "verbose_json"])
def test_transcriptions(tmp_path, form):
    with client_of(tmp_path) as client:
        answer = client.audio.transcriptions.create(model="whisper-1", file=("a.wav", wav()), response_format=form)
        (clip,) = client.served.hearing().clips
    assert (clip.rate_hz, len(clip.samples)) == (16_000, 8_000), "any rate and channel count becomes what the ear takes"
    text = answer if isinstance(answer, str) else answer.text
    assert "turn it on" in text
    if form == "srt":
        assert text.startswith("1\n00:00:00,000 --> 00:00:00,850\n")
    if form == "verbose_json":
        assert [word.word for word in answer.words] == ["turn", "it", "on"] and answer.duration == 0.5


@pytest.mark.parametrize(
    ("file", "more", "status"),
    [
        (b"no sound", {}, 400),
        (b"", {}, 400),
        (wav(), {"language": "de"}, 400),
        (wav(), {"model": "unknown-model"}, 404),
        (wav(601, 8000), {}, 400),
    ],
)
def test_a_recording_that_cannot_be_taken(tmp_path, file, more, status):
    with client_of(tmp_path) as client, pytest.raises(openai.APIStatusError) as refused:
        client.audio.transcriptions.create(**{"model": "whisper-1", "file": ("a.wav", file), **more})
    assert refused.value.status_code == status


def test_a_form_that_is_none(tmp_path):
    with client_of(tmp_path) as client:
        for headers in (
            {},
            {"Content-Type": "multipart/form-data"},
            {"Content-Type": "multipart/form-data; boundary=x"},
        ):
            reply = httpx.post(f"{client.base_url}audio/transcriptions", content=b"garbage", headers=headers)
            assert reply.status_code == 400, headers
            assert reply.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("form", "begin"), [("wav", b"RIFF"), ("flac", b"fLaC"), ("mp3", b""), ("opus", b"OggS"), ("pcm", b"")]
)
def test_speech(tmp_path, form, begin):
    with client_of(tmp_path) as client:
        sound = client.audio.speech.create(model="tts-1", voice="alloy", input="One. Two.", response_format=form).read()
    assert sound.startswith(begin)
    if form == "pcm":
        assert len(sound) == 2 * 2 * len(CLIP.samples) * 24_000 // CLIP.rate_hz  # two sentences, two bytes a sample
    else:
        samples, rate = soundfile.read(io.BytesIO(sound))
        assert len(samples) / rate == pytest.approx(2 * CLIP.duration_s, abs=0.1)


def test_speech_that_cannot_be(tmp_path):
    with client_of(tmp_path) as client:
        for more in ({"input": ""}, {"input": "x" * 5000}, {"response_format": "aac"}, {"speed": 2.0}):
            with pytest.raises(openai.BadRequestError):
                client.audio.speech.create(**{"model": "tts-1", "voice": "alloy", "input": "Hi", **more})
