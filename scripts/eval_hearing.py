"""Measure the ear on the public recordings: word error rate, orders heard in noise, the rule's errors, times, memory.

Every figure of docs/hearing.md comes from here. The recordings lie beside the repository (../shared/eval/dev).
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
DEV = ROOT.parent / "shared" / "eval" / "dev"
sys.path.insert(0, str(DEV.parent))

import datetime as dt  # noqa: E402

from assistant.asr.bias import Bias, compile_template_bias  # noqa: E402
from assistant.asr.decoders import MOST_HEARD_S, Bound  # noqa: E402
from assistant.asr.ears import HomeEars  # noqa: E402
from assistant.asr.lexicon import Lexicon  # noqa: E402
from assistant.asr.network import Sentences  # noqa: E402
from assistant.asr.numbers import english_numbers  # noqa: E402
from assistant.asr.packing import pack, unpack  # noqa: E402
from assistant.asr.vosk_engine import VoskModel  # noqa: E402
from assistant.audio.files import join_clips, load_clip  # noqa: E402
from assistant.audio.noise import add_noise, babble, room_noise  # noqa: E402
from assistant.bench.probe import memory_mb  # noqa: E402
from assistant.config import Config  # noqa: E402
from assistant.evaluation.voices import Voices  # noqa: E402
from assistant.home.house import House  # noqa: E402
from assistant.home.inventory import load_inventory  # noqa: E402
from assistant.machine.memory import give_back  # noqa: E402
from assistant.models.installed import resolve  # noqa: E402
from assistant.nlu.matcher import SentenceMatcher  # noqa: E402
from assistant.parts.skills import SkillParts  # noqa: E402
from assistant.skills.heard import heard_sentences  # noqa: E402
from assistant.tts.piper import PiperVoiceEngine  # noqa: E402
from assistant.types import Area, AudioClip, Device, Home, TurnContext  # noqa: E402

SNRS_DB = (24, 21, 18, 15, 12, 9, 6)


@dataclass(frozen=True, slots=True)
class Case:
    """One recording and what it should be heard as."""

    clip: AudioClip
    expect: dict[str, Any]


def cases(name: str) -> list[Case]:
    rows = [json.loads(line) for line in (DEV / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [Case(load_clip(DEV / row["audio"]), row["expect"]) for row in rows]


def home() -> Home:
    return load_inventory(DEV / "homes" / "intents-en.json")


def synthetic_home(devices: int) -> Home:
    rooms = "kitchen,bedroom,bathroom,hall,office,attic,cellar,garage,nursery,library,studio,pantry".split(",")
    things = (
        "ceiling light,floor lamp,desk lamp,fan,heater,blind,curtain,speaker,socket,window sensor,lock,valve".split(",")
    )
    domains = "light,light,light,fan,climate,cover,cover,media_player,switch,binary_sensor,lock,valve".split(",")
    adjectives = "left,right,big,small,old,new,red,blue,green,front,back,upper,lower,middle".split(",")
    made = []
    for number in range(devices):
        room, thing = rooms[number % 12], number // 12 % 12
        name = (
            f"{adjectives[number // 144 % 14]} {room} {things[thing]}" if number >= 144 else f"{room} {things[thing]}"
        )
        made.append(Device(f"{domains[thing]}.d{number}", name, area=room.title()))
    return Home(areas=tuple(Area(room.title()) for room in rooms), devices=tuple(made))


def bias_of(house: Home, model: VoskModel, custom: list[Path], *, skills: bool = True) -> tuple[Bias, SentenceMatcher]:
    matcher = SentenceMatcher(house, custom=custom)
    intents, lists = matcher.templates()
    return compile_template_bias(intents, lists, Lexicon(model), also=also() if skills else ()), matcher


def also() -> list[Sentences]:
    """The skills' sentences, as the assistant gives them to the ear."""
    heard = heard_sentences("en")
    return [Sentences(heard.intents, heard.open)] if heard is not None else []


