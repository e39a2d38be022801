"""What Vosk says is joined, timed and ranked; its model is read with our settings, and its dictionary out of its graph."""

import json
import struct

import numpy as np
import pytest

from assistant.asr.vosk_engine import (
    DECODING,
    SYMBOL_TABLE_MAGIC,
    ScoringDecoder,
    VoskDecoder,
    VoskModel,
    _symbols,
    _with_settings,
)
from assistant.errors import ModelError

SECOND = np.zeros(16_000, np.int16)


class FakeRecogniser:
    """Vosk's recogniser, with results made beforehand; an utterance's piece ends with each one given to ``cuts``."""

    def __init__(self, cuts, final):
        self.cuts, self.final, self.settings = list(cuts), list(final), {}

    def SetWords(self, on):  # noqa: N802
        self.settings["words"] = on

    def SetMaxAlternatives(self, count):  # noqa: N802
        self.settings["alternatives"] = count

    def AcceptWaveform(self, data):  # noqa: N802
        return bool(self.cuts)

    def Result(self):  # noqa: N802
        return json.dumps(self.cuts.pop(0))

    def FinalResult(self):  # noqa: N802
        return json.dumps(self.final.pop(0))

    def PartialResult(self):  # noqa: N802
        return json.dumps({"partial": "light"})


def alternatives(*pairs, at=0.0):
    return {
        "alternatives": [
            {
                "confidence": score,
                "text": text,
                "result": [{"word": w, "start": at + i, "end": at + i + 1} for i, w in enumerate(text.split())],
            }
            for text, score in pairs
        ]
    }


def test_the_pieces_of_an_utterance_are_joined_best_first():
    pieces = [alternatives(("turn on", 5.0), ("turn off", 4.5))]
    decoder = ScoringDecoder(FakeRecogniser(pieces, [alternatives(("the light", 3.0), ("the lied", 1.0))]), 3)
    decoder.accept(SECOND)
    assert decoder.partial() == "turn on light"
    found = decoder.finish()
    assert [(h.text, h.score) for h in found] == [
        ("turn on the light", 8.0),
        ("turn off the light", 7.5),
        ("turn on the lied", 6.0),
    ]


def test_a_decoder_is_used_again_and_counts_time_anew():
    decoder = ScoringDecoder(FakeRecogniser([], [alternatives(("one", 1.0)), alternatives(("two", 1.0), at=2.0)]), 2)
    decoder.accept(SECOND)
    decoder.accept(SECOND)
    assert decoder.finish()[0].words[0].start_s == 0
    decoder.accept(SECOND)
    second = decoder.finish()[0]
    assert second.text == "two" and second.words[0].start_s == 0


def test_silence_is_one_hypothesis_without_words():
    found = ScoringDecoder(FakeRecogniser([], [{"text": ""}]), 2).finish()
    assert [(h.words, h.score) for h in found] == [((), 0.0)]


def test_the_plain_decoder_joins_words():
    word = {"word": "light", "start": 0.1, "end": 0.4, "conf": 0.5}
    decoder = VoskDecoder(FakeRecogniser([{"result": [word]}], [{"result": [word]}]))
    decoder.accept(SECOND)
    assert decoder.partial() == "light light"
    assert [w.confidence for w in decoder.finish()] == [0.5, 0.5]


def test_a_folder_that_is_no_model_says_how_to_get_one(tmp_path):
    with pytest.raises(ModelError, match=r"am/final\.mdl is missing") as caught:
        VoskModel(tmp_path)
    assert "assistant models fetch" in (caught.value.mend or "")


def test_our_settings_replace_the_models_own(tmp_path):
    model, folder = tmp_path / "model", tmp_path / "folder"
    (model / "conf").mkdir(parents=True)
    (model / "am").mkdir()
    folder.mkdir()
    (model / "conf" / "model.conf").write_text("--beam=10.0\n--min-active=200\n")
    (model / "conf" / "mfcc.conf").write_text("--sample-frequency=16000\n")
    assert _with_settings(model, folder) == folder
    lines = (folder / "conf" / "model.conf").read_text().split()
    assert "--min-active=200" in lines and f"--beam={DECODING['beam']}" in lines and "--beam=10.0" not in lines
    assert (folder / "am").is_symlink() and (folder / "conf" / "mfcc.conf").is_symlink()


def test_the_dictionary_is_read_out_of_the_graph(tmp_path):
    entries = ["<eps>", "lamp", "#0", "light"]
    table = SYMBOL_TABLE_MAGIC + struct.pack("<i", 4) + b"name" + struct.pack("<qq", 9, len(entries))
    for number, text in enumerate(entries):
        table += struct.pack("<i", len(text)) + text.encode() + struct.pack("<q", number)
    path = tmp_path / "Gr.fst"
    path.write_bytes(b"header" + table)
    assert _symbols(path).split() == ["lamp", "light"]
    path.write_bytes(table[:30])
    assert _symbols(path) == ""
    assert _symbols(tmp_path / "none") == ""


def test_what_is_heard_twice_counts_the_second_time():
    first, second = alternatives(("turn of", 1.0)), alternatives(("turn off", 2.0), at=1.0)
    decoder = ScoringDecoder(FakeRecogniser([], [second]), 2)
    decoder._recogniser.Result = lambda: json.dumps(first)
    found = decoder.hear_again(SECOND)
    assert [h.text for h in found] == ["turn off"] and found[0].words[0].start_s == 0
