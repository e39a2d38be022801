"""To-do and shopping lists: which list is meant, its items, and what a change makes of them."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.home.backend import ServiceCall
from assistant.home.names import bare, normalise
from assistant.home.targets import Ambiguous, NoTarget, values
from assistant.home.wording import Wording
from assistant.types import Device, Home, Intent, JsonValue

LIST_INTENTS = {
    "HassListAddItem": "add",
    "HassShoppingListAddItem": "add",
    "HassListRemoveItem": "remove",
    "HassShoppingListRemoveItem": "remove",
    "HassListCompleteItem": "complete",
    "HassShoppingListCompleteItem": "complete",
    "HassListClear": "clear",
}
_SHOPPING = frozenset(
    "shopping grocery groceries supermarket einkaufen einkauf einkaufsliste spesa compra courses zakupy 购物".split()
)
"""What lists of things to buy are called; people name them in their own language."""

Item = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ListChange:
    """The call that makes the change (``None`` where there is none to make), and what to say of it."""

    call: ServiceCall | None
    key: str
    items: tuple[str, ...] = ()


def find_list(home: Home, intent: Intent) -> Device | NoTarget | Ambiguous:
    """The list that an intent names; without a name the shopping list for shopping, or the home's only list."""
    lists = [device for device in home.devices if device.domain == "todo"]
    if intent.slots.get("device_id") is not None:
        lists = [device for device in lists if device.id in values(intent.slots["device_id"])]
    elif intent.slots.get("name") is not None:
        wanted = _stem(str(intent.slots["name"]))
        lists = [d for d in lists if any(_stem(name) == wanted for name in (d.name, *d.aliases))]
    elif len(lists) > 1 and intent.slots.get("kind") == "tasks":
        lists = [d for d in lists if not _is_shopping(d)] or lists
    elif len(lists) > 1 and (intent.name.startswith("HassShopping") or intent.name == "HassListClear"):
        lists = [d for d in lists if _is_shopping(d)] or lists
    elif len(lists) > 1:
        shopping = [d for d in lists if _is_shopping(d)]
        lists = shopping if len(shopping) == 1 else lists
    if not lists:
        return NoTarget("list_no")
    return lists[0] if len(lists) == 1 else Ambiguous(tuple(lists))


def _is_shopping(device: Device) -> bool:
    said = normalise(" ".join((device.id, device.name, *device.aliases))).split()
    return not _SHOPPING.isdisjoint(said)


def _stem(name: str) -> str:
    return bare(name).removesuffix(" list").removesuffix(" lists")


def items_of(device: Device) -> list[Item]:
    """The list's items as ``{"summary": …, "status": "needs_action" | "completed"}``; others may be plain text."""
    raw = device.attributes.get("items")
    items: list[Item] = []
    for item in raw if isinstance(raw, list) else []:
        row: Item = dict(item) if isinstance(item, dict) else {"summary": str(item)}
        row.setdefault("summary", str(row.get("name") or row.get("item") or ""))
        row.setdefault("status", "needs_action")
        items.append(row)
    return items


def open_items(device: Device) -> list[str]:
    """What is still to be done."""
    return [str(item["summary"]) for item in items_of(device) if item["status"] != "completed"]


def named_items(intent: Intent) -> list[str]:
    """The items of the slots ``item`` or ``items``."""
    said = intent.slots.get("item", intent.slots.get("items"))
    return [item.strip() for item in values(said) if item.strip()]


def find_item(device: Device, spoken: str, *, open_only: bool = False) -> str | None:
    """The item that is meant: by its very words, in another number, or as the only one that has the words in it."""
    summaries = [str(i["summary"]) for i in items_of(device) if not (open_only and i["status"] == "completed")]
    wanted = bare(spoken)
    for summary in summaries:
        if bare(summary) == wanted:
            return summary
    for summary in summaries:
        if _singular(bare(summary)) == _singular(wanted):
            return summary
    words = set(wanted.split())
    holding = [summary for summary in summaries if words and words <= set(normalise(summary).split())]
    return holding[0] if len(holding) == 1 else None


def _singular(text: str) -> str:
    for ending in ("oes", "ies"):
        if text.endswith(ending):
            return text[:-2]
    return text.removesuffix("s")


def plan_list_change(device: Device, intent: Intent) -> ListChange:
    """What ``intent`` makes of the list."""
    what, names = LIST_INTENTS[intent.name], named_items(intent)
    if what == "clear":
        return _change(device, [], "list_cleared")
    if not names:
        return ListChange(None, "list_what")
    if what == "add":
        return _add(device, names)
    found = {name: find_item(device, name, open_only=what == "complete") for name in names}
    missing = tuple(name for name, item in found.items() if item is None)
    if missing:
        return ListChange(None, "list_missing", missing)
    chosen = set(found.values())
    items = items_of(device)
    if what == "remove":
        return _change(device, [i for i in items if i["summary"] not in chosen], "list_removed", tuple(names))
    for item in items:
        if item["summary"] in chosen:
            item["status"] = "completed"
    return _change(device, items, "list_completed", tuple(names))


def _add(device: Device, names: list[str]) -> ListChange:
    """New items at the end; one that was done is to be done again; one that is open is not doubled."""
    items = items_of(device)
    by_name = {bare(str(item["summary"])): item for item in items}
    added = []
    for name in names:
        there = by_name.get(bare(name))
        if there is None:
            items.append({"summary": name, "status": "needs_action"})
        elif there["status"] == "completed":
            there["status"] = "needs_action"
        else:
            continue
        added.append(name)
    if not added:
        return ListChange(None, "list_already", tuple(names))
    return _change(device, items, "list_added", tuple(added))


def _change(device: Device, items: list[Item], key: str, names: tuple[str, ...] = ()) -> ListChange:
    return ListChange(ServiceCall(device.id, "set_items", {"items": list(items)}), key, names)


def said_of(change: ListChange, device: Device, wording: Wording) -> str:
    """The sentence about the change, made of the list as it was read back."""
    spoken, name = wording.names(change.items, most=len(change.items) or 1), wording.the(device)
    missing = [item for item in change.items if find_item(device, item, open_only=True) is None]
    if change.key == "list_added" and missing:
        return wording.say("list_missing", item=wording.names(missing), name=name)
    return wording.say(change.key, items=spoken, item=spoken, name=name)