def word_errors(ears: HomeEars, spoken: list[Case]) -> tuple[int, int, int]:
    """(errors, words, clips that were taken for a sentence of the house)."""
    from score import edit_distance, words  # type: ignore[import-not-found]  # ../shared/eval, on the path by now

    errors = total = taken = 0
    for case in spoken:
        heard = ears.transcribe(case.clip)
        want = words(case.expect["transcript"])
        errors += edit_distance(want, words(heard.text))
        total += len(want)
        taken += heard.biased
    return errors, total, taken


def order_is_right(text: str, matcher: SentenceMatcher, expect: dict[str, Any]) -> bool:
    intent = matcher.match_verbatim(text, TurnContext(now=dt.datetime.now().astimezone()), custom=True)
    return (
        intent is not None
        and intent.name == expect["intent"]
        and all(intent.slots.get(k) == v for k, v in expect["slots"].items())
    )


def noises(kind: str, duration_s: float, seed: int) -> AudioClip:
    if kind == "room":
        return room_noise(duration_s, seed=seed)
    if kind == "talk":
        return babble([case.clip for case in cases("speech") if len(case.clip.samples) > 32000], duration_s, seed=seed)
    return load_clip(DEV / "wake" / "none" / f"gsc-background-{kind}.flac")


def speech_part(args: argparse.Namespace, model: VoskModel) -> Iterator[str]:
    spoken = cases("speech")
    biases = {"open vocabulary alone": None, "home": bias_of(home(), model, [])[0]}
    biases["coffee machine"] = bias_of(Home(), model, [DEV / "coffee-sentences"])[0]
    for name, bias in biases.items():
        ears = HomeEars(model, bias)
        errors, total, taken = word_errors(ears, spoken)
        yield f"speech, {name}: word error rate {100 * errors / total:.2f} % of {total} words; taken for a command: {taken}"


def coffee_part(args: argparse.Namespace, model: VoskModel) -> Iterator[str]:
    bias, matcher = bias_of(Home(), model, [DEV / "coffee-sentences"])
    ears = HomeEars(model, bias)
    orders = cases("coffee")[args.first :: args.every]
    shares: dict[str, list[float]] = {}
    for kind, snr in [("none", None), *((kind, snr) for kind in args.noise for snr in args.snr)]:
        right, begun = 0, time.process_time()
        for number, case in enumerate(orders):
            clip = case.clip
            if snr is not None:
                clip = add_noise(clip, noises(kind, clip.duration_s + 1, number), snr, seed=number)
            heard = ears.transcribe(clip)
            good = order_is_right(heard.text, matcher, case.expect)
            right += good
            if args.failures and not good:
                yield f"  {heard.text!r} ({heard.biased}, {heard.confidence:.2f}) for {list(case.expect['slots'].values())}"
        share = 100 * right / len(orders)
        if snr is not None:
            shares.setdefault(kind, []).append(share)
        what = "clean" if snr is None else f"{kind} at {snr} dB"
        yield f"coffee, {what}: {share:.1f} % of {len(orders)} ({time.process_time() - begun:.0f} s)"
    for kind, values in shares.items():
        yield f"coffee, {kind}, mean of {len(values)} levels: {sum(values) / len(values):.1f} %"


OPEN_TALK = """
who wrote hamlet|what is the capital of australia|tell me a story about a dragon and a princess|why is the sky blue
how do airplanes stay in the air|i had a long day at the office today|who was the first man on the moon
explain how a rainbow comes about|the weather was lovely when we went to the lake|do you like to read books
what is the difference between a crocodile and an alligator|how many people live in china|my sister is coming over for dinner
what does photosynthesis mean|who painted the mona lisa|can you write a poem about autumn leaves|i think that we should leave early
why do cats purr|what should i cook for dinner with rice and tomatoes|how far away is the moon
"""


