"""The fields of one discovery message, read with the types that they must have, and its topics and templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assistant.home.backends.mqtt.entity import Message
from assistant.home.backends.plain import Refused, plain_text
from assistant.home.backends.template import compile_template
from assistant.types import JsonValue

TOPIC_BYTES = 512
OPTIONS = 64

Read = Callable[[str], str]
Write = Callable[[Mapping[str, JsonValue]], Message]


class Fields:
    """Typed access to a message's long keys. Every method raises Refused for a value that is not of its type."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def has(self, key: str) -> bool:
        """Whether the key is there and says something."""
        return self._values.get(key) is not None

    def raw(self, key: str) -> JsonValue:
        """The value as it is."""
        value: JsonValue = self._values.get(key)
        return value

    def text(self, key: str, default: str = "") -> str:
        """A text; numbers and truths as devices write them in payloads."""
        value = self._values.get(key)
        if value is None:
            return default
        if isinstance(value, bool):
            return "True" if value else "False"
        if isinstance(value, str | int | float):
            return str(value)
        raise Refused(f"{key} is no text")

    def command(self, key: str, default: str) -> str | None:
        """A payload to send; ``None`` where the message switches the command off (``null``, or empty)."""
        given = key in self._values
        return (self.text(key) if given else default) or None

    def number(self, key: str, default: float) -> float:
        """A number."""
        value = self._values.get(key)
        if value is None:
            return default
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise Refused(f"{key} is no number") from None
        if not abs(number) < 1e9:
            raise Refused(f"{key} is no sensible number")
        return number

    def flag(self, key: str, default: bool = False) -> bool:
        """A truth."""
        value = self._values.get(key)
        return value if isinstance(value, bool) else str(value).lower() == "true" if value is not None else default

    def options(self, key: str) -> list[str]:
        """A list of texts that can be said; others are left out, and so is what is beyond ``OPTIONS``."""
        value = self._values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Refused(f"{key} is no list")
        texts = [str(item) for item in value[:OPTIONS] if isinstance(item, str | int | float)]
        return [text for text in texts if text and plain_text(text) == text]

    def topic(self, key: str) -> str | None:
        """A topic to publish to or to listen on; ``None`` where there is none."""
        value = self._values.get(key)
        if value is None or value == "":
            return None
        return checked_topic(value, key)

    def reader(self, key: str) -> Read:
        """What is read of a payload: itself, or what its template makes of it."""
        source = self.text(key)
        return compile_template(source).of_payload if source else str

    def writer(self, topic_key: str, template_key: str) -> Write | None:
        """The message that ``value`` (and what else the template knows) becomes; ``None`` without the topic."""
        topic = self.topic(topic_key)
        if topic is None:
            return None
        source = self.text(template_key)
        template = compile_template(source) if source else None
        qos, retain = self._qos(), self.flag("retain")

        def write(values: Mapping[str, JsonValue]) -> Message:
            payload = template.render(values) if template is not None else plain_payload(values.get("value"))
            return Message(topic, payload, qos, retain)

        return write

    def _qos(self) -> int:
        # At least 1: that the broker has it is part of the answer.
        return 2 if self._values.get("qos") == 2 else 1


def checked_topic(value: object, key: str) -> str:
    """A topic without wild cards, of sensible length. Raises Refused."""
    if not isinstance(value, str) or len(value.encode("utf-8", "replace")) > TOPIC_BYTES or not value.isprintable():
        raise Refused(f"{key} is no topic")
    if "#" in value or "+" in value:
        raise Refused(f"{key} has a wild card")
    if value.startswith("$"):
        raise Refused(f"{key} is a topic of the broker's own")
    return value


def plain_payload(value: JsonValue) -> str:
    """A value as devices expect it: whole numbers without a point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
