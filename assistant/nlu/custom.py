"""The user's own sentences: files in Home Assistant's ``custom_sentences`` format, checked before they are used."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import ConfigError
from assistant.nlu.actions import ActionError, CustomAction, fill, filled, parse_action
from assistant.nlu.marked import Keys, Marked, load_marked
from assistant.types import Intent

_KEYS = ("language", "intents", "lists", "expansion_rules", "skip_words", "responses", "settings")
_INTENT_KEYS = ("data", "action", "description", "domain")
_BLOCK_KEYS = (
    "sentences", "slots", "response", "requires_context", "excludes_context", "expansion_rules", "lists", "metadata",
    "required_keywords", "settings",
)  # fmt: skip
_LIST_KEYS = ("values", "range", "wildcard")
NOUNS = frozenset({"name", "area", "floor", "things"})
_LIST_IN_SENTENCE = re.compile(r"\{(-?\w+(?:\.\.-?\d+(?:,\d+)?)?)(?::@?\w+)?\}")
_RULE_IN_SENTENCE = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Known:
    """Names of lists and rules that sentences may use besides their file's own."""

    lists: Collection[str] = ()
    rules: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class CustomFile:
    """One checked file. ``data``: for hassil; ``actions``: by intent; ``responses``: intent -> key -> text."""

    path: Path
    data: Mapping[str, Any]
    actions: Mapping[str, tuple[CustomAction, ...]] = field(default_factory=dict)
    responses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomIntents:
    """What all files together say of the intents that they define."""

    actions: Mapping[str, tuple[CustomAction, ...]] = field(default_factory=dict)
    responses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def actions_of(self, intent: Intent) -> tuple[CustomAction, ...]:
        """What ``intent`` does, with its slots filled in."""
        return tuple(filled(action, intent.slots) for action in self.actions.get(intent.name, ()))

    def reply_of(self, intent: Intent) -> str | None:
        """What is said of it, with its slots filled in."""
        texts = self.responses.get(intent.name, {})
        text = texts.get(intent.response or "default") or texts.get("default")
        return str(fill(text, intent.slots)).strip() if text is not None else None


Refuse = Callable[[ConfigError], None]
"""Called with what is wrong with a file: it raises, or the file is left out."""


def load_custom(folder: Path, language: str, known: Known, refuse: Refuse) -> Iterator[CustomFile]:
    """The files of ``folder/<language>`` (or of ``folder`` itself), in the order of their names.

    ``refuse`` gets the errors, each naming the file, the line and the rule that cannot be used.
    """
    place = folder / language if (folder / language).is_dir() else folder
    if not place.is_dir():
        refuse(ConfigError(f"{folder}: there is no such folder of sentences"))
    # A list or rule may stand in another file of the same folder.
    files, lists, rules = [], set(known.lists), set(known.rules)
    for path in sorted([*place.rglob("*.yaml"), *place.rglob("*.yml")]):
        try:
            file = load_marked(path)
            lists |= set(_mapping(file, ("lists",)))
            rules |= set(_mapping(file, ("expansion_rules",)))
        except ConfigError as error:
            refuse(error)
        else:
            files.append(file)
    for file in files:
        try:
            checked = _checked(file, Known(lists, rules))
        except ConfigError as error:
            refuse(error)
        else:
            yield checked


def _mapping(file: Marked, keys: Keys) -> Mapping[str, Any]:
    """The table at ``keys``; empty where there is none."""
    value: Any = file.data
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise file.error(keys, f"{keys[-1]!r} must be a table of names")
    return value


def _checked(file: Marked, known: Known) -> CustomFile:
    _check_keys(file, (), file.data, _KEYS)
    for name, values in _mapping(file, ("lists",)).items():
        _check_list(file, ("lists", str(name)), values)
    for name, body in _mapping(file, ("expansion_rules",)).items():
        _check_sentence(file, ("expansion_rules", str(name)), body, known, f"rule <{name}>")
    _check_cycles(file)
    actions: dict[str, tuple[CustomAction, ...]] = {}
    intents: dict[str, Any] = {}
    for name, intent in _mapping(file, ("intents",)).items():
        keys: Keys = ("intents", str(name))
        if not isinstance(name, str):
            raise file.error(("intents",), f"an intent's name is read as {name!r}: put it into quotes")
        if not isinstance(intent, dict):
            raise file.error(keys, f"intent {name!r} must have 'data'")
        _check_keys(file, keys, intent, _INTENT_KEYS)
        _check_blocks(file, keys, intent, known)
        if intent.get("action") is not None:
            actions[str(name)] = _actions(file, keys, intent["action"])
        intents[str(name)] = {"data": intent["data"]}
    data = {key: value for key, value in file.data.items() if key not in ("responses", "intents")}
    return CustomFile(file.path, {**data, "intents": intents}, actions, _responses(file))


