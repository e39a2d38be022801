"""Backup, restore and updates in the panel. What only root may do is left as an order (``update.orders``)."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from assistant import __version__
from assistant.api.replies import HttpError
from assistant.errors import AssistantError
from assistant.update.backup import Places, read_backup, unreadable, write_backup
from assistant.update.bundle import open_bundle, read_keys
from assistant.update.orders import FOLDER, Kind, is_pending, last_outcome, leave
from assistant.update.releases import Releases
from assistant.web.pages import back, form_of, page
from assistant.web.uploads import Upload, receive_file

PLACE = "/system/upkeep"
BACKUP_BYTES, BUNDLE_BYTES = 1 << 30, 4 << 30


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Where things are on this machine. ``orders``: whether root carries out what is left for it (installed as a service)."""

    places: Places
    outcome: Path
    prefix: Path
    keys: Path
    orders: bool
    url: str | None = None
    bundles: bool = True
    """Whether releases come as bundles, and not from apt."""

    @property
    def folder(self) -> Path:
        """Where orders are left."""
        return self.places.state / FOLDER


@dataclass(frozen=True, slots=True)
class UpkeepPages:
    """The routes."""

    upkeep: Callable[[], Upkeep] | None

    def routes(self) -> list[Route]:
        """None where nothing is known of the machine."""
        post = ["POST"]
        return [] if self.upkeep is None else [
            Route(PLACE, self.show),
            Route("/panel/backup", self.backup, methods=post),
            Route("/panel/restore", self.restore, methods=post),
            Route("/panel/update", self.update, methods=post),
            Route("/panel/order", self.order, methods=post),
        ]  # fmt: skip

    async def show(self, request: Request) -> Response:
        """What runs, what was ordered last, and the forms."""
        upkeep = self._upkeep()
        closed = await run_in_threadpool(unreadable, upkeep.places)
        releases = Releases(upkeep.prefix)
        outcome = last_outcome(upkeep.outcome)
        at = dt.datetime.fromtimestamp(outcome.at).strftime("%Y-%m-%d %H:%M") if outcome is not None else ""
        return page(
            request,
            "upkeep.html",
            upkeep=upkeep,
            version=__version__,
            active=releases.active,
            previous=releases.previous,
            closed=closed,
            pending=upkeep.orders and is_pending(upkeep.folder),
            outcome=outcome,
            at=at,
        )

    async def backup(self, request: Request) -> Response:
        """One file with all that the service may read; it is made anew and kept nowhere."""
        await form_of(request)
        places = self._upkeep().places
        scratch = Path(tempfile.mkdtemp(prefix=".backup-", dir=_made(places.state / "cache")))
        file = scratch / f"assistant-{dt.date.today().isoformat()}.backup"
        clear = BackgroundTask(shutil.rmtree, scratch, ignore_errors=True)

        def write() -> None:
            write_backup(places, file, __version__, leave_out=unreadable(places))

        try:
            await run_in_threadpool(write)
        except AssistantError as error:
            await clear()
            return back(PLACE, str(error))
        return FileResponse(
            file,
            media_type="application/octet-stream",
            filename=file.name,
            headers={"Cache-Control": "no-store"},
            background=clear,
        )

    async def restore(self, request: Request) -> Response:
        """A backup that is put in the place of what is there; looked at here, so that a wrong file is told at once."""
        return await self._with_file(request, "restore", BACKUP_BYTES, lambda upload: read_backup(upload.path))

    async def update(self, request: Request) -> Response:
        """A release to install, if it is signed with a key that this machine knows."""
        keys = self._upkeep().keys
        return await self._with_file(
            request, "update", BUNDLE_BYTES, lambda upload: open_bundle(upload.path, read_keys(keys))
        )

    async def order(self, request: Request) -> Response:
        """Look at the configured address, or go back to the release before."""
        wanted = (await form_of(request)).get("do")
        kind: Kind
        match wanted:
            case "look":
                kind = "look"
            case "rollback":
                kind = "rollback"
            case _:
                raise HttpError(400, "this cannot be done")
        upkeep = self._orders()
        try:
            await run_in_threadpool(leave, upkeep.folder, kind)
        except AssistantError as error:
            return back(PLACE, str(error))
        return back(PLACE)

    async def _with_file(self, request: Request, kind: Kind, limit: int, check: Callable[[Upload], object]) -> Response:
        upkeep = self._orders()
        async with receive_file(request, upkeep.folder, limit) as upload:
            try:
                await run_in_threadpool(check, upload)
                await run_in_threadpool(leave, upkeep.folder, kind, upload.path)
            except AssistantError as error:
                return back(PLACE, str(error))
        return back(PLACE)

    def _orders(self) -> Upkeep:
        upkeep = self._upkeep()
        if not upkeep.orders:
            raise HttpError(409, "the assistant is not installed as a service here: use the command line")
        if is_pending(upkeep.folder):
            raise HttpError(409, "there is an order already; wait until it is carried out")
        return upkeep

    def _upkeep(self) -> Upkeep:
        assert self.upkeep is not None  # else there are no routes
        return self.upkeep()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
