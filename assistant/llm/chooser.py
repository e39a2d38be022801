"""The language model as the one who chooses: which of a few acts does a sentence ask for?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.llm.choice import choose
from assistant.llm.engine import Engine, Message

PURPOSE = "intent"
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


class ModelChooser:
    """Chooses under a grammar of the choices, so that nothing else can be said. The prompt's head stays evaluated."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine

    def choose(self, sentence: str, choices: Sequence[str]) -> int:
        """Index of the chosen one of ``choices``."""
        engine = self._engine()
        quoted = sentence.replace('"', "'").replace("\n", " ")[:200]
        asked: Message = ("user", f'Speaker: "{quoted}"\n{" / ".join(choices)}')
        if not engine.length(PURPOSE):
            engine.warm(PURPOSE, engine.prompt([("system", SYSTEM), *EXAMPLES], answer=False))
        prompt = engine.prompt([("system", SYSTEM), *EXAMPLES, asked])
        return choose(engine, prompt, choices, end=engine.end_token, purpose=PURPOSE)
