"""The user's own sentences: files in Home Assistant's ``custom_sentences`` format, checked before they are used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.errors import ConfigError

_KEYS = {"language", "intents", "lists", "expansion_rules", "skip_words", "responses", "settings"}
_BUILT_IN_LISTS = {"name", "area", "floor"}


def load_custom(folder: Path, language: str) -> Iterator[dict[str, Any]]:
    """The files of ``folder/<language>`` (or of ``folder`` itself) as plain data.

    Raises ConfigError naming the file, the line and the rule that cannot be used.
    """
    place = folder / language if (folder / language).is_dir() else folder
    if not place.is_dir():
        raise ConfigError(f"{folder}: there is no such folder of sentences")
    for path in sorted([*place.rglob("*.yaml"), *place.rglob("*.yml")]):
        yield _load(path)


def _load(path: Path) -> dict[str, Any]:
    from yaml import YAMLError, safe_load

    try:
        text = path.read_text(encoding="utf-8")
        data = safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{path}:{line}: {getattr(error, 'problem', None) or error}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}:1: is no file of sentences (language, intents, lists, expansion_rules)")
    for key in data:
        if key not in _KEYS:
            raise ConfigError(
                f"{path}:{_line(text, str(key))}: unknown key {key!r}; known are {', '.join(sorted(_KEYS))}"
            )
    data.setdefault("intents", {})
    _check_intents(path, text, data)
    return data


def _check_intents(path: Path, text: str, data: dict[str, Any]) -> None:
    from hassil.parser import ParseError

    for name, intent in data["intents"].items():
        blocks = intent.get("data") if isinstance(intent, dict) else None
        if not isinstance(blocks, list):
            raise ConfigError(f"{path}:{_line(text, str(name))}: intent {name!r} has no list 'data'")
        for block in blocks:
            sentences = block.get("sentences") if isinstance(block, dict) else None
            if not isinstance(sentences, list) or not sentences:
                raise ConfigError(f"{path}:{_line(text, str(name))}: intent {name!r} has a block without 'sentences'")
            for sentence in sentences:
                _check_sentence(path, text, str(sentence), data, block, ParseError)
    for rule, body in (data.get("expansion_rules") or {}).items():
        _check_sentence(path, text, str(body), data, {}, ParseError, rule=str(rule))


def _check_sentence(
    path: Path,
    text: str,
    sentence: str,
    data: dict[str, Any],
    block: dict[str, Any],
    parse_error: type[Exception],
    rule: str = "",
) -> None:
    from hassil.parse_expression import parse_sentence

    what = f"rule <{rule}>" if rule else f"sentence {sentence!r}"
    line = _line(text, rule or sentence)
    try:
        parse_sentence(sentence)
    except (parse_error, ValueError) as error:
        raise ConfigError(f"{path}:{line}: {what} cannot be parsed: {error}") from error
    lists = _BUILT_IN_LISTS | set(data.get("lists") or {}) | set(block.get("lists") or {})
    for name in re.findall(r"\{([\w]+)(?::[\w@]+)?\}", sentence):
        if name not in lists and not _known_elsewhere("lists", name, str(data.get("language", "en"))):
            raise ConfigError(f"{path}:{line}: {what} uses the list {{{name}}}, which is not defined")
    rules = set(data.get("expansion_rules") or {}) | set(block.get("expansion_rules") or {})
    for name in re.findall(r"<([\w]+)>", sentence):
        if name not in rules and not _known_elsewhere("expansion_rules", name, str(data.get("language", "en"))):
            raise ConfigError(f"{path}:{line}: {what} uses the rule <{name}>, which is not defined")


def _known_elsewhere(section: str, name: str, language: str) -> bool:
    from home_assistant_intents import get_intents

    return name in ((get_intents(language) or {}).get(section) or {})


def _line(text: str, wanted: str) -> int:
    """The first line that holds ``wanted``, so that the user finds the place."""
    start = wanted.split("\n")[0].strip()[:40]
    for number, line in enumerate(text.splitlines(), 1):
        if start and start in line:
            return number
    return 1
