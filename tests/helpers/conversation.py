"""A conversation with a dialogue over a matcher, without a house."""

import datetime as dt

from assistant.nlu.dialogue import Dialogue
from assistant.types import Action, TurnContext, Understood

NOW = dt.datetime(2026, 3, 14, 18, 20, tzinfo=dt.UTC)


def talk(matcher, *sentences, area=None, pause_s=5):
    """What the last sentence means, after the others were carried out."""
    dialogue, found = Dialogue(), None
    for place, text in enumerate(sentences):
        context = TurnContext(now=NOW + dt.timedelta(seconds=place * pause_s), area=area)
        found = dialogue.resolve(text, context, matcher)
        if isinstance(found, Understood):
            targets = tuple(
                str(i)
                for intent in found.intents
                for ids in [intent.slots.get("device_id")]
                for i in (ids if isinstance(ids, list) else [ids] if ids else [])
            )
            dialogue.remember(text, found.intents, (Action(found.intents[-1].name, {}, targets),), None)
    return found


def one(found):
    """The last of what was understood."""
    assert isinstance(found, Understood), found
    return found.intents[-1]
