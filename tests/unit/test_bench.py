"""Benchmarks without a model: tables, targets, plots, the weights' bytes, and the prediction's arithmetic."""

import json
import struct
import xml.etree.ElementTree as ElementTree

import pytest

from assistant.bench.gbnf import text_grammar, token_grammar
from assistant.bench.homes import acts, home
from assistant.bench.pace import LEAST, Pace
from assistant.bench.plot import Bar, Series, bars, curves
from assistant.bench.report import BOARDS, Here, predict
from assistant.bench.result import Measured, Target, ratio_text, times
from assistant.bench.stats import paired_ratio, percentile
from assistant.bench.weights import read_per_token, tensors
from assistant.errors import ModelError
from assistant.llm.choice import build_trie


def test_percentiles_and_paired_ratios():
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.5
    assert times([1.0, 2.0, 3.0])[:2] == (3, 2.0)
    # The machine is twice as slow in the second pair: the ratio does not see it.
    assert paired_ratio([10.0, 20.0, 10.0], [1.0, 2.0, 1.0]) == (10.0, 10.0, 10.0)
    assert ratio_text([10.0, 20.0], [1.0, 2.0]) == (10.0, "10.00 to 10.00")


def test_a_target_is_met_or_falls_short_from_either_side():
    assert Target("speed", 3.1, 3.0).met and not Target("speed", 2.9, 3.0).met
    assert Target("memory", 900, 1100, at_least=False).met and not Target("memory", 1200, 1100, at_least=False).met
    assert "falls short" in Target("memory", 1200, 1100, at_least=False).line()


def test_a_result_is_written_as_json_table_and_picture(tmp_path):
    measured = Measured(
        "x", "A <b> title", ("what", "p50 ms"), (("slow & old", 1200.0), ("fast", 1.5)), (Target("t", 2, 1),),
        drawn=("p50 ms",), axes=("", "ms"),
    )  # fmt: skip
    measured.write(tmp_path)
    assert json.loads((tmp_path / "x.json").read_text())["targets"][0]["met"] is True
    assert "| fast | 1.5 |" in (tmp_path / "x.md").read_text()
    assert "slow &amp; old" in (tmp_path / "x.svg").read_text()


@pytest.mark.parametrize(
    "picture",
    [
        bars([Bar("a", 0.0), Bar("b", 5.0), Bar("c", 5000.0)], "ms"),
        bars([Bar("a", 50.0, "50 %")], full=100.0),
        curves([Series("one", ((512.0, 10.0), (4096.0, 40.0))), Series("two", ((512.0, 1.0),))], "x", "y"),
    ],
)
def test_pictures_are_well_formed_and_nothing_leaves_them(picture):
    root = ElementTree.fromstring(picture)
    _, _, width, _ = map(float, root.attrib["viewBox"].split())
    for rect in root.iter("{http://www.w3.org/2000/svg}rect"):
        assert 0 <= float(rect.get("x", 0)) + float(rect.attrib["width"]) <= width


def gguf(path, names):
    """A file with a text, a list of texts, a number, and a 32-byte tensor of each name."""

    def text(value):
        return struct.pack("<Q", len(value)) + value

    body = struct.pack("<4sIQQ", b"GGUF", 3, len(names), 3)
    body += text(b"a") + struct.pack("<I", 8) + text(b"hello")
    body += text(b"b") + struct.pack("<IIQ", 9, 8, 2) + text(b"x") + text(b"yy")
    body += text(b"c") + struct.pack("<II", 4, 7)
    for place, name in enumerate(names):
        body += text(name) + struct.pack("<IQIQ", 1, 16, 8, 32 * place)
    body += b"\0" * (-len(body) % 32)
    path.write_bytes(body + b"\0" * 32 * len(names))
    return path


def test_the_weights_that_a_token_reads(tmp_path):
    untied = gguf(tmp_path / "a.gguf", [b"token_embd.weight", b"blk.0.w", b"output.weight"])
    assert [(t.name, t.kind, t.size) for t in tensors(untied)][1] == ("blk.0.w", "Q8_0", 32)
    assert read_per_token(untied) == 64
    assert read_per_token(gguf(tmp_path / "b.gguf", [b"token_embd.weight", b"blk.0.w"])) == 64


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF" + b"\xff" * 40, b"PK" * 20])
def test_a_file_that_holds_none_is_refused(tmp_path, content):
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"m\.gguf"):
        tensors(path)


def test_the_prediction_is_the_machines_own_time_where_nothing_differs():
    here = Here(20.0, 100.0, 0.1, 50.0, 2.0, 2.0, 0.0, 0.0)
    assert predict(here, (20.0, 20.0), (100.0, 100.0), (0.1, 0.1), False) == (250.0, 250.0)
    assert predict(here, (20.0, 20.0), (100.0, 100.0), (0.1, 0.1), True) == pytest.approx((810.0, 810.0))
    for board in BOARDS:
        low, high = predict(here, (5.0, 10.0), board.prompt_tokens_s, board.speech_rtf, True)
        assert low < high


def test_houses_of_any_size_have_their_own_names():
    for devices in (20, 200, 1000):
        house = home(devices)
        assert len({device.name for device in house.devices}) == devices
        assert len(set(acts(house))) == 2 * devices


class Clock:
    """Goes on by what is said."""

    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.mark.parametrize(("each_s", "made"), [(0.1, 20), (10.0, 5), (100.0, LEAST)])
def test_repetitions_end_when_their_share_of_the_time_is_over(each_s, made):
    clock, told = Clock(), []
    pace = Pace(20, limit_s=100.0, say=told.append, clock_s=clock)
    numbers = []
    for number in pace.rounds("first", of=2):
        numbers.append(number)
        clock.now_s += each_s
    assert numbers == list(range(made))
    assert told[-1] == f"first {made} of 20"


def test_one_repetition_that_was_asked_for_is_one():
    assert list(Pace(1, limit_s=0.0).rounds()) == [0]


def test_a_trie_as_a_grammar_has_a_rule_only_where_there_are_several_ways():
    grammar = token_grammar(build_trie([(1, 2, 3, 4), (1, 2, 5), (1, 2, 5, 6)]))
    assert grammar.splitlines() == [
        "root ::= <[1]> <[2]> n1",
        "n1 ::= <[3]> <[4]> | <[5]> n2",
        'n2 ::= "" | <[6]>',
    ]
    assert text_grammar(['a"b', 'a"cd']).splitlines() == [r'root ::= "a\"" n1', 'n1 ::= "b" | "cd"']
