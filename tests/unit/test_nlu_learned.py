"""Phrases that were explained: kept, found again, nearly found, forgotten; learnt by voice."""

import datetime as dt

import numpy as np
import pytest

from assistant.errors import StorageError
from assistant.nlu.dialogue import Dialogue
from assistant.nlu.learned import Learned
from assistant.nlu.matcher import SentenceMatcher
from assistant.nlu.mind import DialogueMind
from assistant.nlu.vectors import Vectors
from assistant.types import Action, Device, Home, Intent, NoIntent, TurnContext, Understood

NOW = TurnContext(now=dt.datetime(2026, 3, 9, 14, 5, tzinfo=dt.UTC))
HOME = Home(devices=(Device("light.lamp", "Lamp", state="off"), Device("switch.tv", "TV", state="off")))


class Letters:
    """Sentences as vectors of their letters: alike where they share most."""

    name = "letters"

    def encode(self, sentences):
        rows = np.array([[text.count(chr(97 + i)) for i in range(26)] for text in sentences], np.float32)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def mind(learned):
    return DialogueMind(home=lambda: HOME, matcher_for=SentenceMatcher, memory=Dialogue(), learned=learned)


def test_what_was_explained_is_known_after_a_restart(tmp_path):
    Learned(tmp_path / "learned.jsonl").learn("Beam me up!", "turn on the lamp")
    again = Learned(tmp_path / "learned.jsonl")
    assert again.meant("please beam me up") == "turn on the lamp"
    assert list(again) == [("Beam me up!", "turn on the lamp")]
    found = mind(again).understand("beam me up", NOW)
    assert isinstance(found, Understood)
    assert found.intents[0].slots["device_id"] == "light.lamp"


def test_a_later_explanation_takes_the_place_of_an_earlier_and_can_be_forgotten(tmp_path):
    learned = Learned(tmp_path / "learned.jsonl")
    learned.learn("beam me up", "turn on the lamp")
    learned.learn("beam me up", "turn off the lamp")
    assert [means for _phrase, means in learned] == ["turn off the lamp"]
    assert learned.forget("Beam me up.")
    assert not learned.forget("beam me up")
    assert Learned(tmp_path / "learned.jsonl").meant("beam me up") is None


def test_nearly_the_same_words_are_found_by_their_vectors():
    learned = Learned(None, Vectors(Letters()))
    learned.learn("beam me up scotty", "turn on the lamp")
    assert learned.near("beam me up scottie") == "turn on the lamp"
    assert learned.near("what is for dinner") is None


def test_a_broken_line_is_left_out_and_told(tmp_path):
    path = tmp_path / "learned.jsonl"
    path.write_text('{"phrase": "a b", "means": "turn on the lamp"}\n{"phr\n', encoding="utf-8")
    learned = Learned(path)
    assert len(list(learned)) == 1
    assert learned.warning is not None
    assert f"{path}:2" in learned.warning


def test_where_it_cannot_be_kept_it_says_so(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StorageError):
        Learned(tmp_path / "file" / "learned.jsonl").learn("a", "b")


def test_i_meant_explains_the_sentence_before():
    learned = Learned(None)
    talking = mind(learned)
    assert isinstance(talking.understand("engage the photon thing", NOW), NoIntent)
    found = talking.understand("no, I meant turn on the lamp", NOW)
    assert isinstance(found, Understood)
    assert [intent.name for intent in found.intents] == ["HassTurnOn"]
    assert learned.meant("engage the photon thing") == "turn on the lamp"


def test_a_wrong_guess_is_taken_back_when_it_is_explained():
    talking = mind(Learned(None))
    talking.understand("engage the photon thing", NOW)
    done = Intent("HassTurnOn", {"device_id": "switch.tv"})
    talking.remember("engage the photon thing", (done,), (Action("HassTurnOn", {}, ("switch.tv",)),), None)
    found = talking.understand("I meant turn on the lamp", NOW)
    assert isinstance(found, Understood)
    assert [intent.name for intent in found.intents] == ["AssistUndo", "HassTurnOn"]


def test_what_was_plain_is_not_explained_anew():
    learned = Learned(None)
    talking = mind(learned)
    talking.understand("turn on the lamp", NOW)
    talking.understand("i meant turn off the lamp", NOW)
    assert not list(learned)


def test_a_sentence_that_was_read_in_vain_is_not_read_again_in_the_same_turn():
    talking = mind(Learned(None))
    memory = talking._memory
    asked = []
    resolve = memory.resolve
    memory.resolve = lambda *args, **how: asked.append(how.get("plain", True)) or resolve(*args, **how)
    talking.read("engage the photon thing", NOW)
    talking.understand("engage the photon thing", NOW)
    assert asked == [True, False]
    talking.remember("x", (Intent("HassTurnOn", {"device_id": "switch.tv"}),), (), None)
    talking.understand("engage the photon thing", NOW)
    assert asked[-1] is True, "after something was done it may mean something"
