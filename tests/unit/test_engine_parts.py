"""The engine's parts on a memory that only counts: what is evaluated, shared, let go; choices; answers step by step."""

import datetime as dt
import os
from contextlib import contextmanager, nullcontext

import pytest

from assistant.config import Config
from assistant.errors import ContextOverflow, EngineError
from assistant.llm.chat import ChatTalk
from assistant.llm.choice import build_trie, choose
from assistant.llm.drafting import prompt_lookup
from assistant.llm.generation import Generation
from assistant.llm.native import BATCH_TOKENS, MAX_SEQUENCES
from assistant.llm.sampling import Sampling
from assistant.llm.sequences import Sequences
from assistant.llm.states import fingerprint
from assistant.types import TurnContext

CONTEXT = TurnContext(now=dt.datetime(2026, 1, 5, 7, 0))
EOS = 0


class Memory:
    """A KV memory without a model: it refuses what would leave a gap."""

    def __init__(self, n_ctx=4096):
        self.n_ctx = n_ctx
        self.held = {}
        self.batches = []

    def decode(self, tokens, start, sequence, *, outputs=1):
        assert 0 < len(tokens) <= BATCH_TOKENS and outputs <= len(tokens)
        held = self.held.setdefault(sequence, [])
        assert len(held) == start, "a gap"
        held += tokens
        self.batches.append((list(tokens), outputs))

    def remove(self, sequence, start):
        del self.held.setdefault(sequence, [])[start:]

    def share(self, source, target, length):
        assert not self.held.get(target)
        self.held[target] = self.held[source][:length]


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture
def sequences(memory):
    return Sequences(memory)


def test_only_what_is_new_is_evaluated(memory, sequences):
    sequences.evaluate("chat", [1, 2, 3, 4])
    sequences.evaluate("chat", [1, 2, 3, 9, 8])
    assert memory.batches == [([1, 2, 3, 4], 1), ([9, 8], 1)]
    sequences.evaluate("chat", [1, 2, 3, 9, 8])
    assert memory.batches[-1] == ([8], 1), "the last token again, for its logits"
    assert sequences.counts.evaluated == 7 and sequences.counts.reused == 7


def test_a_prompt_without_outputs_that_is_there_costs_nothing(memory, sequences):
    sequences.evaluate("chat", [1, 2, 3], outputs=0)
    sequences.evaluate("chat", [1, 2, 3], outputs=0)
    assert memory.batches == [([1, 2, 3], 0)]


def test_long_prompts_go_in_batches_and_only_the_last_has_logits(memory, sequences):
    sequences.evaluate("chat", list(range(2 * BATCH_TOKENS + 3)), outputs=4)
    assert [(len(tokens), outputs) for tokens, outputs in memory.batches] == [
        (3, 0), (BATCH_TOKENS, 0), (BATCH_TOKENS, 4),
    ]  # fmt: skip


def test_another_purposes_beginning_is_shared(memory, sequences):
    head = list(range(100, 140))
    sequences.evaluate("chat:kitchen", [*head, 1, 2])
    sequences.evaluate("chat:bedroom", [*head, 7])
    assert memory.batches[-1] == ([7], 1)
    assert memory.held[sequences.of("chat:bedroom").id] == [*head, 7]
    assert memory.held[sequences.of("chat:kitchen").id] == [*head, 1, 2]


def test_guests_are_let_go_before_the_house(sequences):
    sequences.evaluate("chat", [1] * 40)
    for number in range(MAX_SEQUENCES + 2):
        sequences.evaluate(f"api:{number}", [number + 2] * 40)
    assert len(sequences.of("chat").tokens) == 40
    assert len(sequences.of(f"api:{MAX_SEQUENCES + 1}").tokens) == 40


def test_room_is_made_and_too_much_is_refused():
    memory = Memory(n_ctx=100)
    sequences = Sequences(memory)
    sequences.evaluate("chat", [1] * 40)
    sequences.evaluate("api:1", [2] * 50)
    sequences.evaluate("api:2", [3] * 30)
    assert len(sequences.of("chat").tokens) == 40 and not sequences.of("api:1").tokens
    with pytest.raises(ContextOverflow, match=r"exceed .* 100"):
        sequences.evaluate("api:3", [4] * 101)


# --- choices -----------------------------------------------------------------------------------------


