"""Marks for results: right means that exactly what was expected changed, was recognised, or was said.

Follows the published scorer of the test material: states compared with tolerance, no other device may change,
a reply must hold one of the wanted texts, and number words count as their digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = {word: 20 + 10 * i for i, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())}
_NUMBERS = {word: i for i, word in enumerate(_ONES)} | _TENS

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Word errors of a transcript against what was said."""

    errors: int
    words: int


def words_of(text: object) -> list[str]:
    """Lower-case words; ``%`` is ``percent`` and number words below one hundred are digits."""
    found = re.findall(r"[a-z0-9.']+", str(text).lower().replace("%", " percent ").replace("-", " "))
    words: list[str] = []
    tens_open = False
    for raw in found:
        word = raw.strip(".'")
        if not word:
            continue
        value = _NUMBERS.get(word)
        if value is None:
            words.append(word)
        elif tens_open and value < 10:
            words[-1] = str(int(words[-1]) + value)
        else:
            words.append(str(value))
        tens_open = word in _TENS
    return words


def judge(case: Row, result: Row | None) -> str | None:
    """``None`` where ``result`` is right for ``case``, else the reason in one line."""
    if result is None:
        return "no result"
    if result.get("error"):
        return str(result["error"])
    expect: Row = case.get("expect") or {}
    wrong = _wrong_intent(expect, result)
    if "states" in expect:
        wrong += _wrong_states(expect, case.get("state") or {}, result.get("states") or {})
    if "reply_any" in expect and not any(_contains(result.get("reply", ""), text) for text in expect["reply_any"]):
        wrong.append(f"reply {result.get('reply')!r} has none of {expect['reply_any']}")
    if expect.get("no_action") and result.get("actions"):
        wrong.append(f"acted: {[action.get('intent') for action in result['actions']]}")
    return "; ".join(wrong) or None


def word_errors(case: Row, result: Row | None) -> WordErrors | None:
    """Edit distance in words where the case has a transcript."""
    wanted = (case.get("expect") or {}).get("transcript")
    if wanted is None:
        return None
    want = words_of(wanted)
    return WordErrors(edit_distance(want, words_of((result or {}).get("transcript", ""))), len(want))


def edit_distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Least number of insertions, deletions and substitutions between two sequences."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]


def _wrong_intent(expect: Row, result: Row) -> list[str]:
    if "intent" not in expect:
        return []
    actions = result.get("actions") or []
    found = next((action for action in actions if action.get("intent") == expect["intent"]), None)
    if found is None:
        return [f"intent {[action.get('intent') for action in actions]}, not {expect['intent']}"]
    slots = found.get("slots") or {}
    return [
        f"slot {key}={slots.get(key)!r}, not {value!r}"
        for key, value in (expect.get("slots") or {}).items()
        if key not in slots or not _same(slots[key], value)
    ]


def _wrong_states(expect: Row, before: Row, changed: Row) -> list[str]:
    wrong = [f"{device} was changed too" for device in changed if device not in expect["states"]]
    for device, want in expect["states"].items():
        old, new = before.get(device) or {}, changed.get(device) or {}
        ignore = (expect.get("ignore") or {}).get(device, [])
        state = new.get("state", old.get("state"))
        attributes = {**(old.get("attributes") or {}), **(new.get("attributes") or {})}
        if "state" in want and "state" not in ignore and not _same(state, want["state"]):
            wrong.append(f"{device} is {state}, not {want['state']}")
        wrong += [
            f"{device}.{key} is {attributes.get(key)}, not {value}"
            for key, value in (want.get("attributes") or {}).items()
            if key not in ignore and key != "color_mode" and not _attribute_right(attributes, key, value)
        ]
    return wrong


def _attribute_right(attributes: Row, key: str, want: object) -> bool:
    if want is None:  # an off light has no brightness; others keep their last
        return True
    if key in attributes:
        return _same(attributes[key], want, key)
    return key == "volume_level" and _same(want, 0) and attributes.get("is_volume_muted") is True


def _same(got: object, want: object, key: str = "") -> bool:
    if isinstance(got, bool) or isinstance(want, bool):
        return got == want
    try:
        g, w = float(got), float(want)  # type: ignore[arg-type]  # what is no number is compared as text
    except (TypeError, ValueError):
        return str(got).strip().lower() == str(want).strip().lower()
    return abs(g - w) <= (3.0 if key == "brightness" else max(0.011, 0.005 * abs(w)))


def _contains(reply: object, wanted: object) -> bool:
    have, want = words_of(reply), words_of(wanted)
    return any(have[i : i + len(want)] == want for i in range(len(have) - len(want) + 1))
