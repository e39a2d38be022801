"""The chat model never claims a deed."""

import pytest

from assistant.llm.claims import INSTEAD, without_claims


def said(text, size=4):
    return "".join(without_claims(text[i : i + size] for i in range(0, len(text), size)))


@pytest.mark.parametrize(
    "claim",
    [
        "I've turned on the pool pump.",
        "Sure, I have just ordered more oats for breakfast.",
        "I'm calling the vet now.",
        "Okay. I'll set an alarm for seven.",
        "I turned off the garage light yesterday.",
        "The kitchen light is now on.",
        "I will remind you",
    ],
)
def test_a_claim_is_never_heard(claim):
    assert said(claim) == INSTEAD


@pytest.mark.parametrize(
    "text",
    [
        "The sky is blue because air scatters blue light.",
        "To bleed a radiator, turn the valve, and close it again.",
        "I am an assistant that lives in your home. I like jokes.",
        "Play is what children learn by.",
        "Yes.",
        "",
    ],
)
def test_other_answers_come_whole(text):
    assert said(text) == text


def test_what_was_said_before_a_claim_stays_and_the_rest_is_not_generated():
    taken = []

    def pieces():
        for piece in ("It is dark outside. ", "I've switched on the lamp. ", "Good night."):
            taken.append(piece)
            yield piece

    assert "".join(without_claims(pieces())).strip() == "It is dark outside."
    assert len(taken) == 2


def test_a_clause_is_passed_on_as_soon_as_it_is_whole():
    pieces = iter(["Well, ", "it depends", "."])
    answer = without_claims(pieces)
    assert next(answer) == "Well,"
