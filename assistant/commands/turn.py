"""Commands around one turn: ask, batch, transcribe, say, demo."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.config import load_config
from assistant.errors import AssistantError, AudioError, ModelError

if TYPE_CHECKING:
    from assistant.types import AudioClip

SOUND_SUFFIXES = {".wav", ".flac", ".ogg", ".mp3"}


def add_parser(commands: Any) -> None:
    """Declare the commands on argparse's sub-parsers."""
    ask = commands.add_parser("ask", help="one turn: a sentence or a recording in, an act and a spoken reply out")
    ask.add_argument("utterance", nargs="+", help="a sentence, or one sound file (WAV, FLAC, OGG or MP3)")
    ask.add_argument("--out", type=Path, metavar="WAV", help="write the spoken reply to this file")
    ask.add_argument("--json", action="store_true", help="print the result as one JSON object")
    ask.add_argument("--silent", action="store_true", help="do not speak")
    ask.add_argument("--area", help="the room that you are in")
    ask.add_argument(
        "--home", type=Path, metavar="FILE", help="an inventory (TOML or JSON) instead of the configured one"
    )
    ask.add_argument(
        "--confirm", choices=("ask", "yes"), default="ask", help="risky acts: ask first (default), or do them"
    )
    ask.set_defaults(run=run_ask)

    batch = commands.add_parser("batch", help="run a file of cases and write a result a line")
    batch.add_argument("cases", type=Path)
    batch.add_argument("--out", type=Path, required=True, metavar="JSONL")
    batch.add_argument(
        "--confirm", choices=("ask", "yes"), default="yes", help="risky acts: done (default), or asked about"
    )
    batch.set_defaults(run=run_batch)

    transcribe = commands.add_parser("transcribe", help="recognise the speech in sound files")
    transcribe.add_argument("files", nargs="+", type=Path, help="WAV, FLAC, OGG or MP3, any rate")
    transcribe.set_defaults(run=run_transcribe)

    say = commands.add_parser("say", help="speak a text to the sound card or into a file")
    say.add_argument("text", nargs="+", help="the words, quoted or not")
    say.add_argument("--out", type=Path, metavar="WAV", help="write the speech there instead of playing it")
    say.set_defaults(run=run_say)

    demo = commands.add_parser("demo", help="one turn on real sound, and one question, from end to end")
    demo.add_argument("recording", nargs="?", type=Path, help="a recording of your own instead of the spoken sample")
    demo.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="where the sounds are written")
    demo.set_defaults(run=run_demo)


def run_ask(args: argparse.Namespace) -> int:
    """One turn over the configured home: by the running assistant where there is one, else by this process."""
    path = Path(args.utterance[0])
    is_sound = len(args.utterance) == 1 and (path.suffix.lower() in SOUND_SUFFIXES or path.is_file())
    own = is_sound or args.out is not None or args.home is not None
    row, note = (None, None) if own else _asked_daemon(args)
    if row is None:
        row, note = _asked_here(args, path if is_sound else None)
    if args.json:
        print(json.dumps(row, ensure_ascii=False))
    else:
        _show(row, note)
    return 1 if row.get("error") else 0


def _asked_daemon(args: argparse.Namespace) -> tuple[dict[str, Any] | None, str | None]:
    """The turn's row from the running assistant; ``None`` where none runs."""
    from assistant.commands.run import client

    connection = client(args)
    if not connection.running():
        return None, None
    row = connection.call(
        "ask",
        text=" ".join(args.utterance),
        area=args.area or "",
        confirmed=args.confirm == "yes",
        speak=not args.silent,
    )
    if not isinstance(row, dict):
        raise AssistantError("the daemon's answer cannot be read")
    return dict(row), None if args.silent else "spoken by the running assistant"


