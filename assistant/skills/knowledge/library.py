"""The folder of the owner's documents and its index: what is put there is indexed, what is taken away is forgotten."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from assistant.errors import StorageError
from assistant.skills.knowledge.documents import SUFFIXES, Document, DocumentError, read_document
from assistant.skills.knowledge.index import KnowledgeIndex

Advance = Callable[[str, int, int], None]
HELD_FILE = "held.txt"
MOST_HELD_BYTES = 10_000
"""About 2,500 tokens: with question and answer it fits into the model's context of 4,096."""


class Library:
    """A folder with its index. ``held``: the one short manual that the language model keeps whole in its context."""

    def __init__(self, folder: Path, index: KnowledgeIndex) -> None:
        self.folder = folder
        self.index = index
        self._reading = threading.Lock()

    def sync(self, advance: Advance = lambda _name, _done, _all: None) -> dict[str, str]:
        """Index what is new or changed, forget what is gone; returns what could not be read: file -> reason."""
        problems: dict[str, str] = {}
        files = self._files()
        for path in files:
            try:
                self.read(path, advance)
            except DocumentError as error:
                problems[path.name] = str(error)
        present = {str(path.resolve()) for path in files}
        for listed in self.index.listed():
            if listed.path not in present:
                self.index.remove(Path(listed.path))
        return problems

    def add(self, path: Path, advance: Advance = lambda _name, _done, _all: None) -> Path:
        """Copy a file into the folder and index it. Raises DocumentError where it cannot be read."""
        target = self.take(path)
        self.read(target, advance)
        return target

    def read(self, path: Path, advance: Advance = lambda _name, _done, _all: None) -> None:
        """Index a file of the folder, one at a time: who comes second finds it read already. Raises DocumentError."""
        with self._reading:
            self.index.add(path, lambda done, total: advance(path.name, done, total))

    def take(self, path: Path) -> Path:
        """Copy a file into the folder, for ``sync`` or the index to read. Raises DocumentError where that cannot be."""
        read_document(path)
        target = self.folder / path.name
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not target.exists() or not target.samefile(path):
                partial = target.with_name(f".{target.name}.part")
                shutil.copyfile(path, partial)
                partial.replace(target)
        except OSError as error:
            raise StorageError(f"{target}: {error.strerror or error}") from error
        return target

    def remove(self, name: str) -> bool:
        """Take a file out of the folder and the index; whether it was there."""
        target = self.folder / Path(name).name
        known = self.index.remove(target)
        if not target.is_file():
            return known
        try:
            target.unlink()
        except OSError as error:
            raise StorageError(f"{target}: {error.strerror or error}") from error
        return True

    def hold(self, name: str | None) -> None:
        """Have the model keep this document whole; ``None``: none.

        Raises DocumentError where it is not there, or too long for the model's context.
        """
        marker = self.folder / f".{HELD_FILE}"
        try:
            if name is None:
                marker.unlink(missing_ok=True)
                return
            size = len(read_document(self.folder / name).text.encode())
            if size > MOST_HELD_BYTES:
                raise DocumentError(
                    f"{name} is too long to be held whole: {size // 1000} of {MOST_HELD_BYTES // 1000} kB"
                )
            marker.write_text(name, encoding="utf-8")
        except OSError as error:
            raise StorageError(f"{marker}: {error.strerror or error}") from error

    def held(self) -> tuple[Path, Document] | None:
        """The held document, where there is one."""
        try:
            name = (self.folder / f".{HELD_FILE}").read_text(encoding="utf-8").strip()
            return (self.folder / name).resolve(), read_document(self.folder / name)
        except (OSError, DocumentError):
            return None

    def _files(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        found = [path for path in self.folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()]
        return sorted(path for path in found if not path.name.startswith("."))
