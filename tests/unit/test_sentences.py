"""Text that arrives in pieces is cut where its sentences end, as early as that is certain."""

import pytest

from assistant.tts.sentences import MAX_SENTENCE_CHARS, split_sentences

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


FIRST_CLAUSES = [
    ("The moon goes around the earth, and it shows one side.", "The moon goes around the earth,"),
    ("The sky looks blue because air scatters light.", "The sky looks blue"),
    ("Well, I am not sure about that.", "Well, I am not sure about that."),  # too short to stand alone
    ("It is the place in which all of them live.", "It is the place in which all of them live."),
    ("It costs about 1,500 in every shop.", "It costs about 1,500 in every shop."),
]


@pytest.mark.parametrize(("text", "first"), FIRST_CLAUSES, ids=range(len(FIRST_CLAUSES)))
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_the_first_sentence_is_cut_at_its_first_clause(text, first, size):
    parts = list(split_sentences(text[i : i + size] for i in range(0, len(text), size)))
    assert parts[0] == first
    assert " ".join(parts) == text


def test_the_first_clause_is_given_out_as_soon_as_its_comma_is_certain():
    written = []

    def pieces():
        for piece in "The capital of France is Paris , which lies on the Seine .".split():
            written.append(piece)
            yield piece if piece in ",." else f" {piece}"

    assert next(split_sentences(pieces())) == "The capital of France is Paris,"
    assert written[-1] == "which"


def test_later_sentences_are_not_cut_at_clauses():
    clause = "The moon goes around the earth in about four weeks, "
    parts = list(split_sentences([f"Yes. No. {clause}and it is far away."]))
    assert parts == ["Yes.", "No.", f"{clause}and it is far away."]


def test_a_long_sentence_is_cut_at_its_last_clause_however_it_arrives():
    first = "The moon goes around the earth in about four weeks, always with the same side towards us,"
    second = "so that nobody had ever seen the other one before a probe went there and took pictures of it."
    text = f"Yes. No. {first} {second}"
    for size in (1, 3, 7, len(text)):
        parts = list(split_sentences(text[i : i + size] for i in range(0, len(text), size)))
        assert parts == ["Yes.", "No.", first, second]


def test_text_without_any_stop_is_cut_and_nothing_of_it_is_lost():
    text = "word " * MAX_SENTENCE_CHARS
    parts = list(split_sentences([text]))
    assert max(map(len, parts)) <= MAX_SENTENCE_CHARS
    assert " ".join(parts).split() == text.split()