def _check_keys(file: Marked, keys: Keys, table: Mapping[str, Any], known: Iterable[str]) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(str(key), list(known), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
            raise file.error((*keys, str(key)), f"unknown key {key!r}{hint}")


def _check_list(file: Marked, keys: Keys, values: Any) -> None:
    what = f"list {{{keys[-1]}}}"
    if not isinstance(values, dict) or not any(key in values for key in _LIST_KEYS):
        raise file.error(keys, f"{what} needs 'values', a 'range' or 'wildcard: true'")
    _check_keys(file, keys, values, _LIST_KEYS)
    if "values" in values and not isinstance(values["values"], list):
        raise file.error((*keys, "values"), f"{what}: 'values' must be a list")
    for index, value in enumerate(values.get("values") or ()):
        text = value.get("in") if isinstance(value, dict) else value
        if text is None or isinstance(text, dict | list):
            raise file.error((*keys, "values", index), f"{what}: a value is a text, or has 'in' and 'out'")
        _parse(file, (*keys, "values", index), str(text), what)
    span = values.get("range")
    if span is not None and not (
        isinstance(span, dict) and {"from", "to"} <= span.keys() and span["from"] <= span["to"]
    ):
        raise file.error((*keys, "range"), f"{what}: a range goes 'from' a number 'to' one that is not less")


def _check_blocks(file: Marked, keys: Keys, intent: Mapping[str, Any], known: Known) -> None:
    blocks = intent.get("data")
    if not isinstance(blocks, list) or not blocks:
        raise file.error(keys, f"intent {keys[-1]!r} has no list 'data'")
    for number, block in enumerate(blocks):
        place: Keys = (*keys, "data", number)
        if not isinstance(block, dict) or not isinstance(block.get("sentences"), list) or not block["sentences"]:
            raise file.error(place, f"intent {keys[-1]!r} has a block without a list of 'sentences'")
        _check_keys(file, place, block, _BLOCK_KEYS)
        own = Known({*known.lists, *(block.get("lists") or {})}, {*known.rules, *(block.get("expansion_rules") or {})})
        for index, sentence in enumerate(block["sentences"]):
            _check_sentence(file, (*place, "sentences", index), sentence, own, f"sentence {str(sentence)!r}")


def _check_sentence(file: Marked, keys: Keys, sentence: Any, known: Known, what: str) -> None:
    if not isinstance(sentence, str):
        raise file.error(keys, f"{what} is no text; put it in quotes")
    _parse(file, keys, sentence, what)
    for name in _LIST_IN_SENTENCE.findall(sentence):
        if ".." not in name and name not in NOUNS and name not in known.lists:
            raise file.error(keys, f"{what} uses the list {{{name}}}, which is not defined{_near(name, known.lists)}")
    for name in _RULE_IN_SENTENCE.findall(sentence):
        if name not in known.rules:
            raise file.error(keys, f"{what} uses the rule <{name}>, which is not defined{_near(name, known.rules)}")


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _parse(file: Marked, keys: Keys, sentence: str, what: str) -> None:
    from hassil.parse_expression import parse_sentence
    from hassil.parser import ParseError

    try:
        parse_sentence(sentence)
    except (ParseError, ValueError) as error:
        raise file.error(keys, f"{what} cannot be parsed: {error}") from error


def _check_cycles(file: Marked) -> None:
    rules = {
        str(name): set(_RULE_IN_SENTENCE.findall(str(body)))
        for name, body in _mapping(file, ("expansion_rules",)).items()
    }
    for start in rules:
        seen, todo = set[str](), set(rules[start])
        while todo:
            rule = todo.pop()
            if rule == start:
                raise file.error(("expansion_rules", start), f"rule <{start}> leads back to itself")
            if rule not in seen:
                seen.add(rule)
                todo |= rules.get(rule, set())


def _actions(file: Marked, keys: Keys, value: Any) -> tuple[CustomAction, ...]:
    rows = value if isinstance(value, list) else [value]
    result = []
    for index, row in enumerate(rows):
        place: Keys = (*keys, "action", index) if isinstance(value, list) else (*keys, "action")
        try:
            result.append(parse_action(row))
        except ActionError as error:
            raise file.error((*place, *error.keys), f"intent {keys[-1]!r}: {error}") from error
    return tuple(result)


def _responses(file: Marked) -> dict[str, dict[str, str]]:
    """``responses: intents: NAME: default: text``, as Home Assistant has them."""
    table = _mapping(file, ("responses",))
    by_intent = table.get("intents", table)
    result: dict[str, dict[str, str]] = {}
    for name, texts in (by_intent if isinstance(by_intent, dict) else {}).items():
        if isinstance(texts, str):
            texts = {"default": texts}
        if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
            raise file.error(("responses", "intents", str(name)), f"the responses of {name!r} must be texts")
        result[str(name)] = {str(key): text for key, text in texts.items()}
    return result
