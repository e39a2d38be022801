"""What scripts/test-image puts into the shared folder: the owner's file, a recording, and a bad release, rightly signed."""

import json
import sys
import tarfile
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from assistant.audio.files import save_clip, to_mono_16k
from assistant.config import load_config
from assistant.parts import Parts
from assistant.types import AudioClip
from assistant.update.bundle import FORMAT, PROGRAM, Manifest, member_of, write_bundle

SHARE, KEY, MACHINE = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "aarch64"
RATE_HZ = 16_000
OWNERS_FILE = (
    "# mine\r\ntime_zone = Europe/Berlin\r\nroom = Kitchen\r\nuser = anna\r\npassword = correct horse\r\n"
    "host_name = kitchen\r\nwifi_name = Home\r\nwifi_password = 12345678\r\n"
    "panel = on\r\nmqtt_broker = 192.168.1.10\r\nmqtt_user = assistant\r\nmqtt_password = top secret\r\nfavourite = none\r\n"
)


def bad_release() -> None:
    """One that is signed, whole and newer, and whose program does nothing but fail."""
    tree = SHARE / "bad"
    (tree / "bin").mkdir(parents=True)
    (tree / "share/assistant/systemd").mkdir(parents=True)
    (tree / "bin/assistant").write_text("#!/bin/sh\necho 'everything is broken'\nexit 1\n")
    (tree / "bin/assistant").chmod(0o755)
    (tree / "share/assistant/release.json").write_text(json.dumps({"version": "9.9", "serial": 1 << 40}))
    packed = SHARE / PROGRAM
    with tarfile.open(packed, "w:gz") as tar:
        for path in sorted(tree.iterdir()):
            tar.add(path, path.name)
    manifest = Manifest(FORMAT, "9.9", 1 << 40, MACHINE, "3.13", 10_000, {PROGRAM: member_of(packed)})
    key = load_pem_private_key(KEY.read_bytes(), password=None)
    write_bundle(SHARE / "bad.bundle", manifest, {PROGRAM: packed}, key.private_bytes_raw())  # type: ignore[union-attr]
    packed.unlink()


(SHARE / "assistant.txt").write_bytes(OWNERS_FILE.encode())
bad_release()
silence = np.random.default_rng(1).normal(0, 4, RATE_HZ).astype(np.int16)  # the sound card swallows a recording's end
with Parts(load_config(None)) as parts:
    command = to_mono_16k(parts.say("Turn on the kitchen light."))
save_clip(AudioClip(np.concatenate([silence, command.samples, silence]), RATE_HZ), SHARE / "command.wav")
