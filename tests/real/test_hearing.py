"""Real ears and a real voice: names that no dictionary has are heard in a house that has them, and talk stays talk."""

import pytest

from assistant.asr.bias import compile_template_bias
from assistant.asr.ears import HomeEars
from assistant.asr.network import Sentences
from assistant.audio.files import to_mono_16k
from assistant.nlu.matcher import SentenceMatcher
from assistant.skills.heard import heard_sentences
from assistant.types import Area, Device, Home

pytestmark = pytest.mark.real

NAMES = {"vacuum": "Roborock", "light": "Nanoleaf", "media_player": "Sonos Arc", "cover": "Rollladen", "fan": "Vornado"}
COMMANDS = (
    "start the Roborock",
    "turn on the Nanoleaf",
    "turn off the Sonos Arc",
    "open the Rollladen",
    "turn on the Vornado",
)


@pytest.fixture(scope="module")
def ears(parts):
    devices = tuple(Device(f"{domain}.it", name, area="Kitchen") for domain, name in NAMES.items())
    intents, lists = SentenceMatcher(Home(areas=(Area("Kitchen"),), devices=devices)).templates()
    skills = heard_sentences("en")
    also = [Sentences(skills.intents, skills.open)]
    return HomeEars(parts.hearing.vosk, compile_template_bias(intents, lists, parts.hearing.lexicon, also=also))


@pytest.mark.parametrize("text", COMMANDS)
def test_a_name_of_the_house_is_heard_as_it_is_written(parts, ears, text):
    clip = to_mono_16k(parts.say(text))
    heard = ears.transcribe(clip)
    assert (heard.text, heard.biased) == (text, True)
    assert "Roborock" not in text or "roborock" not in parts.hearing.open_ears.transcribe(clip).text.lower()


@pytest.mark.parametrize(
    "text", ["Who wrote Hamlet?", "What is the capital of Australia?", "How do airplanes stay in the air?"]
)
def test_talk_is_heard_openly(parts, ears, text):
    heard = ears.transcribe(to_mono_16k(parts.say(text)))
    assert not heard.biased
    last = text.strip("?").lower().split()[-1]
    assert last in heard.text.split()


def test_skills_are_heard_by_their_words(parts, ears):
    heard = ears.transcribe(to_mono_16k(parts.say("Set a timer for twenty five minutes.")))
    assert (heard.text, heard.biased) == ("set a timer for 25 minutes", True)
