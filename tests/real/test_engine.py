"""The engine on the real model: counts that must not grow, states on disk, choices, and several users at once."""

import re
import threading
from pathlib import Path

import pytest

from assistant.bench.gbnf import token_grammar
from assistant.bench.homes import acts, home, intents
from assistant.config import Config
from assistant.errors import EngineError
from assistant.llm.choice import build_trie, choose
from assistant.llm.chooser import HEAD, ModelChooser
from assistant.llm.client import ModelClient
from assistant.llm.engine import Engine
from assistant.llm.generation import Generation
from assistant.llm.queue import ModelQueue, Priority
from assistant.llm.sampling import Sampling
from assistant.models.installed import resolve

pytestmark = pytest.mark.real
SYSTEM = "Answer in one short sentence."
GREEDY = Sampling(temperature=0.0)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    settings = Config().llm
    opened = Engine.open(
        resolve(settings.model, Config().paths.models).path, 2048, 2, tmp_path_factory.mktemp("states")
    )
    yield opened
    opened.close()


@pytest.fixture
def client(engine):
    return ModelClient(lambda: engine, ModelQueue(), "test", Priority.VOICE)


def evaluated(engine, work):
    before = engine.counts.evaluated, engine.counts.decode_calls
    result = work()
    return result, engine.counts.evaluated - before[0], engine.counts.decode_calls - before[1]


def test_a_second_question_evaluates_only_its_own_words(engine, client):
    def ask(text):
        return list(client.chat(SYSTEM, [("user", text)], max_tokens=1, sampling=GREEDY))

    ask("who wrote hamlet")
    own = len(engine.prompt([("user", "why is the sky blue")]))
    _, tokens, runs = evaluated(engine, lambda: ask("why is the sky blue"))
    assert tokens <= own and runs == 1


def mapped_mb():
    """What of files this process has mapped into memory now."""
    text = Path("/proc/self/status").read_text()
    return int(re.search(r"RssFile:\s+(\d+)", text)[1]) / 1024


def test_at_rest_the_weights_are_not_held_and_nothing_is_forgotten(engine, client):
    def answer():
        asked = [("user", "What is the capital of France?")]
        return "".join(client.chat(SYSTEM, asked, max_tokens=12, sampling=GREEDY))

    first = answer()
    before_mb = mapped_mb()
    engine.rest()
    assert mapped_mb() < before_mb - 300
    assert evaluated(engine, answer) == evaluated(engine, answer)
    assert answer() == first


def test_words_that_were_read_along_are_not_read_again(engine, client):
    question = "what is the capital of australia"
    words = question.split()
    for count in range(2, len(words) + 1):
        client.prefill([("system", SYSTEM), ("user", " ".join(words[:count]))])
    _, tokens, runs = evaluated(
        engine, lambda: list(client.chat(SYSTEM, [("user", question)], max_tokens=1, sampling=GREEDY))
    )
    assert tokens <= 8 and runs == 1  # the last word, and what ends the message


def test_choosing_runs_the_model_for_choices_alone(engine, client):
    chooser = ModelChooser(client)
    chooser.warm()
    choices = ["switch on the light", "switch off the light", "turn up the heating", "nothing, it is only talk"]
    index, tokens, runs = evaluated(engine, lambda: chooser.choose("it is so dark in here", choices))
    assert 0 <= index < 4
    assert runs <= 4
    assert tokens <= len(engine.prompt([*HEAD, ("user", f'Speaker: "it is so dark in here"\n{" / ".join(choices)}')])) - len(
        engine.prompt(HEAD, answer=False)
    ) + sum(map(len, map(engine.tokenize, choices)))  # fmt: skip


@pytest.mark.parametrize("devices", [20, 200])
def test_a_choice_is_what_llama_cpps_own_grammar_gives_in_fewer_runs(engine, devices):
    choices = acts(home(devices))
    grammar = "root ::= " + " | ".join(f'"{text}"' for text in choices)
    prompt = engine.prompt(
        [("system", "Answer with the act."), ("user", "dark in the kitchen"), ("assistant", choices[0]),
         ("user", "it is dark in the kitchen")]
    )  # fmt: skip
    engine.evaluate("test", prompt)
    index, _, runs = evaluated(engine, lambda: choose(engine, prompt, choices, end=engine.end_token, purpose="test"))
    answer = Generation(
        engine, prompt, purpose="test", max_tokens=32, timeout_s=600.0,
        sampling=Sampling(temperature=0.0, repeat_penalty=1.0, grammar=grammar),
    )  # fmt: skip
    assert "".join(answer) == choices[index]
    assert runs < answer.steps


