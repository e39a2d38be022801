"""Names that the owner gives devices in the panel: kept, refused where they would be unclear, known to matcher and ear."""

import pytest

from assistant.asr.bias import compile_template_bias
from assistant.asr.lexicon import Lexicon
from assistant.errors import DeviceError
from assistant.home.house import open_house
from assistant.nlu.matcher import SentenceMatcher


def lamp(house):
    return next(device for device in house.snapshot().devices if device.id == "light.kitchen")


def test_a_name_is_kept_over_a_restart_and_taken_away_again(tmp_path):
    house = open_house(None, tmp_path)
    revision = house.snapshot().revision
    assert house.name_device("light.kitchen", "The Moon-Beam") == "moon beam"
    assert lamp(house).aliases[-1] == "moon beam" and house.snapshot().revision > revision
    again = open_house(None, tmp_path)
    assert lamp(again).aliases[-1] == "moon beam"
    assert again.forget_name("light.kitchen", "moon beam") and "moon beam" not in lamp(again).aliases
    assert not again.forget_name("light.kitchen", "moon beam")
    assert "moon beam" not in lamp(open_house(None, tmp_path)).aliases


def test_it_survives_an_edited_inventory_and_goes_with_its_state(tmp_path):
    house = open_house(None, tmp_path)
    house.name_device("light.kitchen", "moonbeam")
    home = open_house(None, None).snapshot()
    house.replace_home(home)
    assert "moonbeam" in lamp(house).aliases


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("bedroom lamp", "is what Bedroom Lamp is called"),
        ("the kitchen", "is what Kitchen is called"),
        ("…", "a name has words"),
        ("12", "a name has words"),
        ("x" * 61, "at most 60"),
    ],
)
def test_a_name_that_would_be_unclear_is_refused(tmp_path, said, why):
    house = open_house(None, tmp_path)
    with pytest.raises(DeviceError, match=why):
        house.name_device("light.kitchen", said)
    assert house.own_names == {}


def test_a_device_that_is_not_there_gets_no_name(tmp_path):
    with pytest.raises(DeviceError, match="no device"):
        open_house(None, tmp_path).name_device("light.moon", "moonbeam")


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"light.kitchen": 3}'])
def test_a_broken_file_costs_the_names_only(tmp_path, text, caplog):
    (tmp_path / "names.json").write_text(text)
    assert lamp(open_house(None, tmp_path)).name == "Kitchen Light"
    assert "passed over" in caplog.text


def test_the_ear_is_biased_to_it(tmp_path):
    class Everything:
        def knows(self, word):
            return True

        def words(self):
            return ()

    house = open_house(None, tmp_path)
    matcher = SentenceMatcher(house.snapshot(), "en")
    house.name_device("light.kitchen", "moonbeam")
    intents, lists = matcher.over(house.snapshot()).templates()
    assert "moonbeam" in compile_template_bias(intents, lists, Lexicon(Everything())).decoder_grammar
