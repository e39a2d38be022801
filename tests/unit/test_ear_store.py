"""A house's bias is compiled once, and never taken where it is damaged or was made of something else."""

import os
import subprocess
import sys

import pytest
from speech import FakeDictionary, intents_of, names

from assistant.asr.bias import compile_template_bias
from assistant.asr.lexicon import Lexicon
from assistant.asr.network import Sentences
from assistant.asr.packing import key_of, pack, unpack
from assistant.parts.ear_store import KEPT, EarStore

SENTENCES = {"HassTurnOn": ["turn on [the] {name}", "set {name} to {brightness} percent"], "HassAdd": ["add {item}"]}
LISTS = {"brightness": {"range": {"from": 0, "to": 100}}}


def house(*devices, sentences=SENTENCES):
    return intents_of(sentences, lists=LISTS), names(*devices)


def compiled(*devices):
    intents, lists = house(*devices)
    return compile_template_bias(intents, lists, Lexicon(FakeDictionary()), fillers={"item": ("milk",)})


@pytest.fixture
def calls():
    return []


def making(calls, *devices):
    def make():
        calls.append(devices)
        return compiled(*devices)

    return make


def test_what_was_packed_hears_the_same():
    bias = compiled("Desk Lamp", "TV")
    again = unpack(pack(bias))
    assert again is not None
    assert (again.decoder_grammar, again.sentences, again.unsayable) == (
        bias.decoder_grammar,
        bias.sentences,
        bias.unsayable,
    )
    for spoken in ("turn on the t v", "set desk lamp to fifty five percent", "turn on hamlet"):
        assert again.grammar.match(spoken.split()) == bias.grammar.match(spoken.split())
    assert again.repairer.repair("turn on the desk lap".split()) == bias.repairer.repair("turn on the desk lap".split())
    assert again.grammar.frame("add tower hamlet".split()) == ("add", "tower hamlet")


def test_the_same_house_is_compiled_once(tmp_path, calls):
    for _ in range(2):
        bias = EarStore(tmp_path / "ear").bias("k" * 64, making(calls, "TV"))
        assert bias.grammar.match("turn on t v".split()) == "turn on TV"
    assert len(calls) == 1


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[:-1], lambda data: data[:200] + b"x" + data[201:]]
)
def test_a_damaged_file_is_made_again(tmp_path, calls, damage):
    store = EarStore(tmp_path)
    store.bias("k" * 64, making(calls, "TV"))
    (file,) = tmp_path.glob("ear-*.bin")
    file.write_bytes(damage(file.read_bytes()))
    assert store.bias("k" * 64, making(calls, "TV")).grammar.match(["turn", "on", "t", "v"]) == "turn on TV"
    assert len(calls) == 2
    store.bias("k" * 64, making(calls, "TV"))
    assert len(calls) == 2


def test_old_houses_are_let_go_and_a_full_disk_is_no_failure(tmp_path, calls):
    store = EarStore(tmp_path)
    for number in range(KEPT + 3):
        store.bias(str(number) * 64, making(calls, "TV"))
    assert len(list(tmp_path.glob("ear-*.bin"))) == KEPT
    (tmp_path / "file").write_text("no folder")
    assert EarStore(tmp_path / "file").bias("k" * 64, making(calls, "TV")).sentences


def test_the_key_tells_everything_apart_that_is_compiled():
    intents, lists = house("Desk Lamp", "TV")
    same_intents, same_lists = house("Desk Lamp", "TV")
    key = key_of(intents, lists, "model")
    assert key == key_of(same_intents, same_lists, "model")
    more = {**SENTENCES, "HassTurnOff": ["turn off {name}"]}
    others = [
        key_of(*house("Desk Lamp"), "model"),
        key_of(*house("Desk Lamp", "TV", sentences=more), "model"),
        key_of(intents, names("Desk Lamp", "TV", domain="fan"), "model"),
        key_of(intents, lists, "another model"),
        key_of(intents, lists, "model", [Sentences(intents_of({"Timer": ["set a timer"]}))]),
        key_of(intents_of(SENTENCES, lists={"brightness": {"range": {"from": 0, "to": 50}}}), lists, "model"),
    ]
    assert len({key, *others}) == len(others) + 1


def test_the_key_is_the_same_in_every_process():
    """Sets have another order in each: a house would be compiled anew at every start."""
    code = (
        "from assistant.asr.packing import key_of\n"
        "from assistant.home.inventory import load_inventory\n"
        "from assistant.nlu.matcher import SentenceMatcher\n"
        "intents, lists = SentenceMatcher(load_inventory()).templates()\n"
        "print(key_of(intents, lists, 'model'))"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(keys) == 1
