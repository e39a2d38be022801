#!/usr/bin/env python3
"""Run one long command with its output in a log: elapsed time and last line on the screen, the log's tail if it fails.

Usage: run_step.py LABEL LOG COMMAND [ARGUMENT …]. Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import os
import re
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

PLAIN_EVERY_S = 20.0  # how often a line is written where the output is no terminal
TAIL_LINES = 25
_NINJA = re.compile(r"\[(\d+)/(\d+)\]\s+(?:Building|Linking)?\s*(.*)")


def run_step(label: str, log: Path, command: Sequence[str], env: Mapping[str, str] | None = None) -> int:
    """Run ``command``; everything that it prints goes to ``log``. Returns its exit status (127: cannot be started)."""
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    screen = _Screen(label, started)
    with log.open("wb") as sink:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env
            )
        except OSError as error:
            sys.stderr.write(f"{label}: {command[0]}: {error.strerror}\n")
            return 127
        assert process.stdout is not None
        with process.stdout as pipe:
            try:
                _follow(pipe.fileno(), sink, screen)
                status = process.wait()
            except KeyboardInterrupt:
                process.wait()
                screen.end("interrupted")
                return 130
    if status == 0:
        screen.end("done")
        return 0
    screen.end(f"failed (exit status {status})")
    tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
    sys.stderr.write("".join(f"    {line}\n" for line in tail) + f"  The whole log: {log}\n")
    return status


def _follow(descriptor: int, sink: BinaryIO, screen: _Screen) -> None:
    """Copy the pipe into the log and keep the screen fresh until the pipe ends."""
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if selector.select(timeout=1.0):
                block = os.read(descriptor, 65536)
                if not block:
                    return
                sink.write(block)
                *lines, rest = re.split(rb"[\r\n]+", rest + block)
                for line in lines:
                    if line.strip():
                        screen.last = line.decode("utf-8", "replace").strip()
            screen.show()


class _Screen:
    """The one status line of a terminal, or now and then a plain line elsewhere."""

    def __init__(self, label: str, started: float) -> None:
        self.label = label
        self.started = started
        self.last = ""
        self._terminal = sys.stdout.isatty()
        self._shown = started
        if not self._terminal:
            self._plain("…")

    def _elapsed(self) -> str:
        seconds = int(time.monotonic() - self.started)
        return f"{seconds // 60}:{seconds % 60:02}"

    def _plain(self, text: str) -> None:
        sys.stdout.write(f"  {self.label}: {text}\n")
        sys.stdout.flush()

    def _state(self) -> str:
        match = _NINJA.search(self.last)
        if match:
            name = match[3].rsplit("/", 1)[-1].removesuffix(".o")
            return f"{100 * int(match[1]) // max(1, int(match[2])):3} % {name}"
        return self.last

    def show(self) -> None:
        """Refresh the status line."""
        now = time.monotonic()
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            text = f"  {self.label}: {self._elapsed()}  {self._state()}"
            sys.stdout.write("\r\x1b[K" + text[:width])
            sys.stdout.flush()
        elif now - self._shown >= PLAIN_EVERY_S:
            self._shown = now
            self._plain(f"{self._elapsed()}  {self._state()[:100]}")

    def end(self, word: str) -> None:
        """Write the closing line."""
        if self._terminal:
            sys.stdout.write("\r\x1b[K")
        self._plain(f"{word} in {self._elapsed()}")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(run_step(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