def said(model: VoskModel, every: int) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]], Callable[[str], Any]]:
    """Sentences of docs/skills.md and open talk, each with what the skills read of it, and their reader."""
    parts = SkillParts(Config(), store_path=None)
    skills = parts.conversation(House.from_home(home()))
    rows = [line.split(" | ")[0].strip("| ") for line in (ROOT / "docs" / "skills.md").read_text("utf-8").splitlines()]
    known = [(row, skills.read(row)) for row in dict.fromkeys(rows)]
    talk = [(text, skills.read(text)) for text in OPEN_TALK.replace("\n", "|").strip("|").split("|")]
    return [(row, reading) for row, reading in known if reading is not None][::every], talk, skills.read


def skills_part(args: argparse.Namespace, model: VoskModel) -> Iterator[str]:
    """Sentences of the skills, said by voices: words wrong, and those of which the skills read the same."""
    from score import edit_distance, words  # ../shared/eval, on the path by now

    sentences, talk, read = said(model, args.every)
    voices = Voices(lambda text: join_clips(list(piper.synthesize(text))))
    piper = PiperVoiceEngine(resolve(Config().tts.voice, Config().paths.models).directory)
    biases = {
        "open vocabulary alone": None,
        "house alone": bias_of(home(), model, [], skills=False)[0],
        "house and skills": bias_of(home(), model, [])[0],
    }
    biases = {name: bias for name, bias in biases.items() if args.only in name}
    clips = {text: voices.say(text, text) for text, _reading in (*sentences, *talk)}
    for name, bias in biases.items():
        ears = HomeEars(model, bias)
        for what, rows in (("skill sentences", sentences), ("open talk", talk)):
            errors = total = right = taken = 0
            for text, reading in rows:
                heard = ears.transcribe(clips[text])
                want, got = words(spelled(text)), words(spelled(heard.text))
                wrong = edit_distance(want, got)
                same = read(heard.text) == reading
                errors, total, right, taken = errors + wrong, total + len(want), right + same, taken + heard.biased
                if args.failures and (not same or (heard.biased and what == "open talk")):
                    yield f"  {heard.text!r} ({heard.biased}) for {text!r}"
            yield (
                f"skills, {what}, {name}: word error rate {100 * errors / total:.1f} % of {total} words; read right: "
                f"{right} of {len(rows)}; taken for a sentence of the house: {taken}"
            )


def spelled(text: str) -> str:
    """Numbers as they are said, so that "10" and "ten" are the same."""
    text = re.sub(r"\d+(?:\.\d+)?", lambda found: english_numbers(found[0])[0], text.lower().replace("%", " percent"))
    return text.replace("-", " ").replace("what's", "what is")


def bias_part(args: argparse.Namespace, model: VoskModel) -> Iterator[str]:
    for devices in (20, 200, 1000):
        matcher = SentenceMatcher(synthetic_home(devices))
        intents, lists = matcher.templates()
        lexicon = Lexicon(model)
        skills = also()
        before = memory_mb()["pss"]
        begun = time.process_time()
        bias = compile_template_bias(intents, lists, lexicon, also=skills)
        compiled = time.process_time()
        ears = HomeEars(model, bias)
        ready = time.process_time()
        ears.bias = compile_template_bias(intents, lists, lexicon, also=skills)
        again = time.process_time()
        give_back()
        yield (
            f"bias, {devices} devices: {bias.sentences} sentences, compiled in {compiled - begun:.2f} s, decoder "
            f"{ready - compiled:.2f} s, both again {again - ready:.2f} s, read from the disk in {_read_s(bias):.3f} s, "
            f"{len(pack(bias)) / 1e6:.2f} MB there, {memory_mb()['pss'] - before:.0f} MB more in memory"
        )


def _read_s(bias: Bias) -> float:
    data = pack(bias)
    begun = time.process_time()
    unpack(data)
    return time.process_time() - begun


