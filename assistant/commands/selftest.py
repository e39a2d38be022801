"""``assistant selftest``: the check that an update has to pass."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Declare the command."""
    selftest = commands.add_parser(
        "selftest", help="listen to stored recordings, and see that they are answered rightly"
    )
    selftest.add_argument("--recordings", type=Path, metavar="DIR", help="another folder than the release's own")
    selftest.add_argument("--record", type=Path, metavar="DIR", help="only speak the sentences into this folder")
    selftest.add_argument("--turn-limit", type=float, metavar="S", help="the longest wait for a reply's first sound")
    selftest.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """One line a check; exit status 1 where one did not pass, its reason last."""
    from assistant.config import load_config
    from assistant.selftest import installed_recordings, record, run_selftest

    config = load_config(args.config)
    if args.record is not None:
        record(config, args.record)
        return 0
    limit_s = args.turn_limit if args.turn_limit is not None else config.update.turn_limit_s
    failed = ""
    for checked in run_selftest(config, args.recordings or installed_recordings(), limit_s):
        if checked.reason:
            print(f"FAIL  {checked.name}")
            failed = failed or f"{checked.name}: {checked.reason}"
        else:
            print(f"ok    {checked.name:9} {checked.wait_ms:6.0f} ms  {checked.heard}", flush=True)
    if failed:
        print(failed)
    return 1 if failed else 0
