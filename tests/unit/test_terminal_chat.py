"""The terminal chat's conversation and commands, over a fake model and over a real server."""

import argparse
import io
import json

import pytest
from api_server import serve, served_of

from assistant.config import Config
from assistant.config.sections import ApiSection
from assistant.errors import ConfigError
from assistant.llm.requests import GenerateRequest
from assistant.terminal.chat import Chat, chat, read_schema
from assistant.testing import FakeTextModel


@pytest.fixture
def model():
    return FakeTextModel()


@pytest.fixture
def conversation(model):
    return Chat(lambda request: model.generate(request, lambda: False), GenerateRequest())


def say(conversation, line):
    return "".join(conversation.feed(line))


def test_the_conversation_is_remembered_and_can_begin_anew(conversation, model):
    assert say(conversation, "one") == "Hello there."
    say(conversation, "/set system Be brief.")
    say(conversation, "two")
    assert [(m.role, m.text) for m in model.requests[1].messages] == [
        ("system", "Be brief."), ("user", "one"), ("assistant", "Hello there."), ("user", "two"),
    ]  # fmt: skip
    assert say(conversation, "/clear") == "a new conversation"
    say(conversation, "three")
    assert len(model.requests[2].messages) == 2


def test_settings(conversation, model):
    for line in ("/set temperature 0", "/set num_predict 2", "/set format json", "/set verbose"):
        assert "is set" in say(conversation, line)
    assert "3 known" in say(conversation, "hi")
    request = model.requests[0]
    assert (request.sampling.temperature, request.max_tokens, request.schema) == (0.0, 2, "json")
    assert "temperature" in say(conversation, "/show")
    for line in ("/set temperature hot", "/set", "/nonsense", "/load /nowhere"):
        assert any(word in say(conversation, line) for word in ("cannot be", "/set system", "unknown command"))
    say(conversation, "/bye")
    assert conversation.over


def test_a_conversation_is_saved_and_taken_up_again(conversation, model, tmp_path):
    say(conversation, "one")
    say(conversation, f"/save {tmp_path / 'kept.json'}")
    say(conversation, "/clear")
    assert "2 messages" in say(conversation, f"/load {tmp_path / 'kept.json'}")
    say(conversation, "two")
    assert [m.text for m in model.requests[1].messages] == ["one", "Hello there.", "two"]


def test_a_broken_off_answer_is_no_part_of_the_conversation(conversation):
    pieces = conversation.feed("one")
    next(pieces)
    pieces.close()
    assert conversation.messages == []


def test_one_message_to_the_running_assistant(tmp_path, monkeypatch, capsys):
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps({"type": "object"}))
    text = FakeTextModel()
    with serve(served_of(tmp_path, text=text)) as server:
        args = argparse.Namespace(message=["Hi"], system=None, json_schema=schema, temperature=0.0, local=False)
        monkeypatch.setattr("sys.stdin", io.StringIO("and this"))
        assert chat(args, Config(api=ApiSection(port=server.port))) == 0
    assert capsys.readouterr().out == "Hello there.\n"
    assert text.requests[0].messages[0].text == "Hi\nand this" and text.requests[0].schema == {"type": "object"}


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_schema_that_is_none(tmp_path, text):
    path = tmp_path / "schema.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"schema\.json"):
        read_schema(path)
