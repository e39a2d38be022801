"""To-do and shopping lists: add, remove, complete, clear, read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assistant.home.backend import ServiceCall
from assistant.home.targets import normalise
from assistant.home.wording import Wording
from assistant.types import Device, Home, Intent

LIST_INTENTS = {
    "HassListAddItem": "add", "HassShoppingListAddItem": "add",
    "HassListRemoveItem": "remove", "HassShoppingListRemoveItem": "remove",
    "HassListCompleteItem": "complete", "HassShoppingListCompleteItem": "complete",
    "HassListClear": "clear",
}
SHOPPING_WORDS = ("shopping", "grocery", "groceries")


@dataclass(frozen=True, slots=True)
class ListChange:
    """The call that makes the change, and what to say once it is read back; ``call`` is ``None`` where nothing changes."""

    call: ServiceCall | None
    reply: str


def find_list(home: Home, intent: Intent) -> Device | None:
    """The list that an intent names; the shopping list, or the only list, where it names none."""
    lists = [device for device in home.devices if device.domain == "todo"]
    if intent.slots.get("device_id") is not None:
        return next((device for device in lists if device.id == intent.slots["device_id"]), None)
    name = intent.slots.get("name")
    if name is not None:
        wanted = normalise(str(name)).removesuffix(" list")
        for device in lists:
            if any(normalise(n).removesuffix(" list") == wanted for n in (device.name, *device.aliases)):
                return device
        return None
    shopping = [d for d in lists if any(w in f"{d.id} {d.name}".lower() for w in SHOPPING_WORDS)]
    if shopping:
        return shopping[0]
    return lists[0] if len(lists) == 1 else None


def items_of(device: Device) -> list[dict[str, Any]]:
    """The list's items as ``{"summary": …, "status": "needs_action" | "completed"}``."""
    raw = device.attributes.get("items")
    items: list[dict[str, Any]] = []
    for item in raw if isinstance(raw, list) else []:
        items.append(dict(item) if isinstance(item, dict) else {"summary": str(item), "status": "needs_action"})
    return items


def open_items(device: Device) -> list[str]:
    """What is still to be done."""
    return [str(item.get("summary", "")) for item in items_of(device) if item.get("status") != "completed"]


def plan_list_change(device: Device, intent: Intent, wording: Wording) -> ListChange:
    """What ``intent`` makes of the list."""
    what = LIST_INTENTS[intent.name]
    wanted = intent.slots.get("item")
    names = [str(item) for item in wanted] if isinstance(wanted, list) else [str(wanted)] if wanted else []
    items = items_of(device)
    if what == "clear":
        return _change(device, [], wording.say("list_cleared", name=device.name))
    spoken = wording.names(names)
    if what == "add":
        items += [{"summary": name, "status": "needs_action"} for name in names]
        return _change(device, items, wording.say("list_added", items=spoken, name=device.name))
    found = {normalise(name) for name in names}
    if not any(normalise(str(item.get("summary", ""))) in found for item in items):
        return ListChange(None, wording.say("list_missing", item=spoken, name=device.name))
    if what == "remove":
        items = [item for item in items if normalise(str(item.get("summary", ""))) not in found]
        return _change(device, items, wording.say("list_removed", items=spoken, name=device.name))
    for item in items:
        if normalise(str(item.get("summary", ""))) in found:
            item["status"] = "completed"
    return _change(device, items, wording.say("list_completed", items=spoken, name=device.name))


def _change(device: Device, items: list[dict[str, Any]], reply: str) -> ListChange:
    return ListChange(ServiceCall(device.id, "set_items", {"items": items}), reply)
