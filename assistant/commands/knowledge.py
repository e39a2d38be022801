"""``assistant knowledge``: the owner's documents, from which questions are answered."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from assistant.config import load_config
from assistant.errors import AssistantError


def add_parser(commands: Any) -> None:
    """Declare the command on argparse's sub-parsers."""
    knowledge = commands.add_parser("knowledge", help="your own documents, from which questions are answered")
    actions = knowledge.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="copy text, Markdown, HTML or PDF files into the folder and index them")
    add.add_argument("files", nargs="+", type=Path)
    add.add_argument(
        "--hold", action="store_true", help="have the model keep this one short manual whole in its context"
    )
    actions.add_parser("list", help="the documents that are indexed")
    remove = actions.add_parser("remove", help="take documents away, by their file names")
    remove.add_argument("names", nargs="+")
    actions.add_parser("sync", help="index what is new in the folder, forget what is gone")
    ask = actions.add_parser("ask", help="answer a question from the documents alone")
    ask.add_argument("question", nargs="+")
    knowledge.set_defaults(run=run_knowledge)


def run_knowledge(args: argparse.Namespace) -> int:
    """One action on the library."""
    from assistant.parts import Parts

    with Parts(load_config(args.config)) as parts:
        library = parts.skill_parts.library
        if args.action == "list":
            return _list(library)
        if args.action == "ask":
            return _ask(parts, " ".join(args.question))
        if args.action == "remove":
            missing = [name for name in args.names if not library.remove(name)]
            for name in missing:
                print(
                    f"assistant: there is no document '{name}'; 'assistant knowledge list' names them", file=sys.stderr
                )
            return 1 if missing else 0
        return _add(library, args)


def _add(library: Any, args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    problems: dict[str, str] = {}
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, Any] = {}

        def advance(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=done, total=total)

        if args.action == "sync":
            problems = library.sync(advance)
        else:
            for path in args.files:
                try:
                    added = library.add(path, advance)
                    if args.hold:
                        library.hold(added.name)
                except AssistantError as error:
                    problems[str(path)] = str(error)
    for problem in problems.values():
        print(f"assistant: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _list(library: Any) -> int:
    held = library.held()
    listed = library.index.listed()
    for document in listed:
        mark = "  (held whole)" if held is not None and str(held[0]) == document.path else ""
        print(f"{Path(document.path).name}: {document.title}, {document.passages} passages{mark}")
    if not listed:
        print(f"no documents; put some into {library.folder}, or use 'assistant knowledge add FILE'")
    return 0


def _ask(parts: Any, question: str) -> int:
    from assistant.skills.templates import Reading

    said = parts.skill_parts.knowledge.handlers["KnowledgeAsk"](
        Reading("KnowledgeAsk", {"question": question}), parts.context()
    )
    print(said.text if isinstance(said.text, str) else "".join(said.text))
    for note in said.notes:
        print(f"({note})")
    return 0 if said.notes else 1
