"""What the assistant says of itself is in language files, whole in each."""

from __future__ import annotations

import ast
import string
import tomllib
from pathlib import Path

import pytest

from assistant.telling import Telling

PACKAGE = Path(__file__).resolve().parents[2] / "assistant"
FILES = sorted((PACKAGE / "data" / "notices").glob("*.toml"))
SAYING = {"say", "announce", "tell", "notice", "leave", "ring"}
"""Calls by which something comes to be spoken; their first argument is a key, or made of one."""
SPEAKING = ("daemon.py", "service", "machine", "update", "api", "parts")


def keys(path: Path) -> dict[str, str]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def places(text: str) -> set[str]:
    return {name for _text, name, _form, _conversion in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_language_has_every_notice_and_no_place_of_its_own(path):
    english, other = keys(PACKAGE / "data" / "notices" / "en.toml"), keys(path)
    assert set(other) == set(english)
    given = {"boot_file": {"problem", "line", "more"}, "boot_file_more": {"problem", "line", "more"}}
    assert not {key for key in english if places(other[key]) - places(english[key]) - given.get(key, set())}


def test_a_language_without_notices_hears_english():
    assert Telling("xx").say("ready") == Telling("en").say("ready")
    assert Telling("zh-CN").say("too_hot", degrees=83) != Telling("en").say("too_hot", degrees=83)


def spoken_literals():
    """(place, text) of every sentence that the daemon's modules hand on to be spoken as it stands."""
    for part in SPEAKING:
        for path in sorted((PACKAGE / part).rglob("*.py")) if (PACKAGE / part).is_dir() else [PACKAGE / part]:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute | ast.Name):
                    continue
                name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                if name not in SAYING:
                    continue
                for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                    for part_of in ast.walk(argument):
                        if (
                            isinstance(part_of, ast.Constant)
                            and isinstance(part_of.value, str)
                            and " " in part_of.value
                        ):
                            yield f"{path.relative_to(PACKAGE)}:{part_of.lineno}", part_of.value


def test_nothing_is_spoken_that_stands_in_the_code():
    on_a_terminal, between_digits = ("update/updater.py", "api/standalone.py"), ", "
    assert not [
        (place, text)
        for place, text in spoken_literals()
        if not place.startswith(on_a_terminal) and text != between_digits
    ]
