"""What was heard, kept for a while where the owner has switched that on; else nothing is kept, and what there was is deleted."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.audio.files import save_clip
from assistant.events import Reloaded

if TYPE_CHECKING:
    from assistant.config.sections import RecordingsSection
    from assistant.service.core import Core
    from assistant.types import AudioClip

FOLDER = "recordings"
NAME = "recordings"
LOOK_EVERY_S = 300.0


class Recordings:
    """WAV files named by their turns' ids, below ``folder``. ``section`` gives what is configured now. Thread-safe."""

    def __init__(
        self, folder: Path, section: Callable[[], RecordingsSection], *, clock_s: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._section = section
        self._clock_s = clock_s

    def keep(self, turn_id: str, clip: AudioClip) -> None:
        """Keep a clip where that is switched on. Raises StorageError."""
        if self._section().keep:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            save_clip(clip, self._folder / f"{turn_id}.wav")
            self.tidy()

    def find(self, turn_id: str) -> Path | None:
        """The file of a turn that may still be heard."""
        self.tidy()
        path = self._folder / f"{turn_id}.wav"
        return path if turn_id.isalnum() and path.is_file() else None

    def tidy(self) -> None:
        """Delete what is too old, too many, or no longer wanted at all."""
        section = self._section()
        files = sorted(((path.stat().st_mtime, path) for path in self._files()), reverse=True)
        oldest = self._clock_s() - section.hours * 3600
        kept = section.most if section.keep else 0
        for place, (at, path) in enumerate(files):
            if place >= kept or at < oldest:
                path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        with contextlib.suppress(OSError):
            return [path for path in self._folder.iterdir() if path.is_file()]
        return []


@asynccontextmanager
async def open_recordings(core: Core, recordings: Recordings) -> AsyncIterator[None]:
    """Keep the core's turns' sound while inside; look after what is kept, also while nobody speaks."""
    core.recordings = recordings

    async def look() -> None:
        async with core.events.subscribe(Reloaded) as reloads:
            while True:
                await asyncio.to_thread(_tidied, core, recordings)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await anext(reloads)

    looking = asyncio.create_task(look(), name=NAME)
    try:
        yield
    finally:
        looking.cancel()
        core.recordings = None


def _tidied(core: Core, recordings: Recordings) -> None:
    try:
        recordings.tidy()
    except OSError as error:
        core.trouble(NAME, f"what was heard cannot be deleted: {error.strerror or error}")
    else:
        core.trouble(NAME, "")
