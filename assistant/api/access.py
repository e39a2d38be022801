"""Who may in: pairing codes, sessions of paired browsers, tokens of programs. Only hashes of secrets are kept.

One small JSON file, for its owner's eyes only, written to a temporary name, fsynced and renamed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path

import msgspec

from assistant.errors import StorageError

SESSION_DAYS = 90
CODE_DIGITS = 6
CODE_S = 300.0
CODE_TRIES = 5
MAX_TOKENS = 64
MAX_SESSIONS = 64
USED_EVERY_S = 3600.0
"""How often a note of last use is written: not at every request."""
PREFIX = "assistant_"


class Scope(StrEnum):
    """What a client may do."""

    TEXT = "text"
    """The language model and embeddings."""
    SPEECH = "speech"
    """Speech to text and text to speech."""
    STATUS = "status"
    """Health and metrics."""
    HOUSE = "house"
    """See and switch the devices, timers and lists of the house."""
    PANEL = "panel"
    """Everything, as a paired browser."""


ANONYMOUS_HERE = frozenset({Scope.TEXT, Scope.SPEECH, Scope.STATUS})
"""What a program on the machine itself may do without a token. The house is not among it: web pages reach loopback, too."""


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A token, or the session of a paired browser. Times are seconds since 1970."""

    id: str
    name: str
    hash: str
    scopes: list[Scope]
    created: float
    used: float


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    tokens: list[Entry] = []
    sessions: list[Entry] = []


def _hash(secret: str) -> str:
    # The secrets are 256 random bits: there is nothing to guess that a slow hash would slow down.
    return hashlib.sha256(secret.encode()).hexdigest()


class Access:
    """Tokens and sessions. Safe from any thread. ``path`` ``None`` keeps them in memory."""

    def __init__(self, path: Path | None, *, now_s: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now_s = now_s
        self._lock = threading.Lock()
        self._kept = _read(path)

    # --- tokens of programs --------------------------------------------------------------------------

    def add_token(self, name: str, scopes: Iterable[Scope]) -> str:
        """A new token; it is shown this once. Raises ValueError for a bad name or too many, StorageError."""
        name = " ".join(name.split())
        if not 1 <= len(name) <= 60:
            raise ValueError("a token needs a name of 1 to 60 characters")
        wanted = sorted(set(scopes))
        if not wanted:
            raise ValueError("a token needs at least one scope")
        with self._lock:
            if any(entry.name == name for entry in self._kept.tokens):
                raise ValueError(f"there is a token called '{name}' already")
            if len(self._kept.tokens) >= MAX_TOKENS:
                raise ValueError(f"there are {MAX_TOKENS} tokens already: revoke some first")
            return self._add(self._kept.tokens, name, wanted)

    def tokens(self) -> tuple[Entry, ...]:
        """All tokens, without their secrets."""
        return tuple(self._kept.tokens)

    def token(self, secret: str) -> Entry | None:
        """The token of this secret."""
        return self._find(self._kept.tokens, secret) if secret.startswith(PREFIX) else None

    def revoke_token(self, name_or_id: str) -> bool:
        """Whether there was such a token; it no longer opens anything."""
        return self._drop(self._kept.tokens, name_or_id)

    # --- sessions of browsers ------------------------------------------------------------------------

    def add_session(self, name: str) -> str:
        """A new session's cookie; the oldest goes where there are too many."""
        with self._lock:
            sessions = self._kept.sessions
            sessions.sort(key=lambda entry: entry.used)
            del sessions[: max(0, len(sessions) - MAX_SESSIONS + 1)]
            return self._add(sessions, " ".join(name.split())[:80] or "browser", [Scope.PANEL])

    def sessions(self) -> tuple[Entry, ...]:
        """All sessions that still hold."""
        return tuple(entry for entry in self._kept.sessions if not self._expired(entry))

    def session(self, cookie: str) -> Entry | None:
        """The session of this cookie, while it holds."""
        return self._find([entry for entry in self._kept.sessions if not self._expired(entry)], cookie)

    def end_session(self, session_id: str) -> bool:
        """Whether there was such a session; its browser must pair again."""
        return self._drop(self._kept.sessions, session_id)

    def _expired(self, entry: Entry) -> bool:
        return self._now_s() - max(entry.created, entry.used) > SESSION_DAYS * 86_400

    # --- both ----------------------------------------------------------------------------------------

    def _add(self, entries: list[Entry], name: str, scopes: list[Scope]) -> str:
        secret = PREFIX + secrets.token_urlsafe(32)
        now = self._now_s()
        entries.append(Entry(secrets.token_hex(4), name, _hash(secret), scopes, now, now))
        self._save()
        return secret

    def _find(self, entries: Iterable[Entry], secret: str) -> Entry | None:
        hashed = _hash(secret)
        with self._lock:
            found = next((entry for entry in entries if hmac.compare_digest(entry.hash, hashed)), None)
            if found is not None and self._now_s() - found.used > USED_EVERY_S:
                found.used = self._now_s()
                self._save(quietly=True)
            return found

    def _drop(self, entries: list[Entry], name_or_id: str) -> bool:
        with self._lock:
            kept = [entry for entry in entries if name_or_id not in (entry.id, entry.name)]
            there = len(kept) < len(entries)
            entries[:] = kept
            if there:
                self._save()
            return there

    def _save(self, *, quietly: bool = False) -> None:
        if self._path is None:
            return
        temporary = self._path.with_name(f".{self._path.name}.part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(msgspec.json.encode(self._kept))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        except OSError as error:
            if not quietly:
                raise StorageError(f"{self._path}: cannot be written: {error.strerror or error}") from error


def _read(path: Path | None) -> _Kept:
    """What was kept. A file that cannot be read lets nobody in: everybody pairs again."""
    if path is None:
        return _Kept()
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Kept)
    except FileNotFoundError:
        return _Kept()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StorageError(f"{path}: cannot be read: {error}", mend="remove it, and pair again") from error


def csrf_of(cookie: str) -> str:
    """The word that a session's own pages send with what they change; another site cannot know it."""
    return hmac.new(cookie.encode(), b"csrf", hashlib.sha256).hexdigest()


class PairingDesk:
    """One code at a time, for a few minutes and a few tries. ``tell`` makes it known in the house, never over the network."""

    def __init__(self, tell: Callable[[str], object], *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._now_s = now_s
        self._lock = threading.Lock()
        self._code = ""
        self._until_s = 0.0
        self._tries = 0

    def new_code(self) -> str:
        """A fresh code, for who is on the machine itself; an older one is void."""
        with self._lock:
            self._code = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
            self._until_s = self._now_s() + CODE_S
            self._tries = 0
            return self._code

    def ask(self) -> None:
        """Somebody wants to pair: a code is told in the house, unless one that holds was told already."""
        if not self.open:
            self._tell(self.new_code())

    @property
    def open(self) -> bool:
        """Whether a code holds now."""
        return bool(self._code) and self._now_s() < self._until_s

    def accepts(self, code: str) -> bool:
        """Whether this is the code; it holds once. Too many wrong ones void it."""
        digits = "".join(c for c in code if c.isdecimal() and c.isascii())
        with self._lock:
            if not self.open:
                return False
            self._tries += 1
            right = hmac.compare_digest(self._code, digits)
            if right or self._tries >= CODE_TRIES:
                self._code = ""
            return right
