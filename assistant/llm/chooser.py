"""The language model as the one who chooses: which of a few acts does a sentence ask for?"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.llm.client import ModelClient
from assistant.llm.engine import Message

SYSTEM = "You understand what people in a home want. Answer with the one thing that the speaker wants done, in the given words."
EXAMPLES: tuple[Message, ...] = (
    ("user", 'Speaker: "i can\'t see a thing"\nswitch on the light / turn up the heating / nothing, it is only talk'),
    ("assistant", "switch on the light"),
    (
        "user",
        'Speaker: "i read a book about lamps"\nswitch on the light / turn up the light / nothing, it is only talk',
    ),
    ("assistant", "nothing, it is only talk"),
)
HEAD: tuple[Message, ...] = (("system", SYSTEM), *EXAMPLES)


class ModelChooser:
    """Chooses under a grammar of the choices, so that nothing else can be said. The prompt's head stays evaluated."""

    def __init__(self, client: ModelClient) -> None:
        self._client = client

    def warm(self) -> bool:
        """Have the prompt's head evaluated, or restored from disk; whether it was restored."""
        return self._client.warm(HEAD)

    def choose(self, sentence: str, choices: Sequence[str]) -> int:
        """Index of the chosen one of ``choices``."""
        quoted = sentence.replace('"', "'").replace("\n", " ")[:200]
        asked: Message = ("user", f'Speaker: "{quoted}"\n{" / ".join(choices)}')
        return self._client.choose([*HEAD, asked], choices)
