"""The index of the owner's documents: one SQLite file with full-text search, and vectors of meaning beside it."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import StorageError
from assistant.skills.knowledge.documents import Document, read_document
from assistant.skills.knowledge.passages import Passage, passages
from assistant.skills.knowledge.vectors import Embedder, vectors_of
from assistant.skills.knowledge.words import words_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

VERSION = 2
CANDIDATES = 20
EMBED_AT_ONCE = 64
MEANING = 0.7
"""Weight of the meaning in a score; words have the rest (chosen on the questions of ``tests/knowledge``)."""
_SCHEMA = """
CREATE TABLE documents (id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, title TEXT NOT NULL, print TEXT NOT NULL,
                        size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL);
CREATE TABLE passages (id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
                       heading TEXT NOT NULL, text TEXT NOT NULL, page INTEGER);
CREATE TABLE vectors (passage INTEGER NOT NULL REFERENCES passages ON DELETE CASCADE, vector BLOB NOT NULL);
CREATE INDEX vectors_of ON vectors (passage);
CREATE VIRTUAL TABLE words USING fts5(title, heading, text, tokenize='porter unicode61');
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that may answer. ``meaning``: cosine; ``words``: share of the question's words that it has, by weight."""

    document: str
    title: str
    passage: Passage
    meaning: float
    words: float
    rank: float
    """Full-text search's own measure, larger is better."""

    @property
    def score(self) -> float:
        """How surely it is about the question, 0 to 1."""
        return MEANING * max(0.0, self.meaning) + (1 - MEANING) * self.words


@dataclass(frozen=True, slots=True)
class Listed:
    """One indexed document."""

    path: str
    title: str
    passages: int


