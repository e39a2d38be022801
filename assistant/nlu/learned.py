"""Phrases that the speakers have explained: "no, I meant turn on the desk lamp". Kept on disk, and used from then on.

One JSON object a line: ``phrase`` as it was said, ``means`` a sentence that the templates understand.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from assistant.errors import StorageError
from assistant.nlu.normalise import plain, tidy
from assistant.nlu.vectors import Vectors

NEAR = 0.84
"""How near (cosine) a sentence must be to a phrase that was explained, to mean the same."""
MOST = 500


class Learned:
    """The explained phrases. ``vectors`` finds what is nearly one of them; without, only the very words count."""

    def __init__(self, path: Path | None, vectors: Vectors | None = None) -> None:
        self._path = path
        self._vectors = vectors
        self.warning: str | None = None
        """What is wrong with the file, if anything; lines that cannot be read are left out."""
        self._means: dict[str, tuple[str, str]] = {}
        for phrase, means in self._read():
            self._means[plain(tidy(phrase))] = (phrase, means)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """(phrase, meaning), the oldest first."""
        return iter(tuple(self._means.values()))

    def meant(self, text: str) -> str | None:
        """What these very words were explained to mean."""
        found = self._means.get(plain(tidy(text)))
        return found[1] if found is not None else None

    def near(self, text: str) -> str | None:
        """What a phrase was explained to mean that says nearly the same."""
        if not self._means or self._vectors is None:
            return None
        keys = list(self._means)
        scores = self._vectors.of(keys) @ self._vectors.encode([plain(tidy(text))])[0]
        best = int(scores.argmax())
        return self._means[keys[best]][1] if scores[best] >= NEAR else None

    def learn(self, phrase: str, means: str) -> None:
        """Keep an explanation; a later one of the same phrase takes its place. Raises StorageError."""
        key = plain(tidy(phrase))
        self._means.pop(key, None)
        self._means[key] = (phrase.strip(), means.strip())
        while len(self._means) > MOST:
            del self._means[next(iter(self._means))]
        self._write()

    def forget(self, phrase: str) -> bool:
        """Forget a phrase; whether it was known. Raises StorageError."""
        known = self._means.pop(plain(tidy(phrase)), None) is not None
        if known:
            self._write()
        return known

    def _read(self) -> list[tuple[str, str]]:
        if self._path is None:
            return []
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            self.warning = f"{self._path}: cannot be read: {error}"
            return []
        rows = []
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                rows.append((str(row["phrase"]), str(row["means"])))
            except (ValueError, KeyError, TypeError):
                self.warning = f"{self._path}:{number}: not an explained phrase; it is left out"
        return rows

    def _write(self) -> None:
        if self._path is None:
            return
        partial = self._path.with_suffix(".part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("w", encoding="utf-8") as file:
                for phrase, means in self._means.values():
                    file.write(json.dumps({"phrase": phrase, "means": means}, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
        except OSError as error:
            raise StorageError(f"{self._path}: cannot be written: {error.strerror}") from error
