"""A release as one file: a tar archive of a manifest, its Ed25519 signature, and what the manifest vouches for.

``manifest.json`` comes first and names every other member with size and SHA-256; ``manifest.sig`` is the signature over
its very bytes. Nothing of a bundle is used before the signature and the member's digest have been checked.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from assistant.errors import UpdateError

MANIFEST, SIGNATURE, PROGRAM, MODELS = "manifest.json", "manifest.sig", "program.tar.gz", "models.tar"
FORMAT = 1
LONGEST_MANIFEST = 1 << 20
BLOCK = 1 << 20


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One member that the manifest vouches for."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a bundle is. ``serial`` grows from release to release; unknown keys are for later readers."""

    format: int
    version: str
    serial: int
    machine: str
    python: str
    unpacked_size: int
    members: dict[str, Member]

    @property
    def folder(self) -> str:
        """The name of the release's folder: another content is another folder."""
        return f"venv-{self.version}-{self.members[PROGRAM].sha256[:12]}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose signature is right; the members' digests are checked as they are read."""

    path: Path
    manifest: Manifest

    def check(self) -> None:
        """Read every member and compare it with the manifest. Raises UpdateError."""
        with _opened(self.path) as tar:
            for name, member in self.manifest.members.items():
                if _digest(_member(tar, name, self.path)) != (member.size, member.sha256):
                    raise UpdateError(f"{self.path.name}: {name} is damaged", mend="copy the bundle once more")

    def extract(self, name: str, folder: Path) -> None:
        """Unpack a member, itself an archive, into ``folder``. Raises UpdateError, OSError."""
        with _opened(self.path) as tar, tarfile.open(fileobj=_member(tar, name, self.path), mode="r:*") as inner:
            try:
                inner.extractall(folder, filter="data")
            except tarfile.TarError as error:
                raise UpdateError(f"{self.path.name}: {name} cannot be unpacked: {error}") from error


def open_bundle(path: Path, keys: Iterable[bytes]) -> Bundle:
    """Read the manifest and check its signature against any of the raw public ``keys``. Raises UpdateError, OSError."""
    with _opened(path) as tar:
        raw = _small(tar, MANIFEST, path)
        signature = _small(tar, SIGNATURE, path)
        names = {member.name for member in tar.getmembers()}
    if not any(_signed(raw, signature, key) for key in keys):
        raise UpdateError(
            f"{path.name} is not signed with a key that this machine trusts",
            mend="put the publisher's .pub file into /etc/assistant/update-keys if you trust them",
        )
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as error:
        raise UpdateError(f"{path.name}: its manifest cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise UpdateError(f"{path.name} is made for a newer updater (format {manifest.format})")
    if not re.fullmatch(r"[0-9A-Za-z.+~-]{1,60}", manifest.version) or PROGRAM not in manifest.members:
        raise UpdateError(f"{path.name}: its manifest names no program")
    if missing := set(manifest.members) - names:
        raise UpdateError(f"{path.name} is not whole: {', '.join(sorted(missing))} is missing")
    return Bundle(path, manifest)


def write_bundle(path: Path, manifest: Manifest, members: dict[str, Path], private_key: bytes) -> None:
    """Write and sign a bundle. ``private_key``: the 32 raw bytes. ``members``: the files by their names."""
    import io

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    raw = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    signature = Ed25519PrivateKey.from_private_bytes(private_key).sign(raw)
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in ((MANIFEST, raw), (SIGNATURE, signature)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, source in members.items():
            info = tarfile.TarInfo(name)
            info.size = source.stat().st_size
            with source.open("rb") as file:
                tar.addfile(info, file)


def member_of(path: Path) -> Member:
    """A file's size and digest, for a manifest."""
    with path.open("rb") as file:
        size, digest = _digest(file)
    return Member(size, digest)


def read_keys(folder: Path) -> list[bytes]:
    """The trusted public keys: every ``*.pub`` (PEM) in ``folder``. Raises UpdateError where one cannot be read."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    keys = []
    for path in sorted(folder.glob("*.pub")):
        try:
            key = load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as error:
            raise UpdateError(f"{path}: is no public key in PEM form", mend="remove it, or write it anew") from error
        if not isinstance(key, Ed25519PublicKey):
            raise UpdateError(f"{path}: is no Ed25519 key", mend="remove it, or write it anew")
        keys.append(key.public_bytes_raw())
    return keys


def _signed(raw: bytes, signature: bytes, key: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, raw)
    except InvalidSignature:
        return False
    return True


def _opened(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path, "r:")
    except tarfile.TarError as error:
        raise UpdateError(f"{path.name} is no bundle, or not a whole one: {error}") from error


def _member(tar: tarfile.TarFile, name: str, path: Path) -> BinaryIO:
    try:
        file = tar.extractfile(name) if tar.getmember(name).isreg() else None
    except (KeyError, tarfile.TarError) as error:
        raise UpdateError(f"{path.name} is no bundle, or not a whole one: {name} is missing") from error
    if file is None:
        raise UpdateError(f"{path.name} is no bundle: {name} is no file")
    return file  # type: ignore[return-value]  # a buffered reader


def _small(tar: tarfile.TarFile, name: str, path: Path) -> bytes:
    with _member(tar, name, path) as file:
        raw = file.read(LONGEST_MANIFEST + 1)
    if len(raw) > LONGEST_MANIFEST:
        raise UpdateError(f"{path.name} is no bundle: its {name} is too long")
    return raw


def _digest(file: BinaryIO) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while block := file.read(BLOCK):
        digest.update(block)
        size += len(block)
    return size, digest.hexdigest()
