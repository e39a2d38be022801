"""``assistant correct``: explains what a phrase is to mean, lists what was explained, forgets it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from assistant.config import load_config


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("correct", help="explain what a phrase is to mean, from now on")
    parser.add_argument("phrase", nargs="?", help='what is said: "movie o\'clock"')
    parser.add_argument(
        "means", nargs="?", help='what it is to do, in words that are understood: "activate film night"'
    )
    parser.add_argument("--forget", metavar="PHRASE", help="forget an explained phrase")
    parser.add_argument("--inventory", type=Path, metavar="FILE", help="another home than the configured one")
    parser.set_defaults(run=run_correct)


def run_correct(args: argparse.Namespace) -> int:
    """Without words: the list. A meaning that is not understood is refused."""
    from assistant.errors import AssistantError
    from assistant.parts import Parts
    from assistant.types import NoIntent

    with Parts(load_config(args.config), inventory=args.inventory) as parts:
        learned = parts.understanding.learned
        if args.forget:
            known = learned.forget(args.forget)
            print("Forgotten." if known else f"{args.forget!r} was not explained.")
            return 0 if known else 1
        if args.phrase is None:
            if not any(True for _ in learned):
                print('Nothing was explained yet: assistant correct "phrase" "command"')
            for phrase, means in learned:
                print(f"{phrase!r} means {means!r}")
            return 0
        if args.means is None:
            raise AssistantError("what it is to do is missing", mend='say: assistant correct "phrase" "command"')
        found = parts.mind.read(args.means, parts.context())
        if isinstance(found, NoIntent):
            raise AssistantError(
                f"{args.means!r} is not understood", mend="explain it in words that work by themselves"
            )
        learned.learn(args.phrase, args.means)
        print(f"{args.phrase!r} means {args.means!r} from now on.")
    return 0
