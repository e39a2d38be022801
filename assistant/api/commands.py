"""The control socket's commands over the running assistant: what ``assistant status | listen | say | ask …`` call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from assistant.api.control import Arguments, Command, argument
from assistant.evaluation.cases import result_row
from assistant.events import TurnFinished, TurnRecord
from assistant.service.core import Core
from assistant.service.turns import TurnRequest
from assistant.types import JsonValue

CONTROL = "control"
SHOWN_TURNS = 10
LONGEST_TEXT = 2000


def control_commands(core: Core, status: Callable[[], JsonValue], reload: Callable[[], object]) -> dict[str, Command]:
    """Commands by name. ``status`` and ``reload`` are the daemon's."""
    commands = _Commands(core, status, reload)
    return {
        "status": commands.show_status,
        "ask": commands.ask,
        "say": commands.say,
        "listen": commands.listen,
        "stop": commands.stop,
        "mute": commands.mute,
        "unmute": commands.unmute,
        "volume": commands.volume,
        "reload": commands.reload_now,
        "turns": commands.turns,
        "follow": lambda _arguments: follow(core),
    }


@dataclass(frozen=True, slots=True)
class _Commands:
    """Each method is a command."""

    core: Core
    status: Callable[[], JsonValue]
    reload: Callable[[], object]

    async def show_status(self, _arguments: Arguments) -> JsonValue:
        return self.status()

    async def ask(self, arguments: Arguments) -> JsonValue:
        request = TurnRequest(
            _text(arguments),
            source=argument(arguments, "source", str, CONTROL),
            area=argument(arguments, "area", str, "") or None,
            confirmed=argument(arguments, "confirmed", bool, False),
            speak=argument(arguments, "speak", bool, False),
        )
        return turn_row(await self.core.turn(request))

    async def say(self, arguments: Arguments) -> JsonValue:
        return await self.core.announce(_text(arguments))

    async def listen(self, _arguments: Arguments) -> JsonValue:
        self.core.listen()
        return None

    async def stop(self, _arguments: Arguments) -> JsonValue:
        return self.core.stop()

    async def mute(self, _arguments: Arguments) -> JsonValue:
        self.core.mute(True)
        return None

    async def unmute(self, _arguments: Arguments) -> JsonValue:
        self.core.mute(False)
        return None

    async def volume(self, arguments: Arguments) -> JsonValue:
        if "level" not in arguments:
            return self.core.volume
        return self.core.set_volume(argument(arguments, "level", float))

    async def reload_now(self, _arguments: Arguments) -> JsonValue:
        self.reload()
        return None

    async def turns(self, arguments: Arguments) -> JsonValue:
        count = argument(arguments, "count", int, SHOWN_TURNS)
        return [turn_row(record) for record in list(self.core.turns)[-max(0, count) :]]


async def follow(core: Core) -> AsyncIterator[JsonValue]:
    """Every turn, as it ends."""
    async with core.events.subscribe(TurnFinished) as events:
        async for event in events:
            if isinstance(event, TurnFinished):
                yield turn_row(event.record)


def turn_row(record: TurnRecord) -> dict[str, JsonValue]:
    """A turn as JSON: the result's row, with its source, room and time."""
    row: dict[str, JsonValue] = dict(result_row(record.result.turn_id, record.result))
    row |= {"source": record.source, "area": record.area, "at": record.at.isoformat(timespec="seconds")}
    return row


def _text(arguments: Arguments) -> str:
    text = argument(arguments, "text", str).strip()
    if not text:
        raise ValueError("'text' is empty")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"'text' is longer than {LONGEST_TEXT} characters")
    return text