class Choosing:
    """Counts evaluations; prefers the tokens of ``wanted`` in their order, by ``leads`` (then plainly)."""

    def __init__(self, wanted, leads=()):
        self.wanted, self.leads, self.calls = wanted, list(leads), []

    def tokenize(self, text):
        return [ord(letter) for letter in text]

    def evaluate(self, purpose, tokens):
        self.calls.append(list(tokens))

    def extend(self, purpose, tokens):
        self.calls.append(list(tokens))

    def best_of(self, legal):
        lead = self.leads.pop(0) if self.leads else 9.0
        place = next((i for i, c in enumerate(self.wanted) if ord(c) in legal), None)
        if place is None:
            return EOS, lead
        letter = self.wanted[place]
        self.wanted = self.wanted[place + 1 :]
        return ord(letter), lead


@pytest.mark.parametrize(
    ("choices", "wanted", "index", "runs"),
    [
        (["abcd"], "", 0, 0),  # nothing to choose: the model is not asked
        (["abcx", "abcy"], "y", 1, 1),  # what both share is forced, and costs nothing of its own
        (["on", "on now"], "", 0, 1),  # one ends where the other goes on
        (["on", "on now"], " ", 1, 1),
        (["ax", "ay1", "ay2"], "y2", 2, 2),
    ],
)
def test_the_model_is_run_once_for_each_real_choice(choices, wanted, index, runs):
    engine = Choosing(wanted)
    assert choose(engine, [1, 2], choices, end=EOS) == index
    assert len(engine.calls) == runs


def test_what_rounding_would_decide_is_fed_again_one_by_one():
    engine = Choosing("xy2", leads=[0.01])  # the first look sees "x" where there is none between "y" and "z"
    choices = ["aby1", "aby2", "abz", "abx"]
    assert choose(engine, [1, 2], choices, end=EOS) == 1
    a, b, y = map(ord, "aby")
    assert engine.calls == [[1, 2, a, b], [1, 2], [a], [b], [y]]


def test_a_narrow_choice_of_tokens_that_were_fed_singly_stands():
    engine = Choosing("y2", leads=[0.01, 0.01])
    assert choose(engine, [1, 2], ["y1", "y2", "z"], end=EOS) == 1
    assert engine.calls == [[1, 2], [ord("y")]]


def test_equal_choices_are_the_first_of_them():
    root = build_trie([[1, 2], [1, 2]])
    assert root.next[1].next[2].choice == 0


# --- answers -----------------------------------------------------------------------------------------


class Script:
    """An engine that says a script, one token a letter; after it, it ends."""

    context_tokens = 1000

    def __init__(self, script):
        self.script, self.evaluated, self.drawn = [*map(ord, script), EOS], [], 0
        self.sequence = []

    def known(self, purpose, tokens):
        count = 0
        while count < min(len(self.sequence), len(tokens)) and self.sequence[count] == tokens[count]:
            count += 1
        return count

    def evaluate(self, purpose, tokens, *, outputs=1):
        self.evaluated.append(len(tokens) - min(self.known(purpose, tokens), len(tokens) - outputs))
        self.sequence = list(tokens)

    def sampler(self, sampling):
        return nullcontext(self)

    def draw(self, output=-1):
        self.drawn += 1
        return self.script[self.drawn - 1]

    def ends(self, token):
        return token == EOS

    def piece(self, token):
        return bytes([token])


def generate(engine, prompt=(1, 2, 3), **options):
    settings = {"purpose": "chat", "max_tokens": 50, "sampling": Sampling(), **options}
    return Generation(engine, list(prompt), **settings)


def test_an_answer_takes_one_run_of_the_model_for_each_token():
    engine = Script("Hello")
    answer = generate(engine)
    assert "".join(answer) == "Hello"
    assert engine.evaluated == [3, 1, 1, 1, 1, 1]
    assert (answer.prompt_tokens, answer.generated, answer.steps, answer.finish) == (3, 5, 6, "stop")


def test_it_ends_at_its_length_at_a_stop_text_and_when_nobody_wants_it():
    answer = generate(Script("Hello"), max_tokens=2)
    assert "".join(answer) == "He" and answer.finish == "length"
    answer = generate(Script("Hi.\nUser: no"), sampling=Sampling(stop=("\nUser",)))
    assert "".join(answer) == "Hi." and answer.finish == "stop"
    steps = iter([True, True, True, False])
    answer = generate(Script("Hello"), step=lambda: nullcontext(next(steps)))
    assert "".join(answer) == "He" and answer.finish == "cancelled"


def test_what_only_looked_like_a_stop_is_said():
    assert "".join(generate(Script("a\nUs"), sampling=Sampling(stop=("\nUser",)))) == "a\nUs"


