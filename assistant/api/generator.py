"""The language model on the event loop: so many answers at once, a queue of limited length, and no work for the absent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor

from assistant.api.ports import TextModel
from assistant.api.replies import HttpError
from assistant.llm.requests import GenerateRequest, Output

AT_ONCE = 2
"""Two answers take turns token by token, so that a short one need not wait for a long one. More would only be slower."""


class Generator:
    """Runs answers in threads of its own. ``limit``: so many may wait for their turn."""

    def __init__(self, model: TextModel, *, limit: int, timeout_s: float, at_once: int = AT_ONCE) -> None:
        self._model = model
        self._limit = limit
        self._timeout_s = timeout_s
        self._places = asyncio.Semaphore(at_once)
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="api-text")
        self.waiting = 0
        self.running = 0

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Output]:
        """The answer, as it comes; closing the iterator ends the work within a token. Raises HttpError 503 where too many wait."""
        if self.waiting >= self._limit:
            raise HttpError(503, "server busy, please try again. maximum pending requests exceeded", retry_s=2)
        self.waiting += 1
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._places.acquire()
        except TimeoutError as error:
            raise HttpError(503, "server busy, please try again", retry_s=2) from error
        finally:
            self.waiting -= 1
        self.running += 1
        answer = _Answer(self._model, request)
        work = self._pool.submit(answer.run)
        loop = asyncio.get_running_loop()
        work.add_done_callback(lambda _work: answer.tell(loop, self._release))
        try:
            while (item := await answer.items.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            answer.cancelled.set()
            if work.cancel():
                self._release()

    def _release(self) -> None:
        self.running -= 1
        self._places.release()

    def close(self) -> None:
        """Take no more work; what runs ends by itself when its client is gone."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class _Answer:
    """One answer in a thread, handed over to the loop piece by piece."""

    def __init__(self, model: TextModel, request: GenerateRequest) -> None:
        self._model = model
        self._request = request
        self._loop = asyncio.get_running_loop()
        self.items: asyncio.Queue[Output | BaseException | None] = asyncio.Queue()
        self.cancelled = threading.Event()

    def run(self) -> None:
        try:
            for output in self._model.generate(self._request, self.cancelled.is_set):
                self._put(output)
        except Exception as error:  # the loop raises it again, where the request is answered
            self._put(error)
        else:
            self._put(None)

    def _put(self, item: Output | BaseException | None) -> None:
        self.tell(self._loop, lambda: self.items.put_nowait(item))

    @staticmethod
    def tell(loop: asyncio.AbstractEventLoop, call: object) -> None:
        """Have the loop call; where it is closed nobody is there to be told."""
        try:
            loop.call_soon_threadsafe(call)  # type: ignore[arg-type]  # a callable without arguments
        except RuntimeError:
            return