class KnowledgeIndex:
    """Add, remove, list and search. ``embedder`` is loaded when first needed. Safe to use from several threads.

    An index that cannot be used is made anew from the files by the next ``add``. Raises StorageError.
    """

    def __init__(self, path: Path, embedder: Callable[[], Embedder]) -> None:
        self._path = path
        self._embedder = embedder
        self._lock = threading.RLock()
        self._vectors: tuple[int, npt.NDArray[np.float32], npt.NDArray[np.int64]] | None = None
        try:
            self._connection = self._open()
        except sqlite3.DatabaseError:
            try:
                path.unlink(missing_ok=True)  # everything in it can be made again
                self._connection = self._open()
            except (sqlite3.Error, OSError) as error:
                raise StorageError(f"{path}: the index of your documents cannot be kept: {error}") from error

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def listed(self) -> list[Listed]:
        """All documents."""
        rows = self._rows(
            "SELECT path, title, count(passages.id) FROM documents LEFT JOIN passages ON document = documents.id "
            "GROUP BY documents.id ORDER BY path"
        )
        return [Listed(str(path), str(title), int(str(count))) for path, title, count in rows]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to answer from."""
        return not self._rows("SELECT 1 FROM passages LIMIT 1")

    def add(self, path: Path, advance: Callable[[int, int], None] = lambda _done, _all: None) -> bool:
        """Index a file anew where it has changed; whether it had. ``advance`` is told how many passages are done.

        Raises DocumentError for a file that cannot be read.
        """
        path = path.resolve()
        stat = path.stat() if path.is_file() else None
        known = self._rows("SELECT print, size, mtime_ns FROM documents WHERE path = ?", str(path))
        if stat is not None and known and known[0][1:] == (stat.st_size, stat.st_mtime_ns):
            return False
        document = read_document(path)
        print_ = hashlib.sha256(document.text.encode()).hexdigest()
        assert stat is not None
        if known and known[0][0] == print_:
            self._change(
                "UPDATE documents SET size = ?, mtime_ns = ? WHERE path = ?", stat.st_size, stat.st_mtime_ns, str(path)
            )
            return False
        pieces = list(passages(document))
        vectors = self._embedded(document, pieces, advance)
        with self._lock, self._wrapped():
            with self._connection:
                self._forget(str(path))
                cursor = self._connection.execute(
                    "INSERT INTO documents (path, title, print, size, mtime_ns) VALUES (?, ?, ?, ?, ?)",
                    (str(path), document.title, print_, stat.st_size, stat.st_mtime_ns),
                )
                for piece, own in zip(pieces, vectors, strict=True):
                    row = self._connection.execute(
                        "INSERT INTO passages (document, heading, text, page) VALUES (?, ?, ?, ?)",
                        (cursor.lastrowid, piece.heading, piece.text, piece.page),
                    )
                    self._connection.executemany(
                        "INSERT INTO vectors (passage, vector) VALUES (?, ?)", [(row.lastrowid, v) for v in own]
                    )
                    self._connection.execute(
                        "INSERT INTO words (rowid, title, heading, text) VALUES (?, ?, ?, ?)",
                        (row.lastrowid, document.title, piece.heading, piece.text),
                    )
            self._vectors = None
        return True

    def remove(self, path: Path) -> bool:
        """Take a document out; whether it was there."""
        with self._lock, self._wrapped(), self._connection:
            self._vectors = None
            return self._forget(str(path.resolve()))

    def search(self, question: str) -> list[Hit]:
        """Passages that may answer, the best first; those that lack a code or number of the question cannot."""
        import numpy as np

        words = words_of(question)
        weights = self._weights(words)
        ranks = self._by_words(words)
        numbers, vectors = self._matrix()
        if not len(numbers):
            return []
        likeness = vectors @ self._embedder().encode([question])[0]
        by_number: dict[int, float] = {}
        for index in np.argsort(-likeness):
            by_number.setdefault(
                int(numbers[index]), float(likeness[index])
            )  # a passage is as near as its nearest part
        near = list(by_number)[:CANDIDATES]
        hits = [
            self._hit(number, by_number.get(number, 0.0), ranks.get(number, 0.0), weights)
            for number in dict.fromkeys([*near, *ranks])
        ]
        codes = {stem for stem in words if any(char.isdigit() for char in stem)}
        return sorted((h for h in hits if codes <= self._stems(h)), key=lambda hit: -hit.score)

    @staticmethod
    def _stems(hit: Hit) -> set[str]:
        return set(words_of(f"{hit.title} {hit.passage.heading} {hit.passage.text}"))

    # --- inside -------------------------------------------------------------------------------------

    def _hit(self, number: int, meaning: float, rank: float, weights: dict[str, float]) -> Hit:
        ((path, title, heading, text, page),) = self._rows(
            "SELECT path, title, heading, text, page FROM passages JOIN documents ON documents.id = document "
            "WHERE passages.id = ?",
            number,
        )
        present = set(words_of(f"{title} {heading} {text}"))
        total = sum(weights.values())
        share = sum(weight for word, weight in weights.items() if word in present) / total if total else 0.0
        page_number = int(str(page)) if page is not None else None
        return Hit(str(path), str(title), Passage(str(heading), str(text), page_number), meaning, share, rank)

    def _by_words(self, words: Mapping[str, str]) -> dict[int, float]:
        if not words:
            return {}
        query = " OR ".join(f'"{word}"' for word in words.values())
        rows = self._rows(
            "SELECT rowid, -bm25(words, 1.0, 2.0, 1.0) FROM words WHERE words MATCH ? ORDER BY 2 DESC LIMIT ?",
            query,
            CANDIDATES,
        )
        return {int(str(number)): float(str(rank)) for number, rank in rows}

    def _weights(self, words: Mapping[str, str]) -> dict[str, float]:
        """How much each word of the question tells: rare ones more, and those that no document has most of all."""
        import math

        ((count,),) = self._rows("SELECT count(*) FROM passages")
        total = int(str(count))
        weights = {}
        for stem, word in words.items():
            ((found,),) = self._rows("SELECT count(*) FROM words WHERE words MATCH ?", f'"{word}"')
            weights[stem] = math.log((total + 1) / (int(str(found)) + 0.5)) if total else 0.0
        return {word: max(0.1, weight) for word, weight in weights.items()}

    def _matrix(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        import numpy as np

        with self._lock:
            ((version,),) = self._rows("PRAGMA data_version")
            if self._vectors is None or self._vectors[0] != version:
                rows = self._rows("SELECT passage, vector FROM vectors")
                numbers = np.array([int(str(number)) for number, _ in rows], np.int64)
                parts = [np.frombuffer(v, np.float16) for _, v in rows if isinstance(v, bytes)]
                vectors = np.stack(parts).astype(np.float32) if parts else np.zeros((0, 1), np.float32)
                self._vectors = (int(str(version)), vectors, numbers)
            return self._vectors[2], self._vectors[1]

    def _embedded(
        self, document: Document, pieces: Sequence[Passage], advance: Callable[[int, int], None]
    ) -> list[list[bytes]]:
        """The vectors of each passage, see ``vectors_of``."""
        found: list[list[bytes]] = []
        known: dict[str, npt.NDArray[np.float32]] = {}
        advance(0, len(pieces))
        for start in range(0, len(pieces), EMBED_AT_ONCE):
            group = pieces[start : start + EMBED_AT_ONCE]
            found += vectors_of(group, document.title, self._embedder(), known)
            advance(len(found), len(pieces))
        return found

    def _forget(self, path: str) -> bool:
        rows = self._connection.execute(
            "SELECT passages.id FROM passages JOIN documents ON documents.id = document WHERE path = ?", (path,)
        ).fetchall()
        self._connection.executemany("DELETE FROM words WHERE rowid = ?", rows)
        return self._connection.execute("DELETE FROM documents WHERE path = ?", (path,)).rowcount > 0

    def _open(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{self._path}: {error.strerror}") from error
        connection = sqlite3.connect(self._path, timeout=10.0, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA foreign_keys = ON")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != VERSION:
                if version:
                    raise sqlite3.DatabaseError("of another version")
                connection.executescript(_SCHEMA + f"PRAGMA user_version = {VERSION};")
        except BaseException:
            connection.close()
            raise
        return connection

    def _rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with self._lock, self._wrapped():
            return list(self._connection.execute(query, values))

    def _change(self, query: str, *values: object) -> None:
        with self._lock, self._wrapped(), self._connection:
            self._connection.execute(query, values)

    def _wrapped(self) -> _Wrapped:
        return _Wrapped(self._path)


class _Wrapped:
    """Turns SQLite's errors into this product's."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sqlite3.Error):
            raise StorageError(f"{self._path}: the index of your documents cannot be used: {error}") from error
