"""Text that arrives in pieces is cut where its sentences end, as early as that is certain."""

import pytest

from assistant.tts.sentences import FIRST_CLAUSE_CHARS, MAX_SENTENCE_CHARS, split_sentences

WHOLE = [
    ("Yes. It is open.", ["Yes.", "It is open."]),
    ("Dr. Smith came at 7 a.m. today. He left.", ["Dr. Smith came at 7 a.m. today.", "He left."]),
    ("It is 22.5 degrees. Good.", ["It is 22.5 degrees.", "Good."]),
    ("Really?! Yes…", ["Really?!", "Yes…"]),
    ("1. First\n2. Second", ["1. First", "2. Second"]),
    ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
    ("We sell milk, bread etc. The shop is open.", ["We sell milk, bread etc.", "The shop is open."]),
    ("厨房的灯已打开。温度是二十度。", ["厨房的灯已打开。", "温度是二十度。"]),
    ("Use this:\n```\ncode. more.\n```\nDone.", ["Use this:", "Done."]),
    ("   \n\n", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "sentences"), WHOLE, ids=range(len(WHOLE)))
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_sentences_do_not_depend_on_the_pieces(text, sentences, size):
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    assert list(split_sentences(pieces)) == sentences


def test_a_sentence_is_given_out_before_the_next_one_is_written():
    written = []

    def pieces():
        for piece in ("It is on. ", "It was", " off."):
            written.append(piece)
            yield piece

    assert next(split_sentences(pieces())) == "It is on."
    assert written == ["It is on. "]


def test_a_long_first_sentence_is_cut_at_a_clause_and_later_ones_are_not():
    start = "The moon goes around the earth in about four weeks, "
    assert len(start) > FIRST_CLAUSE_CHARS
    text = f"{start}and it always shows the same side. {start}and it is far away."
    parts = list(split_sentences([*text]))
    assert parts[0] == start.strip()
    assert parts[-1] == f"{start}and it is far away."


def test_text_without_any_stop_is_cut_and_nothing_of_it_is_lost():
    text = "word " * MAX_SENTENCE_CHARS
    parts = list(split_sentences([text]))
    assert max(map(len, parts)) <= MAX_SENTENCE_CHARS
    assert " ".join(parts).split() == text.split()