def memory_part(args: argparse.Namespace, model: VoskModel) -> Iterator[str]:
    """What each part of the ear holds, in a home of 60-odd entities; memory that is free is given back before each look."""

    before = 0.0

    def look(what: str) -> str:
        give_back()
        nonlocal before
        now = memory_mb()["pss"]
        grown, before = now - before, now
        return f"memory, {what}: {now:.0f} MB proportional, {grown:+.0f}"

    yield look("Python, templates and Vosk's model")
    bias, _matcher = bias_of(home(), model, [])
    yield look("with the bias compiled")
    data = pack(bias)
    yield f"memory, the bias on the disk: {len(data) / 1e6:.2f} MB"
    ears = HomeEars(model, bias)
    yield look("with decoders")
    clips = [case.clip for case in cases("coffee")[:24]]
    for first in range(0, len(clips), 6):
        for clip in clips[first : first + 6]:
            ears.transcribe(clip)
        yield look(f"after {first + 6} utterances")


def decoders_part(args: argparse.Namespace, model: VoskModel) -> Iterator[str]:
    """What decoders hold, and the computing, by how many seconds the waiting ones may have heard."""
    bias, _matcher = bias_of(home(), model, [])
    clips = [case.clip for name in ("speech", "coffee") for case in cases(name)[:40]]
    random.Random(5).shuffle(clips)
    ways = [(24.0, True), (MOST_HEARD_S, False), (MOST_HEARD_S, True), (72.0, True), (math.inf, True)]
    for most_s, prepared in ways:
        give_back()
        before = memory_mb()["own"]
        ears = HomeEars(model, bias, Bound(most_s))
        held, worked_s = [], 0.0
        for clip in clips:
            ears.transcribe(clip)
            worked_s += ears.last_total_ms / 1000
            if prepared:
                ears.prepare()
            give_back()
            held.append(memory_mb()["own"] - before)
        way = f"up to {most_s:.0f} s heard{'' if prepared else ', not made ready'}"
        yield (
            f"decoders, {way}: {statistics.median(held):.0f} MB (median), {max(held):.0f} at the most; "
            f"{worked_s:.1f} s of work for {len(clips)} utterances of {sum(clip.duration_s for clip in clips):.0f} s"
        )
        del ears


def times_part(args: argparse.Namespace, model: VoskModel) -> Iterator[str]:
    spoken = cases("coffee")[::6]
    seconds = sum(case.clip.duration_s for case in spoken)
    bias, _matcher = bias_of(home(), model, [DEV / "coffee-sentences"])
    for name, ears in (("one decoder", HomeEars(model)), ("two decoders", HomeEars(model, bias))):
        waits = []
        begun = time.process_time()
        for case in spoken:
            ears.transcribe(case.clip)
            waits.append(ears.last_wait_ms)
        waits.sort()
        rate = (time.process_time() - begun) / seconds
        yield f"times, {name}: real-time factor {rate:.3f}, after the last audio {waits[len(waits) // 2]:.0f} ms (median)"


PARTS = {
    "speech": speech_part,
    "coffee": coffee_part,
    "bias": bias_part,
    "times": times_part,
    "memory": memory_part,
    "decoders": decoders_part,
    "skills": skills_part,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=f"of: {', '.join(PARTS)}")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth order")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="of the orders, begin at this one")
    parser.add_argument("--snr", type=int, nargs="*", default=list(SNRS_DB), metavar="DB")
    parser.add_argument(
        "--noise", nargs="*", default=["doing_the_dishes", "room", "talk"], help="room, talk, or a recording's name"
    )
    parser.add_argument("--only", default="", metavar="WORDS", help="of the skills' biases, those so named")
    parser.add_argument("--failures", action="store_true", help="show what was heard wrong")
    args = parser.parse_args()
    if not DEV.is_dir():
        print(f"the recordings are not there: {DEV}", file=sys.stderr)
        return 1
    model = VoskModel(Config().paths.models / Config().asr.model)
    for part in args.parts:
        for line in PARTS[part](args, model):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
