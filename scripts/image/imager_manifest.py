"""Describe an image for the Raspberry Pi Imager: print the list that its "Use custom" address takes.

Usage: imager_manifest.py IMAGE IMAGE.xz [--stock]
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sys
from pathlib import Path

STOCK_DEVICES = ["pi5-64bit", "pi4-64bit", "pi3-64bit"]
DEBIAN_DEVICES = ["pi4-64bit", "pi3-64bit"]


def sha256(path: Path) -> str:
    """Of a large file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def manifest(image: Path, packed: Path, *, stock: bool) -> dict[str, object]:
    """The Imager's list with this one image. Only Raspberry Pi OS reads the Imager's own settings (cloud-init)."""
    return {
        "os_list": [
            {
                "name": "Offline voice assistant" + (" (Raspberry Pi OS)" if stock else " (Debian)"),
                "description": "Hears, understands, acts and answers at home; needs no network",
                "url": packed.name,
                "extract_size": image.stat().st_size,
                "extract_sha256": sha256(image),
                "image_download_size": packed.stat().st_size,
                "image_download_sha256": sha256(packed),
                "release_date": dt.date.today().isoformat(),
                "devices": STOCK_DEVICES if stock else DEBIAN_DEVICES,
                "init_format": "cloudinit-rpi" if stock else "none",
            }
        ]
    }


if __name__ == "__main__":
    described = manifest(Path(sys.argv[1]), Path(sys.argv[2]), stock="--stock" in sys.argv)
    sys.stdout.write(json.dumps(described, indent=1) + "\n")
