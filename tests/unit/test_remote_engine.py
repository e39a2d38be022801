"""Talk by an engine elsewhere in the house, against a small server that streams as llama.cpp's and Ollama's do."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from assistant.config import load_config
from assistant.config.sections import LlmSection
from assistant.errors import ConfigError, EngineError
from assistant.llm.remote import PAUSE_S, RemoteEngine
from assistant.llm.sampling import Sampling

MESSAGES = [("system", "Be short."), ("user", "Where is Paris?")]


def event(text):
    return f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n".encode()


GOOD = [
    b'data: {"choices": [{"delta": {"role": "assistant"}}]}\n\n',
    event("In "),
    b": keep-alive\n\n",
    event("France."),
    b'data: {"choices": []}\n\ndata: [DONE]\n\n',
]


@contextmanager
def server(chunks, status=200, hang=None):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(
                (self.path, dict(self.headers), json.loads(self.rfile.read(int(self.headers["content-length"]))))
            )
            self.send_response(status)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for chunk in chunks:
                self.wfile.write(chunk)
                self.wfile.flush()
            if hang is not None:
                hang.wait(60)

        def log_message(self, *_arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}/v1", asked
        finally:
            if hang is not None:
                hang.set()
            running.shutdown()
            thread.join()


class Local:
    def __init__(self):
        self.answered, self.read = 0, 0

    def answer(self, messages, *, max_tokens, cancelled, sampling, timeout_s):
        self.answered += 1
        yield "From here."

    def prefill(self, messages, *, cancelled):
        self.read += 1
        return 5


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def open_engine():
    opened = []

    def make(url, **settings):
        clock, local = Clock(), Local()
        engine = RemoteEngine(LlmSection(backend="openai", url=url, **settings), local, clock_s=clock)
        opened.append(engine)
        return engine, local, clock

    yield make
    for engine in opened:
        engine._client.close()


def ask(engine, cancelled=lambda: False, **options):
    return list(
        engine.answer(
            MESSAGES, max_tokens=50, cancelled=cancelled, sampling=Sampling(temperature=0.3), timeout_s=30.0, **options
        )
    )


def test_the_other_engine_answers_in_pieces_and_gets_what_was_said(open_engine):
    with server(GOOD) as (url, asked):
        engine, local, _clock = open_engine(url, remote_model="big", api_key="secret")
        assert ask(engine) == ["In ", "France."]
    path, headers, body = asked[0]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer secret"
    assert body["model"] == "big" and body["stream"] is True and body["temperature"] == 0.3
    assert body["messages"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Where is Paris?"},
    ]
    assert local.answered == 0


@pytest.mark.parametrize(
    ("chunks", "status"),
    [([b"no such model"], 404), ([b"data: <html>\n\n"], 200), ([b'data: {"choices": 3}\n\n'], 200)],
)
def test_where_it_answers_nonsense_the_model_here_does(open_engine, chunks, status):
    with server(chunks, status) as (url, _asked):
        engine, local, _clock = open_engine(url)
        assert ask(engine) == ["From here."]
        assert local.answered == 1


def test_where_it_is_not_there_the_model_here_answers_for_a_while(open_engine):
    with server(GOOD) as (url, _asked):
        pass
    engine, local, clock = open_engine(url)
    assert ask(engine) == ["From here."]
    assert engine.prefill(MESSAGES, cancelled=lambda: False) == 5
    with server(GOOD) as (other, asked):
        object.__setattr__(engine._settings, "url", other)
        assert ask(engine) == ["From here."] and not asked, "it was asked again at once"
        clock.now_s += PAUSE_S
        assert ask(engine) == ["In ", "France."]
        assert engine.prefill(MESSAGES, cancelled=lambda: False) == 0
    assert local.answered == 2


def test_where_it_is_silent_the_model_here_answers(open_engine):
    with server([], hang=threading.Event()) as (url, _asked):
        engine, _local, _clock = open_engine(url, remote_timeout_s=0.2)
        assert ask(engine) == ["From here."]


def test_what_breaks_off_in_the_middle_is_not_answered_twice(open_engine):
    with server(GOOD[:2], hang=threading.Event()) as (url, _asked):
        engine, local, _clock = open_engine(url, remote_timeout_s=0.2)
        with pytest.raises(EngineError, match="does not answer"):
            ask(engine)
        assert local.answered == 0


def test_who_has_given_up_gets_nothing_more(open_engine):
    with server(GOOD) as (url, _asked):
        engine, _local, _clock = open_engine(url)
        assert ask(engine, cancelled=lambda: True) == []


def test_a_place_to_ask_at_is_needed(tmp_path):
    path = tmp_path / "assistant.toml"
    path.write_text('[llm]\nbackend = "openai"\nurl = "server:80"\n')
    with pytest.raises(ConfigError, match=r"toml:3: \[llm\] url .* http://"):
        load_config(path)
