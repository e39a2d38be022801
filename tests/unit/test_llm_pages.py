"""Pages of a mapped file are let go, and read again where they are needed."""

import mmap
import re
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
