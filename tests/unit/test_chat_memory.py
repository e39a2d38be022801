"""The chat's memory: bounded, forgetful by half, and its system prompt from the configuration."""

import datetime as dt

import pytest

from assistant.config import Config
from assistant.config.sections import AssistantSection, LlmSection
from assistant.errors import EngineError
from assistant.llm.chat import ChatTalk, system_prompt
from assistant.types import TurnContext

CONTEXT = TurnContext(now=dt.datetime(2026, 3, 9, 14, 5))


class Engine:
    def __init__(self):
        self.asked = []

    def answer(self, messages, **_options):
        self.asked.append(list(messages))
        yield "word " * 20


def ask(talk, text):
    return "".join(talk.answer(text, CONTEXT, lambda: False))


def test_the_memory_is_bounded_and_keeps_its_beginning_for_many_turns():
    engine = Engine()
    talk = ChatTalk(lambda: engine, Config(llm=LlmSection(memory_tokens=200)))
    for number in range(40):
        ask(talk, f"question {number}")
    sizes = [sum(len(text.encode()) for _role, text in messages[1:]) for messages in engine.asked]
    assert max(sizes) <= 200 * 3 + 200
    moved = [a[1] != b[1] for a, b in zip(engine.asked[1:], engine.asked[2:], strict=False)]
    assert sum(moved) <= len(moved) / 2, "most prompts only grow, so that the cache serves them"


def test_forgetting():
    engine = Engine()
    talk = ChatTalk(lambda: engine, Config())
    ask(talk, "my name is Ada")
    talk.forget()
    ask(talk, "what is my name")
    assert len(engine.asked[-1]) == 2


def test_the_system_prompt_is_the_owners():
    own = Config(
        assistant=AssistantSection(name="Ada", persona="You like puns."),
        llm=LlmSection(system_prompt="You are {name}."),
    )
    assert system_prompt(own) == "You are Ada. You like puns."
    assert "Jarvis" in system_prompt(Config()) and "out of date" in system_prompt(Config())
    assert "简体中文" in system_prompt(Config(assistant=AssistantSection(language="zh-CN")))


class Late:
    """An engine whose time is up after some pieces."""

    def __init__(self, *pieces):
        self.pieces = pieces

    def answer(self, _messages, **_options):
        yield from self.pieces
        raise EngineError("the language model took too long")


def test_an_answer_that_takes_too_long_ends_where_it_has_come_to():
    assert ask(ChatTalk(lambda: Late("The moon is far. ", "It"), Config()), "the moon?").startswith("The moon is far.")


def test_an_answer_that_never_begins_is_told():
    with pytest.raises(EngineError, match="too long"):
        ask(ChatTalk(lambda: Late(), Config()), "the moon?")
