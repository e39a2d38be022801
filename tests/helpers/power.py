"""Power cuts for tests: work in a child process that dies at its n-th touch of the disk, or is killed at some moment."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

TOUCHING = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.chmod", "os.chown", "os.link")


def in_a_child(work: Callable[[], object], *, after_steps: int | None = None, after_s: float | None = None) -> bool:
    """Run ``work`` in a child until it ends or is cut; whether it came to its end."""
    child = os.fork()
    if child == 0:
        steps = 0

        def count(event: str, _arguments: object) -> None:
            nonlocal steps
            if event in TOUCHING:
                steps += 1
                if steps == after_steps:
                    os._exit(9)

        if after_steps is not None:
            sys.addaudithook(count)
        try:
            work()
        except BaseException:  # whatever it is, the parent is told
            os._exit(1)
        os._exit(0)
    if after_s is not None:
        time.sleep(after_s)  # the moment of the cut: real time is the point here
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    if ended not in (0, 9, -signal.SIGKILL):
        raise AssertionError("it came to grief by itself, without a cut")
    return ended == 0
