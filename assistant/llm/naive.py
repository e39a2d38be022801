"""The naive chain's language part, for comparison: one JSON object under a schema, as the library's manual shows it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.config.sections import LlmSection
from assistant.llm.builds import load_build
from assistant.types import Home

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "intent": {"enum": ["turn_on", "turn_off", "set", "query", "chat"]},
        "device": {"type": "string"},
        "area": {"type": "string"},
        "attribute": {"type": "string"},
        "value": {"type": "string"},
        "reply": {"type": "string"},
    },
    "required": ["intent", "device", "area", "attribute", "value", "reply"],
}


@dataclass(frozen=True, slots=True)
class NaiveAnswer:
    """What came out: the reply's text and the raw JSON."""

    reply: str
    raw: str


class NaiveChain:
    """``create_chat_completion`` with a schema whose JSON also holds the reply; the devices stand in the system prompt."""

    def __init__(self, model: Path, settings: LlmSection, home: Home) -> None:
        import os

        from llama_cpp import Llama

        load_build(model, None)
        threads = settings.threads or min(4, os.cpu_count() or 1)
        self._model = Llama(str(model), n_ctx=settings.context, n_threads=threads, verbose=False)
        devices = "\n".join(f"- {device.name} ({device.domain}, {device.area})" for device in home.devices)
        self._system = f"You control a home and answer questions. Devices:\n{devices}\nAnswer as JSON."
        self._settings = settings

    def answer(self, text: str) -> NaiveAnswer:
        """Generate the whole JSON for ``text``."""
        completion: Any = self._model.create_chat_completion(
            messages=[{"role": "system", "content": self._system}, {"role": "user", "content": text}],
            response_format={"type": "json_object", "schema": SCHEMA},
            temperature=self._settings.temperature,
            top_p=self._settings.top_p,
            repeat_penalty=self._settings.repeat_penalty,
            max_tokens=self._settings.max_tokens,
        )
        raw = str(completion["choices"][0]["message"]["content"])
        try:
            reply = str(json.loads(raw).get("reply", ""))
        except ValueError:
            reply = ""
        return NaiveAnswer(reply, raw)

    def close(self) -> None:
        """Free the model."""
        self._model.close()
