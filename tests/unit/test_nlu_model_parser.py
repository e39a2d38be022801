"""The model's part on a fake encoder: what may act, where, and what never does. And questions read word by word."""

import datetime as dt
import re
import zlib

import numpy as np
import pytest

from assistant.nlu.asked import QuestionReader
from assistant.nlu.framed import Reading
from assistant.nlu.model_parser import ModelUnderstander
from assistant.nlu.phrasings import phrasings
from assistant.nlu.talk import contradicts, is_talk, is_unfinished
from assistant.nlu.vectors import Vectors
from assistant.nlu.wishes import wishes_of
from assistant.types import Area, Device, Home, Intent, NoIntent, TurnContext, Understood

NOW = dt.datetime(2026, 3, 14, 18, 20, tzinfo=dt.UTC)


class Words:
    """Sentences as vectors of their words: the same words are near, others are not."""

    name = "words"

    def encode(self, sentences):
        rows = np.zeros((len(sentences), 4093), np.float32)
        for row, text in zip(rows, sentences, strict=True):
            for word in re.findall(r"[a-z']+", text):
                row[zlib.crc32(word.encode()) % 4093] += 1.0
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


class Chooser:
    def __init__(self, index):
        self.index, self.asked = index, []

    def choose(self, sentence, choices):
        self.asked.append((sentence, tuple(choices)))
        return min(self.index, len(choices) - 1)


HOME = Home(
    areas=(Area("Kitchen"), Area("Bedroom"), Area("Bathroom"), Area("Garden")),
    devices=(
        Device("switch.kettle", "Kettle", (), "Kitchen", "off"),
        Device("light.coffee_table", "Coffee Table Lamp", (), "Bedroom", "off"),
        Device("light.bedroom", "Bedroom Light", (), "Bedroom", "off"),
        Device("cover.bedroom", "Curtains", (), "Bedroom", "open", {"device_class": "curtain"}),
        Device("cover.kitchen", "Blind", (), "Kitchen", "open", {"device_class": "blind"}),
        Device("fan.bath", "Extractor Fan", (), "Bathroom", "off"),
        Device("climate.bedroom", "Heating", (), "Bedroom", "heat", {"temperature": 20}),
        Device("sensor.soil", "Soil Moisture", (), "Garden", "22", {"device_class": "moisture"}),
        Device("binary_sensor.leak", "Leak Sensor", (), "Bathroom", "off", {"device_class": "moisture"}),
        Device("todo.chores", "Chores", (), None, "1"),
        Device("switch.horse_walker", "Horse Walker", (), "Garden", "off"),
    ),
)


KETTLE = Intent("HassTurnOn", {"device_id": "switch.kettle"})


def mind(index=0):
    chooser = Chooser(index)
    return ModelUnderstander(HOME, Vectors(Words()), lambda: chooser), chooser


def understand(text, area=None, index=99):
    return mind(index)[0].understand(text, TurnContext(now=NOW, area=area))


@pytest.mark.parametrize(
    ("text", "area", "name", "slots"),
    [
        ("boil some water", None, "HassTurnOn", {"device_id": "switch.kettle"}),
        ("it's too dark in the bedroom", None, "HassTurnOn", {"domain": "light", "area": "Bedroom"}),
        ("the sun is in my eyes", "Bedroom", "HassTurnOff", {"device_id": "cover.bedroom"}),
        ("the sun is in my eyes", "Kitchen", "HassTurnOff", {"device_id": "cover.kitchen"}),
        ("get the horse walker going", None, "HassTurnOn", {"device_id": "switch.horse_walker"}),
        ("I have finished with the horse walker", None, "HassTurnOff", {"device_id": "switch.horse_walker"}),
        ("how wet is the soil", None, "HassGetState", {"device_id": "sensor.soil"}),
    ],
)
def test_wishes(text, area, name, slots):
    found = understand(text, area)
    assert isinstance(found, Understood), found
    assert found.intents[0].name == name
    assert {key: found.intents[0].slots.get(key) for key in slots} == slots


