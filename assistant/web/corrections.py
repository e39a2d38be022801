"""Corrections of misunderstandings: a sentence of the owner's own for what was heard, in the custom sentences' format.

They lie in the state's own folder, are tried before they are kept, and are like sentences that were written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import yaml

from assistant.errors import AssistantError
from assistant.machine.files import write_whole
from assistant.nlu.normalise import tidy
from assistant.types import Intent, TurnContext, Understanding, Understood

if TYPE_CHECKING:
    from assistant.nlu.matcher import SentenceMatcher

FOLDER = "sentences"
FILE = "panel.yaml"


class CorrectionError(AssistantError):
    """A correction that cannot be taken."""

    permanent = True


class Reader(Protocol):
    """Reads sentences of the house."""

    def match(self, text: str, context: TurnContext) -> Understanding: ...


def correct(
    folder: Path,
    language: str,
    heard: str,
    meant: str,
    context: TurnContext,
    matcher: Callable[[], SentenceMatcher | Reader],
) -> Intent:
    """From now on ``heard`` means what ``meant`` does; returns that. Raises CorrectionError, and keeps nothing then.

    ``matcher`` makes a fresh one over the folder's sentences.
    """
    said = tidy(heard)
    if not said or any(sign in said for sign in "{}[]()<>|"):
        raise CorrectionError("the sentence that was heard cannot be used as it stands")
    understood = matcher().match(meant, context)
    if not isinstance(understood, Understood) or len(understood.intents) != 1:
        raise CorrectionError(f"'{meant}' is itself not one plain command")
    intent = understood.intents[0]
    path = folder / language / FILE
    before = path.read_bytes() if path.is_file() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, _written(before, language, said, intent))
    again = matcher().match(heard, context)
    if isinstance(again, Understood) and again.intents[0].name == intent.name:
        return intent
    if before is None:
        path.unlink()
    else:
        write_whole(path, before)
    raise CorrectionError(f"'{heard}' would still be understood otherwise")


def _written(before: bytes | None, language: str, said: str, intent: Intent) -> str:
    document: dict[str, Any] = yaml.safe_load(before) if before else {"language": language, "intents": {}}
    for other in document["intents"].values():  # what was corrected before is corrected again
        for block in other["data"]:
            block["sentences"] = [sentence for sentence in block["sentences"] if sentence != said]
        other["data"] = [block for block in other["data"] if block["sentences"]]
    document["intents"] = {name: other for name, other in document["intents"].items() if other["data"]}
    entry = document["intents"].setdefault(intent.name, {"data": []})
    entry["data"].append({"sentences": [said], "slots": _slots(intent)})
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def _slots(intent: Intent) -> Mapping[str, Any]:
    slots = {key: value for key, value in intent.slots.items() if isinstance(value, str | int | float | list)}
    return {key: value for key, value in slots.items() if not (key == "domain" and "device_id" in slots)}
