"""To-do lists of Home Assistant: what must be called to make one list another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assistant.home.backends.plain import plain_text
from assistant.types import JsonValue

MOST_ITEMS = 500


def items_of(value: JsonValue) -> list[Any]:
    """The items of ``todo/item/list`` as summary and status."""
    listed = value.get("items") if isinstance(value, dict) else None
    found = [row for row in listed[:MOST_ITEMS] if isinstance(row, dict)] if isinstance(listed, list) else []
    return [
        {"summary": plain_text(row.get("summary", "")), "status": "completed" if row.get("status") == "completed" else
         "needs_action"}
        for row in found
    ]  # fmt: skip


def list_calls(before: JsonValue, after: JsonValue) -> Iterator[tuple[str, dict[str, JsonValue]]]:
    """The services, with their data, that make ``before`` into ``after``."""
    was, wanted = _by_name(before), _by_name(after)
    for summary in was:
        if summary not in wanted:
            yield "remove_item", {"item": summary}
    for summary, status in wanted.items():
        if summary not in was:
            yield "add_item", {"item": summary}
            if status == "completed":
                yield "update_item", {"item": summary, "status": status}
        elif was[summary] != status:
            yield "update_item", {"item": summary, "status": status}


def _by_name(items: JsonValue) -> dict[str, str]:
    listed = items if isinstance(items, list) else []
    return {
        str(item["summary"]): str(item.get("status", "needs_action"))
        for item in listed
        if isinstance(item, dict) and item.get("summary")
    }
