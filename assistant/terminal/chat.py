"""``assistant chat``: a conversation with the language model, as users of ``ollama run`` know it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.config import Config
from assistant.errors import AssistantError, ConfigError
from assistant.llm.requests import ChatMessage, Finished, GenerateRequest, Output, Piece
from assistant.llm.sampling import Sampling
from assistant.terminal.sources import Source, local_source, remote_source

HELP = """\
/set system TEXT        the system prompt of this conversation
/set temperature N      0 (always the same) to 2; also: top_p, top_k, num_predict, seed
/set format json        answers are JSON; /set noformat ends it
/set verbose            figures after each answer; /set quiet ends it
/show                   what is set
/clear                  a new conversation
/save FILE, /load FILE  keep the conversation, take it up again
/bye                    end (so does Ctrl+D)
\"\"\"                     begins and ends a message of several lines"""
NUMBERS = {"temperature": float, "top_p": float, "top_k": int, "seed": int}


@dataclass(slots=True)
class Chat:
    """One conversation. ``feed`` takes a line and gives what is to be shown, piece by piece."""

    source: Source
    request: GenerateRequest
    system: str = ""
    verbose: bool = False
    messages: list[ChatMessage] = field(default_factory=list)
    over: bool = False

    def feed(self, line: str) -> Iterator[str]:
        """A message, or a command that begins with ``/``."""
        if line.startswith("/"):
            yield self._command(line)
        elif line.strip():
            yield from self._answer(line)

    def _answer(self, text: str) -> Iterator[str]:
        asked = [*self.messages, ChatMessage("user", text)]
        system = [ChatMessage("system", self.system)] if self.system else []
        said: list[str] = []
        end: Finished | None = None
        outputs: Iterator[Output] = self.source(replace(self.request, messages=(*system, *asked)))
        for output in outputs:
            if isinstance(output, Piece):
                said.append(output.text)
                yield output.text
            elif isinstance(output, Finished):
                end = output
        self.messages = [*asked, ChatMessage("assistant", "".join(said))]
        if self.verbose and end is not None:
            yield _figures(end)

    def _command(self, line: str) -> str:
        name, _, rest = line[1:].strip().partition(" ")
        try:
            match name:
                case "bye" | "exit" | "quit":
                    self.over = True
                    return ""
                case "?" | "help":
                    return HELP
                case "clear":
                    self.messages = []
                    return "a new conversation"
                case "show":
                    return self._shown()
                case "set":
                    return self._set(*rest.split(None, 1))
                case "save":
                    return self._save(Path(rest))
                case "load":
                    return self._load(Path(rest))
        except (ValueError, TypeError, OSError, KeyError) as error:
            return f"that cannot be: {error}"
        return f"unknown command '/{name}'; /? shows them all"

    def _set(self, what: str = "", value: str = "") -> str:
        sampling = self.request.sampling
        if what == "system":
            self.system = value.strip("\"'")
        elif what in NUMBERS:
            self.request = replace(self.request, sampling=replace(sampling, **{what: NUMBERS[what](value)}))
        elif what == "num_predict":
            self.request = replace(self.request, max_tokens=int(value) if int(value) > 0 else None)
        elif what == "format" and value == "json":
            self.request = replace(self.request, schema="json")
        elif what == "noformat":
            self.request = replace(self.request, schema=None)
        elif what in ("verbose", "quiet"):
            self.verbose = what == "verbose"
        else:
            return "/set system|temperature|top_p|top_k|seed|num_predict|format|noformat|verbose|quiet"
        return f"{what} is set"

    def _shown(self) -> str:
        sampling = self.request.sampling
        rows = {
            "system": self.system or "(the model's own)",
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "format": "schema" if isinstance(self.request.schema, dict) else self.request.schema or "text",
            "messages": len(self.messages),
        }
        return "\n".join(f"{name:12} {value}" for name, value in rows.items())

    def _save(self, path: Path) -> str:
        rows = [{"role": message.role, "content": message.text} for message in self.messages]
        path.write_text(json.dumps({"system": self.system, "messages": rows}, ensure_ascii=False, indent=1) + "\n")
        return f"{path}: {len(rows)} messages"

    def _load(self, path: Path) -> str:
        kept = json.loads(path.read_text(encoding="utf-8"))
        messages = [ChatMessage(row["role"], str(row["content"])) for row in kept["messages"]]
        self.system, self.messages = str(kept.get("system", "")), messages
        return f"{path}: {len(messages)} messages"


def _figures(end: Finished) -> str:
    prompt_s, answer_s = end.prompt_ns / 1e9, end.answer_ns / 1e9
    rate = end.answer_tokens / answer_s if answer_s else 0.0
    return (
        f"\n\nprompt {end.prompt_tokens} tokens ({end.reused_tokens} known) in {prompt_s:.2f} s; "
        f"answer {end.answer_tokens} tokens in {answer_s:.2f} s, {rate:.1f} a second"
    )


def read_schema(path: Path) -> dict[str, object]:
    """A JSON schema from a file. Raises ConfigError."""
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(schema, dict):
        raise ConfigError(f"{path}: a JSON schema is an object")
    return schema


def chat(args: argparse.Namespace, config: Config) -> int:
    """Run ``assistant chat``; the exit status."""
    llm = config.llm
    temperature = llm.temperature if args.temperature is None else args.temperature
    request = GenerateRequest(
        schema=read_schema(args.json_schema) if args.json_schema else None,  # type: ignore[arg-type]  # JSON
        sampling=Sampling(temperature, llm.top_p, repeat_penalty=llm.repeat_penalty),
    )
    with local_source(config) if args.local else remote_source(config) as source:
        conversation = Chat(source, request, args.system or "")
        piped = not sys.stdin.isatty()
        if args.message or piped:
            text = " ".join(args.message) + (("\n" if args.message else "") + sys.stdin.read() if piped else "")
            for piece in conversation.feed(text.lstrip("/") if not text.strip() else text):
                sys.stdout.write(piece)
                sys.stdout.flush()
            sys.stdout.write("\n")
            return 0
        return _converse(conversation, config)


def _converse(conversation: Chat, config: Config) -> int:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory
    from rich.console import Console

    history = config.paths.state / "chat_history"
    history.parent.mkdir(parents=True, exist_ok=True)
    session: PromptSession[str] = PromptSession(history=FileHistory(str(history)))
    console = Console(highlight=False, markup=False)
    while not conversation.over:
        try:
            line = session.prompt(">>> ", placeholder="a message, or /? for help")
            while line.startswith('"""') and (len(line) < 6 or not line.rstrip().endswith('"""')):
                line += "\n" + session.prompt("... ")
        except KeyboardInterrupt:
            console.print("Ctrl+D or /bye ends", style="dim")
            continue
        except EOFError:
            break
        try:
            for piece in conversation.feed(line.strip().strip('"') if line.startswith('"""') else line):
                console.print(piece, end="", soft_wrap=True)
        except KeyboardInterrupt:
            console.print(" (stopped)", style="dim", end="")
        except AssistantError as error:
            console.print(str(error), style="red", end="")
        console.print()
    return 0
