"""The language model of one process: loaded at first use, shared in turn, freed at the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assistant.config import Config
from assistant.llm.queue import ModelQueue, Priority
from assistant.models.installed import resolve

if TYPE_CHECKING:
    from assistant.llm.client import ModelClient
    from assistant.llm.engine import Engine


class ModelParts:
    """``config`` is replaced when it is read again; what is loaded stays."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.queue = ModelQueue()
        """Who may use the language model now: voice first."""
        self._engine: Engine | None = None

    def close(self) -> None:
        """Free the model."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def rest(self) -> None:
        """Hold no pages of the weights while nobody asks; they stay in the system's cache of files as long as there is room."""
        if self._engine is not None:
            self._engine.rest()

    @property
    def path(self) -> Path:
        """The language model's file: the configured one, or its stand-in."""
        return resolve(self.config.llm.model, self.config.paths.models).path

    @property
    def loaded(self) -> bool:
        """Whether the language model is in memory."""
        return self._engine is not None

    @property
    def engine(self) -> Engine:
        """The language model, loaded at first use. One thread at a time may use it: take a ``client``."""
        if self._engine is None:
            from assistant.llm.engine import Engine

            self._engine = Engine.open(
                self.path,
                context=self.config.llm.context,
                threads=self.config.llm.threads,
                state_dir=self.config.paths.state / "llm",
            )
        return self._engine

    def client(self, name: str, priority: Priority, *, quoting: bool = False) -> ModelClient:
        """The language model for one user of it: safe from any thread, in turn with the others.

        ``quoting``: its answers repeat their prompt, so that what follows is guessed from there.
        """
        from assistant.llm.client import ModelClient
        from assistant.llm.drafting import prompt_lookup

        return ModelClient(lambda: self.engine, self.queue, name, priority, draft=prompt_lookup if quoting else None)
