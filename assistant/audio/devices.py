"""Sound devices: which microphone to take, by a part of its name, or the best one found.

This module and ``playback`` are the only ones that import sounddevice.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant.errors import AudioError

PORTAUDIO_LOCK = threading.RLock()
"""PortAudio opens, closes and looks for devices in one thread at a time."""

# Names that stand for whatever the sound system routes, and those that are no microphone at all.
ROUTED = ("default", "sysdefault", "pulse", "pipewire")
NO_MICROPHONE = ("monitor of", ".monitor", "loopback", "hdmi", "null", "dmix", "surround", "iec958", "spdif")
LIKELY_MICROPHONES = ("usb", "mic", "respeaker", "seeed", "array", "jabra", "anker", "conference", "webcam")


@dataclass(frozen=True, slots=True)
class InputDevice:
    """A microphone: PortAudio's index, its name, its own rate and how many channels it has."""

    index: int
    name: str
    rate_hz: int
    channels: int


def list_inputs() -> tuple[InputDevice, ...]:
    """All devices that can record, in PortAudio's order. Raises AudioError where there is no PortAudio."""
    sounddevice = portaudio()
    try:
        devices = sounddevice.query_devices()
    except sounddevice.PortAudioError as error:
        raise AudioError(f"the sound devices cannot be listed: {error}") from error
    return tuple(
        InputDevice(index, str(device["name"]), int(device["default_samplerate"]), int(device["max_input_channels"]))
        for index, device in enumerate(devices)
        if device["max_input_channels"] > 0
    )


def choose_input(devices: Sequence[InputDevice], pattern: str | None, default: int | None = None) -> InputDevice:
    """The device whose name has ``pattern`` in it, or the best one; ``default``: the system's choice, by index.

    Without a pattern, what the sound system routes (PipeWire, PulseAudio, ALSA's default) comes first where it is
    there, then real microphones, never a monitor of a loudspeaker. Raises AudioError where there is none.
    """
    if pattern is not None:
        devices = [device for device in devices if pattern.lower() in device.name.lower()]
        if not devices:
            raise AudioError(f"no microphone whose name has {pattern!r}", mend="see 'assistant doctor', plug it in")
        return devices[0]
    usable = [d for d in devices if not any(word in d.name.lower() for word in NO_MICROPHONE)]
    if not usable:
        raise AudioError("no microphone found", mend="plug one in")
    return min(usable, key=lambda device: _rank(device, default))


def _rank(device: InputDevice, default: int | None) -> tuple[int, int, int]:
    name = device.name.lower()
    if device.index == default:
        kind = 0
    elif any(word in name for word in LIKELY_MICROPHONES):
        kind = 1
    elif name in ROUTED:
        kind = 2
    else:
        kind = 3
    # A device with 128 "channels" is a plug-in, no microphone array.
    return kind, int(device.channels > 16), device.index


def find_input(pattern: str | None) -> InputDevice:
    """The microphone to use now. Raises AudioError where there is none."""
    default = portaudio().default.device[0]
    return choose_input(list_inputs(), pattern, default if default is not None and default >= 0 else None)


def rescan() -> None:
    """Let PortAudio look for devices again: it only does so when it starts. Every open stream is closed by it."""
    sounddevice = portaudio()
    try:
        with PORTAUDIO_LOCK:
            # sounddevice has no public name for it.
            sounddevice._terminate()
            sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise AudioError(f"the sound system does not start: {error}") from error


def portaudio() -> Any:
    """The sounddevice module. Raises AudioError where the PortAudio library is missing, or no sound system is."""
    try:
        import sounddevice
    except (OSError, ImportError) as error:
        raise AudioError("PortAudio is not installed", mend="install libportaudio2") from error
    return sounddevice
