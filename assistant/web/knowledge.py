"""The page of the owner's documents: what is there, adding a file, taking one away; reading goes on in the background."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.api.replies import HttpError
from assistant.errors import AssistantError
from assistant.events import Indexing
from assistant.service.core import Core
from assistant.web.house import House
from assistant.web.pages import back, form_of, page
from assistant.web.uploads import plain_name, receive_file

if TYPE_CHECKING:
    from assistant.skills.knowledge.library import Library

MOST_BYTES = 32 << 20
MOST_DOCUMENTS = 500
PLACE = "/knowledge"


@dataclass(slots=True)
class KnowledgePages:
    """The routes. ``_reading``: documents that are being read, by name, and how far."""

    core: Core
    house: House
    _reading: dict[str, Indexing] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def routes(self) -> list[Route]:
        """None where there are no documents."""
        if self.house.library is None:
            return []
        return [
            Route(PLACE, self.show),
            Route("/panel/knowledge", self.add, methods=["POST"]),
            Route("/panel/forget", self.forget, methods=["POST"]),
            Route("/panel/hold", self.hold, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """What is there, and what is being read."""
        from assistant.skills.knowledge.documents import SUFFIXES

        library = await run_in_threadpool(self._library)
        listed = await run_in_threadpool(library.index.listed)
        held = await run_in_threadpool(library.held)
        documents = [
            (Path(entry.path).name, entry, held is not None and str(held[0]) == entry.path) for entry in listed
        ]
        return page(
            request,
            "knowledge.html",
            documents=documents,
            reading=list(self._reading.values()),
            suffixes=sorted(SUFFIXES),
            most_mb=MOST_BYTES >> 20,
        )

    async def add(self, request: Request) -> Response:
        """A file; a document of the same name is replaced."""
        library = await run_in_threadpool(self._library)
        if len(await run_in_threadpool(library.index.listed)) >= MOST_DOCUMENTS:
            raise HttpError(409, f"there are {MOST_DOCUMENTS} documents: take one away first")
        async with receive_file(request, self.house.config().paths.state / "cache", MOST_BYTES) as upload:
            try:
                target = await run_in_threadpool(library.take, upload.path)
            except AssistantError as error:
                return back(PLACE, str(error).replace(str(upload.path), upload.name))
        self._begin(library, target)
        return back(PLACE, f"✓ {target.name}")

    async def forget(self, request: Request) -> Response:
        """Take a document away."""
        name = (await form_of(request)).get("name", "")
        library = await run_in_threadpool(self._library)
        if plain_name(name) != name or not await run_in_threadpool(library.remove, name):
            raise HttpError(404, "there is no such document")
        self._reading.pop(name, None)
        return back(PLACE)

    async def hold(self, request: Request) -> Response:
        """Have the model keep this short manual whole, or none."""
        fields = await form_of(request)
        name = fields.get("name", "") if fields.get("do") == "hold" else None
        library = await run_in_threadpool(self._library)
        if name is not None and name not in {Path(entry.path).name for entry in library.index.listed()}:
            raise HttpError(404, "there is no such document")
        await run_in_threadpool(library.hold, name)
        return back(PLACE)

    def _library(self) -> Library:
        assert self.house.library is not None  # else there are no routes
        return self.house.library()

    def _begin(self, library: Library, target: Path) -> None:
        task = asyncio.create_task(asyncio.to_thread(self._read, library, target), name=f"index {target.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _read(self, library: Library, target: Path) -> None:
        name = target.name
        self._now(Indexing(name, 0, 1))
        try:
            library.read(target, lambda name, done, total: self._now(Indexing(name, done, total)))
        except AssistantError as error:
            self._now(Indexing(name, 0, 1, str(error)))
            return
        self._reading.pop(name, None)
        self.core.events.publish(Indexing(name, 1, 1))

    def _now(self, state: Indexing) -> None:
        self._reading[state.name] = state
        self.core.events.publish(state)
