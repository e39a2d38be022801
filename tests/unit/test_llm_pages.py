"""Pages of a mapped file, and of memory that holds nothing yet, are let go; they come back where they are needed."""

import mmap
import re
import subprocess
import sys
from pathlib import Path

from assistant.llm.pages import drop_mapped, mapped


def resident_kb(path: Path) -> int:
    """What of ``path`` is mapped into memory now."""
    text = Path("/proc/self/smaps").read_text()
    blocks = re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", text)
    return sum(int(re.search(r"(?m)^Rss:\s+(\d+)", block)[1]) for block in blocks if str(path) in block)


def test_pages_go_and_come_back(tmp_path):
    path = tmp_path / "weights.gguf"
    path.write_bytes(bytes(range(256)) * 4096)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as memory:
        assert len(memory.read()) == 1 << 20  # reads every page
        assert resident_kb(path) == 1024
        assert drop_mapped(path) == 1 << 20
        assert resident_kb(path) == 0
        assert memory[-1] == 255 and resident_kb(path) > 0


def test_only_mappings_of_that_file_that_cannot_be_written(tmp_path):
    path = tmp_path / "a b.gguf"
    path.touch()
    maps = tmp_path / "maps"
    maps.write_text(
        f"1000-3000 r--s 00000000 fe:00 1 {path}\n3000-4000 rw-p 00000000 fe:00 1 {path}\n5000-6000 r--p 0 0:0 0\n"
        f"7000-8000 r--s 00000000 fe:00 1 {path}.old\n"
    )
    assert mapped(maps, path) == [(0x1000, 0x3000)]
    assert mapped(tmp_path / "none", path) == []


BLOCK = """
import ctypes, re
from pathlib import Path
from assistant.llm.pages import anonymous, drop_zeros

SIZE = 48 << 20

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024

before = anonymous()
others = [ctypes.create_string_buffer(SIZE // 3) for _ in range(2)]
block = ctypes.c_void_p()
assert ctypes.CDLL(None).posix_memalign(ctypes.byref(block), 64, SIZE) == 0
ctypes.memset(block, 0, SIZE)
others.append(ctypes.create_string_buffer(SIZE // 3))
held = resident()
"""
"""A block as llama.cpp makes it, beside others: in a process of its own, whose pools have no room for it."""


def in_a_process(code):
    subprocess.run([sys.executable, "-c", BLOCK + code], check=True)


def test_zeros_that_were_written_take_no_memory_and_can_be_used():
    in_a_process(
        "assert SIZE - 2 * 4096 <= drop_zeros(SIZE, before) <= SIZE\n"
        "assert held - resident() > 0.9 * SIZE\n"
        "last = block.value + SIZE - 4\n"
        "assert ctypes.string_at(last, 4) == bytes(4)\n"
        "ctypes.memmove(last, b'held', 4)\n"
        "assert ctypes.string_at(last, 4) == b'held'\n"
        "assert ctypes.string_at(block.value, SIZE - 4) == bytes(SIZE - 4)\n"
    )


def test_a_block_that_holds_something_stays():
    in_a_process(
        "ctypes.memset(block.value + SIZE // 2, 7, 1)\n"
        "assert drop_zeros(SIZE, before) == 0\n"
        "assert ctypes.string_at(block.value + SIZE // 2, 1) == bytes([7])\n"
    )


def test_blocks_of_another_size_or_from_before_stay():
    in_a_process(
        "assert drop_zeros(SIZE // 2, before) == 0\n"
        "assert drop_zeros(SIZE, anonymous()) == 0\n"
        "assert drop_zeros(SIZE, before, Path('/none')) == 0\n"
        "assert held - resident() < SIZE // 10\n"
    )
