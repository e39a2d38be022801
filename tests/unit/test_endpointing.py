"""When an utterance is over, in samples of audio."""

import pytest

from assistant.audio.endpointing import RATE_HZ, Endpointer, Pauses, completeness

FRAME = 320


def run(endpointer, parts):
    """Feed (seconds, speech, words) parts; returns the reason and the time of the end, or (None, total)."""
    samples = 0
    for seconds, speech, words in parts:
        if words is not None:
            endpointer.words(words)
        for _ in range(round(seconds * RATE_HZ / FRAME)):
            samples += FRAME
            reason = endpointer.audio(FRAME, speech)
            if reason is not None:
                return reason, samples / RATE_HZ
    return None, samples / RATE_HZ


def judge(text):
    return "complete" if text == "turn on the light" else completeness(text)


@pytest.mark.parametrize(
    ("words", "reason", "silence_s"),
    [("turn on the light", "complete", 0.3), ("turn on the", "unfinished", 1.4), ("lights in kitchen", "silence", 0.7)],
)
def test_the_pause_depends_on_what_was_said(words, reason, silence_s):
    got, at_s = run(Endpointer(judge=judge), [(1.0, True, None), (5.0, False, words)])
    assert got == reason
    assert at_s - 1.0 == pytest.approx(silence_s, abs=0.021)


def test_speech_after_a_complete_command_goes_on():
    parts = [
        (1.0, True, "turn on the light"),
        (0.28, False, None),
        (0.6, True, "turn on the light in the"),
        (3.0, False, None),
    ]
    reason, at_s = run(Endpointer(judge=judge), parts)
    assert reason == "unfinished"
    assert at_s == pytest.approx(1.88 + 1.4, abs=0.03)


def test_words_that_come_late_end_at_once_where_the_silence_was_long_enough():
    reason, at_s = run(
        Endpointer(judge=judge), [(1.0, True, "turn on"), (0.5, False, None), (1.0, False, "turn on the light")]
    )
    assert reason == "complete"
    assert at_s == pytest.approx(1.52, abs=0.01)


def test_nothing_said_ends_as_nothing_even_with_a_clink_of_dishes():
    assert run(Endpointer(), [(6.0, False, None)]) == ("nothing", 4.0)
    reason, at_s = run(Endpointer(), [(1.0, False, None), (0.3, True, None), (6.0, False, None)])
    assert (reason, at_s) == ("nothing", 4.0)


def test_who_begins_at_the_last_moment_is_heard():
    parts = [(3.8, False, None), (0.5, True, None), (0.4, True, "stop"), (2.0, False, None)]
    reason, at_s = run(Endpointer(), parts)
    assert reason == "silence"
    assert at_s == pytest.approx(4.7 + 0.7, abs=0.03)


def test_noise_that_never_becomes_words_is_not_waited_for_forever():
    assert run(Endpointer(), [(60.0, True, None)]) == ("nothing", 8.0)


def test_a_clink_after_the_wake_word_does_not_end_the_turn_before_the_command():
    parts = [(0.1, True, None), (1.5, False, None), (1.0, True, "turn on the light"), (1.0, False, None)]
    reason, at_s = run(Endpointer(judge=judge), parts)
    assert reason == "complete"
    assert at_s == pytest.approx(2.9, abs=0.03)


def test_the_hard_limit_holds():
    endpointer = Endpointer(Pauses(longest_s=15.0))
    parts = [(1.0, True, f"word {n}") for n in range(40)]
    assert run(endpointer, parts) == ("longest", 15.0)


def test_in_noise_without_pauses_the_words_decide():
    reason, at_s = run(Endpointer(judge=judge), [(1.0, True, "turn on the light"), (9.0, True, None)])
    assert reason == "stalled"
    assert at_s == pytest.approx(1.5, abs=0.03)
    reason, at_s = run(Endpointer(judge=judge), [(1.0, True, "and so"), (1.0, True, "and so on"), (9.0, True, None)])
    assert reason == "stalled"
    assert at_s == pytest.approx(4.0, abs=0.03)


def test_without_a_recogniser_speech_alone_counts():
    reason, at_s = run(Endpointer(by_words=False), [(0.5, False, None), (1.0, True, None), (3.0, False, None)])
    assert reason == "silence"
    assert at_s == pytest.approx(1.5 + 0.7, abs=0.03)


def test_it_can_be_started_again():
    endpointer = Endpointer(judge=judge)
    run(endpointer, [(1.0, True, "turn on the light"), (1.0, False, None)])
    endpointer.start(nothing_s=2.0)
    assert not endpointer.heard
    assert run(endpointer, [(6.0, False, None)]) == ("nothing", 2.0)


@pytest.mark.parametrize("frame", [160, 320, 512, 1280])
def test_any_frame_length_gives_the_same_times(frame):
    endpointer = Endpointer(judge=judge)
    endpointer.words("turn on the light")
    endpointer.audio(frame, True)
    samples = 0
    while endpointer.audio(frame, False) is None:
        samples += frame
    assert samples + frame >= 0.3 * RATE_HZ > samples


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("turn on the", "unfinished"),
        ("turn on", "unfinished"),
        ("set the bedroom light to", "unfinished"),
        ("turn on the lamp and", "unfinished"),
        ("what is", "unfinished"),
        ("turn the light off", "open"),
        ("turn it up", "open"),
        ("is anyone in", "open"),
        ("what time is it", "open"),
        ("stop", "open"),
        ("no", "open"),
        ("turn on the light please", "open"),
        ("", "open"),
    ],
)
def test_words_that_announce_more(text, expected):
    assert completeness(text) == expected
