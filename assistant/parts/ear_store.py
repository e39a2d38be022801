"""Compiled biases of the ear on the disk: a restart with the same house compiles nothing."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.asr.packing import pack, unpack
from assistant.machine.files import write_whole

if TYPE_CHECKING:
    from assistant.asr.bias import Bias

KEPT = 6
"""Houses whose bias is kept: the present one, and those before it."""
log = logging.getLogger(__name__)


class EarStore:
    """A folder of biases by the keys of what they were compiled from. What cannot be read is compiled again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def bias(self, key: str, compiled: Callable[[], Bias]) -> Bias:
        """The bias of a key: read, or ``compiled`` and kept."""
        path = self._folder / f"ear-{key[:32]}.bin"
        bias = self._read(path)
        if bias is None:
            bias = compiled()
            self._write(path, pack(bias))
        return bias

    def _read(self, path: Path) -> Bias | None:
        try:
            bias = unpack(path.read_bytes())
            if bias is None:
                log.warning("%s: is damaged and is made again", path)
            else:
                path.touch()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("%s: cannot be read: %s", path, error)
            return None
        return bias

    def _write(self, path: Path, data: bytes) -> None:
        """Keep it; without room on the disk it is compiled again next time."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
            kept = sorted(self._folder.glob("ear-*.bin"), key=lambda file: file.stat().st_mtime, reverse=True)
            for old in kept[KEPT:]:
                old.unlink()
        except OSError as error:
            log.warning("%s: cannot be kept: %s", path, error)
            with contextlib.suppress(OSError):
                path.unlink()
