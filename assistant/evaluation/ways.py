"""Ways to understand what the templates do not, compared on the same sentences: what each gets right, wrongly does, and costs.

The sentences are the project's own wishes, and its talk and questions, of which none may act. A way gives an intent or
nothing; it is right where exactly the expected devices would be acted on, and wrong where it acts on anything else.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.bench.stats import percentile
from assistant.home.house import House
from assistant.home.inventory import load_inventory, overlay
from assistant.nlu.framed import Reading
from assistant.nlu.matcher import SentenceMatcher
from assistant.nlu.model_parser import ModelUnderstander
from assistant.nlu.vectors import Vectors
from assistant.parts import Parts
from assistant.types import Ask, Handled, Home, Intent, NoIntent, TurnContext, Understood

Way = Callable[[str, "Room"], Intent | None]
NOTHING = "nothing, it is only talk"
NEAR_ENOUGH = 0.66
MOST_DEVICES = 12


@dataclass(frozen=True, slots=True)
class Room:
    """What a sentence is said in: the house, who understands there, and the microphone's room."""

    home: Home
    mind: ModelUnderstander
    matcher: SentenceMatcher
    context: TurnContext


@dataclass(frozen=True, slots=True)
class Score:
    """One way's marks: wishes fulfilled and wrongly fulfilled, talk acted upon, milliseconds a sentence."""

    name: str
    wishes: int
    right: int
    wrong: int
    talk: int
    acted: int
    ms: tuple[float, ...]


def cases(folder: Path) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """(case, whether it is a wish): the development half's paraphrases, and its talk and general questions."""
    for name in ("dev", "negatives-dev"):
        for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["category"] in ("paraphrase", "negative", "talk", "chat"):
                yield row, row["category"] == "paraphrase"


def compare(parts: Parts, folder: Path, names: Sequence[str] = (), *, most: int = 1000) -> Iterator[Score]:
    """Every way in turn (or those of ``names``) over ``most`` wishes and as much talk, taken evenly from all homes."""
    ways = _ways(parts)
    chosen = [row for wish in (True, False) for row in _spread([r for r in cases(folder) if r[1] is wish], most)]
    rooms = _Rooms(parts, folder)
    for name, way in ways.items():
        if not names or name in names:
            yield _score(name, way, chosen, rooms)