@pytest.mark.parametrize(
    "text",
    [
        "yesterday I had to boil some water",
        "my sister said boil some water",
        "why should I boil some water",
        "don't boil some water",
        "remind me to boil some water",
        "make me a coffee",  # there is a coffee table, and nothing that makes any
        "boil two litres of water",  # an amount would be lost
        "start the sauna",
        "the",
    ],
)
def test_what_never_acts(text):
    assert isinstance(understand(text), NoIntent)


def test_the_language_model_is_asked_only_in_between():
    sure, chooser = mind()
    sure.understand("boil some water", TurnContext(now=NOW))
    assert chooser.asked == []
    assert Reading(KETTLE, "boil", 0.73, 0.1).is_sure
    assert not Reading(KETTLE, "boil", 0.7, 0.3).is_sure  # talk that is near to no talk is near to a wish now and then


@pytest.mark.parametrize(
    ("index", "score", "margin", "gives"),
    [
        (0, 0.62, 0.2, "done"),
        (1, 0.62, 0.2, "asked"),
        (2, 0.62, 0.2, "asked"),
        (2, 0.58, 0.2, "nothing"),
        (2, 0.62, 0.12, "nothing"),
    ],
)
def test_what_is_unsure_is_done_if_the_language_model_chooses_the_same_and_else_asked_about(
    monkeypatch, index, score, margin, gives
):
    unsure, chooser = mind(index)
    readings = [
        Reading(KETTLE, "switch on the kettle", score, margin),
        Reading(KETTLE, "switch off the kettle", 0.58, 0.1),
    ]
    monkeypatch.setattr(unsure, "readings", lambda _text, _context: readings)
    found = unsure.understand("some tea would do me good", TurnContext(now=NOW))
    offered = isinstance(found, Understood) and found.intents[0].slots.get("offered") is True
    assert ("asked" if offered else "done" if isinstance(found, Understood) else "nothing") == gives
    assert chooser.asked[0][1] == ("switch on the kettle", "switch off the kettle", "nothing, it is only talk")


def test_a_lamp_makes_no_coffee_and_every_wish_has_a_device_of_this_house():
    ids = {device.id for device in HOME.devices}
    wishes = [wish for wish, _texts in wishes_of(HOME, phrasings("en"))]
    assert all(device.id in ids for wish in wishes for device in wish.devices)
    assert not any(wish.key == "on" and wish.devices and wish.devices[0].id == "light.coffee_table" and not wish.in_room
                   and "coffee" in str(texts) for wish, texts in wishes_of(HOME, phrasings("en")))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "device", "state"),
    [
        ("is there water leaking in the bathroom", "binary_sensor.leak", "on"),
        ("is the soil dry", "sensor.soil", None),
        ("what chores are left", "todo.chores", None),
        ("is the kettle still running", "switch.kettle", "on"),
    ],
)
def test_questions_word_by_word(text, device, state):
    intent = QuestionReader(HOME).read(text, TurnContext(now=NOW))
    assert intent is not None
    assert (intent.name, intent.slots["device_id"], intent.slots.get("state")) == ("HassGetState", device, state)


@pytest.mark.parametrize(
    "text",
    [
        "how does a kettle work",
        "who invented the kettle",
        "is the kettle expensive",
        "turn on the kettle",
        "what is a fan",
    ],
)
def test_no_question_about_the_house(text):
    assert QuestionReader(HOME).read(text, TurnContext(now=NOW)) is None


def test_words_of_talk():
    assert is_talk("he told me to lock the door")
    assert is_talk("perhaps i will mow the lawn at the weekend")
    assert is_talk("the man next door got a saw too and starts it at dawn")
    assert not is_talk("my wife got home")
    assert not is_talk("the lawn needs cutting")
    assert is_unfinished("close the curtains in the")
    assert not is_unfinished("put some music on")
    assert contradicts("tern off the thing", "", "on")
    assert not contradicts("get the thing going", "", "on")


def test_the_beginning_of_a_setting_is_no_wish():
    context = TurnContext(now=NOW, area=None)
    assert not [r for r in mind()[0].readings("make the coffee table lamp", context) if r.named]
    assert [r for r in mind()[0].readings("get the kettle going", context) if r.named]


def test_who_asks_whether_to_do_it_has_not_asked_for_it():
    assert isinstance(understand("boil some water"), Understood)
    assert isinstance(understand("shall I boil some water"), NoIntent)
