"""What goes into images and releases: libraries that the boards can load, versions in their order, what the Imager is told."""

import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from release_tree import library_alignments, serial, tidy_packages, version

from assistant import __version__
from assistant.llm.builds import found_builds

ROOT = Path(__file__).resolve().parents[2]


def elf(align):
    head = bytearray(64)
    head[:5] = b"\x7fELF\x02"
    struct.pack_into("<Q", head, 32, 64)
    struct.pack_into("<HH", head, 54, 56, 2)
    segments = bytearray(112)
    struct.pack_into("<I", segments, 0, 6)  # the header table itself: its alignment does not count
    struct.pack_into("<Q", segments, 48, 8)
    struct.pack_into("<I", segments, 56, 1)
    struct.pack_into("<Q", segments, 104, align)
    return bytes(head + segments)


def test_libraries_for_small_pages_are_found(tmp_path):
    (tmp_path / "small.so").write_bytes(elf(0x1000))
    (tmp_path / "large.so.1").write_bytes(elf(0x10000))
    (tmp_path / "text.so").write_text("INPUT(-lsomething)")
    (tmp_path / "link.so").symlink_to("small.so")
    assert {path.name: align for path, align in library_alignments(tmp_path)} == {
        "small.so": 0x1000,
        "large.so.1": 0x10000,
    }


def test_a_release_knows_its_version_and_place_in_time(monkeypatch):
    assert version() == __version__
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert serial() == 1_700_000_000


@pytest.mark.parametrize(("stock", "init"), [(True, "cloudinit-rpi"), (False, "none")])
def test_the_imager_is_told_size_digest_and_boards(tmp_path, stock, init):
    image, packed = tmp_path / "a.img", tmp_path / "a.img.xz"
    image.write_bytes(b"0" * 10)
    packed.write_bytes(b"1" * 3)
    command = [sys.executable, str(ROOT / "scripts/image/imager_manifest.py"), str(image), str(packed)]
    command += ["--stock"] if stock else []
    (entry,) = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["os_list"]
    assert (entry["extract_size"], entry["image_download_size"], entry["init_format"]) == (10, 3, init)
    assert ("pi5-64bit" in entry["devices"]) == stock
    assert len(entry["extract_sha256"]) == len(entry["image_download_sha256"]) == 64


def test_the_packages_of_the_image_are_named_once():
    lines = (ROOT / "scripts/image/packages.txt").read_text().splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    assert len(names) == len(set(names))
    assert {"linux-image-arm64", "libatomic1", "libportaudio2", "initramfs-tools"} <= set(names)


def test_the_builds_for_each_processor_go_where_they_are_looked_for(tmp_path):
    site = tmp_path / "site"
    for name in ("bin/libggml-cpu-x64.so", "bin/libggml-cpu-zen4.so", "bin/program", "lib/libggml.so",
                 "llama_cpp/lib/libggml.so", "llama_cpp/lib/libggml.so.0", "llama_cpp/lib/libggml.so.0.25"):  # fmt: skip
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    tidy_packages(site, "x86_64", None)
    assert [path.name for path in found_builds(site / "llama_cpp")] == ["libggml-cpu-x64.so", "libggml-cpu-zen4.so"]
    assert sorted(path.name for path in (site / "llama_cpp" / "lib").glob("libggml.so*")) == [
        "libggml.so",
        "libggml.so.0",
    ]
    assert not (site / "bin").exists() and not (site / "lib").exists()