def test_a_character_that_is_spread_over_tokens_comes_whole():
    class Bytes(Script):
        def __init__(self, text):
            super().__init__("")
            self.script = [*text.encode(), EOS]

    assert [*generate(Bytes("é!"))] == ["é", "!"]


def test_others_may_step_in_while_a_long_prompt_is_evaluated():
    engine, entered = Script("x"), []

    @contextmanager
    def step():
        entered.append(len(engine.evaluated))
        yield True

    "".join(generate(engine, prompt=range(1, 201), step=step, prompt_step=64))
    assert engine.evaluated == [64, 64, 64, 8, 1]
    assert len(entered) == 6


def test_the_time_limit_and_the_context_are_kept():
    times = iter(range(0, 1000, 10))
    with pytest.raises(EngineError, match="too long"):
        "".join(generate(Script("Hello"), timeout_s=15.0, clock_s=lambda: float(next(times))))
    with pytest.raises(ContextOverflow):
        generate(Script("Hello"), max_tokens=998)


def test_a_right_guess_saves_runs_and_never_changes_the_answer():
    text = "the cat sat. the cat sat."
    plain = generate(Script(text))
    assert "".join(plain) == text
    drafted = generate(Script(text), draft=lambda tokens: prompt_lookup(tokens, length=4))
    assert "".join(drafted) == text
    assert drafted.steps < plain.steps
    wrong = generate(Script(text), draft=lambda _tokens: [5, 6])
    assert "".join(wrong) == text and wrong.steps == plain.steps


def test_prompt_lookup_takes_what_followed_the_same_words_before():
    assert prompt_lookup([1, 2, 3, 4, 5, 9, 2, 3], length=2) == [4, 5]
    assert prompt_lookup([1, 2, 3], length=2) == []
    assert prompt_lookup([7, 8, 1, 7, 8, 2, 7, 8], length=1) == [2], "the latest place counts"


# --- talk --------------------------------------------------------------------------------------------


class Client:
    def __init__(self, pieces=("It is:", " Paris.")):
        self.pieces, self.asked, self.prefilled, self.closed = pieces, [], [], 0

    def answer(self, messages, *, max_tokens, cancelled, sampling, timeout_s):
        self.asked.append(list(messages))
        try:
            for piece in self.pieces:
                if cancelled():
                    return
                yield piece
        finally:
            self.closed += 1

    def prefill(self, messages, *, cancelled):
        self.prefilled.append(messages[-1])
        return 1


def never():
    return False


def test_an_answer_that_was_begun_ahead_is_gone_on_with():
    client = Client()
    talk = ChatTalk(lambda: client, Config())
    talk.hear("where is", never)
    begun = talk.begin("where is it", CONTEXT, never)
    assert next(begun) == "It is:"
    assert "".join(talk.answer("where is it", CONTEXT, never)) == "It is: Paris."
    assert len(client.asked) == 1 and client.prefilled == [("user", "where is")]
    list(talk.answer("and now", CONTEXT, never))
    assert ("assistant", "It is: Paris.") in client.asked[1]


def test_an_answer_to_other_words_is_begun_anew():
    client = Client()
    talk = ChatTalk(lambda: client, Config())
    next(talk.begin("where is", CONTEXT, never))
    list(talk.answer("where is it", CONTEXT, never))
    assert [messages[-1] for messages in client.asked] == [("user", "where is"), ("user", "where is it")]
    assert client.closed == 2
    assert ("user", "where is") not in [*talk._messages("x")]


def test_what_was_cut_short_ahead_is_not_the_answer():
    client = Client()
    talk = ChatTalk(lambda: client, Config())
    gone = []
    begun = talk.begin("where is it", CONTEXT, lambda: bool(gone))
    next(begun)
    gone.append(True)
    assert "".join(begun) == ""
    assert "".join(talk.answer("where is it", CONTEXT, never)) == "It is: Paris."


def test_a_model_file_is_told_by_what_it_holds_not_by_its_date(tmp_path):
    model, content = tmp_path / "model.gguf", bytes(range(256)) * 8000
    model.write_bytes(content)
    before = fingerprint(model)
    os.utime(model, (1, 1))
    assert fingerprint(model) == before
    for changed in (content[:-1], b"x" + content[1:], content[:-1] + b"x"):
        model.write_bytes(changed)
        assert fingerprint(model) != before
    model.write_bytes(b"")
    fingerprint(model)
