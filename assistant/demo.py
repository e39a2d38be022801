"""The demonstration: a command spoken into a noisy room, recognised, carried out and answered; then a question.

It uses a home in memory, so that it shows the same thing each time and touches nothing of the user's.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assistant.audio.files import load_clip, save_clip, to_mono_16k
from assistant.audio.noise import add_noise, room_noise
from assistant.config import Config
from assistant.errors import AssistantError, StorageError
from assistant.home.house import open_house
from assistant.parts import Parts
from assistant.types import AudioClip, TurnResult

COMMAND = "Turn on the kitchen light."
QUESTION = "Why is the sky blue?"
NOISE_SNR_DB = 15.0


def run_demo(config: Config, recording: Path | None, out: Path, say: Callable[[str], object]) -> int:
    """Run both turns, writing every sound into ``out``; ``say`` gets each line of the story. 0 where all went well."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{out}: cannot be made: {error.strerror}") from error
    with Parts(config) as parts:
        say("1. A command, spoken in a noisy kitchen")
        if recording is not None:
            command = load_clip(recording)
            say(f"   your recording: {recording} ({command.duration_s:.1f} s)")
        else:
            command = _in_a_room(parts.say(COMMAND), out / "command.wav")
            say(f"   {COMMAND!r} with room noise at {NOISE_SNR_DB:.0f} dB: {out / 'command.wav'}")
        first = _turn(parts, command, out / "reply.wav", say)
        say("2. A question that only the language model can answer")
        question = _in_a_room(parts.say(QUESTION), out / "question.wav")
        second = _turn(parts, question, out / "answer.wav", say)
    if recording is None and not first.states:
        raise AssistantError("the demonstration's command changed nothing; run 'assistant doctor'")
    return 1 if first.error or second.error or not second.reply else 0


def _in_a_room(clip: AudioClip, path: Path) -> AudioClip:
    noisy = add_noise(to_mono_16k(clip), room_noise(clip.duration_s, seed=1), NOISE_SNR_DB)
    save_clip(noisy, path)
    return noisy


def _turn(parts: Parts, clip: AudioClip, reply: Path, say: Callable[[str], object]) -> TurnResult:
    house = open_house(parts.config.home.inventory, None)
    mind = parts.mind_for(house)
    turn = parts.turn(house=house, mind=mind, ears=parts.hearing.ears_for(mind), talk=parts.talk(), speak=True)
    with parts.reply_sink(reply, play=True) as sink:
        result = turn.run(clip, parts.context(), sink=sink)
    say(f"   heard:    {result.transcript}")
    for device, state in result.states.items():
        say(f"   changed:  {device} is now {state.state}")
    say(f"   reply:    {result.error or result.reply}   [{result.route}]")
    say(f"   sound:    {sink.note}")
    say("   times:    " + ", ".join(f"{stage} {ms:.0f} ms" for stage, ms in result.ms.items()))
    return result