def test_a_state_on_disk_gives_the_same_answer_and_evaluates_nothing(engine):
    head = engine.prompt([("system", SYSTEM + " Be kind.")], answer=False)
    assert engine.warm("first", head) is False
    restored, tokens, runs = evaluated(engine, lambda: engine.warm("second", head))
    assert restored and tokens == runs == 0
    prompt = [*head, *engine.prompt([("user", "name a colour")])]
    answers = [
        "".join(Generation(engine, prompt, purpose=purpose, max_tokens=8, sampling=GREEDY))
        for purpose in ("first", "second")
    ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("damage", ["cut", "empty", "other"])
def test_a_damaged_state_is_made_anew(engine, damage):
    head = engine.prompt([("system", f"Damage: {damage}.")], answer=False)
    engine.warm("test", head)
    path = engine._states._path(head)
    data = path.read_bytes()
    path.write_bytes({"cut": data[: len(data) // 2], "empty": b"", "other": b"no state" * 100}[damage])
    engine.release("test")
    restored, tokens, _ = evaluated(engine, lambda: engine.warm("test", head))
    assert not restored and tokens == len(head)
    assert path.read_bytes()[:4] == data[:4]


def test_changed_devices_evaluate_only_what_follows_them(engine):
    def prompt(state):
        lines = [f"lamp {number} is {state if number == 15 else 'off'}" for number in range(20)]
        return engine.prompt([("system", "\n".join(lines))], answer=False)

    engine.release("test")
    _, whole, _ = evaluated(engine, lambda: engine.evaluate("test", prompt("off")))
    _, part, _ = evaluated(engine, lambda: engine.evaluate("test", prompt("on")))
    assert part < whole / 3


def test_a_bad_grammar_is_refused(engine):
    with pytest.raises(EngineError, match="grammar"):
        "".join(Generation(engine, [1, 2], purpose="test", max_tokens=4, sampling=Sampling(grammar="root ::= (")))


def test_a_grammar_holds_under_sampling(engine):
    sampling = Sampling(grammar='root ::= "yes" | "no" | "never"', seed=3)
    prompt = engine.prompt([("user", "is the sky green?")])
    for _ in range(2):
        said = "".join(Generation(engine, prompt, purpose="test", max_tokens=8, sampling=sampling))
        assert said in ("yes", "no", "never")


def test_rooms_and_guests_at_once_get_the_answers_that_they_get_alone(engine):
    queue = ModelQueue()
    asked = {"chat:a": "name the capital of france", "api:b": "name the capital of italy", "api:c": "count to five"}

    def answer(name, into):
        client = ModelClient(lambda: engine, queue, name, Priority.VOICE if name[0] == "c" else Priority.API)
        into[name] = "".join(
            client.chat(SYSTEM, [("user", asked[name])], max_tokens=12, sampling=GREEDY, timeout_s=600)
        )

    alone, together = {}, {}
    for name in asked:
        answer(name, alone)
    threads = [threading.Thread(target=answer, args=(name, together)) for name in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


@pytest.mark.parametrize("devices", [20])
def test_a_choice_is_that_of_llama_cpps_grammar_of_the_same_tokens(engine, devices):
    choices = intents(home(devices))
    trie = build_trie([engine.tokenize(text) for text in choices])
    prompt = engine.prompt([("system", "Answer with the act."), ("user", "i want to read in the bedroom")])
    engine.evaluate("test", prompt)
    index, _, runs = evaluated(
        engine, lambda: choose(engine, prompt, choices, end=engine.end_token, purpose="test", trie=trie)
    )
    answer = Generation(
        engine, prompt, purpose="test", max_tokens=64, timeout_s=600.0,
        sampling=Sampling(temperature=0.0, repeat_penalty=1.0, grammar=token_grammar(trie)),
    )  # fmt: skip
    assert "".join(answer) == choices[index]
    assert 3 * runs <= answer.steps
