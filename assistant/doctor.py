"""What ``assistant doctor`` finds: machine, models, audio devices, memory, configuration, home, and how to mend each."""

from __future__ import annotations

import difflib
import errno
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.config import Config, load_config
from assistant.config.environment import find_config
from assistant.errors import AssistantError, AudioError
from assistant.types import Area, Device, Floor

Level = Literal["ok", "note", "wrong"]
MEMORY_NEEDED_MB = 1100
DISK_NEEDED_MB = 1200
STATE_NEEDED_MB = 50
STATE_PROBE_BYTES = 65_536
HOME_WAIT_S = 5.0
"""So long brokers and the like have to answer."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; ``mend`` says what to do where something is not as it should be."""

    subject: str
    level: Level
    text: str
    mend: str = ""


def examine(config_path: Path | None) -> Iterator[Finding]:
    """All findings, cheapest first. Never raises: what cannot be examined is itself a finding."""
    yield from _machine()
    try:
        config = load_config(config_path)
        source = config.source or find_config()
        yield Finding("configuration", "ok", str(source) if source else "none: every default holds")
    except AssistantError as error:
        yield Finding("configuration", "wrong", str(error), "correct the line, then run this again")
        config = Config()
    checks = (
        ("state", _state),
        ("models", _models),
        ("sound", _sound),
        ("microphone", _microphone),
        ("wake word", _wake_words),
        ("home", _home),
        ("names", _names),
        ("sentences", _sentences),
    )
    for subject, check in checks:
        yield from _guarded(subject, config, check)


