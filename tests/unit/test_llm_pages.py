"""Pages of a mapped file, and of memory that holds nothing yet, are let go; they come back where they are needed."""

import ctypes
import mmap
import re
from pathlib import Path

import pytest

from assistant.llm.pages import anonymous, drop_mapped, drop_zeros, mapped


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


LIBC = ctypes.CDLL(None)
LIBC.free.argtypes = [ctypes.c_void_p]
SIZE = 48 << 20


def resident_bytes():
    return int(re.search(r"(?m)^VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024


@pytest.fixture
def block():
    """A block as llama.cpp makes it: aligned, of zeros that were written, beside others."""
    before = anonymous()
    others = [ctypes.create_string_buffer(SIZE // 3) for _ in range(2)]
    pointer = ctypes.c_void_p()
    assert LIBC.posix_memalign(ctypes.byref(pointer), 64, SIZE) == 0
    ctypes.memset(pointer, 0, SIZE)
    others.append(ctypes.create_string_buffer(SIZE // 3))
    yield pointer.value, before
    LIBC.free(pointer)


def test_zeros_that_were_written_take_no_memory_and_can_be_used(block):
    address, before = block
    held = resident_bytes()
    dropped = drop_zeros(SIZE, before)
    assert SIZE - 2 * 4096 <= dropped <= SIZE
    assert held - resident_bytes() > 0.9 * SIZE
    last = (ctypes.c_char * 4).from_address(address + SIZE - 4)
    assert last.raw == b"\0\0\0\0"
    last.raw = b"held"
    assert ctypes.string_at(address + SIZE - 4, 4) == b"held"
    assert not ctypes.string_at(address, SIZE - 4).strip(b"\0")


def test_a_block_that_holds_something_stays(block):
    address, before = block
    ctypes.memset(address + SIZE // 2, 7, 1)
    assert drop_zeros(SIZE, before) == 0
    assert ctypes.string_at(address + SIZE // 2, 1) == b"\7"


def test_blocks_of_another_size_or_from_before_stay(block):
    _address, before = block
    assert drop_zeros(SIZE // 2, before) == 0
    assert drop_zeros(SIZE, anonymous()) == 0
    assert drop_zeros(SIZE, before, Path("/none")) == 0
