"""The voice: a clip a sentence, as early as possible; phrases that come back are taken from the disk."""

import numpy as np
import pytest

from assistant.tts.cache import LONGEST_PHRASE_CHARS, PhraseCache
from assistant.tts.speaker import Speaker
from assistant.types import AudioClip


class FakeEngine:
    """Makes one clip a text, and remembers the texts."""

    name = "fake"
    speed = 1.0

    def __init__(self):
        self.texts = []

    def synthesize(self, text):
        self.texts.append(text)
        yield clip_of(len(text))


def clip_of(length):
    return AudioClip(np.arange(length, dtype=np.int16), 22_050)


def test_the_first_clip_is_there_before_the_second_sentence_is_written():
    engine = FakeEngine()
    written = []

    def pieces():
        for piece in ("It is on. ", "And warm."):
            written.append(piece)
            yield piece

    clips = Speaker(engine).speak(pieces())
    next(clips)
    assert engine.texts == ["It is on."]
    assert written == ["It is on. "]
    assert len(list(clips)) == 1


def test_what_cannot_be_said_makes_no_sound():
    engine = FakeEngine()
    assert not list(Speaker(engine).speak(["😀 \n```\nx = 1\n```\n"]))
    assert engine.texts == []


def test_a_phrase_is_kept_from_its_second_time_on(tmp_path):
    engine = FakeEngine()
    speaker = Speaker(engine, cache_dir=tmp_path)
    clips = [list(speaker.speak(["It is on."])) for _ in range(4)]
    assert engine.texts == ["It is on."] * 2
    assert all(np.array_equal(clip[0].samples, clips[0][0].samples) for clip in clips)


def test_prepared_phrases_are_there_even_when_the_voice_is_not(tmp_path):
    engine = FakeEngine()
    Speaker(engine, cache_dir=tmp_path).prepare(["I can't hear you."])
    broken = FakeEngine()
    (clip,) = Speaker(broken, cache_dir=tmp_path).speak(["I can't hear you."])
    assert broken.texts == []
    assert clip.rate_hz == 22_050


@pytest.mark.parametrize("change", [{"name": "other"}, {"speed": 1.5}])
def test_another_voice_or_speed_has_phrases_of_its_own(tmp_path, change):
    Speaker(FakeEngine(), cache_dir=tmp_path).prepare(["Okay."])
    engine = FakeEngine()
    vars(engine).update(change)
    list(Speaker(engine, cache_dir=tmp_path).speak(["Okay."]))
    assert engine.texts == ["Okay."]


@pytest.mark.parametrize("damage", [b"", b"phrase1\n", b"rubbish" * 20])
def test_a_damaged_phrase_is_made_anew(tmp_path, damage):
    cache = PhraseCache(tmp_path, "fake", 1.0)
    cache.put("okay", clip_of(100), at_once=True)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    assert cache.get("okay") is None
    assert not file.exists()


def test_one_flipped_bit_is_noticed(tmp_path):
    cache = PhraseCache(tmp_path, "fake", 1.0)
    cache.put("okay", clip_of(100), at_once=True)
    (file,) = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    data[-7] ^= 1
    file.write_bytes(data)
    assert cache.get("okay") is None


def test_the_cache_stays_within_its_size_and_the_least_used_go_first(tmp_path):
    import os

    cache = PhraseCache(tmp_path, "fake", 1.0, max_bytes=10_000)
    for number in range(8):
        cache.put(f"phrase {number}", clip_of(1000), at_once=True)
        for file in tmp_path.iterdir():  # time passes
            status = file.stat()
            os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns - 10**9))
        cache.get("phrase 0")
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 10_000
    assert cache.get("phrase 0") is not None
    assert cache.get("phrase 1") is None
    assert cache.get("phrase 7") is not None


def test_long_and_huge_phrases_are_not_kept(tmp_path):
    cache = PhraseCache(tmp_path, "fake", 1.0, max_bytes=10_000)
    cache.put("x" * (LONGEST_PHRASE_CHARS + 1), clip_of(10), at_once=True)
    cache.put("huge", clip_of(5000), at_once=True)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_only_slower(tmp_path):
    (tmp_path / "file").write_text("in the way")
    engine = FakeEngine()
    speaker = Speaker(engine, cache_dir=tmp_path / "file" / "cache")
    for _ in range(3):
        assert list(speaker.speak(["It is on."]))
    assert len(engine.texts) == 3
