"""The skills' lasting memory: one SQLite database that loses nothing that was acknowledged, whenever the power goes.

Write-ahead logging with a full sync at each commit. Every change is one transaction; several processes may use it.
"""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from assistant.errors import StorageError

T = TypeVar("T")

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

    A file that is no database is set aside, neither trusted nor lost; ``warning`` says so. Where nothing can be written
    (full disk, a card that became read-only), ``unkept`` is the error: what can be read is in memory, ``transaction``
    raises StorageError, ``note`` goes on in memory, and both try the disk again.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.RLock()
        self.warning: str | None = None
        self.unkept: StorageError | None = None
        self._copied = False
        try:
            self._connection = self._open_or_set_aside()
        except StorageError as error:
            if path is None:
                raise
            self.unkept = error
            self._connection = self._copy_in_memory()

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is kept together or not at all; kept means on the disk when the block is left."""
        with self._lock:
            if self.unkept is not None and not self._on_disk_again():
                raise self.unkept
            with self._all_or_nothing() as connection:
                yield connection

    def note(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """One transaction for what must go on even where nothing can be kept: that something rings, and is stopped.

        ``work`` may be called twice.
        """
        with self._lock:
            try:
                with self.transaction() as connection:
                    return work(connection)
            except StorageError as error:
                if self.unkept is None and not _is_the_disks(error):
                    raise
                if self.unkept is None:
                    memory = _memory()
                    self._connection.backup(memory)
                    self._connection.close()
                    self._connection, self._copied, self.unkept = memory, True, error
                with self._all_or_nothing() as connection:
                    return work(connection)

    @contextmanager
    def _all_or_nothing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
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

    def _open_or_set_aside(self) -> sqlite3.Connection:
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            if self._path is None or isinstance(error, sqlite3.OperationalError):
                raise self._failed(error) from error
            aside = self._path.with_suffix(".broken")
            try:
                self._path.replace(aside)
                for suffix in ("-wal", "-shm"):
                    self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
                self.warning = (
                    f"{self._path}: cannot be used ({error}); kept as {aside.name}, timers and lists begin anew"
                )
                return self._open()
            except OSError as cause:
                raise _unwritable(self._path, cause) from cause
            except sqlite3.Error as cause:
                raise self._failed(cause) from cause

    def _copy_in_memory(self) -> sqlite3.Connection:
        """What the file holds, as far as it can be read without writing beside it."""
        memory = _memory()
        for how in ("mode=ro", "mode=ro&immutable=1"):  # without immutable, what was last written is read too
            with contextlib.suppress(sqlite3.Error):
                source = sqlite3.connect(f"{Path(self._path or '').absolute().as_uri()}?{how}", uri=True)
                try:
                    if source.execute("PRAGMA user_version").fetchone() == (VERSION,):
                        source.backup(memory)
                        self._copied = True
                        return memory
                finally:
                    source.close()
        self._migrate(memory)
        return memory

    def _on_disk_again(self) -> bool:
        """Whether the disk takes writes again; then what rang or was stopped in between is written."""
        try:
            connection = self._open_or_set_aside()
        except StorageError as error:
            self.unkept = error
            return False
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('writable', '')")
            if self._copied:
                connection.execute("DELETE FROM entries")
                connection.executemany(
                    "INSERT INTO entries VALUES (?, ?)", self._connection.execute("SELECT id, document FROM entries")
                )
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            connection.close()
            self.unkept = self._failed(error)
            return False
        self._connection.close()
        self._connection, self._copied, self.unkept = connection, False, None
        return True

    def _open(self) -> sqlite3.Connection:
        if self._path is not None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise _unwritable(self._path, error) from error
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
        full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        return StorageError(f"{self._path}: timers, lists and notes cannot be kept: {error}", full=full)


def _is_the_disks(error: StorageError) -> bool:
    code = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF  # the primary code of an extended one
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path}: {error.strerror}", full=error.errno == errno.ENOSPC)


def _memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
