"""The control socket's commands over the running assistant: what ``assistant status | listen | say | ask …`` call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from assistant.api.control import Arguments, Command, argument
from assistant.core import Core, TurnRequest
from assistant.evaluation.cases import result_row
from assistant.events import TurnFinished, TurnRecord
from assistant.types import JsonValue

CONTROL = "control"
SHOWN_TURNS = 10
LONGEST_TEXT = 2000


def control_commands(core: Core, status: Callable[[], JsonValue], reload: Callable[[], object]) -> dict[str, Command]:
    """Commands by name. ``status`` and ``reload`` are the daemon's."""

    async def show_status(_arguments: Arguments) -> JsonValue:
        return status()

    async def ask(arguments: Arguments) -> JsonValue:
        text = _text(arguments)
        request = TurnRequest(
            text,
            source=argument(arguments, "source", str, CONTROL),
            area=argument(arguments, "area", str, "") or None,
            confirmed=argument(arguments, "confirmed", bool, False),
            speak=argument(arguments, "speak", bool, False),
        )
        return turn_row(await core.turn(request))

    async def say(arguments: Arguments) -> JsonValue:
        return await core.announce(_text(arguments))

    async def listen(_arguments: Arguments) -> JsonValue:
        core.listen()
        return None

    async def stop(_arguments: Arguments) -> JsonValue:
        return core.stop()

    async def mute(_arguments: Arguments) -> JsonValue:
        core.mute(True)
        return None

    async def unmute(_arguments: Arguments) -> JsonValue:
        core.mute(False)
        return None

    async def volume(arguments: Arguments) -> JsonValue:
        if "level" not in arguments:
            return core.volume
        return core.set_volume(argument(arguments, "level", float))

    async def reload_now(_arguments: Arguments) -> JsonValue:
        reload()
        return None

    async def turns(arguments: Arguments) -> JsonValue:
        count = argument(arguments, "count", int, SHOWN_TURNS)
        return [turn_row(record) for record in list(core.turns)[-max(0, count) :]]

    return {
        "status": show_status,
        "ask": ask,
        "say": say,
        "listen": listen,
        "stop": stop,
        "mute": mute,
        "unmute": unmute,
        "volume": volume,
        "reload": reload_now,
        "turns": turns,
        "follow": lambda _arguments: follow(core),
    }


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
