"""Commands around the interfaces for other programs: serve, pair, tokens, chat."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

from assistant.config import load_config

SCOPES = ("text", "speech", "status", "house")


def add_parser(commands: Any) -> None:
    """Declare the commands on argparse's sub-parsers."""
    serve = commands.add_parser("serve", help="serve the language model, the ear and the voice to other programs only")
    serve.add_argument("--port", type=int, help="instead of api.port")
    serve.set_defaults(run=run_serve)

    pair = commands.add_parser("pair", help="show a code that pairs a browser with the running assistant's panel")
    pair.set_defaults(run=run_pair)

    tokens = commands.add_parser("tokens", help="who may use the running assistant over the network")
    tokens.set_defaults(run=run_tokens)
    actions = tokens.add_subparsers(metavar="ACTION")
    add = actions.add_parser("add", help="a new token for a program; it is shown once")
    add.add_argument("name")
    add.add_argument("--scope", action="append", choices=SCOPES, help="what it may (default: text and speech)")
    add.set_defaults(run=run_add_token)
    revoke = actions.add_parser("revoke", help="take a token or a paired browser away")
    revoke.add_argument("name", help="its name or id")
    revoke.set_defaults(run=run_revoke)

    chat = commands.add_parser("chat", help="talk with the language model in the terminal")
    chat.add_argument("message", nargs="*", help="one message: its answer is printed, and that is all")
    chat.add_argument("--system", help="the system prompt")
    chat.add_argument("--json-schema", type=Path, metavar="FILE", help="answers are JSON of this schema")
    chat.add_argument("--temperature", type=float)
    chat.add_argument(
        "--local", action="store_true", help="load the model here instead of asking the running assistant"
    )
    chat.set_defaults(run=run_chat)


def run_serve(args: argparse.Namespace) -> int:
    """The interfaces without the assistant's own microphone."""
    from assistant.api.attach import served_by
    from assistant.api.standalone import serve
    from assistant.parts import Parts
    from assistant.service.systemd import set_up_logging

    set_up_logging()
    config = load_config(args.config)
    with Parts(config) as parts:
        asyncio.run(serve(served_by(parts, None), args.port or config.api.port, print))
    return 0


def run_pair(args: argparse.Namespace) -> int:
    """A fresh pairing code."""
    code = _client(args).call("pair")
    port = load_config(args.config).api.port
    print(
        f"{code}   (for five minutes)\nOpen http://localhost:{port}/pair, or with this machine's name, and type it in."
    )
    return 0


def run_tokens(args: argparse.Namespace) -> int:
    """The list."""
    from rich.console import Console
    from rich.table import Table

    table = Table("id", "name", "kind", "scopes", "last used")
    entries: Any = _client(args).call("tokens")
    for entry in entries:
        used = dt.datetime.fromtimestamp(entry["used"]).isoformat(" ", "minutes")
        table.add_row(entry["id"], entry["name"], entry["kind"], " ".join(entry["scopes"]), used)
    Console().print(table)
    return 0


def run_add_token(args: argparse.Namespace) -> int:
    """A new token."""
    print(_client(args).call("add_token", name=args.name, scopes=",".join(args.scope or ("text", "speech"))))
    return 0


def run_revoke(args: argparse.Namespace) -> int:
    """Take one away."""
    if _client(args).call("revoke", name=args.name):
        return 0
    print(f"there is no token or browser '{args.name}'; 'assistant tokens' lists them")
    return 1


def run_chat(args: argparse.Namespace) -> int:
    """A conversation in the terminal."""
    from assistant.terminal.chat import chat

    return chat(args, load_config(args.config))


def _client(args: argparse.Namespace) -> Any:
    from assistant.api.control_client import ControlClient, find_socket

    return ControlClient(find_socket(load_config(args.config).paths.runtime))
