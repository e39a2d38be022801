"""The microphone: conversion to frames, loss and return, silence, dropped sound, and which device is taken."""

import sys

import numpy as np
import pytest

from assistant.audio.capture import (
    FRAME_SAMPLES,
    RATE_HZ,
    Converter,
    Frame,
    FramesDropped,
    Microphone,
    MicrophoneLost,
    MicrophoneOpened,
    MicrophoneSilent,
    Waiting,
    loudest_channel,
)
from assistant.audio.devices import InputDevice, choose_input, portaudio
from assistant.errors import AudioError

USB = InputDevice(3, "USB PnP Sound Device: Audio (hw:1,0)", 48_000, 1)


class Clock:
    """Goes on by itself whenever it is read or slept by."""

    def __init__(self):
        self.now_s = 0.0
        self.slept = []

    def __call__(self):
        self.now_s += 0.25
        return self.now_s

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now_s += seconds


class ScriptedBackend:
    """Each opening follows the next entry: an error's text, or the blocks that are given before it falls silent."""

    def __init__(self, *script, device=USB):
        self.script = list(script)
        self.device = device
        self.looked_again = 0
        self.open_streams = 0
        self.microphone = None

    def open(self, give):
        if not self.script:
            self.microphone.close()
            raise AudioError("the end of the script")
        entry = self.script.pop(0)
        if isinstance(entry, str):
            raise AudioError(entry)
        for block in entry:
            give(*(block if isinstance(block, tuple) else (block, False)))
        self.open_streams += 1
        return self, self.device

    def close(self):
        self.open_streams -= 1

    def look_again(self):
        self.looked_again += 1


def run(backend, **kwargs):
    """All events, without the waiting."""
    clock = Clock()
    backend.microphone = Microphone(backend, clock_s=clock, sleep=clock.sleep, poll_s=0.001, **kwargs)
    backend.clock = clock
    return [event for event in backend.microphone.events() if not isinstance(event, Waiting)]


def tone(seconds, rate_hz=48_000, channels=1, loudness=5000):
    wave = loudness * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate_hz)) / rate_hz)
    return np.repeat(wave.astype(np.int16).reshape(-1, 1), channels, axis=1)


def blocks(sound, size=960):
    return [sound[start : start + size] for start in range(0, len(sound), size)]


@pytest.mark.parametrize(("rate_hz", "channels"), [(48_000, 1), (44_100, 2), (16_000, 1), (16_000, 6), (8000, 1)])
def test_any_device_becomes_16_khz_mono_frames(rate_hz, channels):
    converter = Converter(rate_hz)
    sound = tone(2.0, rate_hz, channels)
    frames = [frame for block in blocks(sound, rate_hz // 50) for frame in converter.convert(block)]
    assert all(frame.shape == (FRAME_SAMPLES,) and frame.dtype == np.int16 for frame in frames)
    heard = np.concatenate(frames)
    assert len(heard) == pytest.approx(2.0 * RATE_HZ, abs=0.1 * RATE_HZ)
    spectrum = np.abs(np.fft.rfft(heard[-RATE_HZ:]))
    assert spectrum.argmax() == pytest.approx(440, abs=2)
    assert np.abs(heard[RATE_HZ:]).max() == pytest.approx(5000, rel=0.1)


def test_dead_channels_do_not_make_it_softer():
    block = np.zeros((4, 4), np.int16)
    block[:, 2] = [10, -10, 20, -20]
    assert loudest_channel(block).tolist() == [10, -10, 20, -20]
    assert loudest_channel(np.zeros((4, 2), np.int16)).tolist() == [0] * 4


def test_a_microphone_that_was_lost_comes_back_by_itself():
    backend = ScriptedBackend(blocks(tone(1)), "busy", "busy", blocks(tone(1)))
    events = [event for event in run(backend) if not isinstance(event, Frame)]
    lost = MicrophoneLost(f"the microphone {USB.name!r} gives no sound")
    assert events == [MicrophoneOpened(USB.name), lost, MicrophoneLost("busy"), MicrophoneOpened(USB.name), lost]
    assert backend.open_streams == 0


def test_nothing_is_there_at_the_start():
    backend = ScriptedBackend(*["no microphone found"] * 6, blocks(tone(0.5)))
    events = [event for event in run(backend) if not isinstance(event, Frame)]
    assert events[:2] == [MicrophoneLost("no microphone found"), MicrophoneOpened(USB.name)]
    assert backend.looked_again >= 4


def test_retries_become_rarer_up_to_a_limit():
    backend = ScriptedBackend(*["gone"] * 8)
    run(backend)
    assert backend.clock.now_s > 0.5 + 1 + 2 + 4 + 8 + 8 + 8


def test_devices_are_not_looked_for_while_that_would_disturb():
    backend = ScriptedBackend(*["gone"] * 5)
    run(backend, may_rescan=lambda: False)
    assert backend.looked_again == 0


def test_who_waits_shows_that_it_lives():
    backend = ScriptedBackend("gone", "gone")
    clock = Clock()
    backend.microphone = Microphone(backend, clock_s=clock, sleep=clock.sleep, poll_s=0.2)
    assert sum(isinstance(event, Waiting) for event in backend.microphone.events()) >= 3


def test_a_microphone_that_gives_zeros_is_reported_once_and_its_return_too():
    zeros = np.zeros((48_000, 1), np.int16)
    backend = ScriptedBackend([zeros] * 12 + blocks(tone(1), 4800))
    events = [event for event in run(backend) if isinstance(event, MicrophoneSilent)]
    assert events == [MicrophoneSilent(True), MicrophoneSilent(False)]


def test_lost_sound_is_counted():
    sound = blocks(tone(1))
    backend = ScriptedBackend([*sound[:10], (sound[10], True), *sound[11:]])
    events = run(backend)
    assert [event for event in events if isinstance(event, FramesDropped)] == [FramesDropped(0.02)]
    assert backend.microphone.dropped_s == pytest.approx(0.02)


def test_a_listener_that_is_too_slow_loses_sound_and_not_memory():
    events = run(ScriptedBackend(blocks(tone(1))), queue_blocks=10)
    assert [event for event in events if isinstance(event, FramesDropped)] == [FramesDropped(pytest.approx(0.8))]
    assert sum(isinstance(event, Frame) for event in events) <= 10


def test_the_configured_device_is_taken_by_a_part_of_its_name():
    devices = [InputDevice(0, "HDMI", 48_000, 2), InputDevice(1, "ReSpeaker 4 Mic Array", 16_000, 6), USB]
    assert choose_input(devices, "respeaker") == devices[1]
    with pytest.raises(AudioError, match="'elsewhere'"):
        choose_input(devices, "elsewhere")


@pytest.mark.parametrize(
    ("names", "default", "best"),
    [
        (["Monitor of Built-in", "USB Audio"], None, "USB Audio"),
        (["bcm2835 HDMI 1", "default", "USB Microphone"], None, "USB Microphone"),
        (["Built-in", "default"], None, "default"),
        (["Built-in", "default", "USB Microphone"], 0, "Built-in"),
        (["Loopback: PCM (hw:0,1)", "pulse"], None, "pulse"),
    ],
)
def test_the_best_device_is_found(names, default, best):
    devices = [InputDevice(index, name, 48_000, 2) for index, name in enumerate(names)]
    assert choose_input(devices, None, default).name == best


def test_no_device_at_all_is_an_error_that_says_so():
    with pytest.raises(AudioError, match="no microphone found"):
        choose_input([InputDevice(0, "Monitor of Speaker", 48_000, 2)], None)


def test_without_portaudio_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(AudioError, match="libportaudio2"):
        portaudio()
