"""What the panel needs of the house, its skills and its documents, as the composition hands it over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.config import Config
    from assistant.skills.agenda.entries import Entry
    from assistant.skills.knowledge.library import Library
    from assistant.turn.protocols import HouseLike
    from assistant.types import Intent
    from assistant.web.upkeep import Upkeep


@dataclass(slots=True)
class House:
    """The callables may be called in threads. ``None``: there is no such thing here, and no page offers it."""

    house: Callable[[], HouseLike]
    config: Callable[[], Config]
    agenda: Callable[[], list[tuple[Entry, float]]] = list
    cancel: Callable[[int], bool] = lambda _id: False
    correct: Callable[[str, str, str | None], Intent] | None = None
    name: Callable[[str, str], str] | None = None
    """Gives a device (by its id) one more name; returns it."""
    forget_name: Callable[[str, str], bool] = lambda _device, _name: False
    own_names: Callable[[], Mapping[str, tuple[str, ...]]] = dict
    """The names that were given so, by device id."""
    reload: Callable[[], object] = lambda: None
    library: Callable[[], Library] | None = None
    upkeep: Callable[[], Upkeep] | None = None
