"""Fits a release to the board that it runs on: which build of llama.cpp's arithmetic its cores can use.

A release for the Raspberry Pi carries two (``scripts/cross_llama.py``): one for any 64-bit Arm core and a faster one
for cores with dot products and half precision. A card may be moved to another board, so this is looked at every boot.
"""

from __future__ import annotations

import re
from pathlib import Path

from assistant.machine.files import point

PLAIN_LIBRARY = "libggml-cpu-armv8.so"
FAST_LIBRARY = "libggml-cpu-armv8.2.so"
LOADED_NAME = "libggml-cpu.so.0"
FAST_NEEDS = frozenset({"asimddp", "fphp", "asimdhp"})


def library_for(cpuinfo: str) -> str:
    """The build for the cores in the text of ``/proc/cpuinfo``: the weakest of them decides."""
    features = re.findall(r"^Features\s*:\s*(.*)$", cpuinfo, re.MULTILINE)
    able = bool(features) and all(set(line.split()) >= FAST_NEEDS for line in features)
    return FAST_LIBRARY if able else PLAIN_LIBRARY


def fit(release: Path, cpuinfo: str) -> str | None:
    """Point the release's library at the right build; returns its name where that changed something. Raises OSError."""
    for folder in release.glob("lib/python3*/site-packages/llama_cpp/lib"):
        link = folder / LOADED_NAME
        wanted = library_for(cpuinfo)
        if not (folder / wanted).is_file():
            return None  # a release with one build only
        if link.is_symlink() and str(link.readlink()) == wanted:
            return None
        point(link, wanted)
        return wanted
    return None
