"""Where a command's reply goes: to the loudspeaker, into a file, or both."""

from __future__ import annotations

from pathlib import Path

from assistant.config import Config
from assistant.errors import AudioError
from assistant.types import AudioClip


class ReplySink:
    """Takes a reply's clips: plays them, keeps them for a file, or both. ``note`` says afterwards what became of them."""

    def __init__(self, out: Path | None, play: bool, config: Config) -> None:
        self._out = out
        self._clips: list[AudioClip] = []
        self._player = None
        self.note: str | None = None
        self.heard = out is not None
        if play:
            from assistant.audio.playback import Player

            try:
                self._player = Player.open(config.audio.output, volume=config.audio.volume)
                self.heard = True
            except AudioError as error:
                self.note = f"not played: {error}"

    def __call__(self, clip: AudioClip) -> None:
        if self._player is not None:
            self._player.play(clip)
        if self._out is not None:
            self._clips.append(clip)

    def finish(self) -> None:
        """Write the file and wait until all is heard."""
        if self._out is not None:
            from assistant.audio.files import join_clips, save_clip

            save_clip(join_clips(self._clips), self._out)
            self.note = str(self._out)
        if self._player is not None:
            self._player.drain()
            self._player.close()
