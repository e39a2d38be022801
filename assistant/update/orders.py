"""What the panel may have root do: install a signed release, look for one, go back, restore a backup.

The service can do none of that itself. It leaves one order in its state folder, which a path unit of systemd watches;
root takes the order away before anything else, so that none is carried out twice, and trusts nothing in that folder: no
link is followed, and the file is copied to where the service cannot change it. The outcome lies in root's own folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from assistant.errors import AssistantError, UpdateError
from assistant.machine.files import write_whole

Kind = Literal["update", "look", "rollback", "restore"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WITH_FILE: tuple[Kind, ...] = ("update", "restore")
FOLDER = "orders"
ORDER, ATTACHED, OUTCOME = "order.json", "file", "order-outcome.json"
ORDER_BYTES = 4096
OUTCOME_FOLDER = Path("/var/lib/assistant-machine")
UNIT = "assistant-order.path"


@dataclass(frozen=True, slots=True)
class Order:
    """``file``: root's own copy of what came with it."""

    id: str
    kind: Kind
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the last order. ``at``: seconds since the epoch."""

    id: str
    kind: Kind
    ok: bool
    text: str
    at: float


# --- the service's side -----------------------------------------------------------------------------------------------


def leave(folder: Path, kind: Kind, file: Path | None = None) -> str:
    """Leave an order, with ``file`` (on the same file system), which is taken over; returns its id. Raises UpdateError."""
    if is_pending(folder):
        raise UpdateError("there is an order already", mend="wait until it is carried out")
    order = uuid.uuid4().hex
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if file is not None:
            file.replace(folder / ATTACHED)
        write_whole(folder / ORDER, json.dumps({"id": order, "kind": kind}), mode=0o600)
    except OSError as error:
        raise UpdateError(f"{folder}: the order cannot be left: {error.strerror or error}") from error
    return order


def is_pending(folder: Path) -> bool:
    """Whether root has not yet taken the last order."""
    return (folder / ORDER).exists()


def last_outcome(folder: Path = OUTCOME_FOLDER) -> Outcome | None:
    """What became of the last order; ``None`` where there was none yet."""
    try:
        raw = json.loads((folder / OUTCOME).read_text(encoding="utf-8"))
        return Outcome(str(raw["id"]), raw["kind"], bool(raw["ok"]), str(raw["text"]), float(raw["at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


# --- root's side ------------------------------------------------------------------------------------------------------


def take(folder: Path, scratch: Path) -> Order | None:
    """The order, taken out of ``folder``, with its file copied into ``scratch``; ``None`` where there is none.

    Raises UpdateError for one that is none; it is gone then as well.
    """
    try:
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UpdateError(f"{folder}: {error.strerror}") from error
    try:
        return _taken(place, scratch)
    finally:
        for name in (ORDER, ATTACHED):
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=place)
        os.close(place)


def _taken(place: int, scratch: Path) -> Order | None:
    try:
        with os.fdopen(_plain(place, ORDER), "rb") as source:
            raw = json.loads(source.read(ORDER_BYTES))
        order, kind = str(raw["id"])[:64], raw["kind"]
        if kind not in KINDS:
            raise ValueError(f"'{kind}' is no order")
        if kind not in WITH_FILE:
            return Order(order, kind)
        copy = scratch / ("panel.bundle" if kind == "update" else "panel.backup")
        with os.fdopen(_plain(place, ATTACHED), "rb") as source, copy.open("xb") as sink:
            shutil.copyfileobj(source, sink)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UpdateError(f"the panel's order cannot be read: {error}") from error
    return Order(order, kind, copy)


def _plain(place: int, name: str) -> int:
    """A regular file of that folder, opened; a link, a pipe or a file with a second name is none."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        os.close(descriptor)
        raise ValueError(f"'{name}' is no plain file")
    return descriptor


def carry_out(
    order: Order,
    ways: Mapping[Kind, Callable[[Path | None], tuple[bool, str]]],
    folder: Path = OUTCOME_FOLDER,
    *,
    clock_s: Callable[[], float] = time.time,
) -> Outcome:
    """Do it and note what became of it; ``ways`` say whether it went well, and what is to be told."""
    try:
        ok, text = ways[order.kind](order.file)
    except AssistantError as error:
        ok, text = False, str(error)
    outcome = Outcome(order.id, order.kind, ok, text, clock_s())
    folder.mkdir(parents=True, exist_ok=True)
    rows = {"id": outcome.id, "kind": outcome.kind, "ok": ok, "text": text, "at": outcome.at}
    write_whole(folder / OUTCOME, json.dumps(rows, ensure_ascii=False))
    return outcome
