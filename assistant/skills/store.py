"""The skills' lasting memory: one SQLite database that loses nothing that was acknowledged, whenever the power goes.

Write-ahead logging with a full sync at each commit. Every change is one transaction; several processes may use it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.errors import StorageError

VERSION = 1
_SCHEMA = """
CREATE TABLE entries (id INTEGER PRIMARY KEY AUTOINCREMENT, document BLOB NOT NULL);
CREATE TABLE lists (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, folded TEXT NOT NULL UNIQUE);
CREATE TABLE items (
    id INTEGER PRIMARY KEY AUTOINCREMENT, list INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    text TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """One database file; ``None`` keeps everything in memory. Safe to use from several threads.

    A file that is no database is set aside, neither trusted nor lost; ``warning`` says so. Raises StorageError where
    nothing can be read or written (full disk, no permission).
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.RLock()
        self.warning: str | None = None
        try:
            self._connection = self._open()
        except sqlite3.DatabaseError as error:
            if path is None or isinstance(error, sqlite3.OperationalError):
                raise self._failed(error) from error
            aside = path.with_suffix(".broken")
            path.replace(aside)
            for suffix in ("-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self.warning = f"{path}: cannot be used ({error}); kept as {aside.name}, timers and lists begin anew"
            self._connection = self._open()

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is kept together or not at all; kept means on the disk when the block is left."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise self._failed(error) from error

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with self._lock:
            try:
                return list(self._connection.execute(query, values))
            except sqlite3.Error as error:
                raise self._failed(error) from error

    def get(self, key: str) -> str | None:
        """A small value by its key."""
        found = self.rows("SELECT value FROM meta WHERE key = ?", key)
        return str(found[0][0]) if found else None

    def put(self, key: str, value: str) -> None:
        """Keep a small value."""
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def version(self) -> int:
        """Grows when another process has written."""
        return int(str(self.rows("PRAGMA data_version")[0][0]))

    def _open(self) -> sqlite3.Connection:
        if self._path is not None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StorageError(f"{self._path}: {error.strerror}") from error
        connection = sqlite3.connect(
            self._path if self._path is not None else ":memory:",
            isolation_level=None, timeout=5.0, check_same_thread=False,
        )  # fmt: skip
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            connection.execute("ROLLBACK")
            raise StorageError(f"{self._path}: is of a newer version of the assistant", mend="update the assistant")
        if version == 0:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")

    def _failed(self, error: sqlite3.Error) -> StorageError:
        return StorageError(f"{self._path}: timers, lists and notes cannot be kept: {error}")