def _guarded(subject: str, config: Config, check: Callable[[Config], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check(config)
    except AssistantError as error:
        yield Finding(subject, "wrong", str(error.args[0]), error.mend or "")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        yield Finding(subject, "wrong", f"{where}{error.strerror or error}")
    except ImportError as error:
        yield Finding(subject, "wrong", f"a part is not installed: {error}", "run scripts/setup")


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip("\0\n ")
    except OSError:
        return ""


def _machine() -> Iterator[Finding]:
    board = _read("/proc/device-tree/model") or platform.machine()
    yield Finding(
        "machine", "ok", f"{board}, {platform.system()} {platform.release()}, Python {sys.version.split()[0]}"
    )
    memory = {
        name: int(value.split()[0]) // 1024
        for name, _, value in (line.partition(":") for line in _read("/proc/meminfo").splitlines())
        if value.split()
    }
    free = memory.get("MemAvailable", 0)
    level: Level = "ok" if free >= MEMORY_NEEDED_MB else "wrong"
    yield Finding(
        "memory",
        level,
        f"{free} MB free of {memory.get('MemTotal', 0)} MB",
        ""
        if level == "ok"
        else f"about {MEMORY_NEEDED_MB} MB are needed with every model loaded: stop other programs, or lower llm.context",
    )
    temperature = _read("/sys/class/thermal/thermal_zone0/temp")
    if temperature.isdigit():
        degrees = int(temperature) / 1000
        hot = degrees >= 80
        yield Finding(
            "temperature", "wrong" if hot else "ok", f"{degrees:.0f} °C", "give it a fan or a heat sink" if hot else ""
        )
    throttled = _read("/sys/devices/platform/soc/soc:firmware/get_throttled")
    if throttled and int(throttled, 16) & 0xF:
        yield Finding("power", "wrong", f"the board slows itself down (0x{throttled})", "use the official power supply")


def _state(config: Config) -> Iterator[Finding]:
    """Whether timers, lists, names and what was learned can be kept."""
    folder = config.paths.state
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as probe:
            probe.write(bytes(STATE_PROBE_BYTES))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        full = error.errno == errno.ENOSPC
        mend = "free space" if full else "see who owns it; a card that has become read-only is worn out: replace it"
        yield Finding("state", "wrong", f"{folder}: cannot be written: {error.strerror}; nothing is kept", mend)
        return
    for aside in sorted(folder.glob("*.broken")):
        yield Finding(
            "state",
            "note",
            f"{aside}: could not be read and was set aside; what it held began anew",
            "look whether a backup has it ('assistant restore'), then take the file away",
        )
    free = shutil.disk_usage(folder).free // 2**20
    low = free < STATE_NEEDED_MB
    yield Finding(
        "state", "note" if low else "ok", f"{folder}: {free} MB free", "free space before it is full" if low else ""
    )


def _models(config: Config) -> Iterator[Finding]:
    from assistant.models.installed import resolve

    for name in (config.asr.model, config.llm.model, config.tts.voice, "minilm-l6-v2-int8"):
        try:
            found = resolve(name, config.paths.models)
        except AssistantError as error:
            yield Finding("model", "wrong", str(error.args[0]), error.mend or "")
            continue
        stand_in = found.name != name
        yield Finding(
            "model",
            "note" if stand_in else "ok",
            f"{name}: {found.directory} (sizes; 'assistant models verify' reads every byte)",
            f"{found.name} stands in; 'assistant models fetch {name}' gets the real one" if stand_in else "",
        )
    yield from _own_voice(config)
    directory = config.paths.models if config.paths.models.exists() else Path.home()
    free = shutil.disk_usage(directory).free // 2**20
    if free < DISK_NEEDED_MB:
        yield Finding("disk", "note", f"{free} MB free at {directory}", "remove something before fetching models")


def _own_voice(config: Config) -> Iterator[Finding]:
    """What speaks where the configured voice is one of another language, and which model would do it better."""
    from assistant.parts.voices import installed_voice, voice_language, voices_of

    language = config.assistant.language.partition("-")[0]
    if voice_language(config.tts.voice) in (language, None):
        return
    installed = installed_voice(language, config.paths.models)
    if installed is not None:
        yield Finding("voice", "ok", f"{installed.name} speaks {language}")
        return
    others = voices_of(language)
    mend = f"'assistant models fetch {others[0]}' gets one" if others else ""
    yield Finding("voice", "note", f"no voice of {language} is installed: espeak-ng speaks", mend)


def _sound(config: Config) -> Iterator[Finding]:
    from assistant.audio.playback import find_output

    output = find_output(config.audio.output)
    if output is not None:
        yield Finding("sound", "ok", f"loudspeaker: {output.name}")
    elif config.audio.output:
        yield Finding(
            "sound", "wrong", f"no loudspeaker whose name has {config.audio.output!r}", "correct audio.output"
        )
    else:
        yield Finding("sound", "note", "no loudspeaker", "plug one in, or write replies to a file with --out")


def _microphone(config: Config) -> Iterator[Finding]:
    from assistant.audio.devices import find_input

    try:
        device = find_input(config.audio.input)
    except AudioError as error:
        level: Level = "wrong" if config.audio.input else "note"  # one that is named is meant to be there
        yield Finding("microphone", level, str(error), "plug one in, or set audio.input to a part of its name")
        return
    yield Finding("microphone", "ok", f"{device.name}, {device.rate_hz} Hz")


def _wake_words(config: Config) -> Iterator[Finding]:
    from assistant.service.waking import load_recogniser, wake_engine

    wake_engine(config.wake.words, config.wake.sensitivity, config, load_recogniser(config))
    yield Finding("wake word", "ok", ", ".join(config.wake.words) or "none: it listens when it is asked to")


def _sentences(config: Config) -> Iterator[Finding]:
    """The user's own sentences: errors name file, line and rule."""
    if config.home.sentences is None:
        return
    from assistant.home.house import open_house
    from assistant.home.sources import configured_sources
    from assistant.nlu.actions import SetStates
    from assistant.nlu.templates import load_templates

    own = load_templates(config.assistant.language, [config.home.sentences])
    known = {device.id for device in open_house(config.home.inventory, None).snapshot().devices}
    for name, actions in own.own.actions.items() if not configured_sources(config, config.home.inventory) else ():
        wanted = {device for action in actions if isinstance(action, SetStates) for device in action.states}
        for device in sorted(wanted - known):
            if "{" not in device:  # a slot says which
                near = difflib.get_close_matches(device, known, n=1)
                mend = f"did you mean {near[0]}?" if near else "'assistant devices' lists them"
                yield Finding("sentences", "wrong", f"the intent {name} sets {device}, which this home has not", mend)
    text = f"{config.home.sentences}: {len(own.custom)} intents of your own, {len(own.own.actions)} with actions"
    yield Finding("sentences", "ok", text)


def _home(config: Config) -> Iterator[Finding]:
    from assistant.home.house import open_house
    from assistant.home.sources import configured_sources

    sources = configured_sources(config, config.home.inventory)
    house = open_house(config.home.inventory, None, config.assistant.language, sources=sources)
    with house.connections:
        house.connections.wait_ready(HOME_WAIT_S)
        for status in house.connections.status():
            mend = "" if status.connected else "see that it runs, and that the address and the password are right"
            yield Finding(status.name, "ok" if status.connected else "wrong", status.detail or "connected", mend)
        home = house.snapshot()
    where = config.home.inventory or ("found" if sources else "the built-in simulated home")
    yield Finding("home", "ok", f"{where}: {len(home.areas)} areas, {len(home.devices)} devices")


def _names(config: Config) -> Iterator[Finding]:
    """Names that the recogniser cannot hear, or hears by words that only sound like them."""
    from assistant.han import has_no_spaces

    if has_no_spaces(config.assistant.language):  # its recogniser is not helped by this home's names
        return
    from assistant.asr.bias import pronunciations
    from assistant.asr.vosk_engine import VoskModel
    from assistant.home.house import open_house
    from assistant.models.installed import resolve

    home = open_house(config.home.inventory, None).snapshot()
    named: list[Floor | Area | Device] = [*home.floors, *home.areas, *home.devices]
    things = [(thing.name, *thing.aliases) for thing in named]
    model = VoskModel(resolve(config.asr.model, config.paths.models).directory)
    said = {p.name: p for p in pronunciations([name for names in things for name in names], model)}
    deaf = [names[0] for names in things if not any(said[name].spoken for name in names)]
    guessed = [said[names[0]] for names in things if all(said[name].guessed or not said[name].spoken for name in names)]
    guessed = [name for name in guessed if name.guessed and name.spoken]
    if deaf:
        mend = "give each an alias that is written as it is said"
        yield Finding("names", "wrong", f"cannot be heard: {_listed(deaf)}", mend)
    if guessed:
        likeness = _listed([f"{p.name} as '{p.spoken}'" for p in guessed])
        mend = "where one is not understood, give it an alias in English words that sound like it"
        yield Finding("names", "note", f"not in the dictionary, listened for by likeness: {likeness}", mend)
    if not deaf and not guessed:
        yield Finding("names", "ok", f"all {len(said)} can be heard")


def _listed(texts: Sequence[str], most: int = 12) -> str:
    texts = list(dict.fromkeys(texts))
    return ", ".join(texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")