def _spread(rows: Sequence[tuple[Mapping[str, Any], bool]], most: int) -> list[tuple[Mapping[str, Any], bool]]:
    count = min(most, len(rows))
    return [rows[place * len(rows) // count] for place in range(count)]


class _Rooms:
    def __init__(self, parts: Parts, folder: Path) -> None:
        self._parts = parts
        self._folder = folder
        self._kept: dict[str, tuple[ModelUnderstander, SentenceMatcher]] = {}

    def of(self, case: Mapping[str, Any]) -> Room:
        home = overlay(load_inventory(self._folder / case["home"]), states=case.get("state") or {})
        if case["home"] not in self._kept:
            mind = ModelUnderstander(home, self._parts.understanding.vectors, lambda: None)
            mind.warm()
            self._kept[case["home"]] = mind, SentenceMatcher(home)
        mind, matcher = self._kept[case["home"]]
        area = (case.get("context") or {}).get("area")
        return Room(home, mind, matcher, TurnContext(now=dt.datetime.now().astimezone(), area=area))


def _score(name: str, way: Way, chosen: Sequence[tuple[Mapping[str, Any], bool]], rooms: _Rooms) -> Score:
    right = wrong = acted = 0
    times: list[float] = []
    for case, wish in chosen:
        room = rooms.of(case)
        begun = time.perf_counter()
        intent = way(case["text"], room)
        times.append((time.perf_counter() - begun) * 1000)
        targets = _targets(intent, room)
        if not wish:
            acted += bool(targets)
        elif targets:
            right += targets == set(case["expect"]["states"])
            wrong += targets != set(case["expect"]["states"])
    wishes = sum(wish for _case, wish in chosen)
    return Score(name, wishes, right, wrong, len(chosen) - wishes, acted, tuple(times))


def _targets(intent: Intent | None, room: Room) -> set[str]:
    """What would change, or would be used, if the intent were carried out in a copy of the house."""
    if intent is None:
        return set()
    house = House.from_home(room.home)
    outcome = house.carry_out(intent, room.context, confirmed=True)
    if isinstance(outcome, Ask) or not isinstance(outcome, Handled) or outcome.is_question:
        return set()
    changed = set(house.changed_since(room.home))
    return changed or set(outcome.action.targets)


# --- the ways -------------------------------------------------------------------------------------------------


def _ways(parts: Parts) -> dict[str, Way]:
    return {
        "JSON under a grammar, with the five nearest phrasings as examples": _Decoded(parts, examples=True),
        "canonical sentence under a grammar, then matched": _Decoded(parts, examples=False),
        "nearest phrasing alone": _nearest,
        "five nearest, the language model decides, priors taken out": _Deciding(parts),
        "exhaustive description of device and act": _Described(parts.understanding.vectors),
        "classifier of wish and talk (ridge over the vectors), then the nearest": _Classified(
            parts.understanding.vectors
        ),
        "bank of things and frames, talk kept out, nearest (the product's)": _product,
        "the same, the language model agreeing where it is unsure": _agreed(parts),
    }


def _nearest(text: str, room: Room) -> Intent | None:
    readings = room.mind.readings(text, room.context)
    return readings[0].intent if readings and readings[0].score >= NEAR_ENOUGH else None


def _product(text: str, room: Room) -> Intent | None:
    found = room.mind.understand(text, room.context)
    return found.intents[0] if isinstance(found, Understood) else None


def _agreed(parts: Parts) -> Way:
    def way(text: str, room: Room) -> Intent | None:
        found = room.mind.understand(text, room.context)
        if isinstance(found, Understood):
            return found.intents[0]
        readings = room.mind.readings(text, room.context)
        if not isinstance(found, NoIntent) or found.reason != "not sure" or not readings:
            return None
        choices = list(dict.fromkeys(reading.words for reading in readings[:4]))
        return readings[0].intent if parts.understanding.chooser.choose(text, [*choices, NOTHING]) == 0 else None

    return way


class _Deciding:
    """The language model scores the nearest five and "nothing", less what it gives them without the sentence."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def __call__(self, text: str, room: Room) -> Intent | None:
        by_words: dict[str, Reading] = {}
        for reading in room.mind.readings(text, room.context):
            by_words.setdefault(reading.words, reading)
        choices = [*list(by_words)[:5], NOTHING]
        if len(choices) < 2:
            return None
        first = self._parts.understanding.chooser.choose(text, choices)
        # Said by nobody, the same choices: what the model likes anyway is no answer.
        anyway = self._parts.understanding.chooser.choose("…", choices)
        chosen = choices[first]
        return None if chosen == NOTHING or first == anyway else by_words[chosen].intent


class _Decoded:
    """The language model writes the command itself, among all that this house can do, under the grammar of just those."""

    def __init__(self, parts: Parts, *, examples: bool) -> None:
        self._parts = parts
        self._examples = examples

    def __call__(self, text: str, room: Room) -> Intent | None:
        verbs = ("turn on", "turn off")
        devices = [
            d for d in room.home.devices if d.domain in ("light", "switch", "fan", "media_player", "climate", "scene")
        ]
        names = self._parts.understanding.vectors.of(f"{d.name} {d.area or ''}".lower() for d in devices)
        scores = names @ self._parts.understanding.vectors.encode([text.lower()])[0]
        # All of a large house would not fit into the prompt: those that are nearest by their names.
        devices = [devices[int(place)] for place in scores.argsort()[::-1][:MOST_DEVICES]]
        sentences = [f"{verb} the {device.name.lower()}" for device in devices for verb in verbs]
        asked = text
        if self._examples:
            sentences = [json.dumps({"act": verb, "device": device.id}) for device in devices for verb in ("on", "off")]
            near, _talk = room.mind.bank.nearest([text.lower()])
            shown = "; ".join(f'"{n.phrasing}" is {n.wish.key}' for n in near[:5])
            asked = f"{text} ({shown})"
        chosen = self._parts.understanding.chooser.choose(asked, [*sentences, NOTHING])
        if chosen == len(sentences):
            return None
        if self._examples:
            row = json.loads(sentences[chosen])
            return Intent("HassTurnOn" if row["act"] == "on" else "HassTurnOff", {"device_id": row["device"]})
        return room.matcher.match_clause(sentences[chosen], room.context)


class _Described:
    """Every device and act as a sentence of its names, room and kind; the nearest by embedding."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def __call__(self, text: str, room: Room) -> Intent | None:
        rows = [
            (f"{verb} the {device.name} ({device.domain}) in the {device.area or 'house'}".lower(), name, device.id)
            for device in room.home.devices
            if device.domain not in ("sensor", "binary_sensor", "todo", "weather", "person")
            for verb, name in (("turn on", "HassTurnOn"), ("turn off", "HassTurnOff"))
        ]
        scores = self._vectors.of(row[0] for row in rows) @ self._vectors.encode([text.lower()])[0]
        best = int(scores.argmax())
        return Intent(rows[best][1], {"device_id": rows[best][2]}) if scores[best] >= NEAR_ENOUGH - 0.16 else None


class _Classified:
    """Ridge regression of wish against talk over the bank's own phrasings; what it calls a wish goes to the nearest."""

    def __init__(self, vectors: Vectors) -> None:
        import numpy as np

        from assistant.nlu.phrasings import phrasings

        known = phrasings("en")
        wishes = [text for act in known.acts for text in act.phrasings]
        wishes += [text for thing in known.things for texts in thing.acts.values() for text in texts if "{" not in text]
        rows = vectors.of([*wishes, *known.talk])
        marks = np.array([1.0] * len(wishes) + [-1.0] * len(known.talk), np.float32)
        weights = np.where(marks > 0, len(marks) / (2 * len(wishes)), len(marks) / (2 * len(known.talk)))[:, None]
        square = rows.T @ (rows * weights) + 3.0 * np.eye(rows.shape[1])
        self._weights = np.linalg.solve(square, (rows * weights).T @ marks)
        self._vectors = vectors

    def __call__(self, text: str, room: Room) -> Intent | None:
        score = float(self._vectors.encode([text.lower()])[0] @ self._weights)
        readings = room.mind.readings(text, room.context) if score > 0.2 else []
        return readings[0].intent if readings else None


def table(scores: Sequence[Score]) -> str:
    """Markdown: one row a way."""
    lines = ["| way | right | wrongly done | talk acted upon | ms p50 / p95 |", "|---|---|---|---|---|"]
    lines += [
        f"| {score.name} | {score.right} of {score.wishes} | {score.wrong} | {score.acted} of {score.talk} "
        f"| {percentile(score.ms, 0.5):.0f} / {percentile(score.ms, 0.95):.0f} |"
        for score in scores
    ]
    return "\n".join(lines) + "\n"
