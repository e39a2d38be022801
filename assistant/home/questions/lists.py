"""What is on a list."""

from __future__ import annotations

from assistant.home.ask import which_device
from assistant.home.lists import find_item, find_list, named_items, open_items
from assistant.home.questions.base import answered
from assistant.home.targets import Ambiguous, NoTarget
from assistant.home.wording import Wording
from assistant.types import Home, Intent, NotHandled, Outcome, TurnContext

MOST_READ = 30


def answer(home: Home, intent: Intent, _context: TurnContext, wording: Wording) -> Outcome:
    """``AssistListQuery``: slots name and item; response ``how_many`` counts."""
    found = find_list(home, intent)
    if isinstance(found, Ambiguous):
        return which_device(intent, found, wording)
    if isinstance(found, NoTarget):
        return NotHandled(wording.say(found.key))
    items, name = open_items(found), wording.the(found)
    asked = named_items(intent)
    if asked:
        has = all(find_item(found, item, open_only=True) is not None for item in asked)
        return answered(
            intent, [found], wording.say("list_has" if has else "list_has_not", items=wording.names(asked), name=name)
        )
    spoken = wording.names(items, most=MOST_READ)
    if not items:
        return answered(intent, [found], wording.say("list_empty", name=name))
    if intent.response == "how_many":
        key = "list_count_one" if len(items) == 1 else "list_count"
        return answered(intent, [found], wording.say(key, count=wording.count(len(items)), items=spoken, name=name))
    return answered(intent, [found], wording.say("list_items", name=name, items=spoken))