def _asked_here(args: argparse.Namespace, sound: Path | None) -> tuple[dict[str, Any], str | None]:
    from assistant.evaluation.cases import result_row
    from assistant.parts import Parts

    utterance: str | AudioClip = " ".join(args.utterance)
    if sound is not None:
        from assistant.audio.files import load_clip

        utterance = load_clip(sound)
    with Parts(load_config(args.config), inventory=args.home) as parts:
        speak, mute = not args.silent, None
        try:
            _ = parts.voice if speak else None
        except ModelError as error:
            speak, mute = False, f"the reply is not spoken: {error}"
        waiting = len(parts.skill_parts.agenda.entries())
        with parts.reply_sink(args.out if speak else None, play=speak) as sink:
            result = parts.turn(speak=speak).run(
                utterance, parts.context(area=args.area), sink=sink, confirmed=args.confirm == "yes"
            )
        if len(parts.skill_parts.agenda.entries()) > waiting:
            print("assistant: it is kept, and rings once the assistant runs", file=sys.stderr)
        for problem in parts.understanding.sentence_problems:
            print(f"assistant: {problem}; the file is left out", file=sys.stderr)
    return result_row(result.turn_id, result), mute or sink.note


def _show(row: dict[str, Any], note: str | None) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    grid = Table.grid(padding=(0, 2))
    grid.add_row("[bold]heard", escape(row["transcript"]))
    for action in row.get("actions", ()):
        understood = {"intent": action["intent"], **action["slots"]}
        grid.add_row("[bold]done", escape(json.dumps(understood, ensure_ascii=False)))
    for device, state in row.get("states", {}).items():
        attributes = ", ".join(
            f"{k}={v}" for k, v in state["attributes"].items() if k not in ("device_class", "supported_features")
        )
        grid.add_row(
            "[bold]changed", escape(f"{device}: {state['state']}" + (f" ({attributes})" if attributes else ""))
        )
    grid.add_row("[bold]reply", escape(row.get("error") or row.get("reply", "")))
    if note:
        grid.add_row("[bold]sound", escape(note))
    console.print(grid)
    times = Table("stage", "ms", title=f"route: {row.get('route', 'none')}", title_justify="left")
    for stage, ms in row.get("ms", {}).items():
        times.add_row(stage, f"{ms:.1f}")
    console.print(times)


def run_batch(args: argparse.Namespace) -> int:
    """All cases over one set of models; a failed case is a line with ``error``, not the end."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from assistant.evaluation.batch import BatchRunner
    from assistant.evaluation.cases import read_cases

    cases = list(read_cases(args.cases))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    from rich.console import Console

    with (
        BatchRunner(load_config(args.config), confirmed=args.confirm == "yes") as runner,
        Progress(*columns, console=Console(stderr=True)) as progress,
    ):
        task = progress.add_task(args.cases.name, total=len(cases))
        errors = runner.run(cases, args.out, advance=lambda: progress.advance(task))
    if errors:
        print(
            f"assistant: {errors} of {len(cases)} cases ended in an error; see 'error' in {args.out}", file=sys.stderr
        )
    return 0


def run_transcribe(args: argparse.Namespace) -> int:
    """One JSON object a file."""
    from assistant.audio.files import load_clip
    from assistant.parts import Parts

    status = 0
    with Parts(load_config(args.config)) as parts:
        ears = parts.hearing.open_ears
        for path in args.files:
            try:
                transcript = ears.transcribe(load_clip(path))
            except AudioError as error:
                print(f"assistant: {error}", file=sys.stderr)
                status = 1
                continue
            words = [
                {"word": w.text, "start": round(w.start_s, 3), "end": round(w.end_s, 3), "conf": round(w.confidence, 3)}
                for w in transcript.words
            ]
            row = {"file": str(path), "text": transcript.text, "words": words, "ms": round(ears.last_total_ms, 1)}
            print(json.dumps(row, ensure_ascii=False), flush=True)
    return status


def run_say(args: argparse.Namespace) -> int:
    """Synthesis alone: by the running assistant where there is one, else by this process."""
    if args.out is None:
        from assistant.commands.run import client

        connection = client(args)
        if connection.running():
            return 0 if connection.call("say", text=" ".join(args.text)) else 1
    from assistant.parts import Parts

    with Parts(load_config(args.config)) as parts, parts.reply_sink(args.out, play=args.out is None) as sink:
        for clip in parts.voice.speak([" ".join(args.text)]):
            sink(clip)
    if sink.note:
        print(sink.note)
    return 0 if sink.heard else 1


def run_demo(args: argparse.Namespace) -> int:
    """The main job on real sound."""
    from assistant.demo import run_demo as demo

    if args.recording is not None and not args.recording.is_file():
        raise AssistantError(f"{args.recording}: no such file")
    return demo(load_config(args.config), args.recording, args.out, print)
