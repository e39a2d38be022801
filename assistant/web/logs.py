"""The last lines of the log, kept in memory for the panel; secrets are not written to the log in the first place."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass

KEPT = 400


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry."""

    at: float
    level: str
    name: str
    text: str


class LogKeeper(logging.Handler):
    """Keeps the last entries, but none about pairing: who reads them is in already, yet codes stay off the network."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: deque[LogLine] = deque(maxlen=KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        if getattr(record, "STAGE", "") != "pairing":
            self.lines.append(LogLine(record.created, record.levelname, record.name, record.getMessage()[:500]))
